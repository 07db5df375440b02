// What a location says of the source: the calls that led to a place, and the names of a value.
#pragma once

#include "dialects/Rondo/IR/RondoDialect.h"
#include "mlir/IR/Location.h"

namespace rondo {

/// A place and the function of the source that it stands in; null: the one that the code stands in, or a
/// lambda.
struct SourceFrame {
  DefAttr def;
  mlir::FileLineColLoc place;
  bool isLibrary() const { return place.getFilename().strref().starts_with("<library>"); }
};
using SourceFrames = llvm::SmallVector<SourceFrame, 4>; // innermost first

/// Of a location that several were fused to, those of the first. Empty if nothing is known.
SourceFrames framesOf(mlir::Location loc);

/// A name that the source gives to a value.
struct SourceName {
  mlir::StringAttr name;
  mlir::ShapedType type; // as a tensor
  SourceFrames frames;   // of the function whose variable it is
};

/// The names of result `number` of an operation, or of an argument of a block (0), innermost first.
llvm::SmallVector<SourceName, 1> namesOf(mlir::Location loc, unsigned number);

} // namespace rondo
