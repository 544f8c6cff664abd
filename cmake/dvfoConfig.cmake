# The installed package: find_package(dvfo CONFIG REQUIRED), then target_link_libraries(mine PRIVATE dvfo::dvfo).
# Headers that include hdf5.h (sim/base/hdf.h, files of learners) need PkgConfig::HDF5 besides; it is found here too.
include("${CMAKE_CURRENT_LIST_DIR}/dependencies.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/dvfoTargets.cmake")
