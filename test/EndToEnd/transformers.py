"""MultiheadAttention and the Transformer modules against PyTorch's, weights by PyTorch's keys, at -O0 and -O3.

A sample of the combinations of options is run, drawn for many pairs of options; a larger one with `run.py --all`.
Masks hide whole rows too: there PyTorch's softmax is NaN, and the reference takes 0, as rondo does. PyTorch's fast path
is off, since it gives 0 behind the end of padded sequences.
"""

import copy
import itertools
import pathlib
import random
import re
import tempfile
import warnings
from unittest import mock

import case
import numpy
import safetensors.torch
import torch

from examples import arguments, bindings, drawing
from harness import Failure, compare, run
from library import described, literal

every = False

warnings.filterwarnings("ignore", "enable_nested_tensor is True")  # the fast path

E, HEADS, FF = 24, 3, 20
K, V = 5, 7  # features of key and value where they differ from E
SIZES = [{"B": 2, "T": 5, "S": 7}, {"B": 1, "T": 1, "S": 1}, {"B": 3, "T": 33, "S": 70}, {"B": 2, "T": 0, "S": 3},
         {"B": 0, "T": 4, "S": 3}]

LAYOUT = ["batch_first", "time_first", "single"]
ATTN = [None, "bool", "float", "bool heads", "float heads"]
PADDING = [None, "bool", "float"]
CAUSAL = [False, True]
COMMON = {"layout": LAYOUT, "bias": [True, False], "sizes": ["open", "fixed"], "level": ["-O3", "-O0"]}
LAYER = {"norm_first": [False, True], "activation": ["relu", "gelu"], "layer_norm_eps": [1e-5, 1e-3]}

ATTENDS = {"itself": ["query"] * 3, "memory": ["query", "key", "key"], "three": ["query", "key", "value"]}

# The axes of what is combined, for each module.
MODULES = {
    "MultiheadAttention": {
        **COMMON, "attends": list(ATTENDS), "kdim": [None, K], "vdim": [None, V], "attn_mask": ATTN,
        "key_padding_mask": PADDING, "weights": ["average", "each", None], "is_causal": CAUSAL},
    "TransformerEncoderLayer": {
        **COMMON, **LAYER, "src_mask": ATTN, "src_key_padding_mask": PADDING, "is_causal": CAUSAL},
    "TransformerDecoderLayer": {
        **COMMON, **LAYER, "tgt_mask": ATTN, "memory_mask": ATTN, "tgt_key_padding_mask": PADDING,
        "memory_key_padding_mask": PADDING, "tgt_is_causal": CAUSAL, "memory_is_causal": CAUSAL},
    "TransformerEncoder": {
        **COMMON, "norm_first": [False, True], "norm": [False, True], "num_layers": [3, 1], "mask": ATTN,
        "src_key_padding_mask": PADDING, "is_causal": CAUSAL},
    "TransformerDecoder": {
        **COMMON, "norm_first": [False, True], "norm": [False, True], "num_layers": [3, 1], "tgt_mask": ATTN,
        "memory_key_padding_mask": PADDING, "tgt_is_causal": CAUSAL},
    "Transformer": {
        **COMMON, "norm_first": [False, True], "activation": ["relu", "gelu"], "src_mask": ATTN, "tgt_mask": ATTN,
        "memory_mask": ATTN, "src_key_padding_mask": PADDING, "tgt_key_padding_mask": PADDING,
        "memory_key_padding_mask": PADDING, "tgt_is_causal": CAUSAL},
}

# Which mask `is_causal=true` of rondo stands for, in PyTorch given as a mask.
CAUSAL_MASK = {"is_causal": ("attn_mask", "src_mask", "mask"), "tgt_is_causal": ("tgt_mask",),
               "memory_is_causal": ("memory_mask",)}


def lawful(row):
    """kdim and vdim need a key and a value of their own."""
    own = row.get("kdim") or row.get("vdim")
    return not own or row["attends"] == "three"


def pairs(row):
    return set(itertools.combinations(((key, str(value)) for key, value in row.items()), 2))


def sample(axes, count):
    """Rows drawn so that each has many pairs of options that none before has; at most `count`."""
    generator = random.Random(0)
    seen, rows = set(), []
    while len(rows) < count:
        drawn = [{key: generator.choice(values) for key, values in axes.items()} for _ in range(60)]
        best = max(filter(lawful, drawn), key=lambda row: len(pairs(row) - seen))
        if not pairs(best) - seen:
            break
        seen |= pairs(best)
        rows.append(best)
    return rows


