# What the libraries stand on. The build reads this, and so does whoever finds the installed package.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(GSL REQUIRED IMPORTED_TARGET gsl)
pkg_check_modules(OPENBLAS REQUIRED IMPORTED_TARGET openblas)
pkg_check_modules(HDF5 REQUIRED IMPORTED_TARGET hdf5)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(NETTLE REQUIRED IMPORTED_TARGET nettle)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)

# HDF5's dimension scales have no pkg-config file.
find_library(HDF5_HL hdf5_hl HINTS ${HDF5_LIBRARY_DIRS} REQUIRED)
if(NOT TARGET dvfo::hdf5_hl)
  add_library(dvfo::hdf5_hl UNKNOWN IMPORTED)
  set_target_properties(dvfo::hdf5_hl PROPERTIES IMPORTED_LOCATION ${HDF5_HL}
    INTERFACE_LINK_LIBRARIES PkgConfig::HDF5)
endif()

# GSL calls cblas_ functions as we do. Whichever library is linked first serves both; GSL's own is thirty times slower.
get_target_property(dvfo_gsl_libraries PkgConfig::GSL INTERFACE_LINK_LIBRARIES)
list(FILTER dvfo_gsl_libraries EXCLUDE REGEX "gslcblas|PkgConfig::OPENBLAS")
set_property(TARGET PkgConfig::GSL PROPERTY INTERFACE_LINK_LIBRARIES PkgConfig::OPENBLAS ${dvfo_gsl_libraries})
