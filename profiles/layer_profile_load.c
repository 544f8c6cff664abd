/* Reading a layer profile from a file that anybody may have written: nothing is believed that isn't checked. The bytes
 * are hashed and handed to HDF5 from memory, so that what was hashed is what was read. */
#include "profiles/layer_profile.h"

#include <hdf5.h>
#include <math.h>
#include <string.h>

#include "profiles/layer_profile_format.h"
#include "profiles/network_graph.h"
#include "sim/base/hash.h"
#include "sim/base/hdf.h"
#include "sim/base/units.h"

#define MAX_FILE_BYTE (512U << 20)
#define MIN_CLOCK_HZ 1e6 /* less is a clock in MHz or kHz */
#define MAX_CLOCK_HZ 1e11
#define MAX_WORK_FLOP 1e16

enum { MAX_CLOCKS = 1024, MAX_VALUES = 1 << 22, MAX_TEXT = 512, MAX_RANK = 4 };

/* One file being read. */
struct reading {
    struct dvfo_ctx *ctx;
    const char *name;
    hid_t file;
    struct dvfo_layer_profile *profile;
};

static dvfo_status damaged(const struct reading *r, const char *what)
{
    return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' cannot be read: the file is damaged", r->name, what);
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
static dvfo_status check_text_type(const struct reading *r, hid_t type, const char *what, size_t *size)
{
    if (H5Tget_class(type) != H5T_STRING) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' is not a text", r->name, what);
    }
    if (H5Tis_variable_str(type) != 0) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' has texts of variable length, expected a fixed length",
                         r->name, what);
    }
    *size = H5Tget_size(type);
    if (*size == 0 || *size > MAX_TEXT) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' has texts of %zu bytes, expected 1 to %d", r->name, what,
                         *size, MAX_TEXT);
    }
    return DVFO_OK;
}

static dvfo_status read_attribute_text(const struct reading *r, hid_t attribute, const char *what,
                                       char text[MAX_TEXT + 1])
{
    size_t size = 0;
    const hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    dvfo_status status = type >= 0 && space >= 0 ? check_text_type(r, type, what, &size) : damaged(r, what);
    if (status == DVFO_OK && H5Sget_simple_extent_npoints(space) != 1) {
        status = dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' is a list, expected one text", r->name, what);
    }
    memset(text, 0, MAX_TEXT + 1);
    const hid_t memory = dvfo_hdf_text_type(MAX_TEXT + 1);
    if (type >= 0) {
        H5Tset_cset(memory, H5Tget_cset(type)); /* ASCII is UTF-8 too */
    }
    if (status == DVFO_OK && (H5Aread(attribute, memory, text) < 0 || !is_printable(text))) {
        status = damaged(r, what);
    }
    H5Tclose(memory);
    H5Sclose(space);
    H5Tclose(type);
    return status;
}

/* Attribute `name` of an object; `of` names that in messages, "" for the root. */
static dvfo_status read_text(const struct reading *r, hid_t object, const char *of, const char *name,
                             char text[MAX_TEXT + 1])
{
    char what[128];
    snprintf(what, sizeof what, "%s%s%s", of, of[0] != '\0' ? ", " : "", name);
    if (H5Aexists(object, name) <= 0) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: has no attribute '%s'", r->name, what);
    }
    const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    if (attribute < 0) {
        return damaged(r, what);
    }
    const dvfo_status status = read_attribute_text(r, attribute, what, text);
    H5Aclose(attribute);
    return status;
}

static dvfo_status copy_text(const struct reading *r, hid_t object, const char *of, const char *name, char **out)
{
    char text[MAX_TEXT + 1];
    DVFO_TRY(read_text(r, object, of, name, text));
    *out = dvfo_text_copy(text);
    return *out != NULL ? DVFO_OK : dvfo_fail_no_memory(r->ctx);
}

static dvfo_status standing_of(const struct reading *r, const char *what, const char *text, dvfo_standing *out)
{
    for (int i = 0; i <= DVFO_ASSUMPTION; i++) {
        if (strcmp(text, dvfo_standing_name((dvfo_standing)i)) == 0) {
            *out = (dvfo_standing)i;
            return DVFO_OK;
        }
    }
    return dvfo_fail(r->ctx, DVFO_BAD_INPUT,
                     "%s: the standing of '%s' is '%.60s', expected measured, calibrated, documented or assumption",
                     r->name, what, text);
}

