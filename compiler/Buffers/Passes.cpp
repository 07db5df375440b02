#include "compiler/Buffers/Passes.h"
