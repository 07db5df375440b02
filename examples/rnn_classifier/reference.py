"""Embedding, RNN and Linear on the last step."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"vocab": 10, "embed": 8, "hidden": 16, "classes": 5}
dims = {"B": 2, "T": 3}


class Classifier(torch.nn.Module):
    def __init__(self, vocab, embed, hidden, classes):
        super().__init__()
        self.emb = torch.nn.Embedding(vocab, embed)
        self.rnn = torch.nn.RNN(embed, hidden, 1, batch_first=True)
        self.fc = torch.nn.Linear(hidden, classes)


def build(vocab, embed, hidden, classes):
    return Classifier(vocab, embed, hidden, classes)


def inputs(B, T, vocab, **sizes):
    return {"x": torch.randint(vocab, (B, T))}


def expected(module, x):
    _, h_n = case.recurrent(module.rnn, module.emb(x))
    return (module.fc(h_n[0]),)


if __name__ == "__main__":
    case.main(sys.modules[__name__])
