#include "Corpus.h"
#include "compiler/Frontend/Lexer.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <map>
#include <set>

using namespace rondo;
using namespace rondo::test;

std::vector<Place> rondo::test::tokensOf(llvm::StringRef text) {
  FileTable files;
  FileId id = files.add("t.rondo", text);
  Diagnostics silent(files);
  std::vector<Place> places;
  for (const Token &token : lex({id, 0, uint32_t(text.size())}, files, silent).tokens)
    if (token.begin < token.end)
      places.push_back({token.begin, token.end});
  return places;
}

std::vector<Program>
rondo::test::readPrograms(const std::vector<std::string> &folders, llvm::StringRef suffix,
                          llvm::function_ref<std::vector<Place>(llvm::StringRef)> tokens) {
  std::set<std::string> paths;
  for (const std::string &folder : folders) {
    std::error_code error;
    for (llvm::sys::fs::recursive_directory_iterator it(folder, error), end; it != end && !error;
         it.increment(error)) {
      llvm::StringRef name = llvm::sys::path::filename(it->path());
      if (name.starts_with("build") || name.starts_with("."))
        it.no_push();
      else if (name.ends_with(suffix))
        paths.insert(it->path());
    }
  }
  std::vector<Program> programs;
  for (const std::string &path : paths) {
    auto buffer = llvm::MemoryBuffer::getFile(path);
    if (!buffer)
      continue;
    Program program{path, (*buffer)->getBuffer().str(), {}};
    program.tokens = tokens(program.text);
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

static size_t below(std::mt19937_64 &random, size_t n) { return size_t(random() % n); }

std::string Mutator::changeTokens(llvm::StringRef program, llvm::ArrayRef<Place> tokens,
                                  std::mt19937_64 &random) const {
  auto text = [&](size_t i) { return program.slice(tokens[i].first, tokens[i].second).str(); };

  std::map<size_t, std::string> changed; // by token
  for (size_t n = below(random, 4) ? 1 : 2; n > 0; --n) {
    size_t i = below(random, tokens.size()), j = std::min(i + 1, tokens.size() - 1);
    switch (below(random, 7)) {
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
      changed[i] = words[below(random, words.size())];
      break;
    case 4:
      changed[i] = text(below(random, tokens.size()));
      break;
    default: // of the same program and the same kind, which is more likely to make sense
      for (int tries = 0; tries < 16 && (changed[i].empty() || changed[i] == text(i)); ++tries) {
        std::string other = text(below(random, tokens.size()));
        if (kindOf(other[0]) == kindOf(text(i)[0]))
          changed[i] = other;
      }
      break;
    }
  }

  std::string result;
  uint32_t end = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    result += program.slice(end, tokens[i].first);
    auto change = changed.find(i);
    result += change == changed.end() ? text(i) : change->second;
    end = tokens[i].second;
  }
  return result + program.substr(end).str();
}

/// The whole lines of a text without those of blocks in them cut: a line that opens a bracket lasts until it
/// is closed.
static std::vector<Place> linesOf(llvm::StringRef text, llvm::ArrayRef<Place> tokens) {
  std::vector<Place> lines;
  for (size_t i = 0; i < tokens.size(); ++i) {
    size_t begin = text.rfind('\n', tokens[i].first);
    begin = begin == llvm::StringRef::npos ? 0 : begin + 1;
    if (!lines.empty() && lines.back().first == begin)
      continue;
    int depth = 0;
    size_t end = text.size();
    for (size_t j = i; j < tokens.size(); ++j) {
      char c = text[tokens[j].first];
      depth += llvm::StringRef("([{").contains(c);
      depth -= llvm::StringRef(")]}").contains(c);
      size_t stop = text.find('\n', tokens[j].second);
      bool last = j + 1 == tokens.size() || stop < tokens[j + 1].first;
      if (depth < 0 || (last && depth == 0)) {
        end = depth < 0 ? tokens[j].first : std::min(stop, text.size());
        break;
      }
    }
    if (begin < end)
      lines.push_back({uint32_t(begin), uint32_t(end)});
  }
  return lines;
}

/// What stands between two brackets of one kind, and between their commas.
static std::vector<Place> insidesOf(llvm::StringRef text, llvm::ArrayRef<Place> tokens, char open) {
  struct Bracket {
    char open;
    uint32_t inside, part;
  };
  std::vector<Place> insides;
  std::vector<Bracket> stack;
  auto add = [&](uint32_t begin, uint32_t end) {
    if (begin < end)
      insides.push_back({begin, end});
  };
  for (auto [begin, end] : tokens) {
    char c = text[begin];
    if (llvm::StringRef("([{").contains(c)) {
      stack.push_back({c, end, end});
    } else if (!stack.empty() && (c == ',' || llvm::StringRef(")]}").contains(c))) {
      Bracket &top = stack.back();
      if (top.open == open)
        add(top.part, begin);
      if (c == ',') {
        top.part = end;
        continue;
      }
      if (top.open == open && top.part != top.inside)
        add(top.inside, begin);
      stack.pop_back();
    }
  }
  return insides;
}

std::string Mutator::changePiece(llvm::StringRef text, llvm::ArrayRef<Place> tokens,
                                 std::mt19937_64 &random) const {
  constexpr char kinds[] = {'\n', '\n', '(', '[', '{'};
  char kind = kinds[below(random, std::size(kinds))];
  auto piecesOf = [&](llvm::StringRef of, llvm::ArrayRef<Place> its) {
    return kind == '\n' ? linesOf(of, its) : insidesOf(of, its, kind);
  };
  std::vector<Place> pieces = piecesOf(text, tokens);
  if (pieces.empty())
    return changeTokens(text, tokens, random);
  auto [begin, end] = pieces[below(random, pieces.size())];
  auto [otherBegin, otherEnd] = pieces[below(random, pieces.size())];
  llvm::StringRef before = text.substr(0, begin), piece = text.slice(begin, end), after = text.substr(end);
  llvm::StringRef other = text.slice(otherBegin, otherEnd), between = kind == '\n' ? "\n" : ", ";
  switch (below(random, 6)) {
  case 0:
    return (before + after).str();
  case 1:
    return (before + piece + between + piece + after).str();
  case 2: // swapped, where neither is in the other
    if (otherEnd <= begin)
      return (text.substr(0, otherBegin) + piece + text.slice(otherEnd, begin) + other + after).str();
    if (end <= otherBegin)
      return (before + other + text.slice(end, otherBegin) + piece + text.substr(otherEnd)).str();
    [[fallthrough]];
  case 3:
    return (before + other + after).str();
  case 4:
    return (before + other + between + piece + after).str();
  default: {
    const Program &donor = any(random);
    std::vector<Place> strange = piecesOf(donor.text, donor.tokens);
    if (strange.empty())
      return (before + other + after).str();
    auto [donorBegin, donorEnd] = strange[below(random, strange.size())];
    return (before + llvm::StringRef(donor.text).slice(donorBegin, donorEnd) + after).str();
  }
  }
}

Mutator::Mutant Mutator::make(uint64_t seed, uint64_t number) const {
  std::seed_seq seeds{seed, number};
  std::mt19937_64 random(seeds);
  const Program &program = programs[number % programs.size()];
  bool tokens = below(random, 2);
  return {&program, tokens ? changeTokens(program.text, program.tokens, random)
                           : changePiece(program.text, program.tokens, random)};
}
