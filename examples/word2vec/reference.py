"""Skip-gram and CBOW, with the full softmax and with negative sampling."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import case

sizes = {"vocab": 20, "width": 8}
dims = {"B": 6, "T": 4, "N": 5}


class Word2Vec(torch.nn.Module):
    def __init__(self, vocab, width):
        super().__init__()
        self.input = torch.nn.Embedding(vocab, width)
        self.output = torch.nn.Embedding(vocab, width)


def build(vocab, width):
    return Word2Vec(vocab, width)


def inputs(B, T, N, vocab, width):
    return {"context": torch.randint(vocab, (B, T)), "center": torch.randint(vocab, (B,)),
            "word": torch.randint(vocab, (B,)), "negatives": torch.randint(vocab, (B, N))}


def expected(module, context):
    return (module.input(context).mean(1) @ module.output.weight.T,)


def skip_gram(module, center):
    return (module.input(center) @ module.output.weight.T,)


def skip_gram_loss(module, center, context):
    logits = skip_gram(module, center)[0].repeat_interleave(context.shape[1], 0)
    return (torch.nn.functional.cross_entropy(logits, context.flatten()),)


def cbow_loss(module, context, center):
    return (torch.nn.functional.cross_entropy(expected(module, context)[0], center),)


def sampled(module, v, word, negatives):
    right = torch.nn.functional.logsigmoid((module.output(word) * v).sum(1))
    wrong = torch.nn.functional.logsigmoid(-torch.bmm(module.output(negatives), v.unsqueeze(2)).squeeze(2))
    return (-(right + wrong.sum(1)).mean(),)


def skip_gram_sampled(module, center, word, negatives):
    return sampled(module, module.input(center), word, negatives)


def cbow_sampled(module, context, center, negatives):
    return sampled(module, module.input(context).mean(1), center, negatives)


entries = {f.__name__: f for f in (skip_gram, skip_gram_loss, cbow_loss, skip_gram_sampled, cbow_sampled)}


if __name__ == "__main__":
    case.main(sys.modules[__name__])
