"""The tokenizer byte by byte."""

import numpy

CASES = [{"B": 3, "T": 17}, {"B": 1, "T": 1}, {"B": 2, "T": 0}]


def weights(random):
    return {"delta": numpy.array([[0, 1, 2], [0, 1, 1], [0, 1, 2]]),
            "starts": numpy.array([[0, 1, 1], [0, 0, 0], [0, 1, 0]], bool)}


def inputs(random, B, T):
    letters = numpy.frombuffer(b"az AZ09,m5\xff", numpy.uint8)
    return {"text": letters[random.integers(0, len(letters), (B, T))]}


def expected(w, text):
    B, T = text.shape
    states, ordinals = numpy.zeros((B, T), numpy.int8), numpy.zeros((B, T), numpy.int64)
    counts = numpy.zeros((B, 3), numpy.int64)
    for b in range(B):
        s, n = 0, -1
        for t, c in enumerate(text[b].tobytes()):
            kind = 1 if chr(c).isalpha() and c < 128 else 2 if chr(c).isdigit() else 0
            begins = w["starts"][s, kind]
            s = w["delta"][s, kind]
            n += begins
            counts[b, s] += begins
            states[b, t], ordinals[b, t] = s, n
    return states, ordinals, counts
