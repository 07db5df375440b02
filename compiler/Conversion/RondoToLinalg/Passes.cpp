#include "compiler/Conversion/RondoToLinalg/Passes.h"
