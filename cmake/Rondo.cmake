# Flags and targets shared by all folders. Everything links the one libMLIR and
# the one libLLVM: a static archive beside them would register options twice.

separate_arguments(RONDO_LLVM_DEFINITIONS NATIVE_COMMAND ${LLVM_DEFINITIONS})

add_library(rondo_flags INTERFACE)
target_compile_definitions(rondo_flags INTERFACE ${RONDO_LLVM_DEFINITIONS})
target_include_directories(rondo_flags SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
target_include_directories(rondo_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
target_compile_options(rondo_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -Wall -Wextra -Wno-unused-parameter>)

# What a program of a build with AddressSanitizer is linked with besides.
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
if(CMAKE_CXX_FLAGS_${build_type} MATCHES "-fsanitize=[a-z,-]*address")
  set(RONDO_SANITIZERS ${CMAKE_SOURCE_DIR}/cmake/sanitizers.cpp)
endif()
if(CMAKE_CXX_FLAGS_${build_type} MATCHES fuzzer-no-link)
  set(RONDO_LIBFUZZER ON)
endif()

# The headers that nearly every file of the compiler reads.
add_library(rondo_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/pch.cpp)
target_link_libraries(rondo_pch PRIVATE rondo_flags)
target_precompile_headers(rondo_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  # The same bytes every time, so that a compiler cache may serve them.
  target_compile_options(rondo_pch PUBLIC $<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>)
endif()

# What a library and a tool have in common.
function(rondo_target name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  target_precompile_headers(${name} REUSE_FROM rondo_pch)
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>)
  endif()
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()

# rondo_library(NAME source... LINK library... DEPENDS target...): one static library a folder.
function(rondo_library name)
  cmake_parse_arguments(ARG "" "" "LINK;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC rondo_flags ${ARG_LINK})
  rondo_target(${name} DEPENDS ${ARG_DEPENDS})
endfunction()

# rondo_tool(NAME source... LINK library... DEPENDS target...): an executable in build/bin.
function(rondo_tool name)
  cmake_parse_arguments(ARG "" "" "LINK;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS} ${RONDO_SANITIZERS})
  target_link_libraries(${name} PRIVATE rondo_flags ${ARG_LINK} MLIR LLVM)
  rondo_target(${name} DEPENDS ${ARG_DEPENDS})
endfunction()
