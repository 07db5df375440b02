// The versions become internal functions and tables of one module, with the
// target's name behind theirs. What stands for them:
//   <model>_model      a copy of the chosen version's descriptor
//   a plain function   a jump through a pointer to the chosen version's
#include "compiler/Emit/Versions.h"
#include "mlir/IR/Builders.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"

using namespace rondo;

/// The level of the processor (1, 3 or 4), as the x86-64 psABI defines them: instructions, and the registers
/// that the system keeps. Level 2 has none of its own here.
static constexpr llvm::StringLiteral levelText = R"(
define internal {i32, i32, i32, i32} @rondo.cpuid(i32 %leaf) {
  %r = call {i32, i32, i32, i32} asm sideeffect "cpuid", "={ax},={bx},={cx},={dx},0,2,~{dirflag},~{fpsr},~{flags}"(i32 %leaf, i32 0)
  ret {i32, i32, i32, i32} %r
}

define internal i32 @rondo.level() {
entry:
  %leaf0 = call {i32, i32, i32, i32} @rondo.cpuid(i32 0)
  %last = extractvalue {i32, i32, i32, i32} %leaf0, 0
  %leaf80 = call {i32, i32, i32, i32} @rondo.cpuid(i32 u0x80000000)
  %last80 = extractvalue {i32, i32, i32, i32} %leaf80, 0
  %has7 = icmp uge i32 %last, 7
  %has81 = icmp uge i32 %last80, u0x80000001
  %leaves = and i1 %has7, %has81
  br i1 %leaves, label %features, label %one

features:
  ; sse3 ssse3 fma cx16 sse4.1 sse4.2 movbe popcnt osxsave avx f16c
  %leaf1 = call {i32, i32, i32, i32} @rondo.cpuid(i32 1)
  %c1 = extractvalue {i32, i32, i32, i32} %leaf1, 2
  %m1 = and i32 %c1, u0x38D83201
  %has1 = icmp eq i32 %m1, u0x38D83201
  ; bmi1 avx2 bmi2
  %leaf7 = call {i32, i32, i32, i32} @rondo.cpuid(i32 7)
  %b7 = extractvalue {i32, i32, i32, i32} %leaf7, 1
  %m7 = and i32 %b7, u0x00000128
  %hasAvx2 = icmp eq i32 %m7, u0x00000128
  ; lahf lzcnt
  %leaf81 = call {i32, i32, i32, i32} @rondo.cpuid(i32 u0x80000001)
  %c81 = extractvalue {i32, i32, i32, i32} %leaf81, 2
  %m81 = and i32 %c81, u0x00000021
  %hasLzcnt = icmp eq i32 %m81, u0x00000021
  %and1 = and i1 %has1, %hasAvx2
  %and2 = and i1 %and1, %hasLzcnt
  br i1 %and2, label %state, label %one

state:
  %xcr0 = call {i32, i32} asm sideeffect "xgetbv", "={ax},={dx},{cx},~{dirflag},~{fpsr},~{flags}"(i32 0)
  %kept = extractvalue {i32, i32} %xcr0, 0
  %ymm = and i32 %kept, u0x06
  %hasYmm = icmp eq i32 %ymm, u0x06
  br i1 %hasYmm, label %wide, label %one

wide:
  ; avx512 f dq cd bw vl
  %m512 = and i32 %b7, u0xD0030000
  %has512 = icmp eq i32 %m512, u0xD0030000
  %zmm = and i32 %kept, u0xE6
  %hasZmm = icmp eq i32 %zmm, u0xE6
  %and3 = and i1 %has512, %hasZmm
  %level = select i1 %and3, i32 4, i32 3
  ret i32 %level

one:
  ret i32 1
}
)";

static unsigned levelOf(const TargetInfo &target) {
  unsigned level = 1;
  llvm::StringRef(target.name).rsplit("-v").second.getAsInteger(10, level);
  return level;
}

