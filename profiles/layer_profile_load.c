/* Reading a layer profile from a file that anybody may have written: nothing is believed that isn't checked. The bytes
 * are hashed and handed to HDF5 from memory, so that what was hashed is what was read. */
#include "profiles/layer_profile.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "profiles/layer_profile_format.h"
#include "profiles/network_graph.h"
#include "sim/base/hdf_read.h"
#include "sim/base/units.h"

#define MAX_FILE_BYTE (512U << 20)
#define MIN_CLOCK_HZ 1e6 /* less is a clock in MHz or kHz */
#define MAX_CLOCK_HZ 1e11
#define MAX_WORK_FLOP 1e16

enum { MAX_CLOCKS = 1024, GRID_RANK = DVFO_DOMAINS, LAYER_RANK = DVFO_DOMAINS + 1 };

/* One file being read. */
struct reading {
    struct dvfo_hdf_reader hdf;
    struct dvfo_layer_profile *profile;
};

static dvfo_status refuse(const struct reading *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "FILE: sentence" */
static dvfo_status refuse(const struct reading *r, const char *format, ...)
{
    char sentence[800];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return dvfo_fail(r->hdf.ctx, DVFO_BAD_INPUT, "%s: %s", r->hdf.name, sentence);
}

static dvfo_status standing_of(const struct reading *r, const char *what, const char *text, dvfo_standing *out)
{
    for (int i = 0; i <= DVFO_ASSUMPTION; i++) {
        if (strcmp(text, dvfo_standing_name((dvfo_standing)i)) == 0) {
            *out = (dvfo_standing)i;
            return DVFO_OK;
        }
    }
    return refuse(r, "the standing of '%s' is '%.60s', expected measured, calibrated, documented or assumption", what,
                  text);
}

/* ---- axes ---- */

static dvfo_status check_clocks(const struct reading *r, const char *what, const double *hz, size_t levels)
{
    for (size_t i = 0; i < levels; i++) {
        if (!(hz[i] >= MIN_CLOCK_HZ && hz[i] <= MAX_CLOCK_HZ)) {
            return refuse(r, "'%s' has a clock of %g Hz, expected %g to %g", what, hz[i], MIN_CLOCK_HZ, MAX_CLOCK_HZ);
        }
        if (i > 0 && hz[i] <= hz[i - 1]) {
            return refuse(r, "'%s' has %.10g Hz after %.10g Hz, expected ascending clocks", what, hz[i], hz[i - 1]);
        }
    }
    return DVFO_OK;
}

static dvfo_status read_axis_of(const struct reading *r, hid_t dataset, const char *what, int domain)
{
    hsize_t levels = 0;
    DVFO_TRY(dvfo_hdf_size(&r->hdf, dataset, what, 1, &levels));
    if (levels < 1 || levels > MAX_CLOCKS) {
        return refuse(r, "'%s' has %llu clocks, expected 1 to %d", what, (unsigned long long)levels, MAX_CLOCKS);
    }
    DVFO_TRY(dvfo_hdf_check_units(&r->hdf, dataset, what, "Hz"));
    struct dvfo_layer_profile *profile = r->profile;
    profile->levels[domain] = (size_t)levels;
    profile->hz[domain] = malloc((size_t)levels * sizeof(double));
    if (profile->hz[domain] == NULL) {
        return dvfo_fail_no_memory(r->hdf.ctx);
    }
    DVFO_TRY(dvfo_hdf_numbers(&r->hdf, dataset, what, profile->hz[domain]));
    return check_clocks(r, what, profile->hz[domain], profile->levels[domain]);
}

static dvfo_status read_axes(const struct reading *r)
{
    r->profile->points = 1;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        const char *name = dvfo_domain_name((dvfo_domain)d);
        char what[32];
        hid_t dataset = -1;
        snprintf(what, sizeof what, "/clocks/%s", name);
        DVFO_TRY(dvfo_hdf_dataset(&r->hdf, "/clocks", name, &dataset));
        const dvfo_status status = read_axis_of(r, dataset, what, d);
        H5Dclose(dataset);
        DVFO_TRY(status);
        r->profile->points *= r->profile->levels[d];
    }
    return DVFO_OK;
}

/* ---- layers ---- */

/* A column of texts, and where each row belongs. */
struct column {
    const char *group, *name;
    size_t most; /* rows */
    dvfo_status (*take)(const struct reading *r, size_t row, const char *text);
};

