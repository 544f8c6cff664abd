#include "bench/record.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "sim/base/hash.h"
#include "sim/base/output.h"

#define SCHEMA "dvfo-trial"

size_t dvfo_record_column(const char *name)
{
    for (size_t i = 0; dvfo_trial_columns[i].name != NULL; i++) {
        if (strcmp(dvfo_trial_columns[i].name, name) == 0) {
            return i;
        }
    }
    return DVFO_RECORD_COLUMNS;
}

/* Where a text lies: how many text columns stand before it. */
static size_t slot_of(size_t column)
{
    size_t slot = 0;
    for (size_t i = 0; i < column; i++) {
        slot += dvfo_trial_columns[i].value == NULL;
    }
    DVFO_REQUIRE(slot < DVFO_RECORD_TEXTS);
    return slot;
}

const char *dvfo_record_text(const struct dvfo_record *record, size_t column)
{
    return dvfo_trial_columns[column].value == NULL ? record->text[slot_of(column)] : "";
}

void dvfo_record_set_text(struct dvfo_record *record, const char *column, const char *text)
{
    const size_t index = dvfo_record_column(column);
    DVFO_REQUIRE(index < DVFO_RECORD_COLUMNS && dvfo_trial_columns[index].value == NULL);
    snprintf(record->text[slot_of(index)], DVFO_RECORD_TEXT, "%s", text);
}

static const char *text_of(const struct dvfo_trial_column *column, const struct dvfo_trial *trial, const char *policy)
{
    return column->text != NULL ? column->text(trial) : policy; /* the policy's name is the only one that isn't there */
}

struct dvfo_record dvfo_record_of(const struct dvfo_trial *trial, const char *policy)
{
    const struct dvfo_trial_results *results = &trial->results;
    const double requests = results->requests > 0 ? (double)results->requests : 1.0;
    struct dvfo_record record = {.rails = results->rails};
    for (size_t i = 0; dvfo_trial_columns[i].name != NULL; i++) {
        const struct dvfo_trial_column *column = &dvfo_trial_columns[i];
        DVFO_REQUIRE(i < DVFO_RECORD_COLUMNS);
        record.number[i] = column->value != NULL ? column->value(trial) : (double)NAN;
        if (column->value == NULL) {
            snprintf(record.text[slot_of(i)], DVFO_RECORD_TEXT, "%s", text_of(column, trial, policy));
        }
    }
    DVFO_REQUIRE(results->rails <= DVFO_RECORD_RAILS);
    for (size_t r = 0; r < results->rails; r++) {
        snprintf(record.rail[r], sizeof record.rail[r], "%s", dvfo_trial_rail_name(trial, r));
        record.rail_j[r] = results->rail_j[r] / requests;
    }
    for (size_t c = 0; c < DVFO_CAUSE_COUNT; c++) {
        record.cause_j[c] = results->cause_j[c] / requests;
    }
    return record;
}

/* ---- writing ---- */

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *columns_of(const struct dvfo_record *record)
{
    json_t *object = json_object();
    for (size_t i = 0; dvfo_trial_columns[i].name != NULL; i++) {
        json_object_set_new(object, dvfo_trial_columns[i].name,
                            dvfo_trial_columns[i].value != NULL ? number(record->number[i])
                                                                : json_string(dvfo_record_text(record, i)));
    }
    return object;
}

static json_t *energy_of(const struct dvfo_record *record)
{
    json_t *rails = json_object(), *causes = json_object();
    for (size_t r = 0; r < record->rails; r++) {
        json_object_set_new(rails, record->rail[r], number(record->rail_j[r]));
    }
    for (size_t c = 0; c < DVFO_CAUSE_COUNT; c++) {
        json_object_set_new(causes, dvfo_cause_name((dvfo_cause)c), number(record->cause_j[c]));
    }
    return json_pack("{s:o, s:o}", "rail_j", rails, "cause_j", causes);
}

