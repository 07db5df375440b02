"""Mamba's blocks, step by step."""

import numpy
from numeric import linear, normal, softplus, stacked, sigmoid

CASES = [{"B": 2, "T": 7}, {"B": 1, "T": 1}, {"B": 3, "T": 0}]
W, E, N, K, R, DEPTH = 6, 12, 4, 4, 2, 2


def weights(random):
    w = {"embedding.weight": normal(random, 11, W), "norm_f.weight": normal(random, W)}
    for i in range(DEPTH):
        at = f"layers.{i}."
        w.update({at + "norm.weight": normal(random, W), at + "A_log": normal(random, E, N, scale=0.5),
                  at + "D": normal(random, E), at + "conv1d.weight": normal(random, E, 1, K, scale=0.5),
                  at + "conv1d.bias": normal(random, E)})
        w.update(linear(random, 2 * E, W, at + "in_proj", bias=False))
        w.update(linear(random, R + 2 * N, E, at + "x_proj", bias=False))
        w.update(linear(random, E, R, at + "dt_proj"))
        w.update(linear(random, W, E, at + "out_proj", bias=False))
    return w


def inputs(random, B, T):
    return {"tokens": random.integers(0, 11, (B, T))}


def silu(x):
    return x * sigmoid(x)


def norm(x, weight):
    return x / numpy.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * weight


def expected(w, tokens):
    x = w["embedding.weight"][tokens]
    B, T = tokens.shape
    states = []
    for i in range(DEPTH):
        p = {key[len("layers.0."):]: value for key, value in w.items() if key.startswith(f"layers.{i}.")}
        both = norm(x, p["norm.weight"]) @ p["in_proj.weight"].T
        u, z = both[..., :E], both[..., E:]
        padded = numpy.concatenate([numpy.zeros((B, K - 1, E)), u], 1)
        taps = [padded[:, k : k + T] * p["conv1d.weight"][:, 0, k] for k in range(K)]
        u = silu(sum(taps) + p["conv1d.bias"])
        parts = u @ p["x_proj.weight"].T
        dt = softplus(parts[..., :R] @ p["dt_proj.weight"].T + p["dt_proj.bias"])
        Bs, Cs = parts[..., R : R + N], parts[..., R + N :]
        h, ys = numpy.zeros((B, E, N)), []
        for t in range(T):
            h = numpy.exp(dt[:, t, :, None] * -numpy.exp(p["A_log"])) * h
            h = h + (dt[:, t] * u[:, t])[..., None] * Bs[:, t, None]
            ys.append((h * Cs[:, t, None]).sum(-1) + p["D"] * u[:, t])
        y = stacked(ys, B, E).transpose(1, 0, 2)
        x = x + (y * silu(z)) @ p["out_proj.weight"].T
        states.append(h)
    return norm(x, w["norm_f.weight"]) @ w["embedding.weight"].T, numpy.stack(states)
