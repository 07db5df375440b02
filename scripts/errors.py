#!/usr/bin/env python3
"""Wrong programs and what rondo says of them: test/Errors/*.test.

    errors.py check FILE...    runs the cases of a file and compares what is said, word for word
    errors.py update FILE...   writes what is said into the file; read the difference before you keep it
    errors.py catalogue        prints docs/errors.md
    errors.py texts            every text of a message in compiler/Frontend stands in a case, or in unreached.txt

A file begins with its title. A case is

    === name: what is wrong
    flags: compile --set n=5        (what is run, `check` if not said; `compile` gets an output, FILE is the program)
    setup: numpy.save("x.npy", numpy.zeros(3))   (Python, run before)
    escapes: yes                    (\\x00 in the program is a NUL byte)
    exit: 0                         (a warning; 1 if not said)
    const A = "the program, name.rondo"
    --- file other.rondo            (another file beside it)
    --- says
    name.rondo:1:11: error: the whole of stderr
    --- fix
    In a sentence.
    --- right                       (a program without the mistake, which is accepted)
"""

import concurrent.futures
import dataclasses
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
CASES = ROOT / "test" / "Errors"
SOURCES = ROOT / "compiler" / "Frontend"
AREAS = ("text", "syntax", "names", "use", "models", "weights", "constants", "types", "shapes", "indices",
         "calls", "functions", "attention", "library", "scan", "state", "entry", "limits")


@dataclasses.dataclass
class Case:
    name: str
    title: str
    settings: dict
    sections: dict  # "program", "says", "fix", "right", "file other.rondo"

    @property
    def exit(self):
        return int(self.settings.get("exit", 1))

    @property
    def program(self):
        text = self.sections["program"]
        if "escapes" not in self.settings:
            return text.encode()
        return re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), text.encode())


def read(path):
    """The title of a file and its cases."""
    head, *parts = re.split(r"^=== ", path.read_text(), flags=re.M)
    cases = []
    for part in parts:
        first, _, rest = part.partition("\n")
        name, _, title = first.partition(": ")
        settings, sections, section = {}, {"program": ""}, "program"
        for line in rest.splitlines(True):
            setting = re.match(r"(flags|setup|escapes|exit): (.*)$", line)
            if line.startswith("--- "):
                section = line[4:].strip()
                sections[section] = ""
            elif setting and not sections["program"]:
                settings[setting[1]] = setting[2]
            else:
                sections[section] += line
        sections = {key: text.rstrip("\n") + "\n" for key, text in sections.items()}
        cases.append(Case(name, title, settings, sections))
    return head.splitlines()[0], cases


