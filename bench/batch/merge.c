#include "bench/batch/merge.h"

#include <errno.h>
#include <hdf5.h>
#include <string.h>

#include "bench/batch/batch_parts.h"
#include "dvfo_version.h"
#include "sim/base/hdf.h"

enum { NAME_SIZE = 64, SCHEMA_VERSION = 1 };

/* What goes into the file. */
struct merged {
    const struct dvfo_batch *batch;
    size_t rows;
    struct dvfo_record *record; /* (rows) */
};

/* ---- reading ---- */

/* The first folder that has it whole; a spoilt one is told when none has. */
static dvfo_status find_record(struct dvfo_ctx *ctx, const struct dvfo_batch *batch, const char *const folders[],
                               size_t count, const struct dvfo_batch_trial *trial, struct dvfo_record *out)
{
    struct dvfo_ctx spoilt = {0};
    for (size_t f = 0; f <= count; f++) {
        struct dvfo_batch there = {.def = {.folder = f == 0 ? batch->def.folder : folders[f - 1]}};
        char path[DVFO_PATH_SIZE];
        dvfo_batch_record_path(&there, trial->sha256, path);
        if (dvfo_record_load(&spoilt, path, trial->sha256, out) == DVFO_RECORD_WHOLE) {
            return DVFO_OK;
        }
    }
    return spoilt.message[0] != '\0' ? dvfo_fail(ctx, DVFO_BAD_INPUT, "%s", spoilt.message)
                                     : dvfo_fail(ctx, DVFO_BAD_INPUT, "no folder has it");
}

static dvfo_status read_records(struct dvfo_ctx *ctx, struct merged *merged, const char *const folders[], size_t count)
{
    size_t missing = 0;
    struct dvfo_ctx first = {0}, inner = {0};
    merged->record = calloc(merged->rows + 1, sizeof *merged->record);
    if (merged->record == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < merged->rows; i++) {
        const dvfo_status status = find_record(missing == 0 ? &first : &inner, merged->batch, folders, count,
                                               &merged->batch->trial[i], &merged->record[i]);
        missing += status != DVFO_OK;
    }
    return missing == 0
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT,
                           "%zu of %zu trials can't be merged (the first: %s); 'dvfo bench run' makes what is missing",
                           missing, merged->rows, first.message);
}

/* ---- writing ---- */

static bool put_numbers(hid_t file, const char *group, const char *name, const char *units, const char *long_name,
                        const double *values, size_t count)
{
    char path[NAME_SIZE * 2];
    snprintf(path, sizeof path, "%s/%s", group, name);
    const struct dvfo_hdf_block block = {
        .path = path, .rank = 1, .size = {count}, .type = H5T_NATIVE_DOUBLE, .units = units, .long_name = long_name};
    return dvfo_hdf_put_block(file, &block, values);
}

/* @param values  (count, size) padded with NUL */
static bool put_texts(hid_t file, const char *group, const char *name, const char *long_name, const char *values,
                      size_t size, size_t count)
{
    char path[NAME_SIZE * 2];
    snprintf(path, sizeof path, "%s/%s", group, name);
    const hid_t type = dvfo_hdf_text_type(size);
    const struct dvfo_hdf_block block = {
        .path = path, .rank = 1, .size = {count}, .type = type, .units = "1", .long_name = long_name};
    const bool written = type >= 0 && dvfo_hdf_put_block(file, &block, values);
    return H5Tclose(type) >= 0 && written;
}

static bool put_column(hid_t file, const struct merged *merged, size_t column, double *numbers, char *texts)
{
    const struct dvfo_trial_column *c = &dvfo_trial_columns[column];
    for (size_t i = 0; i < merged->rows; i++) {
        numbers[i] = merged->record[i].number[column];
        if (c->value == NULL) {
            char *text = texts + i * DVFO_RECORD_TEXT;
            memset(text, 0, DVFO_RECORD_TEXT);
            snprintf(text, DVFO_RECORD_TEXT, "%s", dvfo_record_text(&merged->record[i], column));
        }
    }
    return c->value != NULL ? put_numbers(file, "/trials", c->name, c->units, c->long_name, numbers, merged->rows)
                            : put_texts(file, "/trials", c->name, c->long_name, texts, DVFO_RECORD_TEXT, merged->rows);
}

