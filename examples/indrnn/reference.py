"""Independently recurrent layers (arXiv:1803.04831), equation by equation."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"input": 5, "hidden": 8, "layers": 2}
dims = {"B": 3, "T": 4}


class Layer(torch.nn.Module):
    def __init__(self, input, hidden):
        super().__init__()
        self.w = torch.nn.Linear(input, hidden)
        self.u = torch.nn.Parameter(torch.rand(hidden))


class IndRNN(torch.nn.Module):
    def __init__(self, input, hidden, layers):
        super().__init__()
        self.cells = torch.nn.ModuleList(Layer(hidden if k else input, hidden) for k in range(layers))


def build(input, hidden, layers):
    return IndRNN(input, hidden, layers)


def inputs(B, T, input, hidden, layers):
    return {"xs": torch.randn(T, B, input), "h0": torch.randn(layers, B, hidden)}


def expected(module, xs, h0):
    last = []
    for cell, h in zip(module.cells, h0):
        steps = []
        for x in xs:
            h = torch.relu(cell.w(x) + cell.u * h)
            steps.append(h)
        xs = case.stacked(steps, h)
        last.append(h)
    return xs, torch.stack(last)


if __name__ == "__main__":
    case.main(sys.modules[__name__])
