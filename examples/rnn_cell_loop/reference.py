"""RNNCell(4, 2) over 3 steps from a zero state; every step's state is a result."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"input": 4, "hidden": 2}
dims = {"B": 1, "T": 3}


class Loop(torch.nn.Module):
    def __init__(self, input, hidden):
        super().__init__()
        self.cell = torch.nn.RNNCell(input, hidden)


def build(input, hidden):
    return Loop(input, hidden)


def inputs(B, T, input, hidden):
    return {"xs": torch.randn(T, B, input)}


def expected(module, xs):
    h = zero = xs.new_zeros(xs.shape[1], module.cell.hidden_size)
    steps = []
    for x in xs:
        h = module.cell(x, h)
        steps.append(h)
    return (case.stacked(steps, zero),)


if __name__ == "__main__":
    case.main(sys.modules[__name__])
