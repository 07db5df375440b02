"""The library's modules with random hyper-parameters, and models of the program's own, alone and repeated."""

from generator import Unfit
from program import Value
from sizes import Size


def of_f32(g, text):
    """An f32 in the program's type; the library's weights are f32."""
    return text if g.float == "f32" else f"{g.float}({text})"


def source(g, value):
    text = g.clean(value) if value.special else value.name
    return text if g.float == "f32" else f"f32({text})"


def member(g, text):
    name = g.fresh("m")
    g.model.members[name] = f"{name} = {text}"
    return name


def pick(g, rank):
    g.need(g.float != "f64")
    return g.pick_float(lambda value: len(value.shape) in rank and value.shape[-1].constant)


def flag(g, name, likely=0.5):
    return f", {name}=true" if g.chance(likely) else ""


def of_library(g):
    whole = [recurrent, recurrent, attention, encoder, decoder] if g.depth == 0 or g.chance(0.3) else []
    g.one(dense, norm, recurrent, cell, position, *whole)(g)


def dense(g):
    x, out = pick(g, (1, 2, 3, 4)), g.feature
    m = member(g, f"Linear({x.shape[-1]}, {out}{g.one('', ', bias=false')})")
    g.let(of_f32(g, f"{m}({source(g, x)})"), g.float, x.shape[:-1] + (out,), 3, special=False)


def norm(g):
    x = pick(g, (1, 2, 3, 4))
    kind = g.one("LayerNorm({n}, eps=0.1)", "LayerNorm({n}, eps=0.1, bias=false)", "RMSNorm({n}, eps=0.01)",
                 "LayerNorm({n}, eps=0.1, elementwise_affine=false)")
    m = member(g, kind.format(n=x.shape[-1]))
    g.let(of_f32(g, f"{m}({source(g, x)})"), g.float, x.shape, 4, special=False)


def recurrent(g):
    x = pick(g, (3, 3, 2))
    batched = len(x.shape) == 3
    first = batched and g.chance(0.4)
    hidden, layers, both = g.one(3, 4, 8, 16, 5), g.one(1, 1, 2), g.chance(0.35)
    kind = g.one("RNN", "GRU", "LSTM", "LSTM")
    proj = g.one(0, 0, 2) if kind == "LSTM" else 0
    text = f"{kind}({x.shape[-1]}, {hidden}" + (f", num_layers={layers}" if layers > 1 else "")
    text += flag(g, "batch_first", 1 if first else 0) + (", bidirectional=true" if both else "")
    text += ", bias=false" if g.chance(0.2) else ""
    text += ', nonlinearity="relu"' if kind == "RNN" and g.chance(0.3) else ""
    m = member(g, text + (f", proj_size={proj}" if proj else "") + ")")
    steps, rows = (x.shape[1], x.shape[0]) if first else (x.shape[0], x.shape[1])
    given = [source(g, x)]
    out, sides = proj or hidden, (2 if both else 1)
    middle = (rows,) if batched else ()
    states = (Size.of(layers * sides), *middle)
    # Arguments of f32 are not at hand in other types.
    if g.float == "f32" and g.chance(0.4):
        starts = [g.want(states + (Size.of(size),)) for size in ((out, hidden) if kind == "LSTM" else (out,))]
        given += [source(g, value) for value in starts]
    if batched and g.model is g.program and g.chance(0.35):
        lengths = g.argument("i64", (rows,))
        g.program.limits[lengths.name] = (0, steps + 1)
        given.append(f"lengths={lengths.name}")
    call = f"{m}({', '.join(given)})"
    bound = 9 if "relu" in text else 1
    wide = (x.shape[:2] if batched else x.shape[:1]) + (Size.of(out * sides),)
    kinds = [("f32", wide, bound, None, False), ("f32", states + (Size.of(out),), bound, None, False)]
    if kind == "LSTM":
        kinds.append(("f32", states + (Size.of(hidden),), 3, None, False))
    g.need(g.size_of(wide).at({"B": 3, "T": 12, "S": 9}) <= 8000)
    results(g, kinds, call)


def results(g, kinds, call):
    """Names for results of the library, in the program's type."""
    values = g.assign(kinds, call)
    if g.float != "f32":
        for value in values:
            g.let(f"{g.float}({value.name})", g.float, value.shape, value.bound)


def cell(g):
    x, hidden = pick(g, (2,)), g.one(3, 4, 8)
    kind = g.one("RNNCell", "GRUCell", "LSTMCell")
    m = member(g, f"{kind}({x.shape[-1]}, {hidden})")
    axes = (x.shape[0], Size.of(hidden))
    given = [source(g, x)]
    if g.float == "f32" and g.chance(0.7):
        given += [source(g, g.want(axes)) for _ in range(2 if kind == "LSTMCell" else 1)]
    count = 2 if kind == "LSTMCell" else 1
    results(g, [("f32", axes, 2, None, False)] * count, f"{m}({', '.join(given)})")


def heads_for(g, x):
    width = x.shape[-1].constant
    return width, g.one(*[n for n in (1, 2, 3, 4) if width % n == 0])


def padding(g, rows, keys, name):
    """A mask of keys, true where they are hidden."""
    if g.model is not g.program or g.chance(0.6):
        return ""
    return f", {name}={g.argument('bool', (rows, keys)).name}"


