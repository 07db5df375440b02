"""The reference: what the interpreter gives, which shares no lowering with the code that is compiled."""

import pathlib
import re
import subprocess
import tempfile

import numpy
import safetensors.numpy

import inputs
import ways

SECONDS = 120


PARAM = re.compile(r'rondo\.param "([^"]+)".*: tensor<((?:\d+x)*)(f32|f64|f16)>')


class Interpreter:
    """Interprets the programs of a batch, of which `source` is the text."""

    def __init__(self, tools, source, programs):
        self.tools, self.programs, self.folder = tools, programs, source.parent
        self.module = source.with_suffix(".mlir")
        command = [tools / "rondo", "compile", source, "--emit=rondo", "-o", self.module]
        subprocess.run(list(map(str, command)), check=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
        # All that are declared: code may need fewer.
        self.weights = {}
        for key, shape, dtype in PARAM.findall(self.module.read_text()):
            drawn = ways.weight(programs, key, [int(n) for n in shape.split("x")[:-1]])
            self.weights[key] = numpy.asarray(drawn, inputs.DTYPES[dtype])
        self.given = []
        if self.weights:
            safetensors.numpy.save_file(self.weights, self.folder / "weights.safetensors")
            self.given = ["--weights", str(self.folder / "weights.safetensors")]

    def __call__(self, number, dims, again, mode="float64"):
        """The results of a program, or a text that says why there are none."""
        with tempfile.TemporaryDirectory(dir=self.folder) as place:
            place = pathlib.Path(place)
            command = [str(self.tools / "rondo"), "run", str(self.module), f"--interpret={mode}",
                       "--entry", f"forward{number}", "--output", str(place / "got"), *self.given]
            for name, value in inputs.arguments(self.programs[number], dims, again).items():
                numpy.save(place / f"{name}.npy", value)
                command += ["--input", f"{name}={place / name}.npy"]
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS,
                                      stdin=subprocess.DEVNULL)
            except subprocess.TimeoutExpired:
                return "the interpreter does not end"
            if done.returncode:
                return f"the interpreter: exit code {done.returncode}: {done.stderr[-1500:]}"
            return [numpy.load(place / "got" / f"{i}.npy") for i in range(len(self.programs[number].results))]
