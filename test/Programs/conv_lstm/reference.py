"""The same convolutions by PyTorch."""

import numpy
import torch
from numeric import normal, sigmoid, stacked

CASES = [{"B": 2, "T": 3, "S": 2}, {"B": 1, "T": 0, "S": 3}, {"B": 1, "T": 1, "S": 0}]


def weights(random):
    return {"cell.w_x": normal(random, 12, 2, 3, 3, scale=0.3), "cell.w_h": normal(random, 12, 3, 3, 3, scale=0.3),
            "cell.bias": normal(random, 4, 3, 1, 1), "cell.peephole": normal(random, 3, 3, 4, 5),
            "head.weight": normal(random, 2, 3)}


def inputs(random, B, T, S):
    return {"film": normal(random, B, T, 2, 4, 5), "future": random.integers(-2, 3, S)}


def conv(x, weight):
    return torch.conv2d(torch.from_numpy(x), torch.from_numpy(weight), padding=1).numpy()


def expected(w, film, future):
    B = film.shape[0]
    h, c = numpy.zeros((2, B, 3, 4, 5))
    peep = w["cell.peephole"]

    def step(x, h, c):
        gates = (conv(x, w["cell.w_x"]) + conv(h, w["cell.w_h"])).reshape(B, 4, 3, 4, 5) + w["cell.bias"]
        i, f = sigmoid(gates[:, 0] + peep[0] * c), sigmoid(gates[:, 1] + peep[1] * c)
        c = f * c + i * numpy.tanh(gates[:, 2])
        return sigmoid(gates[:, 3] + peep[2] * c) * numpy.tanh(c), c

    for t in range(film.shape[1]):
        h, c = step(film[:, t], h, c)
    frames = []
    for s in future:
        seen = numpy.tanh(numpy.einsum("bchw,oc->bohw", h, w["head.weight"]))
        frames.append(seen * s)
        h, c = step(seen, h, c)
    return stacked(frames, B, 2, 4, 5), h
