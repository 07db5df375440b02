"""Embedding(4, 10), RNN(10, 8, 2, batch_first), Linear(8, 4): learns "hello" -> "ohlol".

`reference.py --train` trains in PyTorch and writes the files of the demonstration beside this one.
"""

import pathlib
import sys

import numpy
import safetensors.torch
import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"vocab": 4, "embed": 10, "hidden": 8, "layers": 2}
dims = {"B": 1, "T": 5}


class CharRNN(torch.nn.Module):
    def __init__(self, vocab, embed, hidden, layers):
        super().__init__()
        self.emb = torch.nn.Embedding(vocab, embed)
        self.rnn = torch.nn.RNN(embed, hidden, layers, batch_first=True)
        self.fc = torch.nn.Linear(hidden, vocab)

    def forward(self, x):
        y, _ = self.rnn(self.emb(x))
        return self.fc(y)


def build(vocab, embed, hidden, layers):
    return CharRNN(vocab, embed, hidden, layers)


def inputs(B, T, vocab, embed, hidden, layers):
    return {"x": torch.randint(vocab, (B, T))}


def expected(module, x):
    y, _ = case.recurrent(module.rnn, module.emb(x))
    return (module.fc(y),)


def train(directory, seed=0):
    """Adam, 15 epochs; writes weights.safetensors, chars.txt and hello.npy to `directory`."""
    torch.manual_seed(seed)
    module = build(**sizes)
    x, y = torch.tensor([[1, 0, 2, 2, 3]]), torch.tensor([3, 1, 2, 3, 2])
    optimizer = torch.optim.Adam(module.parameters(), lr=0.05)
    for _ in range(15):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(module(x).view(-1, sizes["vocab"]), y)
        loss.backward()
        optimizer.step()
    chars = "ehlo"
    print(f"loss {loss.item():.4f}", "".join(chars[i] for i in module(x).argmax(-1)[0]))
    safetensors.torch.save_file(module.state_dict(), directory / "weights.safetensors")
    (directory / "chars.txt").write_text(chars)
    numpy.save(directory / "hello.npy", x.numpy())


if __name__ == "__main__":
    if sys.argv[1:] == ["--train"]:
        train(pathlib.Path(__file__).parent)
    else:
        case.main(sys.modules[__name__])
