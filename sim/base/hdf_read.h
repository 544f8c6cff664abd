/* Reading HDF5 that anybody may have written: nothing is believed that isn't checked, and every refusal is a sentence
 * with the file, the dataset, what was found and what was expected. */
#ifndef DVFO_HDF_READ_H
#define DVFO_HDF_READ_H

#include "sim/base/hdf.h"
#include "sim/base/text.h"

enum { DVFO_HDF_TEXT = 512, DVFO_HDF_VALUES = 1 << 22 }; /* longest text, most values of a chunk */

struct dvfo_hdf_reader {
    struct dvfo_ctx *ctx;
    const char *name; /* of the file, for messages; borrowed */
    hid_t file;
};

/** Open a file's bytes; HDF5 reads from memory, so that what was hashed is what is read. Close with H5Fclose, which
 *  closes all that is still open of it.
 *  @param what  expected, for messages: "a layer profile" */
dvfo_status dvfo_hdf_open(struct dvfo_ctx *ctx, const struct dvfo_text *bytes, const char *what,
                          struct dvfo_hdf_reader *out);

/** "NAME: 'WHAT' cannot be read: the file is damaged" */
dvfo_status dvfo_hdf_damaged(const struct dvfo_hdf_reader *r, const char *what);

/** Text attribute `name` of an object; `of` names that in messages, "" for the root. */
dvfo_status dvfo_hdf_text(const struct dvfo_hdf_reader *r, hid_t object, const char *of, const char *name,
                          char text[DVFO_HDF_TEXT + 1]);

/** The same as a copy; caller frees. */
dvfo_status dvfo_hdf_text_copy(const struct dvfo_hdf_reader *r, hid_t object, const char *of, const char *name,
                               char **out);

/** An attribute of the root with `count` whole numbers. */
dvfo_status dvfo_hdf_integers(const struct dvfo_hdf_reader *r, const char *name, int count, long long *values);

/** One number or whole number, >= 0, that is an attribute of an object; `of` names that in messages. */
dvfo_status dvfo_hdf_number(const struct dvfo_hdf_reader *r, hid_t object, const char *of, const char *name,
                            double *value);
dvfo_status dvfo_hdf_count(const struct dvfo_hdf_reader *r, hid_t object, const char *of, const char *name,
                           uint64_t *value);

/** A group of the root ("/network"), to be closed with H5Gclose. */
dvfo_status dvfo_hdf_group(const struct dvfo_hdf_reader *r, const char *path, hid_t *out);

bool dvfo_hdf_has(const struct dvfo_hdf_reader *r, const char *group, const char *name);

/** A dataset of a group ("/latency", "gpu"). @param out  -1 after a failure, else to be closed with H5Dclose */
dvfo_status dvfo_hdf_dataset(const struct dvfo_hdf_reader *r, const char *group, const char *name, hid_t *out);

/** Sizes along its axes. @param rank  how many axes are expected, at most DVFO_HDF_RANK */
dvfo_status dvfo_hdf_size(const struct dvfo_hdf_reader *r, hid_t dataset, const char *what, int rank, hsize_t size[]);
dvfo_status dvfo_hdf_check_size(const struct dvfo_hdf_reader *r, hid_t dataset, const char *what, int rank,
                                const hsize_t expected[]);
dvfo_status dvfo_hdf_check_units(const struct dvfo_hdf_reader *r, hid_t dataset, const char *what, const char *units);

/** All its numbers, as many as its size says. */
dvfo_status dvfo_hdf_numbers(const struct dvfo_hdf_reader *r, hid_t dataset, const char *what, double *values);

/** A whole dataset of a known size and type, as dvfo_hdf_put_block wrote it: every bit comes back.
 *  @param type    in memory: H5T_NATIVE_FLOAT; the file's must be of the same kind and width
 *  @param values  as many as `size` says */
dvfo_status dvfo_hdf_block(const struct dvfo_hdf_reader *r, const char *group, const char *name, int rank,
                           const hsize_t size[], hid_t type, void *values);

/** All its texts, none of them empty: (rows) of `size` bytes each, the NUL included. @param cells  caller frees */
dvfo_status dvfo_hdf_cells(const struct dvfo_hdf_reader *r, hid_t dataset, const char *what, size_t rows, char **cells,
                           size_t *size);

#endif
