/* safetensors: the header's length (8 bytes, little-endian), the header (JSON:
 *   {"__metadata__": {"k": "text"}, "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}
 * ), then the data, which the tensors fill without holes and overlaps. */
#include "array.h"
#include "dtype.h"
#include "error.h"
#include "file.h"
#include "json.h"
#include "weights.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_BYTES = 8, MAX_HEADER = 100 << 20 };

/* What an open file holds besides its tensors. */
struct rondo_safetensors_memory {
  rondo_file file;
  char *strings;     /* all names, decoded */
  int64_t *sizes;    /* all shapes, one after the other */
  uint64_t *offsets; /* of the tensors in the order of the header: begin, end */
  size_t num_sizes, room_sizes, room_tensors;
};

/* Element types of the format; those that no dtype stands for are known by their size alone. */
static const struct {
  char name[12];
  int8_t dtype, bits;
} types[] = {
    {"F32", RONDO_F32, 32},  {"F64", RONDO_F64, 64}, {"F16", RONDO_F16, 16}, {"BF16", RONDO_BF16, 16},
    {"I64", RONDO_I64, 64},  {"I32", RONDO_I32, 32}, {"I8", RONDO_I8, 8},    {"U8", RONDO_U8, 8},
    {"BOOL", RONDO_BOOL, 8}, {"I16", -1, 16},        {"U16", -1, 16},        {"U32", -1, 32},
    {"U64", -1, 64},         {"C64", -1, 64},        {"F8_E4M3", -1, 8},     {"F8_E5M2", -1, 8},
    {"F8_E8M0", -1, 8},      {"F8_E4M3FNUZ", -1, 8}, {"F8_E5M2FNUZ", -1, 8}, {"F6_E2M3", -1, 6},
    {"F6_E3M2", -1, 6},      {"F4", -1, 4}};
enum { NUM_TYPES = sizeof types / sizeof *types };

/* Makes room for `more` elements after `used`, doubling. False if there is no memory. */
static bool reserve(void **data, size_t *room, size_t used, size_t more, size_t element) {
  if (*data && used + more <= *room)
    return true;
  size_t wanted = *room ? *room : 64;
  while (wanted < used + more)
    wanted *= 2;
  void *larger = realloc(*data, wanted * element);
  if (!larger)
    return false;
  *data = larger;
  *room = wanted;
  return true;
}

