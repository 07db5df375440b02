"""Cases for the examples: weights, inputs and expected results, drawn and computed by PyTorch.

Each example's reference.py has
    sizes, dims                          hyper-parameters and dimension variables as model.rondo names them, with values
    build(**sizes) -> torch.nn.Module    whose state_dict has the model's keys
    inputs(B, T, **sizes) -> dict        name -> tensor, drawn from torch's generator
    expected(module, **inputs) -> tuple  the results of `forward`
    least                                if some sizes are refused: dimension variable -> its least value
    entries                              if there are other entry points: name -> function like `expected`
and runs as `reference.py DIRECTORY [--seed N] [--dim B=5] [--set hidden=17] [--time N]`; `rondo verify` runs it so.

A case is a directory: weights.safetensors, NAME.npy for each input, expected_I.npy for each result. Weights and
inputs are float32; the expected results are computed from them in float64. Another entry point has the inputs that its
function's parameters name, and lies in a directory of its name there, without the weights. With --time, it prints how
long N calls of `forward` take PyTorch in float32 on one thread, as `rondo run --time` does.
"""

import argparse
import copy
import inspect
import pathlib
import time

import numpy
import safetensors.torch
import torch


def draw(example, directory, seed=0, dims=None, sizes=None, runs=0):
    """Writes a case of `example` (the module of a reference.py) to `directory`; returns its inputs' names.

    Times `runs` calls, too.
    """
    sizes = {**example.sizes, **(sizes or {})}
    dims = {**example.dims, **(dims or {})}
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)

    torch.manual_seed(seed)
    module = example.build(**sizes)
    inputs = example.inputs(**dims, **sizes)
    safetensors.torch.save_file(weights_of(module), directory / "weights.safetensors")

    double = copy.deepcopy(module).double()
    write(directory, double, example.expected, inputs)
    for name, function in getattr(example, "entries", {}).items():
        write(directory / name, double, function, inputs)
    own = read_by(example.expected, inputs)
    if runs:
        measure(lambda: example.expected(module, **own), runs)
    return list(own)


def write(directory, module, function, inputs):
    """Writes what an entry point reads, and what `function` expects of it."""
    directory.mkdir(exist_ok=True)
    inputs = read_by(function, inputs)
    for name, value in inputs.items():
        numpy.save(directory / f"{name}.npy", value.numpy())
    with torch.no_grad():
        results = function(module, **{name: to_double(value) for name, value in inputs.items()})
    for i, value in enumerate(results):
        numpy.save(directory / f"expected_{i}.npy", value.numpy())


def read_by(function, inputs):
    """Those of the inputs that the function's parameters name."""
    names = inspect.signature(function).parameters
    return {name: value for name, value in inputs.items() if name in names}


def weights_of(module):
    """The state_dict, with a tensor that has several keys under the first of them only."""
    first = {}
    for key, value in module.state_dict().items():
        first.setdefault((value.data_ptr(), value.shape) if value.numel() else key, (key, value))
    return {key: value.contiguous() for key, value in first.values()}


