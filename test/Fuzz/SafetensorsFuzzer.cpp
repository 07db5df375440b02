// Files of weights: every tensor of one that opens lies in it and can be found, and a model takes it or says
// why not.
#include "Fuzzer.h"
#include "InMemoryFile.h"
#include "rondo/files.h"
#include "test/Unit/Runtime/FakeModel.h"

using namespace rondo::test;

static void readAll(const char *path) {
  rondo_safetensors file;
  rondo_error error;
  if (rondo_safetensors_open(path, &file, &error)) {
    if (!*error.message)
      wrong("an error without a message");
    return;
  }
  unsigned sum = 0;
  for (uint32_t i = 0; i < file.num_tensors; ++i) {
    const rondo_stored_tensor &tensor = file.tensors[i];
    if (rondo_safetensors_find(&file, tensor.name) != &tensor)
      wrong("a tensor is not found by its name");
    uint64_t bytes = tensor.dtype < 0 ? tensor.bytes : rondo_dtype_bytes(uint32_t(tensor.dtype));
    for (uint32_t k = 0; k < tensor.rank && tensor.dtype >= 0; ++k)
      bytes *= uint64_t(tensor.shape[k]);
    if (bytes != tensor.bytes)
      wrong("the bytes are not those of the shape");
    for (uint64_t k = 0; k < tensor.bytes; ++k) // outside of the file, it is a crash
      sum += static_cast<const uint8_t *>(tensor.data)[k];
  }
  volatile unsigned used = sum;
  (void)used;
  rondo_safetensors_close(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  InMemoryFile file(data, size);
  readAll(file.path());
  rondo_weights weights;
  rondo_error error;
  if (rondo_open_weights(&fake_model, file.path(), &weights, nullptr, &error)) {
    if (!*error.message)
      wrong("an error without a message");
    return 0;
  }
  rondo_close_weights(&weights);
  return 0;
}
