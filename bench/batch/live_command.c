#include "bench/batch/live_command.h"

#include <string.h>
#include <unistd.h>

#include "bench/batch/batch_parts.h"
#include "bench/batch/call.h"
#include "bench/live/edge/live_options.h"
#include "sim/base/text.h"

void dvfo_live_command_free(struct dvfo_live_command *command)
{
    for (size_t i = 0; i < command->files; i++) {
        free(command->file[i].path);
        free(command->file[i].folder);
        free(command->file[i].name);
    }
    dvfo_words_free(&command->words);
    *command = (struct dvfo_live_command){0};
}

dvfo_status dvfo_live_command_begin(struct dvfo_ctx *ctx, const struct dvfo_host *host, struct dvfo_words *out)
{
    const char *const sudo[] = {"sudo", "-n", "--", NULL};
    if (host->sudo) {
        DVFO_TRY(dvfo_words_add_all(ctx, out, sudo));
    }
    return dvfo_words_add(ctx, out, host->dvfo != NULL ? host->dvfo : "dvfo");
}

/* What a command is made for. */
struct making {
    struct dvfo_batch *batch;
    const struct dvfo_batch_trial *trial;
    const struct dvfo_host *host;
    struct dvfo_live_command *out;
};

/* ---- files ---- */

static dvfo_status add_file(struct dvfo_ctx *ctx, struct making *making, const char *path,
                            const struct dvfo_live_file **out)
{
    struct dvfo_live_command *command = making->out;
    char folder[DVFO_PATH_SIZE], sha256[DVFO_SHA256_HEX_SIZE];
    const char *slash = strrchr(path, '/');
    DVFO_TRY(dvfo_inputs_hash_file(ctx, &making->batch->inputs, path, sha256));
    if (command->files == DVFO_LIVE_FILES) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "a trial names more than %d files", (int)DVFO_LIVE_FILES);
    }
    if (snprintf(folder, sizeof folder, "%s/%s", making->host->folder, sha256) >= (int)sizeof folder) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the folder of %s is longer than %d characters",
                         making->host->destination, DVFO_PATH_SIZE - 1);
    }
    struct dvfo_live_file *file = &command->file[command->files++];
    *file = (struct dvfo_live_file){.path = dvfo_text_copy(path),
                                    .folder = dvfo_text_copy(folder),
                                    .name = dvfo_text_copy(slash != NULL ? slash + 1 : path)};
    memcpy(file->sha256, sha256, sizeof file->sha256);
    *out = file;
    return file->path != NULL && file->folder != NULL && file->name != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

/* A path as it is there. One that isn't here yet, an agent that is still to be trained, is told as it will be here. */
static dvfo_status write_path(struct dvfo_ctx *ctx, struct making *making, const char *path, FILE *text)
{
    const struct dvfo_live_file *file = NULL;
    if (making->host->local || access(path, R_OK) != 0) {
        fputs(path, text);
        return DVFO_OK;
    }
    DVFO_TRY(add_file(ctx, making, path, &file));
    fprintf(text, "%s/%s", file->folder, file->name);
    return DVFO_OK;
}

/* One entry of a value. Names in our folders mean the same there; the accuracy profile is no part of the sources, so it
 * goes along. */
static dvfo_status write_entry(struct dvfo_ctx *ctx, struct making *making, const char *key, const char *entry,
                               FILE *text)
{
    char path[DVFO_PATH_SIZE];
    DVFO_TRY(dvfo_inputs_path(ctx, key, entry, path));
    const size_t length = strlen(path);
    const bool named = length > 0 && strncmp(entry, path, length) == 0; /* FILE, or FILE:download */
    const bool goes_along = !making->host->local && length > 0 && strcmp(key, "accuracy") == 0;
    if (!named && !goes_along) {
        fputs(entry, text);
        return DVFO_OK;
    }
    DVFO_TRY(write_path(ctx, making, path, text));
    fputs(named ? entry + length : "", text);
    return DVFO_OK;
}

static dvfo_status write_value(struct dvfo_ctx *ctx, struct making *making, const struct dvfo_plan_option *option,
                               FILE *text)
{
    if (!dvfo_inputs_is_list(option->key)) {
        return write_entry(ctx, making, option->key, option->value, text);
    }
    char *list = dvfo_text_copy(option->value), *rest = NULL;
    dvfo_status status = list != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
    for (char *entry = list != NULL ? strtok_r(list, ",", &rest) : NULL; entry != NULL && status == DVFO_OK;
         entry = strtok_r(NULL, ",", &rest)) {
        fputs(entry == list ? "" : ",", text);
        status = write_entry(ctx, making, option->key, entry, text);
    }
    free(list);
    return status;
}

/* "NAME:FILE" of an agent, trained here or the user's own. */
static dvfo_status write_policy(struct dvfo_ctx *ctx, struct making *making, FILE *text)
{
    char spec[DVFO_PATH_SIZE + 64], path[DVFO_PATH_SIZE];
    const struct dvfo_batch *batch = making->batch;
    dvfo_batch_policy(batch, making->trial, spec);
    DVFO_TRY(dvfo_inputs_path(ctx, "policy", spec, path));
    if (making->trial->agent != DVFO_BATCH_NONE) {
        snprintf(path, sizeof path, "%s", batch->agent[making->trial->agent].path);
    }
    fprintf(text, "%.*s", (int)(strlen(spec) - strlen(path)), spec);
    return path[0] != '\0' ? write_path(ctx, making, path, text) : DVFO_OK;
}

