// Loops and arithmetic on vectors of some lanes, for kernels that are written by hand.
#pragma once

#include "compiler/Target/CPU/FloatBuilder.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace rondo::cpu {

/// Makes operations at the insertion point of `b`, which loops move into their bodies and back. Sizes and
/// places are of type index.
class LaneBuilder {
public:
  using Value = mlir::Value;
  using Values = llvm::SmallVector<mlir::Value>;
  using Range = mlir::ValueRange;

  LaneBuilder(mlir::ImplicitLocOpBuilder b, mlir::FloatType element, int64_t lanes)
      : b(std::move(b)), element(element), lanes(lanes), vector(mlir::VectorType::get({lanes}, element)) {}

  mlir::ImplicitLocOpBuilder b;
  mlir::FloatType element;
  int64_t lanes;
  mlir::VectorType vector; // of elements

  //===--- sizes and places ---===//
  Value index(int64_t value) { return mlir::arith::ConstantIndexOp::create(b, value); }
  Value add(Value x, Value y) { return b.createOrFold<mlir::arith::AddIOp>(x, y); }
  Value add(Value x, int64_t y) { return y ? add(x, index(y)) : x; }
  Value sub(Value x, Value y) { return b.createOrFold<mlir::arith::SubIOp>(x, y); }
  Value mul(Value x, Value y) { return b.createOrFold<mlir::arith::MulIOp>(x, y); }
  Value lesser(Value x, Value y) { return b.createOrFold<mlir::arith::MinSIOp>(x, y); }
  Value greater(Value x, Value y) { return b.createOrFold<mlir::arith::MaxSIOp>(x, y); }
  Value clamp(Value x, Value lo, Value hi) { return greater(lesser(x, hi), lo); }
  Value less(Value x, Value y) {
    return b.createOrFold<mlir::arith::CmpIOp>(mlir::arith::CmpIPredicate::slt, x, y);
  }
  Value both(Value x, Value y) { return b.createOrFold<mlir::arith::AndIOp>(x, y); }
  Value truth(bool value) { return mlir::arith::ConstantIntOp::create(b, b.getI1Type(), value); }
  Value choose(Value condition, Value x, Value y) {
    return b.createOrFold<mlir::arith::SelectOp>(condition, x, y);
  }
  // Of x >= 0.
  Value div(Value x, Value by) { return b.createOrFold<mlir::arith::DivUIOp>(x, by); }
  Value rem(Value x, Value by) { return b.createOrFold<mlir::arith::RemUIOp>(x, by); }
  Value pieces(Value x, int64_t by) { return b.createOrFold<mlir::arith::CeilDivUIOp>(x, index(by)); }
  Value floorTo(Value x, int64_t multiple) { return sub(x, rem(x, index(multiple))); }
  Value ceilTo(Value x, int64_t multiple) { return floorTo(add(x, multiple - 1), multiple); }
  Value asIndex(Value x) { return b.createOrFold<mlir::arith::IndexCastOp>(b.getIndexType(), x); }
  Value asInt(Value x) { return b.createOrFold<mlir::arith::IndexCastOp>(b.getI64Type(), x); }

  //===--- control ---===//
  using Body = llvm::function_ref<Values(Value place, Range carried)>;
  /// for (place = from; place < to; place += step); what it carries last.
  Values loop(Value from, Value to, int64_t step, Range init, Body body) {
    auto loop = mlir::scf::ForOp::create(b, from, to, index(step), init);
    mlir::OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Values next = body(loop.getInductionVar(), loop.getRegionIterArgs());
    if (!init.empty()) // else the terminator is there
      mlir::scf::YieldOp::create(b, next);
    return Values(loop.getResults());
  }
  void loop(Value from, Value to, int64_t step, llvm::function_ref<void(Value place)> body) {
    loop(from, to, step, {}, [&](Value place, Range) { return body(place), Values(); });
  }
  void when(Value condition, llvm::function_ref<void()> then, llvm::function_ref<void()> otherwise = {}) {
    auto branch = mlir::scf::IfOp::create(b, condition, /*withElseRegion=*/bool(otherwise));
    mlir::OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    then();
    if (!otherwise)
      return;
    b.setInsertionPointToStart(branch.elseBlock());
    otherwise();
  }

