#include "bench/results.h"

#include <cblas.h>
#include <errno.h>
#include <hdf5_hl.h>
#include <jansson.h>
#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dvfo_version.h"
#include "sim/base/hdf.h"
#include "sim/base/output.h"

enum { SCHEMA_VERSION = 1, CHUNK_ROWS = 4096, TEXT_SIZE = 128, MAX_COLUMNS = 64 };

/* One growing column of a table. */
struct column {
    hid_t dataset, memory_type;
    size_t element_size;
    unsigned char *buffer; /* (CHUNK_ROWS * element_size) */
};

/* Columns that grow together. */
struct table {
    hid_t group;
    size_t columns, buffered;
    hsize_t written;
    struct column column[MAX_COLUMNS];
};

struct dvfo_results {
    struct dvfo_output output, run_info;
    hid_t file, place_type, text_type;
    bool failed;
    bool keep_requests;
    int trial;
    struct table trials, requests, rails, causes, inputs;
};

static hid_t check(struct dvfo_results *results, hid_t id)
{
    results->failed |= id < 0;
    return id;
}

static void write_text_attribute(struct dvfo_results *results, hid_t object, const char *name, const char *text)
{
    results->failed |= !dvfo_hdf_put_text(object, name, text);
}

static void write_integer_attribute(struct dvfo_results *results, hid_t object, const char *name, uint64_t value)
{
    results->failed |= !dvfo_hdf_put_integer(object, name, value);
}

