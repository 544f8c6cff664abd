#include "sim/base/hdf_read.h"

#include <string.h>

#include "sim/base/hdf.h"

dvfo_status dvfo_hdf_damaged(const struct dvfo_hdf_reader *r, const char *what)
{
    return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' cannot be read: the file is damaged", r->name, what);
}

/* ---- the file ---- */

static bool is_hdf5(const struct dvfo_text *bytes)
{
    static const char signature[] = "\x89HDF\r\n\x1a\n";
    return bytes->size > sizeof signature && memcmp(bytes->bytes, signature, sizeof signature - 1) == 0;
}

dvfo_status dvfo_hdf_open(struct dvfo_ctx *ctx, const struct dvfo_text *bytes, const char *what,
                          struct dvfo_hdf_reader *out)
{
    dvfo_hdf_begin();
    *out = (struct dvfo_hdf_reader){.ctx = ctx, .name = bytes->name, .file = -1};
    if (!is_hdf5(bytes)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: is no HDF5 file, expected %s", bytes->name, what);
    }
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(access, 1 << 16, false);
    H5Pset_file_image(access, bytes->bytes, bytes->size);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    out->file = H5Fopen("/dev/null/memory", H5F_ACC_RDONLY, access); /* refused where a file of that name exists */
    H5Pclose(access);
    return out->file >= 0
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: cannot be opened: it is cut short or damaged", bytes->name);
}

/* ---- texts ---- */

static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7F) {
            return false;
        }
    }
    return true;
}

/* A type of fixed-length texts, and of which length. */
static dvfo_status check_text_type(const struct dvfo_hdf_reader *r, hid_t type, const char *what, size_t *size)
{
    if (H5Tget_class(type) != H5T_STRING) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' is not a text", r->name, what);
    }
    if (H5Tis_variable_str(type) != 0) {
        /* HDF5 1.10 stores them without a checksum and crashes on damaged ones */
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT,
                         "%s: '%s' is a text of variable length, expected a fixed length (in h5py: numpy.bytes_(text))",
                         r->name, what);
    }
    *size = H5Tget_size(type);
    if (*size == 0 || *size > DVFO_HDF_TEXT) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' has texts of %zu bytes, expected 1 to %d", r->name, what,
                         *size, (int)DVFO_HDF_TEXT);
    }
    return DVFO_OK;
}

/* Texts in memory end with a NUL, whatever pads them in the file. */
static hid_t memory_text(hid_t file_type, size_t size)
{
    const hid_t memory = dvfo_hdf_text_type(size);
    H5Tset_cset(memory, H5Tget_cset(file_type)); /* ASCII is UTF-8 too */
    return memory;
}

static dvfo_status read_text(const struct dvfo_hdf_reader *r, hid_t attribute, const char *what,
                             char text[DVFO_HDF_TEXT + 1])
{
    const hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    size_t size = 0;
    dvfo_status status = type >= 0 && space >= 0 ? check_text_type(r, type, what, &size) : dvfo_hdf_damaged(r, what);
    if (status == DVFO_OK && H5Sget_simple_extent_npoints(space) != 1) {
        status = dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' is a list, expected one text", r->name, what);
    }
    memset(text, 0, DVFO_HDF_TEXT + 1);
    if (status == DVFO_OK) {
        const hid_t memory = memory_text(type, DVFO_HDF_TEXT + 1);
        const bool fine = H5Aread(attribute, memory, text) >= 0 && is_printable(text);
        status = fine ? DVFO_OK : dvfo_hdf_damaged(r, what);
        H5Tclose(memory);
    }
    H5Sclose(space);
    H5Tclose(type);
    return status;
}

dvfo_status dvfo_hdf_text(const struct dvfo_hdf_reader *r, hid_t object, const char *of, const char *name,
                          char text[DVFO_HDF_TEXT + 1])
{
    char what[128];
    snprintf(what, sizeof what, "%s%s%s", of, of[0] != '\0' ? ", " : "", name);
    if (H5Aexists(object, name) <= 0) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: has no attribute '%s'", r->name, what);
    }
    const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    if (attribute < 0) {
        return dvfo_hdf_damaged(r, what);
    }
    const dvfo_status status = read_text(r, attribute, what, text);
    H5Aclose(attribute);
    return status;
}

dvfo_status dvfo_hdf_text_copy(const struct dvfo_hdf_reader *r, hid_t object, const char *of, const char *name,
                               char **out)
{
    char text[DVFO_HDF_TEXT + 1];
    DVFO_TRY(dvfo_hdf_text(r, object, of, name, text));
    *out = dvfo_text_copy(text);
    return *out != NULL ? DVFO_OK : dvfo_fail_no_memory(r->ctx);
}

