// What every tool knows: the dialects and the passes, registered in one place.
#pragma once

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace rondo {

/// The rondo dialect and all of upstream's, with the interfaces that passes
/// need. A dialect is loaded only when a text or a pass asks for it.
void registerAllDialects(mlir::DialectRegistry &registry);

/// The passes of this project, by name, for tools that take pass names.
void registerAllPasses();

/// Dialects and passes: what rondo-opt and rondo-reduce add to upstream's tools.
void registerAllRondo(mlir::DialectRegistry &registry);

} // namespace rondo
