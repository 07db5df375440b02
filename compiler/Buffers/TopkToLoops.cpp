// rondo-topk-to-loops: rondo.topk on memrefs becomes loops.
//
// Needs destinations that overlap neither each other nor the input, and k at most the row's length.
// Guarantees loops without allocations. The destinations of a row are a heap of pairs (value, index) whose
// root is the one that comes last; "comes before" is a total order, since of equal values the lower index
// comes first. So a heap, which is not stable, gives the stable order.
#include "compiler/Buffers/Passes.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace rondo {
#define GEN_PASS_DEF_TOPKTOLOOPS
#include "compiler/Buffers/Passes.h.inc"
} // namespace rondo

using namespace mlir;
using namespace rondo;

namespace {

/// An element and where it stood in its row.
struct Pair {
  Value value, place;
};

/// The code for one row; `b` is where it is written.
class RowEmitter {
public:
  RowEmitter(TopkOp op, OpBuilder &b, ValueRange others)
      : op(op), b(b), loc(op.getLoc()), others(others), zero(number(0)), one(number(1)), two(number(2)) {}

  void emit(Value n, Value k) {
    loop(zero, k, [&](Value i) { store(i, element(i)); });
    // From the last parent to the first, each joins the heaps below it.
    Value parents = arith::DivUIOp::create(b, loc, k, two);
    loop(zero, parents, [&](Value i) {
      Value parent = minus(minus(parents, one), i);
      sift(parent, k, held(parent));
    });
    // What comes before the last one held takes its place.
    loop(k, n, [&](Value i) {
      Pair next = element(i);
      when(comesBefore(next, held(zero)), [&] { sift(zero, k, next); });
    });
    // The last goes behind the others, again and again.
    loop(one, k, [&](Value i) {
      Value end = minus(k, i);
      Pair last = held(zero), next = held(end);
      store(end, last);
      sift(zero, end, next);
    });
  }

  Value number(int64_t value) { return arith::ConstantIndexOp::create(b, loc, value); }

private:
  /// Puts `pair` into the heap [root, end), whose root is free.
  void sift(Value root, Value end, Pair pair) {
    auto loop = scf::WhileOp::create(
        b, loc, TypeRange{b.getIndexType()}, ValueRange{root},
        [&](OpBuilder &inner, Location, ValueRange hole) {
          At at(*this, inner);
          // Where a child comes after the pair, the hole moves there and the child up.
          Value left = plus(times(hole[0], two), one), right = plus(left, one);
          Value hasLeft = less(left, end);
          auto step = scf::IfOp::create(
              b, loc, hasLeft,
              [&](OpBuilder &inner, Location) {
                At at(*this, inner);
                Value child = later(left, right, end);
                Value moves = comesBefore(pair, held(child));
                when(moves, [&] { store(hole[0], held(child)); });
                scf::YieldOp::create(b, loc, ValueRange{moves, child});
              },
              [&](OpBuilder &inner, Location) {
                scf::YieldOp::create(inner, loc, ValueRange{hasLeft, hole[0]});
              });
          Value moves = step.getResult(0);
          Value next = arith::SelectOp::create(b, loc, moves, step.getResult(1), hole[0]);
          scf::ConditionOp::create(b, loc, moves, next);
        },
        [&](OpBuilder &inner, Location, ValueRange hole) { scf::YieldOp::create(inner, loc, hole); });
    store(loop.getResult(0), pair);
  }

  /// The child that comes later; `right` may be behind the heap.
  Value later(Value left, Value right, Value end) {
    auto choice = scf::IfOp::create(
        b, loc, less(right, end),
        [&](OpBuilder &inner, Location) {
          At at(*this, inner);
          Value isRight = comesBefore(held(left), held(right));
          scf::YieldOp::create(b, loc, arith::SelectOp::create(b, loc, isRight, right, left).getResult());
        },
        [&](OpBuilder &inner, Location) { scf::YieldOp::create(inner, loc, left); });
    return choice.getResult(0);
  }

