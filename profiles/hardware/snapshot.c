#include "profiles/hardware/snapshot.h"

#include <jansson.h>
#include <string.h>

#include "sim/base/text.h"

#define SCHEMA "dvfo clocks 1"

static const char *const kinds[] = {"plain", "lowest", "highest"};

const char *dvfo_snapshot_find(const struct dvfo_snapshot *snapshot, const char *path)
{
    for (size_t i = 0; i < snapshot->n; i++) {
        if (strcmp(snapshot->file[i].path, path) == 0) {
            return snapshot->file[i].text;
        }
    }
    return NULL;
}

static dvfo_status add(struct dvfo_ctx *ctx, struct dvfo_snapshot *snapshot, const char *path, const char *text,
                       dvfo_snapshot_kind kind)
{
    if (strlen(text) >= DVFO_PLAN_TEXT_SIZE || text[0] == '\0') {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: holds '%.60s', which can't be given back later", path, text);
    }
    DVFO_REQUIRE(snapshot->n < DVFO_PLAN_MAX);
    strcpy(snapshot->file[snapshot->n].path, path);
    strcpy(snapshot->file[snapshot->n].text, text);
    snapshot->file[snapshot->n++].kind = kind;
    return DVFO_OK;
}

static dvfo_status keep(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, struct dvfo_snapshot *snapshot,
                        const char *path, dvfo_snapshot_kind kind)
{
    char text[DVFO_SYSFS_TEXT_SIZE];
    if (dvfo_snapshot_find(snapshot, path) != NULL) {
        return DVFO_OK;
    }
    DVFO_TRY(dvfo_sysfs_read(ctx, sysfs, path, text));
    return add(ctx, snapshot, path, text, kind);
}

/* Backwards through the steps. A clock that can only be written is given back as what was measured. */
static dvfo_status keep_memory(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware,
                               struct dvfo_snapshot *snapshot)
{
    size_t steps = 0;
    while (dvfo_emc_step(&hardware->sysfs, hardware->emc, steps) != NULL) {
        steps++;
    }
    for (size_t i = steps; i-- > 0;) {
        const char *path = dvfo_emc_step(&hardware->sysfs, hardware->emc, i);
        dvfo_status status = keep(ctx, &hardware->sysfs, snapshot, path, DVFO_SNAPSHOT_PLAIN);
        if (status != DVFO_OK && hardware->emc->step[i].text == NULL) {
            char text[DVFO_PLAN_TEXT_SIZE];
            double hz = 0.0;
            DVFO_TRY(dvfo_emc_measure(ctx, &hardware->sysfs, hardware->emc, &hz));
            snprintf(text, sizeof text, "%.0f", hz);
            status = add(ctx, snapshot, path, text, DVFO_SNAPSHOT_PLAIN);
        }
        DVFO_TRY(status);
    }
    return DVFO_OK;
}

/* The clock of the governor userspace is only there while that governor is. */
static dvfo_status keep_scaler(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const struct dvfo_scaler *scaler,
                               struct dvfo_snapshot *snapshot)
{
    char path[DVFO_SYSFS_PATH_SIZE];
    dvfo_scaler_path(scaler, scaler->form->lowest, path);
    DVFO_TRY(keep(ctx, sysfs, snapshot, path, DVFO_SNAPSHOT_LOWEST));
    dvfo_scaler_path(scaler, scaler->form->highest, path);
    DVFO_TRY(keep(ctx, sysfs, snapshot, path, DVFO_SNAPSHOT_HIGHEST));
    dvfo_scaler_path(scaler, scaler->form->governor, path);
    DVFO_TRY(keep(ctx, sysfs, snapshot, path, DVFO_SNAPSHOT_PLAIN));
    if (strcmp(dvfo_snapshot_find(snapshot, path), "userspace") != 0) {
        return DVFO_OK;
    }
    dvfo_scaler_path(scaler, scaler->form->set, path);
    return keep(ctx, sysfs, snapshot, path, DVFO_SNAPSHOT_PLAIN);
}

dvfo_status dvfo_snapshot_take(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware,
                               const bool domains[DVFO_DOMAINS], struct dvfo_snapshot *snapshot)
{
    if (domains[DVFO_MEM]) {
        DVFO_TRY(keep_memory(ctx, hardware, snapshot));
    }
    for (size_t i = 0; domains[DVFO_CPU] && i < hardware->policy_count; i++) {
        DVFO_TRY(keep_scaler(ctx, &hardware->sysfs, &hardware->policy[i], snapshot));
    }
    if (domains[DVFO_GPU]) {
        DVFO_TRY(keep_scaler(ctx, &hardware->sysfs, &hardware->gpu, snapshot));
    }
    return domains[DVFO_GPU] && hardware->railgate != NULL
               ? keep(ctx, &hardware->sysfs, snapshot, hardware->railgate, DVFO_SNAPSHOT_PLAIN)
               : DVFO_OK;
}

static dvfo_status restore_plain(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const char *path,
                                 const char *text)
{
    char now[DVFO_SYSFS_TEXT_SIZE];
    const bool same = dvfo_sysfs_read(NULL, sysfs, path, now) == DVFO_OK && strcmp(now, text) == 0;
    return same ? DVFO_OK : dvfo_sysfs_write(ctx, sysfs, path, text);
}

