#!/usr/bin/env python3
"""Runs the driver around the fake model (FakeModel.h) with files that NumPy and safetensors made.

driver_test.py FAKE_MODEL
"""

import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import unittest

import numpy as np

PROGRAM = None
WEIGHTS = {
    "emb.weight": np.arange(12, dtype="f4").reshape(4, 3),
    "fc.bias": np.array([0.5, -0.5, 0.25], "f4"),
    "scale": np.array(2.0, "f4"),
}


def write_safetensors(path, tensors):
    """Without the safetensors package, so that the test needs NumPy alone."""
    names = {"float32": "F32", "float64": "F64", "float16": "F16", "int64": "I64", "bool": "BOOL"}
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in tensors.items():
        raw = tensor.tobytes()
        header[name] = {
            "dtype": names[str(tensor.dtype)],
            "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header).encode()
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + data)


class Driver(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="rondo-driver-")
        self.dir = pathlib.Path(self.scratch.name)
        self.addCleanup(self.scratch.cleanup)
        write_safetensors(self.dir / "w.safetensors", WEIGHTS)
        (self.dir / "chars.txt").write_text("hélo\n", encoding="utf-8")
        self.x = np.array([[0, 1, 2], [3, 0, 1]])
        np.save(self.dir / "x.npy", self.x)

    def run_model(self, *args, env=None, **kwargs):
        kwargs.setdefault("stdout", subprocess.PIPE)
        return subprocess.run(
            [PROGRAM, *map(str, args)],
            cwd=self.dir,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "ASAN_OPTIONS": "allocator_may_return_null=1", **(env or {})},
            timeout=60,
            encoding="utf-8",
            **kwargs,
        )

    def succeeds(self, *args, **kwargs):
        done = self.run_model(*args, **kwargs)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def fails(self, code, text, *args, **kwargs):
        done = self.run_model(*args, **kwargs)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(text, done.stderr)
        self.assertFalse(done.stdout, done.stdout)
        return done

    def save(self, name, array):
        np.save(self.dir / name, array)
        return f"{name.split('.')[0]}={name}"

    # Numbers

    def test_forward(self):
        self.succeeds("--weights", "w.safetensors", "--input", "x=x.npy", "--output", "out/of/it")
        got = np.load(self.dir / "out/of/it/0.npy")
        self.assertEqual((got.dtype, got.shape), (np.float32, (2, 3, 3)))
        np.testing.assert_array_equal(got, 2 * WEIGHTS["emb.weight"][self.x] + WEIGHTS["fc.bias"])
        np.testing.assert_array_equal(np.load(self.dir / "out/of/it/1.npy"), (self.x + 1) % 4)
        self.assertEqual(sorted(p.name for p in (self.dir / "out/of/it").iterdir()), ["0.npy", "1.npy"])

    def test_every_layout_and_type_travels(self):
        rng = np.random.default_rng(1)
        for T in (0, 1, 7):
            inputs = {
                "a": rng.normal(size=T).astype(">f8"),
                "h": rng.normal(size=T).astype("f2"),
                "g": rng.normal(size=T).astype("f4"),
                "k": rng.integers(-9, 9, T).astype(">i4"),
                "q": rng.integers(-9, 9, T).astype("i1"),
                "u": rng.integers(0, 255, T).astype("u1"),
                "m": rng.integers(0, 2, T).astype("?"),
            }
            flags = []
            for name, array in inputs.items():
                flags += ["--input", self.save(f"{name}.npy", array)]
            self.succeeds("--entry=mix", *flags, "--input", "temp=0.75", "--input", "n=3", "--seed=1", "--output", "out")
            for i, (name, array) in enumerate(inputs.items()):
                with self.subTest(T=T, name=name):
                    # mix's results: a h g k q u m
                    got = np.load(self.dir / f"out/{i}.npy")
                    self.assertEqual(got.dtype, array.dtype.newbyteorder("="))
                    if name == "g":  # bf16: three digits are left
                        np.testing.assert_allclose(got, array, rtol=2**-8)
                        self.assertFalse((got.view("u4") & 0xFFFF).any())
                    else:
                        np.testing.assert_array_equal(got, array)
            np.testing.assert_array_equal(np.load(self.dir / "out/7.npy"), np.full(3, 0.75, "f4"))

    def test_prepared_weights(self):
        self.succeeds("--weights", "w.safetensors", "--save-prepared", "w.prepared")
        for weights in ("w.safetensors", "w.prepared"):
            self.succeeds("--weights", weights, "--input", "x=x.npy", "--output", weights + ".out")
        np.testing.assert_array_equal(*(np.load(self.dir / f"{w}.out/0.npy") for w in ("w.safetensors", "w.prepared")))
        self.succeeds("--weights", "w.prepared", "--save-prepared", "again.prepared")
        self.assertEqual((self.dir / "w.prepared").read_bytes(), (self.dir / "again.prepared").read_bytes())
        self.succeeds("--seed=1", "--save-prepared", "drawn.prepared")
        self.assertNotEqual((self.dir / "w.prepared").read_bytes(), (self.dir / "drawn.prepared").read_bytes())

        whole = (self.dir / "w.prepared").read_bytes()
        (self.dir / "cut.prepared").write_bytes(whole[:-1])
        self.fails(1, "cut.prepared: the file has 63 bytes of prepared weights, its head says 64",
                   "--weights", "cut.prepared", "--input", "x=x.npy")
        self.fails(2, "--save-prepared stops before a call", "--seed=1", "--save-prepared", "w", "--input", "x=x.npy")
        self.fails(1, "has 3 weights: give --weights", "--save-prepared", "w")
        self.fails(1, "no/such", "--seed=1", "--save-prepared", "no/such/w")
        self.assertFalse(list(self.dir.glob("*.tmp")))

    def test_orders_and_versions(self):
        expected = (self.x + 1) % 4
        for version in ((1, 0), (2, 0), (3, 0)):
            for order in "CF":
                for byte_order in "<>":
                    array = np.asarray(self.x.astype(byte_order + "i8"), order=order)
                    with open(self.dir / "y.npy", "wb") as file:
                        np.lib.format.write_array(file, array, version=version)
                    self.succeeds("--seed", 1, "--input", "x=y.npy", "--output", "out")
                    np.testing.assert_array_equal(np.load(self.dir / "out/1.npy"), expected)

    def test_rank_zero_from_a_file(self):
        flags = ["--entry", "mix", "--seed", 1, "--dim", "T=2", "--input", "n=2"]
        np.save(self.dir / "t.npy", np.array(1.5, "f4"))
        self.assertIn("7: f32[2] = [1.5000, 1.5000]", self.succeeds(*flags, "--input", "temp=t.npy").stdout)
        self.assertIn("7: f32[2] = [inf, inf]", self.succeeds(*flags, "--input", "temp=inf").stdout)
        self.fails(1, "temp is one f32: `0,7` is neither", *flags, "--input", "temp=0,7")

    def test_input_through_a_pipe(self):
        data = (self.dir / "x.npy").read_bytes()
        read, write = os.pipe()
        os.write(write, data)
        os.close(write)
        flags = ["--seed", 1, "--output", "out", "--input", f"x=/dev/fd/{read}"]
        self.succeeds(*flags, pass_fds=[read])
        os.close(read)
        np.testing.assert_array_equal(np.load(self.dir / "out/1.npy"), (self.x + 1) % 4)

    def test_safetensors_package(self):
        try:
            from safetensors.numpy import save_file
        except ImportError:
            self.skipTest("safetensors is not installed")
        for dtype in ("f4", "f8", "f2"):
            save_file({k: v.astype(dtype) for k, v in WEIGHTS.items()}, self.dir / "s.safetensors")
            self.succeeds("--weights", "s.safetensors", "--input", "x=x.npy", "--output", "out")
            np.testing.assert_array_equal(
                np.load(self.dir / "out/0.npy"), 2 * WEIGHTS["emb.weight"][self.x] + WEIGHTS["fc.bias"]
            )

    def test_seed_is_reproducible(self):
        flags = ["--dim", "B=2", "--dim", "T=5"]
        a = self.succeeds("--seed", 5, *flags).stdout
        self.assertEqual(a, self.succeeds("--seed", 5, *flags).stdout)
        self.assertNotEqual(a, self.succeeds("--seed", 6, *flags).stdout)

    # Printing

    def test_prints(self):
        out = self.succeeds("--weights", "w.safetensors", "--input", "x=x.npy").stdout
        self.assertTrue(out.startswith("0: f32[2, 3, 3] = [[[ 0.5000,  1.5000,  4.2500],\n"), out)
        self.assertTrue(out.endswith("\n1: i64[2, 3] = [[1, 2, 3], [0, 1, 2]]\n"), out)

    def print_window(self, values):
        self.save("x.npy", np.concatenate([np.zeros(3), values]).astype("f4"))
        return self.succeeds("--input", "x=x.npy", env={"FAKE_SINGLE": "1"}).stdout

    def test_prints_floats(self):
        self.assertEqual(self.print_window([1, -2, np.nan]), "0: f32[3] = [1., -2., nan]\n")
        self.assertEqual(self.print_window([0.5, -np.inf]), "0: f32[2] = [0.5000, -inf]\n")
        self.assertEqual(self.print_window([1e-5, 0]), "0: f32[2] = [1.0000e-05, 0.0000e+00]\n")
        self.assertEqual(self.print_window([1.5e7]), "0: f32[1] = [1.5000e+07]\n")
        self.assertEqual(self.print_window([]), "0: f32[0] = []\n")

    def test_shortens(self):
        self.assertEqual(
            self.print_window(np.arange(101)), "0: f32[101] = [0., 1., 2., ..., 98., 99., 100.]\n"
        )
        lines = self.print_window(np.arange(100)).splitlines()
        self.assertGreater(len(lines), 1)
        self.assertTrue(all(len(line) <= 104 for line in lines))

    def test_decodes(self):
        flags = ["--weights", "w.safetensors", "--input", "x=x.npy", "--decode", "chars.txt"]
        self.assertIn('\n1: i64[2, 3] = ["élo", "hél"]\n', self.succeeds(*flags).stdout)
        np.save(self.dir / "x.npy", self.x[:1])
        self.assertIn('\n1: i64[1, 3] = "élo"\n', self.succeeds(*flags).stdout)
        (self.dir / "chars.txt").write_text('a\n"b')
        self.assertIn('\n1: i64[1, 3] = """\n\n"b\n"""\n', self.succeeds(*flags).stdout)
        np.save(self.dir / "x.npy", np.array([[1, 3]]))
        self.assertIn('\n1: i64[1, 2] = "\\"a"\n', self.succeeds(*flags).stdout)
        self.assertEqual('1: i64[1, 2] = "\\"a"\n', self.succeeds(*flags, "--output", "out").stdout)

    def test_decode_errors(self):
        flags = ["--weights", "w.safetensors", "--input", "x=x.npy", "--decode", "chars.txt"]
        (self.dir / "chars.txt").write_text("abc")
        self.fails(1, "result 1 holds 3, chars.txt has 3 characters", *flags)
        (self.dir / "chars.txt").write_bytes(b"ab\xff")
        self.fails(1, "chars.txt: invalid UTF-8 at byte 2", *flags)
        (self.dir / "chars.txt").unlink()
        self.fails(1, "chars.txt: No such file", *flags)

    def test_time(self):
        done = self.succeeds("--seed", 1, "--dim", "B=1", "--dim", "T=1", "--time", 20)
        self.assertRegex(done.stderr, r"^time: median [\d.]+ min [\d.]+ p95 [\d.]+ \(20 runs\)\n$")
        self.assertIn("0: f32[1, 1, 3] = ", done.stdout)

    def test_help_and_version(self):
        out = self.succeeds("--help").stdout
        self.assertIn("forward(x: i64[B, T]) -> f32[B, T, 3], i64[B, T]\n", out)
        self.assertIn("window(x: f32[T]) -> f32[?]\n", out)
        self.assertRegex(self.succeeds("--version").stdout, r"^Fake \(rondo \d+\.\d+\.\d+, ABI \d+\)\n$")

    # Wrong uses

    def test_wrong_flags(self):
        self.fails(2, "unknown flag `--wieghts` (did you mean `--weights`?)", "--wieghts", "f")
        self.fails(2, "unexpected argument `x.npy`", "x.npy")
        self.fails(2, "--input wants a value", "--input")
        self.fails(2, "--input wants x=F.npy, not `x`", "--input", "x")
        self.fails(2, "--input wants x=F.npy, not `=x`", "--input", "=x")
        self.fails(2, "--input gives `x` twice", "--input", "x=1", "--input", "x=2")
        self.fails(2, "--time wants a whole number from 1", "--time", "0")
        self.fails(2, "--seed wants a whole number below 2^64", "--seed", "18446744073709551616")
        self.fails(2, "--seed wants", "--seed", "-1")
        self.fails(2, "unknown flag `--help=yes`", "--help=yes")

    def test_wrong_names(self):
        self.fails(1, "no entry point `forwards` (did you mean `forward`?)", "--entry", "forwards", "--seed", 1)
        self.fails(1, "has no argument `y`; it has x", "--seed", 1, "--input", "y=x.npy")
        self.fails(1, "has no argument `B`", "--seed", 1, "--input", "B=3")
        self.fails(1, "has no dimension `S`; it has B, T", "--seed", 1, "--dim", "S=3")

    def test_missing_inputs(self):
        weights = ["--weights", "w.safetensors"]
        self.fails(1, "argument `x` has no input: give --input x=FILE.npy, or --seed N", *weights)
        self.fails(1, "model Fake has 3 weights: give --weights", "--input", "x=x.npy")
        self.fails(1, "the size T is not known: give --dim T=NUMBER", "--seed", 1, "--dim", "B=3")
        self.fails(1, "argument `n` has no input: give --input n=NUMBER", "--entry", "mix", "--seed", 1)
        self.fails(1, "n is a size: `-1`", "--entry", "mix", "--seed", 1, "--input", "n=-1")
        self.fails(1, "x has rank 2: give --input x=FILE.npy, not a number", *weights, "--input", "x=5")
        self.fails(1, "nope.npy: No such file", *weights, "--input", "x=nope.npy")

    def test_wrong_inputs(self):
        weights = ["--weights", "w.safetensors"]
        np.save(self.dir / "x.npy", self.x.astype("f8"))
        self.fails(
            1,
            "x is float64, the entry point wants i64: save it as x.astype('int64')",
            *weights, "--input", "x=x.npy",
        )  # fmt: skip
        np.save(self.dir / "x.npy", self.x[0])
        self.fails(1, "x has rank 1 in x.npy, the entry point wants rank 2", *weights, "--input", "x=x.npy")
        np.save(self.dir / "x.npy", self.x)
        flags = [*weights, "--input", "x=x.npy", "--dim", "T=6"]
        self.fails(1, "T is given as 6, but x has 3 on axis 1", *flags)
        self.fails(1, "x.npy: the file is cut short", *weights, "--input", self.cut("x.npy"))

    def cut(self, name):
        data = (self.dir / name).read_bytes()
        (self.dir / name).write_bytes(data[:-1])
        return f"x={name}"

    def test_sizes_that_disagree(self):
        flags = ["--entry", "pair", "--seed", 1, "--input", self.save("x.npy", np.zeros((4, 3), "f4"))]
        self.assertIn("0: f32[3, 2] = ", self.succeeds(*flags).stdout)
        self.fails(
            1,
            "h is f32[2, 2], the entry point wants f32[3, 2] (T = 4 is axis 0 of x, B = 3 is axis 1 of x)",
            *flags, "--input", self.save("h.npy", np.zeros((2, 2), "f4")),
        )  # fmt: skip
        self.fails(1, "result 0 would have the size -1", "--entry", "window", "--seed", 1, "--dim", "T=2")
        self.fails(1, "larger than memory", "--seed", 1, "--dim", "B=9000000000000000000", "--dim", "T=2")
        self.fails(1, "no memory for", "--seed", 1, "--dim", "B=400000000", "--dim", "T=40000000")

    def test_defaults_and_lengths_that_a_call_finds_out(self):
        x = self.save("x.npy", np.array([1, 1, 2, 3, 1], "f4"))
        done = self.succeeds("--entry", "stop", "--seed", 1, "--input", x)
        self.assertEqual(done.stdout, "0: f32[3] = [1., 1., 2.]\n1: i64[] = 11\n")
        self.succeeds("--entry", "stop", "--seed", 1, "--input", x, "--input", "limit=2", "--output", "out",
                      "--time", 3)
        self.assertEqual(np.load(self.dir / "out/0.npy").tolist(), [1, 1, 2, 3])
        self.fails(1, "fake.rondo:9:3: error: n must be odd", "--entry", "stop", "--seed", 1, "--input", x,
                   "--input", "n=2")
        self.assertIn("stop(n: int = 3, x: f32[T], limit: f32 = 1.5) -> f32[<= T], i64",
                      self.succeeds("--help").stdout)

    def test_failed_check(self):
        np.save(self.dir / "x.npy", self.x + 1)
        done = self.fails(1, "index out of range", "--weights", "w.safetensors", "--input", "x=x.npy", "--output", "o")
        self.assertEqual(done.stderr, "fake.rondo:7:12: error: index out of range\n")
        self.assertFalse((self.dir / "o").exists())

    def test_wrong_weights(self):
        flags = ["--input", "x=x.npy", "--weights", "v.safetensors"]
        write_safetensors(self.dir / "v.safetensors", {**WEIGHTS, "b": self.x, "a": self.x})
        self.assertIn("has 2 weights that the model does not use: `a`, `b`", self.succeeds(*flags).stderr)
        write_safetensors(self.dir / "v.safetensors", {**WEIGHTS, "fc.bias": np.zeros(4, "f4")})
        self.fails(1, "`fc.bias` is f32[4], the model wants f32[3]", *flags)
        write_safetensors(self.dir / "v.safetensors", {k + "s": v for k, v in WEIGHTS.items()})
        self.fails(1, "no weight `emb.weight`, which the model needs (did you mean `emb.weights`?); 2 more", *flags)
        (self.dir / "v.safetensors").write_bytes(b"\x10")
        self.fails(1, "v.safetensors: not a safetensors file", *flags)

    # Output that fails

    def test_lost_stdout(self):
        flags = ["--weights", "w.safetensors", "--input", "x=x.npy"]
        with open("/dev/full", "w") as full:
            for extra in ([], ["--help"], ["--version"]):
                done = self.run_model(*flags, *extra, stdout=full)
                self.assertEqual((done.returncode, done.stderr.count("writing to stdout: No space")), (1, 1))
        closed = lambda: os.close(1)
        self.assertEqual(self.run_model(*flags, preexec_fn=closed).returncode, 1)
        self.assertEqual(self.run_model(*flags, "--output", "out", preexec_fn=closed).returncode, 0)
        read, write = os.pipe()
        os.close(read)
        self.assertEqual(self.run_model(*flags, stdout=write).returncode, 1)
        os.close(write)

    def test_outputs_that_cannot_be_written(self):
        flags = ["--weights", "w.safetensors", "--input", "x=x.npy", "--output"]
        (self.dir / "file").write_text("")
        self.fails(1, "file: Not a directory", *flags, "file")
        self.fails(1, "file: Not a directory", *flags, "file/out")
        (self.dir / "out/0.npy").mkdir(parents=True)
        self.fails(1, "out/0.npy: Is a directory", *flags, "out")
        self.assertEqual([p.name for p in (self.dir / "out").iterdir()], ["0.npy"])

    def test_control_characters_do_not_reach_the_terminal(self):
        (self.dir / "evil\x1b[31m.npy").write_text("no")
        done = self.run_model("--seed", 1, "--input", "x=evil\x1b[31m.npy")
        self.assertEqual(done.returncode, 1)
        self.assertNotRegex(done.stderr, r"[\x00-\x09\x0b-\x1f]")
        self.assertTrue(re.search("evil", done.stderr))


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
