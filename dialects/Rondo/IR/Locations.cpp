#include "dialects/Rondo/IR/Locations.h"

using namespace mlir;

FileLineColLoc rondo::placeInSource(Location location) {
  if (auto place = dyn_cast<FileLineColLoc>(location))
    return place;
  if (auto name = dyn_cast<NameLoc>(location))
    return placeInSource(name.getChildLoc());
  if (auto call = dyn_cast<CallSiteLoc>(location)) {
    FileLineColLoc inner = placeInSource(call.getCallee());
    if (inner && !inner.getFilename().strref().starts_with("<"))
      return inner;
    FileLineColLoc outer = placeInSource(call.getCaller());
    return outer ? outer : inner;
  }
  if (auto fused = dyn_cast<FusedLoc>(location))
    for (Location part : fused.getLocations())
      if (FileLineColLoc place = placeInSource(part))
        return place;
  return nullptr;
}