/* ---- words ---- */

/* Add what was written to a memory stream, which is closed and freed. */
static dvfo_status add_written(struct dvfo_ctx *ctx, struct dvfo_words *words, dvfo_status status, FILE *file,
                               char **text)
{
    const bool written = fclose(file) == 0;
    if (status == DVFO_OK) {
        status = written ? dvfo_words_add(ctx, words, *text) : dvfo_fail_no_memory(ctx);
    }
    free(*text);
    return status;
}

static dvfo_status add_option(struct dvfo_ctx *ctx, struct making *making, const struct dvfo_plan_option *option)
{
    struct dvfo_words *words = &making->out->words;
    char name[128], *text = NULL;
    size_t size = 0;
    const bool is_switch = dvfo_live_option_is_switch(option->key);
    snprintf(name, sizeof name, "--%s", option->key);
    if (is_switch) {
        return strcmp(option->value, "yes") == 0 ? dvfo_words_add(ctx, words, name) : DVFO_OK;
    }
    DVFO_TRY(dvfo_words_add(ctx, words, name));
    FILE *file = open_memstream(&text, &size);
    return file == NULL ? dvfo_fail_no_memory(ctx)
                        : add_written(ctx, words, write_value(ctx, making, option, file), file, &text);
}

static dvfo_status add_policy(struct dvfo_ctx *ctx, struct making *making)
{
    char *text = NULL;
    size_t size = 0;
    DVFO_TRY(dvfo_words_add(ctx, &making->out->words, "--policy"));
    FILE *file = open_memstream(&text, &size);
    return file == NULL ? dvfo_fail_no_memory(ctx)
                        : add_written(ctx, &making->out->words, write_policy(ctx, making, file), file, &text);
}

/* What a command says goes beside the files, where the plan doesn't say where. */
static dvfo_status add_log(struct dvfo_ctx *ctx, struct making *making)
{
    const struct dvfo_plan *plan = making->batch->plan[making->trial->plan];
    char path[DVFO_PATH_SIZE];
    if (dvfo_plan_value(plan, making->trial->point, "command") == NULL ||
        dvfo_plan_value(plan, making->trial->point, "command-log") != NULL) {
        return DVFO_OK;
    }
    snprintf(path, sizeof path, "%s/dvfo-command.log",
             making->host->local ? making->batch->def.folder : making->host->folder);
    DVFO_TRY(dvfo_words_add(ctx, &making->out->words, "--command-log"));
    return dvfo_words_add(ctx, &making->out->words, path);
}

dvfo_status dvfo_live_command_make(struct dvfo_ctx *ctx, struct dvfo_batch *batch, const struct dvfo_batch_trial *trial,
                                   const struct dvfo_host *host, struct dvfo_live_command *out)
{
    struct making making = {batch, trial, host, out};
    struct dvfo_plan_option option[DVFO_PLAN_OPTIONS];
    char seed[24];
    *out = (struct dvfo_live_command){0};
    const size_t count = dvfo_batch_options(batch->plan[trial->plan], trial->point, dvfo_batch_agent_def(batch, trial),
                                            trial->seed, seed, option);
    DVFO_TRY(dvfo_live_command_begin(ctx, host, &out->words));
    DVFO_TRY(dvfo_words_add(ctx, &out->words, "live"));
    for (size_t i = 0; i < count; i++) {
        DVFO_TRY(add_option(ctx, &making, &option[i]));
    }
    DVFO_TRY(add_log(ctx, &making));
    DVFO_TRY(add_policy(ctx, &making));
    return dvfo_words_add(ctx, &out->words, "--record");
}

/* ---- for people ---- */

static const struct dvfo_host *host_of(const struct dvfo_batch *batch, const struct dvfo_batch_trial *trial)
{
    const struct dvfo_hosts *hosts = batch->def.hosts;
    const char *board = dvfo_plan_value(batch->plan[trial->plan], trial->point, "board");
    const size_t index = (size_t)(trial - batch->trial);
    if (batch->claim != NULL && batch->claim[index].taken) {
        return &hosts->host[batch->claim[index].host];
    }
    for (size_t i = 0; hosts != NULL && i < hosts->count; i++) {
        if (strcmp(hosts->host[i].board, board) == 0) {
            return &hosts->host[i];
        }
    }
    return NULL;
}

void dvfo_live_command_print(struct dvfo_batch *batch, const struct dvfo_batch_trial *trial, FILE *file)
{
    struct dvfo_ctx inner = {0};
    struct dvfo_live_command command = {0};
    struct dvfo_words words = {0};
    const struct dvfo_host *host = host_of(batch, trial);
    if (host == NULL) {
        fputs("(no machine)\n", file);
        return;
    }
    if (dvfo_live_command_make(&inner, batch, trial, host, &command) == DVFO_OK &&
        dvfo_call_words(&inner, batch->def.hosts, host, &command.words, &words) == DVFO_OK) {
        dvfo_words_print(&words, file);
        fputc('\n', file);
    } else {
        fprintf(file, "(%s)\n", inner.message);
    }
    dvfo_words_free(&words);
    dvfo_live_command_free(&command);
}
