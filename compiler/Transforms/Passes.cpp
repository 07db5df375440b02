#include "compiler/Transforms/Passes.h"