static dvfo_status read_cells(const struct dvfo_hdf_reader *r, hid_t dataset, const char *what, hid_t type, size_t rows,
                              size_t size, char *cells)
{
    const hid_t memory = memory_text(type, size);
    const bool read = H5Dread(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, cells) >= 0;
    H5Tclose(memory);
    if (!read) {
        return dvfo_hdf_damaged(r, what);
    }
    for (size_t i = 0; i < rows; i++) {
        if (cells[i * size] == '\0' || !is_printable(&cells[i * size])) {
            return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: row %zu of '%s' is empty or no text", r->name, i, what);
        }
    }
    return DVFO_OK;
}

dvfo_status dvfo_hdf_cells(const struct dvfo_hdf_reader *r, hid_t dataset, const char *what, size_t rows, char **cells,
                           size_t *size)
{
    const hid_t type = H5Dget_type(dataset);
    *cells = NULL;
    dvfo_status status = type >= 0 ? check_text_type(r, type, what, size) : dvfo_hdf_damaged(r, what);
    if (status == DVFO_OK) {
        *size += 1; /* for the NUL */
        *cells = calloc(rows, *size);
        status = *cells != NULL ? read_cells(r, dataset, what, type, rows, *size, *cells) : dvfo_fail_no_memory(r->ctx);
    }
    H5Tclose(type);
    return status;
}

/* ---- numbers ---- */

dvfo_status dvfo_hdf_integers(const struct dvfo_hdf_reader *r, const char *name, int count, long long *values)
{
    if (H5Aexists(r->file, name) <= 0) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: has no attribute '%s'", r->name, name);
    }
    const hid_t attribute = H5Aopen(r->file, name, H5P_DEFAULT);
    const hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    dvfo_status status = DVFO_OK;
    if (attribute < 0 || type < 0 || space < 0) {
        status = dvfo_hdf_damaged(r, name);
    } else if (H5Tget_class(type) != H5T_INTEGER || H5Sget_simple_extent_npoints(space) != count) {
        status = dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' is something else than %d whole number%s", r->name, name,
                           count, count == 1 ? "" : "s");
    } else if (H5Aread(attribute, H5T_NATIVE_LLONG, values) < 0) {
        status = dvfo_hdf_damaged(r, name);
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attribute);
    return status;
}

/* One value of a class, converted to `memory_type`. */
static dvfo_status read_attribute(const struct dvfo_hdf_reader *r, hid_t object, const char *of, const char *name,
                                  H5T_class_t kind, hid_t memory_type, void *value)
{
    char what[128];
    snprintf(what, sizeof what, "%s%s%s", of, of[0] != '\0' ? ", " : "", name);
    if (H5Aexists(object, name) <= 0) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: has no attribute '%s'", r->name, what);
    }
    const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    const hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    dvfo_status status = DVFO_OK;
    if (attribute < 0 || type < 0 || space < 0) {
        status = dvfo_hdf_damaged(r, what);
    } else if (H5Tget_class(type) != kind || H5Sget_simple_extent_npoints(space) != 1) {
        status = dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' is something else than one %snumber", r->name, what,
                           kind == H5T_INTEGER ? "whole " : "");
    } else if (H5Aread(attribute, memory_type, value) < 0) {
        status = dvfo_hdf_damaged(r, what);
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attribute);
    return status;
}

dvfo_status dvfo_hdf_number(const struct dvfo_hdf_reader *r, hid_t object, const char *of, const char *name,
                            double *value)
{
    return read_attribute(r, object, of, name, H5T_FLOAT, H5T_NATIVE_DOUBLE, value);
}

dvfo_status dvfo_hdf_count(const struct dvfo_hdf_reader *r, hid_t object, const char *of, const char *name,
                           uint64_t *value)
{
    return read_attribute(r, object, of, name, H5T_INTEGER, H5T_NATIVE_UINT64, value);
}

dvfo_status dvfo_hdf_numbers(const struct dvfo_hdf_reader *r, hid_t dataset, const char *what, double *values)
{
    const hid_t type = H5Dget_type(dataset);
    const H5T_class_t kind = type >= 0 ? H5Tget_class(type) : H5T_NO_CLASS;
    H5Tclose(type);
    if (kind != H5T_FLOAT && kind != H5T_INTEGER) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' doesn't hold numbers", r->name, what);
    }
    return H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0 ? DVFO_OK
                                                                                           : dvfo_hdf_damaged(r, what);
}

/* ---- datasets ---- */

bool dvfo_hdf_has(const struct dvfo_hdf_reader *r, const char *group, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", group, name);
    return H5Lexists(r->file, group, H5P_DEFAULT) > 0 && H5Lexists(r->file, path, H5P_DEFAULT) > 0;
}

dvfo_status dvfo_hdf_group(const struct dvfo_hdf_reader *r, const char *path, hid_t *out)
{
    *out = -1;
    if (H5Lexists(r->file, path, H5P_DEFAULT) <= 0) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: has no group '%s'", r->name, path);
    }
    *out = H5Gopen2(r->file, path, H5P_DEFAULT);
    return *out >= 0 ? DVFO_OK : dvfo_hdf_damaged(r, path);
}

