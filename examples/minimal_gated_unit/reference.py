"""The minimal gated unit (arXiv:1603.09420), equation by equation."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"input": 5, "hidden": 6}
dims = {"B": 3, "T": 4}


def build(input, hidden):
    return torch.nn.ModuleDict({
        "w_f": torch.nn.Linear(input, hidden),
        "u_f": torch.nn.Linear(hidden, hidden, bias=False),
        "w_h": torch.nn.Linear(input, hidden),
        "u_h": torch.nn.Linear(hidden, hidden, bias=False),
    })


def inputs(B, T, input, hidden):
    return {"xs": torch.randn(T, B, input), "h0": torch.randn(B, hidden)}


def expected(module, xs, h0):
    w = module.state_dict()
    h, steps = h0, []
    for x in xs:
        forget = torch.sigmoid(x @ w["w_f.weight"].T + h @ w["u_f.weight"].T + w["w_f.bias"])
        candidate = torch.tanh(x @ w["w_h.weight"].T + (forget * h) @ w["u_h.weight"].T + w["w_h.bias"])
        h = h - forget * h + forget * candidate
        steps.append(h)
    return case.stacked(steps, h0), h


if __name__ == "__main__":
    case.main(sys.modules[__name__])
