#include <hdf5_hl.h>
#include <math.h>
#include <string.h>

#include "dvfo_version.h"
#include "profiles/accuracy_profile_format.h"
#include "sim/base/hdf.h"

/* One file being written. The first refusal of HDF5 is kept; what follows does nothing then. */
struct writing {
    const struct dvfo_accuracy_profile *profile;
    hid_t file;
    bool failed;
};

static void group(struct writing *w, const char *path, const char *long_name)
{
    w->failed = w->failed || !dvfo_hdf_put_group(w->file, path, long_name);
}

/* ---- the root ---- */

static void write_root(struct writing *w)
{
    const struct dvfo_accuracy_profile *profile = w->profile;
    w->failed = !dvfo_hdf_put_text(w->file, "title", "what a split network answers rightly, measured on images") ||
                !dvfo_hdf_put_text(w->file, "schema", DVFO_ACCURACY_SCHEMA) ||
                !dvfo_hdf_put_integer(w->file, "schema_version", DVFO_ACCURACY_SCHEMA_VERSION) ||
                !dvfo_hdf_put_text(w->file, "program", "dvfo " DVFO_VERSION);
    for (int i = 0; i < DVFO_ACCURACY_CONFIGURATION && !w->failed; i++) {
        w->failed = !dvfo_hdf_put_text(w->file, dvfo_accuracy_text_name((dvfo_accuracy_text)i), profile->text[i]);
    }
    for (const struct dvfo_accuracy_size_kind *kind = dvfo_accuracy_sizes; kind->name != NULL && !w->failed; kind++) {
        w->failed = !dvfo_hdf_put_integer(w->file, kind->name, (uint64_t)dvfo_accuracy_size_of(profile, kind));
    }
}

/* A column of texts of `size` bytes each. */
static void write_cells(struct writing *w, const char *path, const char *long_name, const char *cells, size_t rows,
                        size_t size)
{
    const hid_t type = dvfo_hdf_text_type(size);
    const struct dvfo_hdf_block block = {path, 1, {rows}, type, "1", long_name};
    w->failed = w->failed || !dvfo_hdf_put_block(w->file, &block, cells);
    H5Tclose(type);
}

/* Empty lines are left out. */
static void write_configuration(struct writing *w)
{
    const char *text = w->profile->text[DVFO_ACCURACY_CONFIGURATION];
    const size_t size = DVFO_ACCURACY_LINE + 1;
    size_t rows = 0;
    char *cells = calloc(strlen(text) + 1, size); /* more than there are lines */
    w->failed = w->failed || cells == NULL;
    for (const char *line = text; cells != NULL && *line != '\0';) {
        const size_t length = strcspn(line, "\n");
        memcpy(cells + rows * size, line, length);
        rows += length > 0;
        line += length + (line[length] == '\n');
    }
    group(w, "/origin", "where the numbers come from");
    write_cells(w, "/origin/configuration", "configuration of the trainings, by lines", cells, rows, size);
    free(cells);
}

/* ---- axes ---- */

static void write_names(struct writing *w, const char *path, dvfo_accuracy_axis axis)
{
    enum { SIZE = 24 };
    char cells[16 * SIZE] = "";
    const size_t rows = dvfo_accuracy_axis_size(w->profile, DVFO_PART_VALIDATION, axis);
    const char *const *names = dvfo_accuracy_axis_names(axis);
    for (size_t i = 0; i < rows; i++) {
        memcpy(cells + i * SIZE, names[i], strlen(names[i]));
    }
    write_cells(w, path, "names along this axis", cells, rows, SIZE);
}

static void write_numbers(struct writing *w, const char *path, dvfo_accuracy_axis axis)
{
    double values[16];
    const size_t rows = dvfo_accuracy_axis_size(w->profile, DVFO_PART_VALIDATION, axis);
    for (size_t i = 0; i < rows; i++) {
        values[i] = dvfo_accuracy_axis_value(axis, i);
    }
    const struct dvfo_hdf_block block = {path, 1, {rows}, H5T_NATIVE_DOUBLE, "1", "values along this axis"};
    w->failed = w->failed || !dvfo_hdf_put_block(w->file, &block, values);
}

static bool has_scale(dvfo_accuracy_axis axis)
{
    return axis == DVFO_AXIS_SHARE || axis == DVFO_AXIS_LAMBDA || dvfo_accuracy_axis_names(axis) != NULL;
}

static void write_axes(struct writing *w)
{
    group(w, "/axes", "axes of the datasets");
    for (int axis = DVFO_AXIS_END + 1; axis < DVFO_AXES && !w->failed; axis++) {
        char path[32];
        const char *name = dvfo_accuracy_axis_name((dvfo_accuracy_axis)axis);
        snprintf(path, sizeof path, "/axes/%s", name);
        if (!has_scale((dvfo_accuracy_axis)axis)) {
            continue;
        }
        if (dvfo_accuracy_axis_names((dvfo_accuracy_axis)axis) != NULL) {
            write_names(w, path, (dvfo_accuracy_axis)axis);
        } else {
            write_numbers(w, path, (dvfo_accuracy_axis)axis);
        }
        const hid_t scale = w->failed ? -1 : H5Dopen2(w->file, path, H5P_DEFAULT);
        w->failed = w->failed || H5DSset_scale(scale, name) < 0;
        H5Dclose(scale);
    }
}

