#!/usr/bin/env python3
"""Minimax fits of the functions that rondo computes itself, by Remez' exchange: the tables of Math*.cpp.

    pip install mpmath && minimax.py

prints coefficients, highest first, and the greatest error that they have before they are rounded.
"""

import mpmath
from mpmath import mp, mpf

mp.dps = 50
POINTS = 1500  # where the error is looked at


def remez(f, degree, low, high, weight):
    """Coefficients, lowest first, of the polynomial p with the least maximum of |weight * (f - p)|, and that maximum."""
    low, high = mpf(low), mpf(high)
    grid = [(low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * i / POINTS) for i in range(POINTS + 1)]
    values, weights = [f(x) for x in grid], [weight(x) for x in grid]
    chosen = [round(i * POINTS / (degree + 1)) for i in range(degree + 2)]
    for _ in range(30):
        system = mp.matrix(degree + 2)
        for row, i in enumerate(chosen):
            for k in range(degree + 1):
                system[row, k] = grid[i] ** k
            system[row, degree + 1] = (-1) ** row / weights[i]
        solution = mp.lu_solve(system, mp.matrix([values[i] for i in chosen]))
        coefficients = [solution[k] for k in range(degree + 1)]
        errors = [w * (v - mp.polyval(coefficients[::-1], x)) for x, v, w in zip(grid, values, weights)]
        extremes, worst = alternating(errors, degree + 2), max(map(abs, errors))
        if extremes is None or worst - abs(solution[degree + 1]) < worst / 1000:
            break
        chosen = extremes
    return coefficients, worst


def rational(f, over, under, high):
    """Coefficients, lowest first, of p and q of these degrees with p(0) = q(0) = 1 and the least maximum of
    |1 - p / (q f)| on [0, high], and that maximum. The error's denominator is q of the round before."""
    points = [mpf(high) * (1 - mp.cos(mp.pi * (i + 1) / (POINTS + 1))) / 2 for i in range(POINTS)]
    values, count = [f(s) for s in points], over + under
    q, chosen, worst = [mpf(1)] + [mpf(0)] * under, [round(i * (POINTS - 1) / count) for i in range(count + 1)], mpf(1)
    for _ in range(30):
        system, right = mp.matrix(count + 1), mp.matrix(count + 1, 1)
        for row, i in enumerate(chosen):
            s, value = points[i], values[i]
            terms = [s**k for k in range(1, over + 1)] + [-value * s**k for k in range(1, under + 1)]
            for column, term in enumerate(terms + [(-1) ** row * value * mp.polyval(q[::-1], s)]):
                system[row, column] = term
            right[row] = value - 1
        solution = mp.lu_solve(system, right)
        p, q = [mpf(1), *solution[:over]], [mpf(1), *solution[over:count]]
        errors = [1 - mp.polyval(p[::-1], s) / (mp.polyval(q[::-1], s) * v) for s, v in zip(points, values)]
        before, worst = worst, max(map(abs, errors))
        chosen = alternating(errors, count + 1)
        if chosen is None:
            raise ValueError("the error does not alternate")
        if abs(before - worst) < worst / 1000:
            break
    return p, q, worst


def alternating(errors, count):
    """Places of so many extremes of alternating sign; None if there are fewer."""
    extremes = [0]
    for i in range(1, len(errors)):
        if (errors[i] > 0) != (errors[extremes[-1]] > 0):
            extremes.append(i)
        elif abs(errors[i]) > abs(errors[extremes[-1]]):
            extremes[-1] = i
    while len(extremes) > count:
        extremes.pop(0 if abs(errors[extremes[0]]) < abs(errors[extremes[-1]]) else -1)
    return extremes if len(extremes) == count else None


def listed(coefficients, bits):
    return "  " + ", ".join(mpmath.nstr(c, 17 if bits == 64 else 9) for c in reversed(coefficients))


def show(name, f, degree, low, high, weight, bits):
    coefficients, worst = remez(f, degree, low, high, weight)
    print(f"{name}, degree {degree}, error 2^{float(mp.log(worst, 2)):.1f}")
    print(listed(coefficients, bits))


def exp_rest(r):
    """(exp r - 1 - r) / r^2"""
    return (mp.exp(r) - 1 - r) / r**2 if abs(r) > mpf(10) ** -12 else mpf(1) / 2 + r / 6


def tanh_rest(s):
    """tanh(x) / x, of s = x^2"""
    return mp.tanh(mp.sqrt(s)) / mp.sqrt(s)


def erf_rest(s):
    """erf(x) / x - 1, of s = x^2"""
    x = mp.sqrt(s)
    return mp.erf(x) / x - 1 if s > mpf(10) ** -30 else 2 / mp.sqrt(mp.pi) - 1


def erf_far(x):
    """-log erfc x: what erf = 1 - exp(-p) needs, less accurate where erfc is small"""
    return -mp.log(mp.erfc(x))


if __name__ == "__main__":
    p, q, worst = rational(tanh_rest, 4, 4, 81)
    print(f"tanh of f32, degrees 4 and 4, error 2^{float(mp.log(worst, 2)):.1f}")
    print(listed(p, 32) + "\n" + listed(q, 32))
    half = mp.log(2) / 2 * mpf("1.0001")
    for bits, exp, near, far, end in ((32, 5, 6, 6, 4), (64, 10, 12, 18, 6)):
        show(f"exp of f{bits}", exp_rest, exp, -half, half, lambda r: mpf(1), bits)
        show(f"erf of f{bits}, |x| <= 1", erf_rest, near, 0, 1, lambda s: mpf(1), bits)
        show(f"erf of f{bits}, 1 <= x <= {end}", erf_far, far, 1, end, mp.erfc, bits)
