"""The page of systems is whole and names what is there."""

import importlib.util
import subprocess

from examples import ROOT
from harness import TOLERANCE, Failure

NUMBERS = 36


def add_tests(suite, examples, tools, scratch):
    suite.add("examples/README.md has every system", is_whole, examples)
    suite.add("shared_heads_attention wants equal heads", refuses, tools)


def is_whole(examples):
    spec = importlib.util.spec_from_file_location("scripts_systems", ROOT / "scripts" / "systems.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    text = script.PAGE.read_text()
    rows = script.ROW.findall(text)
    if {int(number) for number, *_ in rows} != set(range(1, NUMBERS + 1)):
        raise Failure(f"the rows are not 1 to {NUMBERS}: {[number for number, *_ in rows]}")
    for number, _, folder, command, error in rows:
        for name in ("model.rondo", "reference.py", "README.md"):
            if not (ROOT / "examples" / folder / name).exists():
                raise Failure(f"row {number}: examples/{folder} has no {name}")
        if command != f"rondo verify {folder}/model.rondo --against {folder}/reference.py":
            raise Failure(f"row {number}: `{command}` is not its command")
        number_or_words = error.split(";")[0]
        if not (number_or_words.endswith(" equal") or float(number_or_words) <= TOLERANCE["float32"]):
            raise Failure(f"row {number}: the error is {error}")
    for example in examples:
        if text.count(f"]({example.name}/)") != 1:
            raise Failure(f"examples/{example.name} stands {text.count(f']({example.name}/)')} times in the page")


def refuses(tools):
    model = ROOT / "examples" / "shared_heads_attention" / "model.rondo"
    done = subprocess.run([tools / "rondo", "check", model, "--set", "embed=10"], capture_output=True, text=True,
                          timeout=60, stdin=subprocess.DEVNULL)
    if done.returncode != 1 or "embed is a multiple of heads" not in done.stderr:
        raise Failure(f"exit code {done.returncode}: {done.stderr}")
