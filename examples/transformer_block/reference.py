"""A block of a Transformer, from its equations."""

import importlib
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

shared = importlib.import_module("shared_heads_attention.reference")

sizes = {"embed": 16, "heads": 4}
dims = {"B": 3, "T": 5, "S": 6}


class TransformerBlock(torch.nn.Module):
    def __init__(self, embed, heads):
        super().__init__()
        self.attention = shared.SharedHeadsAttention(embed, heads)
        self.norm1 = torch.nn.LayerNorm(embed)
        self.norm2 = torch.nn.LayerNorm(embed)
        self.feed_forward = torch.nn.Sequential(torch.nn.Linear(embed, embed), torch.nn.ReLU(),
                                                torch.nn.Linear(embed, embed))

    def forward(self, value, key, query, mask):
        x = self.norm1(self.attention(value, key, query, mask) + query)
        return self.norm2(self.feed_forward(x) + x)


def build(embed, heads):
    return TransformerBlock(embed, heads)


inputs, expected = shared.inputs, shared.expected


if __name__ == "__main__":
    case.main(sys.modules[__name__])