/* ---- datasets ---- */

/* "3x4x2" */
static void write_size(int rank, const hsize_t size[], char text[96])
{
    text[0] = '\0';
    for (int i = 0; i < rank; i++) {
        const size_t used = strlen(text);
        snprintf(text + used, 96 - used, "%s%llu", i > 0 ? "x" : "", (unsigned long long)size[i]);
    }
}

/* A chunk may not claim more memory than the values themselves do. */
static bool has_sane_chunks(hid_t dataset)
{
    const hid_t creation = H5Dget_create_plist(dataset);
    hsize_t chunk[MAX_RANK], values = 1;
    int rank = 0;
    if (creation >= 0 && H5Pget_layout(creation) == H5D_CHUNKED) {
        rank = H5Pget_chunk(creation, MAX_RANK, chunk);
    }
    for (int i = 0; i < rank; i++) {
        values = chunk[i] <= MAX_VALUES ? values * chunk[i] : MAX_VALUES + 1;
        values = values <= MAX_VALUES ? values : MAX_VALUES + 1;
    }
    if (creation >= 0) {
        H5Pclose(creation);
    }
    return creation >= 0 && rank >= 0 && rank <= MAX_RANK && values <= MAX_VALUES;
}

static dvfo_status open_dataset(const struct reading *r, const char *group, const char *name, hid_t *out)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", group, name);
    *out = -1;
    if (H5Lexists(r->file, group, H5P_DEFAULT) <= 0 || H5Lexists(r->file, path, H5P_DEFAULT) <= 0) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: has no dataset '%s'", r->name, path);
    }
    *out = H5Dopen2(r->file, path, H5P_DEFAULT);
    if (*out < 0 || !has_sane_chunks(*out)) {
        return damaged(r, path);
    }
    return DVFO_OK;
}

/* Sizes along its axes. @param rank  how many are expected */
static dvfo_status read_size(const struct reading *r, hid_t dataset, const char *what, int rank, hsize_t size[])
{
    const hid_t space = H5Dget_space(dataset);
    dvfo_status status = DVFO_OK;
    const int found = space >= 0 ? H5Sget_simple_extent_ndims(space) : -1;
    if (found < 0) {
        status = damaged(r, what);
    } else if (found != rank) {
        status =
            dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' has %d dimensions, expected %d", r->name, what, found, rank);
    } else if (H5Sget_simple_extent_dims(space, size, NULL) < 0) {
        status = damaged(r, what);
    }
    H5Sclose(space);
    return status;
}

static dvfo_status check_size(const struct reading *r, hid_t dataset, const char *what, int rank,
                              const hsize_t expected[])
{
    hsize_t size[MAX_RANK];
    DVFO_TRY(read_size(r, dataset, what, rank, size));
    if (memcmp(size, expected, (size_t)rank * sizeof *size) != 0) {
        char found[96], wanted[96];
        write_size(rank, size, found);
        write_size(rank, expected, wanted);
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' is %s, expected %s", r->name, what, found, wanted);
    }
    return DVFO_OK;
}

static dvfo_status check_units(const struct reading *r, hid_t dataset, const char *what, const char *units)
{
    char found[MAX_TEXT + 1];
    DVFO_TRY(read_text(r, dataset, what, "units", found));
    return strcmp(found, units) == 0 ? DVFO_OK
                                     : dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' is in '%.60s', expected '%s'",
                                                 r->name, what, found, units);
}

static dvfo_status read_numbers(const struct reading *r, hid_t dataset, const char *what, double *values)
{
    const hid_t type = H5Dget_type(dataset);
    const H5T_class_t kind = type >= 0 ? H5Tget_class(type) : H5T_NO_CLASS;
    H5Tclose(type);
    if (kind != H5T_FLOAT && kind != H5T_INTEGER) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' doesn't hold numbers", r->name, what);
    }
    return H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0 ? DVFO_OK : damaged(r, what);
}

/* ---- axes ---- */

