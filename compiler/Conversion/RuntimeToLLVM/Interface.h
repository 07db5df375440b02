// The artefact's interface as an attribute: what a header says of it.
#pragma once

#include "compiler/Conversion/RuntimeToLLVM/EntryPoints.h"

namespace rondo {

/// Made of a module in the phase `buffers`, kept on the module as
/// `rondo.interface`. For each entry point: name, names of dims, which of them are
/// numbers that no argument shows (and what they are if they are not given), and for
/// each argument and result its name, its element type as in the language, its
/// default, and its sizes (its states' too) as text in terms of the dims ("B",
/// "T + 1", "4"); without dims also `symbol`, its plain function, and the bytes of
/// scratch. For each state of plain functions its place in their block. The pass adds
/// what each status says, "file:line:column: message".
mlir::DictionaryAttr interfaceOf(const Artefact &artefact, uint64_t prepareScratchBytes);

/// The symbol of an entry point's plain function; none if it has dims. `_` follows a
/// name that would be that of the descriptor, the embedded weights or a reset.
std::optional<std::string> plainSymbol(const Artefact &artefact, const EntryPoint &entry);

/// Bytes of scratch of an entry point without dims, or of prepare. At least
/// RONDO_STATUS_BYTES. None if they cannot be computed.
std::optional<uint64_t> scratchBytes(const EntryPoint &entry);

} // namespace rondo
