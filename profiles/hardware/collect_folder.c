#include "profiles/hardware/collect_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/output.h"
#include "sim/base/text.h"
#include "sim/base/units.h"

#define SCHEMA "dvfo collection 1"
#define SAME 0.05 /* two latencies of one setting that agree so well are no contradiction */

enum { MAX_JSON_BYTES = 1 << 20 };

dvfo_status dvfo_collect_folder_path(struct dvfo_ctx *ctx, const struct dvfo_collect_def *def, const char *setting,
                                     const char *suffix, char path[DVFO_PATH_SIZE])
{
    return snprintf(path, DVFO_PATH_SIZE, "%s/%s%s", def->folder, setting, suffix) < DVFO_PATH_SIZE
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "the path of --out is longer than %d characters", DVFO_PATH_SIZE - 1);
}

static json_t *text_or_null(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

/* What makes rows comparable: two collections that differ in any of it don't belong into one file. */
static json_t *describe(const struct dvfo_hardware *hardware, const struct dvfo_collect_def *def)
{
    json_t *root = json_object();
    json_object_set_new(root, "schema", json_string(SCHEMA));
    json_object_set_new(root, "board", json_string(hardware->type->name));
    json_object_set_new(root, "network", text_or_null(def->network));
    json_object_set_new(root, "runtime", text_or_null(def->runtime));
    json_object_set_new(root, "precision", text_or_null(def->precision));
    json_object_set_new(root, "input_px", json_integer(def->input_px));
    json_object_set_new(root, "batch", json_integer(def->batch));
    json_object_set_new(root, "command", text_or_null(def->command));
    json_object_set_new(root, "runs", json_integer(def->runs));
    json_object_set_new(root, "latency_line", text_or_null(def->latency_line));
    json_object_set_new(root, "power_line", text_or_null(def->power_line));
    return root;
}

/* Where it was made: kept beside, not compared (a release may be updated between two evenings). */
static void add_place(json_t *root, const struct dvfo_hardware *hardware)
{
    json_object_set_new(root, "model", json_string(hardware->model));
    json_object_set_new(root, "release", json_string(hardware->release));
    json_object_set_new(root, "power_mode", json_string(hardware->power_mode));
    json_object_set_new(root, "cpu_cores", json_integer(hardware->cpu_online));
}

static dvfo_status save_description(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware,
                                    const struct dvfo_collect_def *def, const char *path)
{
    struct dvfo_output output = {.temporary = ""};
    DVFO_TRY(dvfo_output_begin(ctx, path, &output));
    FILE *file = fopen(output.temporary, "w");
    dvfo_status status = DVFO_OK;
    if (file == NULL) {
        status = dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: cannot be written: %s", path, strerror(errno));
    } else {
        json_t *root = describe(hardware, def);
        add_place(root, hardware);
        (void)json_dumpf(root, file, JSON_INDENT(2));
        fputc('\n', file);
        json_decref(root);
        status = dvfo_output_close(ctx, file, path);
    }
    status = status == DVFO_OK ? dvfo_output_commit(ctx, &output) : status;
    dvfo_output_abandon(&output);
    return status;
}

static void write_value(const json_t *value, char out[160])
{
    char *text = value != NULL ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
    snprintf(out, 160, "%s", text != NULL ? text : "nothing");
    free(text);
}

static dvfo_status compare_description(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware,
                                       const struct dvfo_collect_def *def, const char *path, const json_t *found)
{
    json_t *ours = describe(hardware, def), *value = NULL;
    const char *key = NULL;
    dvfo_status status = DVFO_OK;
    json_object_foreach(ours, key, value)
    {
        const json_t *theirs = json_object_get(found, key);
        if (status == DVFO_OK && (theirs == NULL || !json_equal(value, theirs))) {
            char before[160], now[160];
            write_value(theirs, before);
            write_value(value, now);
            status = dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: was collected with %s %s, now it is %s; use another --out",
                               path, key, before, now);
        }
    }
    json_decref(ours);
    return status;
}

static dvfo_status check_description(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware,
                                     const struct dvfo_collect_def *def, const char *path)
{
    struct dvfo_text text = {0};
    json_error_t error;
    DVFO_TRY(dvfo_text_load(ctx, path, MAX_JSON_BYTES, &text));
    json_t *found = json_loads(text.bytes, 0, &error);
    const dvfo_status status =
        found != NULL ? compare_description(ctx, hardware, def, path, found)
                      : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: is no JSON: %s", path, error.line, error.text);
    json_decref(found);
    dvfo_text_free(&text);
    return status;
}

/* A row is one line in one write; a line without its end is what a power cut left of one. */
static dvfo_status cut_tail(struct dvfo_ctx *ctx, const char *path)
{
    char part[4096];
    const int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) {
        return errno == ENOENT ? DVFO_OK
                               : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
    }
    const off_t size = lseek(file, 0, SEEK_END);
    const off_t from = size > (off_t)sizeof part ? size - (off_t)sizeof part : 0;
    const ssize_t got = pread(file, part, sizeof part, from);
    ssize_t whole = got;
    while (whole > 0 && part[whole - 1] != '\n') {
        whole--;
    }
    const bool cut = got > 0 && whole < got && ftruncate(file, from + whole) == 0;
    const bool nothing = size == 0 || (cut && from + whole == 0);
    close(file);
    if (cut) {
        dvfo_note(ctx, "%s: its last row was cut off; it is measured again", path);
    }
    if (nothing) {
        (void)unlink(path);
    }
    return DVFO_OK;
}

static bool is_same_clock(double a, double b)
{
    return (isnan(a) && isnan(b)) || a == b;
}

