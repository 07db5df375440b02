/* NumPy's .npy: "\x93NUMPY", version, length of the header, the header (a Python dictionary
 * {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }), then the elements. */
#include "npy.h"
#include "array.h"
#include "dtype.h"
#include "error.h"

#include <inttypes.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "files are little-endian and are mapped as they are"
#endif

enum { MAGIC_BYTES = 6, PREFIX_BYTES = 10, PREFIX_BYTES_2 = 12, MAX_HEADER = 1 << 20 };
static const char magic[] = "\x93NUMPY";

/* What a header says. */
typedef struct header {
  int32_t dtype;
  bool big_endian, fortran;
  uint32_t rank;
  int64_t shape[RONDO_MAX_RANK];
} header;

typedef struct reader {
  const unsigned char *at, *end;
  const char *path;
  rondo_error *error;
} reader;

static rondo_status fail(const reader *r, const char *what) {
  return rondo_fail(r->error, RONDO_ERROR_FORMAT, "%s: %s", r->path, what);
}

//===--------------------------------------------------------------------===//
// The header
//===--------------------------------------------------------------------===//

static void skip_blanks(reader *r) {
  while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
    ++r->at;
}

static bool accept(reader *r, char c) {
  skip_blanks(r);
  if (r->at == r->end || *r->at != (unsigned char)c)
    return false;
  ++r->at;
  return true;
}

static bool accept_word(reader *r, const char *word) {
  skip_blanks(r);
  size_t length = strlen(word);
  if ((size_t)(r->end - r->at) < length || memcmp(r->at, word, length) != 0)
    return false;
  r->at += length;
  return true;
}

/* A quoted string without escapes, into text[size]. */
static bool read_string(reader *r, char *text, size_t size) {
  skip_blanks(r);
  if (r->at == r->end || (*r->at != '\'' && *r->at != '"'))
    return false;
  unsigned char quote = *r->at++;
  size_t length = 0;
  while (r->at < r->end && *r->at != quote) {
    if (*r->at == '\\' || *r->at < 0x20 || length + 1 >= size)
      return false;
    text[length++] = (char)*r->at++;
  }
  text[length] = 0;
  return r->at < r->end && *r->at++ == quote;
}

static rondo_status read_descr(reader *r, header *h) {
  static const struct {
    char code[4];
    int8_t dtype; /* -1: one that we have no type for */
    const char *name;
  } types[] = {{"f4", RONDO_F32, 0},    {"f8", RONDO_F64, 0},    {"f2", RONDO_F16, 0},
               {"i8", RONDO_I64, 0},    {"i4", RONDO_I32, 0},    {"i1", RONDO_I8, 0},
               {"u1", RONDO_U8, 0},     {"b1", RONDO_BOOL, 0},   {"i2", -1, "int16"},
               {"u2", -1, "uint16"},    {"u4", -1, "uint32"},    {"u8", -1, "uint64"},
               {"f16", -1, "float128"}, {"c8", -1, "complex64"}, {"c16", -1, "complex128"}};
  char text[24];
  skip_blanks(r);
  if (r->at < r->end && *r->at == '[')
    return fail(r, "structured arrays are not supported");
  if (!read_string(r, text, sizeof text))
    return fail(r, "malformed header: 'descr' is no element type");
  char order = text[0];
  h->big_endian = order == '>';
  for (size_t i = 0; i < sizeof types / sizeof *types; ++i) {
    if (order == 0 || strcmp(text + 1, types[i].code) != 0)
      continue;
    bool one_byte = types[i].code[1] == '1' && types[i].code[2] == 0;
    if (!(order == '<' || order == '>' || order == '=' || (order == '|' && one_byte)))
      break;
    if (types[i].dtype < 0)
      return rondo_fail(r->error, RONDO_ERROR_FORMAT,
                        "%s is %s, and there is no such element type: save it as another, like "
                        ".astype('float32') or .astype('int64')",
                        r->path, types[i].name);
    h->dtype = types[i].dtype;
    return RONDO_OK;
  }
  return rondo_fail(r->error, RONDO_ERROR_FORMAT, "%s: elements of type '%s' are not supported", r->path,
                    text);
}

static rondo_status read_shape(reader *r, header *h) {
  if (!accept(r, '('))
    return fail(r, "malformed header: 'shape' is no tuple");
  h->rank = 0;
  bool comma = true;
  while (!accept(r, ')')) {
    if (!comma)
      return fail(r, "malformed header: 'shape' is no tuple");
    if (h->rank == RONDO_MAX_RANK)
      return fail(r, "too many axes");
    skip_blanks(r);
    const unsigned char *begin = r->at;
    int64_t size = 0;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; ++r->at) {
      int digit = *r->at - '0';
      if (size > (INT64_MAX - digit) / 10)
        return fail(r, "an axis is too long");
      size = size * 10 + digit;
    }
    if (r->at == begin || (*begin == '0' && r->at - begin > 1))
      return fail(r, "malformed header: 'shape' holds something that is no size");
    if (r->at < r->end && *r->at == 'L') /* as Python 2 wrote a long */
      ++r->at;
    h->shape[h->rank++] = size;
    comma = accept(r, ',');
  }
  if (h->rank == 1 && !comma)
    return fail(r, "malformed header: 'shape' is no tuple");
  return RONDO_OK;
}

