#include "compiler/Conversion/DebugInfo/Scopes.h"
#include "llvm/BinaryFormat/Dwarf.h"

using namespace mlir;
using namespace rondo;

// Expressions that a debugger reads are C's: h[0][1], *h@2.
static constexpr unsigned language = llvm::dwarf::DW_LANG_C11;

Scopes::Scopes(ModuleOp module, StringRef directory, bool isOptimized)
    : ctx(module.getContext()), directory(StringAttr::get(ctx, directory)), isOptimized(isOptimized) {
  SourceFrames frames = framesOf(module.getLoc());
  start = FileLineColLoc::get(ctx, frames.empty() ? "<unknown>" : frames.front().place.getFilename().strref(),
                              0, 0);
  unit = LLVM::DICompileUnitAttr::get(DistinctAttr::create(UnitAttr::get(ctx)), language,
                                      file(start.getFilename()), StringAttr::get(ctx, "rondo"), isOptimized,
                                      LLVM::DIEmissionKind::Full);
}

LLVM::DIFileAttr Scopes::file(StringRef name) {
  return LLVM::DIFileAttr::get(ctx, StringAttr::get(ctx, name), directory);
}

LLVM::DISubprogramAttr Scopes::makeFunction(StringRef name, FileLineColLoc place, bool isExported) {
  auto flags = LLVM::DISubprogramFlags::Definition;
  if (isOptimized)
    flags = flags | LLVM::DISubprogramFlags::Optimized;
  if (!isExported)
    flags = flags | LLVM::DISubprogramFlags::LocalToUnit;
  auto type = LLVM::DISubroutineTypeAttr::get(ctx, llvm::dwarf::DW_CC_normal, {});
  auto text = StringAttr::get(ctx, name);
  return LLVM::DISubprogramAttr::get(ctx, DistinctAttr::create(UnitAttr::get(ctx)), unit,
                                     file(place.getFilename()), text, isExported ? text : StringAttr(),
                                     file(place.getFilename()), place.getLine(), place.getLine(), flags, type,
                                     {}, {});
}

LLVM::DISubprogramAttr Scopes::inlined(const SourceFrame &frame) {
  std::string name = frame.def ? frame.def.getName().str() : "lambda";
  unsigned line = frame.def ? frame.def.getLine() : frame.place.getLine();
  LLVM::DISubprogramAttr &function = functions[{frame.place.getFilename().str(), line, name}];
  if (!function)
    function = makeFunction(name, FileLineColLoc::get(ctx, frame.place.getFilename(), line, /*column=*/0));
  return function;
}

ScopedPlace Scopes::find(ArrayRef<SourceFrame> frames, LLVM::DISubprogramAttr function, Loops loops) {
  bool inLibrary = !frames.empty() && frames.front().isLibrary();
  SmallVector<SourceFrame> users;
  llvm::copy_if(frames, std::back_inserter(users), [](const SourceFrame &f) { return !f.isLibrary(); });
  if (users.empty())
    return {FusedLoc::get(ctx, {start}, function), function, start, nullptr};

  // From the outermost place inwards.
  LocationAttr callers;
  for (size_t i = users.size(); i-- > 0;) {
    FileLineColLoc place = users[i].place;
    LLVM::DILocalScopeAttr scope = i + 1 == users.size() ? function : inlined(users[i]);
    if (i == 0 && inLibrary)
      scope = LLVM::DILexicalBlockAttr::get(ctx, scope, file(place.getFilename()), place.getLine(),
                                            place.getColumn());
    bool isScanBlock = inLibrary || isOptimized;
    unsigned block = loops.inner || !isScanBlock ? loops.inner : loops.time;
    if (i == 0 && block)
      scope = LLVM::DILexicalBlockAttr::get(ctx, scope, file(place.getFilename()), place.getLine(), block);
    Location here = FusedLoc::get(ctx, {place}, scope);
    Location whole = callers ? CallSiteLoc::get(here, Location(callers)) : here;
    if (i == 0)
      return {whole, scope, place, callers};
    callers = whole;
  }
  llvm_unreachable("the innermost place is found");
}
