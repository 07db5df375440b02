"""What the documents show is true: their programs are right, their excerpts what the compiler prints."""

import re
import sys

from examples import ROOT
from harness import Failure, run


def add_tests(suite, examples, tools, scratch):
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for number, program in enumerate(re.findall(r"^```rondo\n(.*?)^```$", page.read_text(), re.M | re.S)):
            suite.add(f"{page.name} program {number}", is_right, tools, scratch, page.stem, number, program)
    suite.add("README.md's look inside", excerpts_are_printed, tools)


def is_right(tools, scratch, page, number, program):
    path = scratch / f"{page}-{number}.rondo"
    path.write_text(program)
    run(tools / "rondo", "check", path)


def excerpts_are_printed(tools):
    try:
        run(sys.executable, ROOT / "scripts" / "look_inside.py", "--bin", tools, "--check")
    except Failure as fault:
        raise Failure(f"{fault}\n`scripts/look_inside.py --bin build/bin` writes them anew")
