# Every pair of element types, of every pair of ranks, has the type of PyTorch's result_type; constants are weak.
# RUN: %python %s %t.rondo && %python %S/Inputs/calls.py %t.rondo
import itertools
import sys

import torch

TYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16, "f64": torch.float64, "i64": torch.int64,
         "i32": torch.int32, "i8": torch.int8, "u8": torch.uint8, "bool": torch.bool}
NAMES = {dtype: name for name, dtype in TYPES.items()}
CONSTANTS = {"3": 3, "2.5": 2.5, "true": True}


def main(path):
    program = []
    for number, (a, b) in enumerate(itertools.product(TYPES, TYPES)):
        if {a, b} == {"u8", "i8"}:
            continue
        results, bodies, expected = [], [], []
        # As whole tensors, and as tensors of rank 0, which do not widen those of rank 1 of their kind.
        for left, right in (("x", "y"), ("x", "s"), ("r", "y"), ("r", "s")):
            values = {"x": torch.tensor([5, 1]).to(TYPES[a]), "y": torch.tensor([2, 1]).to(TYPES[b]),
                      "r": torch.tensor(5).to(TYPES[a]), "s": torch.tensor(2).to(TYPES[b])}
            value = values[left] + values[right]
            results.append(NAMES[value.dtype] + ("[]" if value.dim() == 0 else "[2]"))
            bodies.append(f"{left} + {right}")
            expected.append(f"{NAMES[value.dtype]}({value.tolist()})")
        name = f"pair{number}"
        values = {"x": (a, "[5, 1]"), "y": (b, "[2, 1]"), "r": (a, "5"), "s": (b, "2")}
        arguments = ", ".join(f"{key}={type}({value})" for key, (type, value) in values.items())
        program += [f"# CALL: {name}({arguments}) == {', '.join(expected)}",
                    f"def {name}(x: {a}[2], y: {b}[2], r: {a}[], s: {b}[]) -> {', '.join(results)} {{",
                    f"  return {', '.join(bodies)}", "}"]
    for number, (a, constant) in enumerate(itertools.product(TYPES, CONSTANTS)):
        values = [torch.tensor([5, 1]).to(TYPES[a]) + CONSTANTS[constant], CONSTANTS[constant] + torch.tensor(5).to(TYPES[a])]
        name = f"weak{number}"
        program += [f"# CALL: {name}(x={a}([5, 1]), r={a}(5)) == "
                    + ", ".join(f"{NAMES[value.dtype]}({value.tolist()})" for value in values),
                    f"def {name}(x: {a}[2], r: {a}[]) -> {NAMES[values[0].dtype]}[2], {NAMES[values[1].dtype]}[] {{",
                    f"  return x + {constant}, {constant} + r", "}"]
    with open(path, "w") as file:
        file.write("\n".join(program) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
