"""Greedy decoding with attention at every step, with a loop that looks at every row."""

import importlib
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

additive = importlib.import_module("additive_attention.reference")

sizes = {"source": 9, "target": 7, "hidden": 16, "places": 8, "max_len": 10}
dims = {"B": 3, "T": 5}
BOS, EOS = 1, 2


class ConcatDecoder(torch.nn.Module):
    def __init__(self, target, hidden, places):
        super().__init__()
        self.embedding = torch.nn.Embedding(target, hidden)
        self.attn = torch.nn.Linear(2 * hidden, places)
        self.attn_combine = torch.nn.Linear(2 * hidden, hidden)
        self.gru = torch.nn.GRUCell(hidden, hidden)
        self.out = torch.nn.Linear(hidden, target)

    def forward(self, token, h, memory):
        memory = torch.nn.functional.pad(memory, (0, 0, 0, self.attn.out_features - memory.shape[1]))
        v = self.embedding(token)
        w = torch.softmax(self.attn(torch.cat([v, h], 1)), 1)
        context = torch.bmm(w.unsqueeze(1), memory).squeeze(1)
        h = self.gru(torch.relu(self.attn_combine(torch.cat([v, context], 1))), h)
        return self.out(h), h, w


class AdditiveDecoder(torch.nn.Module):
    def __init__(self, target, hidden):
        super().__init__()
        self.embedding = torch.nn.Embedding(target, hidden)
        self.attention = additive.Additive(hidden, hidden, hidden, weighted=True)
        self.gru = torch.nn.GRUCell(2 * hidden, hidden)
        self.out = torch.nn.Linear(hidden, target)

    def forward(self, token, h, memory):
        context, w = self.attention(h.unsqueeze(1), memory, memory)
        h = self.gru(torch.cat([self.embedding(token), context.squeeze(1)], 1), h)
        return self.out(h), h, w.squeeze(1)


def build(source, target, hidden, places, max_len):
    module = torch.nn.ModuleDict({
        "embedding": torch.nn.Embedding(source, hidden),
        "encoder": torch.nn.GRU(hidden, hidden, batch_first=True),
        "concats": ConcatDecoder(target, hidden, places),
        "additive": AdditiveDecoder(target, hidden),
    })
    for decoder in (module["concats"], module["additive"]):
        torch.nn.init.normal_(decoder.out.weight)  # so that tokens change
    module.max_len = max_len
    return module


def inputs(B, T, source, **sizes):
    return {"x": torch.randint(source, (B, T))}


def greedy(decoder, h, memory, max_len):
    token, done = torch.full((len(h),), BOS), torch.zeros(len(h), dtype=torch.bool)
    tokens, weights = [], []
    while len(tokens) < max_len and not (tokens and done.all()):  # tested after each step
        logits, h, w = decoder(token, h, memory)
        token = case.likeliest(logits, done).masked_fill(done, EOS)
        done = done | (token == EOS)
        tokens.append(token)
        weights.append(w)
    return torch.stack(tokens), torch.stack(weights)


def expected(module, x):
    memory, h = case.recurrent(module["encoder"], module["embedding"](x))
    return tuple(result for name in ("concats", "additive")
                 for result in greedy(module[name], h[0], memory, module.max_len))


if __name__ == "__main__":
    case.main(sys.modules[__name__])