static void open_table(struct dvfo_results *results, struct table *table, const char *name, const char *long_name)
{
    table->group = check(results, H5Gcreate2(results->file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    if (!results->failed) {
        write_text_attribute(results, table->group, "long_name", long_name);
    }
}

static void add_column(struct dvfo_results *results, struct table *table, const char *name, const char *units,
                       const char *long_name, hid_t file_type, hid_t memory_type)
{
    DVFO_REQUIRE(table->columns < MAX_COLUMNS);
    struct column *column = &table->column[table->columns];
    if (results->failed) {
        return;
    }
    column->memory_type = memory_type;
    column->element_size = H5Tget_size(memory_type);
    column->buffer = calloc(CHUNK_ROWS, column->element_size);
    const hsize_t none = 0, unlimited = H5S_UNLIMITED, chunk = CHUNK_ROWS;
    const hid_t space = H5Screate_simple(1, &none, &unlimited);
    const hid_t creation = dvfo_hdf_compressed(1, &chunk);
    column->dataset =
        check(results, H5Dcreate2(table->group, name, file_type, space, H5P_DEFAULT, creation, H5P_DEFAULT));
    H5Pclose(creation);
    H5Sclose(space);
    results->failed |= column->buffer == NULL;
    table->columns++;
    if (!results->failed) {
        write_text_attribute(results, column->dataset, "units", units);
        write_text_attribute(results, column->dataset, "long_name", long_name);
    }
}

static void flush_column(struct dvfo_results *results, const struct table *table, const struct column *column)
{
    const hsize_t count = table->buffered, size = table->written + count, offset = table->written;
    results->failed |= H5Dset_extent(column->dataset, &size) < 0;
    const hid_t file_space = check(results, H5Dget_space(column->dataset));
    const hid_t memory_space = H5Screate_simple(1, &count, NULL);
    if (!results->failed) {
        H5Sselect_hyperslab(file_space, H5S_SELECT_SET, &offset, NULL, &count, NULL);
        results->failed |=
            H5Dwrite(column->dataset, column->memory_type, memory_space, file_space, H5P_DEFAULT, column->buffer) < 0;
    }
    H5Sclose(memory_space);
    if (file_space >= 0) {
        H5Sclose(file_space);
    }
}

static void flush_table(struct dvfo_results *results, struct table *table)
{
    for (size_t i = 0; i < table->columns && table->buffered > 0 && !results->failed; i++) {
        flush_column(results, table, &table->column[i]);
    }
    table->written += table->buffered;
    table->buffered = 0;
}

static void close_table(struct table *table)
{
    for (size_t i = 0; i < table->columns; i++) {
        free(table->column[i].buffer);
        if (table->column[i].dataset > 0) {
            H5Dclose(table->column[i].dataset);
        }
    }
    if (table->group > 0) {
        H5Gclose(table->group);
    }
}

/* Cells of the row being filled. */
static void put(struct table *table, size_t column, const void *value)
{
    const struct column *c = &table->column[column];
    memcpy(c->buffer + table->buffered * c->element_size, value, c->element_size);
}

static void put_text(struct table *table, size_t column, const char *text)
{
    char cell[TEXT_SIZE] = "";
    snprintf(cell, sizeof cell, "%s", text);
    put(table, column, cell);
}

static void end_row(struct dvfo_results *results, struct table *table)
{
    if (++table->buffered == CHUNK_ROWS) {
        flush_table(results, table);
    }
}

static void create_types(struct dvfo_results *results)
{
    results->text_type = dvfo_hdf_text_type(TEXT_SIZE);
    results->place_type = H5Tenum_create(H5T_STD_I32LE);
    for (int32_t place = 0; place < DVFO_PLACE_COUNT; place++) {
        H5Tenum_insert(results->place_type, dvfo_place_name((dvfo_place)place), &place);
    }
}

/* The other columns of a table stand over this one: HDF5's dimension scales. */
static void set_scale(struct dvfo_results *results, struct table *table, size_t scale)
{
    const char *axis = "row";
    for (size_t i = 0; i < table->columns && !results->failed; i++) {
        results->failed |= i == scale ? H5DSset_scale(table->column[i].dataset, axis) < 0
                                      : H5DSattach_scale(table->column[i].dataset, table->column[scale].dataset, 0) < 0;
    }
}

static void create_trial_columns(struct dvfo_results *results)
{
    open_table(results, &results->trials, "trials", "one row per trial");
    add_column(results, &results->trials, "trial", "1", "index of the trial", H5T_STD_I32LE, H5T_NATIVE_INT);
    for (const struct dvfo_trial_column *c = dvfo_trial_columns; c->name != NULL; c++) {
        const bool number = c->value != NULL;
        add_column(results, &results->trials, c->name, c->units, c->long_name,
                   number ? H5T_IEEE_F64LE : results->text_type, number ? H5T_NATIVE_DOUBLE : results->text_type);
    }
    set_scale(results, &results->trials, 0);
}

static void create_request_columns(struct dvfo_results *results)
{
    open_table(results, &results->requests, "requests", "one row per request, in the order in which they ended");
    add_column(results, &results->requests, "trial", "1", "row of /trials", H5T_STD_I32LE, H5T_NATIVE_INT);
    for (const struct dvfo_request_column *c = dvfo_request_columns; c->name != NULL; c++) {
        const hid_t file_type[] = {H5T_IEEE_F64LE, H5T_STD_I64LE, H5T_STD_I32LE, H5T_STD_U8LE, results->place_type};
        const hid_t memory_type[] = {H5T_NATIVE_DOUBLE, H5T_NATIVE_LONG, H5T_NATIVE_INT, H5T_NATIVE_UCHAR,
                                     results->place_type};
        add_column(results, &results->requests, c->name, c->units, c->long_name, file_type[c->type],
                   memory_type[c->type]);
    }
    set_scale(results, &results->requests, 1);
}

static void create_energy_columns(struct dvfo_results *results, struct table *table, const char *group, const char *key,
                                  const char *what)
{
    open_table(results, table, group, what);
    add_column(results, table, "trial", "1", "row of /trials", H5T_STD_I32LE, H5T_NATIVE_INT);
    add_column(results, table, key, "1", key, results->text_type, results->text_type);
    add_column(results, table, "energy_j", "J", "energy over the whole trial", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE);
}

static void create_tables(struct dvfo_results *results)
{
    create_types(results);
    create_trial_columns(results);
    if (results->keep_requests) {
        create_request_columns(results);
    }
    create_energy_columns(results, &results->rails, "energy_by_rail", "rail", "energy per trial and rail");
    create_energy_columns(results, &results->causes, "energy_by_cause", "cause", "energy per trial and cause");
    open_table(results, &results->inputs, "inputs", "files that the results were made from");
    add_column(results, &results->inputs, "kind", "1", "what it is", results->text_type, results->text_type);
    add_column(results, &results->inputs, "name", "1", "as the user named it", results->text_type, results->text_type);
    add_column(results, &results->inputs, "sha256", "1", "SHA-256 of its bytes", results->text_type,
               results->text_type);
}

static void write_root(struct dvfo_results *results, const struct dvfo_results_def *def)
{
    write_text_attribute(results, results->file, "title", def->title);
    write_text_attribute(results, results->file, "schema", "dvfo-results");
    write_integer_attribute(results, results->file, "schema_version", SCHEMA_VERSION);
    write_text_attribute(results, results->file, "program", "dvfo " DVFO_VERSION);
    write_text_attribute(results, results->file, "blas_kernel", openblas_get_corename());
    write_integer_attribute(results, results->file, "seed", def->seed);
    write_text_attribute(results, results->file, "configuration", def->configuration);
}

/* NAME.run.json beside NAME.h5; reserved at once, so that its name is refused before the work, not after it. */
static dvfo_status begin_run_info(struct dvfo_ctx *ctx, struct dvfo_results *results)
{
    const char *path = results->output.path;
    char name[DVFO_PATH_SIZE + 16];
    const size_t length = strlen(path);
    const size_t stem = length > 3 && strcmp(path + length - 3, ".h5") == 0 ? length - 3 : length;
    snprintf(name, sizeof name, "%.*s.run.json", (int)stem, path);
    return dvfo_output_begin(ctx, name, &results->run_info);
}

dvfo_status dvfo_results_create(struct dvfo_ctx *ctx, const struct dvfo_results_def *def, struct dvfo_results **out)
{
    *out = NULL;
    dvfo_hdf_begin();
    struct dvfo_results *results = calloc(1, sizeof *results);
    if (results == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    dvfo_status status = dvfo_output_begin(ctx, def->path, &results->output);
    if (status == DVFO_OK) {
        status = begin_run_info(ctx, results);
    }
    if (status != DVFO_OK) {
        dvfo_results_free(results);
        return status;
    }
    results->keep_requests = def->requests;
    results->file = check(results, H5Fcreate(results->output.temporary, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    if (!results->failed) {
        write_root(results, def);
        create_tables(results);
    }
    if (results->failed) {
        dvfo_results_free(results);
        return dvfo_fail(ctx, DVFO_FAILED, "%s: the result file could not be created: %s", def->path, strerror(errno));
    }
    *out = results;
    return DVFO_OK;
}

void dvfo_results_add_input(struct dvfo_results *results, const char *kind, const char *name, const char *sha256)
{
    if (results->failed) {
        return;
    }
    put_text(&results->inputs, 0, kind);
    put_text(&results->inputs, 1, name);
    put_text(&results->inputs, 2, sha256);
    end_row(results, &results->inputs);
}

bool dvfo_results_add_request(struct dvfo_results *results, const struct dvfo_request_row *row)
{
    if (results->failed || !results->keep_requests) {
        return !results->failed;
    }
    size_t column = 0;
    put(&results->requests, column++, &results->trial);
    for (const struct dvfo_request_column *c = dvfo_request_columns; c->name != NULL; c++) {
        put(&results->requests, column++, (const char *)row + c->offset);
    }
    end_row(results, &results->requests);
    return !results->failed;
}

static void add_energy(struct dvfo_results *results, struct table *table, const char *key, double energy_j)
{
    put(table, 0, &results->trial);
    put_text(table, 1, key);
    put(table, 2, &energy_j);
    end_row(results, table);
}

void dvfo_results_add_trial(struct dvfo_results *results, const char *policy_name, const struct dvfo_trial *trial)
{
    if (results->failed) {
        return;
    }
    size_t column = 0;
    put(&results->trials, column++, &results->trial);
    for (const struct dvfo_trial_column *c = dvfo_trial_columns; c->name != NULL; c++, column++) {
        if (c->value != NULL) {
            const double value = c->value(trial);
            put(&results->trials, column, &value);
        } else {
            put_text(&results->trials, column, c->text != NULL ? c->text(trial) : policy_name);
        }
    }
    end_row(results, &results->trials);
    for (size_t r = 0; r < trial->results.rails; r++) {
        add_energy(results, &results->rails, dvfo_trial_rail_name(trial, r), trial->results.rail_j[r]);
    }
    for (int c = 0; c < DVFO_CAUSE_COUNT; c++) {
        add_energy(results, &results->causes, dvfo_cause_name((dvfo_cause)c), trial->results.cause_j[c]);
    }
    results->trial++;
}

/* Flush and close everything HDF5 holds; failures stay in `failed`. */
static void close_file(struct dvfo_results *results)
{
    struct table *tables[] = {&results->trials, &results->requests, &results->rails, &results->causes,
                              &results->inputs};
    if (results->file <= 0) {
        return; /* never opened, or closed before */
    }
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        flush_table(results, tables[i]);
        close_table(tables[i]);
    }
    if (results->place_type > 0) {
        H5Tclose(results->place_type);
    }
    if (results->text_type > 0) {
        H5Tclose(results->text_type);
    }
    results->failed |= H5Fclose(results->file) < 0;
    results->file = 0;
}

static json_t *command_line(const struct dvfo_run_info *info)
{
    json_t *list = json_array();
    for (int i = 0; i < info->argc; i++) {
        json_array_append_new(list, json_string(info->argv[i]));
    }
    return list;
}

static dvfo_status write_run_info(struct dvfo_ctx *ctx, struct dvfo_output *output, const struct dvfo_run_info *info)
{
    char host[256] = "", stamp[32] = "";
    (void)gethostname(host, sizeof host - 1);
    const time_t now = time(NULL);
    struct tm utc;
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    json_t *root =
        json_pack("{s:s, s:s, s:s, s:f, s:b, s:o}", "program", "dvfo " DVFO_VERSION, "ended_utc", stamp, "host", host,
                  "duration_s", info->duration_s, "interrupted", info->interrupted, "command", command_line(info));
    FILE *file = fopen(output->temporary, "w");
    dvfo_status status = DVFO_OK;
    if (root == NULL || file == NULL || json_dumpf(root, file, JSON_INDENT(2)) != 0) {
        status = dvfo_fail(ctx, DVFO_FAILED, "%s: cannot be written: %s", output->path, strerror(errno));
    }
    if (file != NULL) {
        const dvfo_status closed = dvfo_output_close(status == DVFO_OK ? ctx : NULL, file, output->path);
        status = status == DVFO_OK ? closed : status;
    }
    json_decref(root);
    return status == DVFO_OK ? dvfo_output_commit(ctx, output) : status;
}

dvfo_status dvfo_results_commit(struct dvfo_ctx *ctx, struct dvfo_results *results, const struct dvfo_run_info *info)
{
    errno = 0;
    close_file(results);
    dvfo_status status = DVFO_OK;
    if (results->failed) {
        status = dvfo_fail(ctx, DVFO_FAILED, "%s: writing results failed: %s", results->output.path,
                           errno != 0 ? strerror(errno) : "HDF5 refused");
    } else {
        status = dvfo_output_commit(ctx, &results->output);
    }
    if (status == DVFO_OK) {
        status = write_run_info(ctx, &results->run_info, info);
    }
    dvfo_results_free(results);
    return status;
}

void dvfo_results_free(struct dvfo_results *results)
{
    if (results == NULL) {
        return;
    }
    close_file(results);
    dvfo_output_abandon(&results->output);
    dvfo_output_abandon(&results->run_info);
    free(results);
}