/* @param rows  how many are expected; 0 takes what there is and says how many */
static dvfo_status read_rows(const struct reading *r, hid_t dataset, const struct column *column, const char *what,
                             size_t *rows)
{
    hsize_t found = 0;
    DVFO_TRY(dvfo_hdf_size(&r->hdf, dataset, what, 1, &found));
    if (*rows > 0 && found != *rows) {
        return refuse(r, "'%s' has %llu rows, expected %zu", what, (unsigned long long)found, *rows);
    }
    if (found < 1 || found > column->most) {
        return refuse(r, "'%s' has %llu rows, expected 1 to %zu", what, (unsigned long long)found, column->most);
    }
    *rows = (size_t)found;
    char *cells = NULL;
    size_t size = 0;
    dvfo_status status = dvfo_hdf_cells(&r->hdf, dataset, what, *rows, &cells, &size);
    for (size_t i = 0; i < *rows && status == DVFO_OK; i++) {
        status = column->take(r, i, cells + i * size);
    }
    free(cells);
    return status;
}

static dvfo_status read_column(const struct reading *r, const struct column *column, size_t *rows)
{
    char what[64];
    hid_t dataset = -1;
    snprintf(what, sizeof what, "%s/%s", column->group, column->name);
    DVFO_TRY(dvfo_hdf_dataset(&r->hdf, column->group, column->name, &dataset));
    const dvfo_status status = read_rows(r, dataset, column, what, rows);
    H5Dclose(dataset);
    return status;
}

static dvfo_status take_name(const struct reading *r, size_t row, const char *text)
{
    struct dvfo_layer_profile *profile = r->profile;
    if (row == 0) {
        profile->layer_name = calloc(DVFO_MAX_LAYERS, sizeof *profile->layer_name);
    }
    if (profile->layer_name == NULL) {
        return dvfo_fail_no_memory(r->hdf.ctx);
    }
    profile->layer_name[row] = dvfo_text_copy(text);
    profile->n = row + 1;
    return profile->layer_name[row] != NULL ? DVFO_OK : dvfo_fail_no_memory(r->hdf.ctx);
}

static dvfo_status take_op(const struct reading *r, size_t row, const char *text)
{
    r->profile->op[row] = dvfo_op_of_name(text);
    return r->profile->op[row] < DVFO_OP_COUNT
               ? DVFO_OK
               : refuse(r, "layer '%s' has the operator class '%.60s', which doesn't exist",
                        r->profile->layer_name[row], text);
}

static dvfo_status take_standing(const struct reading *r, size_t row, const char *text)
{
    return standing_of(r, r->profile->layer_name[row], text, &r->profile->standing[row]);
}

static dvfo_status read_work_of(const struct reading *r, hid_t dataset, const char *what)
{
    struct dvfo_layer_profile *profile = r->profile;
    const hsize_t n = profile->n;
    DVFO_TRY(dvfo_hdf_check_size(&r->hdf, dataset, what, 1, &n));
    DVFO_TRY(dvfo_hdf_check_units(&r->hdf, dataset, what, "FLOP"));
    DVFO_TRY(dvfo_hdf_numbers(&r->hdf, dataset, what, profile->work_flop));
    for (size_t i = 0; i < profile->n; i++) {
        if (!(profile->work_flop[i] >= 0.0 && profile->work_flop[i] <= MAX_WORK_FLOP)) {
            return refuse(r, "layer '%s' has a work of %g FLOP, expected 0 to %g", profile->layer_name[i],
                          profile->work_flop[i], MAX_WORK_FLOP);
        }
    }
    return DVFO_OK;
}

static dvfo_status read_work(const struct reading *r)
{
    hid_t dataset = -1;
    DVFO_TRY(dvfo_hdf_dataset(&r->hdf, "/layers", "work_flop", &dataset));
    const dvfo_status status = read_work_of(r, dataset, "/layers/work_flop");
    H5Dclose(dataset);
    return status;
}

