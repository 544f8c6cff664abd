# dvfo_sources.h: one SHA-256 over the sources that results depend on, so that a result of other sources is told apart.
#   cmake -D ROOT=... -D OUT=... -P sources.cmake
file(GLOB_RECURSE sources RELATIVE "${ROOT}" "${ROOT}/sim/*.[ch]" "${ROOT}/policies/*.[ch]" "${ROOT}/profiles/*.[ch]"
  "${ROOT}/traces/*.[ch]")
list(SORT sources)
set(all "")
foreach(source IN LISTS sources)
  file(SHA256 "${ROOT}/${source}" sha256)
  string(APPEND all "${source} ${sha256}\n")
endforeach()
string(SHA256 sha256 "${all}")
file(WRITE "${OUT}.new" "#define DVFO_SOURCES_SHA256 \"${sha256}\"\n")
file(COPY_FILE "${OUT}.new" "${OUT}" ONLY_IF_DIFFERENT)
