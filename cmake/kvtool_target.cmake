# kvtool_target(NAME): the warnings, sanitizers and debug information that every kvtool target is built with.
# Flags go on targets because cmake-js overwrites CMAKE_CXX_FLAGS (https://github.com/cmake-js/cmake-js/issues/283).
function(kvtool_target name)
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wshadow -Wnon-virtual-dtor)
  # Other people's compilers know other warnings.
  if(NOT KVTOOL_EXPLORE_ALONE)
    target_compile_options(${name} PRIVATE -Werror)
  endif()
  # GCC 12 takes `"T" + std::to_string(n)` for overlapping memory: https://gcc.gnu.org/bugzilla/show_bug.cgi?id=105651
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # clang-tidy, which reads the same commands, does not know the name.
    target_compile_options(${name} PRIVATE -Wno-restrict -Wno-unknown-warning-option)
  endif()
  # A diagnostic tool must be able to read its own stacks: symbols and frame pointers stay in every build.
  # Sanitizers need functions and lines of it; their builds take a quarter less time without the rest.
  target_compile_options(${name} PRIVATE $<IF:$<BOOL:${KVTOOL_SANITIZE}>,-g1,-g> -fno-omit-frame-pointer)
  if(KVTOOL_SANITIZE STREQUAL "address")
    target_compile_options(${name} PRIVATE -fsanitize=address,undefined -fno-sanitize-recover=all)
    target_link_options(${name} PRIVATE -fsanitize=address,undefined)
  elseif(KVTOOL_SANITIZE STREQUAL "thread")
    # GCC warns that the sanitizer does not see fences; the ring's data is atomic, so it has nothing to say of it.
    target_compile_options(${name} PRIVATE -fsanitize=thread $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
    target_link_options(${name} PRIVATE -fsanitize=thread)
  endif()
endfunction()
