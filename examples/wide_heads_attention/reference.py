"""Multi-head attention whose heads are as wide as the result."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"input": 6, "hidden": 8, "heads": 3}
dims = {"B": 3, "T": 5}


def build(input, hidden, heads):
    return torch.nn.ModuleDict({
        "query": torch.nn.Linear(input, heads * hidden),
        "key": torch.nn.Linear(input, heads * hidden),
        "value": torch.nn.Linear(input, heads * hidden),
        "output": torch.nn.Linear(heads * hidden, hidden),
    })


def inputs(B, T, input, hidden, heads):
    return {"x": torch.randn(B, T, input)}


def expected(module, x):
    hidden = module["output"].out_features
    heads = module["output"].in_features // hidden
    q, k, v = (module[name](x).reshape(*x.shape[:2], heads, hidden).transpose(1, 2)
               for name in ("query", "key", "value"))
    w = torch.softmax(q @ k.transpose(2, 3) / hidden**0.5, 3)
    return module["output"]((w @ v).transpose(1, 2).flatten(2)), w


if __name__ == "__main__":
    case.main(sys.modules[__name__])
