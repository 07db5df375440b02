"""Linear attention with decays (arXiv:2006.16236, arXiv:2307.08621), step by step."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"dim": 12, "heads": 3}
dims = {"B": 3, "T": 4}


class LinearAttention(torch.nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        for name in ("query", "key", "value"):
            self.add_module(name, torch.nn.Linear(dim, dim, bias=False))
        self.out = torch.nn.Linear(dim, dim)
        self.decay = torch.nn.Parameter(1 + 3 * torch.rand(heads))


def build(dim, heads):
    return LinearAttention(dim, heads)


def inputs(B, T, dim, heads):
    return {"x": torch.randn(T, B, dim), "S0": torch.randn(B, heads, dim // heads, dim // heads)}


def expected(module, x, S0):
    S, steps = S0, []
    heads, width = S0.shape[1:3]
    for step in x:
        q, k, v = [m(step).unflatten(-1, (heads, width)) for m in (module.query, module.key, module.value)]
        S = S * torch.sigmoid(module.decay)[:, None, None] + k[..., :, None] * v[..., None, :]
        steps.append(module.out((q[..., None, :] @ S).flatten(1)))
    return case.stacked(steps, x.new_zeros(*x.shape[1:])), S


if __name__ == "__main__":
    case.main(sys.modules[__name__])
