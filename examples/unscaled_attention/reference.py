"""Attention without a scale, from three inputs."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"query": 6, "key": 5, "value": 7, "hidden": 8}
dims = {"B": 3, "T": 5, "S": 6}


def build(query, key, value, hidden):
    return torch.nn.ModuleDict({
        "w_q": torch.nn.Linear(query, hidden, bias=False),
        "w_k": torch.nn.Linear(key, hidden, bias=False),
        "w_v": torch.nn.Linear(value, hidden, bias=False),
    })


def inputs(B, T, S, query, key, value, hidden):
    return {"q": torch.randn(B, T, query), "k": torch.randn(B, S, key), "v": torch.randn(B, S, value)}


def expected(module, q, k, v):
    w = torch.softmax(torch.bmm(module["w_q"](q), module["w_k"](k).transpose(1, 2)), 2)
    return torch.bmm(w, module["w_v"](v)), w


if __name__ == "__main__":
    case.main(sys.modules[__name__])
