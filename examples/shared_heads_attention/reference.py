"""Heads that share one projection, by the equations."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"embed": 16, "heads": 4}
dims = {"B": 3, "T": 5, "S": 6}


class SharedHeadsAttention(torch.nn.Module):
    def __init__(self, embed, heads):
        super().__init__()
        self.heads, size = heads, embed // heads
        self.values = torch.nn.Linear(size, size, bias=False)
        self.keys = torch.nn.Linear(size, size, bias=False)
        self.queries = torch.nn.Linear(size, size, bias=False)
        self.fc_out = torch.nn.Linear(embed, embed)

    def forward(self, value, key, query, mask):
        def split(x):
            return x.reshape(*x.shape[:2], self.heads, x.shape[2] // self.heads)

        v, k, q = self.values(split(value)), self.keys(split(key)), self.queries(split(query))
        energy = torch.einsum("nqhd,nkhd->nhqk", q, k).masked_fill(mask.unsqueeze(1) == 0, -1e10)
        w = torch.softmax(energy / query.shape[2] ** 0.5, 3)
        return self.fc_out(torch.einsum("nhqk,nkhd->nqhd", w, v).reshape(query.shape))


def build(embed, heads):
    return SharedHeadsAttention(embed, heads)


def inputs(B, T, S, embed, heads):
    return {"value": torch.randn(B, S, embed), "key": torch.randn(B, S, embed), "query": torch.randn(B, T, embed),
            "mask": torch.randint(2, (B, T, S))}


def expected(module, value, key, query, mask):
    return (module(value, key, query, mask),)


if __name__ == "__main__":
    case.main(sys.modules[__name__])
