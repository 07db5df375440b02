"""PyTorch's TransformerEncoder behind a Linear."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"input": 6, "hidden": 16, "heads": 4, "layers": 2}
dims = {"B": 3, "T": 5}


def build(input, hidden, heads, layers):
    layer = torch.nn.TransformerEncoderLayer(hidden, heads)
    return torch.nn.ModuleDict({"fc": torch.nn.Linear(input, hidden),
                                "encoder": torch.nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)}).eval()


def inputs(B, T, input, **sizes):
    return {"x": torch.randn(T, B, input)}


def expected(module, x):
    v = module["fc"](x)
    return (module["encoder"](v) if v.numel() else v,)  # PyTorch refuses empty sequences


if __name__ == "__main__":
    case.main(sys.modules[__name__])
