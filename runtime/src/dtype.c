#include "dtype.h"

#include <math.h>
#include <string.h>

static const struct {
  const char *name, *numpy;
  uint8_t bytes, code; /* code: DLPack's */
} types[RONDO_NUM_DTYPES] = {
    [RONDO_F32] = {"f32", "float32", 4, kDLFloat}, [RONDO_F64] = {"f64", "float64", 8, kDLFloat},
    [RONDO_F16] = {"f16", "float16", 2, kDLFloat}, [RONDO_BF16] = {"bf16", "float32", 2, kDLBfloat},
    [RONDO_I64] = {"i64", "int64", 8, kDLInt},     [RONDO_I32] = {"i32", "int32", 4, kDLInt},
    [RONDO_I8] = {"i8", "int8", 1, kDLInt},        [RONDO_U8] = {"u8", "uint8", 1, kDLUInt},
    [RONDO_BOOL] = {"bool", "bool", 1, kDLBool},
};

uint32_t rondo_dtype_bytes(uint32_t dtype) { return dtype < RONDO_NUM_DTYPES ? types[dtype].bytes : 0; }
const char *rondo_dtype_name(uint32_t dtype) { return dtype < RONDO_NUM_DTYPES ? types[dtype].name : "?"; }
const char *rondo_dtype_numpy(uint32_t dtype) { return dtype < RONDO_NUM_DTYPES ? types[dtype].numpy : "?"; }
bool rondo_dtype_is_float(uint32_t dtype) { return dtype <= RONDO_BF16; }
bool rondo_dtype_is_integer(uint32_t dtype) { return dtype >= RONDO_I64 && dtype <= RONDO_U8; }

DLDataType rondo_dtype_dlpack(uint32_t dtype) {
  DLDataType none = {0, 0, 0};
  if (dtype >= RONDO_NUM_DTYPES)
    return none;
  DLDataType result = {types[dtype].code, (uint8_t)(types[dtype].bytes * 8), 1};
  return result;
}

int32_t rondo_dtype_of_dlpack(DLDataType type) {
  for (int32_t i = 0; i < RONDO_NUM_DTYPES; ++i)
    if (types[i].code == type.code && types[i].bytes * 8 == type.bits && type.lanes == 1)
      return i;
  return -1;
}

int64_t rondo_dtype_least(uint32_t dtype) {
  return dtype == RONDO_I64 ? INT64_MIN : dtype == RONDO_I32 ? INT32_MIN : dtype == RONDO_I8 ? INT8_MIN : 0;
}

int64_t rondo_dtype_greatest(uint32_t dtype) {
  switch (dtype) {
  case RONDO_I64:
    return INT64_MAX;
  case RONDO_I32:
    return INT32_MAX;
  case RONDO_I8:
    return INT8_MAX;
  case RONDO_U8:
    return UINT8_MAX;
  default:
    return 1;
  }
}

/* f16 and bf16 differ in the width of the fraction alone: the exponent has the other bits. */
enum { HALF_FRACTION = 10, BRAIN_FRACTION = 7 };

static double widen(uint16_t bits, int fraction_bits) {
  int exponent_bits = 15 - fraction_bits, bias = (1 << (exponent_bits - 1)) - 1;
  int exponent = (bits >> fraction_bits) & ((1 << exponent_bits) - 1);
  int fraction = bits & ((1 << fraction_bits) - 1);
  double value;
  if (exponent == (1 << exponent_bits) - 1)
    value = fraction ? NAN : INFINITY;
  else if (exponent == 0)
    value = ldexp(fraction, 1 - bias - fraction_bits);
  else
    value = ldexp(fraction + (1 << fraction_bits), exponent - bias - fraction_bits);
  return bits >> 15 ? -value : value;
}

