// The descriptor is a constant of the struct `rondo_model`: its fields are changed
// in LLVM IR, when the weights are known.
#include "compiler/Emit/Embed.h"
#include "runtime/include/rondo/abi.h"
#include "llvm/IR/Constants.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/Error.h"
#include "llvm/Transforms/IPO/GlobalDCE.h"

using namespace rondo;

/// Numbers of fields of rondo_model.
enum { NumEntries = 1, Entries = 6, Embedded = 14, NumFields = 15 };

static_assert(offsetof(rondo_model, num_entries) == 4 &&
              offsetof(rondo_model, entries) == offsetof(rondo_model, name) + sizeof(void *) &&
              offsetof(rondo_model, embedded) + sizeof(void *) == sizeof(rondo_model));

static llvm::Expected<llvm::GlobalVariable *> descriptorOf(llvm::Module &module, llvm::StringRef model) {
  llvm::GlobalVariable *global = module.getGlobalVariable((model + "_model").str());
  auto *fields = global && global->hasInitializer()
                     ? llvm::dyn_cast<llvm::ConstantStruct>(global->getInitializer())
                     : nullptr;
  if (!fields || fields->getNumOperands() != NumFields)
    return llvm::createStringError("the module has no descriptor `" + model + "_model` of this version");
  return global;
}

static void setFields(llvm::GlobalVariable *descriptor,
                      llvm::ArrayRef<std::pair<unsigned, llvm::Constant *>> changed) {
  auto *old = llvm::cast<llvm::ConstantStruct>(descriptor->getInitializer());
  llvm::SmallVector<llvm::Constant *> fields;
  for (llvm::Value *field : old->operands())
    fields.push_back(llvm::cast<llvm::Constant>(field));
  for (auto [i, value] : changed)
    fields[i] = value;
  descriptor->setInitializer(llvm::ConstantStruct::get(old->getType(), fields));
}

llvm::Error rondo::embedWeights(llvm::Module &module, llvm::StringRef model, llvm::StringRef prepared) {
  auto descriptor = descriptorOf(module, model);
  if (!descriptor)
    return descriptor.takeError();
  auto *bytes =
      llvm::ConstantDataArray::getRaw(prepared, prepared.size(), llvm::Type::getInt8Ty(module.getContext()));
  auto *global = new llvm::GlobalVariable(module, bytes->getType(), /*isConstant=*/true,
                                          llvm::GlobalValue::ExternalLinkage, bytes, model + "_prepared");
  global->setAlignment(llvm::Align(RONDO_ALIGNMENT));
  setFields(*descriptor, {{Embedded, global}});
  return llvm::Error::success();
}

llvm::Error rondo::keepPrepare(llvm::Module &module, llvm::StringRef model) {
  auto descriptor = descriptorOf(module, model);
  if (!descriptor)
    return descriptor.takeError();
  llvm::Constant *entries = (*descriptor)->getInitializer()->getAggregateElement(Entries);
  setFields(*descriptor,
            {{NumEntries, llvm::ConstantInt::get(llvm::Type::getInt32Ty(module.getContext()), 0)},
             {Entries, llvm::Constant::getNullValue(entries->getType())}});
  for (llvm::GlobalValue &value : module.global_values())
    if (!value.isDeclaration() && &value != *descriptor)
      value.setLinkage(llvm::GlobalValue::InternalLinkage);
  llvm::ModuleAnalysisManager modules;
  llvm::GlobalDCEPass().run(module, modules);
  return llvm::Error::success();
}