/* The inputs as a list of lines, for people. */
static json_t *lines_of(const char *inputs)
{
    json_t *lines = json_array();
    while (*inputs != '\0') {
        const size_t length = strcspn(inputs, "\n");
        json_array_append_new(lines, json_stringn(inputs, length));
        inputs += length + (inputs[length] == '\n');
    }
    return lines;
}

static dvfo_status dump(struct dvfo_ctx *ctx, void *user, FILE *file)
{
    (void)ctx;
    json_dumpf(user, file, JSON_INDENT(1) | JSON_REAL_PRECISION(17)); /* a full disk is told on closing */
    fputc('\n', file);
    return DVFO_OK;
}

static json_t *pack(const struct dvfo_record *record, const char *inputs, const char *sha256)
{
    return json_pack("{s:s, s:i, s:s, s:o, s:o, s:o}", "schema", SCHEMA, "version", (int)DVFO_RECORD_VERSION, "sha256",
                     sha256, "inputs", lines_of(inputs), "results", columns_of(record), "energy", energy_of(record));
}

dvfo_status dvfo_record_save(struct dvfo_ctx *ctx, const struct dvfo_record *record, const char *inputs,
                             const char *conditions, const char *sha256, const char *path)
{
    json_t *root = pack(record, inputs, sha256);
    if (root != NULL && conditions != NULL) {
        json_object_set_new(root, "conditions", lines_of(conditions));
    }
    const dvfo_status status = root != NULL ? dvfo_output_write(ctx, path, dump, root) : dvfo_fail_no_memory(ctx);
    json_decref(root);
    return status;
}

dvfo_status dvfo_record_print(struct dvfo_ctx *ctx, const struct dvfo_record *record, const char *inputs, FILE *file)
{
    char sha256[DVFO_SHA256_HEX_SIZE];
    dvfo_hash_sha256_hex(inputs, strlen(inputs), sha256);
    json_t *root = pack(record, inputs, sha256);
    const dvfo_status status = root != NULL ? dump(ctx, root, file) : dvfo_fail_no_memory(ctx);
    json_decref(root);
    return status;
}

/* ---- reading ---- */

static bool read_columns(json_t *object, struct dvfo_record *record)
{
    for (size_t i = 0; dvfo_trial_columns[i].name != NULL; i++) {
        json_t *value = json_object_get(object, dvfo_trial_columns[i].name);
        record->number[i] = (double)NAN;
        if (dvfo_trial_columns[i].value == NULL) {
            if (!json_is_string(value) || json_string_length(value) >= DVFO_RECORD_TEXT) {
                return false;
            }
            snprintf(record->text[slot_of(i)], DVFO_RECORD_TEXT, "%s", json_string_value(value));
        } else if (json_is_number(value)) {
            record->number[i] = json_number_value(value);
        } else if (!json_is_null(value)) {
            return false;
        }
    }
    return true;
}

static bool read_energy(json_t *object, struct dvfo_record *record)
{
    json_t *rails = json_object_get(object, "rail_j"), *causes = json_object_get(object, "cause_j"), *value = NULL;
    const char *name = NULL;
    if (!json_is_object(rails) || !json_is_object(causes)) {
        return false;
    }
    record->rails = 0;
    json_object_foreach(rails, name, value)
    {
        if (record->rails == DVFO_RECORD_RAILS || !json_is_number(value)) {
            return false;
        }
        snprintf(record->rail[record->rails], sizeof record->rail[0], "%s", name);
        record->rail_j[record->rails++] = json_number_value(value);
    }
    for (size_t c = 0; c < DVFO_CAUSE_COUNT; c++) {
        value = json_object_get(causes, dvfo_cause_name((dvfo_cause)c));
        if (!json_is_number(value)) {
            return false;
        }
        record->cause_j[c] = json_number_value(value);
    }
    return true;
}