static llvm::Expected<std::unique_ptr<llvm::Module>> copyInto(llvm::LLVMContext &context,
                                                              llvm::Module &module) {
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream os(bytes);
  llvm::WriteBitcodeToFile(module, os);
  return llvm::parseBitcodeFile(
      llvm::MemoryBufferRef(llvm::StringRef(bytes.data(), bytes.size()), module.getName()), context);
}

namespace {
class Joiner {
public:
  Joiner(llvm::Module &module, llvm::ArrayRef<TargetInfo> targets) : module(module), targets(targets) {}

  /// What a version of the module exports gets its target's name.
  std::vector<std::string> rename(llvm::Module &version, const TargetInfo &target) {
    std::vector<std::string> names;
    for (llvm::GlobalValue &value : version.global_values())
      if (!value.isDeclaration() && value.hasExternalLinkage()) {
        names.push_back(value.getName().str());
        value.setName(value.getName() + "." + target.name);
      }
    return names;
  }

  llvm::Error add(llvm::Module &version, const TargetInfo &target) {
    rename(version, target);
    auto copy = copyInto(module.getContext(), version);
    if (!copy)
      return copy.takeError();
    if (llvm::Linker::linkModules(module, std::move(*copy)))
      return llvm::createStringError("the versions of the model cannot be joined");
    return llvm::Error::success();
  }

  llvm::Error choose(llvm::ArrayRef<std::string> names);

private:
  llvm::GlobalValue *version(llvm::StringRef name, const TargetInfo &target) {
    return module.getNamedValue((name + "." + target.name).str());
  }
  llvm::Function *function(llvm::FunctionType *type, llvm::GlobalValue::LinkageTypes linkage,
                           const llvm::Twine &name) {
    auto *made = llvm::Function::Create(type, linkage, name, module);
    made->addFnAttr(llvm::Attribute::NoUnwind);
    made->addFnAttr("target-cpu", targets.front().cpu);
    return made;
  }
  void jump(llvm::Function &first, llvm::StringRef name, llvm::GlobalVariable *to);

  llvm::Module &module;
  llvm::ArrayRef<TargetInfo> targets;
};
} // namespace

/// A function `name` of the type of `first`, that calls what `to` points to.
void Joiner::jump(llvm::Function &first, llvm::StringRef name, llvm::GlobalVariable *to) {
  llvm::Function *made = function(first.getFunctionType(), llvm::GlobalValue::ExternalLinkage, name);
  llvm::IRBuilder<> b(llvm::BasicBlock::Create(module.getContext(), "", made));
  std::vector<llvm::Value *> args;
  for (llvm::Argument &arg : made->args())
    args.push_back(&arg);
  llvm::CallInst *call = b.CreateCall(first.getFunctionType(), b.CreateLoad(to->getValueType(), to), args);
  call->setTailCallKind(llvm::CallInst::TCK_Tail);
  b.CreateRet(call);
}

