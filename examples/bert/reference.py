"""BERT's encoder by its equations."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"vocab_size": 31, "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 48,
         "max_position_embeddings": 32, "type_vocab_size": 2}
dims = {"B": 3, "T": 5}
least = {"T": 1}


def named(**modules):
    return torch.nn.ModuleDict(modules)


class Layer(torch.nn.Module):
    def __init__(self, hidden, heads, intermediate):
        super().__init__()
        self.heads = heads
        self.attention = named(
            self=named(**{name: torch.nn.Linear(hidden, hidden) for name in ("query", "key", "value")}),
            output=named(dense=torch.nn.Linear(hidden, hidden), LayerNorm=torch.nn.LayerNorm(hidden, 1e-12)))
        self.intermediate = named(dense=torch.nn.Linear(hidden, intermediate))
        self.output = named(dense=torch.nn.Linear(intermediate, hidden), LayerNorm=torch.nn.LayerNorm(hidden, 1e-12))

    def forward(self, x, mask):
        q, k, v = (self.attention["self"][name](x).unflatten(2, (self.heads, -1)).transpose(1, 2)
                   for name in ("query", "key", "value"))
        scores = (q @ k.transpose(2, 3) / q.shape[3] ** 0.5).masked_fill(mask[:, None, None] == 0, -torch.inf)
        y = (torch.softmax(scores, 3) @ v).transpose(1, 2).flatten(2)
        x = self.attention["output"]["LayerNorm"](self.attention["output"]["dense"](y) + x)
        y = torch.nn.functional.gelu(self.intermediate["dense"](x))
        return self.output["LayerNorm"](self.output["dense"](y) + x)


def build(vocab_size, hidden_size, num_hidden_layers, num_attention_heads, intermediate_size, max_position_embeddings,
          type_vocab_size):
    return named(
        embeddings=named(word_embeddings=torch.nn.Embedding(vocab_size, hidden_size),
                         position_embeddings=torch.nn.Embedding(max_position_embeddings, hidden_size),
                         token_type_embeddings=torch.nn.Embedding(type_vocab_size, hidden_size),
                         LayerNorm=torch.nn.LayerNorm(hidden_size, 1e-12)),
        encoder=named(layer=torch.nn.ModuleList(Layer(hidden_size, num_attention_heads, intermediate_size)
                                                for _ in range(num_hidden_layers))),
        pooler=named(dense=torch.nn.Linear(hidden_size, hidden_size)))


def inputs(B, T, vocab_size, type_vocab_size, **sizes):
    mask = torch.randint(2, (B, T))
    mask[:, 0] = 1
    return {"input_ids": torch.randint(vocab_size, (B, T)), "token_type_ids": torch.randint(type_vocab_size, (B, T)),
            "attention_mask": mask}


def expected(module, input_ids, token_type_ids, attention_mask):
    e = module["embeddings"]
    x = e["LayerNorm"](e["word_embeddings"](input_ids) + e["token_type_embeddings"](token_type_ids)
                       + e["position_embeddings"].weight[:input_ids.shape[1]])
    for layer in module["encoder"]["layer"]:
        x = layer(x, attention_mask)
    return x, torch.tanh(module["pooler"]["dense"](x[:, 0]))


if __name__ == "__main__":
    case.main(sys.modules[__name__])