static rondo_status read_header(reader *r, header *h) {
  bool descr = false, order = false, shape = false;
  if (!accept(r, '{'))
    return fail(r, "malformed header: no dictionary");
  for (bool comma = true; !accept(r, '}'); comma = accept(r, ',')) {
    char key[16];
    if (!comma || !read_string(r, key, sizeof key) || !accept(r, ':'))
      return fail(r, "malformed header");
    rondo_status status = RONDO_OK;
    if (!strcmp(key, "descr") && !descr) {
      descr = true;
      status = read_descr(r, h);
    } else if (!strcmp(key, "shape") && !shape) {
      shape = true;
      status = read_shape(r, h);
    } else if (!strcmp(key, "fortran_order") && !order) {
      order = true;
      h->fortran = accept_word(r, "True");
      if (!h->fortran && !accept_word(r, "False"))
        return fail(r, "malformed header: 'fortran_order' is neither True nor False");
    } else {
      return fail(r, "malformed header: a key that is unknown or stands twice");
    }
    if (status)
      return status;
  }
  if (!descr || !order || !shape)
    return fail(r, "malformed header: 'descr', 'fortran_order' or 'shape' is missing");
  skip_blanks(r);
  return r->at == r->end ? RONDO_OK : fail(r, "malformed header: more than a dictionary");
}

//===--------------------------------------------------------------------===//
// The elements
//===--------------------------------------------------------------------===//

static void copy_element(char *to, const char *from, uint32_t bytes, bool swap) {
  for (uint32_t i = 0; i < bytes; ++i)
    to[i] = from[swap ? bytes - 1 - i : i];
}

/* Copies n elements to row-major order and host byte order. */
static void copy_elements(const header *h, char *to, const char *from, uint64_t n) {
  uint32_t bytes = rondo_dtype_bytes((uint32_t)h->dtype);
  if (!h->fortran) {
    for (uint64_t i = 0; i < n; ++i)
      copy_element(to + i * bytes, from + i * bytes, bytes, h->big_endian);
    return;
  }
  /* Walks the result in order; `at` is the same element in the file, whose first axis is the fastest. */
  int64_t index[RONDO_MAX_RANK] = {0};
  uint64_t strides[RONDO_MAX_RANK], stride = 1, at = 0;
  for (uint32_t d = 0; d < h->rank; ++d) {
    strides[d] = stride;
    stride *= (uint64_t)h->shape[d];
  }
  for (uint64_t i = 0; i < n; ++i) {
    copy_element(to + i * bytes, from + at * bytes, bytes, h->big_endian);
    for (uint32_t d = h->rank; d-- > 0;) {
      at += strides[d];
      if (++index[d] < h->shape[d])
        break;
      at -= strides[d] * (uint64_t)h->shape[d];
      index[d] = 0;
    }
  }
}

/* Compiled code counts on 0 and 1. */
static bool all_booleans(const unsigned char *data, uint64_t n) {
  unsigned char bits = 0;
  for (uint64_t i = 0; i < n; ++i)
    bits |= data[i];
  return bits <= 1;
}

/* Makes the array of what follows the header. Takes the mapping over where that serves. */
static rondo_status read_elements(reader *r, const header *h, rondo_file *file, rondo_array *array) {
  uint64_t elements, bytes, left = (uint64_t)(r->end - r->at);
  if (!rondo_count((uint32_t)h->dtype, h->rank, h->shape, &elements, &bytes))
    return fail(r, "the shape is larger than memory can be");
  if (left != bytes)
    return rondo_fail(r->error, RONDO_ERROR_FORMAT,
                      "%s: %s: the shape needs %" PRIu64 " bytes, the file holds %" PRIu64, r->path,
                      left < bytes ? "the file is cut short" : "bytes follow the last element", bytes, left);
  bool in_order = !h->fortran || h->rank < 2;
  bool swap = h->big_endian && rondo_dtype_bytes((uint32_t)h->dtype) > 1;
  bool is_bool = h->dtype == RONDO_BOOL;
  if (file->mapped && in_order && !swap && bytes > 0 && (uintptr_t)r->at % RONDO_ALIGNMENT == 0 &&
      !(is_bool && !all_booleans(r->at, bytes))) {
    memset(array, 0, sizeof *array);
    array->dtype = (uint32_t)h->dtype;
    array->rank = h->rank;
    memcpy(array->shape, h->shape, h->rank * sizeof *h->shape);
    array->data = (void *)r->at;
    array->bytes = bytes;
    array->mapping = (void *)file->data;
    array->mapping_bytes = file->bytes;
    file->mapped = false; /* no longer the file's to close */
    file->data = NULL;
    return RONDO_OK;
  }
  rondo_status status = rondo_array_make(array, (uint32_t)h->dtype, h->rank, h->shape, r->error);
  if (status)
    return status;
  if (in_order && !swap && bytes > 0)
    memcpy(array->data, r->at, (size_t)bytes);
  else
    copy_elements(h, array->data, (const char *)r->at, elements);
  unsigned char *truths = array->data;
  for (uint64_t i = 0; is_bool && i < elements; ++i)
    truths[i] = truths[i] != 0;
  return RONDO_OK;
}

