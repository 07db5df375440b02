# tanh, erf and both gelus at every exponent of f32, denormal and infinite ones too: tanh and erf reach 1 and do not
# pass it, and are x times a constant near 0.
# RUN: %python %s
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch

SOURCE = """def f(x: f32[N]) -> f32[N], f32[N], f32[N], f32[N] {
  return tanh(x), erf(x), gelu(x), gelu(x, approximate="tanh")
}
"""
# tanh and erf: the most that a result may be off, relative to itself; near 0 that is all of what is asked.
RELATIVE = 6e-7
DENORMAL = 1.5e-45  # one step of the smallest numbers


def numbers():
    exponents = np.arange(256, dtype="u4") << 23
    mantissas = np.array([0, 1, 0x155555, 0x400000, 0x6AAAAA, 0x7FFFFF], "u4")
    bits = (exponents[:, None] | mantissas).ravel()
    return np.concatenate([bits.view("f4"), (bits | np.uint32(1 << 31)).view("f4"), np.linspace(-12, 12, 4801, dtype="f4")])


def main():
    x = numbers()
    with np.errstate(invalid="ignore"):  # signalling NaNs
        exact = torch.from_numpy(x.astype("f8"))
    failed = 0

    def expect(right, what):
        nonlocal failed
        failed += not right
        if not right:
            print(what)

    with tempfile.TemporaryDirectory(prefix="rondo-") as path:
        folder = pathlib.Path(path)
        (folder / "f.rondo").write_text(SOURCE)
        np.save(folder / "x.npy", x)
        for level in ("-O0", "-O3"):
            subprocess.run(["rondo", "run", folder / "f.rondo", level, "--entry", "f", "--input", f"x={folder / 'x.npy'}",
                            "--output", folder], check=True, capture_output=True, timeout=120)
            tanh, erf, gelu, other = (np.load(folder / f"{i}.npy") for i in range(4))
            is_nan = np.isnan(x)
            for name, got, want in [("tanh", tanh, torch.tanh(exact)), ("erf", erf, torch.erf(exact))]:
                want = want.numpy()
                expect(np.array_equal(np.isnan(got), is_nan), f"{name} {level}: NaN")
                error = np.abs(got[~is_nan] - want[~is_nan]) - RELATIVE * np.abs(want[~is_nan]) - DENORMAL
                worst = error.argmax()
                expect(error[worst] <= 0, f"{name} {level}: at {x[~is_nan][worst]} it is {got[~is_nan][worst]}")
                expect((np.abs(got[~is_nan]) <= 1).all(), f"{name} {level}: passes 1")
                large = np.abs(x) >= 9.1
                expect((got[large] == np.sign(x[large])).all(), f"{name} {level}: does not reach 1")
            # 0 times infinity is NaN in both of PyTorch's formulas, x Phi(x) has a limit for +inf alone.
            for name, got, approximate in [("gelu", gelu, "none"), ("gelu of tanh", other, "tanh")]:
                want = torch.nn.functional.gelu(exact, approximate=approximate).numpy()
                finite = np.isfinite(x)
                error = np.abs(got[finite] - want[finite]) - 1e-6 * np.maximum(1, np.abs(want[finite]))
                worst = error.argmax()
                expect(error[worst] <= 0, f"{name} {level}: at {x[finite][worst]} it is {got[finite][worst]}")
                expect(np.isnan(got[x == -np.inf]).all() and (got[x == np.inf] == np.inf).all(), f"{name} {level}: inf")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