def add_tests(suite, examples, tools, scratch):
    for name, axes in MODULES.items():
        for number, row in enumerate(sample(axes, 60 if every else 9 if name == "MultiheadAttention" else 5)):
            shown = {key: value for key, value in row.items() if value not in (None, False)}
            suite.add(f"transformers {described(name, shown)} {number}", agrees, tools, name, row)
    for entry in ("padded", "causal"):
        for level in ("-O0", "-O3"):
            suite.add(f"transformers NaN that is hidden, {entry} {level}", hidden_has_no_effect, tools, entry, level)
    for name in MODULES:
        suite.add(f"transformers first values of {name}", first_values, tools, name)


def constructed(name, row):
    """The arguments of the module, by position and by name."""
    options = {key: row[key] for key in ("bias", "norm_first", "activation", "layer_norm_eps", "kdim", "vdim")
               if row.get(key) is not None}
    options["batch_first"] = row["layout"] == "batch_first"
    if name == "MultiheadAttention":
        return [E, HEADS], options
    if name == "Transformer":
        return [E, HEADS, 2, 2, FF], options
    return [E, HEADS, FF], options


def spelled(name, row):
    """The module in rondo."""
    positional, options = constructed(name, row)
    if name in ("TransformerEncoder", "TransformerDecoder"):
        norm = f", norm=LayerNorm({E}, bias={literal(row['bias'])})" if row["norm"] else ""
        return f"{name}({spelled(name + 'Layer', row)}, {row['num_layers']}{norm})"
    values = [str(value) for value in positional] + [f"{key}={literal(v)}" for key, v in options.items()]
    return f"{name}({', '.join(values)})"


def built(name, row):
    """The module in PyTorch."""
    positional, options = constructed(name, row)
    if name in ("TransformerEncoder", "TransformerDecoder"):
        norm = torch.nn.LayerNorm(E, bias=row["bias"]) if row["norm"] else None
        return getattr(torch.nn, name)(built(name + "Layer", row), row["num_layers"], norm)
    return getattr(torch.nn, name)(*positional, **options)


def tensors(name, row):
    """name -> (element type, axes as text) of all arguments of a call, in rondo's order."""
    def sequence(length, features=E):
        return "f32", {"batch_first": ["B", length, str(features)], "time_first": [length, "B", str(features)],
                       "single": [length, str(features)]}[row["layout"]]

    single = row["layout"] == "single"
    if name == "MultiheadAttention":
        keys = "T" if row["attends"] == "itself" else "S"
        given = {"query": sequence("T")}
        if row["attends"] != "itself":
            given["key"] = sequence("S", row["kdim"] or E)
        if row["attends"] == "three":
            given["value"] = sequence("S", row["vdim"] or E)
        lengths = {"": ("T", keys)}
    elif "Decoder" in name:
        given = {"tgt": sequence("T"), "memory": sequence("S")}
        lengths = {"tgt": ("T", "T"), "memory": ("T", "S")}
    elif name == "Transformer":
        given = {"src": sequence("S"), "tgt": sequence("T")}
        lengths = {"src": ("S", "S"), "tgt": ("T", "T"), "memory": ("T", "S")}
    else:
        given = {"src": sequence("T")}
        lengths = {"": ("T", "T")}
    for key, kind in row.items():
        if not key.endswith("mask") or kind is None:
            continue
        queries, keys = lengths[next(prefix for prefix in reversed(lengths) if key.startswith(prefix))]
        dtype = "bool" if kind.startswith("bool") else "f32"
        if key.endswith("padding_mask"):
            given[key] = dtype, [keys] if single else ["B", keys]
        else:
            heads = [str(HEADS) if single else f"B * {HEADS}"] if kind.endswith("heads") else []
            given[key] = dtype, heads + [queries, keys]
    return given


def flags(row):
    return [key for key in CAUSAL_MASK if row.get(key)]


