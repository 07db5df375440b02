"""LSTM, each row up to its length, pooled by one learned query."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"input": 6, "hidden": 16}
dims = {"B": 3, "T": 5}


class Pooling(torch.nn.Module):
    def __init__(self, input, hidden):
        super().__init__()
        self.lstm = torch.nn.LSTM(input, hidden)
        self.key = torch.nn.Linear(hidden, hidden)
        self.query = torch.nn.Parameter(torch.randn(hidden))


def build(input, hidden):
    return Pooling(input, hidden)


def inputs(B, T, input, hidden):
    return {"x": torch.randn(T, B, input), "lengths": torch.randint(0, T + 1, (B,))}


def expected(module, x, lengths):
    T, B, _ = x.shape
    pooled, weights = x.new_zeros(B, module.query.numel()), x.new_zeros(B, T)
    for b, n in enumerate(lengths.tolist()):
        if n > 0:
            y, _ = module.lstm(x[:n, b])
            w = torch.softmax(torch.tanh(module.key(y)) @ module.query, 0)
            pooled[b], weights[b, :n] = w @ y, w
    return pooled, weights


if __name__ == "__main__":
    case.main(sys.modules[__name__])
