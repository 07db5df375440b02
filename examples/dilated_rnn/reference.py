"""Dilated RNN (arXiv:1710.02224): step t follows step t - dilation."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"input": 4, "hidden": 7, "layers": 3}
dims = {"B": 3, "T": 9}


class Layer(torch.nn.Module):
    def __init__(self, input, hidden):
        super().__init__()
        self.cell = torch.nn.RNNCell(input, hidden)


class Dilated(torch.nn.Module):
    def __init__(self, input, hidden, layers):
        super().__init__()
        self.layers = torch.nn.ModuleList(Layer(hidden if k else input, hidden) for k in range(layers))


def build(input, hidden, layers):
    return Dilated(input, hidden, layers)


def inputs(B, T, input, hidden, layers):
    return {"xs": torch.randn(T, B, input)}


def expected(module, xs):
    total = 0
    for k, layer in enumerate(module.layers):
        zero = xs.new_zeros(xs.shape[1], layer.cell.hidden_size)
        steps = []
        for t, x in enumerate(xs):
            steps.append(layer.cell(x, steps[t - 2**k] if t >= 2**k else zero))
        xs = case.stacked(steps, zero)
        total = total + xs
    return xs, total


if __name__ == "__main__":
    case.main(sys.modules[__name__])
