/* What every HDF5 file of ours has in common: attributes, types, and columns that are compressed and note no time.
 *
 * HDF5 keeps quiet: a failure is told in a sentence of ours. Functions that write return false when HDF5 refuses. */
#ifndef DVFO_HDF_H
#define DVFO_HDF_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

/** Before anything else is asked of HDF5; may be called again. */
void dvfo_hdf_begin(void);

/** A text attribute: UTF-8, as long as it is. */
bool dvfo_hdf_put_text(hid_t object, const char *name, const char *text);
bool dvfo_hdf_put_integer(hid_t object, const char *name, uint64_t value);

/** Fixed-length UTF-8 texts of `size` bytes, the NUL included. Close with H5Tclose. */
hid_t dvfo_hdf_text_type(size_t size);

/** Creation list of a dataset: chunked, shuffled, compressed, without times, so that same inputs give same bytes. Close
 *  with H5Pclose. @param chunk  (rank) */
hid_t dvfo_hdf_compressed(int rank, const hsize_t chunk[]);

#endif