def answer(case, program):
    """Runs the case on a program: exit code and what is said."""
    with tempfile.TemporaryDirectory(prefix="rondo-") as folder:
        place = pathlib.Path(folder)
        (place / f"{case.name}.rondo").write_bytes(program)
        for key, text in case.sections.items():
            if key.startswith("file "):
                (place / key[5:]).parent.mkdir(exist_ok=True)
                (place / key[5:]).write_text(text)
        if "setup" in case.settings:
            subprocess.run([sys.executable, "-c", "import numpy, safetensors.numpy\n" + case.settings["setup"]],
                           cwd=folder, check=True)
        command, *flags = shlex.split(case.settings.get("flags", "check"))
        output = ["-o", "out"] if command == "compile" and "-o" not in flags else []
        done = subprocess.run(["rondo", command, f"{case.name}.rondo", *output, *flags], cwd=folder,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        # The library's lines move; what stands there is echoed.
        return done.returncode, re.sub(r"(<library>/\w+\.rondo):\d+:\d+", r"\1:N:N", done.stderr.decode())


def faults(case):
    """What is wrong with the answer to a case."""
    code, said = answer(case, case.program)
    if code != case.exit:
        yield f"exit code {code}, not {case.exit}:\n{said}"
    elif said != case.sections.get("says"):
        yield f"it says\n{said}and not\n{case.sections.get('says')}"
    if not case.sections.get("fix"):
        yield "it has no fix"
    if "right" in case.sections:
        code, said = answer(case, case.sections["right"].encode())
        if code != 0:
            yield f"the right program is not accepted:\n{said}"


def check(paths):
    failed = count = 0
    for path in paths:
        _, cases = read(path)
        names = [case.name for case in cases]
        twice = {name for name in names if names.count(name) > 1}
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            found = list(pool.map(lambda case: list(faults(case)), cases))
        for case, wrong in zip(cases, found):
            wrong += ["there are two of that name"] if case.name in twice else []
            for fault in wrong:
                print(f"{path.name}: {case.name}: {fault}")
            failed += bool(wrong)
        count += len(cases)
    print(f"{count - failed} passed, {failed} failed")
    return failed != 0 or count == 0


def update(paths):
    for path in paths:
        text = path.read_text()
        for case in read(path)[1]:
            code, said = answer(case, case.program)
            if code != case.exit:
                print(f"{path.name}: {case.name}: exit code {code}")
            begin = text.index(f"=== {case.name}: ")
            end = text.find("\n=== ", begin)
            end = len(text) if end < 0 else end + 1
            body = re.sub(r"^--- says\n.*?(?=^--- |\Z)", "", text[begin:end], flags=re.M | re.S)
            mark = re.search(r"^--- fix", body, re.M)
            at = mark.start() if mark else len(body)
            text = text[:begin] + body[:at] + "--- says\n" + said + body[at:] + text[end:]
        path.write_text(text)
    return 0


def catalogue():
    print("# What the compiler says, and what to do\n\n"
          "Every program here is wrong. Below it stands what rondo says of it, word for word, and the way out.\n"
          "(`scripts/errors.py catalogue` writes this page from test/Errors, which compares the messages.)\n")
    known = {path.stem: path for path in CASES.glob("*.test") if "=== " in path.read_text()}
    assert set(known) == set(AREAS), f"areas: {set(known) ^ set(AREAS)}"
    files = [(area, *read(known[area])) for area in AREAS]
    for area, title, _ in files:
        print(f"- [{title.rstrip('.')}](#{re.sub('[^a-z0-9 -]', '', title.lower().rstrip('.')).replace(' ', '-')})")
    for _, title, cases in files:
        print(f"\n## {title.rstrip('.')}")
        for case in cases:
            print(f"\n### {case.title[0].upper()}{case.title[1:]}\n")
            command = case.settings.get("flags", "check")
            if command != "check":
                print(f"With `rondo {command}`:\n")
            print(f"```rondo\n{case.sections['program']}```")
            for key, text in case.sections.items():
                if key.startswith("file "):
                    print(f"and `{key[5:]}`:\n```rondo\n{text}```")
            print(f"```\n{case.sections['says']}```\n{case.sections['fix'].rstrip()}")
            if "right" in case.sections:
                print(f"```rondo\n{case.sections['right']}```")
    return 0


def texts_of(source):
    """The texts of messages in a C++ source: literals that hold a blank between words, with their lines."""
    code = re.sub(r"//[^\n]*", lambda m: " " * len(m[0]) if '"' not in m[0] else m[0], source)
    for match in re.finditer(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*', code):
        line = source.count("\n", 0, match.start()) + 1
        pieces = re.findall(r'"((?:[^"\\\n]|\\.)*)"', match[0])
        is_raw = source[match.start() - 1] == "R"
        text = "".join(piece.strip("()") if is_raw else piece for piece in pieces)
        text = text if is_raw else text.replace('\\"', '"').replace("\\\\", "\\")
        before = source[:match.start()].rstrip()
        in_table = before.rfind("static const Builtin table[]") > before.rfind("};")
        if before.endswith(("#include", "llvm_unreachable(", "assert(", "&&")) or in_table:
            continue
        is_signature = re.fullmatch(r"\*?[a-z_]+(=[^,]*)?(, \*?[a-z_]+(=[^,]*)?)*", text)
        if not is_signature and len(re.sub(r"[^a-z]", "", text)) >= 8 and re.search(r"[a-z`,:;] [a-z`]", text):
            yield line, text


def texts():
    said = "".join(case.sections.get("says", "") for path in CASES.glob("*.test") for case in read(path)[1])
    # What is said at run time is tested where it is run.
    for path in ROOT.glob("test/**/*"):
        if path.suffix in (".py", ".mlir", ".test", ".rondo", ".cpp") and path.parent != CASES:
            said += path.read_text()
    unreached = {}
    for line in (CASES / "unreached.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            text, _, why = line.partition(" | ")
            assert why, f"unreached.txt: no reason for: {text}"
            unreached[text] = False
    failed = 0
    for path in sorted(SOURCES.glob("*.cpp")):
        if path.name == "AstPrinter.cpp":
            continue
        for line, text in texts_of(path.read_text()):
            if text.strip() in said or any(text.strip() == known for known in unreached):
                unreached.update({text.strip(): True} if text.strip() in unreached else {})
                continue
            # Formats have holes.
            if all(piece.strip() in said for piece in re.split(r"\{[^}]*\}", text)):
                continue
            print(f"{path.relative_to(ROOT)}:{line}: no case says: {text.strip()}")
            failed += 1
    for text, used in unreached.items():
        if not used or text in said:
            print(f"unreached.txt: {'it is reached' if text in said else 'there is no such text'}: {text}")
            failed += 1
    return failed != 0


def main():
    commands = {"check": check, "update": update, "catalogue": catalogue, "texts": texts}
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    paths = [pathlib.Path(word) for word in sys.argv[2:]]
    return commands[sys.argv[1]](*([paths] if sys.argv[1] in ("check", "update") else []))


if __name__ == "__main__":
    sys.exit(main())
