# What the command line chooses: --set for each kind of hyper-parameter, --model, --dim, --given.
# RUN: %python %s
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

SOURCE = """
model Small(n: int = 2) {
  def forward(x: f32[N]) -> f32[N] { return x + n }
}

model Kinds(count: int = 1, rate: float = 0.5, flag: bool = true, name: str = "a", sizes: [int] = [1, 2],
            grid: [[int]] = [[1], [2, 3]], limit: int = none) {
  if name == "a" {
    param w: f32[3] = full(1.0)
  } else if name == "b" {
    param w: f32[3] = full(2.0)
    param v: f32[3] = ones
  } else {
    param w: f32[3] = full(3.0)
  }
  const sum = sizes[0] + 10 * len(sizes) + 100 * grid[len(grid) - 1][0]

  # count, rate, flag, sum and limit, each times x; then w.
  def forward(x: f32[N]) -> f32[5, N], f32[3] {
    return stack([x * count, x * rate, x * (1 if flag else 0), x * sum, x * (-1 if limit == none else limit)]), w
  }
  def halves(x: f32[2 * M, (T + 1) // 2], t: f32[T], m: f32[M]) -> f32[M], f32[T + 1] {
    return x[:M].sum(dim=1) + m, concat([t, ones(1)])
  }
  def optional(x: f32[N], h=none, c=none) -> f32[N] {
    y = x if h == none else x + h
    return y if c == none else y * c
  }
  def given(x: f32[N], h: f32[N] = none, c: f32[N] = none) -> f32[N] { return optional(x, h, c) }
}
"""
X = np.array([1, 2], "f4")
DEFAULT = {"count": 1, "rate": 0.5, "flag": 1, "sum": 1 + 20 + 200, "limit": -1, "w": 1}

# Flags, and how the values differ from those of the defaults.
SET = [
    ([], {}),
    (["--set", "count=3"], {"count": 3}),
    (["--set", "count=-4"], {"count": -4}),
    (["--set", "rate=2.5"], {"rate": 2.5}),
    (["--set", "rate=3"], {"rate": 3}),
    (["--set", "rate=-1e-1"], {"rate": -0.1}),
    (["--set", "flag=false"], {"flag": 0}),
    (["--set", "name=b"], {"w": 2}),
    (["--set", 'name="b"'], {"w": 2}),
    (["--set", "name=other"], {"w": 3}),
    (["--set", "sizes=[7, 8, 9]"], {"sum": 7 + 30 + 200}),
    (["--set", "sizes=[7]"], {"sum": 7 + 10 + 200}),
    (["--set", "grid=[[4]]"], {"sum": 1 + 20 + 400}),
    (["--set", "limit=6"], {"limit": 6}),
    (["--set", "limit=6", "--set", "count=2"], {"limit": 6, "count": 2}),
    (["--set", "limit=none"], {}),
    (["--model", "Kinds", "--set", "count=3"], {"count": 3}),
]
WRONG = [
    (["--set", "count=1.5"], "count"),
    (["--set", "count=none"], "count"),
    (["--set", "flag=2"], "flag"),
    (["--set", "rate=fast"], "rate"),
    (["--set", "sizes=3"], "sizes"),
    (["--set", "sizes=[1"], "sizes"),
    (["--set", "cuont=3"], "count"),
    (["--model", "Smal"], "Small"),
    (["--dim", "Q=3"], "Q"),
    (["--dim", "T=-1"], "T"),
]


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120,
                          stdin=subprocess.DEVNULL)


class Folder:
    def __init__(self, path):
        self.path = path
        self.source = path / "model.rondo"
        self.source.write_text(SOURCE)
        self.failed = 0

    def results(self, flags, entry="forward", **inputs):
        """Of `rondo run`, or None with the message shown."""
        words = []
        for name, value in inputs.items():
            np.save(self.path / f"{name}.npy", value)
            words += ["--input", f"{name}={self.path / name}.npy"]
        out = self.path / "out"
        for old in out.glob("*.npy"):
            old.unlink()
        done = run("rondo", "run", self.source, "--entry", entry, "--seed", 1, *flags, *words, "--output", out)
        if done.returncode != 0:
            print(done.stderr)
            return None
        return [np.load(out / f"{i}.npy") for i in range(len(list(out.glob("*.npy"))))]

    def expect(self, what, got, want):
        right = got is not None and len(got) == len(want) and all(
            g.shape == w.shape and np.allclose(g, w, rtol=1e-6) for g, w in zip(got, want))
        if not right:
            self.failed += 1
            print(f"{what}: {got}, expected {want}")


def main():
    with tempfile.TemporaryDirectory(prefix="rondo-") as path:
        folder = Folder(pathlib.Path(path))
        for flags, other in SET:
            value = DEFAULT | other
            factors = np.array([value[k] for k in ("count", "rate", "flag", "sum", "limit")], "f4")
            folder.expect(flags, folder.results(flags, x=X), [factors[:, None] * X, np.full(3, value["w"], "f4")])
        folder.expect("--model", folder.results(["--model", "Small", "--set", "n=5"], x=X), [X + 5])
        for flags, wanted in WRONG:
            done = run("rondo", "check", folder.source, *flags)
            if done.returncode not in (1, 2) or wanted not in done.stderr:
                folder.failed += 1
                print(f"{flags}: exit code {done.returncode}, {done.stderr}")

        # Shapes with arithmetic, with none, some and all of their variables fixed.
        x, t = np.arange(12, dtype="f4").reshape(4, 3), np.arange(5, dtype="f4")
        for flags in ([], ["--dim", "M=2"], ["--dim", "T=5"], ["--dim", "M=2", "--dim", "T=5"]):
            folder.expect(flags, folder.results(flags, "halves", x=x, t=t, m=X),
                          [x[:2].sum(axis=1) + X, np.append(t, 1).astype("f4")])

        # An executable has the optional arguments that `--given` named when it was compiled.
        h, c = np.array([10, 20], "f4"), np.array([2, 3], "f4")
        for names, want in [("", X), ("h", X + h), ("c", X * c), ("h,c", (X + h) * c)]:
            program = folder.path / "program"
            flags = ["--given", names] if names else []
            done = run("rondo", "compile", folder.source, "-o", program, *flags)
            words = ["--input", f"x={folder.path / 'x'}.npy"]
            for name, value in [("x", X), ("h", h), ("c", c)]:
                np.save(folder.path / f"{name}.npy", value)
                if name in names.split(","):
                    words += ["--input", f"{name}={folder.path / name}.npy"]
            out = folder.path / "given"
            done = done if done.returncode else run(program, "--entry", "given", "--seed", 1, *words, "--output", out)
            if done.returncode:
                print(done.stderr)
            folder.expect(f"--given {names}", None if done.returncode else [np.load(out / "0.npy")], [want])
    return 1 if folder.failed else 0


if __name__ == "__main__":
    sys.exit(main())
