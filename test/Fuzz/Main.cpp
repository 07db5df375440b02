// A fuzzer without libFuzzer: files, and what random changes make of them.
//
//   fuzz-source [--runs N] [--seconds N] [--seed N] [--max-len N] FILE|FOLDER ...
//
// Every file is an input. With --runs or --seconds so many changed ones follow, the same for the same seed.
// Inputs are worked on in a child process, so that the one that crashes it, or lasts 10 s, is kept as crash-N
// in the current folder. Exit codes: 0 all went well, 1 an input was kept, 2 wrong flags.
#include "Fuzzer.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>
#include <csignal>
#include <cstring>
#include <random>
#include <set>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern "C" __attribute__((weak)) size_t LLVMFuzzerCustomMutator(uint8_t *, size_t, size_t, unsigned);

namespace {

std::mt19937_64 randomBits;

size_t below(size_t n) { return size_t(randomBits() % n); }

/// The input that the child works on, and how far it came.
struct Shared {
  uint64_t number;
  size_t size;
  uint8_t data[]; // Flags::most + 1
};

struct Flags {
  uint64_t runs = 0, seconds = 0, seed = 1, most = 1 << 16;
  std::vector<std::string> paths;
};

bool parse(int argc, char **argv, Flags &flags) {
  struct {
    llvm::StringRef name;
    uint64_t &value;
  } numbers[] = {{"--runs", flags.runs},
                 {"--seconds", flags.seconds},
                 {"--seed", flags.seed},
                 {"--max-len", flags.most}};
  for (int i = 1; i < argc; ++i) {
    llvm::StringRef word = argv[i];
    if (!word.starts_with("--")) {
      flags.paths.push_back(word.str());
      continue;
    }
    auto *number = llvm::find_if(numbers, [&](auto &n) { return n.name == word; });
    if (number == std::end(numbers) || ++i == argc ||
        llvm::StringRef(argv[i]).getAsInteger(10, number->value))
      return false;
  }
  return flags.most > 0 && flags.most < 1 << 30;
}

std::vector<std::string> read(const Flags &flags) {
  std::set<std::string> paths;
  for (const std::string &path : flags.paths) {
    if (!llvm::sys::fs::is_directory(path))
      paths.insert(path);
    std::error_code error;
    for (llvm::sys::fs::recursive_directory_iterator it(path, error), end; it != end && !error;
         it.increment(error))
      if (llvm::sys::fs::is_regular_file(it->path()))
        paths.insert(it->path());
  }
  std::vector<std::string> inputs;
  for (const std::string &path : paths)
    if (auto buffer = llvm::MemoryBuffer::getFile(path))
      if ((*buffer)->getBufferSize() <= flags.most)
        inputs.push_back((*buffer)->getBuffer().str());
  return inputs;
}

/// Works through inputs, from one number to another, and ends the process.
[[noreturn]] void child(const Flags &flags, const std::vector<std::string> &inputs, Shared &shared,
                        uint64_t from, uint64_t end) {
  for (uint64_t number = from; number < end; ++number) {
    const std::string &input = inputs[number % inputs.size()];
    memcpy(shared.data, input.data(), input.size());
    shared.size = input.size();
    shared.number = number;
    randomBits.seed(flags.seed * 0x9e3779b97f4a7c15u + number);
    if (number >= inputs.size())
      for (size_t n = 1 + below(3); n > 0; --n)
        shared.size = LLVMFuzzerCustomMutator
                          ? LLVMFuzzerCustomMutator(shared.data, shared.size, flags.most, randomBits())
                          : LLVMFuzzerMutate(shared.data, shared.size, flags.most);
    alarm(10);
    LLVMFuzzerTestOneInput(shared.data, shared.size);
    alarm(0);
  }
  exit(0); // checks for leaks
}

std::string howItEnded(int status) {
  if (WIFSIGNALED(status))
    return WTERMSIG(status) == SIGALRM ? "lasts for more than 10 s"
                                       : "ends by signal " + std::to_string(WTERMSIG(status));
  return "ends with exit code " + std::to_string(WEXITSTATUS(status));
}

} // namespace

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most) {
  size_t at = below(size + 1), length = std::min<size_t>(1 + below(8), size - at);
  switch (size ? below(5) : 1) {
  case 0:
    memmove(data + at, data + at + length, size - at - length);
    return size - length;
  case 1:
    if (size == most)
      return size;
    memmove(data + at + 1, data + at, size - at);
    data[at] = uint8_t(below(256));
    return size + 1;
  case 2:
    memmove(data + at, data + below(size - length + 1), length);
    return size;
  case 3:
    data[below(size)] ^= uint8_t(1u << below(8));
    return size;
  default:
    data[below(size)] = uint8_t(below(256));
    return size;
  }
}

int main(int argc, char **argv) {
  Flags flags;
  if (!parse(argc, argv, flags)) {
    llvm::errs() << "usage: " << argv[0]
                 << " [--runs N] [--seconds N] [--seed N] [--max-len N] FILE|FOLDER ...\n";
    return 2;
  }
  std::vector<std::string> inputs = read(flags);
  if (inputs.empty()) {
    llvm::errs() << argv[0] << ": no inputs\n";
    return 2;
  }
  auto *shared = static_cast<Shared *>(mmap(nullptr, sizeof(Shared) + flags.most + 1, PROT_READ | PROT_WRITE,
                                            MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (shared == MAP_FAILED)
    return 2;
  auto begin = std::chrono::steady_clock::now();
  auto timeIsUp = [&] {
    return std::chrono::steady_clock::now() - begin >= std::chrono::seconds(flags.seconds);
  };
  uint64_t end = inputs.size() + (flags.seconds && !flags.runs ? UINT64_MAX / 2 : flags.runs), failures = 0;
  uint64_t number = 0;
  while (number < end && failures < 20 && (number < inputs.size() || !flags.seconds || !timeIsUp())) {
    uint64_t last = std::min(end, number + 100); // a new child now and then, which looks at the clock
    if (number < inputs.size())
      last = std::min<uint64_t>(last, inputs.size());
    shared->number = number;
    pid_t pid = fork();
    if (pid == 0)
      child(flags, inputs, *shared, number, last);
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
      return 2;
    number = last;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
      continue;
    number = shared->number + 1;
    ++failures;
    std::string kept = "crash-" + std::to_string(shared->number);
    std::error_code error;
    llvm::raw_fd_ostream(kept, error).write(reinterpret_cast<const char *>(shared->data), shared->size);
    llvm::errs() << argv[0] << ": input " << shared->number << " " << howItEnded(status) << "; kept as "
                 << kept << "\n";
  }
  llvm::outs() << number << " inputs, " << failures << " failed\n";
  return failures ? 1 : 0;
}