llvm::Error Joiner::choose(llvm::ArrayRef<std::string> names) {
  llvm::SMDiagnostic diagnostic;
  if (llvm::parseAssemblyInto(llvm::MemoryBufferRef(levelText, "level"), &module, nullptr, diagnostic))
    return llvm::createStringError("the text of rondo.level is wrong: " + diagnostic.getMessage());
  for (llvm::StringRef name : {"rondo.cpuid", "rondo.level"}) {
    module.getFunction(name)->addFnAttr(llvm::Attribute::NoUnwind);
    module.getFunction(name)->addFnAttr("target-cpu", targets.front().cpu);
  }
  auto *type = llvm::FunctionType::get(llvm::Type::getVoidTy(module.getContext()), false);
  llvm::Function *constructor = function(type, llvm::GlobalValue::InternalLinkage, "rondo.choose");
  llvm::IRBuilder<> b(llvm::BasicBlock::Create(module.getContext(), "", constructor));
  llvm::Value *level = b.CreateCall(module.getFunction("rondo.level"));
  auto *ptr = b.getPtrTy();
  for (const std::string &name : names) {
    llvm::GlobalValue *first = version(name, targets.front());
    llvm::Value *chosen = first;
    for (const TargetInfo &target : targets) {
      llvm::GlobalValue *one = version(name, target);
      if (!one || one->getValueType() != first->getValueType())
        return llvm::createStringError("`" + name + "` is not the same in all versions of the model");
      one->setLinkage(llvm::GlobalValue::InternalLinkage);
      if (one != first)
        chosen = b.CreateSelect(b.CreateICmpUGE(level, b.getInt32(levelOf(target))), one, chosen);
    }
    if (auto *function = llvm::dyn_cast<llvm::Function>(first)) {
      auto *pointer = new llvm::GlobalVariable(
          module, ptr, /*isConstant=*/false, llvm::GlobalValue::InternalLinkage, function, name + ".chosen");
      jump(*function, name, pointer);
      b.CreateStore(chosen, pointer);
      continue;
    }
    auto *table = llvm::cast<llvm::GlobalVariable>(first);
    auto *copy = new llvm::GlobalVariable(module, table->getValueType(), /*isConstant=*/false,
                                          llvm::GlobalValue::ExternalLinkage, table->getInitializer(), name);
    llvm::Align align = module.getDataLayout().getPreferredAlign(copy);
    copy->setAlignment(align);
    b.CreateMemCpy(copy, align, chosen, llvm::MaybeAlign(),
                   module.getDataLayout().getTypeAllocSize(table->getValueType()));
  }
  b.CreateRetVoid();
  llvm::appendToGlobalCtors(module, constructor, /*Priority=*/101); // before those of programs
  std::string text;
  llvm::raw_string_ostream os(text);
  if (llvm::verifyModule(module, &os))
    return llvm::createStringError("invalid LLVM IR: " + text);
  return llvm::Error::success();
}

llvm::Expected<Code> rondo::joinVersions(std::vector<Code> versions, llvm::ArrayRef<TargetInfo> targets) {
  Code code = std::move(versions.front());
  Joiner joiner(*code.module, targets);
  std::vector<std::string> names = joiner.rename(*code.module, targets.front());
  for (size_t i = 1; i < versions.size(); ++i)
    if (llvm::Error error = joiner.add(*versions[i].module, targets[i]))
      return error;
  if (llvm::Error error = joiner.choose(names))
    return error;
  return code;
}

/// The greater of two numbers of the same name, and what the first says of everything else.
static mlir::DictionaryAttr most(mlir::DictionaryAttr a, mlir::DictionaryAttr b,
                                 llvm::ArrayRef<llvm::StringRef> numbers) {
  mlir::NamedAttrList all(a);
  for (llvm::StringRef name : numbers) {
    auto x = a.getAs<mlir::IntegerAttr>(name), y = b.getAs<mlir::IntegerAttr>(name);
    if (x && y && x.getInt() < y.getInt())
      all.set(name, y);
  }
  return all.getDictionary(a.getContext());
}

mlir::DictionaryAttr rondo::joinInterfaces(llvm::ArrayRef<mlir::DictionaryAttr> interfaces) {
  mlir::DictionaryAttr joined = interfaces.front();
  for (mlir::DictionaryAttr other : interfaces.drop_front()) {
    mlir::NamedAttrList all(most(joined, other, {"prepared_bytes", "prepare_scratch_bytes"}));
    llvm::SmallVector<mlir::Attribute> entries;
    for (auto [a, b] :
         llvm::zip_equal(joined.getAs<mlir::ArrayAttr>("entries").getAsRange<mlir::DictionaryAttr>(),
                         other.getAs<mlir::ArrayAttr>("entries").getAsRange<mlir::DictionaryAttr>()))
      entries.push_back(most(a, b, {"scratch"}));
    all.set("entries", mlir::ArrayAttr::get(joined.getContext(), entries));
    joined = all.getDictionary(joined.getContext());
  }
  return joined;
}
