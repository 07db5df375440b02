// .npy files: what is read lies where it says, and what is written of it is read again with the same bytes.
#include "Fuzzer.h"
#include "InMemoryFile.h"
#include "rondo/files.h"
#include <cstring>

using namespace rondo::test;

/// The bytes of a shape that was checked.
static uint64_t bytesOf(const rondo_array &array) {
  uint64_t bytes = rondo_dtype_bytes(array.dtype);
  for (uint32_t i = 0; i < array.rank; ++i)
    bytes *= uint64_t(array.shape[i]);
  return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  InMemoryFile file(data, size);
  rondo_array array;
  rondo_error error;
  if (rondo_read_npy(file.path(), &array, &error)) {
    if (!*error.message)
      wrong("an error without a message");
    return 0;
  }
  if (array.bytes != bytesOf(array))
    wrong("the bytes are not those of the shape");
  static const std::string again = "/tmp/rondo-fuzz-" + std::to_string(getpid()) + ".npy";
  if (rondo_write_npy(again.c_str(), &array, &error))
    wrong(error.message);
  rondo_array second;
  if (rondo_read_npy(again.c_str(), &second, &error))
    wrong(error.message);
  remove(again.c_str());
  if (second.dtype != array.dtype || second.rank != array.rank || second.bytes != array.bytes ||
      (array.rank && memcmp(second.shape, array.shape, array.rank * sizeof *array.shape)) ||
      (array.bytes && memcmp(second.data, array.data, array.bytes)))
    wrong("written and read again it is another array");
  rondo_array_free(&second);
  rondo_array_free(&array);
  return 0;
}
