"""The examples of this repository, and cases for them."""

import importlib.util
import pathlib
import sys
import threading

import numpy
import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples"))
import case

# Hyper-parameters to try beside each example's own: sizes with full vectors, with tails, and of one.
SIZES = {
    "rnn_cell_loop": [{}, {"input": 33, "hidden": 48}],
    "rnn": [{}, {"input": 7, "hidden": 17, "layers": 2}],
    "char_rnn": [{}],
    "lstm": [{}, {"input": 24, "hidden": 32, "layers": 1}, {"input": 1, "hidden": 1, "layers": 3}],
    "gru": [{}, {"input": 16, "hidden": 40, "layers": 1}],
    "bilstm_given_states": [{}, {"input": 19, "hidden": 37, "layers": 1}],
    "rnn_stack": [{}, {"input": 64, "hidden": 64, "layers": 3}],
    "lstm_stack": [{}, {"input": 40, "hidden": 128, "layers": 2}],
    "bilstm": [{}, {"input": 3, "hidden": 16}],
    "minimal_gated_unit": [{}, {"input": 31, "hidden": 33}],
    "peephole_lstm": [{}, {"input": 20, "hidden": 50, "proj": 16}],
    "layer_norm_lstm": [{}, {"input": 32, "hidden": 64}],
    "rnn_classifier": [{}, {"vocab": 3, "embed": 17, "hidden": 33}],
    "attention_pooling": [{}, {"input": 3, "hidden": 17}],
    "indrnn": [{}, {"input": 16, "hidden": 35, "layers": 1}],
    "slstm": [{}, {"input": 16, "hidden": 33}],
    "min_gru": [{}, {"input": 16, "hidden": 37}],
    "dilated_rnn": [{}, {"input": 8, "hidden": 17, "layers": 2}],
    "linear_attention": [{}, {"dim": 34, "heads": 2}],
    "positional_encoding": [{}, {"width": 18, "hidden": 17}],
    "seq2seq": [{}, {"hidden": 33, "max_len": 1}],
}

# Those that are put together of what others show, with one more size at most: tested in fewer phases, on fewer targets
# and with fewer fixed sizes, unless every test is asked for.
BRIEF = {
    "char_rnn_cell": [{}],
    "char_rnn_one_hot": [{}],
    "lstm_attention": [{}, {"hidden": 17}],
    "dot_attention": [{}],
    "shared_heads_attention": [{}],
    "transformer_block": [{}],
    "transformer_of_blocks": [{}],
    "unscaled_attention": [{}],
    "word2vec": [{}],
    "concat_attention": [{}, {"output": 32}],
    "additive_attention": [{}, {"hidden": 33}],
    "seq2seq_attention": [{}],
    "scaled_dot_product_attention": [{}],
    "self_attention": [{}],
    "wide_heads_attention": [{}],
    "mixture_of_attention": [{}],
    "local_attention": [{}, {"window": 0}],
    "cross_attention": [{}],
    "multihead_attention": [{}],
    "transformer_encoder": [{}],
    "transformer": [{}],
    "bert": [{}],
    "gpt2": [{}],
    "llama": [{}],
}

# What the tests sweep: every pair with sizes left open, these pairs with sizes fixed.
OPEN = [{"B": B, "T": T} for B in (0, 1, 5) for T in (0, 1, 7)]
FIXED = [{"B": 1, "T": 1}, {"B": 5, "T": 7}, {"B": 0, "T": 7}, {"B": 5, "T": 0}]

torch.set_num_threads(1)  # tests run side by side
drawing = threading.Lock()  # torch's generator is one for all threads


class Example:
    def __init__(self, name):
        self.name = name
        self.sizes = (SIZES | BRIEF)[name]
        self.model = ROOT / "examples" / name / "model.rondo"
        spec = importlib.util.spec_from_file_location(f"reference_{name}", self.model.with_name("reference.py"))
        self.reference = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.reference)
        self.brief = name in BRIEF
        self.least = getattr(self.reference, "least", {})
        self.entries = list(getattr(self.reference, "entries", {}))  # beside `forward`

    def takes(self, dims):
        return all(dims[name] >= least for name, least in self.least.items())

    def draw(self, directory, dims, sizes):
        """Makes a case; returns the flags that name its weights and inputs."""
        with drawing:
            names = case.draw(self.reference, directory, dims=dims, sizes=sizes)
        return arguments(directory, names)


def arguments(directory, names):
    return ["--weights", directory / "weights.safetensors", *inputs(directory, names)]


def arguments_of_entry(directory, entry):
    """The flags for another entry point of a case that was drawn."""
    names = sorted(path.stem for path in (directory / entry).glob("*.npy") if not path.stem.startswith("expected_"))
    return ["--entry", entry, "--weights", directory / "weights.safetensors", *inputs(directory / entry, names)]


def inputs(directory, names):
    """--input flags; a number is given as one, so that it may be a size."""
    flags = []
    for name in names:
        value = numpy.load(directory / f"{name}.npy", mmap_mode="r")
        number = value.ndim == 0 and value.dtype.kind == "i"
        flags += ["--input", f"{name}={value if number else directory / f'{name}.npy'}"]
    return flags


def bindings(flag, values):
    """--set or --dim flags."""
    return [word for name, value in values.items() for word in (flag, f"{name}={value}")]


def label(values):
    return ",".join(f"{name}={value}" for name, value in values.items()) or "own"


def all_examples():
    names = sorted(path.parent.name for path in (ROOT / "examples").glob("*/model.rondo"))
    missing = set(names) ^ set(SIZES | BRIEF)
    if missing:
        raise SystemExit(f"test/EndToEnd/examples.py: SIZES, BRIEF and examples/ differ in {sorted(missing)}")
    return [Example(name) for name in names]
