// Files with given bytes, for the readers' tests.
#pragma once

#include "rondo/rondo.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>

namespace rondo_test {

/// A file that lives as long as the object.
class TestFile {
public:
  explicit TestFile(const std::string &bytes = "") {
    static int count = 0;
    path = testing::TempDir() + "rondo-runtime-" + std::to_string(getpid()) + "-" + std::to_string(count++);
    std::ofstream(path, std::ios::binary) << bytes;
  }
  ~TestFile() { std::remove(path.c_str()); }
  TestFile(const TestFile &) = delete;
  TestFile &operator=(const TestFile &) = delete;

  const char *name() const { return path.c_str(); }

  std::string read() const {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }

private:
  std::string path;
};

/// The low `count` bytes of a number, little-endian.
inline std::string littleEndian(uint64_t value, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i)
    bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

/// The message of a failure; says so if nothing failed.
inline std::string message(rondo_status status, const rondo_error &error) {
  return status == RONDO_OK ? "no error" : error.message;
}

} // namespace rondo_test

#define EXPECT_CONTAINS(text, part)                                                                          \
  EXPECT_NE(std::string(text).find(part), std::string::npos) << "text: " << (text)
