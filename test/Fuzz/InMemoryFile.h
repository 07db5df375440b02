// A regular file without a place on a disk, for readers that take a path.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace rondo::test {

class InMemoryFile {
public:
  InMemoryFile(const uint8_t *data, size_t size) : descriptor(memfd_create("fuzz", MFD_CLOEXEC)) {
    if (descriptor < 0 || write(descriptor, data, size) != ssize_t(size)) {
      perror("memfd_create");
      _Exit(2);
    }
    name = "/proc/self/fd/" + std::to_string(descriptor);
  }
  InMemoryFile(const InMemoryFile &) = delete;
  InMemoryFile &operator=(const InMemoryFile &) = delete;
  ~InMemoryFile() { close(descriptor); }

  const char *path() const { return name.c_str(); }

private:
  int descriptor;
  std::string name;
};

} // namespace rondo::test
