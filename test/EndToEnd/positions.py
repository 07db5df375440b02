"""PositionalEncoding and RotaryEmbedding against their formulae in float64, from the start and from a position on."""

import pathlib
import tempfile

import numpy

from harness import compare, run

MODEL = """model Positions(d: int, r: int, base: float, interleaved: bool) {
  pe = PositionalEncoding(d, max_len=3000)
  rotary = RotaryEmbedding(r, base, interleaved=interleaved)

  def tensor(x: f32[B, T, d], y: f32[B, 2, T, r], n: i64) -> f32[B, T, d], f32[B, 2, T, r], f32[B, T, d] {
    return pe(x, n), rotary(y, start=n), pe(x)
  }
  def size(x: f32[B, T, d], y: f32[B, 2, T, r], n: int) -> f32[B, T, d], f32[B, 2, T, r], f32[B, T, d] {
    return pe(x, start=n), rotary(y, n), pe(x, 0)
  }
}
"""


def add_tests(suite, examples, tools, scratch):
    for T, d, base, interleaved, start in ((5, 7, 10000.0, False, 2990), (4, 6, 500000.0, True, 11),
                                           (1, 1, 100.0, False, 0), (0, 2, 10000.0, True, 3)):
        for entry in ("tensor", "size"):
            for level in (0, 3):
                suite.add(f"positions {entry} T={T} d={d} base={base} start={start} -O{level}", agrees, tools, T, d,
                          base, interleaved, start, entry, level)


def encoded(x, start):
    """arXiv:1706.03762, 3.5; of an odd number of places the last is a sine."""
    steps, d = x.shape[-2:]
    angles = numpy.arange(start, start + steps)[:, None] * numpy.exp(numpy.arange(0, d, 2) * (-numpy.log(10000.0) / d))
    table = numpy.zeros((steps, d))
    table[:, 0::2], table[:, 1::2] = numpy.sin(angles), numpy.cos(angles)[:, :d // 2]
    return x + table


def turned(x, start, base, interleaved):
    """arXiv:2104.09864, 3.2.2."""
    steps, d = x.shape[-2:]
    angles = numpy.arange(start, start + steps)[:, None] * base ** (-2 * numpy.arange(d // 2) / d)
    a, b = (x[..., ::2], x[..., 1::2]) if interleaved else (x[..., :d // 2], x[..., d // 2:])
    parts = [a * numpy.cos(angles) - b * numpy.sin(angles), a * numpy.sin(angles) + b * numpy.cos(angles)]
    return numpy.stack(parts, axis=-1).reshape(x.shape) if interleaved else numpy.concatenate(parts, axis=-1)


def agrees(tools, T, d, base, interleaved, start, entry, level):
    generator = numpy.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        directory = pathlib.Path(folder)
        (directory / "model.rondo").write_text(MODEL)
        x, y = (generator.normal(size=shape).astype("float32") for shape in ((2, T, d), (2, 2, T, 8)))
        numpy.save(directory / "x.npy", x)
        numpy.save(directory / "y.npy", y)
        for i, value in enumerate((encoded(x, start), turned(y, start, base, interleaved), encoded(x, 0))):
            numpy.save(directory / f"expected_{i}.npy", value.astype("float64"))
        run(tools / "rondo", "run", directory / "model.rondo", "--entry", entry, f"-O{level}", "--set", f"d={d}",
            "--set", "r=8", "--set", f"base={base}", "--set", f"interleaved={str(interleaved).lower()}",
            "--input", f"x={directory}/x.npy", "--input", f"y={directory}/y.npy", "--input", f"n={start}",
            "--output", directory / "got")
        compare(directory / "got", directory)
