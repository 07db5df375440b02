#include "compiler/Conversion/RuntimeToLLVM/Passes.h"
