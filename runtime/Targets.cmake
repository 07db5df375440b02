# The runtime for other processors: lib/rondo/<architecture>/librondo_runtime.a, for each whose C library clang finds
# (Debian: libc6-dev-<architecture>-cross with libgcc-12-dev-<architecture>-cross; wasi-libc with
# libclang-rt-22-dev-wasm32). `rondo compile --emit=exe` links it.
add_custom_target(rondo_runtimes)

# rondo_foreign_runtime(ARCHITECTURE TRIPLE flag...): `rondo_runtime` as it is described so far, for another processor.
function(rondo_foreign_runtime architecture triple)
  set(folder ${CMAKE_ARCHIVE_OUTPUT_DIRECTORY}/rondo/${architecture})
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL architecture)
    if(NOT RONDO_SANITIZERS)
      return()
    endif()
    # The tools have the build's sanitizers, the executables that they link have not.
    set_target_properties(rondo_runtime PROPERTIES OUTPUT_NAME rondo_runtime_sanitized)
    set(folder ${CMAKE_ARCHIVE_OUTPUT_DIRECTORY})
  endif()
  set(flags --target=${triple} ${ARGN})
  set(program ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${architecture}.c)
  file(WRITE ${program} "#include <stdio.h>\nint main(void) { return printf(\"%g\", 1.0) < 0; }\n")
  execute_process(COMMAND ${CMAKE_C_COMPILER} ${flags} -fuse-ld=lld ${program} -lm -o ${program}.exe
    RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
  if(failed)
    message(STATUS "No C library for ${triple}: no executables for it")
    return()
  endif()
  set(name rondo_runtime_${architecture})
  get_target_property(sources rondo_runtime SOURCES)
  add_library(${name} STATIC ${sources})
  foreach(property COMPILE_DEFINITIONS COMPILE_OPTIONS INCLUDE_DIRECTORIES C_STANDARD C_STANDARD_REQUIRED C_EXTENSIONS
                   POSITION_INDEPENDENT_CODE)
    get_target_property(value rondo_runtime ${property})
    set_target_properties(${name} PROPERTIES ${property} "${value}")
  endforeach()
  # What a build type asks for the host (sanitizers) is not for others.
  target_compile_options(${name} PRIVATE ${flags} -fno-sanitize=all)
  set_target_properties(${name} PROPERTIES OUTPUT_NAME rondo_runtime
    ARCHIVE_OUTPUT_DIRECTORY ${folder})
  add_dependencies(rondo_runtimes ${name})
endfunction()

if(CMAKE_C_COMPILER_ID STREQUAL Clang)
  rondo_foreign_runtime(x86_64 x86_64-linux-gnu)
  rondo_foreign_runtime(aarch64 aarch64-linux-gnu)
  rondo_foreign_runtime(riscv64 riscv64-linux-gnu)
  # Files are read where they would be mapped; there are no signals.
  rondo_foreign_runtime(wasm32 wasm32-wasi -Wno-deprecated
    -D_WASI_EMULATED_MMAN -D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_GETPID)
else()
  message(STATUS "The C compiler is not clang: no executables for other processors")
endif()
