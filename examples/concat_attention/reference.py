"""Attention by a Linear over query and key, as in PyTorch's tutorial of translation."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"query": 32, "key": 32, "value": 64, "length": 32, "output": 64}
dims = {"B": 1, "T": 1}


def build(query, key, value, length, output):
    return torch.nn.ModuleDict({"attn": torch.nn.Linear(query + key, length),
                                "combine": torch.nn.Linear(query + value, output)})


def inputs(B, T, query, key, value, length, output):
    return {"q": torch.randn(B, T, query), "k": torch.randn(B, T, key), "v": torch.randn(B, length, value)}


def expected(module, q, k, v):
    w = torch.softmax(module["attn"](torch.cat([q, k], -1)), -1)
    return module["combine"](torch.cat([q, torch.bmm(w, v)], -1)), w


if __name__ == "__main__":
    case.main(sys.modules[__name__])
