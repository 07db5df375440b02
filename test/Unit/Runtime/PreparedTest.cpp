// Weights in memory, and files of prepared ones.
#include "FakeModel.h"
#include "TestFile.h"

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace rondo_test;

namespace {

//===--------------------------------------------------------------------===//
// In memory
//===--------------------------------------------------------------------===//

class PrepareWeights : public testing::Test {
protected:
  std::string prepare() {
    std::vector<const DLTensor *> pointers;
    for (const DLTensor &tensor : tensors)
      pointers.push_back(&tensor);
    const rondo_unused_weights listener = {
        [](void *context, const char *name) { *static_cast<std::string *>(context) += name; }, &unused};
    rondo_error error;
    rondo_status status = rondo_prepare_weights(&fake_model, uint32_t(keys.size()), keys.data(),
                                                pointers.data(), prepared, &listener, &error);
    return message(status, error);
  }

  int64_t matrix[2] = {4, 3}, row[1] = {3};
  float emb[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, bias[4] = {-1, 20, 21, 22};
  double scale = 2.5;
  // In another order than the model's, of another type, and not aligned.
  std::vector<const char *> keys = {"scale", "fc.bias", "emb.weight"};
  std::vector<DLTensor> tensors = {rondo_tensor(RONDO_F64, 0, nullptr, &scale),
                                   rondo_tensor(RONDO_F32, 1, row, bias + 1),
                                   rondo_tensor(RONDO_F32, 2, matrix, emb)};
  std::string unused;
  alignas(64) float prepared[16] = {};
};

TEST_F(PrepareWeights, TakesThemInAnyOrder) {
  EXPECT_EQ(prepare(), "no error");
  const float want[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 20, 21, 22, 2.5};
  EXPECT_EQ(0, std::memcmp(prepared, want, sizeof want));
  EXPECT_EQ(unused, "");
}

TEST_F(PrepareWeights, TellsWhatIsNotUsed) {
  keys.push_back("more");
  tensors.push_back(tensors[0]);
  EXPECT_EQ(prepare(), "no error");
  EXPECT_EQ(unused, "more");
}

TEST_F(PrepareWeights, RefusesWhatDoesNotFit) {
  auto with = [&](auto change) {
    auto oldKeys = keys;
    auto oldTensors = tensors;
    change();
    std::string text = prepare();
    keys = oldKeys;
    tensors = oldTensors;
    return text;
  };
  int64_t strides[] = {1, 4}, negative[] = {-3}, huge[] = {INT64_MAX, 3};
  EXPECT_CONTAINS(with([&] { keys.pop_back(), tensors.pop_back(); }),
                  "no weight `emb.weight`, which the model needs");
  EXPECT_CONTAINS(with([&] { keys[1] = "scale"; }), "the weight `scale` is given twice");
  EXPECT_CONTAINS(with([&] { keys[1] = nullptr; }), "is NULL");
  EXPECT_CONTAINS(with([&] { tensors[1].data = nullptr; }), "the data of the weight `fc.bias` is NULL");
  EXPECT_CONTAINS(with([&] { tensors[1].shape = nullptr; }), "has no shape");
  EXPECT_CONTAINS(with([&] { tensors[1].ndim = 1000; }), "has no shape");
  EXPECT_CONTAINS(with([&] { tensors[1].shape = negative; }), "a size that no memory has");
  EXPECT_CONTAINS(with([&] { tensors[2].shape = huge; }), "a size that no memory has");
  EXPECT_CONTAINS(with([&] { tensors[2].strides = strides; }), "`emb.weight` is not dense and row-major");
  EXPECT_CONTAINS(with([&] { tensors[2].device.device_type = kDLCUDA; }), "is not in host memory");
  EXPECT_CONTAINS(with([&] { tensors[2].dtype.lanes = 2; }),
                  "`emb.weight` is of a type that no weight has, the model wants f32[4, 3]");
  EXPECT_CONTAINS(with([&] { tensors[2].ndim = 1; }), "`emb.weight` is f32[4], the model wants f32[4, 3]");
  EXPECT_EQ(rondo_prepare_weights(&fake_model, 3, nullptr, nullptr, prepared, nullptr, nullptr),
            RONDO_ERROR_ARGUMENT);
  EXPECT_EQ(prepare(), "no error");
}

//===--------------------------------------------------------------------===//
// Files of prepared weights
//===--------------------------------------------------------------------===//

class PreparedFile : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_EQ(rondo_draw_weights(&fake_model, 5, prepared, &error), RONDO_OK);
    TestFile file;
    ASSERT_EQ(rondo_save_prepared(&fake_model, file.name(), prepared, &error), RONDO_OK);
    bytes = file.read();
    ASSERT_EQ(bytes.size(), sizeof(rondo_prepared_head) + sizeof prepared);
  }

  /// Maps a file of these bytes.
  std::string map(const std::string &content, const rondo_model *model = &fake_model) {
    TestFile file(content);
    rondo_weights weights = {};
    rondo_status status = rondo_map_prepared(model, file.name(), &weights, &error);
    if (!status) {
      EXPECT_EQ(reinterpret_cast<uintptr_t>(weights.prepared) % RONDO_ALIGNMENT, 0u);
      EXPECT_EQ(0, std::memcmp(weights.prepared, prepared, sizeof prepared));
    }
    rondo_close_weights(&weights);
    return message(status, error);
  }

  /// The bytes with another value at an offset of the head, whose checksum is right again.
  template <typename T> std::string with(size_t offset, T value) {
    std::string changed = bytes;
    std::memcpy(&changed[offset], &value, sizeof value);
    uint64_t sum = 0xcbf29ce484222325;
    for (size_t i = 0; i < offsetof(rondo_prepared_head, checksum); ++i)
      sum = (sum ^ static_cast<unsigned char>(changed[i])) * 0x100000001b3;
    std::memcpy(&changed[offsetof(rondo_prepared_head, checksum)], &sum, sizeof sum);
    return changed;
  }