static bool is_same_setting(const struct dvfo_measurement *a, const struct dvfo_measurement *b)
{
    bool same = strcmp(a->network, b->network) == 0 && strcmp(a->runtime, b->runtime) == 0 &&
                strcmp(a->precision, b->precision) == 0 && a->input_px == b->input_px;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        same = same && is_same_clock(a->clocks.hz[d], b->clocks.hz[d]);
    }
    return same;
}

static dvfo_status refuse_contradictions(struct dvfo_ctx *ctx, const struct dvfo_measurements *rows, const char *path)
{
    for (size_t i = 0; i < rows->n; i++) {
        for (size_t j = 0; j < i; j++) {
            const struct dvfo_measurement *a = &rows->row[j], *b = &rows->row[i];
            if (is_same_setting(a, b) && fabs(a->latency_s - b->latency_s) > SAME * fmin(a->latency_s, b->latency_s)) {
                return dvfo_fail(ctx, DVFO_BAD_INPUT,
                                 "%s:%d: the same setting as line %d, but %g ms instead of %g ms; remove one of them",
                                 path, b->line, a->line, b->latency_s / DVFO_S_PER_MS, a->latency_s / DVFO_S_PER_MS);
            }
        }
    }
    return DVFO_OK;
}

/* Rails are written before their point: those without one belong to a setting that is measured again. */
static dvfo_status drop_loose_rails(struct dvfo_ctx *ctx, const struct dvfo_collect_folder *folder)
{
    struct dvfo_measurements rails = {0}, kept = {0};
    if (access(folder->rails, F_OK) != 0) {
        return DVFO_OK;
    }
    dvfo_status status = dvfo_measurements_load_rails(ctx, folder->rails, &rails);
    for (size_t i = 0; i < rails.n && status == DVFO_OK; i++) {
        if (dvfo_collect_folder_has(folder, &rails.row[i])) {
            status = dvfo_measurements_add(ctx, &kept, &rails.row[i]);
        }
    }
    if (status == DVFO_OK && kept.n < rails.n) {
        dvfo_note(ctx, "%s: %zu rows of a setting that isn't complete are dropped", folder->rails, rails.n - kept.n);
        status = dvfo_measurements_save(ctx, &kept, true, folder->rails);
    }
    dvfo_measurements_free(&rails);
    dvfo_measurements_free(&kept);
    return status;
}

static dvfo_status read_done(struct dvfo_ctx *ctx, struct dvfo_collect_folder *folder)
{
    const char *path = folder->by_rails ? folder->rails : folder->points;
    if (access(path, F_OK) == 0) {
        DVFO_TRY(folder->by_rails ? dvfo_measurements_load_rails(ctx, path, &folder->done)
                                  : dvfo_measurements_load(ctx, path, &folder->done));
    }
    return folder->by_rails ? DVFO_OK : refuse_contradictions(ctx, &folder->done, path);
}

static dvfo_status go_on(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware, const struct dvfo_collect_def *def,
                         const char *description, struct dvfo_collect_folder *folder)
{
    DVFO_TRY(check_description(ctx, hardware, def, description));
    if (def->show == NULL) {
        DVFO_TRY(cut_tail(ctx, folder->points));
        DVFO_TRY(cut_tail(ctx, folder->rails));
    }
    DVFO_TRY(read_done(ctx, folder));
    return folder->by_rails || def->show != NULL ? DVFO_OK : drop_loose_rails(ctx, folder);
}

dvfo_status dvfo_collect_folder_open(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware,
                                     const struct dvfo_collect_def *def, struct dvfo_collect_folder *out)
{
    char description[DVFO_PATH_SIZE];
    *out = (struct dvfo_collect_folder){.by_rails = def->network == NULL};
    DVFO_TRY(dvfo_collect_folder_path(ctx, def, hardware->type->name, ".csv", out->points));
    DVFO_TRY(dvfo_collect_folder_path(ctx, def, hardware->type->name, "-rails.csv", out->rails));
    DVFO_TRY(dvfo_collect_folder_path(ctx, def, "collect", ".json", description));
    if (def->show == NULL && mkdir(def->folder, 0777) != 0 && errno != EEXIST) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--out %s: cannot be made: %s", def->folder, strerror(errno));
    }
    const bool described = access(description, F_OK) == 0;
    const bool rows = access(out->points, F_OK) == 0 || access(out->rails, F_OK) == 0;
    if (def->resume && described) {
        return go_on(ctx, hardware, def, description, out);
    }
    if (rows) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: %s", access(out->points, F_OK) == 0 ? out->points : out->rails,
                         def->resume
                             ? "holds rows, but no collect.json beside it says what made them; use another --out"
                             : "holds rows already; go on with --resume, or use another --out");
    }
    return def->show == NULL ? save_description(ctx, hardware, def, description) : DVFO_OK;
}

void dvfo_collect_folder_close(struct dvfo_collect_folder *folder)
{
    dvfo_measurements_free(&folder->done);
}

bool dvfo_collect_folder_has(const struct dvfo_collect_folder *folder, const struct dvfo_measurement *row)
{
    for (size_t i = 0; i < folder->done.n; i++) {
        if (is_same_setting(&folder->done.row[i], row)) {
            return true;
        }
    }
    return false;
}

dvfo_status dvfo_collect_folder_keep(struct dvfo_ctx *ctx, const struct dvfo_collect_folder *folder,
                                     const struct dvfo_measurement *point, const struct dvfo_measurement rails[],
                                     size_t rail_count)
{
    if (rail_count > 0) {
        DVFO_TRY(dvfo_measurements_append(ctx, rails, rail_count, true, folder->rails));
    }
    return folder->by_rails ? DVFO_OK : dvfo_measurements_append(ctx, point, 1, false, folder->points);
}
