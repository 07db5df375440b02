// Whatever the text, the compiler ends: with a module that verifies and lowers,
// or with errors that all have a place.
//
// Mutants are compiled by child processes, one at a time each, so that a crash or
// a hang is one failure among others. By hand, with more of them:
//
//   RONDO_MUTANTS=20000    how many
//   RONDO_MUTANTS_SEED=1   which
//   RONDO_MUTANTS_FROM=17  the number of the first one
//   RONDO_MUTANTS_LOWER=5  of those that are accepted, every n-th goes through all phases
//   RONDO_MUTANTS_FOLDERS=a:b  where their programs are, beside this repository
//   RONDO_MUTANTS_KEEP=d   a folder for those that failed
#include "Compilation.h"
#include "Corpus.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <csignal>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace rondo;
using namespace rondo::test;

namespace {

uint64_t setting(const char *name, uint64_t otherwise) {
  std::optional<std::string> text = llvm::sys::Process::GetEnv(name);
  uint64_t value;
  return text && !llvm::StringRef(*text).getAsInteger(10, value) ? value : otherwise;
}

/// What the children tell their parent.
struct Shared {
  uint64_t number; // of the mutant in work
  Compilation::Counts counts;
  bool failed;
  char report[4096];
};

class Mutants : public testing::Test {
protected:
  void SetUp() override {
    std::vector<std::string> folders = {RONDO_SOURCE_DIR};
    if (auto more = llvm::sys::Process::GetEnv("RONDO_MUTANTS_FOLDERS"))
      for (llvm::StringRef folder : llvm::split(*more, ':'))
        folders.push_back(folder.str());
    mutator.emplace(readPrograms(folders));
    shared = static_cast<Shared *>(
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(shared, MAP_FAILED);
  }

  /// Works through mutants until one fails.
  [[noreturn]] void child(uint64_t from, uint64_t end) {
    for (uint64_t i = from; i < end; ++i) {
      shared->number = i;
      alarm(10); // 5 s on a machine that does something else as well
      Mutator::Mutant mutant = mutator->make(seed, i);
      std::string fault = Compilation(mutant.program->path, mutant.text)
                              .run(lowerEvery && i % lowerEvery == 0, shared->counts);
      alarm(0);
      rusage usage;
      getrusage(RUSAGE_SELF, &usage);
      if (fault.empty() && limitsMemory && usage.ru_maxrss > (1 << 20))
        fault = "more than 1 GiB of memory";
      if (fault.empty())
        continue;
      shared->failed = true;
      snprintf(shared->report, sizeof(shared->report), "%s", fault.c_str());
      _exit(0);
    }
    _exit(0);
  }

  void failure(uint64_t number, const std::string &what) {
    Mutator::Mutant mutant = mutator->make(seed, number);
    std::string kept;
    if (auto folder = llvm::sys::Process::GetEnv("RONDO_MUTANTS_KEEP")) {
      kept = *folder + "/" + std::to_string(number) + ".rondo";
      std::error_code error;
      llvm::raw_fd_ostream(kept, error) << mutant.text;
    }
    ADD_FAILURE() << "mutant " << number << " of seed " << seed << ", of " << mutant.program->path << " "
                  << kept << ": " << what;
  }

  std::optional<Mutator> mutator;
  Shared *shared = nullptr;
  uint64_t seed = setting("RONDO_MUTANTS_SEED", 1);
  uint64_t lowerEvery = setting("RONDO_MUTANTS_LOWER", 20);
#if __has_feature(address_sanitizer)
  static constexpr bool limitsMemory = false;
#else
  static constexpr bool limitsMemory = true;
#endif
};

TEST_F(Mutants, EndInSuccessOrAnErrorWithAPlace) {
  uint64_t from = setting("RONDO_MUTANTS_FROM", 0), end = from + setting("RONDO_MUTANTS", 1000);
  constexpr uint64_t batch = 500; // a new child now and then: contexts keep what they have seen
  unsigned failures = 0;
  for (uint64_t next = from; next < end && failures < 200;) {
    shared->failed = false;
    shared->number = next;
    pid_t pid = fork();
    ASSERT_GE(pid, 0);
    if (pid == 0)
      child(next, std::min(end, next + batch));
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    bool crashed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    if (crashed)
      failure(shared->number, WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? "it runs for too long"
                              : WIFSIGNALED(status) ? "killed by signal " + std::to_string(WTERMSIG(status))
                                                    : "exit code " + std::to_string(WEXITSTATUS(status)));
    else if (shared->failed)
      failure(shared->number, shared->report);
    failures += crashed || shared->failed;
    next = shared->number + 1;
  }
  printf("%llu mutants, %llu accepted, %llu of them lowered\n", (unsigned long long)(end - from),
         (unsigned long long)shared->counts.accepted, (unsigned long long)shared->counts.lowered);
  EXPECT_GT(shared->counts.accepted, 0u);
}

} // namespace
