#include "compiler/Conversion/DebugInfo/Frames.h"

using namespace mlir;
using namespace rondo;

static void addFrames(Location loc, DefAttr def, SourceFrames &frames) {
  if (auto place = dyn_cast<FileLineColLoc>(loc)) {
    frames.push_back({def, place});
  } else if (auto name = dyn_cast<NameLoc>(loc)) {
    addFrames(name.getChildLoc(), def, frames);
  } else if (auto call = dyn_cast<CallSiteLoc>(loc)) {
    addFrames(call.getCallee(), nullptr, frames);
    addFrames(call.getCaller(), nullptr, frames);
  } else if (auto fused = dyn_cast<FusedLoc>(loc)) {
    if (auto own = dyn_cast_if_present<DefAttr>(fused.getMetadata()))
      def = own;
    size_t before = frames.size();
    for (Location part : fused.getLocations())
      if (frames.size() == before)
        addFrames(part, def, frames);
  }
}

SourceFrames rondo::framesOf(Location loc) {
  SourceFrames frames;
  addFrames(loc, nullptr, frames);
  return frames;
}

// `outer` are the calls around `loc`. Gives the position among the results of the innermost function, if the
// value is returned from there.
static std::optional<unsigned> addNames(Location loc, unsigned number, const SourceFrames &outer,
                                        SmallVectorImpl<SourceName> &names) {
  if (auto name = dyn_cast<NameLoc>(loc))
    return addNames(name.getChildLoc(), number, outer, names);
  if (auto call = dyn_cast<CallSiteLoc>(loc)) {
    SourceFrames around = framesOf(call.getCaller());
    llvm::append_range(around, outer);
    std::optional<unsigned> position = addNames(call.getCallee(), number, around, names);
    return position ? addNames(call.getCaller(), *position, outer, names) : std::nullopt;
  }
  auto fused = dyn_cast<FusedLoc>(loc);
  if (!fused || fused.getLocations().empty())
    return std::nullopt;
  std::optional<unsigned> position = addNames(fused.getLocations().front(), number, outer, names);
  if (auto variable = dyn_cast_if_present<VariableAttr>(fused.getMetadata());
      variable && variable.getNumber() == number) {
    SourceFrames frames = framesOf(Location(variable.getAt()));
    llvm::append_range(frames, outer);
    names.push_back({variable.getName(), variable.getType(), frames});
  }
  auto returned = dyn_cast_if_present<ReturnedAttr>(fused.getMetadata());
  return returned && returned.getNumber() == number ? returned.getPosition() : position;
}

SmallVector<SourceName, 1> rondo::namesOf(Location loc, unsigned number) {
  SmallVector<SourceName, 1> names;
  addNames(loc, number, {}, names);
  return names;
}