/* The dataset says which axes it has. */
static void attach_axes(struct writing *w, const struct dvfo_accuracy_dataset *kind, const char *path)
{
    const hid_t dataset = w->failed ? -1 : H5Dopen2(w->file, path, H5P_DEFAULT);
    for (int i = 0; i < dvfo_accuracy_rank(kind) && !w->failed; i++) {
        char scale_path[32];
        snprintf(scale_path, sizeof scale_path, "/axes/%s", dvfo_accuracy_axis_name(kind->axis[i]));
        if (has_scale(kind->axis[i])) {
            const hid_t scale = H5Dopen2(w->file, scale_path, H5P_DEFAULT);
            w->failed = H5DSattach_scale(dataset, scale, (unsigned)i) < 0;
            H5Dclose(scale);
        }
        w->failed = w->failed || H5DSset_label(dataset, (unsigned)i, dvfo_accuracy_axis_name(kind->axis[i])) < 0;
    }
    if (dataset >= 0) {
        H5Dclose(dataset);
    }
}

/* ---- values ---- */

static hid_t hdf_type(dvfo_accuracy_type type)
{
    return type == DVFO_ACCURACY_F64   ? H5T_NATIVE_DOUBLE
           : type == DVFO_ACCURACY_F32 ? H5T_NATIVE_FLOAT
           : type == DVFO_ACCURACY_U8  ? H5T_NATIVE_UINT8
                                       : H5T_NATIVE_INT32;
}

/* All NaN with the same bits, wherever they came from; only 64-bit floats may be NaN. */
static void *copy_values(const void *values, dvfo_accuracy_type type, size_t count)
{
    void *copy = malloc(count * dvfo_accuracy_type_size(type));
    if (copy != NULL) {
        memcpy(copy, values, count * dvfo_accuracy_type_size(type));
    }
    for (size_t i = 0; copy != NULL && type == DVFO_ACCURACY_F64 && i < count; i++) {
        double *value = (double *)copy + i;
        *value = isnan(*value) ? (double)NAN : *value;
    }
    return copy;
}

static void write_dataset(struct writing *w, dvfo_accuracy_part part, const struct dvfo_accuracy_dataset *kind)
{
    const size_t count = dvfo_accuracy_count(w->profile, part, kind);
    if (count == 0 || w->failed) {
        return;
    }
    char path[64];
    snprintf(path, sizeof path, "%s/%s", dvfo_accuracy_group(part, kind), kind->name);
    struct dvfo_hdf_block block = {.path = path,
                                   .rank = dvfo_accuracy_rank(kind),
                                   .type = hdf_type(kind->type),
                                   .units = kind->units,
                                   .long_name = kind->long_name};
    for (int i = 0; i < block.rank; i++) {
        block.size[i] = dvfo_accuracy_axis_size(w->profile, part, kind->axis[i]);
    }
    void *values = copy_values(dvfo_accuracy_values(w->profile, part, kind), kind->type, count);
    w->failed = values == NULL || !dvfo_hdf_put_block(w->file, &block, values);
    free(values);
    attach_axes(w, kind, path);
}

static void write_datasets(struct writing *w)
{
    group(w, "/validation", "what who chooses may look at");
    group(w, "/test", "what requests are drawn from");
    group(w, "/payload", "what is sent, and what fusing costs");
    if (w->profile->size.examples > 0) {
        group(w, "/examples", "images for figures");
    }
    for (const struct dvfo_accuracy_dataset *kind = dvfo_accuracy_datasets; kind->name != NULL; kind++) {
        for (int part = 0; part < DVFO_PARTS; part++) {
            if (dvfo_accuracy_has_part(kind, (dvfo_accuracy_part)part)) {
                write_dataset(w, (dvfo_accuracy_part)part, kind);
            }
        }
    }
}

static bool write_file(const void *contents, const char *path)
{
    const struct dvfo_accuracy_profile *profile = contents;
    struct writing w = {.profile = profile, .file = dvfo_hdf_create(path)};
    if (w.file < 0) {
        return false;
    }
    write_root(&w);
    write_configuration(&w);
    write_axes(&w);
    write_datasets(&w);
    w.failed |= H5Fclose(w.file) < 0;
    return !w.failed;
}

dvfo_status dvfo_accuracy_profile_save(struct dvfo_ctx *ctx, const struct dvfo_accuracy_profile *profile,
                                       const char *path)
{
    DVFO_TRY(dvfo_accuracy_check(ctx, profile, path));
    return dvfo_hdf_save(ctx, path, "the accuracy profile", write_file, profile);
}
