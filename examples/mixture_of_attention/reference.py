"""Experts of attention, mixed by a gate of the input."""

import importlib
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

attention = importlib.import_module("self_attention.reference")

sizes = {"input": 6, "hidden": 8, "experts": 3}
dims = {"B": 3, "T": 5}


def build(input, hidden, experts):
    return torch.nn.ModuleDict({
        "gate": torch.nn.Linear(input, experts),
        "experts": torch.nn.ModuleList(attention.SelfAttention(input, hidden) for _ in range(experts)),
    })


def inputs(B, T, input, hidden, experts):
    return {"x": torch.randn(B, T, input)}


def expected(module, x):
    g = torch.softmax(module["gate"](x), -1)
    contexts = torch.stack([expert(x)[0] for expert in module["experts"]], -1)
    return (contexts * g.unsqueeze(2)).sum(-1), g


if __name__ == "__main__":
    case.main(sys.modules[__name__])