static dvfo_status read_layers(const struct reading *r)
{
    struct dvfo_layer_profile *profile = r->profile;
    size_t rows = 0;
    static const struct column names = {"/layers", "name", DVFO_MAX_LAYERS, take_name};
    static const struct column classes = {"/layers", "op", DVFO_MAX_LAYERS, take_op};
    static const struct column standings = {"/layers", "standing", DVFO_MAX_LAYERS, take_standing};
    DVFO_TRY(read_column(r, &names, &rows));
    if (profile->points > DVFO_LAYER_PROFILE_VALUES / profile->n) {
        return refuse(r, "has %zu layers at %zu points, expected at most %d values", profile->n, profile->points,
                      DVFO_LAYER_PROFILE_VALUES);
    }
    profile->op = calloc(profile->n, sizeof *profile->op);
    profile->standing = calloc(profile->n, sizeof *profile->standing);
    profile->work_flop = calloc(profile->n, sizeof *profile->work_flop);
    if (profile->op == NULL || profile->standing == NULL || profile->work_flop == NULL) {
        return dvfo_fail_no_memory(r->hdf.ctx);
    }
    DVFO_TRY(read_column(r, &classes, &rows));
    DVFO_TRY(read_column(r, &standings, &rows));
    return read_work(r);
}

/* ---- costs ---- */

static dvfo_status refuse_value(const struct reading *r, const struct dvfo_layer_cost_kind *kind, size_t index,
                                double value)
{
    const struct dvfo_layer_profile *profile = r->profile;
    const struct dvfo_clocks clocks = dvfo_layer_profile_clocks(profile, kind->per_layer ? index / profile->n : index);
    char layer[128] = "";
    if (kind->per_layer) {
        snprintf(layer, sizeof layer, " of layer '%.100s'", profile->layer_name[index % profile->n]);
    }
    return refuse(r, "'/%s'%s at CPU %.10g, GPU %.10g, memory %.10g MHz is %g %s, expected %s0 to %g", kind->name,
                  layer, clocks.hz[DVFO_CPU] / DVFO_HZ_PER_MHZ, clocks.hz[DVFO_GPU] / DVFO_HZ_PER_MHZ,
                  clocks.hz[DVFO_MEM] / DVFO_HZ_PER_MHZ, value, kind->units, isnan(value) ? "a number from " : "",
                  kind->most);
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
    const hsize_t size[LAYER_RANK] = {levels[DVFO_CPU], levels[DVFO_GPU], levels[DVFO_MEM], r->profile->n};
    char standing[DVFO_HDF_TEXT + 1];
    DVFO_TRY(dvfo_hdf_check_size(&r->hdf, dataset, what, kind->per_layer ? LAYER_RANK : GRID_RANK, size));
    DVFO_TRY(dvfo_hdf_check_units(&r->hdf, dataset, what, kind->units));
    DVFO_TRY(dvfo_hdf_text(&r->hdf, dataset, what, "standing", standing));
    DVFO_TRY(standing_of(r, what, standing, &cost->standing));
    DVFO_TRY(dvfo_hdf_text_copy(&r->hdf, dataset, what, "source", &cost->source));
    cost->value = malloc(dvfo_layer_profile_values(r->profile, kind) * sizeof *cost->value);
    if (cost->value == NULL) {
        return dvfo_fail_no_memory(r->hdf.ctx);
    }
    DVFO_TRY(dvfo_hdf_numbers(&r->hdf, dataset, what, cost->value));
    return check_values(r, kind, cost->value);
}

