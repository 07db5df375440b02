"""One-hot characters into an RNNCell whose states are the logits."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"vocab": 4}
dims = {"B": 1, "T": 5}


def build(vocab):
    return torch.nn.ModuleDict({"cell": torch.nn.RNNCell(vocab, vocab)})


def inputs(B, T, vocab):
    if (B, T, vocab) == (1, 5, 4):  # "hello" and "ohlol" in the alphabet e h l o
        return {"x": torch.tensor([[1], [0], [2], [2], [3]]), "y": torch.tensor([[3], [1], [2], [3], [2]])}
    return {"x": torch.randint(vocab, (T, B)), "y": torch.randint(vocab, (T, B))}


def states(module, x):
    cell = module["cell"]
    h = zero = cell.weight_hh.new_zeros(x.shape[1], cell.hidden_size)
    steps = []
    for token in x:
        h = cell(torch.nn.functional.one_hot(token, cell.input_size).to(h.dtype), h)
        steps.append(h)
    return case.stacked(steps, zero)


def expected(module, x):
    return (states(module, x),)


def loss(module, x, y):
    hs = states(module, x)
    return (sum((torch.nn.functional.cross_entropy(h, target) for h, target in zip(hs, y)), hs.new_zeros(())),)


entries = {"loss": loss}


if __name__ == "__main__":
    case.main(sys.modules[__name__])
