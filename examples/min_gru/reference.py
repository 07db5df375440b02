"""minGRU (arXiv:2410.01201), equation by equation."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"input": 5, "hidden": 8}
dims = {"B": 3, "T": 4}


class MinGRU(torch.nn.Module):
    def __init__(self, input, hidden):
        super().__init__()
        self.w_z = torch.nn.Linear(input, hidden)
        self.w_h = torch.nn.Linear(input, hidden)


def build(input, hidden):
    return MinGRU(input, hidden)


def inputs(B, T, input, hidden):
    return {"xs": torch.randn(T, B, input), "h0": torch.randn(B, hidden)}


def expected(module, xs, h0):
    h, steps = h0, []
    for x in xs:
        z = torch.sigmoid(module.w_z(x))
        h = (1 - z) * h + z * module.w_h(x)
        steps.append(h)
    return case.stacked(steps, h0), h


if __name__ == "__main__":
    case.main(sys.modules[__name__])
