#include "Corpus.h"
#include "compiler/Frontend/Lexer.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <map>
#include <set>

using namespace rondo;
using namespace rondo::test;

static std::vector<std::pair<uint32_t, uint32_t>> tokensOf(llvm::StringRef text) {
  FileTable files;
  FileId id = files.add("t.rondo", text);
  Diagnostics silent(files);
  std::vector<std::pair<uint32_t, uint32_t>> places;
  for (const Token &token : lex({id, 0, uint32_t(text.size())}, files, silent).tokens)
    if (token.begin < token.end)
      places.push_back({token.begin, token.end});
  return places;
}

std::vector<Program> rondo::test::readPrograms(const std::vector<std::string> &folders) {
  std::set<std::string> paths;
  for (const std::string &folder : folders) {
    std::error_code error;
    for (llvm::sys::fs::recursive_directory_iterator it(folder, error), end; it != end && !error;
         it.increment(error)) {
      llvm::StringRef name = llvm::sys::path::filename(it->path());
      if (name.starts_with("build") || name.starts_with("."))
        it.no_push();
      else if (name.ends_with(".rondo"))
        paths.insert(it->path());
    }
  }
  std::vector<Program> programs;
  for (const std::string &path : paths) {
    auto buffer = llvm::MemoryBuffer::getFile(path);
    if (!buffer)
      continue;
    Program program{path, (*buffer)->getBuffer().str(), {}};
    program.tokens = tokensOf(program.text);
    if (program.tokens.size() > 1)
      programs.push_back(std::move(program));
  }
  return programs;
}

Mutator::Mutator(std::vector<Program> list) : programs(std::move(list)) {
  std::set<std::string> seen;
  for (const Program &program : programs)
    for (auto [begin, end] : program.tokens)
      if (end - begin < 200)
        seen.insert(program.text.substr(begin, end - begin));
  words.assign(seen.begin(), seen.end());
}

// Of a token, by its first character: a word, a number or a sign.
static int kindOf(char c) { return llvm::isAlpha(c) || c == '_' ? 0 : llvm::isDigit(c) ? 1 : 2; }

Mutator::Mutant Mutator::make(uint64_t seed, uint64_t number) const {
  std::seed_seq seeds{seed, number};
  std::mt19937_64 random(seeds);
  auto below = [&](size_t n) { return size_t(random() % n); };
  const Program &program = programs[number % programs.size()];
  auto tokens = program.tokens;
  auto text = [&](size_t i) {
    return program.text.substr(tokens[i].first, tokens[i].second - tokens[i].first);
  };

  std::map<size_t, std::string> changed; // by token
  for (size_t n = below(4) ? 1 : 2; n > 0; --n) {
    size_t i = below(tokens.size()), j = std::min(i + 1, tokens.size() - 1);
    switch (below(7)) {
    case 0:
      changed[i] = "";
      break;
    case 1:
      changed[i] = text(i) + " " + text(i);
      break;
    case 2:
      changed[i] = text(j);
      changed[j] = text(i);
      break;
    case 3:
      changed[i] = words[below(words.size())];
      break;
    case 4:
      changed[i] = text(below(tokens.size()));
      break;
    default: // of the same program and the same kind, which is more likely to make sense
      for (int tries = 0; tries < 16 && (changed[i].empty() || changed[i] == text(i)); ++tries) {
        std::string other = text(below(tokens.size()));
        if (kindOf(other[0]) == kindOf(text(i)[0]))
          changed[i] = other;
      }
      break;
    }
  }

  std::string result;
  uint32_t end = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    result += program.text.substr(end, tokens[i].first - end);
    auto change = changed.find(i);
    result += change == changed.end() ? text(i) : change->second;
    end = tokens[i].second;
  }
  return {&program, result + program.text.substr(end)};
}