static dvfo_status read_cost(const struct reading *r, const struct dvfo_layer_cost_kind *kind)
{
    struct dvfo_layer_cost *cost = dvfo_layer_profile_cost(r->profile, kind);
    const char *const name = strchr(kind->name, '/') + 1;
    char group[64], what[64];
    snprintf(what, sizeof what, "/%s", kind->name);
    snprintf(group, sizeof group, "/%.*s", (int)(name - 1 - kind->name), kind->name);
    if (kind->optional && !dvfo_hdf_has(&r->hdf, group, name)) {
        cost->source = dvfo_text_copy("");
        return cost->source != NULL ? DVFO_OK : dvfo_fail_no_memory(r->hdf.ctx);
    }
    hid_t dataset = -1;
    DVFO_TRY(dvfo_hdf_dataset(&r->hdf, group, name, &dataset));
    const dvfo_status status = read_cost_of(r, dataset, kind, what, cost);
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
            return refuse(r, "layer '%s' takes %g s, but its interval %s at %g s: expected the time inside it",
                          p->layer_name[i % p->n], p->gpu_s.value[i], too_high ? "begins" : "ends",
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

static dvfo_status check_schema(const struct reading *r)
{
    char schema[DVFO_HDF_TEXT + 1];
    long long version = 0;
    if (H5Aexists(r->hdf.file, "schema") <= 0) {
        return refuse(r, "has no attribute 'schema', expected a layer profile ('%s')", DVFO_LAYER_SCHEMA);
    }
    DVFO_TRY(dvfo_hdf_text(&r->hdf, r->hdf.file, "", "schema", schema));
    if (strcmp(schema, DVFO_LAYER_SCHEMA) != 0) {
        return refuse(r, "has the schema '%.60s', expected a layer profile ('%s')", schema, DVFO_LAYER_SCHEMA);
    }
    DVFO_TRY(dvfo_hdf_integers(&r->hdf, "schema_version", 1, &version));
    return version == DVFO_LAYER_SCHEMA_VERSION
               ? DVFO_OK
               : refuse(r, "has version %lld of the schema, expected %d", version, DVFO_LAYER_SCHEMA_VERSION);
}

static dvfo_status read_names(const struct reading *r)
{
    struct dvfo_layer_profile *profile = r->profile;
    long long shape[3] = {0};
    DVFO_TRY(dvfo_hdf_text_copy(&r->hdf, r->hdf.file, "", "origin", &profile->program));
    DVFO_TRY(dvfo_hdf_text_copy(&r->hdf, r->hdf.file, "", "board", &profile->board));
    DVFO_TRY(dvfo_hdf_text_copy(&r->hdf, r->hdf.file, "", "runtime", &profile->runtime));
    DVFO_TRY(dvfo_hdf_text_copy(&r->hdf, r->hdf.file, "", "precision", &profile->precision));
    DVFO_TRY(dvfo_hdf_text_copy(&r->hdf, r->hdf.file, "", "network", &profile->network));
    DVFO_TRY(dvfo_hdf_integers(&r->hdf, "input", 3, shape));
    for (int i = 0; i < 3; i++) {
        if (shape[i] < 1 || shape[i] > DVFO_MAX_CHANNELS) {
            return refuse(r, "'input' is %lldx%lldx%lld, expected sizes from 1 to %ld", shape[0], shape[1], shape[2],
                          DVFO_MAX_CHANNELS);
        }
    }
    profile->input = (struct dvfo_shape){(long)shape[0], (long)shape[1], (long)shape[2]};
    return DVFO_OK;
}

static dvfo_status take_kind(const struct reading *r, size_t row, const char *text)
{
    (void)row;
    return dvfo_layer_profile_add_input(r->hdf.ctx, r->profile, text, "", "");
}

static dvfo_status take_file_name(const struct reading *r, size_t row, const char *text)
{
    struct dvfo_layer_input *input = &r->profile->made_from[row];
    free(input->name);
    input->name = dvfo_text_copy(text);
    return input->name != NULL ? DVFO_OK : dvfo_fail_no_memory(r->hdf.ctx);
}

static dvfo_status take_hash(const struct reading *r, size_t row, const char *text)
{
    if (strlen(text) != DVFO_SHA256_HEX_SIZE - 1 || strspn(text, "0123456789abcdef") != DVFO_SHA256_HEX_SIZE - 1) {
        return refuse(r, "row %zu of '/inputs/sha256' is no SHA-256", row);
    }
    memcpy(r->profile->made_from[row].sha256, text, DVFO_SHA256_HEX_SIZE);
    return DVFO_OK;
}

static dvfo_status read_inputs(const struct reading *r)
{
    static const struct column columns[] = {
        {"/inputs", "kind", DVFO_LAYER_PROFILE_INPUTS, take_kind},
        {"/inputs", "name", DVFO_LAYER_PROFILE_INPUTS, take_file_name},
        {"/inputs", "sha256", DVFO_LAYER_PROFILE_INPUTS, take_hash},
    };
    size_t rows = 0;
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        DVFO_TRY(read_column(r, &columns[i], &rows));
    }
    return DVFO_OK;
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

static dvfo_status read_file(struct dvfo_ctx *ctx, const struct dvfo_text *text, struct dvfo_layer_profile *profile)
{
    struct reading r = {.profile = profile};
    DVFO_TRY(dvfo_hdf_open(ctx, text, "a layer profile", &r.hdf));
    const dvfo_status status = read_all(&r);
    H5Fclose(r.hdf.file);
    return status;
}

/* Takes the text over. */
static dvfo_status load(struct dvfo_ctx *ctx, struct dvfo_text *text, struct dvfo_layer_profile **out)
{
    struct dvfo_layer_profile *profile = calloc(1, sizeof *profile);
    dvfo_status status = profile != NULL ? read_file(ctx, text, profile) : dvfo_fail_no_memory(ctx);
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
    struct dvfo_text text;
    *out = NULL;
    DVFO_TRY(dvfo_text_bytes_from_memory(ctx, name, bytes, size, &text));
    return load(ctx, &text, out);
}
