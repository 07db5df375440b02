"""`rondo verify` against PyTorch: examples agree with their reference.py, by the tolerances that the tests have."""

import re

from harness import TOLERANCE, Failure, run

NAMES = {"f64": "float64", "f32": "float32", "f16": "float16", "bf16": "bfloat16"}


def add_tests(suite, examples, tools, scratch):
    for example in examples:
        if example.name in ("bilstm_given_states", "seq2seq", "min_gru"):
            suite.add(f"verify {example.name}", verified, tools, example)


def verified(tools, example):
    flags = ["--dim", "B=2", "--seed", "3", "--time", "5"]
    lines = run(tools / "rondo", "verify", example.model, "--against", example.model.with_name("reference.py"),
                *flags).splitlines()
    rows = [re.fullmatch(r"\d: (\w+)\[.*\] +\S+ +\S+ +(\S+)  agrees", line) for line in lines[1:lines.index("")]]
    if not rows or not all(rows):
        raise Failure("not every result agrees:\n" + "\n".join(lines))
    for row in rows:
        if float(row[2]) != TOLERANCE.get(NAMES.get(row[1]), 0):
            raise Failure(f"the tolerance of {row[1]} is {row[2]}")
    times = {line.split()[0]: list(map(float, line.split()[1:])) for line in lines[-3:]}
    if list(times) != ["rondo", "reference", "ratio"] or not all(0 < t for row in times.values() for t in row):
        raise Failure("the times are not told:\n" + "\n".join(lines))