static uint16_t narrow(double value, int fraction_bits) {
  int exponent_bits = 15 - fraction_bits, bias = (1 << (exponent_bits - 1)) - 1;
  unsigned infinity = ((1u << exponent_bits) - 1) << fraction_bits;
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  unsigned sign = (unsigned)(bits >> 63) << 15;
  int exponent = (int)(bits >> 52 & 0x7ff) - 1023;
  uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
  if (exponent == 1024)
    return (uint16_t)(sign | infinity | (fraction ? 1u << (fraction_bits - 1) : 0));
  if (exponent > bias)
    return (uint16_t)(sign | infinity);
  fraction |= UINT64_C(1) << 52;
  /* A subnormal result has lost more bits. Rounding up may carry into the exponent, as it should. */
  int lost = exponent < 1 - bias ? 1 - bias - exponent : 0;
  int shift = 52 - fraction_bits + lost;
  if (shift > 54)
    return (uint16_t)sign;
  uint64_t kept = fraction >> shift, rest = fraction & ((UINT64_C(1) << shift) - 1);
  uint64_t half = UINT64_C(1) << (shift - 1);
  if (rest > half || (rest == half && (kept & 1)))
    ++kept;
  if (!lost)
    kept += (uint64_t)(exponent + bias - 1) << fraction_bits;
  return (uint16_t)(sign | (unsigned)kept);
}

double rondo_load_float(uint32_t dtype, const void *data, uint64_t i) {
  const char *at = (const char *)data + i * types[dtype].bytes;
  float f32;
  double f64;
  uint16_t bits;
  switch (dtype) {
  case RONDO_F32:
    memcpy(&f32, at, sizeof f32);
    return (double)f32;
  case RONDO_F64:
    memcpy(&f64, at, sizeof f64);
    return f64;
  default:
    memcpy(&bits, at, sizeof bits);
    return widen(bits, dtype == RONDO_F16 ? HALF_FRACTION : BRAIN_FRACTION);
  }
}

void rondo_store_float(uint32_t dtype, void *data, uint64_t i, double value) {
  char *at = (char *)data + i * types[dtype].bytes;
  float f32 = (float)value;
  uint16_t bits;
  switch (dtype) {
  case RONDO_F32:
    memcpy(at, &f32, sizeof f32);
    return;
  case RONDO_F64:
    memcpy(at, &value, sizeof value);
    return;
  default:
    bits = narrow(value, dtype == RONDO_F16 ? HALF_FRACTION : BRAIN_FRACTION);
    memcpy(at, &bits, sizeof bits);
  }
}

int64_t rondo_load_integer(uint32_t dtype, const void *data, uint64_t i) {
  switch (dtype) {
  case RONDO_I64:
    return ((const int64_t *)data)[i];
  case RONDO_I32:
    return ((const int32_t *)data)[i];
  case RONDO_I8:
    return ((const int8_t *)data)[i];
  default:
    return ((const uint8_t *)data)[i];
  }
}

void rondo_store_integer(uint32_t dtype, void *data, uint64_t i, int64_t value) {
  switch (dtype) {
  case RONDO_I64:
    ((int64_t *)data)[i] = value;
    return;
  case RONDO_I32:
    ((uint32_t *)data)[i] = (uint32_t)(uint64_t)value;
    return;
  default:
    ((uint8_t *)data)[i] = (uint8_t)(uint64_t)value;
  }
}

void rondo_convert_floats(void *to, uint32_t to_dtype, const void *from, uint32_t from_dtype, uint64_t n) {
  if (to_dtype == from_dtype) {
    if (n)
      memcpy(to, from, (size_t)(n * types[to_dtype].bytes));
    return;
  }
  if (to_dtype == RONDO_F32 && from_dtype == RONDO_BF16) { /* checkpoints are often so */
    for (uint64_t i = 0; i < n; ++i) {
      uint16_t upper;
      memcpy(&upper, (const char *)from + 2 * i, sizeof upper);
      uint32_t bits = (uint32_t)upper << 16;
      memcpy((char *)to + 4 * i, &bits, sizeof bits);
    }
    return;
  }
  for (uint64_t i = 0; i < n; ++i)
    rondo_store_float(to_dtype, to, i, rondo_load_float(from_dtype, from, i));
}
