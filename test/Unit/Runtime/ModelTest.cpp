// A model's tables, its sizes, and weights that several callers share.
#include "FakeModel.h"
#include "TestFile.h"

#include <cstring>
#include <thread>
#include <vector>

using namespace rondo_test;

namespace {

class Tables : public testing::Test {
protected:
  Tables() {
    entries.assign(fake_model.entries, fake_model.entries + fake_model.num_entries);
    model.entries = entries.data();
  }

  std::string check() {
    rondo_error error;
    return message(rondo_check_model(&model, &error), error);
  }

  rondo_model model = fake_model;
  std::vector<rondo_entry> entries;
};

TEST_F(Tables, AreWhole) {
  EXPECT_EQ(check(), "no error");
  rondo_error error;
  EXPECT_EQ(message(rondo_check_model(&fake_single_model, &error), error), "no error");
  EXPECT_EQ(message(rondo_check_model(nullptr, &error), error), "the model is NULL");
}

TEST_F(Tables, OfAnotherVersionAreRefused) {
  model.abi_version = 3;
  EXPECT_CONTAINS(check(), "compiled for version 3 of rondo's ABI, this runtime has version 4");
}

TEST_F(Tables, BeyondTheLimitsAreRefused) {
  for (auto field : {&rondo_entry::num_dims, &rondo_entry::num_args, &rondo_entry::num_results,
                     &rondo_entry::num_states, &rondo_entry::num_sizes}) {
    uint32_t old = entries[1].*field;
    entries[1].*field = 100000;
    EXPECT_CONTAINS(check(), "entry point `mix` has more arguments than a call may have");
    entries[1].*field = old;
  }
  EXPECT_EQ(check(), "no error");
}

TEST_F(Tables, WithHolesAreRefused) {
  auto refuses = [&](auto &&field, auto value, const char *text) {
    auto old = field;
    field = value;
    EXPECT_CONTAINS(check(), text);
    field = old;
  };
  const char *whole = "the tables of the model are damaged",
             *one = "the tables of entry point 4 of the model are damaged";
  refuses(model.name, nullptr, whole);
  refuses(model.entries, nullptr, whole);
  refuses(model.params, nullptr, whole);
  refuses(model.states, nullptr, whole);
  refuses(model.checks, nullptr, whole);
  refuses(model.prepare, nullptr, whole);
  refuses(model.embedded,
          reinterpret_cast<const char *>(&model) +
              (RONDO_ALIGNMENT - uintptr_t(&model) % RONDO_ALIGNMENT + 1),
          whole);
  rondo_entry &stop = entries[4];
  refuses(stop.name, nullptr, one);
  refuses(stop.dims, nullptr, one);
  refuses(stop.args, nullptr, one);
  refuses(stop.results, nullptr, one);
  refuses(stop.states, nullptr, one);
  refuses(stop.shapes, nullptr, one);
  refuses(stop.scratch, nullptr, one);
  refuses(stop.call, nullptr, one);
  refuses(stop.reset, nullptr, one);
  refuses(stop.num_sizes, 2u, one);
  const uint32_t beyond[] = {2};
  refuses(stop.states, beyond, one);
  const rondo_dim_info dims[] = {{"T", 2, 0, 0, 0}, {"n", -1, 0, 1, 3}},
                       axes[] = {{"T", 0, 1, 0, 0}, {"n", -1, 0, 1, 3}};
  refuses(stop.dims, dims, one);
  refuses(stop.dims, axes, one);
  const rondo_value_info results[] = {{"0", 9, 1, 1, 1, nullptr}, {"1", RONDO_I64, 0, 2, 0, nullptr}};
  refuses(stop.results, results, one);
  EXPECT_EQ(check(), "no error");
}

TEST(Sizes, FollowTheDims) {
  const rondo_entry *forward = rondo_find_entry(&fake_model, "forward");
  const int64_t dims[] = {2, 5}, negative[] = {2, -1};
  EXPECT_EQ(rondo_size(&fake_model, forward, dims, 0), 2);
  EXPECT_EQ(rondo_size(&fake_model, forward, dims, 4), 3);
  EXPECT_EQ(rondo_size(&fake_model, forward, dims, 7), -1);
  EXPECT_EQ(rondo_elements(&fake_model, forward, dims, 0), 10);
  EXPECT_EQ(rondo_elements(&fake_model, forward, dims, 1), 30);
  EXPECT_EQ(rondo_elements(&fake_model, forward, dims, 2), 10);
  EXPECT_EQ(rondo_elements(&fake_model, forward, dims, 3), -1);
  EXPECT_EQ(rondo_size(&fake_model, forward, negative, 0), -1);
  EXPECT_EQ(rondo_elements(&fake_model, forward, negative, 0), -1);

  // A state, a scalar, and a check that says no.
  const rondo_entry *stop = rondo_find_entry(&fake_model, "stop");
  const int64_t odd[] = {4, 3}, even[] = {4, 2};
  EXPECT_EQ(rondo_elements(&fake_model, stop, odd, 1), 1);
  EXPECT_EQ(rondo_elements(&fake_model, stop, odd, 4), 3);
  EXPECT_EQ(rondo_elements(&fake_model, stop, even, 4), -1);
}

/// One caller's memory for `forward` with B = 1, T = 3, and for `stop` with T = 2, n = 3.
struct Instance {
  alignas(64) int64_t x[3];
  alignas(64) float y[9];
  alignas(64) int64_t next[3];
  alignas(64) float steps[2] = {0, 0}, shown[2];
  alignas(64) int64_t calls[3], count;
  alignas(64) char scratch[RONDO_STATUS_BYTES];
  std::vector<float> seen;

