# Writes ${OUT}, a C++ file that holds ${TEXTS}. A string literal has at most some
# thousand bytes on every compiler, so a text is cut into lines.
set(table "")
set(body "")
foreach(path ${TEXTS})
  get_filename_component(name ${path} NAME)
  file(READ ${path} text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n\"" text "${text}")
  string(MAKE_C_IDENTIFIER ${name} symbol)
  string(APPEND body "static const char ${symbol}[] =\n\"${text}\";\n")
  string(APPEND table "  {\"${name}\", llvm::StringRef(${symbol}, sizeof ${symbol} - 1)},\n")
endforeach()
file(WRITE ${OUT} "// Made from the *.rondo files of compiler/Library; do not edit.
#include \"compiler/Library/Library.h\"

${body}
llvm::ArrayRef<rondo::LibraryFile> rondo::libraryFiles() {
  static const LibraryFile files[] = {
${table}  };
  return files;
}
")
