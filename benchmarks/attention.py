#!/usr/bin/env python3
"""Attention, and a layer of an encoder, against PyTorch on one thread: a table like that of run.py.

    attention.py --rondo build/bin/rondo [--rounds N] [--only TEXT] [--clang clang-22]

FLOP are those of the pairs that are visible, so that a rival that computes hidden ones has a low rate.
"""

import sys

import torch

import run
from run import Row

HEADS, SIZE = 12, 64


class Attention(torch.nn.Module):
    """scaled_dot_product_attention with the mask as PyTorch wants it: none, `is_causal`, or one of bools that is made beforehand."""

    def __init__(self, mask=None, is_causal=False):
        super().__init__()
        self.mask, self.is_causal = mask, is_causal

    def forward(self, q, k, v, *_):
        return torch.nn.functional.scaled_dot_product_attention(q, k, v, self.mask, is_causal=self.is_causal)


class Encoder(torch.nn.Module):
    def __init__(self, size, heads, inner):
        super().__init__()
        self.layer = torch.nn.TransformerEncoderLayer(size, heads, inner, 0.0, "gelu", batch_first=True).eval()

    def forward(self, x):
        return self.layer(x)


def row(label, name, queries, keys, module, pairs, **more):
    inputs = {"q": torch.randn(1, HEADS, queries, SIZE)}
    inputs.update({x: torch.randn(1, HEADS, keys, SIZE) for x in "kv"})
    dims = {"B": 1, "T": queries, "S": keys} if name == "Full" else {"B": 1, "T": queries}
    return Row(label, "attention.rondo", name, {}, module, {**inputs, **more}, 4 * SIZE * HEADS * int(pairs), dims)


def rows():
    for n in (128, 512, 2048):
        i, j = torch.arange(n)[:, None], torch.arange(n)[None]
        yield row(f"full, T={n}", "Full", n, n, Attention(), n * n)
        yield row(f"causal, T={n}", "Causal", n, n, Attention(is_causal=True), n * (n + 1) // 2)
        if n < 512:
            continue
        window = (j <= i) & (i - j < 256)
        yield row(f"window 256, T={n}", "Window", n, n, Attention(window), window.sum())
        document = torch.arange(n) // 256
        same = (j <= i) & (document[:, None] == document[None])
        yield row(f"documents of 256, T={n}", "Documents", n, n, Attention(same), same.sum(), document=document)
    for n in (512, 2048):
        yield row(f"one query, {n} keys", "Full", 1, n, Attention(), n)
    n, size, inner = 128, 768, 3072
    yield Row(f"encoder layer, T={n}", "encoder.rondo", "Encoder", {}, Encoder(size, HEADS, inner),
              {"x": torch.randn(1, n, size)}, 2 * n * size * (4 * size + 2 * inner) + 4 * n * n * size,
              {"B": 1, "T": n})


run.rows = rows
run.compile_times = lambda options: None

if __name__ == "__main__":
    sys.exit(run.main())
