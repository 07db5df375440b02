"""PyTorch's Transformer, and greedy decoding without caches."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"source": 11, "target": 13, "d_model": 16, "nhead": 4, "layers": 2, "dim_feedforward": 32, "max_len": 32}
dims = {"B": 3, "T": 5, "S": 6}
BOS, EOS = 1, 2


class Translator(torch.nn.Module):
    def __init__(self, source, target, d_model, nhead, layers, dim_feedforward):
        super().__init__()
        self.source_embedding = torch.nn.Embedding(source, d_model)
        self.target_embedding = torch.nn.Embedding(target, d_model)
        self.transformer = torch.nn.Transformer(d_model, nhead, layers, layers, dim_feedforward, batch_first=True)
        self.fc = torch.nn.Linear(d_model, target)

    def forward(self, x, y):
        if y.numel() == 0:  # which PyTorch refuses
            return self.fc(self.target_embedding(y))
        v = self.target_embedding(y)
        causal = torch.nn.Transformer.generate_square_subsequent_mask(y.shape[1], dtype=v.dtype)
        return self.fc(self.transformer(positioned(self.source_embedding(x)), positioned(v), tgt_mask=causal,
                                        tgt_is_causal=True))


def positioned(v):
    T, width = v.shape[1:]
    rates = 10000.0 ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    angles = torch.arange(T, dtype=torch.float64)[:, None] * rates
    return v * width**0.5 + torch.stack([angles.sin(), angles.cos()], -1).flatten(-2).to(v.dtype)


def build(max_len, **sizes):
    module = Translator(**sizes).eval()
    torch.nn.init.normal_(module.fc.weight)  # so that tokens change
    return module


def inputs(B, T, S, source, target, **sizes):
    return {"x": torch.randint(source, (B, S)), "y": torch.randint(target, (B, T)), "n": torch.tensor(2 * T)}


def expected(module, x, y):
    return (module(x, y),)


def greedy(module, x, n):
    begin = torch.full((len(x), 1), BOS)
    return case.generate(lambda y: module(x, y), begin, n, EOS,
                         lambda logits, t, done: case.likeliest(logits, done)),


entries = {"greedy": greedy}


if __name__ == "__main__":
    case.main(sys.modules[__name__])
