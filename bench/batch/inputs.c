#include "bench/batch/inputs.h"

#include <string.h>

#include "dvfo_sources.h"
#include "sim/base/hash.h"

#define MOST_FILE ((size_t)4 << 30)
enum { MOST_LIST = 4096 };

void dvfo_inputs_free(struct dvfo_inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++) {
        free(inputs->file[i].name);
    }
    free(inputs->file);
    *inputs = (struct dvfo_inputs){0};
}

const char *dvfo_inputs_program(void)
{
    return DVFO_SOURCES_SHA256;
}

const char *dvfo_inputs_live_program(void)
{
    return DVFO_LIVE_SOURCES_SHA256;
}

/* ---- files behind values ---- */

/* Options whose value is a file, or a list of them, or a name in a folder of ours. */
static const struct source {
    const char *key, *kind, *folder, *suffix;
    bool list;
} sources[] = {
    {"board", "board", "profiles/boards", ".yaml", true},
    {"network", "network", "profiles/networks", ".yaml", true},
    {"cloud", "cloud", "profiles/clouds", ".yaml", true},
    {"accuracy", "accuracy profile", "profiles/accuracy", ".h5", true},
    {"preset", "preset", "policies/presets", ".yaml", true},
    {"layers", "layer profile", NULL, NULL, true},
    {"trace", "trace", NULL, NULL, true},
    {"shape", "trace", NULL, NULL, false},
    {"network-file", "split network", NULL, NULL, false},
    {"images", "images", NULL, NULL, false},
    {"key", "key", NULL, NULL, false},
}; /* ... and the file of an agent, behind the name of its policy */

static const struct source *source_of(const char *key)
{
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        if (strcmp(sources[i].key, key) == 0) {
            return &sources[i];
        }
    }
    return NULL;
}

static bool is_link(const char *key)
{
    return strcmp(key, "trace") == 0 || strcmp(key, "shape") == 0;
}

/* A value that says all by itself. */
static bool is_no_file(const char *key, const char *value)
{
    const bool made = strncmp(value, "const:", 6) == 0 || strncmp(value, "model:", 6) == 0;
    return (is_link(key) && made) || (strcmp(key, "accuracy") == 0 && strcmp(value, "none") == 0);
}