static dvfo_status check_clocks(const struct reading *r, const char *what, const double *hz, size_t levels)
{
    for (size_t i = 0; i < levels; i++) {
        if (!(hz[i] >= MIN_CLOCK_HZ && hz[i] <= MAX_CLOCK_HZ)) {
            return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' has a clock of %g Hz, expected %g to %g", r->name, what,
                             hz[i], MIN_CLOCK_HZ, MAX_CLOCK_HZ);
        }
        if (i > 0 && hz[i] <= hz[i - 1]) {
            return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' has %.10g Hz after %.10g Hz, expected ascending clocks",
                             r->name, what, hz[i], hz[i - 1]);
        }
    }
    return DVFO_OK;
}

static dvfo_status read_axis_of(const struct reading *r, hid_t dataset, const char *what, int domain)
{
    hsize_t levels = 0;
    DVFO_TRY(read_size(r, dataset, what, 1, &levels));
    if (levels < 1 || levels > MAX_CLOCKS) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' has %llu clocks, expected 1 to %d", r->name, what,
                         (unsigned long long)levels, MAX_CLOCKS);
    }
    DVFO_TRY(check_units(r, dataset, what, "Hz"));
    struct dvfo_layer_profile *profile = r->profile;
    profile->levels[domain] = (size_t)levels;
    profile->hz[domain] = malloc((size_t)levels * sizeof(double));
    if (profile->hz[domain] == NULL) {
        return dvfo_fail_no_memory(r->ctx);
    }
    DVFO_TRY(read_numbers(r, dataset, what, profile->hz[domain]));
    return check_clocks(r, what, profile->hz[domain], profile->levels[domain]);
}

static dvfo_status read_axes(const struct reading *r)
{
    r->profile->points = 1;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        char what[32];
        hid_t dataset = -1;
        snprintf(what, sizeof what, "/clocks/%s", dvfo_domain_name((dvfo_domain)d));
        dvfo_status status = open_dataset(r, "/clocks", dvfo_domain_name((dvfo_domain)d), &dataset);
        status = status == DVFO_OK ? read_axis_of(r, dataset, what, d) : status;
        H5Dclose(dataset);
        DVFO_TRY(status);
        r->profile->points *= r->profile->levels[d];
    }
    return DVFO_OK;
}

/* ---- layers ---- */

/* All texts of a column into `cells`, (rows) of `size` bytes with a NUL each. */
static dvfo_status read_cells(const struct reading *r, hid_t dataset, const char *what, size_t rows, char **cells,
                              size_t *size)
{
    const hid_t type = H5Dget_type(dataset);
    *cells = NULL;
    dvfo_status status = type >= 0 ? check_text_type(r, type, what, size) : damaged(r, what);
    if (status == DVFO_OK) {
        *size += 1;
        *cells = calloc(rows, *size);
        const hid_t memory = dvfo_hdf_text_type(*size);
        H5Tset_cset(memory, H5Tget_cset(type));
        status = *cells == NULL                                                        ? dvfo_fail_no_memory(r->ctx)
                 : H5Dread(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, *cells) < 0 ? damaged(r, what)
                                                                                       : DVFO_OK;
        H5Tclose(memory);
    }
    H5Tclose(type);
    return status;
}

/* One row of a column of texts, to be taken where it belongs. */
typedef dvfo_status take_text(const struct reading *r, const char *what, size_t row, const char *text);

/* @param rows  how many are expected; 0 takes what there is, at most `most`, and says how many */
static dvfo_status read_texts(const struct reading *r, const char *group, const char *name, size_t most, size_t *rows,
                              take_text *take)
{
    char what[64], *cells = NULL;
    hid_t dataset = -1;
    size_t size = 0;
    hsize_t found = 0;
    snprintf(what, sizeof what, "%s/%s", group, name);
    dvfo_status status = open_dataset(r, group, name, &dataset);
    status = status == DVFO_OK ? read_size(r, dataset, what, 1, &found) : status;
    if (status == DVFO_OK && (found < 1 || found > most || (*rows > 0 && found != *rows))) {
        const size_t least = *rows > 0 ? *rows : 1;
        status = dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' has %llu rows, expected %zu%s", r->name, what,
                           (unsigned long long)found, least, *rows > 0 ? "" : " or more, as many as a network has");
    }
    *rows = (size_t)found;
    status = status == DVFO_OK ? read_cells(r, dataset, what, *rows, &cells, &size) : status;
    for (size_t i = 0; i < *rows && status == DVFO_OK; i++) {
        const char *text = cells + i * size;
        status = text[0] != '\0' && is_printable(text)
                     ? take(r, what, i, text)
                     : dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: row %zu of '%s' is no name", r->name, i, what);
    }
    free(cells);
    H5Dclose(dataset);
    return status;
}

