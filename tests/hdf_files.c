#include "hdf_files.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/hdf.h"

static char folder[] = "/tmp/dvfo-hdf-files-XXXXXX"; /* each test is a process of its own */

void hdf_files_make_folder(void)
{
    dvfo_hdf_begin();
    H5set_free_list_limits(0, 0, 0, 0, 0, 0); /* what HDF5 frees is freed: who lost a block is who allocated it */
    cr_assert(mkdtemp(folder) != NULL && chdir(folder) == 0);
}

void hdf_files_remove_folder(void)
{
    char line[128];
    snprintf(line, sizeof line, "rm -r '%s'", folder);
    cr_assert(chdir("/") == 0 && system(line) == 0);
}

size_t hdf_files_read(const char *path, char bytes[HDF_FILES_MAX_BYTES])
{
    FILE *file = fopen(path, "rb");
    cr_assert(file != NULL, "%s", path);
    const size_t size = fread(bytes, 1, HDF_FILES_MAX_BYTES, file);
    cr_assert(size > 0 && size < HDF_FILES_MAX_BYTES);
    fclose(file);
    return size;
}

bool hdf_files_are_same(const char *a, const char *b)
{
    static char first[HDF_FILES_MAX_BYTES], second[HDF_FILES_MAX_BYTES];
    const size_t size = hdf_files_read(a, first);
    return hdf_files_read(b, second) == size && memcmp(first, second, size) == 0;
}

bool hdf_files_is_one_sentence(const char *message)
{
    return message[0] != '\0' && strchr(message, '\n') == NULL;
}

/* There with LeakSanitizer only. */
extern void __lsan_disable(void) __attribute__((weak));
extern void __lsan_enable(void) __attribute__((weak));

void hdf_files_forgive_leaks(void)
{
    if (__lsan_disable != NULL) {
        __lsan_disable();
    }
}

void hdf_files_count_leaks(void)
{
    if (__lsan_enable != NULL) {
        __lsan_enable();
    }
}
