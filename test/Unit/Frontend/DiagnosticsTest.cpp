#include "compiler/Frontend/Diagnostics.h"
#include "gtest/gtest.h"

using namespace rondo;

namespace {

class DiagnosticsTest : public testing::Test {
protected:
  SourceRange at(llvm::StringRef needle) const {
    size_t begin = files[id].text().find(needle);
    return {id, uint32_t(begin), uint32_t(begin + needle.size())};
  }
  void source(llvm::StringRef text) { id = files.add("m.rondo", text); }
  std::string printed() const {
    std::string text;
    llvm::raw_string_ostream os(text);
    diagnostics.print(os);
    return text;
  }

  FileTable files;
  FileId id = FileId::None;
  Diagnostics diagnostics{files};
};

TEST_F(DiagnosticsTest, ShowsTheLineAndMarksTheRange) {
  source("def f(x) {\n  y = sofmax(x)\n}\n");
  diagnostics.error(at("sofmax"), "unknown function `sofmax`")
      .suggest("softmax")
      .note(at("x"), "its argument");
  EXPECT_EQ(printed(), "m.rondo:2:7: error: unknown function `sofmax`; did you mean `softmax`?\n"
                       "  y = sofmax(x)\n"
                       "      ^~~~~~\n"
                       "m.rondo:1:7: note: its argument\n"
                       "def f(x) {\n"
                       "      ^\n");
}

TEST_F(DiagnosticsTest, WithoutAPlaceTheToolSpeaks) {
  diagnostics.error("no model `M`").note("the file has none");
  EXPECT_EQ(printed(), "rondo: error: no model `M`\nrondo: note: the file has none\n");
}

TEST_F(DiagnosticsTest, SortedByPlaceAndSaidOnce) {
  source("a\nb\n");
  diagnostics.error(at("b"), "second");
  diagnostics.error(at("a"), "first");
  diagnostics.error(at("b"), "second");
  std::vector<const Diagnostic *> sorted = diagnostics.sorted();
  ASSERT_EQ(sorted.size(), 2u);
  EXPECT_EQ(sorted[0]->message, "first");
  EXPECT_EQ(sorted[1]->message, "second");
}

TEST_F(DiagnosticsTest, OfOnePlaceTheFirstIsSaid) {
  source("a b\n");
  diagnostics.error(at("a"), "z").note("kept");
  for (int i = 0; i < 3000; ++i)
    diagnostics.error(at("a"), "a" + llvm::Twine(i)).note("dropped");
  diagnostics.error(at("b"), "of another place");
  EXPECT_EQ(diagnostics.errorCount(), 3002u);
  std::vector<const Diagnostic *> sorted = diagnostics.sorted();
  ASSERT_EQ(sorted.size(), 2u);
  EXPECT_EQ(sorted[0]->message, "z");
  EXPECT_EQ(sorted[0]->notes.size(), 1u);
  EXPECT_EQ(sorted[1]->message, "of another place");
}

TEST_F(DiagnosticsTest, ATabIsABlankAndACharacterAColumn) {
  source("\xEF\xBB\xBF\ty = \"\xC3\xA9\" + z\r\n");
  diagnostics.error(at("z"), "here");
  EXPECT_EQ(printed(), "m.rondo:1:12: error: here\n"
                       " y = \"\xC3\xA9\" + z\n"
                       "           ^\n");
}

TEST_F(DiagnosticsTest, ControlCharactersAreNotEchoed) {
  source(llvm::StringRef("a\0\x1b\xFF z", 6));
  diagnostics.error(at("z"), "a\nb\x1b");
  EXPECT_EQ(printed(), "m.rondo:1:6: error: a\\u{a}b\\u{1b}\n"
                       "a\xE2\x90\x80\xE2\x90\x9B\xEF\xBF\xBD z\n"
                       "     ^\n");
}

TEST_F(DiagnosticsTest, AnEmptyRangeAndTheEndOfALineHaveACaret) {
  source("ab\ncd");
  diagnostics.error(at("ab").atEnd(), "end");
  diagnostics.error(at("b\nc"), "two lines");
  EXPECT_EQ(printed(), "m.rondo:1:2: error: two lines\nab\n ^\nm.rondo:1:3: error: end\nab\n  ^\n");
}

TEST_F(DiagnosticsTest, OnlySomeAreTold) {
  source(std::string(100, 'a'));
  for (uint32_t i = 0; i < 50; ++i)
    diagnostics.error({id, i, i + 1}, "no");
  EXPECT_NE(printed().find("rondo: note: 30 more errors are not shown\n"), std::string::npos);
  EXPECT_EQ(diagnostics.errorCount(), 50u);
}

TEST(NearestName, NearEnoughOrBegun) {
  std::vector<llvm::StringRef> names = {"softmax", "weight", "tanh", "mean", "xavier_uniform", "hidden", "B"};
  EXPECT_EQ(nearestName("sofmax", names), "softmax");
  EXPECT_EQ(nearestName("wieght", names), "weight");
  EXPECT_EQ(nearestName("tahn", names), "tanh");
  EXPECT_EQ(nearestName("Hidden", names), "hidden");
  EXPECT_EQ(nearestName("xavier", names), "xavier_uniform");
  EXPECT_EQ(nearestName("b", names), "B");
  EXPECT_EQ(nearestName("zig", names), std::nullopt);
  EXPECT_EQ(nearestName("q", names), std::nullopt);
  EXPECT_EQ(nearestName("tanh", {"tanh"}), std::nullopt);
}

} // namespace