def model(name, row):
    """The text of a model of one module."""
    given = tensors(name, row)
    annotated = ", ".join(f"{key}: {dtype}[{', '.join(axes)}]" for key, (dtype, axes) in given.items())
    first = next(iter(given)) if name != "Transformer" else "tgt"
    results = [f"f32[{', '.join(given[first][1])}]"]
    masks = [f"{key}={key}" for key in given if key.endswith("mask")]
    if name != "MultiheadAttention":
        called = [key for key in given if not key.endswith("mask")] + masks
    else:
        called = [*ATTENDS[row["attends"]], *masks]
        if row["weights"] is None:
            called.append("need_weights=false")
        else:
            batch = [] if row["layout"] == "single" else ["B"]
            heads = [str(HEADS)] if row["weights"] == "each" else []
            results.append(f"f32[{', '.join(batch + heads + ['T', 'T' if row['attends'] == 'itself' else 'S'])}]")
            called += ["average_attn_weights=false"] if heads else []
    called += [f"{key}=true" for key in flags(row)]
    return (f"model Net() {{\n  m as \"\" = {spelled(name, row)}\n\n"
            f"  def forward({annotated}) -> {', '.join(results)} {{\n    return m({', '.join(called)})\n  }}\n}}\n")


def agrees(tools, name, row):
    fixed = row["sizes"] == "fixed"
    with tempfile.TemporaryDirectory() as folder:
        directory = pathlib.Path(folder)
        text = model(name, row)
        (directory / "model.rondo").write_text(text)
        for number, sizes in enumerate(SIZES[:1] if fixed and not every else SIZES):
            dims = {key: size for key, size in sizes.items() if fixed and re.search(rf"\b{key}\b", text)}
            if dims or number == 0:
                run(tools / "rondo", "compile", directory / "model.rondo", row["level"], *bindings("--dim", dims),
                    "-o", directory / "binary")
            data = directory / str(number)
            inputs = draw(data, name, row, sizes)
            run(directory / "binary", *arguments(data, inputs), "--output", data / "got")
            compare(data / "got", data)


def draw(directory, name, row, sizes):
    """Makes a case in `directory`; returns its inputs' names."""
    directory.mkdir()
    with drawing:
        torch.manual_seed(0)
        module = built(name, row)
        for weight in module.parameters():  # PyTorch's first biases are zeros
            if weight.dim() == 1:
                torch.nn.init.normal_(weight)
        inputs = {key: drawn(key, dtype, [eval(axis, {}, sizes) for axis in axes])
                  for key, (dtype, axes) in tensors(name, row).items()}
        safetensors.torch.save_file(module.state_dict(), directory / "weights.safetensors")
        with torch.no_grad():
            expected = results(copy.deepcopy(module).double().eval(), name, row,
                               {key: case.to_double(value) for key, value in inputs.items()})
    for key, value in inputs.items():
        numpy.save(directory / f"{key}.npy", value.numpy())
    for i, value in enumerate(expected):
        numpy.save(directory / f"expected_{i}.npy", value.numpy())
    return list(inputs)


def drawn(key, dtype, shape):
    """A tensor; masks hide a third of all, and whatever the first row attends to, too."""
    if not key.endswith("mask"):
        return torch.randn(shape)
    hidden = torch.rand(shape) < 0.3
    if not key.endswith("padding_mask"):
        hidden[..., :1, :] = True
    return hidden if dtype == "bool" else torch.randn(shape).masked_fill(hidden, -torch.inf)


def results(module, name, row, given):
    """What PyTorch gives, a row that sees nothing being 0."""
    given = {key: added(value) if key.endswith("mask") else value for key, value in given.items()}
    for flag in flags(row):
        key = next(key for key in CAUSAL_MASK[flag] if key in row)
        queries, keys = lengths_of(key, name, row, given)
        causal = torch.full((queries, keys), -torch.inf, dtype=torch.float64).triu(1)
        given[key] = given.get(key, 0.0) + causal
    if name == "MultiheadAttention":
        query = given.pop("query")
        key = given.pop("key", query)
        value = given.pop("value", key)
        positional = [query, key, value]
        given.update(need_weights=True, average_attn_weights=row["weights"] != "each")
    else:
        positional = [given.pop(key) for key in list(given) if not key.endswith("mask")]
        shaped = positional[1 if name == "Transformer" else 0]
        if shaped.numel() == 0:  # which PyTorch's layers refuse
            return (shaped,)
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with mock.patch.object(torch.nn.functional, "softmax", zero_if_hidden):
            out = module(*positional, **given)
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    if name != "MultiheadAttention":
        return (out,)
    return out if row["weights"] else out[:1]