static dvfo_status restore_limits(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs,
                                  const struct dvfo_snapshot *snapshot, size_t i)
{
    struct dvfo_plan plan = {0};
    long long lowest = 0, highest = 0;
    if (!dvfo_text_integer(snapshot->file[i].text, NULL, &lowest) ||
        !dvfo_text_integer(snapshot->file[i + 1].text, NULL, &highest) || lowest > highest) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: was '%s' below '%s', expected two limits", snapshot->file[i].path,
                         snapshot->file[i].text, snapshot->file[i + 1].text);
    }
    DVFO_TRY(
        dvfo_plan_add_limits(ctx, sysfs, &plan, snapshot->file[i].path, snapshot->file[i + 1].path, lowest, highest));
    return dvfo_plan_run(ctx, sysfs, &plan);
}

dvfo_status dvfo_snapshot_restore(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs,
                                  const struct dvfo_snapshot *snapshot)
{
    size_t failed = 0;
    for (size_t i = 0; i < snapshot->n; i++) {
        struct dvfo_ctx own = {.message = ""};
        const bool limits = snapshot->file[i].kind == DVFO_SNAPSHOT_LOWEST;
        const dvfo_status status = limits ? restore_limits(&own, sysfs, snapshot, i)
                                          : restore_plain(&own, sysfs, snapshot->file[i].path, snapshot->file[i].text);
        if (status != DVFO_OK) {
            dvfo_note(ctx, "not given back: %s", own.message);
            failed++;
        }
        i += limits ? 1 : 0;
    }
    return failed == 0 ? DVFO_OK
                       : dvfo_fail(ctx, DVFO_FAILED, "%zu of the board's clock files could not be given back", failed);
}

char *dvfo_snapshot_text(const struct dvfo_snapshot *snapshot)
{
    json_t *files = json_array();
    for (size_t i = 0; i < snapshot->n; i++) {
        json_array_append_new(files, json_pack("{s:s, s:s, s:s}", "path", snapshot->file[i].path, "text",
                                               snapshot->file[i].text, "kind", kinds[snapshot->file[i].kind]));
    }
    json_t *root = json_pack("{s:s, s:o}", "schema", SCHEMA, "files", files);
    char *text = root != NULL ? json_dumps(root, JSON_INDENT(2)) : NULL;
    json_decref(root);
    return text;
}

static dvfo_status parse_file(struct dvfo_ctx *ctx, const char *name, const json_t *entry, struct dvfo_snapshot *out)
{
    const char *path = json_string_value(json_object_get(entry, "path"));
    const char *text = json_string_value(json_object_get(entry, "text"));
    const char *kind = json_string_value(json_object_get(entry, "kind"));
    size_t k = 0;
    while (kind != NULL && k < 3 && strcmp(kinds[k], kind) != 0) {
        k++;
    }
    if (path == NULL || text == NULL || kind == NULL || k == 3 || strlen(path) >= DVFO_SYSFS_PATH_SIZE) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: entry %zu is not a path with its text and kind", name, out->n + 1);
    }
    if (strncmp(path, "/sys/", strlen("/sys/")) != 0 || strstr(path, "/../") != NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: names %s, expected files below /sys only", name, path);
    }
    if (out->n == DVFO_PLAN_MAX) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: names more than %d files", name, DVFO_PLAN_MAX);
    }
    return add(ctx, out, path, text, (dvfo_snapshot_kind)k);
}

/* Every lowest limit has its highest behind it, both are numbers in order, and no highest stands alone. */
static dvfo_status check_limits(struct dvfo_ctx *ctx, const char *name, const struct dvfo_snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->n; i++) {
        long long lowest = 0, highest = 0;
        const bool is_lowest = snapshot->file[i].kind == DVFO_SNAPSHOT_LOWEST;
        const bool paired = i + 1 < snapshot->n && snapshot->file[i + 1].kind == DVFO_SNAPSHOT_HIGHEST;
        if (is_lowest != paired || (i == 0 && snapshot->file[i].kind == DVFO_SNAPSHOT_HIGHEST)) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: a lowest or highest limit lacks its other half (entry %zu)",
                             name, i + 1);
        }
        if (is_lowest && (!dvfo_text_integer(snapshot->file[i].text, NULL, &lowest) ||
                          !dvfo_text_integer(snapshot->file[i + 1].text, NULL, &highest) || lowest > highest)) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT,
                             "%s: entry %zu limits from '%s' to '%s', expected two numbers in order", name, i + 1,
                             snapshot->file[i].text, snapshot->file[i + 1].text);
        }
    }
    return DVFO_OK;
}

dvfo_status dvfo_snapshot_parse(struct dvfo_ctx *ctx, const char *name, const char *text, struct dvfo_snapshot *out)
{
    json_error_t error;
    json_t *root = json_loads(text, 0, &error);
    *out = (struct dvfo_snapshot){0};
    if (root == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: is no JSON: %s", name, error.line, error.text);
    }
    const char *schema = json_string_value(json_object_get(root, "schema"));
    const json_t *files = json_object_get(root, "files");
    dvfo_status status = DVFO_OK;
    if (schema == NULL || strcmp(schema, SCHEMA) != 0) {
        status = dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: its schema is '%.40s', expected '%s'", name,
                           schema != NULL ? schema : "", SCHEMA);
    }
    for (size_t i = 0; status == DVFO_OK && i < json_array_size(files); i++) {
        status = parse_file(ctx, name, json_array_get(files, i), out);
    }
    json_decref(root);
    return status == DVFO_OK ? check_limits(ctx, name, out) : status;
}
