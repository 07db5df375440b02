"""One-hot characters into an RNN whose outputs are the logits."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"vocab": 4}
dims = {"B": 1, "T": 5}


def build(vocab):
    return torch.nn.ModuleDict({"rnn": torch.nn.RNN(vocab, vocab)})


def inputs(B, T, vocab):
    if (B, T, vocab) == (1, 5, 4):  # "hello" and "ohlol" in the alphabet e h l o
        return {"x": torch.tensor([[1], [0], [2], [2], [3]]), "y": torch.tensor([[3], [1], [2], [3], [2]])}
    return {"x": torch.randint(vocab, (T, B)), "y": torch.randint(vocab, (T, B))}


def expected(module, x):
    rnn = module["rnn"]
    one_hot = torch.nn.functional.one_hot(x, rnn.input_size).to(rnn.weight_ih_l0.dtype)
    return (case.recurrent(rnn, one_hot)[0].reshape(x.numel(), rnn.hidden_size),)


def loss(module, x, y):
    return (torch.nn.functional.cross_entropy(expected(module, x)[0], y.reshape(-1)),)


entries = {"loss": loss}


if __name__ == "__main__":
    case.main(sys.modules[__name__])
