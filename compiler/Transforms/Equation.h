// The equation of a contraction, to be changed.
#pragma once

#include "dialects/Rondo/IR/RondoDialect.h"

namespace rondo {

struct Equation {
  std::string lhs, rhs, result;

  explicit Equation(ContractOp op)
      : lhs(op.letters(0).str()), rhs(op.letters(1).str()), result(op.letters(2).str()) {}

  std::string str() const { return lhs + "," + rhs + "->" + result; }

  /// A letter that the equation does not have, `wish` if possible.
  char freshLetter(char wish) const {
    std::string used = lhs + rhs;
    if (used.find(wish) == std::string::npos)
      return wish;
    for (char letter : llvm::StringRef("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
      if (used.find(letter) == std::string::npos)
        return letter;
    llvm_unreachable("a tensor of rank 52");
  }
};

} // namespace rondo
