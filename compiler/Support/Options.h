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
  std::string name; // as --target says it
  std::string triple;
  std::string cpu;
  std::string features; // LLVM's, "+avx2,-sse4a,..."
  std::string abi;      // LLVM's name of the calling convention; empty: the triple's
  int64_t vectorBits = 128;
  int64_t vectorRegisters = 16;
  // By instructions, not by calls of the C compiler's library:
  bool rounds = false;       // floor, ceil and round of f32 and f64
  bool convertsF16 = false;  // f32 to f16 and back
  bool convertsBf16 = false; // f32 to bf16 and back
};

/// What decides which passes run and how.
struct PipelineOptions {
  unsigned optLevel = 3;  // 0: what is needed to be right; from 1 on: everything
  bool explain = false;   // remarks that cost something to make
  bool debugInfo = false; // scopes, lines and variables of the source
  bool sanitize = false;  // every access to memory is checked
  std::string directory;  // what names of files are relative to, in debug information
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
