"""The codec with shifts, sample by sample."""

import numpy

CASES = [{"T": 24, "B": 3}, {"T": 2, "B": 1}, {"T": 0, "B": 2}]


def weights(random):
    # Much as the standard's table, which grows by about a tenth.
    return {"steps": numpy.floor(7 * 1.1 ** numpy.arange(89) + 0.5).astype(numpy.int64).clip(max=32767)}


def inputs(random, T, B):
    wave = 20000 * numpy.sin(numpy.arange(T)[:, None] * numpy.arange(1, B + 1) * 0.7)
    samples = (wave + random.normal(0, 4000, (T, B))).astype(numpy.int64)
    samples[T // 2:, 0] = 32767
    return {"samples": samples}


def expected(w, samples):
    T, B = samples.shape
    codes, heard = numpy.zeros((T, B), numpy.uint8), numpy.zeros((T, B), numpy.int64)
    last, clipped = numpy.zeros(B, numpy.int8), numpy.zeros(B, bool)
    for b in range(B):
        predicted, index = 0, 0
        for t in range(T):
            step = int(w["steps"][index])
            d, code, change = abs(int(samples[t, b]) - predicted), 0, step >> 3
            sign = int(samples[t, b]) < predicted
            for bit in (2, 1, 0):
                if d >= step >> (2 - bit):
                    d -= step >> (2 - bit)
                    code |= 1 << bit
                    change += step >> (2 - bit)
            predicted = min(max(predicted - change if sign else predicted + change, -32768), 32767)
            index = min(max(index + [-1, -1, -1, -1, 2, 4, 6, 8][code], 0), 88)
            codes[t, b], heard[t, b] = code | sign << 3, predicted
            clipped[b] |= predicted in (32767, -32768)
        last[b] = index
    return codes[::2] | codes[1::2] << 4, heard, last, clipped