/* A chunk may not claim more memory than the most values do. */
static bool has_sane_chunks(hid_t dataset)
{
    const hid_t creation = H5Dget_create_plist(dataset);
    if (creation < 0) {
        return false;
    }
    hsize_t chunk[DVFO_HDF_RANK], values = 1;
    const int rank = H5Pget_layout(creation) == H5D_CHUNKED ? H5Pget_chunk(creation, DVFO_HDF_RANK, chunk) : 0;
    H5Pclose(creation);
    for (int i = 0; i < rank && i < DVFO_HDF_RANK && values <= DVFO_HDF_VALUES; i++) {
        values = chunk[i] <= DVFO_HDF_VALUES ? values * chunk[i] : (hsize_t)DVFO_HDF_VALUES + 1;
    }
    return rank >= 0 && rank <= DVFO_HDF_RANK && values <= DVFO_HDF_VALUES;
}

dvfo_status dvfo_hdf_dataset(const struct dvfo_hdf_reader *r, const char *group, const char *name, hid_t *out)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", group, name);
    *out = -1;
    if (!dvfo_hdf_has(r, group, name)) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: has no dataset '%s'", r->name, path);
    }
    const hid_t dataset = H5Dopen2(r->file, path, H5P_DEFAULT);
    if (dataset < 0) {
        return dvfo_hdf_damaged(r, path);
    }
    if (!has_sane_chunks(dataset)) {
        H5Dclose(dataset);
        return dvfo_hdf_damaged(r, path);
    }
    *out = dataset;
    return DVFO_OK;
}

dvfo_status dvfo_hdf_size(const struct dvfo_hdf_reader *r, hid_t dataset, const char *what, int rank, hsize_t size[])
{
    const hid_t space = H5Dget_space(dataset);
    const int found = space >= 0 ? H5Sget_simple_extent_ndims(space) : -1;
    dvfo_status status = DVFO_OK;
    if (found < 0 || (found == rank && H5Sget_simple_extent_dims(space, size, NULL) < 0)) {
        status = dvfo_hdf_damaged(r, what);
    } else if (found != rank) {
        status =
            dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' has %d dimensions, expected %d", r->name, what, found, rank);
    }
    H5Sclose(space);
    return status;
}

/* "3x4x2" */
static void write_size(int rank, const hsize_t size[], char text[96])
{
    text[0] = '\0';
    for (int i = 0; i < rank; i++) {
        const size_t used = strlen(text);
        snprintf(text + used, 96 - used, "%s%llu", i > 0 ? "x" : "", (unsigned long long)size[i]);
    }
}

dvfo_status dvfo_hdf_check_size(const struct dvfo_hdf_reader *r, hid_t dataset, const char *what, int rank,
                                const hsize_t expected[])
{
    hsize_t size[DVFO_HDF_RANK];
    DVFO_TRY(dvfo_hdf_size(r, dataset, what, rank, size));
    if (memcmp(size, expected, (size_t)rank * sizeof *size) == 0) {
        return DVFO_OK;
    }
    char found[96], wanted[96];
    write_size(rank, size, found);
    write_size(rank, expected, wanted);
    return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' is %s, expected %s", r->name, what, found, wanted);
}

dvfo_status dvfo_hdf_check_units(const struct dvfo_hdf_reader *r, hid_t dataset, const char *what, const char *units)
{
    char found[DVFO_HDF_TEXT + 1];
    DVFO_TRY(dvfo_hdf_text(r, dataset, what, "units", found));
    return strcmp(found, units) == 0 ? DVFO_OK
                                     : dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' is in '%.60s', expected '%s'",
                                                 r->name, what, found, units);
}

static dvfo_status read_block(const struct dvfo_hdf_reader *r, hid_t dataset, const char *what, int rank,
                              const hsize_t size[], hid_t type, void *values)
{
    DVFO_TRY(dvfo_hdf_check_size(r, dataset, what, rank, size));
    const hid_t found = H5Dget_type(dataset);
    const bool same =
        found >= 0 && H5Tget_class(found) == H5Tget_class(type) && H5Tget_size(found) == H5Tget_size(type);
    H5Tclose(found);
    if (!same) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' holds something else than %s of %zu bytes", r->name, what,
                         H5Tget_class(type) == H5T_FLOAT ? "numbers" : "whole numbers", H5Tget_size(type));
    }
    return H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0 ? DVFO_OK : dvfo_hdf_damaged(r, what);
}

dvfo_status dvfo_hdf_block(const struct dvfo_hdf_reader *r, const char *group, const char *name, int rank,
                           const hsize_t size[], hid_t type, void *values)
{
    char what[128];
    hid_t dataset = -1;
    snprintf(what, sizeof what, "%s/%s", group, name);
    DVFO_TRY(dvfo_hdf_dataset(r, group, name, &dataset));
    const dvfo_status status = read_block(r, dataset, what, rank, size, type, values);
    H5Dclose(dataset);
    return status;
}