def measure(call, runs):
    """Prints the times of one call, after it has run for 50 ms, and twice at least."""
    def microseconds():
        begin = time.perf_counter()
        call()
        return (time.perf_counter() - begin) * 1e6

    torch.set_num_threads(1)
    with torch.inference_mode():
        warm = microseconds() + microseconds()
        while warm < 50e3:
            warm += microseconds()
        times = sorted(microseconds() for _ in range(runs))
    median = (times[(runs - 1) // 2] + times[runs // 2]) / 2
    p95 = times[(runs * 95 + 99) // 100 - 1]
    print(f"time: median {median:.2f} min {times[0]:.2f} p95 {p95:.2f} ({runs} runs)")


def to_double(value):
    return value.double() if value.is_floating_point() else value


def recurrent(module, x, *states):
    """module(x, states) flattened to (y, h_n) or (y, h_n, c_n), of an nn.RNN, nn.LSTM or nn.GRU.

    PyTorch refuses empty sequences; by definition their states stay as they are and there are no outputs.
    """
    if not states:
        batch = x.shape[0] if module.batch_first else x.shape[1]
        layers = module.num_layers * (2 if module.bidirectional else 1)
        states = [x.new_zeros(layers, batch, module.hidden_size)] * (2 if module.mode == "LSTM" else 1)
    if x.numel() == 0:
        features = module.hidden_size * (2 if module.bidirectional else 1)
        return x.new_zeros(*x.shape[:2], features), *states
    if module.mode == "LSTM":
        y, (h, c) = module(x, tuple(states))
        return y, h, c
    return module(x, *states)


def likeliest(logits, settled=None):
    """The greatest logit's index in each row. Rows that are not `settled` must have a clear one: an index is compared
    exactly, and a tie within rounding would make a test of chance."""
    best = logits.topk(2).values
    close = best[..., 0] - best[..., 1] < 1e-4 * logits.abs().amax(-1)
    if bool((close if settled is None else close & ~settled).any()):
        raise ValueError("two logits are too close to tell which is likelier: draw other weights")
    return logits.argmax(-1)


def generate(model, prompt, n, end, choose):
    """At most n tokens, [R, B], that follow the prompt, [B, P], each from the logits of the whole text before it:
    choose(logits, t, done) of the rows that have not ended, `end` in those that have."""
    text, done = prompt, torch.zeros(len(prompt), dtype=torch.bool)
    for t in range(int(n)):
        token = choose(model(text)[:, -1], t, done).masked_fill(done, end)
        text, done = torch.cat([text, token[:, None]], 1), done | (token == end)
        if done.all():
            break
    return text[:, prompt.shape[1]:].T.contiguous()


def greatest(logits, k):
    """The k greatest logits of each row, the others -inf."""
    return logits.masked_fill(logits < logits.topk(int(k)).values[:, -1:], -torch.inf)


def texts(B, T, vocab_size, eos_token_id, **sizes):
    """The inputs of a decoder: `x` for `forward`, and what `greedy` and `sample` read."""
    return {"x": torch.randint(vocab_size, (B, T)), "prompt": torch.randint(eos_token_id, (B, T + 1)),
            "n": torch.tensor(8), "temperature": torch.tensor(0.7), "k": torch.tensor(5), "key": torch.tensor(11)}


def greedy(module, prompt, n):
    """The likeliest tokens; `module.eos` ends a text."""
    return generate(module, prompt, n, module.eos, lambda logits, t, done: likeliest(logits, done)),


def sample(module, prompt, n, temperature, k, key):
    """Tokens drawn from the k likeliest; `module.eos` ends a text."""
    return generate(module, prompt, n, module.eos,
                    lambda logits, t, done: categorical(greatest(logits / temperature, k), key + t)),


def uniform(key, row):
    """What `categorical` draws for a row, in [0, 1): Philox 4x32-10 of the key and the row's number."""
    mask = 0xFFFFFFFF
    a, b, c, d = row & mask, row >> 32, 0, 0
    k, l = key & mask, (key >> 32) & mask
    for _ in range(10):
        x, y = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (y >> 32) ^ b ^ k, y & mask, (x >> 32) ^ d ^ l, x & mask
        k, l = (k + 0x9E3779B9) & mask, (l + 0xBB67AE85) & mask
    return (a >> 8) * 2.0**-24


def categorical(logits, key):
    """The first index of each row whose cumulative softmax exceeds what is drawn, which must be clear of a bound."""
    sums = torch.softmax(logits, -1).cumsum(-1)
    u = torch.tensor([uniform(int(key), row) for row in range(len(logits))], dtype=sums.dtype).reshape(-1, 1)
    if bool(((sums - u).abs() < 1e-5).any()):
        raise ValueError("a draw is too close to the bound of two indices: take another key")
    return (sums > u).long().argmax(-1)


def stacked(steps, like):
    """The steps along a new leading axis; without any, an empty stack of values like `like`."""
    return torch.stack(steps) if steps else like.new_zeros(0, *like.shape)


def binding(text):
    name, _, value = text.partition("=")
    return name, int(value)


def main(example):
    """The command line of a reference.py."""
    parser = argparse.ArgumentParser(description=example.__doc__)
    parser.add_argument("directory")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dim", type=binding, action="append", default=[], metavar="NAME=SIZE")
    parser.add_argument("--set", type=binding, action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--time", type=int, default=0, metavar="N")
    arguments = parser.parse_args()
    draw(example, arguments.directory, arguments.seed, dict(arguments.dim), dict(arguments.set), arguments.time)
