"""How exact the functions are that rondo computes itself, in units in the last place, and conversions of f16 and bf16.

References are NumPy's long double. Results that are NaN, infinite or zero must be those, with their sign.
"""

import math
import platform

import numpy
from numpy import longdouble

from artefact import Model
from harness import Failure, Once, run

TYPES = {"f32": numpy.float32, "f64": numpy.float64, "f16": numpy.float16}
SAMPLES = 20_000
erf = numpy.vectorize(math.erf, otypes=[longdouble])

# Greatest errors for f32 and f64, the reference, intervals that samples are drawn from. The error of `erf` holds that
# of its reference.
UNARY = {
    "exp(x)": (1.5, 1.5, numpy.exp, [(-750, 720), (-104, 89), (-1, 1)]),
    "elu(x)": (1.5, 1.5, lambda x: numpy.where(x > 0, x, numpy.expm1(x)), [(-50, 0), (-2, 0), (-1e-3, 1e-3)]),
    "log(x)": (1, 1, numpy.log, [(0, 2), (0.99, 1.01), (0, 1e30)]),
    "log1p(x)": (1, 1, numpy.log1p, [(-1, 3), (-0.01, 0.01), (0, 1e30)]),
    "tanh(x)": (5.5, 3, numpy.tanh, [(-1e-3, 1e-3), (-1, 1), (-10, 10), (-25, 25)]),
    "erf(x)": (2, 2.5, erf, [(-1, 1), (-7, 7)]),
    "sin(x)": (2.5, 1, numpy.sin, [(-8, 8), (-1e4, 1e4), (-2e6, 2e6), (-1e30, 1e30)]),
    "cos(x)": (2.5, 1, numpy.cos, [(-8, 8), (-1e4, 1e4), (-2e6, 2e6), (-1e30, 1e30)]),
    "rsqrt(x)": (1.5, 1.5, lambda x: 1 / numpy.sqrt(x), [(0, 2), (0, 1e30)]),
    "sqrt(x)": (0.5, 0.5, numpy.sqrt, [(0, 2), (0, 1e30)]),
    "floor(x)": (0, 0, numpy.floor, [(-9, 9), (-1e7, 1e7)]),
    "ceil(x)": (0, 0, numpy.ceil, [(-9, 9), (-1e7, 1e7)]),
    "round(x)": (0, 0, numpy.rint, [(-9, 9), (-1e7, 1e7)]),
}
BINARY = {
    "x ** y": (0.51, 1, numpy.power, [((0, 9), (-9, 9)), ((0.99, 1.01), (-5e4, 5e4)), ((-9, 0), (-300, 300))]),
    "x % y": (0, 0, None, [((-9, 9), (-9, 9)), ((-1e6, 1e6), (-3, 3)), ((-1e30, 1e30), (-1, 1))]),
}
ALL = {**UNARY, **BINARY}


def add_tests(suite, examples, tools, scratch):
    # The first processor of its kind computes otherwise: it cannot round, convert or add a product in one step. At -O0
    # functions are those of the mathematics library, with the errors that it allows itself.
    targets = ("host", "x86-64", "host -O0") if platform.machine() == "x86_64" else ("host", "host -O0")
    for target in targets:
        library = Once(compile_all, tools, scratch / "accuracy" / target.replace(" ", ""), *target.split())
        for text in ALL:
            for kind in ("f32", "f64"):
                suite.add(f"accuracy of {text} of {kind} for {target}", agrees, library, text, kind, 8 if "-O0" in target else 0)
        for text in UNARY:
            suite.add(f"accuracy of {text} of f16 and bf16 for {target}", halves_agree, library, text)
        suite.add(f"conversions of f16 and bf16 for {target}", converts, library)