def attention(g):
    x = pick(g, (3,))
    width, heads = heads_for(g, x)
    first = g.chance(0.6)
    m = member(g, f"MultiheadAttention({width}, {heads}{flag(g, 'batch_first', 1 if first else 0)})")
    rows, steps = (x.shape[0], x.shape[1]) if first else (x.shape[1], x.shape[0])
    y, keys = x, steps
    if g.float == "f32" and g.chance(0.4):
        keys = g.one(Size.of("S"), Size.of(5))
        y = g.want((rows, keys, x.shape[2]) if first else (keys, rows, x.shape[2]))
    text = ", ".join(source(g, value) for value in (x, y, y)) + padding(g, rows, keys, "key_padding_mask")
    text += flag(g, "is_causal", 0.2)
    kinds = [("f32", x.shape, 2, None, False)]
    if g.chance(0.5):
        text += ", need_weights=false"
    else:
        average = g.chance(0.6)
        text += "" if average else ", average_attn_weights=false"
        kinds.append(("f32", (rows,) + ((Size.of(heads),) if not average else ()) + (steps, keys), 1, None, False))
    results(g, kinds, f"{m}({text})")


def layer(g, kind, width, heads):
    activation = g.one("", ', activation="gelu"')
    return (f"{kind}({width}, {heads}, {g.one(4, 8, 17)}, layer_norm_eps=0.01, batch_first=true{activation}"
            f"{flag(g, 'norm_first')})")


def encoder(g):
    x = pick(g, (3,))
    width, heads = heads_for(g, x)
    count = g.one(0, 0, 2, 3)
    inner = layer(g, "TransformerEncoderLayer", width, heads)
    further = g.one("", f", norm=LayerNorm({width})")
    m = member(g, f"TransformerEncoder({inner}, {count}{further})" if count else inner)
    text = source(g, x) + padding(g, *x.shape[:2], "src_key_padding_mask") + flag(g, "is_causal", 0.3)
    g.let(of_f32(g, f"{m}({text})"), g.float, x.shape, 4, special=False)


def decoder(g):
    x = pick(g, (3,))
    width, heads = heads_for(g, x)
    memory = x if g.float != "f32" else g.want((x.shape[0], Size.of("S"), x.shape[2]))
    count = g.one(0, 0, 2)
    inner = layer(g, "TransformerDecoderLayer", width, heads)
    m = member(g, f"TransformerDecoder({inner}, {count})" if count else inner)
    text = f"{source(g, x)}, {source(g, memory)}" + padding(g, *x.shape[:2], "tgt_key_padding_mask")
    text += padding(g, *memory.shape[:2], "memory_key_padding_mask") + flag(g, "tgt_is_causal", 0.5)
    g.let(of_f32(g, f"{m}({text})"), g.float, x.shape, 4, special=False)


def position(g):
    x = pick(g, (2, 3, 4))
    width = x.shape[-1].constant
    g.need(width % 2 == 0)
    kind = g.one(f"PositionalEncoding({width}, max_len=600)", f"RotaryEmbedding({width})",
                 f"RotaryEmbedding({width}, base=100.0, interleaved=true)")
    m = member(g, kind)
    start = g.one("", "", ", start=3")
    g.let(of_f32(g, f"{m}({source(g, x)}{start})"), g.float, x.shape, x.bound + 1, special=False)


def inner_model(g, x):
    """A model of the program's own from x to a value of its type; its name, None if nothing fits."""
    model, saved = g.part(x.shape)
    try:
        last = inner_body(g, model, x)
    except Unfit:
        g.leave(saved)
        raise
    g.finish(model, saved, [last])
    return model.name


def inner_body(g, model, x):
    """Statements from an argument like x to a value of its type."""
    argument = Value(g.fresh("a"), g.float, x.shape, min(x.bound, 3.0), special=x.special)
    model.arguments.append(argument)
    g.scopes[0].append(argument)
    g.unread.append(argument.name)
    g.statements(g.draw.randint(1, 5))
    left = [value for value in g.scopes[0] if value.is_float and value.shape == x.shape and value is not argument]
    result = left[-1] if left else argument
    other = [value for value in g.scopes[0] if value.name in g.unread and value.is_float and value is not result]
    text = result.name
    for value in other[-2:]:
        text += f" + mean({value.name} ** 2)" if all(s.constant != 0 for s in value.shape) else ""
    return g.let(f"{argument.name} + tanh({text})" if g.chance(0.6) else f"tanh({text})", g.float, x.shape,
                 argument.bound + 1)


def part(g):
    g.need(g.model is g.program and len(g.program.models) < 3)
    x = g.pick_float()
    name = inner_model(g, x)
    m = member(g, f"{name}()")
    g.let(f"{m}({x.name})", g.float, x.shape, x.bound + 1)


def repeated(g):
    """One model several times, in a list of modules or called again with the same weights."""
    g.need(g.model is g.program and len(g.program.models) < 3)
    x = g.pick_float(lambda value: len(value.shape) >= 1)
    name = inner_model(g, x)
    count = g.one(2, 3, 4)
    if g.chance(0.6):
        ms = member(g, f"[{name}() for i in 0..{count}]")
        members = [f"{ms}[{i}]" for i in range(count)]
    else:
        members = [member(g, f"{name}()")] * count
    for m in members:
        x = g.let(f"{m}({x.name})", g.float, x.shape, min(x.bound + 1, 6))