static int compare_texts(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool any_twice(const char **texts, size_t n) {
  if (n > 1)
    qsort(texts, n, sizeof *texts, compare_texts);
  for (size_t i = 1; i < n; ++i)
    if (!strcmp(texts[i - 1], texts[i]))
      return true;
  return false;
}

/* `{"text": "text", ...}`. The keys are collected in *keys, the caller's to free. */
static rondo_status read_metadata(rondo_json *json, const char ***keys) {
  size_t count = 0, room = 0;
  rondo_status status = rondo_json_expect(json, '{');
  if (status || rondo_json_accept(json, '}'))
    return status;
  do {
    const char *ignored;
    if (!reserve((void **)keys, &room, count, 1, sizeof **keys))
      return rondo_fail_memory(json->error, count * 2 * sizeof **keys);
    if ((status = rondo_json_string(json, &(*keys)[count])) || (status = rondo_json_expect(json, ':')) ||
        (status = rondo_json_string(json, &ignored)))
      return status;
    ++count;
  } while (rondo_json_accept(json, ','));
  if ((status = rondo_json_expect(json, '}')))
    return status;
  return any_twice(*keys, count) ? rondo_json_fail(json, "a key of `__metadata__` stands twice") : RONDO_OK;
}

static rondo_status read_dtype(rondo_json *json, int *type) {
  const char *name;
  rondo_status status = rondo_json_string(json, &name);
  if (status)
    return status;
  for (*type = 0; *type < NUM_TYPES; ++*type)
    if (!strcmp(types[*type].name, name))
      return RONDO_OK;
  return rondo_json_fail(json, "unknown dtype");
}

static rondo_status read_shape(rondo_json *json, struct rondo_safetensors_memory *memory, uint32_t *rank) {
  rondo_status status = rondo_json_expect(json, '[');
  *rank = 0;
  if (status || rondo_json_accept(json, ']'))
    return status;
  do {
    if (*rank == RONDO_MAX_RANK)
      return rondo_json_fail(json, "too many axes");
    if (!reserve((void **)&memory->sizes, &memory->room_sizes, memory->num_sizes, 1, sizeof(int64_t)))
      return rondo_fail_memory(json->error, memory->num_sizes * 2 * sizeof(int64_t));
    if ((status = rondo_json_number(json, &memory->sizes[memory->num_sizes])))
      return status;
    ++memory->num_sizes;
    ++*rank;
  } while (rondo_json_accept(json, ','));
  return rondo_json_expect(json, ']');
}

static rondo_status read_offsets(rondo_json *json, uint64_t *offsets) {
  int64_t begin, end;
  rondo_status status;
  if ((status = rondo_json_expect(json, '[')) || (status = rondo_json_number(json, &begin)) ||
      (status = rondo_json_expect(json, ',')) || (status = rondo_json_number(json, &end)) ||
      (status = rondo_json_expect(json, ']')))
    return status;
  offsets[0] = (uint64_t)begin;
  offsets[1] = (uint64_t)end;
  return RONDO_OK;
}

/* The description of one tensor. Its shape is found later: the sizes may still move. */
static rondo_status read_tensor(rondo_json *json, struct rondo_safetensors_memory *memory,
                                rondo_stored_tensor *tensor, uint64_t *offsets) {
  enum { DTYPE = 1, SHAPE = 2, OFFSETS = 4 };
  int seen = 0, type = 0;
  size_t first_size = memory->num_sizes;
  rondo_status status = rondo_json_expect(json, '{');
  if (status)
    return status;
  do {
    const char *key;
    if ((status = rondo_json_string(json, &key)) || (status = rondo_json_expect(json, ':')))
      return status;
    int what = !strcmp(key, "dtype")          ? DTYPE
               : !strcmp(key, "shape")        ? SHAPE
               : !strcmp(key, "data_offsets") ? OFFSETS
                                              : 0;
    if (!what || (seen & what))
      return rondo_json_fail(json, what ? "a key stands twice" : "unknown key of a tensor");
    seen |= what;
    status = what == DTYPE   ? read_dtype(json, &type)
             : what == SHAPE ? read_shape(json, memory, &tensor->rank)
                             : read_offsets(json, offsets);
    if (status)
      return status;
  } while (rondo_json_accept(json, ','));
  if ((status = rondo_json_expect(json, '}')))
    return status;
  if (seen != (DTYPE | SHAPE | OFFSETS))
    return rondo_json_fail(json, "a tensor lacks dtype, shape or data_offsets");

  uint64_t elements, bytes, bits;
  const int64_t *shape = tensor->rank ? memory->sizes + first_size : NULL;
  if (!rondo_count(RONDO_U8, tensor->rank, shape, &elements, &bytes) ||
      !rondo_multiply(elements, (uint64_t)types[type].bits, &bits))
    return rondo_json_fail(json, "a shape is larger than memory can be");
  if (bits % 8 != 0)
    return rondo_json_fail(json, "a tensor ends amid a byte");
  bytes = bits / 8;
  if (offsets[0] > offsets[1] || offsets[1] - offsets[0] != bytes)
    return rondo_json_fail(json, "data_offsets do not fit the shape");
  tensor->dtype = types[type].dtype;
  tensor->dtype_name = types[type].name;
  tensor->bytes = bytes;
  return RONDO_OK;
}

/* All of the header. Tensors are left in its order. */
static rondo_status read_header(rondo_json *json, rondo_safetensors *file) {
  struct rondo_safetensors_memory *memory = file->memory;
  bool metadata = false;
  rondo_status status = rondo_json_expect(json, '{');
  if (status)
    return status;
  if (rondo_json_accept(json, '}'))
    return rondo_json_finish(json);
  size_t room_offsets = 0;
  do {
    const char *name;
    if ((status = rondo_json_string(json, &name)) || (status = rondo_json_expect(json, ':')))
      return status;
    if (!strcmp(name, "__metadata__")) {
      if (metadata)
        return rondo_json_fail(json, "`__metadata__` stands twice");
      metadata = true;
      const char **keys = NULL;
      status = read_metadata(json, &keys);
      free(keys);
      if (status)
        return status;
      continue;
    }
    uint32_t n = file->num_tensors;
    if (!reserve((void **)&file->tensors, &memory->room_tensors, n, 1, sizeof *file->tensors) ||
        !reserve((void **)&memory->offsets, &room_offsets, 2 * (size_t)n, 2, sizeof(uint64_t)))
      return rondo_fail_memory(json->error, n * 2 * sizeof *file->tensors);
    memset(&file->tensors[n], 0, sizeof file->tensors[n]);
    file->tensors[n].name = name;
    if ((status = read_tensor(json, memory, &file->tensors[n], &memory->offsets[2 * n])))
      return status;
    ++file->num_tensors;
  } while (rondo_json_accept(json, ','));
  status = rondo_json_expect(json, '}');
  return status ? status : rondo_json_finish(json);
}

static int compare_data(const void *a, const void *b) {
  const rondo_stored_tensor *x = a, *y = b;
  uintptr_t x_begin = (uintptr_t)x->data, y_begin = (uintptr_t)y->data;
  if (x_begin != y_begin)
    return x_begin < y_begin ? -1 : 1;
  return x->bytes < y->bytes ? -1 : x->bytes > y->bytes; /* the empty ones first */
}

static int compare_names(const void *a, const void *b) {
  return strcmp(((const rondo_stored_tensor *)a)->name, ((const rondo_stored_tensor *)b)->name);
}

/* The tensors fill the data from its first to its last byte, once; no name stands twice. */
static rondo_status check_layout(rondo_safetensors *file, const unsigned char *data, uint64_t bytes,
                                 const char *path, rondo_error *error) {
  struct rondo_safetensors_memory *memory = file->memory;
  const int64_t *sizes = memory->sizes;
  for (uint32_t i = 0; i < file->num_tensors; ++i) {
    rondo_stored_tensor *tensor = &file->tensors[i];
    if (memory->offsets[2 * i + 1] > bytes)
      return rondo_fail(error, RONDO_ERROR_FORMAT, "%s: `%s` reaches beyond the file's end", path,
                        tensor->name);
    tensor->data = data + memory->offsets[2 * i];
    tensor->shape = sizes;
    if (tensor->rank)
      sizes += tensor->rank;
  }
  free(memory->offsets);
  memory->offsets = NULL;
  if (file->num_tensors)
    qsort(file->tensors, file->num_tensors, sizeof *file->tensors, compare_data);
  const unsigned char *end = data;
  for (uint32_t i = 0; i < file->num_tensors; ++i) {
    const rondo_stored_tensor *tensor = &file->tensors[i];
    if (tensor->data != end)
      return rondo_fail(error, RONDO_ERROR_FORMAT, "%s: `%s` %s", path, tensor->name,
                        (const unsigned char *)tensor->data < end ? "overlaps another tensor"
                                                                  : "leaves a hole before it");
    end += tensor->bytes;
  }
  if (end != data + bytes)
    return rondo_fail(error, RONDO_ERROR_FORMAT, "%s: bytes follow the last tensor", path);
  if (file->num_tensors)
    qsort(file->tensors, file->num_tensors, sizeof *file->tensors, compare_names);
  for (uint32_t i = 1; i < file->num_tensors; ++i)
    if (compare_names(&file->tensors[i - 1], &file->tensors[i]) == 0)
      return rondo_fail(error, RONDO_ERROR_FORMAT, "%s: `%s` stands twice", path, file->tensors[i].name);
  return RONDO_OK;
}

static rondo_status read_file(rondo_safetensors *file, const char *path, rondo_error *error) {
  struct rondo_safetensors_memory *memory = file->memory;
  const unsigned char *data = memory->file.data;
  uint64_t bytes = memory->file.bytes, length = 0;
  if (bytes < LENGTH_BYTES)
    return rondo_fail(error, RONDO_ERROR_FORMAT, "%s: not a safetensors file", path);
  if (memcmp(data, RONDO_PREPARED_MAGIC, LENGTH_BYTES) == 0)
    return rondo_fail(error, RONDO_ERROR_FORMAT,
                      "%s: prepared weights, of which no keys and shapes are left: give the safetensors file",
                      path);
  for (int i = LENGTH_BYTES; i-- > 0;)
    length = length << 8 | data[i];
  if (length > MAX_HEADER || length > bytes - LENGTH_BYTES)
    return rondo_fail(error, RONDO_ERROR_FORMAT, "%s: %s", path,
                      length > MAX_HEADER ? "not a safetensors file (its header would be too long)"
                                          : "the file is cut short");
  memory->strings = malloc((size_t)length + 1);
  if (!memory->strings)
    return rondo_fail_memory(error, length);
  const unsigned char *header = data + LENGTH_BYTES;
  rondo_json json = {header, header, header + length, memory->strings, path, error};
  rondo_status status = read_header(&json, file);
  return status ? status : check_layout(file, json.end, bytes - LENGTH_BYTES - length, path, error);
}

rondo_status rondo_safetensors_open(const char *path, rondo_safetensors *file, rondo_error *error) {
  memset(file, 0, sizeof *file);
  file->memory = calloc(1, sizeof *file->memory);
  if (!file->memory)
    return rondo_fail_memory(error, sizeof *file->memory);
  rondo_status status = rondo_file_open(path, &file->memory->file, error);
  if (!status)
    status = read_file(file, path, error);
  if (status)
    rondo_safetensors_close(file);
  return status;
}

void rondo_safetensors_close(rondo_safetensors *file) {
  if (file->memory) {
    rondo_file_close(&file->memory->file);
    free(file->memory->strings);
    free(file->memory->sizes);
    free(file->memory->offsets);
    free(file->memory);
  }
  free(file->tensors);
  memset(file, 0, sizeof *file);
}

const rondo_stored_tensor *rondo_safetensors_find(const rondo_safetensors *file, const char *name) {
  rondo_stored_tensor key = {0};
  key.name = name;
  if (file->num_tensors == 0)
    return NULL;
  return bsearch(&key, file->tensors, file->num_tensors, sizeof key, compare_names);
}

//===--------------------------------------------------------------------===//
// Writing
//===--------------------------------------------------------------------===//

/* A name as a JSON string; names are UTF-8. */
static void append_string(rondo_text *text, const char *name) {
  rondo_append(text, "\"");
  for (; *name; ++name) {
    if (*name == '"' || *name == '\\')
      rondo_append(text, "\\%c", *name);
    else if ((unsigned char)*name < 0x20)
      rondo_append(text, "\\u%04x", (unsigned)*name);
    else
      rondo_append(text, "%c", *name);
  }
  rondo_append(text, "\"");
}

static void append_header(rondo_text *text, uint32_t count, const char *const *names,
                          const rondo_array *arrays) {
  uint64_t offset = 0;
  for (uint32_t i = 0; i < count; ++i) {
    rondo_append(text, i ? "," : "{");
    append_string(text, names[i]);
    rondo_append(text, ":{\"dtype\":\"%s\",\"shape\":[", types[arrays[i].dtype].name);
    for (uint32_t d = 0; d < arrays[i].rank; ++d)
      rondo_append(text, "%s%" PRId64, d ? "," : "", arrays[i].shape[d]);
    rondo_append(text, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", offset, offset + arrays[i].bytes);
    offset += arrays[i].bytes;
  }
  rondo_append(text, count ? "}" : "{}");
  while ((LENGTH_BYTES + text->length) % RONDO_ALIGNMENT != 0)
    rondo_append(text, " ");
}

rondo_status rondo_safetensors_write(const char *path, uint32_t count, const char *const *names,
                                     const rondo_array *arrays, rondo_error *error) {
  size_t room = 256;
  for (uint32_t i = 0; i < count; ++i)
    room += 6 * strlen(names[i]) + 21 * arrays[i].rank + 128;
  rondo_text text = {malloc(room), room, 0};
  if (!text.data)
    return rondo_fail_memory(error, room);
  append_header(&text, count, names, arrays);
  unsigned char length[LENGTH_BYTES];
  for (int i = 0; i < LENGTH_BYTES; ++i)
    length[i] = (unsigned char)((uint64_t)text.length >> (8 * i));
  rondo_output output;
  rondo_status status = rondo_output_open(path, &output, error);
  if (!status)
    status = rondo_output_write(&output, length, sizeof length, error);
  if (!status)
    status = rondo_output_write(&output, text.data, text.length, error);
  for (uint32_t i = 0; i < count && !status; ++i)
    status = rondo_output_write(&output, arrays[i].data, arrays[i].bytes, error);
  free(text.data);
  return status ? status : rondo_output_finish(&output, error);
}
