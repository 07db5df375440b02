"""sLSTM (arXiv:2405.04517): the outputs without the stabiliser, the last states divided by its exponential."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"input": 5, "hidden": 6}
dims = {"B": 3, "T": 4}


class SLSTM(torch.nn.Module):
    def __init__(self, input, hidden):
        super().__init__()
        for gate in "zifo":
            self.add_module(f"w_{gate}", torch.nn.Linear(input, hidden))
        for gate in "zifo":
            self.add_module(f"r_{gate}", torch.nn.Linear(hidden, hidden, bias=False))


def build(input, hidden):
    return SLSTM(input, hidden)


def inputs(B, T, input, hidden):
    return {"xs": torch.randn(T, B, input)}


def expected(module, xs):
    h = c = n = m = xs.new_zeros(xs.shape[1], module.r_z.in_features)
    steps = []
    for x in xs:
        a = {k: module.get_submodule(f"w_{k}")(x) + module.get_submodule(f"r_{k}")(h) for k in "zifo"}
        c = torch.exp(a["f"]) * c + torch.exp(a["i"]) * torch.tanh(a["z"])
        n = torch.exp(a["f"]) * n + torch.exp(a["i"])
        m = torch.maximum(a["f"] + m, a["i"])
        h = torch.sigmoid(a["o"]) * c / n
        steps.append(h)
    return case.stacked(steps, h), c * torch.exp(-m), n * torch.exp(-m), m


if __name__ == "__main__":
    case.main(sys.modules[__name__])
