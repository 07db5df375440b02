#include "compiler/Conversion/RuntimeToLLVM/Interface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include "runtime/include/rondo/abi.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace rondo;

/// A size in terms of the dims, as the language writes it; `?` for what it has
/// no operator for. `tight` asks for brackets around sums.
static std::string sizeText(Value size, const EntryPoint &entry, bool tight = false) {
  if (auto arg = dyn_cast<BlockArgument>(size))
    return entry.dims[arg.getArgNumber()].name;
  APInt constant;
  if (matchPattern(size, m_ConstantInt(&constant)))
    return std::to_string(constant.getSExtValue());
  auto binary = [&](StringRef op, bool sum) {
    std::string text = sizeText(size.getDefiningOp()->getOperand(0), entry, true) + " " + op.str() + " " +
                       sizeText(size.getDefiningOp()->getOperand(1), entry, true);
    return tight || !sum ? (tight ? "(" + text + ")" : text) : text;
  };
  auto call = [&](StringRef name) {
    return name.str() + "(" + sizeText(size.getDefiningOp()->getOperand(0), entry) + ", " +
           sizeText(size.getDefiningOp()->getOperand(1), entry) + ")";
  };
  return llvm::TypeSwitch<Operation *, std::string>(size.getDefiningOp())
      .Case([&](arith::AddIOp) { return binary("+", true); })
      .Case([&](arith::SubIOp) { return binary("-", true); })
      .Case([&](arith::MulIOp) { return binary("*", false); })
      .Case<arith::FloorDivSIOp, arith::DivSIOp, arith::DivUIOp>([&](auto) { return binary("//", false); })
      .Case<arith::RemSIOp, arith::RemUIOp>([&](auto) { return binary("%", false); })
      .Case<arith::MaxSIOp, arith::MaxUIOp>([&](auto) { return call("max"); })
      .Case<arith::MinSIOp, arith::MinUIOp>([&](auto) { return call("min"); })
      .Default([](Operation *) { return "?"; });
}

static StringRef dtypeName(uint32_t dtype) {
  constexpr StringLiteral names[] = {"f32", "f64", "f16", "bf16", "i64", "i32", "i8", "u8", "bool"};
  return names[dtype];
}

std::optional<std::string> rondo::plainSymbol(const Artefact &artefact, const EntryPoint &entry) {
  if (!entry.dims.empty())
    return std::nullopt;
  auto isTaken = [&](StringRef name) {
    return name == "model" || name == "prepared" ||
           llvm::any_of(artefact.entries, [&](const EntryPoint &other) {
             return &other != &entry &&
                    (other.label == name || (!other.states.empty() && other.label + "_reset" == name));
           });
  };
  std::string name = entry.label;
  while (isTaken(name))
    name += "_";
  return artefact.name + "_" + name;
}

std::optional<uint64_t> rondo::scratchBytes(const EntryPoint &entry) {
  if (!entry.scratch)
    return RONDO_STATUS_BYTES;
  std::optional<int64_t> bytes = evaluate(entry.scratch);
  if (!bytes)
    return std::nullopt;
  return std::max<uint64_t>(*bytes, RONDO_STATUS_BYTES);
}

DictionaryAttr rondo::interfaceOf(const Artefact &artefact, uint64_t prepareScratchBytes) {
  MLIRContext *ctx = artefact.context;
  Builder b(ctx);
  auto dict = [&](std::initializer_list<std::pair<StringRef, Attribute>> fields) {
    SmallVector<NamedAttribute> attrs;
    for (auto [key, value] : fields)
      if (value)
        attrs.push_back(b.getNamedAttr(key, value));
    return b.getDictionaryAttr(attrs);
  };
  auto number = [&](uint64_t n) { return b.getI64IntegerAttr(n); };

  SmallVector<Attribute> entries;
  for (const EntryPoint &entry : artefact.entries) {
    func::FuncOp shapes = entry.shapes;
    Operation *sizes = shapes.getBody().front().getTerminator();
    auto list = [&](ArrayRef<Buffer> buffers) {
      SmallVector<Attribute> all;
      for (const Buffer &buffer : buffers) {
        SmallVector<Attribute> shape;
        for (unsigned axis = 0; axis < buffer.rank; ++axis)
          shape.push_back(b.getStringAttr(sizeText(sizes->getOperand(buffer.firstSize + axis), entry)));
        all.push_back(dict({{"name", b.getStringAttr(buffer.name)},
                            {"dtype", b.getStringAttr(dtypeName(buffer.dtype))},
                            {"shape", b.getArrayAttr(shape)},
                            {"late", buffer.lateAxes ? number(buffer.lateAxes) : Attribute()},
                            {"default", buffer.defaultValue}}));
      }
      return b.getArrayAttr(all);
    };
    SmallVector<Attribute> dims, numbers;
    SmallVector<NamedAttribute> defaults;
    for (const Dim &dim : entry.dims) {
      dims.push_back(b.getStringAttr(dim.name));
      if (dim.defaultValue)
        defaults.push_back(b.getNamedAttr(dim.name, b.getI64IntegerAttr(*dim.defaultValue)));
      if (dim.arg < 0)
        numbers.push_back(dims.back());
    }
    std::optional<std::string> symbol = plainSymbol(artefact, entry);
    std::optional<uint64_t> scratch = scratchBytes(entry);
    if (entry.reset)
      if (std::optional<uint64_t> bytes = scratchBytes(artefact.resets[*entry.reset]); bytes && scratch)
        scratch = std::max(*scratch, *bytes);
    entries.push_back(dict({{"name", b.getStringAttr(entry.label)},
                            {"dims", b.getArrayAttr(dims)},
                            {"numbers", b.getArrayAttr(numbers)},
                            {"defaults", defaults.empty() ? Attribute() : b.getDictionaryAttr(defaults)},
                            {"args", list(entry.inputs)},
                            {"results", list(entry.outputs)},
                            {"states", entry.states.empty() ? Attribute() : list(entry.states)},
                            {"symbol", symbol ? b.getStringAttr(*symbol) : Attribute()},
                            {"scratch", dims.empty() && scratch ? number(*scratch) : Attribute()}}));
  }
  SmallVector<Attribute> states;
  for (const State &state : artefact.states)
    if (state.plain)
      states.push_back(dict({{"name", b.getStringAttr(state.key)},
                             {"dtype", b.getStringAttr(dtypeName(state.dtype))},
                             {"elements", number(state.plain.getNumElements())},
                             {"offset", number(state.offset)}}));
  return dict({{"name", b.getStringAttr(artefact.name)},
               {"states", states.empty() ? Attribute() : b.getArrayAttr(states)},
               {"entries", b.getArrayAttr(entries)},
               {"params", number(artefact.prepare ? artefact.prepare->inputs.size() : 0)},
               {"prepared_bytes", number(artefact.blob.bytes)},
               {"prepare_scratch_bytes", number(prepareScratchBytes)}});
}
