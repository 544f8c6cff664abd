#include "sim/base/hdf.h"

#include <errno.h>
#include <string.h>

#include "sim/base/output.h"

enum { GZIP_LEVEL = 4, CHUNK_ROWS = 4096 };

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

bool dvfo_hdf_put_number(hid_t object, const char *name, double value)
{
    return put(object, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value);
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

hid_t dvfo_hdf_create(const char *path)
{
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS), creation = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    H5Pset_obj_track_times(creation, false);
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, creation, access);
    H5Pclose(creation);
    H5Pclose(access);
    return file;
}

bool dvfo_hdf_put_group(hid_t file, const char *path, const char *long_name)
{
    const hid_t creation = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_obj_track_times(creation, false);
    const hid_t group = H5Gcreate2(file, path, H5P_DEFAULT, creation, H5P_DEFAULT);
    const bool written = group >= 0 && dvfo_hdf_put_text(group, "long_name", long_name);
    if (group >= 0) {
        H5Gclose(group);
    }
    H5Pclose(creation);
    return written;
}

static hid_t create_dataset(hid_t file, const struct dvfo_hdf_block *block)
{
    hsize_t chunk[DVFO_HDF_RANK];
    memcpy(chunk, block->size, sizeof chunk);
    chunk[0] = chunk[0] < CHUNK_ROWS ? chunk[0] : CHUNK_ROWS;
    const hid_t space = H5Screate_simple(block->rank, block->size, NULL);
    const hid_t type = H5Tcopy(block->type);
    H5Tset_order(type, H5T_ORDER_LE);
    const hid_t creation = dvfo_hdf_compressed(block->rank, chunk);
    H5Pset_fletcher32(creation);
    const hid_t dataset = H5Dcreate2(file, block->path, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    H5Pclose(creation);
    H5Tclose(type);
    H5Sclose(space);
    return dataset;
}

bool dvfo_hdf_put_block(hid_t file, const struct dvfo_hdf_block *block, const void *values)
{
    const hid_t dataset = create_dataset(file, block);
    if (dataset < 0) {
        return false;
    }
    const bool written = H5Dwrite(dataset, block->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0 &&
                         dvfo_hdf_put_text(dataset, "units", block->units) &&
                         dvfo_hdf_put_text(dataset, "long_name", block->long_name);
    return H5Dclose(dataset) >= 0 && written;
}

dvfo_status dvfo_hdf_save(struct dvfo_ctx *ctx, const char *path, const char *what,
                          bool (*write)(const void *contents, const char *path), const void *contents)
{
    struct dvfo_output output;
    dvfo_hdf_begin();
    DVFO_TRY(dvfo_output_begin(ctx, path, &output));
    errno = 0;
    dvfo_status status = DVFO_OK;
    if (!write(contents, output.temporary)) {
        status = dvfo_fail(ctx, DVFO_FAILED, "%s: writing %s failed: %s", path, what,
                           errno != 0 ? strerror(errno) : "HDF5 refused");
    }
    status = status == DVFO_OK ? dvfo_output_commit(ctx, &output) : status;
    dvfo_output_abandon(&output);
    return status;
}
