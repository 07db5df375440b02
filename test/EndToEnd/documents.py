"""What the documents show is true: programs are right, outputs and excerpts are what the tools print (pages.py)."""

import json
import os
import re
import subprocess
import sys

import numpy

import beside_pytorch
from examples import ROOT
from harness import Failure, run
from pages import all_pages, blocks

TYPES = {"f32": "float32", "f64": "float64", "f16": "float16", "i64": "int64", "i32": "int32", "i8": "int8",
         "u8": "uint8", "bool": "bool"}


def add_tests(suite, examples, tools, scratch):
    for page in all_pages():
        folder = scratch / "documents" / page.stem
        folder.mkdir(parents=True)
        found = list(blocks(page))
        if any("shell" in block.comments for block in found):
            suite.add(f"{page.name} is followed", is_followed, tools, folder / "tour", found)
        for block in found:
            if "file" in block.comments:
                (folder / block.comments["file"]).write_text(block.text)
        program = None
        for block in found:
            name = f"{page.name}:{block.line}"
            if block.language == "rondo":
                program = folder / f"line_{block.line}.rondo"
                program.write_text(complete(block))
                refused = block.comments.get("refused")
                is_whole = not block.comments.keys() & {"body", "members"}
                suite.add(f"{name} is {'refused' if refused else 'right'}", is_right, tools, program, refused, is_whole)
            elif "run" in block.comments or "fails" in block.comments:
                suite.add(f"{name} is printed", is_printed, tools, program, block)
            elif "same" in block.comments or "differ" in block.comments:
                suite.add(f"{name} beside PyTorch", beside_pytorch.check, tools, folder / f"line_{block.line}", block)
    suite.add("language.md has every function and module", is_complete, tools)
    suite.add("README.md's look inside", excerpts_are_printed, tools)
    suite.add("links of all pages", links_lead_somewhere)


def complete(block):
    """A file of the program that a block shows a part of."""
    text = block.text
    if "body" in block.comments:
        return f"def snippet({block.comments['body']}) -> i64 {{\n{text}return 0\n}}\n"
    if "members" in block.comments:
        return f"model Snippet() {{\n{text}}}\n"
    return text


def is_right(tools, program, refused, is_whole):
    if not refused:
        run(tools / "rondo", "check", program)
        if is_whole:
            run(tools / "rondo", "fmt", "--check", program)
        return
    done = subprocess.run([tools / "rondo", "check", program], capture_output=True, text=True)
    if done.returncode != 1 or refused not in done.stderr:
        raise Failure(f"exit code {done.returncode}, expected a mistake with `{refused}`:\n{done.stderr}")


def flags(words, block, program):
    """Flags of `run` as they are shown; NAME=[...] becomes a file."""
    words = words.split()
    entry = words[words.index("--entry") + 1] if "--entry" in words else "forward"
    signature = re.search(rf"def {entry}\(.*", program.read_text())[0]
    for number, word in enumerate(words):
        name, _, value = word.partition("=")
        if value.startswith("["):
            path = program.with_name(f"line_{block.line}.{number}.npy")
            dtype = re.search(rf"\b{name}: (\w+)", signature)[1]
            numpy.save(path, numpy.array(json.loads(value.replace("nan", "NaN")), TYPES[dtype]))
            word = f"{name}={path}"
        yield word


def is_printed(tools, program, block):
    fails = "fails" in block.comments
    words = flags(block.comments["fails" if fails else "run"], block, program)
    done = subprocess.run([tools / "rondo", "run", program, *words], capture_output=True, text=True)
    if done.returncode != int(fails):
        raise Failure(f"exit code {done.returncode}\n{done.stderr}")
    match(done.stderr if fails else done.stdout, block.text)


def match(printed, shown):
    """`...` on a line of what is shown is any text, on a line of its own any lines."""
    lines = [line.rstrip() for line in shown.splitlines()]
    pattern = "".join("(.*\n)*" if line.strip() == "..." else
                      ".*".join(re.escape(part) for part in line.split("...")) + "\n" for line in lines)
    got = "".join(line.rstrip() + "\n" for line in printed.splitlines())
    if not re.fullmatch(pattern, got):
        raise Failure(f"shown:\n{shown}printed:\n{printed}")


def is_followed(tools, folder, found):
    """Writes the files and runs the commands of a page, in its order."""
    (folder / "bin").mkdir(parents=True)
    for tool in ("rondo", "rondo-opt"):
        (folder / "bin" / tool).symlink_to(tools / tool)
    (folder / "bin" / "python3").write_text(f"#!/bin/sh\nexec {sys.executable} \"$@\"\n")
    (folder / "bin" / "python3").chmod(0o755)
    # The folder of the repository, as `make build` leaves it.
    (folder / "repository").mkdir()
    (folder / "repository" / "build").symlink_to(tools.parent)
    for name in ("runtime", "examples", "test"):
        (folder / "repository" / name).symlink_to(ROOT / name)
    environment = dict(os.environ, PATH=f"{folder / 'bin'}:{os.environ['PATH']}", RONDO=str(folder / "repository"))
    for block in found:
        if "file" in block.comments:
            (folder / block.comments["file"]).write_text(block.text)
        if "shell" not in block.comments:
            continue
        for part in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
            command, shown = re.fullmatch(r"((?:.*\\\n)*.*\n)((?:.*\n)*)", part).groups()
            done = subprocess.run(["sh", "-c", command], cwd=folder, env=environment, text=True, timeout=300,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
            expected = int(block.comments["shell"] or 0)
            if done.returncode != expected:
                raise Failure(f"line {block.line}: exit code {done.returncode}: {command}{done.stdout}")
            try:
                match(done.stdout, shown)
            except Failure as fault:
                raise Failure(f"line {block.line}: $ {command}{fault}")


def is_complete(tools):
    """What `rondo ops` lists stands in a table of language.md, without the types."""
    text = (ROOT / "docs" / "language.md").read_text()
    cells = {cell for row in re.findall(r"^\|.*\|$", text, re.M) for cell in re.findall(r"`([^`]*)`", row)}
    listed = re.findall(r"^  (\w+\(.*?\))(?:  |$)", run(tools / "rondo", "ops"), re.M)
    missing = []
    for signature in listed:
        plain = re.sub(r": (\w+|\[\w+\])(?=,|\)| =)", "", signature).replace(" = ", "=").replace("=(-100)", "=-100")
        plain = plain.replace("e-0", "e-")
        if plain not in cells:
            missing.append(plain)
    if missing or not listed:
        raise Failure("these stand in no table of docs/language.md:\n" + "\n".join(missing))


def excerpts_are_printed(tools):
    try:
        run(sys.executable, ROOT / "scripts" / "look_inside.py", "--bin", tools, "--check")
    except Failure as fault:
        raise Failure(f"{fault}\n`scripts/look_inside.py --bin build/bin` writes them anew")


def links_lead_somewhere():
    broken = []
    folders = ("benchmarks", "compiler", "dialects", "docs", "examples", "runtime", "test")
    pages = [*ROOT.glob("*.md"), *(page for folder in folders for page in (ROOT / folder).rglob("*.md"))]
    for page in pages:
        text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)  # code has no links
        for path, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", text):
            target = page.parent / path if path else page
            if not target.exists() or (anchor and anchor not in anchors(target)):
                broken.append(f"{page.relative_to(ROOT)}: {path}{'#' if anchor else ''}{anchor}")
    if broken:
        raise Failure("these lead nowhere:\n" + "\n".join(broken))


def anchors(page):
    """Of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.M)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}