def compile_all(tools, directory, target, level="-O3"):
    directory.mkdir(parents=True)
    source = directory / "accuracy.rondo"
    lines = []
    for number, text in enumerate(ALL):
        for kind in TYPES:
            arguments = f"x: {kind}[N]" + (f", y: {kind}[N]" if text in BINARY else "")
            lines.append(f"def f{number}_{kind}({arguments}) -> {kind}[N] {{ return {text} }}")
        if text in UNARY:
            inner = text.replace("(x)", "(bf16(x))")
            lines.append(f"def f{number}_bf16(x: f32[N]) -> f32[N] {{ return f32({inner}) }}")
    for start, end in (("f16", "f32"), ("f16", "f64"), ("f32", "f16"), ("f64", "f16")):
        lines.append(f"def {start}_{end}(x: {start}[N]) -> {end}[N] {{ return {end}(x) }}")
    for start in ("f32", "f64"):
        lines.append(f"def {start}_bf16(x: {start}[N]) -> f32[N] {{ return f32(bf16(x)) }}")
    source.write_text("\n".join(lines) + "\n")
    run(tools / "rondo", "compile", source, level, "--emit=shared", "--target", target, "-o", directory / "accuracy.so")
    return Model(directory / "accuracy.so", "accuracy", None)


def call(library, name, **inputs):
    return library.get().open(name, N=len(inputs["x"]))(**inputs)[0]


def specials(kind):
    """What is an exception somewhere, and the neighbours of each."""
    info = numpy.finfo(kind)
    nearest_to_half_pi = 6381956970095103 * 2.0**797  # of all f64 the one nearest to a multiple of pi/2
    values = [0, 0.5, 1, 1.5, 2, 3, 2.5, 1e3, 1e-3, math.pi / 2, 2**20, 2**21, 1e30, nearest_to_half_pi, math.inf,
              math.nan, float(info.max), float(info.tiny), float(info.smallest_subnormal)]
    values = numpy.array(values + [-value for value in values], kind)
    return numpy.concatenate([values, numpy.nextafter(values, kind(math.inf)), numpy.nextafter(values, kind(0))])


def samples(kind, intervals):
    random = numpy.random.default_rng(7)
    some = [random.uniform(low, high, SAMPLES) for low, high in intervals]
    bits = random.integers(0, 1 << 8 * kind().itemsize, SAMPLES, f"uint{8 * kind().itemsize}").view(kind)
    near_zero = numpy.exp2(random.uniform(-60, 0, SAMPLES)) * random.choice([-1, 1], SAMPLES)
    return [*(part.astype(kind) for part in some), bits, near_zero.astype(kind)]


def ulps(got, want, bf16=False):
    """The errors of `got` in units in the last place of the result; infinite where it is another special value."""
    info = numpy.finfo(got.dtype)
    rounded = nearest(want, bf16_numbers()) if bf16 else want.astype(got.dtype)
    size = numpy.maximum(numpy.abs(numpy.where(numpy.isfinite(rounded), rounded, 1)), info.tiny)
    unit = numpy.spacing(size.astype(got.dtype)).astype(longdouble) * (1 << 16 if bf16 else 1)
    same = (got == rounded) & (numpy.signbit(got) == numpy.signbit(rounded)) | numpy.isnan(got) & numpy.isnan(rounded)
    special = ~numpy.isfinite(got) | ~numpy.isfinite(rounded) | (rounded == 0)
    return numpy.where(special, numpy.where(same, 0, numpy.inf), numpy.abs(got.astype(longdouble) - want) / unit)


def expect(name, got, want, allowed, *inputs, bf16=False):
    errors = ulps(got, want, bf16)
    if errors.size and not errors.max() <= allowed:
        worst = int(errors.argmax())
        of = ", ".join(repr(float(value[worst])) for value in inputs)
        raise Failure(f"{name} of {of} is {float(got[worst])!r}, expected {want[worst]!r}: {errors[worst]:.3g} ulp")


