"""PyTorch's MultiheadAttention."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"embed": 32, "heads": 8}
dims = {"B": 1, "T": 10}


def build(embed, heads):
    return torch.nn.ModuleDict({"attn": torch.nn.MultiheadAttention(embed, heads)})


def inputs(B, T, embed, heads):
    return {"x": torch.randn(T, B, embed)}


def expected(module, x):
    T, B, _ = x.shape
    if x.numel() == 0:  # which PyTorch refuses
        return x, x.new_zeros(B, T, T)
    return module["attn"](x, x, x)


if __name__ == "__main__":
    case.main(sys.modules[__name__])
