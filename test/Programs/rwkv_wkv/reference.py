"""RWKV-4 with the sums of exponentials as they stand in the paper."""

import numpy
from numeric import affine, layer_norm, linear, normal, sigmoid, stacked

CASES = [{"T": 7, "B": 2}, {"T": 1, "B": 1}, {"T": 0, "B": 2}]
D = 5


def weights(random):
    w = {}
    for i in range(2):
        at = f"blocks.{i}."
        for ln in ("ln1", "ln2"):
            w[at + ln + ".weight"], w[at + ln + ".bias"] = 1 + normal(random, D, scale=0.1), normal(random, D)
        w[at + "att.time_decay"], w[at + "att.time_first"] = normal(random, D), normal(random, D)
        for name in ("att.time_mix_k", "att.time_mix_v", "att.time_mix_r", "ffn.time_mix_k", "ffn.time_mix_r"):
            w[at + name] = random.random((1, 1, D)).astype(numpy.float32)
        for name in ("key", "value", "receptance", "output"):
            w.update(linear(random, D, D, at + "att." + name, bias=False))
        w.update(linear(random, 3 * D, D, at + "ffn.key", bias=False))
        w.update(linear(random, D, D, at + "ffn.receptance", bias=False))
        w.update(linear(random, D, 3 * D, at + "ffn.value", bias=False))
    return {key: value.astype(numpy.float32) for key, value in w.items()}


def inputs(random, T, B):
    return {"x": normal(random, T, B, D)}


def expected(w, x):
    T, B, _ = x.shape

    def mixed(x, m):
        last = numpy.concatenate([numpy.zeros((1, B, D)), x])[:T]
        return x * w[m] + last * (1 - w[m])

    for i in range(2):
        at = f"blocks.{i}.att."
        z = layer_norm(x, w[f"blocks.{i}.ln1.weight"], w[f"blocks.{i}.ln1.bias"])
        k, v, r = [affine(w, at + name, mixed(z, at + "time_mix_" + name[0])) for name in
                   ("key", "value", "receptance")]
        decay, u, steps = -numpy.exp(w[at + "time_decay"]), w[at + "time_first"], []
        for t in range(T):
            past = sum((numpy.exp((t - 1 - j) * decay + k[j]) * v[j] for j in range(t)), numpy.zeros((B, D)))
            mass = sum((numpy.exp((t - 1 - j) * decay + k[j]) for j in range(t)), numpy.zeros((B, D)))
            now = numpy.exp(u + k[t])
            steps.append((past + now * v[t]) / (mass + now))
        x = x + affine(w, at + "output", sigmoid(r) * stacked(steps, B, D))
        at = f"blocks.{i}.ffn."
        z = layer_norm(x, w[f"blocks.{i}.ln2.weight"], w[f"blocks.{i}.ln2.bias"])
        k = numpy.maximum(affine(w, at + "key", mixed(z, at + "time_mix_k")), 0) ** 2
        x = x + sigmoid(affine(w, at + "receptance", mixed(z, at + "time_mix_r"))) * affine(w, at + "value", k)
    return [x]
