"""Bugs on purpose: what is changed where. Each makes wrong numbers, and only for some programs."""

import dataclasses


@dataclasses.dataclass
class Mutant:
    name: str
    file: str  # below compiler/
    old: str  # once in the file
    new: str


MUTANTS = [
    Mutant("a scan in reverse runs forwards", "Buffers/ScanToLoop.cpp", "if (scan.getReverse())", "if (false)"),
    Mutant("the ring of a carry begins at the wrong buffer", "Buffers/ScanToLoop.cpp",
           "carried.push_back(arith::SelectOp::create(b, scan.getLoc(), odd, dest, other));",
           "carried.push_back(arith::SelectOp::create(b, scan.getLoc(), odd, other, dest));"),
    Mutant("a scan of no steps leaves its carry unset", "Buffers/ScanToLoop.cpp",
           "Value elsewhere = carry.inPlace ? odd : even ? even : none;",
           "Value elsewhere = carry.inPlace ? odd : even ? even : odd;"),
    Mutant("the bytes of a buffer are rounded down", "Buffers/MemoryPlan.cpp",
           "at.constant(RONDO_ALIGNMENT - 1));", "at.constant(0));"),
    Mutant("equal values are taken in any order", "Buffers/TopkToLoops.cpp",
           "arith::CmpIPredicate::slt, x.place, y.place", "arith::CmpIPredicate::sgt, x.place, y.place"),
    Mutant("a value is written while it is read", "Buffers/ReadBefore.cpp",
           "if (!at || at == writer || !at->isBeforeInBlock(writer))\n    return false;", ""),
    Mutant("a softmax over time is one over the axis before", "Transforms/TimeAxis.cpp",
           "softmax.getDim() + 1", "softmax.getDim()"),
    Mutant("a concatenation over time joins the axis before", "Transforms/TimeAxis.cpp",
           "concat.getDim() + 1", "std::max<int64_t>(concat.getDim(), 1)"),
    Mutant("a scan that is split runs forwards", "Transforms/FissionScan.cpp",
           "scan.getReverse(), scan.getUntil());", "false, scan.getUntil());"),
    Mutant("joined products are cut at the wrong gate", "Transforms/JoinContractions.cpp",
           "product.resultAxis, offset + gate);", "product.resultAxis, offset);"),
    Mutant("gates in the wrong order", "Transforms/SplitGates.cpp",
           "int64_t offset = gate * gates.size;", "int64_t offset = (gates.slices.size() - 1 - gate) * gates.size;"),
    Mutant("a mask's bound is off by one", "Transforms/FoldMask.cpp",
           "reversed.plus(predicate == P::slt ? -1 : 0)", "reversed.plus(predicate == P::slt ? 0 : 0)"),
    Mutant("hidden pairs are seen", "Target/CPU/AttentionRows.cpp",
           "logit = l.vectors().select(seen, logit, l.vectors().neg(l.vectors().infinity()));", "(void)seen;"),
    Mutant("what was summed of tiles before is not scaled anew", "Target/CPU/AttentionRows.cpp",
           "scalars.fma(l.loadOne(totals, r), shrink, total)", "scalars.add(l.loadOne(totals, r), total)"),
    Mutant("the last tile begins late", "Target/CPU/EmitTiles.cpp", "{d * step, s - step}", "{d * step, s - step + 1}"),
    Mutant("what is left of a row is not summed", "Target/CPU/EmitRows.cpp",
           "if (size && *size % lanes == 0)", "if (lanes > 1)"),
    Mutant("the last panel is packed from the wrong place", "Target/CPU/Pack.cpp",
           "arith::ConstantIndexOp::create(b, *n - lanes);", "arith::ConstantIndexOp::create(b, 0);"),
    Mutant("a coefficient of exp", "Target/CPU/MathExp.cpp", "4.16664649e-2", "5.16664649e-2"),
    Mutant("a variance is not centred", "Conversion/RondoToLinalg/Normalizations.cpp",
           "return means.empty() ? x[0] : l.sub(x[0], x[1]);", "return x[0];"),
    Mutant("argmax takes the last of equal values", "Conversion/RondoToLinalg/Products.cpp",
           "largest ? arith::CmpFPredicate::UGT : arith::CmpFPredicate::ULT",
           "largest ? arith::CmpFPredicate::UGE : arith::CmpFPredicate::ULE"),
]