  //===--- elements ---===//
  FloatBuilder scalars() { return FloatBuilder(b, element); }
  FloatBuilder vectors() { return FloatBuilder(b, vector); }
  FloatBuilder like(Value x) { return FloatBuilder(b, x.getType()); }
  Value splat(Value x) {
    return mlir::vector::BroadcastOp::create(b, mlir::VectorType::get({lanes}, x.getType()), x);
  }
  /// The first `count` lanes, of which there are fewer than `lanes` or more.
  Value firstLanes(Value count) {
    return mlir::vector::CreateMaskOp::create(b, mlir::VectorType::get({lanes}, b.getI1Type()), count);
  }
  Value load(Value from, Range at) { return mlir::vector::LoadOp::create(b, vector, from, at); }
  Value load(Value from, Range at, Value mask) { // 0 in lanes without
    return mask ? mlir::vector::MaskedLoadOp::create(b, vector, from, at, mask, vectors().c(0)).getResult()
                : load(from, at);
  }
  void store(Value x, Value to, Range at) { mlir::vector::StoreOp::create(b, x, to, at); }
  Value loadOne(Value from, Range at) { return mlir::memref::LoadOp::create(b, from, at); }
  void storeOne(Value x, Value to, Range at) { mlir::memref::StoreOp::create(b, x, to, at); }
  /// y if x is NaN; one instruction on x86.
  Value larger(Value x, Value y) {
    FloatBuilder m = like(x);
    return m.select(m.gt(x, y), x, y);
  }
  /// All lanes as one, by halves.
  Value reduce(Value x, llvm::function_ref<Value(Value, Value)> combine) {
    for (int64_t half = lanes / 2; half; half /= 2) {
      llvm::SmallVector<int64_t> from(lanes);
      for (int64_t lane = 0; lane < lanes; ++lane)
        from[lane] = (lane + half) % lanes;
      x = combine(x, mlir::vector::ShuffleOp::create(b, x, x, from));
    }
    return mlir::vector::ExtractOp::create(b, x, 0);
  }
  /// Of i1 lanes.
  Value any(Value x) { return mlir::vector::ReductionOp::create(b, mlir::vector::CombiningKind::OR, x); }
  Value all(Value x) { return mlir::vector::ReductionOp::create(b, mlir::vector::CombiningKind::AND, x); }
  /// x0 y0 x1 y1 ... of the first halves, or of the second ones.
  Value interleave(Value x, Value y, bool secondHalf) {
    llvm::SmallVector<int64_t> from;
    for (int64_t lane = secondHalf ? lanes / 2 : 0; from.size() < size_t(lanes); ++lane)
      from.append({lane, lanes + lane});
    return mlir::vector::ShuffleOp::create(b, x, y, from);
  }
  /// Lane r of vector c of the result is lane c of `rows[r]`; as many rows as lanes. Each step moves one bit
  /// of the number of a row into the number of a lane, and one back.
  Values transpose(Values rows) {
    for (int64_t step = 1; step < lanes; step *= 2) {
      Values next;
      for (int64_t row = 0; row < lanes / 2; ++row)
        for (bool secondHalf : {false, true})
          next.push_back(interleave(rows[row], rows[row + lanes / 2], secondHalf));
      rows = next;
    }
    return rows;
  }
  /// Lane r is the sum of `rows[r]`; as many rows as lanes.
  Value sumEach(Values rows) {
    while (rows.size() > 1) {
      size_t half = rows.size() / 2;
      for (size_t row = 0; row < half; ++row)
        rows[row] = vectors().add(interleave(rows[row], rows[row + half], false),
                                  interleave(rows[row], rows[row + half], true));
      rows.resize(half);
    }
    return rows[0];
  }
};

} // namespace rondo::cpu
