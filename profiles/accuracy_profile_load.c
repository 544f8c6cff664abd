/* Reading an accuracy profile from a file that anybody may have written: nothing is believed that isn't checked. The
 * bytes are hashed and handed to HDF5 from memory, so that what was hashed is what was read. */
#include <math.h>
#include <string.h>

#include "profiles/accuracy_profile_format.h"
#include "sim/base/hdf_read.h"

#define MAX_FILE_BYTE (256U << 20)

enum { MAX_LINES = 1000 };

/* One file being read. */
struct reading {
    struct dvfo_hdf_reader hdf;
    struct dvfo_accuracy_profile *profile;
};

/* ---- the root ---- */

static dvfo_status check_schema(const struct reading *r)
{
    char schema[DVFO_HDF_TEXT + 1];
    uint64_t version = 0;
    if (H5Aexists(r->hdf.file, "schema") <= 0) {
        return dvfo_fail(r->hdf.ctx, DVFO_BAD_INPUT,
                         "%s: has no attribute 'schema', expected an accuracy profile ('%s')", r->hdf.name,
                         DVFO_ACCURACY_SCHEMA);
    }
    DVFO_TRY(dvfo_hdf_text(&r->hdf, r->hdf.file, "", "schema", schema));
    if (strcmp(schema, DVFO_ACCURACY_SCHEMA) != 0) {
        return dvfo_fail(r->hdf.ctx, DVFO_BAD_INPUT, "%s: has the schema '%.60s', expected an accuracy profile ('%s')",
                         r->hdf.name, schema, DVFO_ACCURACY_SCHEMA);
    }
    DVFO_TRY(dvfo_hdf_count(&r->hdf, r->hdf.file, "", "schema_version", &version));
    return version == DVFO_ACCURACY_SCHEMA_VERSION
               ? DVFO_OK
               : dvfo_fail(r->hdf.ctx, DVFO_BAD_INPUT, "%s: has version %llu of the schema, expected %d", r->hdf.name,
                           (unsigned long long)version, DVFO_ACCURACY_SCHEMA_VERSION);
}

static dvfo_status read_sizes(const struct reading *r)
{
    for (const struct dvfo_accuracy_size_kind *kind = dvfo_accuracy_sizes; kind->name != NULL; kind++) {
        uint64_t found = 0;
        DVFO_TRY(dvfo_hdf_count(&r->hdf, r->hdf.file, "", kind->name, &found));
        const long size = found > INT32_MAX ? (long)INT32_MAX : (long)found; /* more than any of them may be */
        memcpy((char *)r->profile + kind->offset, &size, sizeof size);
    }
    return dvfo_accuracy_check_sizes(r->hdf.ctx, r->profile, r->hdf.name);
}

static dvfo_status read_texts(const struct reading *r)
{
    for (int i = 0; i < DVFO_ACCURACY_CONFIGURATION; i++) {
        DVFO_TRY(dvfo_hdf_text_copy(&r->hdf, r->hdf.file, "", dvfo_accuracy_text_name((dvfo_accuracy_text)i),
                                    &r->profile->text[i]));
    }
    return DVFO_OK;
}

/* ---- columns of texts ---- */

/* @param rows  comes in as the most, goes out as how many there are */
static dvfo_status read_cells(const struct reading *r, const char *group, const char *name, size_t *rows, char **cells,
                              size_t *size)
{
    char what[64];
    hid_t dataset = -1;
    hsize_t found = 0;
    snprintf(what, sizeof what, "%s/%s", group, name);
    *cells = NULL;
    DVFO_TRY(dvfo_hdf_dataset(&r->hdf, group, name, &dataset));
    dvfo_status status = dvfo_hdf_size(&r->hdf, dataset, what, 1, &found);
    if (status == DVFO_OK && (found < 1 || found > *rows)) {
        status = dvfo_fail(r->hdf.ctx, DVFO_BAD_INPUT, "%s: '%s' has %llu rows, expected 1 to %zu", r->hdf.name, what,
                           (unsigned long long)found, *rows);
    }
    if (status == DVFO_OK) {
        *rows = (size_t)found;
        status = dvfo_hdf_cells(&r->hdf, dataset, what, *rows, cells, size);
    }
    H5Dclose(dataset);
    return status;
}

