"""Sinusoidal positions added to embeddings, before a GRU in both directions."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"vocab": 12, "width": 8, "hidden": 6, "max_len": 64}
dims = {"B": 3, "T": 5}


def build(vocab, width, hidden, max_len):
    return torch.nn.ModuleDict({
        "emb": torch.nn.Embedding(vocab, width),
        "encoder": torch.nn.GRU(width, hidden, batch_first=True, bidirectional=True),
    })


def inputs(B, T, vocab, **sizes):
    return {"x": torch.randint(vocab, (B, T))}


def expected(module, x):
    width = module["emb"].embedding_dim
    rates = 10000.0 ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    angles = torch.arange(x.shape[1], dtype=torch.float64)[:, None] * rates
    v = module["emb"](x) * width**0.5 + torch.stack([angles.sin(), angles.cos()], -1).flatten(-2)
    return case.recurrent(module["encoder"], v)[0], v


if __name__ == "__main__":
    case.main(sys.modules[__name__])
