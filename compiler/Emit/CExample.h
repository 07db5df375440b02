// A C program that calls a model, to begin one's own with.
#pragma once

#include "mlir/IR/BuiltinAttributes.h"
#include <string>
#include <vector>

namespace rondo {

struct ExampleOptions {
  std::string header;                // the name by which it is included
  std::vector<std::string> commands; // make the header, the object and the program, and run it
  bool embedded = false;             // the weights lie in the object
};

/// Whether that program needs the runtime: not where sizes are fixed and weights, if there are any, embedded.
bool exampleNeedsRuntime(mlir::DictionaryAttr interface, bool embedded);

/// A program in C11 that calls every entry point of the interface (Conversion/RuntimeToLLVM/Interface.h)
/// once, by its plain function if it has one, and prints the status and the first values of each result.
/// Inputs are a simple pattern; sizes that are open are constants in it. Weights are those of a file that its
/// command line names, else drawn from the seed 0.
std::string makeCExample(mlir::DictionaryAttr interface, const ExampleOptions &options);

} // namespace rondo