def agrees(library, text, kind, least):
    single, double, reference, intervals = ALL[text]
    dtype, name = TYPES[kind], f"f{list(ALL).index(text)}_{kind}"
    allowed = max(least, single if kind == "f32" else double)
    with numpy.errstate(all="ignore"):
        special = specials(dtype)
        if text in UNARY:
            x = numpy.concatenate([special, *samples(dtype, intervals)])
            expect(text, call(library, name, x=x), reference(x.astype(longdouble)), allowed, x)
            return
        count = len(special)
        lefts, rights = ([pair[i] for pair in intervals] for i in (0, 1))
        x = numpy.concatenate([numpy.repeat(special, count), *samples(dtype, lefts)])
        y = numpy.concatenate([numpy.tile(special, count), *samples(dtype, rights)])
        y[-len(y) // 8:] = numpy.rint(y[-len(y) // 8:])
        if reference:
            want = reference(x.astype(longdouble), y.astype(longdouble))
        else:
            want = numpy.fmod(x, y)
            want = numpy.where((want != 0) & ((want < 0) != (y < 0)), want + y, want)
        expect(text, call(library, name, x=x, y=y), want, allowed, x, y)


def halves_agree(library, text):
    """Of every number there is: what f32 gives, rounded."""
    number, reference = list(ALL).index(text), UNARY[text][2]
    every = numpy.arange(1 << 16, dtype=numpy.uint16)
    with numpy.errstate(all="ignore"):
        x = every.view(numpy.float16)
        expect(text, call(library, f"f{number}_f16", x=x), reference(x.astype(longdouble)), 0.51, x)
        x = widened(every)
        want = reference(x.astype(longdouble))
        expect(text, call(library, f"f{number}_bf16", x=x), want, 0.51, x, bf16=True)


def widened(bits):
    return (bits.astype(numpy.uint32) << 16).view(numpy.float32)


def f16_numbers():
    """From 0 up, and one more as if the type had no greatest: what is nearest to it is infinite."""
    return numpy.append(numpy.arange(0x7C00, dtype=numpy.uint16).view(numpy.float16).astype(longdouble), 65536)


def bf16_numbers():
    return numpy.append(widened(numpy.arange(0x7F80)).astype(longdouble), longdouble(2) ** 128)


def nearest(x, numbers):
    """Of `numbers`, from 0 up, the one nearest to |x| with the sign of x, of two the one at an even place."""
    a = numpy.abs(x).astype(longdouble)
    above = numpy.minimum(numpy.searchsorted(numbers, a), len(numbers) - 1)
    below = numpy.maximum(above - 1, 0)
    up, down = numbers[above] - a, a - numbers[below]
    place = numpy.where((up < down) | (up == down) & (above % 2 == 0), above, below)
    found = numpy.where(place == len(numbers) - 1, math.inf, numbers[place])
    return numpy.where(numpy.isnan(a), math.nan, numpy.copysign(found, x))


def converts(library):
    random = numpy.random.default_rng(7)
    with numpy.errstate(all="ignore"):
        x = numpy.arange(1 << 16, dtype=numpy.uint16).view(numpy.float16)
        for kind in ("f32", "f64"):
            expect(f"{kind} of f16", call(library, f"f16_{kind}", x=x), x.astype(longdouble), 0, x)
        for half, numbers in (("f16", f16_numbers()), ("bf16", bf16_numbers())):
            ties = (numbers[1:] + numbers[:-1]) / 2
            for kind in ("f32", "f64"):
                exact = ties.astype(TYPES[kind])
                bits = random.integers(0, 1 << 8 * exact.itemsize, SAMPLES, f"uint{8 * exact.itemsize}")
                x = numpy.concatenate([exact, numpy.nextafter(exact, TYPES[kind](math.inf)),
                                       numpy.nextafter(exact, TYPES[kind](0)), bits.view(exact.dtype)])
                x = numpy.concatenate([x, -x, specials(TYPES[kind])])
                got = call(library, f"{kind}_{half}", x=x)
                expect(f"{half} of {kind}", got, nearest(x, numbers).astype(got.dtype), 0, x)
