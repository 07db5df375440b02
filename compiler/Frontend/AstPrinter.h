// The text of `--emit=ast`.
#pragma once

#include "compiler/Frontend/Ast.h"
#include "compiler/Support/FileTable.h"
#include "llvm/Support/raw_ostream.h"

namespace rondo {

/// Prints a tree, one declaration or statement a line, indented by what holds it, with its place
/// as `# line:column` if `places`. Expressions have all their parentheses: `(a + (b * c))`.
void printAst(const ast::File &file, const FileTable &files, llvm::raw_ostream &os, bool places = true);

/// Prints one expression or type, without a newline.
void printAst(const ast::Expr &expr, llvm::raw_ostream &os);
void printAst(const ast::TypeExpr &type, llvm::raw_ostream &os);

} // namespace rondo
