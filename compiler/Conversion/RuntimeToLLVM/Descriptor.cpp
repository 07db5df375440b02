// Each table is an `llvm.mlir.global` whose initializer builds one struct after
// the other; field by field they are the structs of rondo/abi.h, whose natural
// alignment LLVM's structs share. Everything but the model's own symbol is
// private. Strings are kept once.
#include "compiler/Conversion/RuntimeToLLVM/Descriptor.h"
#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "runtime/include/rondo/abi.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace rondo;

namespace {
using Linkage = LLVM::Linkage;

class Writer {
public:
  Writer(ModuleOp module, const Artefact &artefact)
      : module(module), artefact(artefact), ctx(module.getContext()), b(module.getLoc(), ctx),
        ptr(LLVM::LLVMPointerType::get(ctx)), i32(b.getI32Type()), i64(b.getI64Type()), f64(b.getF64Type()) {
    dimInfo = structure("rondo_dim_info", {ptr, i32, i32, i32, i64});
    valueInfo = structure("rondo_value_info", {ptr, i32, i32, i32, i32, ptr});
    entryInfo =
        structure("rondo_entry", {ptr, i32, i32, i32, i32, i32, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr});
    paramInfo = structure("rondo_param_info", {ptr, i32, i32, ptr, i32, f64, f64, i64});
    stateInfo = structure("rondo_state_info", {ptr, i32, i32});
    checkInfo = structure("rondo_check_info", {ptr, i32, i32, ptr});
    modelInfo =
        structure("rondo_model", {i32, i32, i32, i32, i32, ptr, ptr, ptr, ptr, ptr, i64, i64, i64, ptr, ptr});
  }

  void write(ArrayRef<Boundary> boundary, StringRef prepare, ArrayRef<Check> checks, uint64_t prepareScratch,
             uint64_t layout);

private:
  /// A struct's field: made when the initializer is.
  using Field = std::function<Value()>;
  using Row = SmallVector<Field>;

  LLVM::LLVMStructType structure(StringRef name, ArrayRef<Type> fields) {
    auto type = LLVM::LLVMStructType::getIdentified(ctx, name);
    (void)type.setBody(fields, /*isPacked=*/false);
    return type;
  }

  Field number(Type type, uint64_t n) {
    return [=] { return LLVM::ConstantOp::create(b, type, IntegerAttr::get(type, n)); };
  }
  Field number(uint64_t n) { return number(i32, n); }
  Field real(FloatAttr value) {
    double v = value.getValueAsDouble();
    return [=] { return LLVM::ConstantOp::create(b, f64, b.getF64FloatAttr(v)); };
  }
  /// The address of a global or function; null if the name is empty.
  Field address(StringRef symbol) {
    std::string name = symbol.str();
    return [=]() -> Value {
      if (name.empty())
        return LLVM::ZeroOp::create(b, ptr);
      return LLVM::AddressOfOp::create(b, ptr, name);
    };
  }
  Field string(StringRef text) {
    std::string &symbol = strings[text];
    if (symbol.empty()) {
      symbol = artefact.name + ".string." + std::to_string(strings.size() - 1);
      std::string bytes = (text + StringRef("\0", 1)).str();
      auto type = LLVM::LLVMArrayType::get(b.getI8Type(), bytes.size());
      b.setInsertionPointToEnd(module.getBody());
      LLVM::GlobalOp::create(b, type, /*isConstant=*/true, Linkage::Private, symbol, b.getStringAttr(bytes));
    }
    return address(symbol);
  }

  Value build(LLVM::LLVMStructType type, ArrayRef<Field> row) {
    Value v = LLVM::PoisonOp::create(b, type);
    for (auto [i, field] : llvm::enumerate(row))
      v = LLVM::InsertValueOp::create(b, v, field(), i);
    return v;
  }

  void global(StringRef symbol, Linkage linkage, Type type, llvm::function_ref<Value()> initial) {
    b.setInsertionPointToEnd(module.getBody());
    auto op = LLVM::GlobalOp::create(b, type, /*isConstant=*/true, linkage, symbol, Attribute());
    b.setInsertionPointToStart(&op.getInitializerRegion().emplaceBlock());
    LLVM::ReturnOp::create(b, initial());
  }

  /// A table of rows; its symbol, or nothing for no rows.
  std::string table(const Twine &suffix, LLVM::LLVMStructType type, ArrayRef<Row> rows) {
    if (rows.empty())
      return "";
    std::string symbol = (artefact.name + suffix).str();
    auto array = LLVM::LLVMArrayType::get(type, rows.size());
    global(symbol, Linkage::Private, array, [&] {
      Value all = LLVM::PoisonOp::create(b, array);
      for (auto [i, row] : llvm::enumerate(rows))
        all = LLVM::InsertValueOp::create(b, all, build(type, row), i);
      return all;
    });
    return symbol;
  }

  /// The address of an argument's default, of the argument's type; null if it has none. Compiled code counts
  /// on its alignment as on any argument's.
  Field element(const Twine &suffix, const Buffer &argument) {
    if (!argument.defaultValue)
      return address("");
    std::string symbol = (artefact.name + suffix).str();
    bool isBool = argument.type.getElementType().isInteger(1);
    Type type = isBool ? b.getI8Type() : argument.type.getElementType();
    b.setInsertionPointToEnd(module.getBody());
    auto op =
        LLVM::GlobalOp::create(b, type, /*isConstant=*/true, Linkage::Private, symbol, argument.defaultValue);
    op.setAlignment(RONDO_ALIGNMENT);
    return address(symbol);
  }