static dvfo_status take_name(const struct reading *r, const char *what, size_t row, const char *text)
{
    (void)what;
    struct dvfo_layer_profile *profile = r->profile;
    if (row == 0) {
        profile->layer_name = calloc(DVFO_MAX_LAYERS, sizeof *profile->layer_name);
    }
    if (profile->layer_name == NULL) {
        return dvfo_fail_no_memory(r->ctx);
    }
    profile->layer_name[row] = dvfo_text_copy(text);
    profile->n = row + 1;
    return profile->layer_name[row] != NULL ? DVFO_OK : dvfo_fail_no_memory(r->ctx);
}

static dvfo_status take_op(const struct reading *r, const char *what, size_t row, const char *text)
{
    (void)what;
    r->profile->op[row] = dvfo_op_of_name(text);
    return r->profile->op[row] < DVFO_OP_COUNT
               ? DVFO_OK
               : dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: layer '%s' has the operator class '%.60s', which doesn't exist",
                           r->name, r->profile->layer_name[row], text);
}

static dvfo_status take_standing(const struct reading *r, const char *what, size_t row, const char *text)
{
    (void)what;
    return standing_of(r, r->profile->layer_name[row], text, &r->profile->standing[row]);
}

static dvfo_status read_work(const struct reading *r)
{
    hid_t dataset = -1;
    const char *const what = "/layers/work_flop";
    const hsize_t n = r->profile->n;
    dvfo_status status = open_dataset(r, "/layers", "work_flop", &dataset);
    status = status == DVFO_OK ? check_size(r, dataset, what, 1, &n) : status;
    status = status == DVFO_OK ? check_units(r, dataset, what, "FLOP") : status;
    status = status == DVFO_OK ? read_numbers(r, dataset, what, r->profile->work_flop) : status;
    for (size_t i = 0; i < r->profile->n && status == DVFO_OK; i++) {
        if (!(r->profile->work_flop[i] >= 0.0 && r->profile->work_flop[i] <= MAX_WORK_FLOP)) {
            status = dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: layer '%s' has a work of %g FLOP, expected 0 to %g",
                               r->name, r->profile->layer_name[i], r->profile->work_flop[i], MAX_WORK_FLOP);
        }
    }
    H5Dclose(dataset);
    return status;
}

static dvfo_status read_layers(const struct reading *r)
{
    struct dvfo_layer_profile *profile = r->profile;
    size_t rows = 0;
    DVFO_TRY(read_texts(r, "/layers", "name", DVFO_MAX_LAYERS, &rows, take_name));
    if (profile->points > MAX_VALUES / profile->n) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: has %zu layers at %zu points, expected at most %d values",
                         r->name, profile->n, profile->points, MAX_VALUES);
    }
    profile->op = calloc(profile->n, sizeof *profile->op);
    profile->standing = calloc(profile->n, sizeof *profile->standing);
    profile->work_flop = calloc(profile->n, sizeof *profile->work_flop);
    if (profile->op == NULL || profile->standing == NULL || profile->work_flop == NULL) {
        return dvfo_fail_no_memory(r->ctx);
    }
    DVFO_TRY(read_texts(r, "/layers", "op", DVFO_MAX_LAYERS, &rows, take_op));
    DVFO_TRY(read_texts(r, "/layers", "standing", DVFO_MAX_LAYERS, &rows, take_standing));
    return read_work(r);
}

/* ---- costs ---- */

