"""Greedy decoding by PyTorch's modules, with a loop that looks at every row."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"source": 9, "target": 7, "embed": 6, "hidden": 16, "max_len": 10}
dims = {"B": 3, "T": 5}
BOS, EOS = 1, 2


class Translator(torch.nn.Module):
    def __init__(self, kind, source, target, embed, hidden):
        super().__init__()
        self.encoder_embedding = torch.nn.Embedding(source, embed)
        self.decoder_embedding = torch.nn.Embedding(target, embed)
        self.encode = getattr(torch.nn, kind)(embed, hidden)
        self.decode = getattr(torch.nn, kind + "Cell")(embed, hidden)
        self.fc = torch.nn.Linear(hidden, target)
        torch.nn.init.normal_(self.fc.weight)  # so that tokens change

    def forward(self, x, lengths, max_len):
        rows = [self.encoded(self.encoder_embedding(x[:n, b])) for b, n in enumerate(lengths.tolist())]
        tokens, done, steps = [BOS] * len(rows), [False] * len(rows), []
        while len(steps) < max_len and not (steps and all(done)):  # tested after each step
            for b, state in enumerate(rows):
                rows[b] = self.decode(self.decoder_embedding(torch.tensor([tokens[b]])), state)
                h = rows[b][0] if isinstance(rows[b], tuple) else rows[b]
                tokens[b] = EOS if done[b] else int(self.fc(h).argmax())
                done[b] = tokens[b] == EOS
            steps.append(list(tokens))
        return torch.tensor(steps, dtype=torch.int64).reshape(len(steps), len(rows))

    def encoded(self, x):
        """The last states of one row; zeros if it has no steps."""
        last = case.recurrent(self.encode, x.unsqueeze(1))[1:]
        return tuple(v[0] for v in last) if len(last) == 2 else last[0][0]


def build(source, target, embed, hidden, max_len):
    kinds = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}
    module = torch.nn.ModuleDict({name: Translator(kind, source, target, embed, hidden) for name, kind in kinds.items()})
    module.max_len = max_len
    return module


def inputs(B, T, source, **sizes):
    return {"x": torch.randint(source, (T, B)), "lengths": torch.randint(0, T + 1, (B,))}


def expected(module, x, lengths):
    return tuple(translator(x, lengths, module.max_len) for translator in module.values())


if __name__ == "__main__":
    case.main(sys.modules[__name__])
