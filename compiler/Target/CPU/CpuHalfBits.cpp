// rondo-cpu-half-bits: f16 and bf16 as i16, where the target does not know them.
//
// Needs the LLVM dialect, with f16 and bf16 as rondo-cpu-halves leaves them: loaded,
// stored, chosen, moved and cast to i16 only. Guarantees that the types it is asked
// for are gone: LLVM would make calls to move them about, or no code at all.
#include "compiler/Target/CPU/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace rondo {
#define GEN_PASS_DEF_CPUHALFBITS
#include "compiler/Target/CPU/Passes.h.inc"
} // namespace rondo

namespace {
struct CpuHalfBits : rondo::impl::CpuHalfBitsBase<CpuHalfBits> {
  using CpuHalfBitsBase::CpuHalfBitsBase;

  void runOnOperation() override {
    if (f16 && bf16)
      return;
    Type i16 = IntegerType::get(&getContext(), 16);
    auto replaces = [=](Type type) { return (type.isF16() && !f16) || (type.isBF16() && !bf16); };
    AttrTypeReplacer replacer;
    replacer.addReplacement([=](FloatType type) -> std::optional<Type> {
      return replaces(type) ? std::optional<Type>(i16) : std::nullopt;
    });
    replacer.addReplacement([=](FloatAttr number) -> std::optional<Attribute> {
      if (!replaces(number.getType()))
        return std::nullopt;
      return IntegerAttr::get(i16, number.getValue().bitcastToAPInt());
    });
    replacer.addReplacement([=](DenseElementsAttr numbers) -> std::optional<Attribute> {
      return replaces(numbers.getElementType()) ? std::optional<Attribute>(numbers.bitcast(i16))
                                                : std::nullopt;
    });
    // The module's own attributes tell of the interface, whose types are the program's.
    for (Operation &op : *getOperation().getBody())
      replacer.recursivelyReplaceElementsIn(&op, /*replaceAttrs=*/true, /*replaceLocs=*/false,
                                            /*replaceTypes=*/true);
    getOperation().walk([](LLVM::BitcastOp cast) {
      if (cast.getArg().getType() != cast.getType())
        return;
      cast.replaceAllUsesWith(cast.getArg());
      cast.erase();
    });
  }
};
} // namespace