static dvfo_status refuse_value(const struct reading *r, const struct dvfo_layer_cost_kind *kind, size_t index,
                                double value)
{
    const struct dvfo_layer_profile *profile = r->profile;
    const size_t point = kind->per_layer ? index / profile->n : index;
    const struct dvfo_clocks clocks = dvfo_layer_profile_clocks(profile, point);
    return dvfo_fail(
        r->ctx, DVFO_BAD_INPUT,
        "%s: '/%s'%s%s%s at CPU %.10g, GPU %.10g, memory %.10g MHz is %g %s, expected %s0 to %g", r->name, kind->name,
        kind->per_layer ? " of layer '" : "", kind->per_layer ? profile->layer_name[index % profile->n] : "",
        kind->per_layer ? "'" : "", clocks.hz[DVFO_CPU] / DVFO_HZ_PER_MHZ, clocks.hz[DVFO_GPU] / DVFO_HZ_PER_MHZ,
        clocks.hz[DVFO_MEM] / DVFO_HZ_PER_MHZ, value, kind->units, isnan(value) ? "a number from " : "", kind->most);
}

static dvfo_status check_values(const struct reading *r, const struct dvfo_layer_cost_kind *kind, const double *value)
{
    for (size_t i = 0; i < dvfo_layer_profile_values(r->profile, kind); i++) {
        const bool absent = isnan(value[i]) && !kind->always;
        if (!absent && !(value[i] >= 0.0 && value[i] <= kind->most)) {
            return refuse_value(r, kind, i, value[i]);
        }
    }
    return DVFO_OK;
}

static dvfo_status read_cost_of(const struct reading *r, hid_t dataset, const struct dvfo_layer_cost_kind *kind,
                                const char *what, struct dvfo_layer_cost *cost)
{
    const size_t *levels = r->profile->levels;
    const hsize_t size[MAX_RANK] = {levels[DVFO_CPU], levels[DVFO_GPU], levels[DVFO_MEM], r->profile->n};
    char standing[MAX_TEXT + 1];
    DVFO_TRY(check_size(r, dataset, what, kind->per_layer ? MAX_RANK : MAX_RANK - 1, size));
    DVFO_TRY(check_units(r, dataset, what, kind->units));
    DVFO_TRY(read_text(r, dataset, what, "standing", standing));
    DVFO_TRY(standing_of(r, what, standing, &cost->standing));
    DVFO_TRY(copy_text(r, dataset, what, "source", &cost->source));
    cost->value = malloc(dvfo_layer_profile_values(r->profile, kind) * sizeof *cost->value);
    if (cost->value == NULL) {
        return dvfo_fail_no_memory(r->ctx);
    }
    DVFO_TRY(read_numbers(r, dataset, what, cost->value));
    return check_values(r, kind, cost->value);
}

static dvfo_status read_cost(const struct reading *r, const struct dvfo_layer_cost_kind *kind)
{
    char group[64], what[64];
    snprintf(what, sizeof what, "/%s", kind->name);
    snprintf(group, sizeof group, "/%.*s", (int)strcspn(kind->name, "/"), kind->name);
    if (kind->optional && (H5Lexists(r->file, group, H5P_DEFAULT) <= 0 || H5Lexists(r->file, what, H5P_DEFAULT) <= 0)) {
        struct dvfo_layer_cost *absent = dvfo_layer_profile_cost(r->profile, kind);
        absent->source = dvfo_text_copy("");
        return absent->source != NULL ? DVFO_OK : dvfo_fail_no_memory(r->ctx);
    }
    hid_t dataset = -1;
    dvfo_status status = open_dataset(r, group, strchr(kind->name, '/') + 1, &dataset);
    status =
        status == DVFO_OK ? read_cost_of(r, dataset, kind, what, dvfo_layer_profile_cost(r->profile, kind)) : status;
    H5Dclose(dataset);
    return status;
}

