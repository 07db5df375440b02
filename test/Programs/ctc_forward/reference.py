"""CTC by PyTorch; the start has one label's worth of blank before the first frame, as there."""

import numpy
import torch
from numeric import normal

CASES = [{"T": 9, "B": 3, "C": 6, "L": 3}, {"T": 5, "B": 1, "C": 3, "L": 1}, {"T": 3, "B": 2, "C": 4, "L": 0}]
ENTRY = "ctc"


def inputs(random, T, B, C, L):
    labels = random.integers(1, C, (B, L))
    count = random.integers(0, L + 1, B)
    frames = random.integers(min(2 * L + 1, T), T + 1, B)
    return {"logits": normal(random, T, B, C), "labels": labels, "frames": frames, "count": count}


def expected(logits, labels, frames, count):
    logp = torch.log_softmax(torch.from_numpy(logits), -1)
    loss = torch.nn.functional.ctc_loss(logp, torch.from_numpy(labels), torch.from_numpy(frames),
                                        torch.from_numpy(count), reduction="none")
    return [loss.numpy()]
