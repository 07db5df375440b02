// All operations of the dialect, by family.
#ifndef RONDO_OPS
#define RONDO_OPS

include "dialects/Rondo/IR/RondoDialect.td"
include "dialects/Rondo/IR/AttentionOps.td"
include "dialects/Rondo/IR/ModuleOps.td"
include "dialects/Rondo/IR/NeuralOps.td"
include "dialects/Rondo/IR/RecurrentOps.td"
include "dialects/Rondo/IR/SelectionOps.td"

#endif
