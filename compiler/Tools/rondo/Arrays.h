// Results in .npy files, and how they differ from those that are expected.
#pragma once

#include "compiler/Tools/rondo/CommandLine.h"
#include "rondo/files.h"

namespace rondo::tool {

/// A .npy file.
struct Array : rondo_array {
  Array() : rondo_array{} {}
  Array(const Array &) = delete;
  ~Array() { rondo_array_free(this); }

  /// An error is told.
  Exit read(const std::string &path);
  bool isFloat() const { return dtype <= RONDO_BF16; }
  uint64_t count() const { return bytes / rondo_dtype_bytes(dtype); }
  llvm::ArrayRef<int64_t> sizes() const { return {shape, rank}; }
  /// Element i of floats, of integers and bools.
  double real(uint64_t i) const;
  int64_t integer(uint64_t i) const;

private:
  template <typename T> T element(uint64_t i) const { return static_cast<const T *>(data)[i]; }
};

/// What a result differs by.
struct Comparison {
  double absolute = 0, relative = 0;
  uint64_t unequal = 0;  // elements: not equal, or NaN and infinities in other places
  uint64_t worst = 0;    // the element that differs most
  std::string different; // in type or shape; then nothing else is known

  bool within(double tolerance) const { return different.empty() && !unequal && relative <= tolerance; }
};

/// Floats may be of different types.
Comparison compare(const Array &got, const Array &want);

/// The greatest error of a whole result, max|got - want| / max|want|, by the result's type. The same stands
/// in test/EndToEnd/harness.py.
double toleranceOf(uint32_t dtype);

/// f32[2, 3]
std::string typeOf(uint32_t dtype, llvm::ArrayRef<int64_t> shape);
/// 1.25e-07; 0 is 0.
std::string number(double value, const char *format);
/// `at [1, 2]: 0.5, expected 0.25`
std::string worstOf(const Array &got, const Array &want, const Comparison &found);

} // namespace rondo::tool