  void run(const rondo_model *model, const void *prepared, int64_t seed) {
    const rondo_entry *stop = rondo_find_entry(model, "stop");
    const int64_t dims[] = {2, 3};
    void *states[] = {calls};
    rondo_error error;
    ASSERT_EQ(rondo_reset(model, stop, dims, states, prepared, scratch, sizeof scratch, &error), RONDO_OK);
    for (int64_t i = 0; i < 500; ++i) {
      for (int64_t k = 0; k < 3; ++k)
        x[k] = (seed + i * (k + 1)) % 4;
      int64_t in[] = {1, 3}, wide[] = {1, 3, 3}, two[] = {2}, most[] = {2};
      DLTensor arg = rondo_tensor(RONDO_I64, 2, in, x), first = rondo_tensor(RONDO_F32, 3, wide, y),
               second = rondo_tensor(RONDO_I64, 2, in, next);
      const DLTensor *args[] = {&arg};
      DLTensor *results[] = {&first, &second};
      ASSERT_EQ(rondo_call(model, rondo_find_entry(model, "forward"), nullptr, args, results, nullptr,
                           prepared, scratch, sizeof scratch, &error),
                RONDO_OK);
      seen.insert(seen.end(), y, y + 9);

      DLTensor step = rondo_tensor(RONDO_F32, 1, two, steps), show = rondo_tensor(RONDO_F32, 1, most, shown),
               sum = rondo_tensor(RONDO_I64, 0, nullptr, &count);
      const DLTensor *stopArgs[] = {&step, nullptr};
      DLTensor *stopResults[] = {&show, &sum};
      ASSERT_EQ(rondo_call(model, stop, dims, stopArgs, stopResults, states, prepared, scratch,
                           sizeof scratch, &error),
                RONDO_OK);
      ASSERT_EQ(calls[2], 11 + i);
    }
  }
};

TEST(Instances, ShareWeights) {
  alignas(64) float prepared[16], before[16];
  ASSERT_EQ(rondo_draw_weights(&fake_model, 7, prepared, nullptr), RONDO_OK);
  std::memcpy(before, prepared, sizeof before);
  Instance alone[2], together[2];
  for (int i = 0; i < 2; ++i)
    alone[i].run(&fake_model, prepared, i);
  std::thread one([&] { together[0].run(&fake_model, prepared, 0); });
  together[1].run(&fake_model, prepared, 1);
  one.join();
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(together[i].seen, alone[i].seen);
  EXPECT_NE(alone[0].seen, alone[1].seen);
  EXPECT_EQ(0, std::memcmp(before, prepared, sizeof before));
}

TEST(Instances, TakeEmbeddedWeights) {
  alignas(64) float prepared[16];
  ASSERT_EQ(rondo_draw_weights(&fake_model, 7, prepared, nullptr), RONDO_OK);
  rondo_model model = fake_model;
  model.embedded = prepared;
  Instance given, embedded;
  given.run(&fake_model, prepared, 2);
  embedded.run(&model, nullptr, 2);
  EXPECT_EQ(embedded.seen, given.seen);
}

} // namespace
