"""Peephole LSTM with a recurrent projection (arXiv:1402.1128), equation by equation."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"input": 5, "hidden": 6, "proj": 3}
dims = {"B": 3, "T": 4}


class Peephole(torch.nn.Module):
    def __init__(self, input, hidden, proj):
        super().__init__()
        for gate in "ifco":
            self.add_module(f"w_{gate}", torch.nn.Linear(input, hidden))
        for gate in "ifco":
            self.add_module(f"u_{gate}", torch.nn.Linear(proj, hidden, bias=False))
        self.w_r = torch.nn.Linear(hidden, proj, bias=False)
        for gate in "ifo":
            self.register_parameter(f"p_{gate}", torch.nn.Parameter(torch.rand(hidden) - 0.5))


def build(input, hidden, proj):
    return Peephole(input, hidden, proj)


def inputs(B, T, input, hidden, proj):
    return {"xs": torch.randn(T, B, input), "r0": torch.randn(B, proj), "c0": torch.randn(B, hidden)}


def expected(module, xs, r0, c0):
    w = module.state_dict()
    r, c, steps = r0, c0, []
    for x in xs:
        a = {k: x @ w[f"w_{k}.weight"].T + w[f"w_{k}.bias"] + r @ w[f"u_{k}.weight"].T for k in "ifco"}
        into = torch.sigmoid(a["i"] + w["p_i"] * c)
        forget = torch.sigmoid(a["f"] + w["p_f"] * c)
        c = forget * c + into * torch.tanh(a["c"])
        out = torch.sigmoid(a["o"] + w["p_o"] * c)
        r = (out * torch.tanh(c)) @ w["w_r.weight"].T
        steps.append(r)
    return case.stacked(steps, r0), r, c


if __name__ == "__main__":
    case.main(sys.modules[__name__])