/* @param sha256  of its inputs; NULL: any */
static dvfo_record_state check(struct dvfo_ctx *ctx, json_t *root, const char *path, const char *sha256,
                               struct dvfo_record *out)
{
    struct dvfo_record record;
    const char *schema = json_string_value(json_object_get(root, "schema"));
    const json_int_t version = json_integer_value(json_object_get(root, "version"));
    const char *made_from = json_string_value(json_object_get(root, "sha256"));
    if (schema == NULL || strcmp(schema, SCHEMA) != 0) {
        dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: is no record of a trial", path);
    } else if (version != DVFO_RECORD_VERSION) {
        dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: is of schema version %lld, expected %d", path, (long long)version,
                  (int)DVFO_RECORD_VERSION);
    } else if (made_from == NULL || (sha256 != NULL && strcmp(made_from, sha256) != 0)) {
        dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: is the record of another trial", path);
    } else if (!read_columns(json_object_get(root, "results"), &record) ||
               !read_energy(json_object_get(root, "energy"), &record)) {
        dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: lacks a result, or has one that is none", path);
    } else {
        if (out != NULL) {
            *out = record;
        }
        return DVFO_RECORD_WHOLE;
    }
    return DVFO_RECORD_SPOILT;
}

dvfo_record_state dvfo_record_load(struct dvfo_ctx *ctx, const char *path, const char *sha256, struct dvfo_record *out)
{
    json_error_t error;
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        if (errno == ENOENT) {
            return DVFO_RECORD_MISSING;
        }
        dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: cannot be read: %s", path, strerror(errno));
        return DVFO_RECORD_SPOILT;
    }
    json_t *root = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
    fclose(file);
    if (root == NULL) {
        dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: is cut off or no JSON: %s", path, error.line, error.text);
        return DVFO_RECORD_SPOILT;
    }
    const dvfo_record_state state = check(ctx, root, path, sha256, out);
    json_decref(root);
    return state;
}

static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f) {
            return false;
        }
    }
    return true;
}

/* Texts go into tables on somebody's terminal: nothing in them may steer it. */
static bool is_plain(const struct dvfo_record *record)
{
    bool plain = true;
    for (size_t i = 0; dvfo_trial_columns[i].name != NULL; i++) {
        plain &= is_printable(dvfo_record_text(record, i));
    }
    for (size_t r = 0; r < record->rails; r++) {
        plain &= is_printable(record->rail[r]);
    }
    return plain;
}

/* The inputs of a record as a text; NULL when they are none, or aren't those that its hash is of. */
static char *text_of_inputs(const json_t *root)
{
    const json_t *lines = json_object_get(root, "inputs"), *line = NULL;
    const char *made_from = json_string_value(json_object_get(root, "sha256"));
    char *text = NULL, sha256[DVFO_SHA256_HEX_SIZE] = "";
    size_t size = 0, i = 0;
    FILE *file = json_is_array(lines) && made_from != NULL ? open_memstream(&text, &size) : NULL;
    if (file == NULL) {
        return NULL;
    }
    json_array_foreach(lines, i, line)
    {
        fprintf(file, "%s\n", json_is_string(line) ? json_string_value(line) : "");
    }
    if (fclose(file) == 0) {
        dvfo_hash_sha256_hex(text, size, sha256);
    }
    if (strcmp(sha256, made_from) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

dvfo_status dvfo_record_parse(struct dvfo_ctx *ctx, const char *from, const char *bytes, size_t size,
                              struct dvfo_record *out, char **inputs)
{
    json_error_t error;
    struct dvfo_record record;
    dvfo_status status = DVFO_BAD_INPUT;
    json_t *root = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);
    *inputs = NULL;
    if (root == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: is cut off or no JSON, expected the record of a trial: %s", from,
                         error.line, error.text);
    }
    if (check(ctx, root, from, NULL, &record) != DVFO_RECORD_WHOLE) {
        status = DVFO_BAD_INPUT;
    } else if (!is_plain(&record)) {
        status = dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: a name holds control characters", from);
    } else {
        *inputs = text_of_inputs(root);
        status = *inputs != NULL
                     ? DVFO_OK
                     : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: its inputs aren't those that its hash is of", from);
    }
    json_decref(root);
    if (status == DVFO_OK) {
        *out = record;
    }
    return status;
}
