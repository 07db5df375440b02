#include "compiler/Target/CPU/Passes.h"
