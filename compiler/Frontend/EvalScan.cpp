// scan: one loop over the leading axis of tensors and over counters.
//
// The body is evaluated once, into the region of a `rondo.scan`. Its names are a
// scope of their own; a carry's name is its old value until it is assigned, and
// what it holds at the end is its next value. With `lengths`, rows that have
// ended keep their carries and yield 0.
#include "compiler/Frontend/EvaluatorImpl.h"
#include "compiler/Frontend/ScanBody.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace rondo::sema {

namespace {
// A `NAME in e`: a tensor to be sliced, or a counter.
struct Source {
  const ast::ScanExpr::Source *decl;
  std::optional<Tensor> sequence;
  Value begin; // of a counter
};

// A carried tensor or list of tensors, flattened.
struct Carry {
  const ast::ScanExpr::Carry *decl;
  bool isList = false;
  SmallVector<Tensor> starts;
  Value old; // in the body
  SourceRange origin;
  bool failed = false;
};
} // namespace

// The step as a rank-0 i64.
static Tensor stepTensor(FunctionEmitter &f, mlir::Value step) {
  mlir::Value number = f.create<arith::IndexCastOp>(f.builder.getI64Type(), step);
  return {f.create<tensor::FromElementsOp>(f.type(DType::I64, {}), number), DType::I64, {}};
}

// The number of steps of a counter whose end is a tensor; at least 0.
static mlir::Value tripCount(FunctionEmitter &f, const Tensor &begin, const Tensor &end) {
  Tensor n = arithmetic(f, Arithmetic::Sub, convert(f, end, DType::I64), convert(f, begin, DType::I64));
  n = arithmetic(f, Arithmetic::Max, n, filledLike(f, 0, n));
  mlir::Value number = f.create<tensor::ExtractOp>(n.value, ValueRange{});
  return f.create<arith::IndexCastOp>(f.builder.getIndexType(), number);
}

// A late size in messages; of a call, by the place of the call too.
std::string Evaluator::lateName(StringRef what, SourceRange range) const {
  LineColumn at = files[range.file].lineColumn(range.begin);
  return (what.split(", called").first + (what.contains(" at ") ? ", called at " : " at ") + Twine(at.line) +
          ":" + Twine(at.column))
      .str();
}

// What ends a scan with `until`, over the names of its body.
std::optional<Tensor> Evaluator::evalUntil(const ast::ScanExpr &expr) {
  Value value = evalSingle(*expr.until);
  const Tensor *tensor = value.get<Tensor>();
  if (value.is<bool>())
    return toTensor(value);
  if (tensor && tensor->dtype == DType::Bool && tensor->rank() == 0)
    return *tensor;
  if (!value.isPoison())
    error(expr.until->range,
          "`until` needs a bool of rank 0, found " + value.describe() +
              (tensor && tensor->dtype == DType::Bool ? ": `any` or `all` makes one of several" : ""));
  return std::nullopt;
}

