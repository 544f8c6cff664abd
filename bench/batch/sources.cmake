# dvfo_sources.h: SHA-256 over the sources that results depend on, and over those of the live
# testbed and those that draw figures, so that what other sources made is told apart.
#   cmake -D ROOT=... -D OUT=... -P sources.cmake
function(hash_of out)
  set(globs ${ARGN})
  list(TRANSFORM globs PREPEND "${ROOT}/")
  file(GLOB_RECURSE sources RELATIVE "${ROOT}" ${globs})
  list(SORT sources)
  set(all "")
  foreach(source IN LISTS sources)
    file(SHA256 "${ROOT}/${source}" sha256)
    string(APPEND all "${source} ${sha256}\n")
  endforeach()
  string(SHA256 sha256 "${all}")
  set(${out} "${sha256}" PARENT_SCOPE)
endfunction()

hash_of(results "sim/*.[ch]" "policies/*.[ch]" "profiles/*.[ch]" "traces/*.[ch]")
hash_of(live "bench/live/*.[ch]")
hash_of(figures "plots/*.[ch]" "plots/*.gp")
file(WRITE "${OUT}.new"
  "#define DVFO_SOURCES_SHA256 \"${results}\"\n#define DVFO_LIVE_SOURCES_SHA256 \"${live}\"\n"
  "#define DVFO_FIGURE_SOURCES_SHA256 \"${figures}\"\n")
file(COPY_FILE "${OUT}.new" "${OUT}" ONLY_IF_DIFFERENT)
