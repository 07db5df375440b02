// What the parts of the compiler are asked to do, as plain structs. Tools bind
// flags to these and know nothing of passes; passes and emitters know nothing
// of flags.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rondo {

/// The processor that code is made for; see resolveTarget in Emit/Target.h.
struct TargetInfo {
  std::string triple;
  std::string cpu;
  std::string features; // LLVM's, "+avx2,-sse4a,..."
  int64_t vectorBits = 128;
  int64_t vectorRegisters = 16;
  bool convertsBf16 = false; // by an instruction, not by a call of the C compiler's library
};

/// What decides which passes run and how.
struct PipelineOptions {
  unsigned optLevel = 3; // 0: what is needed to be right; from 1 on: everything
  bool explain = false;  // remarks that cost something to make
  TargetInfo target;
};

/// What a developer of the compiler wants to see of a compilation.
struct InspectOptions {
  std::string dumpPhases;                           // a folder for the text of each phase; empty: none
  std::vector<std::string> printBefore, printAfter; // names of passes
  bool printAfterChange = false;
  bool timing = false;
  bool explain = false;
};

/// How LLVM makes code of the phase `llvm`.
struct EmitOptions {
  unsigned optLevel = 3;
  bool debugInfo = false; // lines and functions, as DWARF
  TargetInfo target;
};

} // namespace rondo
