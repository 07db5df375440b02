"""LSTM with layer normalisation (arXiv:1607.06450), equation by equation."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"input": 5, "hidden": 6}
dims = {"B": 3, "T": 4}


class LayerNormLSTM(torch.nn.Module):
    def __init__(self, input, hidden):
        super().__init__()
        self.w_x = torch.nn.Linear(input, 4 * hidden, bias=False)
        self.w_h = torch.nn.Linear(hidden, 4 * hidden, bias=False)
        self.norm_x = torch.nn.LayerNorm(4 * hidden)
        self.norm_h = torch.nn.LayerNorm(4 * hidden)
        self.norm_c = torch.nn.LayerNorm(hidden)
        self.b = torch.nn.Parameter(torch.randn(4 * hidden))
        for norm in (self.norm_x, self.norm_h, self.norm_c):
            torch.nn.init.normal_(norm.weight, 1.0, 0.2)
            torch.nn.init.normal_(norm.bias, 0.0, 0.2)


def build(input, hidden):
    return LayerNormLSTM(input, hidden)


def inputs(B, T, input, hidden):
    return {"xs": torch.randn(T, B, input), "h0": torch.randn(B, hidden), "c0": torch.randn(B, hidden)}


def normalized(x, norm):
    centred = x - x.mean(-1, keepdim=True)
    return centred / torch.sqrt((centred**2).mean(-1, keepdim=True) + norm.eps) * norm.weight + norm.bias


def expected(module, xs, h0, c0):
    h, c, steps = h0, c0, []
    for x in xs:
        a = normalized(h @ module.w_h.weight.T, module.norm_h) + normalized(x @ module.w_x.weight.T, module.norm_x)
        forget, into, out, new = (a + module.b).chunk(4, dim=-1)
        c = torch.sigmoid(forget) * c + torch.sigmoid(into) * torch.tanh(new)
        h = torch.sigmoid(out) * torch.tanh(normalized(c, module.norm_c))
        steps.append(h)
    return case.stacked(steps, h0), h, c


if __name__ == "__main__":
    case.main(sys.modules[__name__])
