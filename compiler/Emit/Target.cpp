#include "compiler/Emit/Target.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include "llvm/TargetParser/X86TargetParser.h"

using namespace rondo;

namespace {
struct Known {
  llvm::StringLiteral name, triple, cpu, features, abi;
  int64_t vectorBits, vectorRegisters;
  bool rounds, convertsF16; // bf16: none of these
};
} // namespace

/// What each name stands for; the first of a processor is what every one of its kind has. The registers
/// are those that kernels may count on: without FMA a product needs one more. riscv64 has no vectors: two of
/// its 32 scalars stand for one, with some left for what an accumulator is multiplied by.
constexpr Known known[] = {
    {"x86-64", "x86_64-unknown-linux-gnu", "x86-64", "", "", 128, 14, false, false},
    {"x86-64-v3", "x86_64-unknown-linux-gnu", "x86-64-v3", "", "", 256, 16, true, true},
    {"x86-64-v4", "x86_64-unknown-linux-gnu", "x86-64-v4", "", "", 512, 32, true, true},
    {"aarch64", "aarch64-unknown-linux-gnu", "generic", "+neon", "", 128, 32, true, true},
    {"riscv64", "riscv64-unknown-linux-gnu", "generic-rv64", "+m,+a,+f,+d,+c", "lp64d", 64, 12, true, false},
    {"wasm32", "wasm32-unknown-unknown", "generic", "+simd128", "", 128, 14, true, false},
};

static TargetInfo infoOf(const Known &row) {
  return {row.name.str(), row.triple.str(),    row.cpu.str(), row.features.str(), row.abi.str(),
          row.vectorBits, row.vectorRegisters, row.rounds,    row.convertsF16};
}

static TargetInfo host() {
  llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
  TargetInfo target;
  for (const Known &row : llvm::reverse(known)) // the first of a kind stays
    if (llvm::Triple(row.triple).getArch() == triple.getArch())
      target = infoOf(row);
  target.name = "host";
  target.triple = triple.str();
  target.cpu = llvm::sys::getHostCPUName().str();
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
    target.vectorBits = 256, target.vectorRegisters = 16;
  if (triple.isX86()) {
    target.rounds = has.lookup("sse4.1");
    target.convertsF16 = has.lookup("f16c");
  }
  // That of x86 takes denormal numbers for zeros.
  target.convertsBf16 = triple.isAArch64() && has.lookup("bf16");
  return target;
}

llvm::Expected<TargetInfo> rondo::resolveTarget(llvm::StringRef name) {
  if (name == "host")
    return host();
  for (const Known &row : known)
    if (row.name == name)
      return infoOf(row);
  std::string names = "host";
  for (const Known &row : known)
    names += (", " + row.name).str();
  return llvm::createStringError("unknown target `" + name + "`; known are " + names);
}

llvm::Expected<std::vector<TargetInfo>> rondo::resolveTargets(llvm::StringRef names) {
  llvm::SmallVector<llvm::StringRef> parts;
  names.split(parts, ',');
  std::vector<TargetInfo> targets;
  for (llvm::StringRef name : parts) {
    auto target = resolveTarget(name);
    if (!target)
      return target.takeError();
    if (parts.size() > 1 && !name.starts_with("x86-64"))
      return llvm::createStringError("several targets share an object only if they are levels of x86-64, `" +
                                     name + "` is none");
    if (llvm::any_of(targets, [&](const TargetInfo &other) { return other.name == target->name; }))
      return llvm::createStringError("target `" + name + "` is named twice");
    targets.push_back(std::move(*target));
  }
  llvm::sort(targets, [](const TargetInfo &a, const TargetInfo &b) { return a.name < b.name; });
  return targets;
}

bool rondo::runsHere(const TargetInfo &target) {
  llvm::Triple wanted(target.triple), here(llvm::sys::getProcessTriple());
  return wanted.getArch() == here.getArch() && wanted.getOS() == here.getOS();
}

llvm::SmallVector<llvm::StringRef> rondo::lacks(const TargetInfo &target) {
  llvm::SmallVector<llvm::StringRef> missing, needed;
  if (llvm::Triple(target.triple).isX86() && target.name != "host")
    llvm::X86::getFeaturesForCPU(target.cpu, needed);
  llvm::StringMap<bool> has = llvm::sys::getHostCPUFeatures();
  for (llvm::StringRef feature : needed)
    if (auto found = has.find(feature); found != has.end() && !found->second)
      missing.push_back(feature);
  return missing;
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>> rondo::makeTargetMachine(const TargetInfo &info,
                                                                              unsigned optLevel) {
  llvm::InitializeAllTargetInfos();
  llvm::InitializeAllTargets();
  llvm::InitializeAllTargetMCs();
  llvm::InitializeAllAsmPrinters();
  llvm::InitializeAllAsmParsers();
  llvm::Triple triple(info.triple);
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return llvm::createStringError(error);
  llvm::TargetOptions options;
  options.MCOptions.ABIName = info.abi;
  options.UseInitArray = true;
  auto relocations = triple.isWasm() ? llvm::Reloc::Static : llvm::Reloc::PIC_;
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      triple, info.cpu, info.features, options, relocations, std::nullopt,
      llvm::CodeGenOpt::getLevel(optLevel).value_or(llvm::CodeGenOptLevel::Default)));
  if (!machine)
    return llvm::createStringError("cannot make code for " + info.triple);
  return machine;
}
