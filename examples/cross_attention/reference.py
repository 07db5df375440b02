"""Queries from one sequence, keys and values from another with its own lengths."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"query": 10, "memory": 7, "hidden": 12, "heads": 3}
dims = {"B": 3, "T": 5, "S": 6}


def build(query, memory, hidden, heads):
    module = torch.nn.ModuleDict({
        "q_proj": torch.nn.Linear(query, hidden),
        "k_proj": torch.nn.Linear(memory, hidden),
        "v_proj": torch.nn.Linear(memory, hidden),
        "output": torch.nn.Linear(hidden, query),
    })
    module.heads = heads
    return module


def inputs(B, T, S, query, memory, **sizes):
    return {"x": torch.randn(B, T, query), "memory": torch.randn(B, S, memory), "n": torch.randint(0, S + 1, (B,))}


def expected(module, x, memory, n):
    def split(y):
        return y.unflatten(1, (module.heads, -1)).transpose(0, 1)

    y = x.new_zeros(*x.shape[:2], module["output"].in_features)
    for b, steps in enumerate(n.tolist()):
        if steps > 0:
            q = split(module["q_proj"](x[b]))
            k, v = split(module["k_proj"](memory[b, :steps])), split(module["v_proj"](memory[b, :steps]))
            w = torch.softmax(q @ k.transpose(1, 2) / q.shape[2] ** 0.5, 2)
            y[b] = (w @ v).transpose(0, 1).flatten(1)
    return (x + module["output"](y),)


if __name__ == "__main__":
    case.main(sys.modules[__name__])
