/* DLPack v1's tensor, as much of it as rondo needs, byte for byte as in the
 * standard (https://dmlc.github.io/dlpack). Who needs the rest of it includes the
 * real dlpack.h first: then this header declares nothing. */
#ifndef RONDO_DLPACK_H
#define RONDO_DLPACK_H

#ifndef DLPACK_DLPACK_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
typedef enum : int32_t {
#else
typedef enum {
#endif
  kDLCPU = 1,
  kDLCUDA = 2,
  kDLCUDAHost = 3,
} DLDeviceType;

typedef struct {
  DLDeviceType device_type;
  int32_t device_id;
} DLDevice;

typedef enum {
  kDLInt = 0U,
  kDLUInt = 1U,
  kDLFloat = 2U,
  kDLOpaqueHandle = 3U,
  kDLBfloat = 4U,
  kDLComplex = 5U,
  kDLBool = 6U,
} DLDataTypeCode;

typedef struct {
  uint8_t code; /* DLDataTypeCode */
  uint8_t bits;
  uint16_t lanes; /* 1 */
} DLDataType;

/* A view: it owns neither data nor shape. */
typedef struct {
  void *data;
  DLDevice device;
  int32_t ndim;
  DLDataType dtype;
  int64_t *shape;       /* [ndim] */
  int64_t *strides;     /* [ndim], in elements; NULL: row-major and dense */
  uint64_t byte_offset; /* from data to the first element */
} DLTensor;

#ifdef __cplusplus
}
#endif
#endif
#endif
