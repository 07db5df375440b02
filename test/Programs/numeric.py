"""What the references of several programs use."""

import numpy


def sigmoid(x):
    return 1.0 / (1.0 + numpy.exp(-x))


def softplus(x):
    return numpy.logaddexp(x, 0.0)


def softmax(x, axis=-1):
    e = numpy.exp(x - numpy.max(x, axis=axis, keepdims=True))
    return e / numpy.sum(e, axis=axis, keepdims=True)


def log_sum_exp(x, axis=-1):
    top = numpy.max(x, axis=axis, keepdims=True)
    top = numpy.where(numpy.isfinite(top), top, 0.0)
    return numpy.log(numpy.sum(numpy.exp(x - top), axis=axis)) + numpy.squeeze(top, axis)


def log_softmax(x, axis=-1):
    return x - numpy.expand_dims(log_sum_exp(x, axis), axis)


def layer_norm(x, scale=1.0, shift=0.0, eps=1e-5):
    centred = x - x.mean(-1, keepdims=True)
    return centred / numpy.sqrt((centred**2).mean(-1, keepdims=True) + eps) * scale + shift


def normal(random, *shape, scale=1.0):
    return numpy.asarray(scale * random.standard_normal(shape), numpy.float32)


def uniform(random, low, high, *shape):
    return random.uniform(low, high, shape).astype(numpy.float32)


def linear(random, outputs, inputs, name="", bias=True):
    """The weights of a Linear called `name`."""
    bound = inputs**-0.5
    weights = {f"{name}.weight": uniform(random, -bound, bound, outputs, inputs)}
    if bias:
        weights[f"{name}.bias"] = uniform(random, -bound, bound, outputs)
    return weights


def affine(w, name, x):
    """Linear `name` of x."""
    y = x @ w[f"{name}.weight"].T
    return y + w[f"{name}.bias"] if f"{name}.bias" in w else y


def stacked(steps, *shape):
    """The steps along a new leading axis; without any, an empty stack of that shape."""
    return numpy.stack(steps) if len(steps) else numpy.zeros((0, *shape))