static dvfo_status remember(struct dvfo_ctx *ctx, struct dvfo_inputs *inputs, const char *name, const char *sha256)
{
    if (inputs->count == inputs->capacity) {
        const size_t capacity = inputs->capacity == 0 ? 32 : 2 * inputs->capacity;
        struct dvfo_inputs_file *grown = realloc(inputs->file, capacity * sizeof *grown);
        if (grown == NULL) {
            return dvfo_fail_no_memory(ctx);
        }
        inputs->file = grown;
        inputs->capacity = capacity;
    }
    struct dvfo_inputs_file *file = &inputs->file[inputs->count];
    file->name = dvfo_text_copy(name);
    snprintf(file->sha256, sizeof file->sha256, "%s", sha256);
    if (file->name == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    inputs->count++;
    return DVFO_OK;
}

/* A recording may carry a direction: FILE:download. */
static dvfo_status find_path(struct dvfo_ctx *ctx, const struct source *source, const char *value,
                             char path[DVFO_PATH_SIZE])
{
    if (source->folder != NULL) {
        return dvfo_data_path(ctx, source->kind, source->folder, value, source->suffix, path);
    }
    const char *colon = is_link(source->key) ? strrchr(value, ':') : NULL;
    const bool direction = colon != NULL && (strcmp(colon, ":upload") == 0 || strcmp(colon, ":download") == 0);
    const int length = direction ? (int)(colon - value) : (int)strlen(value);
    snprintf(path, DVFO_PATH_SIZE, "%.*s", length, value);
    return DVFO_OK;
}

dvfo_status dvfo_inputs_hash_file(struct dvfo_ctx *ctx, struct dvfo_inputs *inputs, const char *path,
                                  char sha256[DVFO_SHA256_HEX_SIZE])
{
    struct dvfo_text bytes;
    for (size_t i = 0; i < inputs->count; i++) {
        if (strcmp(inputs->file[i].name, path) == 0) {
            memcpy(sha256, inputs->file[i].sha256, DVFO_SHA256_HEX_SIZE);
            return DVFO_OK;
        }
    }
    DVFO_TRY(dvfo_text_load_bytes(ctx, path, MOST_FILE, &bytes));
    memcpy(sha256, bytes.sha256, DVFO_SHA256_HEX_SIZE);
    dvfo_text_free(&bytes);
    return remember(ctx, inputs, path, sha256);
}

/* An agent of the user's: NAME:FILE, of a policy that is trained. @return its file; NULL when it is none */
static const char *agent_of(const char *policy)
{
    char name[64], path[DVFO_PATH_SIZE];
    const char *colon = strchr(policy, ':');
    if (colon == NULL || (size_t)(colon - policy) >= sizeof name) {
        return NULL;
    }
    snprintf(name, sizeof name, "%.*s", (int)(colon - policy), policy);
    return dvfo_data_path(NULL, "preset", "policies/presets", name, ".yaml", path) == DVFO_OK ? colon + 1 : NULL;
}

dvfo_status dvfo_inputs_path(struct dvfo_ctx *ctx, const char *key, const char *entry, char path[DVFO_PATH_SIZE])
{
    const struct source *source = source_of(key);
    const char *agent = strcmp(key, "policy") == 0 ? agent_of(entry) : NULL;
    path[0] = '\0';
    if (agent != NULL) {
        snprintf(path, DVFO_PATH_SIZE, "%s", agent);
    }
    return source == NULL || is_no_file(key, entry) ? DVFO_OK : find_path(ctx, source, entry, path);
}

bool dvfo_inputs_is_list(const char *key)
{
    const struct source *source = source_of(key);
    return source != NULL && source->list;
}

static dvfo_status hash_entry(struct dvfo_ctx *ctx, struct dvfo_inputs *inputs, const char *key, const char *entry,
                              char *out, size_t size)
{
    char path[DVFO_PATH_SIZE], sha256[DVFO_SHA256_HEX_SIZE] = "";
    DVFO_TRY(dvfo_inputs_path(ctx, key, entry, path));
    if (path[0] != '\0') {
        DVFO_TRY(dvfo_inputs_hash_file(ctx, inputs, path, sha256));
    }
    strncat(out, sha256, size - strlen(out) - 1);
    return DVFO_OK;
}

dvfo_status dvfo_inputs_hash(struct dvfo_ctx *ctx, struct dvfo_inputs *inputs, const char *key, const char *value,
                             char *out, size_t size)
{
    char list[MOST_LIST];
    out[0] = '\0';
    if (!dvfo_inputs_is_list(key)) {
        return hash_entry(ctx, inputs, key, value, out, size);
    }
    if (snprintf(list, sizeof list, "%s", value) >= (int)sizeof list) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s is longer than %d characters", key, MOST_LIST - 1);
    }
    char *rest = NULL;
    for (char *entry = strtok_r(list, ",", &rest); entry != NULL; entry = strtok_r(NULL, ",", &rest)) {
        DVFO_TRY(hash_entry(ctx, inputs, key, entry, out, size));
    }
    return DVFO_OK;
}

/* ---- the text ---- */

static int by_key(const void *a, const void *b)
{
    const struct dvfo_plan_option *x = a, *y = b;
    return strcmp(x->key, y->key);
}

dvfo_status dvfo_inputs_write(struct dvfo_ctx *ctx, struct dvfo_inputs *inputs, const struct dvfo_plan_option option[],
                              size_t options, FILE *text)
{
    struct dvfo_plan_option sorted[DVFO_PLAN_OPTIONS];
    DVFO_REQUIRE(options <= DVFO_PLAN_OPTIONS);
    memcpy(sorted, option, options * sizeof *sorted);
    qsort(sorted, options, sizeof *sorted, by_key);
    for (size_t i = 0; i < options; i++) {
        char sha256[MOST_LIST];
        DVFO_TRY(dvfo_inputs_hash(ctx, inputs, sorted[i].key, sorted[i].value, sha256, sizeof sha256));
        fprintf(text, "%s: %s%s%s\n", sorted[i].key, sorted[i].value, sha256[0] != '\0' ? " " : "", sha256);
    }
    fprintf(text, "program: %s\n", dvfo_inputs_program());
    return DVFO_OK;
}

dvfo_status dvfo_inputs_finish(struct dvfo_ctx *ctx, FILE *text, char **bytes, size_t *size,
                               char sha256[DVFO_SHA256_HEX_SIZE])
{
    if (fclose(text) != 0) {
        free(*bytes);
        return dvfo_fail_no_memory(ctx);
    }
    dvfo_hash_sha256_hex(*bytes, *size, sha256);
    free(*bytes);
    return DVFO_OK;
}
