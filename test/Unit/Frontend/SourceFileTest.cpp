#include "compiler/Support/FileTable.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "gtest/gtest.h"

using namespace rondo;

namespace {

TEST(SourceFile, CountsLinesAndCharactersFromOne) {
  FileTable files;
  const SourceFile &file = files[files.add("a", "ab\n\xC3\xA9x\n")];
  EXPECT_EQ(file.lineColumn(0).line, 1u);
  EXPECT_EQ(file.lineColumn(0).column, 1u);
  EXPECT_EQ(file.lineColumn(2).column, 3u);
  EXPECT_EQ(file.lineColumn(3).line, 2u);
  EXPECT_EQ(file.lineColumn(5).column, 2u); // two bytes, one character
  EXPECT_EQ(file.lineColumn(7).line, 3u);
  EXPECT_EQ(file.lineColumn(1000).line, 3u);
}

TEST(SourceFile, LinesHaveNeitherEndingNorByteOrderMark) {
  FileTable files;
  const SourceFile &file = files[files.add("a", "\xEF\xBB\xBF"
                                                "ab\r\ncd")];
  EXPECT_EQ(file.line(1), "ab");
  EXPECT_EQ(file.line(2), "cd");
  EXPECT_EQ(file.lineColumn(3).column, 1u);
}

TEST(SourceFile, EachInvalidByteIsACharacter) {
  FileTable files;
  const SourceFile &file = files[files.add("a", "\xFF\xC3x")];
  EXPECT_EQ(file.lineColumn(2).column, 3u);
}

TEST(SourceFile, CountsCharactersOfLongLines) {
  FileTable files;
  std::string text = "x\n";
  for (int i = 0; i < 5000; ++i)
    text += "\xC3\xA9";
  const SourceFile &file = files[files.add("a", text + "\nab")];
  for (uint32_t i : {0u, 511u, 512u, 513u, 4999u})
    EXPECT_EQ(file.lineColumn(2 + 2 * i).column, i + 1);
  EXPECT_EQ(file.lineColumn(10004).column, 2u);
}

class FileTableOnDisk : public testing::Test {
protected:
  void SetUp() override { ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("rondo-files", folder)); }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  std::string path(llvm::StringRef name) const {
    llvm::SmallString<128> result(folder);
    llvm::sys::path::append(result, name);
    return result.str().str();
  }
  void write(llvm::StringRef name, llvm::StringRef text) const {
    std::error_code error;
    llvm::raw_fd_ostream(path(name), error) << text;
    ASSERT_FALSE(error);
  }
  static std::string errorOf(llvm::Expected<FileId> file) {
    return file ? "" : llvm::toString(file.takeError());
  }

  llvm::SmallString<128> folder;
};

TEST_F(FileTableOnDisk, AFileReachedTwiceIsOneFile) {
  write("a.rondo", "x");
  FileTable files;
  llvm::Expected<FileId> first = files.open(path("a.rondo")), second = files.open(path("./a.rondo"));
  ASSERT_TRUE(bool(first) && bool(second));
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(files[*first].name(), path("a.rondo"));
  EXPECT_EQ(files.size(), 1u);
}

TEST_F(FileTableOnDisk, SaysWhyAFileCannotBeRead) {
  FileTable files;
  EXPECT_EQ(errorOf(files.open(path("none.rondo"))), "no such file");
  EXPECT_EQ(errorOf(files.open(folder)), "is a directory");
  EXPECT_EQ(errorOf(files.open("/dev/zero")), "is not a regular file");
  write("large.rondo", std::string(FileTable::maxFileSize + 1, ' '));
  EXPECT_EQ(errorOf(files.open(path("large.rondo"))), "is larger than 4 MiB, the limit for a source file");
}

} // namespace
