// `rondo fmt`: a program in the one style there is.
//
// Tokens stay as they are written - literals, strings, parentheses - and so do
// comments. What changes is what stands between them: blanks, line ends, at most
// one empty line, and commas before what closes a list, which go. Parentheses come
// where a statement is too long and has no other place to break. `=` of adjacent
// submodules, and comments at the ends of adjacent lines, are aligned. Blocks that
// were written on one line stay on it if they fit.
#pragma once

#include "compiler/Frontend/Ast.h"
#include "compiler/Support/FileTable.h"

namespace rondo {

/// Columns of a line, where there is a place to break it.
constexpr unsigned formatWidth = 110;

/// The text of a file that parsed without errors, formatted: UTF-8 without a byte-order mark, lines ended by
/// LF. Formatting the result changes nothing, and its syntax tree is that of `file`.
std::string formatFile(const ast::File &file, const FileTable &files);

/// The text of an expression that parsed without errors, on one line and without its comments: what a message
/// quotes that must not depend on the layout of the source.
std::string formatExpression(const ast::Expr &expr, const FileTable &files);

} // namespace rondo