  alignas(64) float prepared[16];
  std::string bytes;
  rondo_error error;
};

TEST_F(PreparedFile, MapsWhatWasSaved) {
  EXPECT_EQ(map(bytes), "no error");
  EXPECT_EQ(bytes.substr(0, 8), "RONDOPRE");
  EXPECT_EQ(0, std::memcmp(&bytes[sizeof(rondo_prepared_head)], prepared, sizeof prepared));
}

TEST_F(PreparedFile, OpensEitherKind) {
  TestFile file(bytes), other("no weights at all");
  rondo_weights weights = {};
  ASSERT_EQ(rondo_open_weights(&fake_model, file.name(), &weights, nullptr, &error), RONDO_OK);
  EXPECT_EQ(weights.mapped_bytes, bytes.size());
  EXPECT_EQ(0, std::memcmp(weights.prepared, prepared, sizeof prepared));
  rondo_close_weights(&weights);
  rondo_close_weights(&weights);
  EXPECT_EQ(weights.prepared, nullptr);
  EXPECT_EQ(rondo_open_weights(&fake_model, other.name(), &weights, nullptr, &error), RONDO_ERROR_FORMAT);
  EXPECT_CONTAINS(error.message, "safetensors");
  EXPECT_EQ(rondo_open_weights(&fake_model, "/no/such/file", &weights, nullptr, &error), RONDO_ERROR_FILE);
}

TEST_F(PreparedFile, IsNoSafetensorsFile) {
  TestFile file(bytes);
  EXPECT_EQ(rondo_load_weights(&fake_model, file.name(), prepared, nullptr, &error), RONDO_ERROR_FORMAT);
  EXPECT_CONTAINS(error.message,
                  "prepared weights, of which no keys and shapes are left: give the safetensors file");
}

TEST_F(PreparedFile, RefusesEveryTruncation) {
  for (size_t length = 0; length < bytes.size(); ++length)
    EXPECT_NE(map(bytes.substr(0, length)), "no error") << length;
  EXPECT_CONTAINS(map(bytes.substr(0, 40)), "ends amid its head");
  EXPECT_CONTAINS(map(bytes.substr(0, 100)), "the file has 36 bytes of prepared weights, its head says 64");
  EXPECT_CONTAINS(map(bytes + "x"), "the file has 65 bytes of prepared weights, its head says 64");
}

TEST_F(PreparedFile, RefusesEveryDamageToItsHead) {
  for (size_t at = 0; at < sizeof(rondo_prepared_head); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[at] = char(damaged[at] ^ (1 << bit));
      EXPECT_NE(map(damaged), "no error") << at;
    }
}

TEST_F(PreparedFile, RefusesWhatIsForAnotherModel) {
  EXPECT_CONTAINS(map(with(offsetof(rondo_prepared_head, abi_version), uint32_t(3))),
                  "prepared for version 3 of rondo's ABI, this runtime has version 4");
  EXPECT_CONTAINS(map(with(offsetof(rondo_prepared_head, head_bytes), uint32_t(128))), "version");
  EXPECT_CONTAINS(map(with(offsetof(rondo_prepared_head, layout), uint64_t(2))),
                  "prepared for model Fake, compiled in another way than this Fake "
                  "(layout 0000000000000002, not 0000000000000001): prepare the weights again");
  EXPECT_CONTAINS(map(with(offsetof(rondo_prepared_head, prepared_bytes), UINT64_MAX)), "in another way");
  EXPECT_CONTAINS(map(with(offsetof(rondo_prepared_head, model) + 23, 'x')), "damaged");
  EXPECT_CONTAINS(map(bytes, &fake_single_model),
                  "prepared for model Fake, compiled in another way than this Single");
}

TEST_F(PreparedFile, IsWrittenWholeOrNotAtAll) {
  EXPECT_EQ(rondo_save_prepared(&fake_model, "/no/such/folder/file", prepared, &error), RONDO_ERROR_FILE);
  EXPECT_EQ(rondo_save_prepared(&fake_model, "/no", nullptr, &error), RONDO_ERROR_ARGUMENT);
  TestFile file("what was there");
  ASSERT_EQ(rondo_save_prepared(&fake_model, file.name(), prepared, &error), RONDO_OK);
  EXPECT_EQ(file.read(), bytes);
}

TEST_F(PreparedFile, GoesIntoAPipeThatIsThere) {
  TestFile file;
  std::remove(file.name());
  ASSERT_EQ(mkfifo(file.name(), 0600), 0);
  int reader = open(file.name(), O_RDONLY | O_NONBLOCK);
  ASSERT_EQ(rondo_save_prepared(&fake_model, file.name(), prepared, &error), RONDO_OK);
  std::string got(bytes.size() + 1, 0);
  EXPECT_EQ(read(reader, got.data(), got.size()), ssize_t(bytes.size()));
  close(reader);
  got.pop_back();
  EXPECT_EQ(got, bytes);
  struct stat info;
  ASSERT_EQ(stat(file.name(), &info), 0);
  EXPECT_TRUE(S_ISFIFO(info.st_mode));
}

TEST_F(PreparedFile, HoldsWhatIsEmbedded) {
  rondo_model model = fake_model;
  model.embedded = prepared;
  TestFile file;
  ASSERT_EQ(rondo_save_prepared(&model, file.name(), nullptr, &error), RONDO_OK);
  EXPECT_EQ(file.read(), bytes);
}

} // namespace
