"""A decoder state attends to the states of an encoder by their inner products."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {}
dims = {"B": 3, "T": 5, "H": 8}


def build():
    return torch.nn.Module()


def inputs(B, T, H):
    return {"enc": torch.randn(B, T, H), "dec": torch.randn(B, H)}


def expected(module, enc, dec):
    w = torch.softmax(torch.bmm(enc, dec.unsqueeze(2)), 1)
    return torch.bmm(w.transpose(1, 2), enc).squeeze(1), w.squeeze(2)


if __name__ == "__main__":
    case.main(sys.modules[__name__])
