# First values drawn by --seed, and weights of f16, bf16 and f64, read by member and by key.
# RUN: %python %s
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import safetensors.torch
import torch

SOURCE = """
model M(n: int = 40) {
  param z: f32[n + 1] = zeros
  param o: f32[2 * n, 3] = ones
  param f: f32[n // 7] = full(2.5)
  param u: f32[n * n] = uniform(-2.0, 3.0)
  param g: f32[n * n, 4] = normal(5.0, 0.5)
  param x: f32[n, 3 * n] = xavier_uniform
  param k: f32[n, 3 * n] = kaiming_uniform(sqrt(5.0))
  param h: f16[n, n] = uniform(0.0, 1.0)
  buffer b: i64[3] = full(7)
  buffer s: f32[n] = uniform(1.0, 2.0)
  buffer low: f32[2] = full(-inf)
  buffer on: bool[2] = full(true)
  emb = Embedding(5, n, padding_idx=PADDING)
  rnn = LSTM(2, n)

  def forward() -> f32[n + 1], f32[2 * n, 3], f32[n // 7], f32[n * n], f32[n * n, 4], f32[n, 3 * n], f32[n, 3 * n],
      f16[n, n], i64[3], f32[n], f32[2], bool[2], f32[5, n], f32[4 * n, 2] {
    return z, o, f, u, g, x, k, h, b, s, low, on, emb.weight, rnn.weight_ih_l0
  }
}
"""
NAMES = ["z", "o", "f", "u", "g", "x", "k", "h", "b", "s", "low", "on", "emb.weight", "rnn.weight_ih_l0"]


def draw(folder, source, *flags):
    """The weights by their keys."""
    path, out = folder / "model.rondo", folder / "out"
    path.write_text(source)
    done = subprocess.run(["rondo", "run", path, *flags, "--output", out], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return {name: np.load(out / f"{i}.npy") for i, name in enumerate(NAMES)}


def expect(right, what):
    if not right:
        raise AssertionError(what)


def between(values, low, high):
    """Uniform in [low, high): the bounds, and the mean within 5 standard errors."""
    spread = (high - low) / np.sqrt(12 * values.size)
    return values.min() >= low and values.max() < high and abs(values.mean() - (low + high) / 2) < 5 * spread


def check_distributions(w, n):
    expect((w["z"] == 0).all() and w["z"].shape == (n + 1,), "zeros")
    expect((w["o"] == 1).all() and w["o"].shape == (2 * n, 3), "ones")
    expect((w["low"] == -np.inf).all() and w["on"].all(), "full of what is no finite number")
    expect((w["f"] == 2.5).all() and w["f"].shape == (n // 7,), "full")
    expect((w["b"] == 7).all() and w["b"].dtype == np.int64, "full of integers")
    expect(between(w["u"], -2, 3), "uniform")
    expect(between(w["s"], 1, 2), "uniform of a buffer")
    expect(between(w["h"].astype("f8"), 0, 1.001) and w["h"].dtype == np.float16, "uniform of f16")
    error = 5 * 0.5 / np.sqrt(w["g"].size)
    expect(abs(w["g"].mean() - 5) < error and abs(w["g"].std() - 0.5) < error, "normal")
    for name, bound in [("x", np.sqrt(6 / (n + 3 * n))), ("k", np.sqrt(1 / (3 * n))),
                        ("rnn.weight_ih_l0", np.sqrt(1 / n))]:
        bound = np.float32(bound)
        expect(between(w[name], -bound, np.nextafter(bound, np.float32(9))), name)
        expect(np.abs(w[name]).max() > 0.9 * bound, name)


def main():
    with tempfile.TemporaryDirectory(prefix="rondo-") as path:
        folder = pathlib.Path(path)
        plain = SOURCE.replace("PADDING", "none")
        first = draw(folder, plain, "--seed", "3")
        check_distributions(first, 40)
        check_distributions(draw(folder, plain, "--seed", "3", "--set", "n=37"), 37)

        # Another order draws the same; another seed does not.
        lines = plain.splitlines()
        members = [i for i, line in enumerate(lines) if line.startswith(("  param", "  buffer", "  emb", "  rnn"))]
        other = list(lines)
        for i, j in zip(members, reversed(members)):
            other[i] = lines[j]
        moved = draw(folder, "\n".join(other) + "\n", "--seed", "3")
        expect(all(np.array_equal(first[name], moved[name]) for name in NAMES), "the order matters")
        again = draw(folder, plain, "--seed", "4")
        expect(not any(np.array_equal(first[name], again[name]) for name in ("u", "g", "h", "emb.weight")), "the seed")

        # The row of padding is zeros, the others are as without it.
        for given, row in [("0", 0), ("3", 3), ("-1", 4), ("-5", 0)]:
            table = draw(folder, SOURCE.replace("PADDING", given), "--seed", "3")["emb.weight"]
            rest = np.arange(5) != row
            expect((table[row] == 0).all(), f"padding_idx={given}: its row")
            expect(np.array_equal(table[rest], first["emb.weight"][rest]), f"padding_idx={given}: the others")

        # A file of weights in each floating-point type, rounded once.
        torch.manual_seed(1)
        for dtype in (torch.float16, torch.bfloat16, torch.float64, torch.float32):
            weights = {name: torch.from_numpy(first[name]) for name in NAMES}
            for name in NAMES:
                if name not in ("b", "on"):
                    weights[name] = torch.randn(weights[name].shape, dtype=torch.float64).to(dtype)
            weights["b"] = torch.tensor([4, 5, 6])
            file = dict(weights)
            for rest in ("weight_hh_l0", "bias_ih_l0", "bias_hh_l0"):
                shape = (160, 40) if rest == "weight_hh_l0" else (160,)
                file["rnn." + rest] = torch.zeros(shape, dtype=dtype)
            safetensors.torch.save_file(file, folder / "weights.safetensors")
            read = draw(folder, plain, "--weights", folder / "weights.safetensors")
            for name in NAMES:
                want = weights[name].double().numpy().astype(first[name].dtype)  # PyTorch rounds f64 to f16 twice
                expect(np.array_equal(read[name], want), f"{name} of {dtype}")


if __name__ == "__main__":
    sys.exit(main())
