"""Beam search with lists, row by row; for the GRU PyTorch's."""

import numpy
import torch
from numeric import linear, normal

CASES = [{"B": 2, "steps": 12}, {"B": 1, "steps": 1}, {"B": 1, "steps": 0}, {"B": 3, "steps": 40}]


def weights(random):
    w = {"emb.weight": normal(random, 8, 12, scale=2.0)}
    w.update(linear(random, 36, 12, "ih"))
    w.update(linear(random, 36, 12, "hh"))
    w = {k.replace("ih.weight", "cell.weight_ih").replace("hh.weight", "cell.weight_hh")
         .replace("ih.bias", "cell.bias_ih").replace("hh.bias", "cell.bias_hh"): v for k, v in w.items()}
    w.update(linear(random, 8, 12, "fc"))
    w["fc.weight"] *= 6
    w["fc.bias"][1] += 0.5
    return w


def inputs(random, B, steps):
    return {"h0": normal(random, B, 12), "steps": steps}


def expected(w, h0, steps):
    w = {key: torch.from_numpy(value) for key, value in w.items()}
    cell = torch.nn.GRUCell(12, 12).double()
    cell.load_state_dict({key[5:]: value for key, value in w.items() if key.startswith("cell.")})
    beams = [[([], 0.0 if k == 0 else -1e9, torch.from_numpy(h), 0) for k in range(3)] for h in h0]
    n = 0
    while n < steps:
        for b, row in enumerate(beams):
            candidates = []
            for text, score, h, last in row:
                if last == 1:
                    candidates += [(score + (0.0 if v == 1 else -1e9), text + [v], h, v) for v in range(8)]
                    continue
                with torch.no_grad():
                    h = cell(w["emb.weight"][last][None], h[None])[0]
                    logp = torch.log_softmax(w["fc.weight"] @ h + w["fc.bias"], 0).tolist()
                candidates += [(score + logp[v], text + [v], h, v) for v in range(8)]
            candidates.sort(key=lambda c: -c[0])
            beams[b] = [(text, score, h, last) for score, text, h, last in candidates[:3]]
        n += 1
        if all(beam[3] == 1 for row in beams for beam in row):
            break
    texts = numpy.array([[beam[0] for beam in row] for row in beams], numpy.int64).reshape(len(h0), 3, n)
    scores = numpy.array([[beam[1] for beam in row] for row in beams])
    return texts.transpose(2, 0, 1), scores, numpy.int64(n)
