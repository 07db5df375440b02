"""What is left of a program that fails: a folder with a smaller one, its data, and the command that shows it."""

import pathlib
import subprocess
import tempfile

import numpy
import safetensors.numpy

import check
import inputs
import ways
from interpreting import Interpreter
from minimise import minimise
from program import batch_source


BISECT_SECONDS = 300


def leave(tools, fault, folder):
    """Makes the program of a fault smaller and writes it to folder/seed-N; returns that folder."""
    program, dims = fault.program, fault.dims or inputs.size_sets(fault.program, 1)[0]
    program, dims = minimise(program, dims, lambda made, sizes: fails(tools, made, sizes, fault))
    flags, fixed = check.WAYS[fault.way]
    place = folder / f"seed-{program.seed}"
    place.mkdir(parents=True, exist_ok=True)
    (place / "whole.rondo").write_text(fault.program.source())
    (place / "model.rondo").write_text(program.source())
    command = ["rondo", "run", "model.rondo", *flags, "--output", "got"]
    used = {size for value in program.arguments for size in value.shape}
    command += [f"--dim={name}={size}" for name, size in sorted(dims.items()) if fixed and name in used]
    for name, value in inputs.arguments(program, dims, fault.again).items():
        numpy.save(place / f"{name}.npy", value)
        command += ["--input", f"{name}={name}.npy"]
    weights = reference(tools, program, dims, fault, place)
    if weights:
        safetensors.numpy.save_file(weights, place / "weights.safetensors")
        command += ["--weights", "weights.safetensors"]
    (place / "command.sh").write_text(" ".join(command) + "\n")
    text = f"{fault}\n{blame(tools, place) if fault.kind == 'numbers' else ''}".strip().replace("\n", "\n# ")
    (place / "command.sh").write_text(f"# {text}\n" + " ".join(command) + "\n")
    return place


def blame(tools, place):
    """What the bisector says of a reproducer: the phase and the pass that change a number."""
    command = (place / "command.sh").read_text().strip().split("\n")[-1].split()
    try:
        done = subprocess.run([str(tools / "rondo"), *command[1:], "--verify-each-phase"], capture_output=True,
                              text=True, timeout=BISECT_SECONDS, cwd=place, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return "the bisector does not end"
    return done.stderr.strip() or "every phase computes the same"


def reference(tools, program, dims, fault, place):
    """The weights; the results that are expected are saved."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "batch.rondo").write_text(batch_source([program]))
        try:
            interpret = Interpreter(tools, folder / "batch.rondo", [program])
        except subprocess.CalledProcessError:
            return {}
        results = interpret(0, dims, fault.again)
        if isinstance(results, list):
            (place / "expected").mkdir(exist_ok=True)
            for number, array in enumerate(results):
                numpy.save(place / "expected" / f"{number}.npy", array)
        return {ways.plain_key(key): value for key, value in interpret.weights.items()}


def fails(tools, program, dims, fault):
    """Does a program fail as another did?"""
    return any(other.kind == fault.kind and other.said == fault.said
               for other in check.alone(tools, program, [dims], fault.again, [fault.way]))
