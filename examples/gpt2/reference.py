"""GPT-2 by its equations, and its generation without caches."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"vocab_size": 61, "n_positions": 64, "n_embd": 24, "n_layer": 2, "n_head": 3, "eos_token_id": 60, "num_beams": 3}
dims = {"B": 2, "T": 5}


class Conv1D(torch.nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.randn(inputs, outputs) * inputs**-0.5)
        self.bias = torch.nn.Parameter(torch.randn(outputs) * 0.1)

    def forward(self, x):
        return x @ self.weight + self.bias


class Block(torch.nn.Module):
    def __init__(self, n_embd, n_head):
        super().__init__()
        self.n_head = n_head
        self.ln_1, self.ln_2 = torch.nn.LayerNorm(n_embd), torch.nn.LayerNorm(n_embd)
        self.attn = torch.nn.ModuleDict({"c_attn": Conv1D(n_embd, 3 * n_embd), "c_proj": Conv1D(n_embd, n_embd)})
        self.mlp = torch.nn.ModuleDict({"c_fc": Conv1D(n_embd, 4 * n_embd), "c_proj": Conv1D(4 * n_embd, n_embd)})

    def forward(self, x):
        q, k, v = (part.unflatten(2, (self.n_head, -1)).transpose(1, 2)
                   for part in self.attn["c_attn"](self.ln_1(x)).chunk(3, -1))
        y = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.attn["c_proj"](y.transpose(1, 2).flatten(2))
        return x + self.mlp["c_proj"](torch.nn.functional.gelu(self.mlp["c_fc"](self.ln_2(x)), approximate="tanh"))


class GPT2(torch.nn.Module):
    def __init__(self, vocab_size, n_positions, n_embd, n_layer, n_head):
        super().__init__()
        self.transformer = torch.nn.ModuleDict({
            "wte": torch.nn.Embedding(vocab_size, n_embd),
            "wpe": torch.nn.Embedding(n_positions, n_embd),
            "h": torch.nn.ModuleList(Block(n_embd, n_head) for _ in range(n_layer)),
            "ln_f": torch.nn.LayerNorm(n_embd),
        })
        torch.nn.init.normal_(self.transformer["wte"].weight, std=0.3)  # less than positions, so that tokens change

    def forward(self, x):
        y = self.transformer["wte"](x) + self.transformer["wpe"].weight[:x.shape[1]]
        for block in self.transformer["h"]:
            y = block(y)
        return self.transformer["ln_f"](y) @ self.transformer["wte"].weight.T


def build(eos_token_id, num_beams, **sizes):
    module = GPT2(**sizes)
    module.eos, module.beams = eos_token_id, num_beams
    module.transformer["wte"].weight.data[eos_token_id] *= 2  # so that some texts end
    return module


def expected(module, x):
    return (module(x),)


def beam(module, prompt, n):
    """Beam search with the text of every beam, row by row; it ends when all beams of all rows have."""
    rows = [[(0.0, [], False)] for _ in prompt]  # score, text, whether it has ended
    for t in range(int(n)):
        for b, beams in enumerate(rows):
            found = []
            for score, text, done in beams:
                if done:
                    found.append((score, text + [module.eos], True))
                    continue
                logits = module(torch.cat([prompt[b], torch.tensor(text, dtype=torch.int64)])[None])[0, -1]
                for token, value in enumerate(torch.log_softmax(logits, 0).tolist()):
                    found.append((score + value, text + [token], token == module.eos))
            found.sort(key=lambda beam: -beam[0])
            if any(x[0] - y[0] < 1e-5 for x, y in zip(found, found[1:module.beams + 1])):
                raise ValueError("two beams are too close to tell which is likelier: draw other weights")
            rows[b] = found[:module.beams]
        if all(done for beams in rows for _, _, done in beams):
            break
    texts = torch.tensor([beams[0][1] for beams in rows], dtype=torch.int64).reshape(len(rows), t + 1)
    return texts.T.contiguous(), torch.tensor([beams[0][0] for beams in rows], dtype=torch.float64)


inputs = case.texts
entries = {"greedy": case.greedy, "sample": case.sample, "beam": beam}


if __name__ == "__main__":
    case.main(sys.modules[__name__])
