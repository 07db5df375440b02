"""Each step attends to the steps within a window around it."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"width": 12, "heads": 3, "window": 2}
dims = {"B": 3, "T": 9}


def build(width, heads, window):
    module = torch.nn.ModuleDict({"qkv": torch.nn.Linear(width, 3 * width), "output": torch.nn.Linear(width, width)})
    module.heads, module.window = heads, window
    return module


def inputs(B, T, width, heads, window):
    return {"x": torch.randn(B, T, width)}


def expected(module, x):
    B, T, width = x.shape
    q, k, v = (part.reshape(B, T, module.heads, width // module.heads).transpose(1, 2)
               for part in module["qkv"](x).chunk(3, -1))
    steps = torch.arange(T)
    far = (steps[:, None] - steps).abs() > module.window
    scores = (q @ k.transpose(2, 3) / q.shape[3] ** 0.5).masked_fill(far, -torch.inf)
    return (module["output"]((torch.softmax(scores, 3) @ v).transpose(1, 2).flatten(2)),)


if __name__ == "__main__":
    case.main(sys.modules[__name__])
