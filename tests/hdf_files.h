/* What the suites of HDF5 files share: a folder to work in, files as bytes, and what a refusal looks like. */
#ifndef DVFO_TEST_HDF_FILES_H
#define DVFO_TEST_HDF_FILES_H

#include <stdbool.h>
#include <stddef.h>

enum { HDF_FILES_MAX_BYTES = 1 << 20 };

/* A suite's .init and .fini: an empty temporary folder becomes the working folder, and goes again. */
void hdf_files_make_folder(void);
void hdf_files_remove_folder(void);

/** Read a whole file, which is not empty. @return its size in bytes */
size_t hdf_files_read(const char *path, char bytes[HDF_FILES_MAX_BYTES]);

/** Do two files hold the same bytes? */
bool hdf_files_are_same(const char *a, const char *b);

/** Something is said, on one line. */
bool hdf_files_is_one_sentence(const char *message);

/* What HDF5 itself loses of a spoilt file is not counted between these two: 1.10.8 loses an object header whose
 * checksum is wrong. What we lose ourselves on the way out is seen where files are spoilt on purpose. */
void hdf_files_forgive_leaks(void);
void hdf_files_count_leaks(void);

#endif
