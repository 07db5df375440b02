"""Llama by its equations, and its generation without caches."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"vocab_size": 61, "hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 6,
         "num_key_value_heads": 2, "eos_token_id": 60}
dims = {"B": 2, "T": 5}


class RMSNorm(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.rand(size) + 0.5)

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.weight


def rotary(x):
    """x, [B, heads, T, size], turned by position / 10000^(2k / size) in the planes (k, k + size / 2)."""
    T, size = x.shape[2:]
    rates = 10000.0 ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)
    angles = torch.arange(T, dtype=torch.float64)[:, None] * rates
    a, b = x.chunk(2, -1)
    return torch.cat([a * angles.cos() - b * angles.sin(), b * angles.cos() + a * angles.sin()], -1).to(x.dtype)


def linears(**sizes):
    return torch.nn.ModuleDict({name: torch.nn.Linear(*size, bias=False) for name, size in sizes.items()})


class Layer(torch.nn.Module):
    def __init__(self, hidden, intermediate, heads, kv_heads):
        super().__init__()
        self.heads, self.kv_heads, size = heads, kv_heads, hidden // heads
        self.self_attn = linears(q_proj=(hidden, heads * size), k_proj=(hidden, kv_heads * size),
                                 v_proj=(hidden, kv_heads * size), o_proj=(heads * size, hidden))
        self.mlp = linears(gate_proj=(hidden, intermediate), up_proj=(hidden, intermediate),
                           down_proj=(intermediate, hidden))
        self.input_layernorm, self.post_attention_layernorm = RMSNorm(hidden), RMSNorm(hidden)

    def forward(self, x):
        def split(y, heads):
            return y.unflatten(2, (heads, -1)).transpose(1, 2)

        a, y = self.self_attn, self.input_layernorm(x)
        q = rotary(split(a["q_proj"](y), self.heads))
        k, v = rotary(split(a["k_proj"](y), self.kv_heads)), split(a["v_proj"](y), self.kv_heads)
        k, v = (z.repeat_interleave(self.heads // self.kv_heads, 1) for z in (k, v))
        y = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + a["o_proj"](y.transpose(1, 2).flatten(2))
        m, y = self.mlp, self.post_attention_layernorm(x)
        return x + m["down_proj"](torch.nn.functional.silu(m["gate_proj"](y)) * m["up_proj"](y))


class Llama(torch.nn.Module):
    def __init__(self, vocab_size, hidden_size, intermediate_size, num_hidden_layers, num_attention_heads,
                 num_key_value_heads):
        super().__init__()
        self.model = torch.nn.ModuleDict({
            "embed_tokens": torch.nn.Embedding(vocab_size, hidden_size),
            "layers": torch.nn.ModuleList(Layer(hidden_size, intermediate_size, num_attention_heads, num_key_value_heads)
                                          for _ in range(num_hidden_layers)),
            "norm": RMSNorm(hidden_size),
        })
        self.lm_head = torch.nn.Linear(hidden_size, vocab_size, bias=False)

    def forward(self, x):
        y = self.model["embed_tokens"](x)
        for layer in self.model["layers"]:
            y = layer(y)
        return self.lm_head(self.model["norm"](y))


def build(eos_token_id, **sizes):
    module = Llama(**sizes)
    module.eos = eos_token_id
    module.lm_head.weight.data[eos_token_id] *= 2  # so that some texts end
    return module


def expected(module, x):
    return (module(x),)


inputs = case.texts
entries = {"greedy": case.greedy, "sample": case.sample}


if __name__ == "__main__":
    case.main(sys.modules[__name__])
