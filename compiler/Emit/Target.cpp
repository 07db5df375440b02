#include "compiler/Emit/Target.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"

using namespace rondo;

static TargetInfo host() {
  TargetInfo target{llvm::sys::getDefaultTargetTriple(), llvm::sys::getHostCPUName().str(), ""};
  llvm::StringMap<bool> has = llvm::sys::getHostCPUFeatures();
  std::vector<std::pair<std::string, bool>> sorted;
  for (auto &feature : has)
    sorted.push_back({feature.first().str(), feature.second});
  llvm::sort(sorted);
  llvm::SubtargetFeatures features;
  for (auto &[name, there] : sorted)
    features.AddFeature(name, there);
  target.features = features.getString();
  if (has.lookup("avx512f") && has.lookup("avx512vl"))
    target.vectorBits = 512, target.vectorRegisters = 32;
  else if (has.lookup("avx2") && has.lookup("fma"))
    target.vectorBits = 256;
  target.convertsBf16 = has.lookup("avx512bf16") || has.lookup("avxneconvert");
  return target;
}

llvm::Expected<TargetInfo> rondo::resolveTarget(llvm::StringRef name) {
  constexpr llvm::StringLiteral gnuLinux = "x86_64-unknown-linux-gnu";
  if (name == "host")
    return host();
  if (name == "x86-64-v3")
    return TargetInfo{gnuLinux.str(), name.str(), "", 256, 16};
  if (name == "x86-64-v4")
    return TargetInfo{gnuLinux.str(), name.str(), "", 512, 32};
  return llvm::createStringError("unknown target `" + name + "`; known are host, x86-64-v3, x86-64-v4");
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>> rondo::makeTargetMachine(const TargetInfo &info,
                                                                              unsigned optLevel) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::InitializeNativeTargetAsmParser();
  llvm::Triple triple(info.triple);
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return llvm::createStringError(error);
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      triple, info.cpu, info.features, llvm::TargetOptions(), llvm::Reloc::PIC_, std::nullopt,
      llvm::CodeGenOpt::getLevel(optLevel).value_or(llvm::CodeGenOptLevel::Default)));
  if (!machine)
    return llvm::createStringError("cannot make code for " + info.triple);
  return machine;
}
