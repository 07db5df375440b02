"""Embeddings and a stack of Transformer blocks."""

import importlib
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

block = importlib.import_module("transformer_block.reference")

sizes = {"vocab": 12, "embed": 16, "heads": 4, "layers": 3}
dims = {"B": 3, "T": 5}


def build(vocab, embed, heads, layers):
    return torch.nn.ModuleDict({
        "emb": torch.nn.Embedding(vocab, embed),
        "blocks": torch.nn.ModuleList(block.TransformerBlock(embed, heads) for _ in range(layers)),
    })


def inputs(B, T, vocab, **sizes):
    return {"x": torch.randint(vocab, (B, T)), "mask": torch.randint(2, (B, T, T))}


def expected(module, x, mask):
    y = module["emb"](x)
    for layer in module["blocks"]:
        y = layer(y, y, y, mask)
    return (y,)


if __name__ == "__main__":
    case.main(sys.modules[__name__])