def added(mask):
    """The mask as PyTorch adds it to the logits."""
    if mask.dtype != torch.bool:
        return mask
    return torch.zeros(mask.shape, dtype=torch.float64).masked_fill(mask, -torch.inf)


def lengths_of(key, name, row, given):
    """The numbers of queries and keys that the mask `key` is for."""
    axis = 1 if row["layout"] == "batch_first" else 0
    length = {arg: value.shape[axis] for arg, value in given.items() if not arg.endswith("mask")}
    if name == "MultiheadAttention":
        return length["query"], length.get("key", length["query"])
    if key == "memory_mask":
        return length["tgt"], length.get("memory", length.get("src"))
    own = "tgt" if key == "tgt_mask" else "src"
    return length[own], length[own]


def zero_if_hidden(logits, dim):
    return torch.softmax(logits, dim).nan_to_num(0.0)


HIDING = f"""model Net() {{
  m as "" = TransformerEncoder(TransformerEncoderLayer({E}, {HEADS}, {FF}, batch_first=true), 2)

  def padded(x: f32[B, T, {E}], hidden: bool[B, T]) -> f32[B, T, {E}] {{
    return where(hidden.unsqueeze(-1), 0.0, m(x, src_key_padding_mask=hidden))
  }}
  def causal(x: f32[B, T, {E}], hidden: bool[B, T]) -> f32[B, T, {E}] {{
    return where(hidden.unsqueeze(-1), 0.0, m(x, is_causal=true))
  }}
}}
"""


def hidden_has_no_effect(tools, entry, level):
    """What is hidden may be NaN or infinite: the rest of the result is as if it were 0."""
    B, T = 3, 37
    hidden = torch.arange(T) >= torch.tensor([[37], [20], [1]])
    with tempfile.TemporaryDirectory() as folder, drawing:
        directory = pathlib.Path(folder)
        (directory / "model.rondo").write_text(HIDING)
        torch.manual_seed(0)
        layer = torch.nn.TransformerEncoderLayer(E, HEADS, FF, batch_first=True)
        module = torch.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).double().eval()
        x = torch.randn(B, T, E).masked_fill(hidden.unsqueeze(-1), 0.0)
        with torch.no_grad():
            later = torch.ones(T, T, dtype=torch.bool).triu(1)
            masks = {"src_key_padding_mask": hidden} if entry == "padded" else {"mask": later}
            expected = module(x.double(), **masks).masked_fill(hidden.unsqueeze(-1), 0.0)
        for step, value in enumerate((torch.nan, torch.inf, -torch.inf)):
            x[:, step::3][hidden[:, step::3]] = value
        safetensors.torch.save_file({key: w.float() for key, w in module.state_dict().items()},
                                    directory / "weights.safetensors")
        for name, value in (("x", x), ("hidden", hidden), ("expected_0", expected)):
            numpy.save(directory / f"{name}.npy", value.numpy())
        run(tools / "rondo", "run", directory / "model.rondo", level, "--entry", entry,
            *arguments(directory, ["x", "hidden"]), "--output", directory / "got")
        compare(directory / "got", directory)


def first_values(tools, name):
    """Each weight's distribution is as wide as what PyTorch draws."""
    row = {key: values[0] for key, values in MODULES[name].items()} | {"bias": True}
    with tempfile.TemporaryDirectory() as folder, drawing:
        path = pathlib.Path(folder) / "model.rondo"
        path.write_text(model(name, row))
        torch.manual_seed(0)
        module = built(name, row)
        text = run(tools / "rondo", "compile", path, "--emit=rondo", "-o", "-")
    kinds = {key: (kind, float(a), float(b)) for key, kind, a, b in re.findall(
        r'rondo\.param "([^"]+)" init <(\w+), (\S+) : f64, (\S+) : f64', text)}
    weights = dict(module.named_parameters())
    if kinds.keys() != weights.keys():
        raise Failure(f"keys differ: {sorted(kinds.keys() ^ weights.keys())}")
    for key, weight in weights.items():
        kind, a, b = kinds[key]
        low, high = weight.min().item(), weight.max().item()
        if kind == "uniform":
            slack = 0.25 if weight.numel() < 100 else 0.03
            fits = a <= low <= a + slack * (b - a) and b - slack * (b - a) <= high <= b
        else:
            fits = kind == "constant" and low == high == a
        if not fits:
            raise Failure(f"{key}: {kind}({a}, {b}), PyTorch draws from {low} to {high}")