static bool put_trials(hid_t file, const struct merged *merged)
{
    double *numbers = calloc(merged->rows + 1, sizeof *numbers);
    char *texts = calloc(merged->rows + 1, DVFO_RECORD_TEXT);
    bool written = numbers != NULL && texts != NULL && dvfo_hdf_put_group(file, "/trials", "one row per trial");
    for (size_t i = 0; i < merged->rows && written; i++) {
        char *text = texts + i * DVFO_RECORD_TEXT;
        snprintf(text, DVFO_RECORD_TEXT, "%s", merged->batch->plan[merged->batch->trial[i].plan]->id);
        numbers[i] = (double)i;
    }
    written =
        written && put_numbers(file, "/trials", "trial", "1", "index of the trial", numbers, merged->rows) &&
        put_texts(file, "/trials", "experiment", "plan that it belongs to", texts, DVFO_RECORD_TEXT, merged->rows);
    for (size_t c = 0; dvfo_trial_columns[c].name != NULL && written; c++) {
        written = put_column(file, merged, c, numbers, texts);
    }
    free(numbers);
    free(texts);
    return written;
}

/* One row per trial and rail, or cause. */
static bool put_energy(hid_t file, const struct merged *merged, bool by_rail)
{
    const char *group = by_rail ? "/energy_by_rail" : "/energy_by_cause";
    const size_t most = merged->rows * (by_rail ? (size_t)DVFO_RECORD_RAILS : (size_t)DVFO_CAUSE_COUNT);
    double *trial = calloc(most + 1, sizeof *trial), *energy_j = calloc(most + 1, sizeof *energy_j);
    char *names = calloc(most + 1, NAME_SIZE);
    size_t count = 0;
    for (size_t i = 0; i < merged->rows && trial != NULL && energy_j != NULL && names != NULL; i++) {
        const struct dvfo_record *record = &merged->record[i];
        for (size_t k = 0; k < (by_rail ? record->rails : (size_t)DVFO_CAUSE_COUNT); k++, count++) {
            trial[count] = (double)i;
            energy_j[count] = by_rail ? record->rail_j[k] : record->cause_j[k];
            snprintf(names + count * NAME_SIZE, NAME_SIZE, "%s",
                     by_rail ? record->rail[k] : dvfo_cause_name((dvfo_cause)k));
        }
    }
    const bool written = count > 0 &&
                         dvfo_hdf_put_group(file, group,
                                            by_rail ? "energy per request, by rail of the board's sensors"
                                                    : "energy per request, by what it was spent on") &&
                         put_numbers(file, group, "trial", "1", "row of /trials", trial, count) &&
                         put_texts(file, group, by_rail ? "rail" : "cause", "its name", names, NAME_SIZE, count) &&
                         put_numbers(file, group, "energy_j", "J", "energy per request", energy_j, count);
    free(trial);
    free(energy_j);
    free(names);
    return written;
}

static bool write(const void *contents, const char *path)
{
    const struct merged *merged = contents;
    const hid_t file = dvfo_hdf_create(path);
    const bool written = file >= 0 && dvfo_hdf_put_text(file, "title", "dvfo bench merge") &&
                         dvfo_hdf_put_text(file, "schema", "dvfo-experiments") &&
                         dvfo_hdf_put_integer(file, "schema_version", SCHEMA_VERSION) &&
                         dvfo_hdf_put_text(file, "program", "dvfo " DVFO_VERSION) &&
                         dvfo_hdf_put_text(file, "sources_sha256", dvfo_inputs_program()) && put_trials(file, merged) &&
                         put_energy(file, merged, true) && put_energy(file, merged, false);
    return (file < 0 || H5Fclose(file) >= 0) && written;
}

dvfo_status dvfo_merge(struct dvfo_ctx *ctx, const struct dvfo_batch *batch, const char *const folders[], size_t count,
                       const char *path)
{
    struct merged merged = {.batch = batch, .rows = batch->trials};
    if (merged.rows == 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "what was named runs no trials: there is nothing to merge");
    }
    dvfo_status status = read_records(ctx, &merged, folders, count);
    status = status == DVFO_OK ? dvfo_hdf_save(ctx, path, "the merged results", write, &merged) : status;
    free(merged.record);
    return status;
}
