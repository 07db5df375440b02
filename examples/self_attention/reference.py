"""Self-attention by its equation."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"input": 6, "hidden": 8}
dims = {"B": 3, "T": 5}


class SelfAttention(torch.nn.Module):
    def __init__(self, input, hidden):
        super().__init__()
        self.query = torch.nn.Linear(input, hidden)
        self.key = torch.nn.Linear(input, hidden)
        self.value = torch.nn.Linear(input, hidden)

    def forward(self, x):
        q, k, v = self.query(x), self.key(x), self.value(x)
        w = torch.softmax(torch.bmm(q, k.transpose(1, 2)) / q.shape[2] ** 0.5, 2)
        return torch.bmm(w, v), w


def build(input, hidden):
    return SelfAttention(input, hidden)


def inputs(B, T, input, hidden):
    return {"x": torch.randn(B, T, input)}


def expected(module, x):
    return module(x)


if __name__ == "__main__":
    case.main(sys.modules[__name__])