/* The interval holds what it is an interval of. */
static dvfo_status check_interval(const struct reading *r)
{
    const struct dvfo_layer_profile *p = r->profile;
    for (size_t i = 0; i < p->points * p->n; i++) {
        const bool too_high = p->gpu_low_s.value != NULL && p->gpu_low_s.value[i] > p->gpu_s.value[i];
        const bool too_low = p->gpu_high_s.value != NULL && p->gpu_high_s.value[i] < p->gpu_s.value[i];
        if (too_high || too_low) {
            return dvfo_fail(r->ctx, DVFO_BAD_INPUT,
                             "%s: layer '%s' takes %g s, but its interval %s at %g s: expected the time inside it",
                             r->name, p->layer_name[i % p->n], p->gpu_s.value[i], too_high ? "begins" : "ends",
                             too_high ? p->gpu_low_s.value[i] : p->gpu_high_s.value[i]);
        }
    }
    return DVFO_OK;
}

static dvfo_status read_costs(const struct reading *r)
{
    for (const struct dvfo_layer_cost_kind *kind = dvfo_layer_cost_kinds; kind->name != NULL; kind++) {
        DVFO_TRY(read_cost(r, kind));
    }
    return check_interval(r);
}

/* ---- the rest ---- */

static dvfo_status read_integers(const struct reading *r, const char *name, int count, long long *values)
{
    if (H5Aexists(r->file, name) <= 0) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: has no attribute '%s'", r->name, name);
    }
    const hid_t attribute = H5Aopen(r->file, name, H5P_DEFAULT);
    const hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    dvfo_status status = DVFO_OK;
    if (attribute < 0 || type < 0 || space < 0) {
        status = damaged(r, name);
    } else if (H5Tget_class(type) != H5T_INTEGER || H5Sget_simple_extent_npoints(space) != count) {
        status = dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' is not %s", r->name, name,
                           count == 1 ? "a whole number" : "three whole numbers");
    } else if (H5Aread(attribute, H5T_NATIVE_LLONG, values) < 0) {
        status = damaged(r, name);
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attribute);
    return status;
}

static dvfo_status check_schema(const struct reading *r)
{
    char schema[MAX_TEXT + 1];
    long long version = 0;
    if (H5Aexists(r->file, "schema") <= 0) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: has no attribute 'schema', expected a layer profile ('%s')",
                         r->name, DVFO_LAYER_SCHEMA);
    }
    DVFO_TRY(read_text(r, r->file, "", "schema", schema));
    if (strcmp(schema, DVFO_LAYER_SCHEMA) != 0) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: has the schema '%.60s', expected a layer profile ('%s')", r->name,
                         schema, DVFO_LAYER_SCHEMA);
    }
    DVFO_TRY(read_integers(r, "schema_version", 1, &version));
    return version == DVFO_LAYER_SCHEMA_VERSION
               ? DVFO_OK
               : dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: has version %lld of the schema, expected %d", r->name, version,
                           DVFO_LAYER_SCHEMA_VERSION);
}

static dvfo_status read_names(const struct reading *r)
{
    struct dvfo_layer_profile *profile = r->profile;
    long long shape[3] = {0};
    DVFO_TRY(copy_text(r, r->file, "", "origin", &profile->program));
    DVFO_TRY(copy_text(r, r->file, "", "board", &profile->board));
    DVFO_TRY(copy_text(r, r->file, "", "runtime", &profile->runtime));
    DVFO_TRY(copy_text(r, r->file, "", "precision", &profile->precision));
    DVFO_TRY(copy_text(r, r->file, "", "network", &profile->network));
    DVFO_TRY(read_integers(r, "input", 3, shape));
    for (int i = 0; i < 3; i++) {
        if (shape[i] < 1 || shape[i] > DVFO_MAX_CHANNELS) {
            return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: 'input' is %lldx%lldx%lld, expected sizes from 1 to %ld",
                             r->name, shape[0], shape[1], shape[2], DVFO_MAX_CHANNELS);
        }
    }
    profile->input = (struct dvfo_shape){(long)shape[0], (long)shape[1], (long)shape[2]};
    return DVFO_OK;
}

static dvfo_status take_kind(const struct reading *r, const char *what, size_t row, const char *text)
{
    (void)what;
    (void)row;
    return dvfo_layer_profile_add_input(r->ctx, r->profile, text, "", "");
}

static dvfo_status take_file_name(const struct reading *r, const char *what, size_t row, const char *text)
{
    (void)what;
    struct dvfo_layer_input *input = &r->profile->made_from[row];
    free(input->name);
    input->name = dvfo_text_copy(text);
    return input->name != NULL ? DVFO_OK : dvfo_fail_no_memory(r->ctx);
}

