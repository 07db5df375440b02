# `cmake --install`: a tree that may be moved, and the CMake package in it, which also works where it is built
# (rondo_DIR=build). The compiler looks for its runtime in ../lib beside its own folder, so folders have fixed names.
include(CMakePackageConfigHelpers)

set(RONDO_PACKAGE lib/cmake/rondo)

install(TARGETS rondo EXPORT rondoTargets RUNTIME DESTINATION bin)
install(TARGETS rondo-opt rondo-reduce RUNTIME DESTINATION bin)
install(TARGETS rondo_runtime EXPORT rondoRuntimeTargets ARCHIVE DESTINATION lib)
install(DIRECTORY runtime/include/rondo DESTINATION include)
install(DIRECTORY runtime/src runtime/include DESTINATION share/rondo/runtime)
install(FILES runtime/CMakeLists.txt DESTINATION share/rondo/runtime)
# The runtime for other processors, as far as it was built.
install(DIRECTORY ${CMAKE_ARCHIVE_OUTPUT_DIRECTORY}/rondo DESTINATION lib OPTIONAL)

# Programs of any processor may be built with this package: what they link is built for them.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/rondoConfigVersion.cmake COMPATIBILITY SameMinorVersion
  ARCH_INDEPENDENT)
set(RONDO_RUNTIME_SOURCES share/rondo/runtime)
configure_package_config_file(cmake/package/rondoConfig.cmake.in
  ${CMAKE_BINARY_DIR}/CMakeFiles/package/rondoConfig.cmake
  INSTALL_DESTINATION ${RONDO_PACKAGE} PATH_VARS RONDO_RUNTIME_SOURCES)
install(FILES ${CMAKE_BINARY_DIR}/CMakeFiles/package/rondoConfig.cmake ${CMAKE_BINARY_DIR}/rondoConfigVersion.cmake
  cmake/package/RondoAddModel.cmake DESTINATION ${RONDO_PACKAGE})
foreach(set rondoTargets rondoRuntimeTargets)
  install(EXPORT ${set} NAMESPACE rondo:: DESTINATION ${RONDO_PACKAGE})
  export(EXPORT ${set} NAMESPACE rondo:: FILE ${CMAKE_BINARY_DIR}/${set}.cmake)
endforeach()

set(RONDO_RUNTIME_SOURCES ${CMAKE_SOURCE_DIR}/runtime)
configure_package_config_file(cmake/package/rondoConfig.cmake.in ${CMAKE_BINARY_DIR}/rondoConfig.cmake
  INSTALL_DESTINATION ${CMAKE_BINARY_DIR} INSTALL_PREFIX ${CMAKE_BINARY_DIR} PATH_VARS RONDO_RUNTIME_SOURCES)
configure_file(cmake/package/RondoAddModel.cmake ${CMAKE_BINARY_DIR}/RondoAddModel.cmake COPYONLY)