static rondo_status read_file(reader *r, rondo_file *file, rondo_array *array) {
  const unsigned char *data = file->data;
  if (file->bytes < PREFIX_BYTES || memcmp(data, magic, MAGIC_BYTES) != 0)
    return fail(r, "not a .npy file");
  unsigned version = data[6];
  if (version < 1 || version > 3 || data[7] != 0)
    return rondo_fail(r->error, RONDO_ERROR_FORMAT, "%s: version %u.%u of the .npy format is not known",
                      r->path, version, data[7]);
  size_t prefix = version == 1 ? PREFIX_BYTES : PREFIX_BYTES_2;
  if (file->bytes < prefix)
    return fail(r, "the file is cut short");
  uint32_t length = data[8] | (uint32_t)data[9] << 8;
  if (version > 1)
    length |= (uint32_t)data[10] << 16 | (uint32_t)data[11] << 24;
  if (length > MAX_HEADER)
    return fail(r, "the header is too long");
  if (length > file->bytes - prefix)
    return fail(r, "the file is cut short");
  r->at = data + prefix;
  r->end = r->at + length;
  header h;
  memset(&h, 0, sizeof h);
  rondo_status status = read_header(r, &h);
  if (status)
    return status;
  r->end = data + file->bytes;
  return read_elements(r, &h, file, array);
}

rondo_status rondo_read_npy(const char *path, rondo_array *array, rondo_error *error) {
  rondo_file file;
  rondo_status status = rondo_file_open(path, &file, error);
  if (status)
    return status;
  reader r = {NULL, NULL, path, error};
  status = read_file(&r, &file, array);
  rondo_file_close(&file);
  return status;
}

//===--------------------------------------------------------------------===//
// Writing
//===--------------------------------------------------------------------===//

/* Writes elements as they are, bf16 as f32 piece by piece. */
static rondo_status write_elements(rondo_output *output, const rondo_array *array, rondo_error *error) {
  if (array->dtype != RONDO_BF16)
    return rondo_output_write(output, array->data, array->bytes, error);
  float piece[1024];
  uint64_t elements = rondo_array_elements(array);
  for (uint64_t i = 0; i < elements; i += 1024) {
    uint64_t n = elements - i < 1024 ? elements - i : 1024;
    rondo_convert_floats(piece, RONDO_F32, (const char *)array->data + 2 * i, RONDO_BF16, n);
    rondo_status status = rondo_output_write(output, piece, n * sizeof *piece, error);
    if (status)
      return status;
  }
  return RONDO_OK;
}

rondo_status rondo_npy_begin(const char *path, const rondo_array *array, rondo_output *output,
                             rondo_error *error) {
  static const char *const descr[RONDO_NUM_DTYPES] = {"<f4", "<f8", "<f2", "<f4", "<i8",
                                                      "<i4", "|i1", "|u1", "|b1"};
  RONDO_TEXT(text, 1024); /* 32 axes of 20 digits fit */
  rondo_append(&text, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr[array->dtype]);
  for (uint32_t i = 0; i < array->rank; ++i)
    rondo_append(&text, i ? ", %" PRId64 : "%" PRId64, array->shape[i]);
  rondo_append(&text, array->rank == 1 ? ",), }" : "), }");
  while ((PREFIX_BYTES + text.length + 1) % RONDO_ALIGNMENT != 0)
    rondo_append(&text, " ");
  rondo_append(&text, "\n");

  unsigned char prefix[PREFIX_BYTES] = {0};
  memcpy(prefix, magic, MAGIC_BYTES);
  prefix[6] = 1;
  prefix[8] = (unsigned char)(text.length & 0xff);
  prefix[9] = (unsigned char)(text.length >> 8);
  rondo_status status = rondo_output_open(path, output, error);
  if (!status)
    status = rondo_output_write(output, prefix, sizeof prefix, error);
  if (!status)
    status = rondo_output_write(output, text.data, text.length, error);
  return status ? status : write_elements(output, array, error);
}

rondo_status rondo_write_npy(const char *path, const rondo_array *array, rondo_error *error) {
  rondo_output output;
  rondo_status status = rondo_npy_begin(path, array, &output, error);
  return status ? status : rondo_output_finish(&output, error);
}
