"""Attention whose scores are sums over tanh, plain and weighted."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"query": 6, "key": 5, "hidden": 8}
dims = {"B": 3, "T": 4, "S": 6, "V": 7}


class Additive(torch.nn.Module):
    def __init__(self, query, key, hidden, weighted):
        super().__init__()
        self.w_q = torch.nn.Linear(query, hidden)
        self.w_k = torch.nn.Linear(key, hidden)
        self.v = torch.nn.Linear(hidden, 1, bias=False) if weighted else None

    def forward(self, q, k, x):
        e = torch.tanh(self.w_q(q).unsqueeze(2) + self.w_k(k).unsqueeze(1))
        w = torch.softmax(self.v(e).squeeze(3) if self.v else e.sum(3), 2)
        return torch.bmm(w, x), w


def build(query, key, hidden):
    return torch.nn.ModuleDict({name: Additive(query, key, hidden, name == "bahdanau")
                                for name in ("summed", "bahdanau")})


def inputs(B, T, S, V, query, key, hidden):
    return {"q": torch.randn(B, T, query), "k": torch.randn(B, S, key), "v": torch.randn(B, S, V)}


def expected(module, q, k, v):
    return *module["summed"](q, k, v), *module["bahdanau"](q, k, v)


if __name__ == "__main__":
    case.main(sys.modules[__name__])