static dvfo_status join_lines(const struct reading *r, const char *cells, size_t rows, size_t size)
{
    char *text = malloc(rows * size + 1);
    if (text == NULL) {
        return dvfo_fail_no_memory(r->hdf.ctx);
    }
    char *end = text;
    for (size_t i = 0; i < rows; i++) {
        const size_t length = strlen(cells + i * size); /* below size: a NUL follows, and here '\n' */
        memcpy(end, cells + i * size, length);
        end += length;
        *end++ = '\n';
    }
    *end = '\0';
    r->profile->text[DVFO_ACCURACY_CONFIGURATION] = text;
    return DVFO_OK;
}

static dvfo_status read_configuration(const struct reading *r)
{
    char *cells = NULL;
    size_t rows = MAX_LINES, size = 0;
    dvfo_status status = read_cells(r, "/origin", "configuration", &rows, &cells, &size);
    status = status == DVFO_OK ? join_lines(r, cells, rows, size) : status;
    free(cells);
    return status;
}

/* ---- axes ---- */

static dvfo_status check_names(const struct reading *r, dvfo_accuracy_axis axis)
{
    const char *axis_name = dvfo_accuracy_axis_name(axis), *const *names = dvfo_accuracy_axis_names(axis);
    const size_t expected = dvfo_accuracy_axis_size(r->profile, DVFO_PART_VALIDATION, axis);
    char *cells = NULL;
    size_t rows = expected, size = 0;
    dvfo_status status = read_cells(r, "/axes", axis_name, &rows, &cells, &size);
    if (status == DVFO_OK && rows != expected) {
        status = dvfo_fail(r->hdf.ctx, DVFO_BAD_INPUT, "%s: '/axes/%s' has %zu rows, expected %zu", r->hdf.name,
                           axis_name, rows, expected);
    }
    for (size_t i = 0; i < expected && status == DVFO_OK; i++) {
        if (strcmp(cells + i * size, names[i]) != 0) {
            status = dvfo_fail(r->hdf.ctx, DVFO_BAD_INPUT, "%s: row %zu of '/axes/%s' is '%.60s', expected '%s'",
                               r->hdf.name, i, axis_name, cells + i * size, names[i]);
        }
    }
    free(cells);
    return status;
}

static dvfo_status check_numbers(const struct reading *r, dvfo_accuracy_axis axis)
{
    double values[16];
    const char *name = dvfo_accuracy_axis_name(axis);
    const hsize_t size = dvfo_accuracy_axis_size(r->profile, DVFO_PART_VALIDATION, axis);
    DVFO_TRY(dvfo_hdf_block(&r->hdf, "/axes", name, 1, &size, H5T_NATIVE_DOUBLE, values));
    for (size_t i = 0; i < size; i++) {
        if (!(fabs(values[i] - dvfo_accuracy_axis_value(axis, i)) < 1e-9)) {
            return dvfo_fail(r->hdf.ctx, DVFO_BAD_INPUT, "%s: row %zu of '/axes/%s' is %g, expected %g", r->hdf.name, i,
                             name, values[i], dvfo_accuracy_axis_value(axis, i));
        }
    }
    return DVFO_OK;
}

static dvfo_status check_axes(const struct reading *r)
{
    DVFO_TRY(check_names(r, DVFO_AXIS_SELECTION));
    DVFO_TRY(check_names(r, DVFO_AXIS_CODING));
    DVFO_TRY(check_names(r, DVFO_AXIS_FUSION));
    DVFO_TRY(check_numbers(r, DVFO_AXIS_SHARE));
    return check_numbers(r, DVFO_AXIS_LAMBDA);
}

/* ---- values ---- */