  /// The total order. NaN is the greatest.
  Value comesBefore(Pair x, Pair y) {
    Value before, equal;
    if (isa<FloatType>(x.value.getType())) {
      // Descending: x > y, or x is NaN and y is not. Ascending: x < y, or y is NaN and x is not.
      using P = arith::CmpFPredicate;
      Value finite = op.getLargest() ? y.value : x.value;
      Value isNumber = arith::CmpFOp::create(b, loc, P::ORD, finite, finite);
      Value better = arith::CmpFOp::create(b, loc, op.getLargest() ? P::UGT : P::ULT, x.value, y.value);
      before = both(better, isNumber);
      Value nan = both(arith::CmpFOp::create(b, loc, P::UNO, x.value, x.value),
                       arith::CmpFOp::create(b, loc, P::UNO, y.value, y.value));
      equal = arith::OrIOp::create(b, loc, arith::CmpFOp::create(b, loc, P::OEQ, x.value, y.value), nan);
    } else {
      using P = arith::CmpIPredicate;
      before = arith::CmpIOp::create(b, loc, op.getLargest() ? P::sgt : P::slt, x.value, y.value);
      equal = arith::CmpIOp::create(b, loc, P::eq, x.value, y.value);
    }
    Value earlier = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, x.place, y.place);
    return arith::OrIOp::create(b, loc, before, both(equal, earlier));
  }

  //===--- the row ---===//
  SmallVector<Value> at(Value i) {
    SmallVector<Value> indices(others);
    indices.insert(indices.begin() + op.getDim(), i);
    return indices;
  }
  Pair element(Value i) {
    return {memref::LoadOp::create(b, loc, op.getInput(), at(i)),
            arith::IndexCastOp::create(b, loc, b.getI64Type(), i)};
  }
  Pair held(Value i) {
    return {memref::LoadOp::create(b, loc, op.getValues(), at(i)),
            memref::LoadOp::create(b, loc, op.getIndices(), at(i))};
  }
  void store(Value i, Pair pair) {
    memref::StoreOp::create(b, loc, pair.value, op.getValues(), at(i));
    memref::StoreOp::create(b, loc, pair.place, op.getIndices(), at(i));
  }

  //===--- control, arithmetic ---===//
  /// Writes to another place while it lives.
  struct At {
    At(RowEmitter &row, OpBuilder &inner) : guard(row.b) {
      row.b.restoreInsertionPoint(inner.saveInsertionPoint());
    }
    OpBuilder::InsertionGuard guard;
  };
  void loop(Value from, Value to, llvm::function_ref<void(Value)> body) {
    scf::ForOp::create(b, loc, from, to, one, ValueRange(),
                       [&](OpBuilder &inner, Location, Value i, ValueRange) {
                         At at(*this, inner);
                         body(i);
                         scf::YieldOp::create(b, loc);
                       });
  }
  void when(Value condition, llvm::function_ref<void()> body) {
    scf::IfOp::create(b, loc, condition, [&](OpBuilder &inner, Location) {
      At at(*this, inner);
      body();
      scf::YieldOp::create(b, loc);
    });
  }
  Value plus(Value x, Value y) { return arith::AddIOp::create(b, loc, x, y); }
  Value minus(Value x, Value y) { return arith::SubIOp::create(b, loc, x, y); }
  Value times(Value x, Value y) { return arith::MulIOp::create(b, loc, x, y); }
  Value both(Value x, Value y) { return arith::AndIOp::create(b, loc, x, y); }
  Value less(Value x, Value y) { return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, x, y); }

  TopkOp op;
  OpBuilder &b;
  Location loc;
  SmallVector<Value> others; // the row's place along the other axes
  Value zero, one, two;
};

void lower(TopkOp op) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  auto size = [&](Value buffer, int64_t axis) -> Value {
    return getValueOrCreateConstantIndexOp(b, loc, memref::getMixedSize(b, loc, buffer, axis));
  };
  Value zero = arith::ConstantIndexOp::create(b, loc, 0), one = arith::ConstantIndexOp::create(b, loc, 1);
  SmallVector<Value> upper;
  for (int64_t axis = 0, dim = op.getDim(); axis < cast<MemRefType>(op.getInput().getType()).getRank();
       ++axis)
    if (axis != dim)
      upper.push_back(size(op.getInput(), axis));
  Value n = size(op.getInput(), op.getDim()), k = size(op.getValues(), op.getDim());
  SmallVector<Value> lower(upper.size(), zero), step(upper.size(), one);
  scf::buildLoopNest(b, loc, lower, upper, step, [&](OpBuilder &inner, Location, ValueRange at) {
    RowEmitter(op, inner, at).emit(n, k);
  });
  op.erase();
}

struct TopkToLoops : rondo::impl::TopkToLoopsBase<TopkToLoops> {
  void runOnOperation() override {
    getOperation().walk([](TopkOp op) {
      if (isa<MemRefType>(op.getInput().getType()))
        lower(op);
    });
  }
};

} // namespace
