"""Scaled dot-product attention by its equation."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {}
dims = {"B": 3, "T": 5, "H": 2, "S": 6, "D": 8, "V": 7}


def build():
    return torch.nn.Module()


def inputs(B, T, H, S, D, V):
    return {"q": torch.randn(B, H, T, D), "k": torch.randn(B, H, S, D), "v": torch.randn(B, H, S, V)}


def expected(module, q, k, v):
    w = torch.softmax(q @ k.transpose(2, 3) / q.shape[3] ** 0.5, 3)
    return w @ v, w


if __name__ == "__main__":
    case.main(sys.modules[__name__])
