#include "sim/base/hdf.h"

#include <string.h>

enum { GZIP_LEVEL = 4 };

void dvfo_hdf_begin(void)
{
    (void)H5dont_atexit(); /* after a full disk HDF5 would try again at exit, and crash; what we open we close */
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

hid_t dvfo_hdf_text_type(size_t size)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, size);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

static bool put(hid_t object, const char *name, hid_t file_type, hid_t memory_type, const void *value)
{
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t attribute = H5Acreate2(object, name, file_type, space, H5P_DEFAULT, H5P_DEFAULT);
    const bool written = attribute >= 0 && H5Awrite(attribute, memory_type, value) >= 0;
    if (attribute >= 0) {
        H5Aclose(attribute);
    }
    H5Sclose(space);
    return written;
}

bool dvfo_hdf_put_text(hid_t object, const char *name, const char *text)
{
    const hid_t type = dvfo_hdf_text_type(strlen(text) + 1);
    const bool written = put(object, name, type, type, text);
    H5Tclose(type);
    return written;
}

bool dvfo_hdf_put_integer(hid_t object, const char *name, uint64_t value)
{
    return put(object, name, H5T_STD_U64LE, H5T_NATIVE_UINT64, &value);
}

hid_t dvfo_hdf_compressed(int rank, const hsize_t chunk[])
{
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, rank, chunk);
    H5Pset_shuffle(creation);
    H5Pset_deflate(creation, GZIP_LEVEL);
    H5Pset_obj_track_times(creation, false);
    return creation;
}