Value Evaluator::evalScan(const ast::ScanExpr &expr) {
  if (!fn) {
    error(expr.headRange, "`scan` stands in a `def`");
    return Poison{};
  }
  FunctionEmitter &f = *fn;
  bool ok = true;

  //===--- The head -----------------------------------------------------===//

  llvm::StringMap<SourceRange> names;
  auto declare = [&](const ast::Identifier &name) {
    if (name.isDiscard())
      return;
    auto [place, isNew] = names.try_emplace(name.text, name.range);
    if (isNew)
      return;
    error(name.range, "`" + name.text +
                          "` is already a name of this scan: its elements, counters and carries have "
                          "different names")
        .note(place->second, "first named here");
    ok = false;
  };

  std::optional<Size> steps; // if known as a size
  mlir::Value dynamicSteps;
  const ast::ScanExpr::Source *stepsFrom = nullptr;
  std::vector<Source> sources;
  for (const ast::ScanExpr::Source &decl : expr.sources) {
    declare(decl.name);
    Source source{&decl, std::nullopt, Value(0)};
    Value value = evalSingle(*decl.sequence);
    SourceRange at = decl.sequence->range;
    std::optional<Size> length;
    if (const Range *range = value.get<Range>()) {
      const auto &[begin, end] = *range->bounds;
      source.begin = begin;
      std::optional<Size> from = begin.asSize(), to = end.asSize();
      if (from && to) {
        length = *to - *from;
        if (length->isTooLarge()) {
          error(at, "the range " + quote(at, "") + " is too long");
          length = Size(0);
          ok = false;
        }
        if (!isNonNegative(*length))
          length = sizes.max(*length, Size(0));
      } else if (expr.yield || expr.sources.size() > 1) {
        Diagnostic &diagnostic =
            error(at, "the bounds of a counter must be an int (a constant or a size) " +
                          Twine(expr.yield ? "where the scan yields" : "beside other sources") + "; " +
                          quote(at, "this") + " has a tensor bound, " + (from ? end : begin).describe());
        noteOrigin(diagnostic, from ? end : begin, "the bound", at);
        ok = false;
      } else {
        LocationScope place(f, location(at));
        dynamicSteps = tripCount(f, toTensor(begin), toTensor(end));
      }
    } else if (const Tensor *tensor = value.get<Tensor>()) {
      if (tensor->rank() == 0) {
        error(at, "`scan` runs along the leading axis of a tensor; " + quote(at, "this") + " is " +
                      tensor->str() + ", which has none" +
                      (isInteger(tensor->dtype) ? ": for a counter write `0.." + files.text(at).str() + "`"
                                                : ""));
        ok = false;
      } else {
        source.sequence = *tensor;
        length = tensor->shape[0];
      }
    } else {
      if (!value.isPoison())
        error(at, "`scan` takes a tensor or a range, found " + value.describe() +
                      (value.asSize() ? ": for a counter write `0.." + value.text() + "`" : ""));
      ok = false;
    }
    if (length && !steps) {
      steps = length;
      stepsFrom = &decl;
    } else if (length && !sameSize(*length, *steps)) {
      error(at, "the sources of a scan must have equal lengths: " +
                    quote(stepsFrom->sequence->range, "the first") + " has " + steps->str() + ", " +
                    quote(at, "this") + " has " + length->str())
          .note(stepsFrom->range, "the length " + steps->str() + " is from here");
      ok = false;
    }
    sources.push_back(std::move(source));
  }

  std::vector<Carry> carries;
  for (const ast::ScanExpr::Carry &decl : expr.carries) {
    declare(decl.name);
    Carry carry;
    carry.decl = &decl;
    Value value = evalSingle(*decl.init);
    carry.origin = decl.range;
    auto add = [&](const Value &part) {
      if (part.isArray()) {
        LocationScope place(f, location(decl.range));
        carry.starts.push_back(toTensor(part));
        return;
      }
      if (!part.isPoison())
        error(decl.init->range, "a carry is a tensor or a list of tensors; `" + decl.name.text +
                                    "` starts as " + part.describe());
      carry.failed = true;
    };
    if (const List *list = value.get<List>()) {
      carry.isList = true;
      for (const Value &element : *list->elements)
        add(element);
    } else {
      add(value);
    }
    carries.push_back(std::move(carry));
  }

  bool isReverse = expr.isReverse();
  if (expr.reverseCondition) {
    std::optional<bool> condition = evalCondition(*expr.reverseCondition, "the condition of `reverse if`");
    ok &= condition.has_value();
    isReverse = condition.value_or(false);
  }
  if (expr.until && isReverse) {
    error(expr.untilRange, "`until` cannot stop a scan that is `reverse`");
    ok = false;
  }
  std::optional<Tensor> lengths;
  if (expr.lengths) {
    Value value = evalSingle(*expr.lengths);
    const Tensor *tensor = value.get<Tensor>();
    if (tensor && tensor->rank() == 1 && isInteger(tensor->dtype)) {
      lengths = convert(f, *tensor, DType::I64);
    } else if (!value.isNone()) {
      if (!value.isPoison())
        error(expr.lengthsRange, "`lengths` takes the length of each row, i64[B]; " +
                                     quote(expr.lengths->range, "it") + " is " + value.describe());
      ok = false;
    }
    if (lengths && !steps) {
      error(expr.lengthsRange, "`lengths` needs a number of steps that is a size");
      ok = false;
    }
  }

  //===--- The body -----------------------------------------------------===//

  if (!steps && !dynamicSteps)
    ok = false;
  mlir::Value stepsValue = steps ? f.size(*steps) : dynamicSteps ? dynamicSteps : f.size(Size(0));
  OpBuilder::InsertPoint outside = f.builder.saveInsertionPoint();
  Location loc = location(expr.headRange);

  // Rows that have ended, checked once.
  if (lengths && ok) {
    LocationScope place(f, location(expr.lengthsRange));
    Tensor most = sizeFilled(f, *steps, lengths->shape);
    mlir::Value inside = f.create<arith::CmpIOp>(arith::CmpIPredicate::ule, lengths->value, most.value);
    check(f, {inside, DType::Bool, lengths->shape},
          "lengths: a value is below 0 or above the number of steps, " + steps->str());
  }

  Region region;
  Block *body = &region.emplaceBlock();
  mlir::Value step = body->addArgument(f.builder.getIndexType(), loc);
  SmallVector<mlir::Value> ins, starts;
  llvm::SaveAndRestore<std::optional<Tensor>> rows(f.liveRows, f.liveRows);
  f.builder.setInsertionPointToStart(body);
  Scope scope;
  scope.kind = Scope::Kind::Scan;
  auto name = [&](const ast::Identifier &id, Value value, SourceRange origin) {
    value.origin = origin;
    if (!id.isDiscard())
      scope.names[id.text] = std::move(value);
  };
  Shape stacked; // sizes of inputs are those of the first source
  for (Source &source : sources) {
    if (!source.sequence)
      continue;
    Tensor sequence = *source.sequence;
    Shape slice(sequence.shape.begin() + 1, sequence.shape.end());
    if (steps) {
      Shape whole = sequence.shape;
      whole[0] = *steps;
      OpBuilder::InsertionGuard guard(f.builder);
      f.builder.restoreInsertionPoint(outside);
      sequence = conform(f, sequence, whole);
    }
    ins.push_back(sequence.value);
    Type type = f.type(sequence.dtype, slice);
    mlir::Value argument = body->addArgument(type, variable(source.decl->name, type));
    name(source.decl->name, Tensor{argument, sequence.dtype, slice}, source.decl->range);
  }
  for (Source &source : sources) {
    if (source.sequence)
      continue;
    LocationScope place(f, location(source.decl->range, source.decl->name.text));
    bool isCounter = source.begin.isArray() && ok;
    Value counter = Poison{};
    if (isCounter) {
      Tensor t = stepTensor(f, step);
      if (!(source.begin.is<int64_t>() && *source.begin.get<int64_t>() == 0))
        t = arithmetic(f, Arithmetic::Add, t, convert(f, toTensor(source.begin), DType::I64));
      counter = t;
    }
    name(source.decl->name, counter, source.decl->range);
  }
  for (Carry &carry : carries) {
    Values olds;
    for (Tensor &start : carry.starts) {
      mlir::Value argument =
          body->addArgument(start.value.getType(), variable(carry.decl->name, start.value.getType()));
      olds.push_back(Tensor{argument, start.dtype, start.shape});
      starts.push_back(start.value);
    }
    Value old = carry.failed ? Value(Poison{}) : carry.isList ? Value::list(olds) : olds[0];
    carry.old = old;
    name(carry.decl->name, old, carry.decl->range);
  }

  std::optional<Tensor> live;
  if (lengths && ok) {
    LocationScope place(f, location(expr.lengthsRange));
    live = compare(f, ast::CompareOp::Lt, broadcast(f, stepTensor(f, step), lengths->shape), *lengths);
    // Within an outer scan with lengths, rows live in both.
    if (f.liveRows && sameShape(f.liveRows->shape, live->shape))
      f.liveRows = logicalAnd(f, *f.liveRows, *live);
    else
      f.liveRows = live;
  }

  // Where a carry or a state fits, rows that have ended keep what they have; where it does not, that is told
  // later.
  auto keepRows = [&](const Tensor &was, const Tensor &now) {
    bool fits = was.dtype == now.dtype && sameShape(was.shape, now.shape) && now.rank() > 0 &&
                sameSize(now.shape[0], live->shape[0]);
    return fits ? choose(f, broadcastAlong(f, *live, now.shape, {0}), now, was) : now;
  };
  std::function<void(const Value &, Value &)> keepEnded = [&](const Value &old, Value &next) {
    const List *olds = old.get<List>(), *nexts = next.get<List>();
    if (olds && nexts && olds->elements->size() == nexts->elements->size()) {
      Values parts = *nexts->elements;
      for (auto [was, part] : llvm::zip(*olds->elements, parts))
        keepEnded(was, part);
      next = Value::list(std::move(parts));
    }
    const Tensor *was = old.get<Tensor>(), *now = next.get<Tensor>();
    if (was && now)
      next = keepRows(*was, *now);
  };

  ScanBody inner{&expr, {}};
  size_t firstLate = f.lateSizes.size();
  std::optional<Tensor> condition;
  {
    llvm::SaveAndRestore<ScanBody *> nested(scanBody, &inner);
    size_t loopDepth = f.loops.size();
    if (steps && !steps->isConstant())
      f.loops.push_back(*steps);
    frame->scopes.push_back(std::move(scope));
    f.stateScopes.push_back({body, {}});
    exec(expr.body);
    scope = frame->scopes.back();
    if (expr.until) {
      // Of next values, as the scan carries them.
      if (live) {
        for (const Carry &carry : carries)
          if (!carry.decl->name.isDiscard())
            keepEnded(carry.old, frame->scopes.back().names[carry.decl->name.text]);
        for (auto &[state, value] : f.stateScopes.back().states)
          if (value.isAssigned())
            value.now = keepRows(value.old, value.now);
      }
      condition = evalUntil(expr);
      ok &= condition.has_value();
    }
    frame->scopes.pop_back();
    f.loops.truncate(loopDepth);
  }

  llvm::MapVector<const State *, StateValue> states = std::move(f.stateScopes.back().states);
  f.stateScopes.pop_back();

  //===--- What the body leaves -----------------------------------------===//

  // Rows that have ended keep what they have.
  auto masked = [&](const Tensor &next, std::optional<Tensor> old, SourceRange range,
                    const Twine &what) -> std::optional<Tensor> {
    if (!live)
      return next;
    if (next.rank() == 0 || !sameSize(next.shape[0], live->shape[0])) {
      error(range, what + " is " + next.str() +
                       "; with `lengths` its leading axis must be the batch, of size " +
                       live->shape[0].str());
      return std::nullopt;
    }
    Tensor rows = broadcastAlong(f, *live, next.shape, {0});
    return choose(f, rows, next, old ? *old : filledLike(f, 0, next));
  };

  SmallVector<mlir::Value> leaves;
  SmallVector<Tensor> stacks;
  LocationScope place(f, loc);
  for (auto [i, value] : llvm::enumerate(inner.yields)) {
    const Tensor *tensor = value.get<Tensor>();
    if (!tensor) {
      ok = false;
      continue;
    }
    SourceRange at = expr.yield->values[i]->range;
    std::optional<Tensor> yielded = masked(*tensor, std::nullopt, at, "what is yielded");
    if (!yielded) {
      ok = false;
      continue;
    }
    bool isOfTheStep = llvm::any_of(ArrayRef(f.lateSizes).drop_front(firstLate), [&](const auto &late) {
      bool found = false;
      for (const Size &size : yielded->shape)
        size.visitBaseAtoms([&](const SizeAtom *atom) { found |= atom == late.atom; });
      return found;
    });
    if (isOfTheStep) {
      error(at, "what is yielded must have the same shape at every step; " + quote(at, "this") + " is " +
                    yielded->str() + ", of a size that each step finds out");
      ok = false;
      continue;
    }
    leaves.push_back(yielded->value);
    Shape shape = {steps.value_or(Size(0))};
    shape.append(yielded->shape.begin(), yielded->shape.end());
    stacks.push_back({mlir::Value(), yielded->dtype, shape});
  }

  size_t argument = 1 + ins.size();
  for (Carry &carry : carries) {
    StringRef carryName = carry.decl->name.text;
    Value next = carry.decl->name.isDiscard() ? Value() : scope.names[carryName];
    Values parts;
    if (carry.isList && next.is<List>())
      parts = *next.get<List>()->elements;
    else
      parts = {next};
    if (carry.failed || (!carry.decl->name.isDiscard() && next.isPoison())) {
      ok = false;
      argument += carry.starts.size();
      continue;
    }
    auto keep = [&](const Twine &was, const Twine &becomes) {
      error(next.origin.isValid() ? next.origin : carry.decl->range,
            "the carry `" + carryName + "` must keep its type and shape: it starts as " + was +
                ", its next value is " + becomes)
          .note(carry.origin, "it starts here");
      ok = false;
    };
    if (carry.decl->name.isDiscard()) {
      parts.clear();
      for (size_t i = 0; i < carry.starts.size(); ++i)
        parts.push_back(
            Tensor{body->getArgument(argument + i), carry.starts[i].dtype, carry.starts[i].shape});
    } else if (carry.isList != next.is<List>() || parts.size() != carry.starts.size()) {
      keep(carry.isList ? "a list of " + std::to_string(carry.starts.size()) : carry.starts[0].str(),
           next.describe());
      argument += carry.starts.size();
      continue;
    }
    for (auto [start, part] : llvm::zip(carry.starts, parts)) {
      Tensor old{body->getArgument(argument++), start.dtype, start.shape};
      if (part.isPoison()) {
        ok = false;
        continue;
      }
      bool fits = part.isArray();
      Tensor value;
      if (fits) {
        bool widens =
            part.isNumber() && !(part.is<double>() && !isFloat(start.dtype)) && start.dtype != DType::Bool;
        value = widens ? toTensor(part, start.dtype) : toTensor(part);
        fits = value.dtype == start.dtype && sameShape(value.shape, start.shape);
      }
      if (!fits) {
        keep(start.str(), part.describe());
        continue;
      }
      std::optional<Tensor> kept =
          masked(conform(f, value, start.shape), old, carry.decl->range, "the carry `" + carryName + "`");
      if (kept)
        leaves.push_back(kept->value);
      ok &= kept.has_value();
    }
  }

  // States that it assigned are carried; those that it only read are as they are outside.
  for (auto &[state, value] : states) {
    if (!value.isAssigned())
      continue;
    std::optional<Tensor> kept =
        masked(value.now, value.old, value.assigned, "the state `" + state->decl->name.text + "`");
    if (kept)
      leaves.push_back(kept->value);
    ok &= kept.has_value();
    starts.push_back(f.state(state, value.old.shape).now.value);
  }

  //===--- Results ------------------------------------------------------===//

  f.builder.restoreInsertionPoint(outside);
  if (!ok) {
    size_t n = (expr.yield ? expr.yield->values.size() : 0) + carries.size();
    return n == 0 ? Value(Results{std::make_shared<const Values>()})
                  : Value::results(Values(n, Value(Poison{})));
  }

  SmallVector<Type> types;
  for (const Tensor &stack : stacks)
    types.push_back(f.type(stack.dtype, stack.shape));
  for (mlir::Value start : starts)
    types.push_back(start.getType());
  {
    OpBuilder::InsertionGuard guard(f.builder);
    f.builder.setInsertionPointToEnd(body);
    if (condition)
      leaves.push_back(f.create<tensor::ExtractOp>(condition->value, ValueRange{}));
    YieldOp::create(f.builder, location(expr.yield ? expr.yield->range : expr.headRange), leaves);
  }
  for (auto &[state, value] : states) {
    if (value.isAssigned())
      continue;
    auto argument = cast<BlockArgument>(value.old.value);
    argument.replaceAllUsesWith(f.state(state, value.old.shape).now.value);
    body->eraseArgument(argument.getArgNumber());
  }
  if (condition)
    types.push_back(f.type(DType::I64, {}));
  auto scan = f.create<ScanOp>(types, stepsValue, ins, starts, isReverse, condition.has_value());
  scan.getBody().takeBody(region);

  std::optional<Size> done; // the length of stacks that `until` cuts
  if (condition && !stacks.empty() && !steps->isConstant(0)) {
    mlir::Value count = f.create<tensor::ExtractOp>(scan.stepsDone(), ValueRange{});
    done = f.lateSize(lateName("steps of the scan", expr.headRange),
                      f.create<arith::IndexCastOp>(f.builder.getIndexType(), count), *steps);
  }
  Values results;
  unsigned index = 0;
  for (Tensor &stack : stacks) {
    stack.value = scan->getResult(index++);
    results.push_back(done ? narrow(f, stack, 0, Size(0), *done) : stack);
  }
  for (Carry &carry : carries) {
    Values parts;
    for (Tensor &start : carry.starts)
      parts.push_back(Tensor{scan->getResult(index++), start.dtype, start.shape});
    results.push_back(carry.isList ? Value::list(std::move(parts)) : parts[0]);
  }
  for (auto &[state, value] : states) {
    if (!value.isAssigned())
      continue;
    StateValue &outer = f.state(state, value.old.shape);
    outer.now.value = scan->getResult(index++);
    outer.assigned = value.assigned;
  }
  return Value::results(std::move(results));
}

} // namespace rondo::sema