  std::string values(const Twine &suffix, ArrayRef<Buffer> buffers) {
    SmallVector<Row> rows;
    for (const auto &[i, v] : llvm::enumerate(buffers))
      rows.push_back({string(v.name), number(v.dtype), number(v.rank), number(v.firstSize),
                      number(v.lateAxes), element(suffix + ".default." + Twine(i), v)});
    return table(suffix, valueInfo, rows);
  }

  std::string numbers(const Twine &suffix, ArrayRef<unsigned> list) {
    if (list.empty())
      return "";
    std::string symbol = (artefact.name + suffix).str();
    b.setInsertionPointToEnd(module.getBody());
    LLVM::GlobalOp::create(b, LLVM::LLVMArrayType::get(i32, list.size()), /*isConstant=*/true,
                           Linkage::Private, symbol, b.getI32TensorAttr(llvm::to_vector_of<int32_t>(list)));
    return symbol;
  }

  std::string entries(ArrayRef<Boundary> boundary);
  std::string params();
  std::string states() {
    SmallVector<Row> rows;
    for (const State &state : artefact.states)
      rows.push_back({string(state.key), number(state.dtype), number(state.rank)});
    return table(".states", stateInfo, rows);
  }

  ModuleOp module;
  const Artefact &artefact;
  MLIRContext *ctx;
  ImplicitLocOpBuilder b;
  Type ptr, i32, i64, f64;
  LLVM::LLVMStructType dimInfo, valueInfo, entryInfo, paramInfo, stateInfo, checkInfo, modelInfo;
  llvm::StringMap<std::string> strings;
};
} // namespace

std::string Writer::entries(ArrayRef<Boundary> boundary) {
  SmallVector<Row> rows;
  for (auto [entry, symbols] : llvm::zip_equal(artefact.entries, boundary)) {
    std::string prefix = "." + entry.label;
    SmallVector<Row> dims;
    for (const Dim &dim : entry.dims)
      dims.push_back({string(dim.name), number(uint32_t(dim.arg)), number(dim.axis),
                      number(dim.defaultValue.has_value()), number(i64, dim.defaultValue.value_or(0))});
    rows.push_back({string(entry.label), number(entry.dims.size()), number(entry.inputs.size()),
                    number(entry.outputs.size()), number(entry.states.size()), number(entry.numSizes),
                    address(table(prefix + ".dims", dimInfo, dims)),
                    address(values(prefix + ".args", entry.inputs)),
                    address(values(prefix + ".results", entry.outputs)),
                    address(numbers(prefix + ".states", entry.stateNumbers)), address(symbols.shapes),
                    address(symbols.scratch), address(symbols.call), address(symbols.reset)});
  }
  return table(".entries", entryInfo, rows);
}

std::string Writer::params() {
  if (!artefact.prepare)
    return "";
  SmallVector<Row> rows;
  for (const auto &[i, param] : llvm::enumerate(artefact.prepare->inputs)) {
    ArrayRef<int64_t> shape = param.type.getShape();
    std::string symbol;
    if (!shape.empty()) {
      symbol = artefact.name + ".shape." + std::to_string(i);
      auto type = LLVM::LLVMArrayType::get(i64, shape.size());
      b.setInsertionPointToEnd(module.getBody());
      LLVM::GlobalOp::create(b, type, /*isConstant=*/true, Linkage::Private, symbol,
                             b.getI64TensorAttr(shape));
    }
    InitAttr init = artefact.prepare->inits[i];
    rows.push_back({string(param.name), number(param.dtype), number(shape.size()), address(symbol),
                    number(uint32_t(init.getKind())), real(init.getA()), real(init.getB()),
                    number(i64, init.getZeroRow())});
  }
  return table(".params", paramInfo, rows);
}

void Writer::write(ArrayRef<Boundary> boundary, StringRef prepare, ArrayRef<Check> checks,
                   uint64_t prepareScratch, uint64_t layout) {
  SmallVector<Row> checkRows;
  for (const Check &check : checks)
    checkRows.push_back(
        {string(check.file), number(check.line), number(check.column), string(check.message)});
  unsigned numParams = artefact.prepare ? artefact.prepare->inputs.size() : 0;
  Row model = {number(RONDO_ABI_VERSION),
               number(artefact.entries.size()),
               number(numParams),
               number(artefact.states.size()),
               number(checks.size()),
               string(artefact.name),
               address(entries(boundary)),
               address(params()),
               address(states()),
               address(table(".checks", checkInfo, checkRows)),
               number(i64, artefact.blob.bytes),
               number(i64, prepareScratch),
               number(i64, layout),
               address(prepare),
               address("")}; // weights are embedded in LLVM IR
  global(artefact.name + "_model", Linkage::External, modelInfo, [&] { return build(modelInfo, model); });
}

void rondo::writeDescriptor(ModuleOp module, const Artefact &artefact, ArrayRef<Boundary> entries,
                            StringRef prepare, ArrayRef<Check> checks, uint64_t prepareScratchBytes,
                            uint64_t layout) {
  static_assert(RONDO_INIT_CONSTANT == int(InitKind::Constant) &&
                RONDO_INIT_UNIFORM == int(InitKind::Uniform) && RONDO_INIT_NORMAL == int(InitKind::Normal));
  Writer(module, artefact).write(entries, prepare, checks, prepareScratchBytes, layout);
}
