// Loops and vectors of a group.
#pragma once
#include "compiler/Target/CPU/Groups.h"
#include "compiler/Target/CPU/Machine.h"
#include "compiler/Target/CPU/Pack.h"

namespace rondo::cpu {

/// Replaces a group by loops over tiles of rows and lanes. Tiles at the ends
/// overlap their neighbours instead of being cut, so all code works on full
/// vectors; sizes that are known when called get loops for each tile shape, of
/// which one runs. Results go where the members' destinations say.
void emitTiles(Group &group, const Machine &machine, Packer &packer);

/// Replaces a group whose root reduces its lanes: a loop over rows, partial
/// results in a vector, combined at the end in a fixed order.
void emitRows(Group &group, const Machine &machine);

/// The widest number of lanes for the group's element types, a power of two not
/// above `size` (if that is static).
int64_t lanesFor(const Group &group, const Machine &machine, int64_t size);

} // namespace rondo::cpu
