/* What every HDF5 file of ours has in common: attributes, types, and columns that are compressed and note no time.
 *
 * HDF5 keeps quiet: a failure is told in a sentence of ours. Functions that write return false when HDF5 refuses. */
#ifndef DVFO_HDF_H
#define DVFO_HDF_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/base/status.h"

/** Before anything else is asked of HDF5; may be called again. */
void dvfo_hdf_begin(void);

/** A text attribute: UTF-8, as long as it is. */
bool dvfo_hdf_put_text(hid_t object, const char *name, const char *text);
bool dvfo_hdf_put_integer(hid_t object, const char *name, uint64_t value);
bool dvfo_hdf_put_number(hid_t object, const char *name, double value);

/** Fixed-length UTF-8 texts of `size` bytes, the NUL included. Close with H5Tclose. */
hid_t dvfo_hdf_text_type(size_t size);

/** Creation list of a dataset: chunked, shuffled, compressed, without times, so that same inputs give same bytes. Close
 *  with H5Pclose. @param chunk  (rank) */
hid_t dvfo_hdf_compressed(int rank, const hsize_t chunk[]);

/** A new file in the format that HDF5 1.10 checksums, noting no times. Closing it with H5Fclose closes all that is
 * still open of it. -1 when it can't be made. */
hid_t dvfo_hdf_create(const char *path);

/** Write a file whole or not at all.
 *  @param what   for messages: "the layer profile"
 *  @param write  makes a file of `contents` at `path`; false when HDF5 refuses */
dvfo_status dvfo_hdf_save(struct dvfo_ctx *ctx, const char *path, const char *what,
                          bool (*write)(const void *contents, const char *path), const void *contents);

/** A group that says what is in it. */
bool dvfo_hdf_put_group(hid_t file, const char *path, const char *long_name);

enum { DVFO_HDF_RANK = 5 }; /* most axes */

/* A block of values as a dataset. */
struct dvfo_hdf_block {
    const char *path;            /* "/network/trunk0.bias" */
    int rank;                    /* 1 to DVFO_HDF_RANK */
    hsize_t size[DVFO_HDF_RANK]; /* along its axes, none of them 0 */
    hid_t type;                  /* as they lie in memory: H5T_NATIVE_FLOAT */
    const char *units, *long_name;
};

/** Little-endian whatever the machine, compressed, checksummed. */
bool dvfo_hdf_put_block(hid_t file, const struct dvfo_hdf_block *block, const void *values);

#endif
