# Writes ${OUT}, a C++ file that holds ${TEXT}, the documentation that mlir-tblgen makes of the dialect.
file(READ ${TEXT} text)
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REPLACE "\n" "\\n\"\n\"" text "${text}")
file(WRITE ${OUT} "// Made from the dialect's operations; do not edit.
#include \"compiler/Tools/rondo/Commands.h\"

static const char text[] =
\"${text}\";

llvm::StringRef rondo::tool::dialectText() { return llvm::StringRef(text, sizeof text - 1); }
")
