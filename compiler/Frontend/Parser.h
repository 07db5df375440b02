// From a source text to its syntax tree.
#pragma once

#include "compiler/Frontend/Ast.h"
#include "compiler/Frontend/Diagnostics.h"

namespace rondo {

/// Deepest nesting of brackets, operators and blocks, and longest path in an expression.
constexpr unsigned maxNesting = 256;

/// Parses a file of `files`. Never null: mistakes are reported to `diagnostics`, each once, and the
/// tree holds what could be understood (see Ast.h). The tree refers to texts of `files`, which must
/// outlive it.
std::unique_ptr<ast::File> parseFile(FileId id, const FileTable &files, Diagnostics &diagnostics);

/// Parses a text that is one expression and nothing else, such as the value of `--set sizes=[3,4]`.
/// Never null; an ErrorExpr somewhere in it means that a mistake was reported.
ast::ExprPtr parseExpression(FileId id, const FileTable &files, Diagnostics &diagnostics);

} // namespace rondo
