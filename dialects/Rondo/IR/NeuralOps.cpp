#include "dialects/Rondo/IR/RondoDialect.h"