static hid_t hdf_type(dvfo_accuracy_type type)
{
    return type == DVFO_ACCURACY_F64   ? H5T_NATIVE_DOUBLE
           : type == DVFO_ACCURACY_F32 ? H5T_NATIVE_FLOAT
           : type == DVFO_ACCURACY_U8  ? H5T_NATIVE_UINT8
                                       : H5T_NATIVE_INT32;
}

static dvfo_status read_dataset(const struct reading *r, dvfo_accuracy_part part,
                                const struct dvfo_accuracy_dataset *kind)
{
    hsize_t size[DVFO_ACCURACY_RANK];
    const int rank = dvfo_accuracy_rank(kind);
    for (int i = 0; i < rank; i++) {
        size[i] = dvfo_accuracy_axis_size(r->profile, part, kind->axis[i]);
    }
    if (dvfo_accuracy_count(r->profile, part, kind) == 0) {
        return DVFO_OK;
    }
    return dvfo_hdf_block(&r->hdf, dvfo_accuracy_group(part, kind), kind->name, rank, size, hdf_type(kind->type),
                          dvfo_accuracy_values(r->profile, part, kind));
}

static dvfo_status read_datasets(const struct reading *r)
{
    for (const struct dvfo_accuracy_dataset *kind = dvfo_accuracy_datasets; kind->name != NULL; kind++) {
        for (int part = 0; part < DVFO_PARTS; part++) {
            if (dvfo_accuracy_has_part(kind, (dvfo_accuracy_part)part)) {
                DVFO_TRY(read_dataset(r, (dvfo_accuracy_part)part, kind));
            }
        }
    }
    return DVFO_OK;
}

static dvfo_status read_all(const struct reading *r)
{
    DVFO_TRY(check_schema(r));
    DVFO_TRY(read_sizes(r));
    DVFO_TRY(read_texts(r));
    DVFO_TRY(read_configuration(r));
    DVFO_TRY(check_axes(r));
    DVFO_TRY(dvfo_accuracy_allocate(r->hdf.ctx, r->profile));
    DVFO_TRY(read_datasets(r));
    return dvfo_accuracy_check(r->hdf.ctx, r->profile, r->hdf.name);
}

static dvfo_status read_file(struct dvfo_ctx *ctx, const struct dvfo_text *text, struct dvfo_accuracy_profile *profile)
{
    struct reading r = {.profile = profile};
    DVFO_TRY(dvfo_hdf_open(ctx, text, "an accuracy profile", &r.hdf));
    const dvfo_status status = read_all(&r);
    H5Fclose(r.hdf.file);
    return status;
}

/* Takes the text over. */
static dvfo_status load(struct dvfo_ctx *ctx, struct dvfo_text *text, struct dvfo_accuracy_profile **out)
{
    struct dvfo_accuracy_profile *profile = calloc(1, sizeof *profile);
    dvfo_status status = profile != NULL ? read_file(ctx, text, profile) : dvfo_fail_no_memory(ctx);
    status = status == DVFO_OK ? dvfo_accuracy_derive(ctx, profile) : status;
    if (status == DVFO_OK) {
        memcpy(profile->sha256, text->sha256, sizeof profile->sha256);
        profile->path = dvfo_text_copy(text->name);
        status = profile->path != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
    }
    dvfo_text_free(text);
    if (status != DVFO_OK) {
        dvfo_accuracy_profile_free(profile);
        return status;
    }
    *out = profile;
    return DVFO_OK;
}

dvfo_status dvfo_accuracy_profile_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_accuracy_profile **out)
{
    struct dvfo_text text;
    *out = NULL;
    DVFO_TRY(dvfo_text_load_bytes(ctx, path, MAX_FILE_BYTE, &text));
    return load(ctx, &text, out);
}

dvfo_status dvfo_accuracy_profile_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                              struct dvfo_accuracy_profile **out)
{
    struct dvfo_text text;
    *out = NULL;
    DVFO_TRY(dvfo_text_bytes_from_memory(ctx, name, bytes, size, &text));
    return load(ctx, &text, out);
}
