#include "compiler/Tools/rondo/Arrays.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace rondo;
using namespace rondo::tool;

double rondo::tool::toleranceOf(uint32_t dtype) {
  switch (dtype) {
  case RONDO_F64:
    return 1e-12;
  case RONDO_F32:
    return 1e-5;
  case RONDO_F16:
    return 4e-3;
  case RONDO_BF16:
    return 1.6e-2;
  default:
    return 0;
  }
}

Exit Array::read(const std::string &path) {
  rondo_error error;
  return rondo_read_npy(path.c_str(), this, &error) ? fail(UserError, error.message) : Done;
}

double Array::real(uint64_t i) const {
  if (dtype == RONDO_F32)
    return element<float>(i);
  if (dtype == RONDO_F64)
    return element<double>(i);
  llvm::APFloat half(llvm::APFloat::IEEEhalf(), llvm::APInt(16, element<uint16_t>(i)));
  return half.convertToDouble();
}

int64_t Array::integer(uint64_t i) const {
  switch (dtype) {
  case RONDO_I64:
    return element<int64_t>(i);
  case RONDO_I32:
    return element<int32_t>(i);
  case RONDO_I8:
    return element<int8_t>(i);
  default:
    return element<uint8_t>(i);
  }
}

std::string rondo::tool::typeOf(uint32_t dtype, llvm::ArrayRef<int64_t> shape) {
  std::string text = rondo_dtype_name(dtype);
  text += "[" + llvm::join(llvm::map_range(shape, [](int64_t n) { return std::to_string(n); }), ", ") + "]";
  return text;
}

static Comparison compareFloats(const Array &got, const Array &want) {
  Comparison found;
  double scale = 0, most = -1;
  for (uint64_t i = 0, n = got.count(); i < n; ++i) {
    double x = got.real(i), y = want.real(i), error;
    if (std::isfinite(y)) {
      error = std::isnan(x) ? INFINITY : std::abs(x - y);
      scale = std::max(scale, std::abs(y));
    } else {
      error = x == y || (std::isnan(x) && std::isnan(y)) ? 0 : INFINITY;
    }
    found.unequal += std::isinf(error);
    if (error > most) {
      most = error;
      found.worst = i;
    }
  }
  found.absolute = std::max(most, 0.0);
  found.relative = found.absolute / (scale ? scale : 1);
  return found;
}

static Comparison compareIntegers(const Array &got, const Array &want) {
  Comparison found;
  double scale = 0;
  for (uint64_t i = 0, n = got.count(); i < n; ++i) {
    double x = got.integer(i), y = want.integer(i);
    scale = std::max(scale, std::abs(y));
    if (got.integer(i) == want.integer(i))
      continue;
    if (!found.unequal++ || std::abs(x - y) > found.absolute)
      found.worst = i;
    found.absolute = std::max(found.absolute, std::abs(x - y));
  }
  found.relative = found.absolute / (scale ? scale : 1);
  return found;
}

Comparison rondo::tool::compare(const Array &got, const Array &want) {
  Comparison found;
  if (got.sizes() != want.sizes())
    found.different = "expected " + typeOf(want.dtype, want.sizes());
  else if (got.isFloat() != want.isFloat() || (!got.isFloat() && got.dtype != want.dtype))
    found.different = std::string("expected ") + rondo_dtype_name(want.dtype);
  else
    return got.isFloat() ? compareFloats(got, want) : compareIntegers(got, want);
  return found;
}

std::string rondo::tool::number(double value, const char *format) {
  char text[40];
  snprintf(text, sizeof text, format, value);
  return value == 0 ? "0" : text;
}

std::string rondo::tool::worstOf(const Array &got, const Array &want, const Comparison &found) {
  std::vector<std::string> index;
  uint64_t rest = found.worst;
  for (int64_t size : llvm::reverse(got.sizes())) {
    index.insert(index.begin(), std::to_string(rest % size));
    rest /= size;
  }
  auto element = [&](const Array &array) -> std::string {
    return array.isFloat() ? number(array.real(found.worst), "%.6g")
                           : std::to_string(array.integer(found.worst));
  };
  return "at [" + llvm::join(index, ", ") + "]: " + element(got) + ", expected " + element(want);
}