static dvfo_status take_hash(const struct reading *r, const char *what, size_t row, const char *text)
{
    if (strlen(text) != DVFO_SHA256_HEX_SIZE - 1 || strspn(text, "0123456789abcdef") != DVFO_SHA256_HEX_SIZE - 1) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: row %zu of '%s' is no SHA-256", r->name, row, what);
    }
    memcpy(r->profile->made_from[row].sha256, text, DVFO_SHA256_HEX_SIZE);
    return DVFO_OK;
}

static dvfo_status read_inputs(const struct reading *r)
{
    size_t rows = 0;
    DVFO_TRY(read_texts(r, "/inputs", "kind", DVFO_LAYER_PROFILE_INPUTS, &rows, take_kind));
    DVFO_TRY(read_texts(r, "/inputs", "name", DVFO_LAYER_PROFILE_INPUTS, &rows, take_file_name));
    return read_texts(r, "/inputs", "sha256", DVFO_LAYER_PROFILE_INPUTS, &rows, take_hash);
}

static dvfo_status read_all(const struct reading *r)
{
    DVFO_TRY(check_schema(r));
    DVFO_TRY(read_names(r));
    DVFO_TRY(read_axes(r));
    DVFO_TRY(read_layers(r));
    DVFO_TRY(read_costs(r));
    return read_inputs(r);
}

/* HDF5 on bytes in memory. */
static hid_t open_image(const struct dvfo_text *text)
{
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(access, 1 << 16, false);
    H5Pset_file_image(access, text->bytes, text->size);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    const hid_t file = H5Fopen("layer profile", H5F_ACC_RDONLY, access);
    H5Pclose(access);
    return file;
}

static bool is_hdf5(const struct dvfo_text *text)
{
    static const char signature[] = "\x89HDF\r\n\x1a\n";
    return text->size > sizeof signature && memcmp(text->bytes, signature, sizeof signature - 1) == 0;
}

static dvfo_status read_text_file(struct dvfo_ctx *ctx, const struct dvfo_text *text,
                                  struct dvfo_layer_profile *profile)
{
    if (!is_hdf5(text)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: is no HDF5 file, expected a layer profile", text->name);
    }
    struct reading r = {.ctx = ctx, .name = text->name, .profile = profile, .file = open_image(text)};
    if (r.file < 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: cannot be opened: it is cut short or damaged", text->name);
    }
    const dvfo_status status = read_all(&r);
    H5Fclose(r.file);
    return status;
}

/* Takes the text over. */
static dvfo_status load(struct dvfo_ctx *ctx, struct dvfo_text *text, struct dvfo_layer_profile **out)
{
    struct dvfo_layer_profile *profile = calloc(1, sizeof *profile);
    dvfo_hdf_begin();
    dvfo_status status = profile != NULL ? read_text_file(ctx, text, profile) : dvfo_fail_no_memory(ctx);
    if (status == DVFO_OK) {
        memcpy(profile->sha256, text->sha256, sizeof profile->sha256);
        profile->path = dvfo_text_copy(text->name);
        status = profile->path != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
    }
    dvfo_text_free(text);
    if (status != DVFO_OK) {
        dvfo_layer_profile_free(profile);
        return status;
    }
    *out = profile;
    return DVFO_OK;
}

dvfo_status dvfo_layer_profile_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_layer_profile **out)
{
    struct dvfo_text text;
    *out = NULL;
    DVFO_TRY(dvfo_text_load_bytes(ctx, path, MAX_FILE_BYTE, &text));
    return load(ctx, &text, out);
}

dvfo_status dvfo_layer_profile_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                           struct dvfo_layer_profile **out)
{
    struct dvfo_text text = {.name = dvfo_text_copy(name), .bytes = malloc(size + 1), .size = size};
    *out = NULL;
    if (text.name == NULL || text.bytes == NULL) {
        dvfo_text_free(&text);
        return dvfo_fail_no_memory(ctx);
    }
    memcpy(text.bytes, bytes, size);
    dvfo_hash_sha256_hex(bytes, size, text.sha256);
    return load(ctx, &text, out);
}
