#include "bench/batch/batch.h"

#include <string.h>
#include <unistd.h>

#include "bench/batch/batch_parts.h"
#include "bench/batch/live_command.h"
#include "policies/agents/agent_def.h"
#include "sim/base/text.h"

void dvfo_batch_free(struct dvfo_batch *batch)
{
    for (size_t i = 0; i < batch->agents; i++) {
        free(batch->agent[i].path);
    }
    dvfo_inputs_free(&batch->inputs);
    free(batch->agent);
    free(batch->trial);
    free(batch->group);
    *batch = (struct dvfo_batch){0};
}

/* ---- the options of a trial ---- */

static bool has(const struct dvfo_plan_option option[], size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(option[i].key, key) == 0) {
            return true;
        }
    }
    return false;
}

/* A point's options, but an agent's own where it has some. */
static size_t take_own(const struct dvfo_plan *plan, size_t point, const struct dvfo_plan_agent *agent,
                       struct dvfo_plan_option out[DVFO_PLAN_OPTIONS])
{
    struct dvfo_plan_option option[DVFO_PLAN_OPTIONS];
    const size_t of_point = dvfo_plan_options(plan, point, option);
    size_t count = 0;
    for (; agent != NULL && count < agent->options; count++) {
        out[count] = agent->option[count];
    }
    for (size_t i = 0; i < of_point; i++) {
        if (!has(out, count, option[i].key)) {
            out[count++] = option[i];
        }
    }
    return count;
}

/* The key to a server opens the door, and changes nothing behind it. */
static size_t drop_key(struct dvfo_plan_option option[], size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(option[i].key, "key") != 0) {
            option[kept++] = option[i];
        }
    }
    return kept;
}

static bool is_recording(const char *trace)
{
    return trace != NULL && strncmp(trace, "const:", 6) != 0 && strncmp(trace, "model:", 6) != 0;
}

/* The shipped accuracy profile is named, so that its hash is among the inputs. Of a recording the part is met that no
 * agent learns from. */
size_t dvfo_batch_options(const struct dvfo_plan *plan, size_t point, const struct dvfo_plan_agent *agent, long seed,
                          char seed_text[24], struct dvfo_plan_option out[DVFO_PLAN_OPTIONS])
{
    char path[DVFO_PATH_SIZE];
    size_t count = take_own(plan, point, agent, out);
    DVFO_REQUIRE(count + 7 < DVFO_PLAN_OPTIONS);
    if (!has(out, count, "accuracy")) {
        const bool shipped =
            dvfo_data_path(NULL, "accuracy profile", "profiles/accuracy", "generated", ".h5", path) == DVFO_OK;
        out[count++] = (struct dvfo_plan_option){"accuracy", shipped ? "generated" : "none"};
    }
    if (plan->agents > 0 && !has(out, count, "trace-from") &&
        is_recording(dvfo_plan_value(plan, point, dvfo_plan_link_key(plan)))) {
        out[count++] = (struct dvfo_plan_option){"trace-from", "80%"};
    }
    snprintf(seed_text, 24, "%ld", seed);
    out[count++] = (struct dvfo_plan_option){"seed", seed_text};
    return count;
}

const struct dvfo_plan_agent *dvfo_batch_agent_def(const struct dvfo_batch *batch, const struct dvfo_batch_trial *trial)
{
    const struct dvfo_plan *plan = batch->plan[trial->plan];
    return dvfo_plan_agent_of(plan, plan->policies.entry[trial->policy]);
}

dvfo_status dvfo_batch_inputs(struct dvfo_ctx *ctx, struct dvfo_batch *batch, const struct dvfo_batch_trial *trial,
                              char **text)
{
    const struct dvfo_plan *plan = batch->plan[trial->plan];
    struct dvfo_plan_option option[DVFO_PLAN_OPTIONS];
    char seed[24];
    const struct dvfo_plan_agent *agent = dvfo_batch_agent_def(batch, trial);
    size_t size = 0, count = dvfo_batch_options(plan, trial->point, agent, trial->seed, seed, option);
    FILE *file = open_memstream(text, &size);
    if (file == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    if (plan->live) {
        count = drop_key(option, count);
        option[count++] = (struct dvfo_plan_option){"world", "live"};
        option[count++] = (struct dvfo_plan_option){"program of live worlds", dvfo_inputs_live_program()};
    }
    option[count++] = (struct dvfo_plan_option){"policy", plan->policies.entry[trial->policy]};
    if (trial->agent != DVFO_BATCH_NONE) {
        option[count++] = (struct dvfo_plan_option){"agent", batch->agent[trial->agent].sha256};
    }
    const dvfo_status status = dvfo_inputs_write(ctx, &batch->inputs, option, count, file);
    const bool written = fclose(file) == 0;
    if (status != DVFO_OK || !written) {
        free(*text);
        *text = NULL;
        return status != DVFO_OK ? status : dvfo_fail_no_memory(ctx);
    }
    return DVFO_OK;
}

void dvfo_batch_policy(const struct dvfo_batch *batch, const struct dvfo_batch_trial *trial,
                       char spec[DVFO_PATH_SIZE + 64])
{
    if (trial->agent == DVFO_BATCH_NONE) {
        snprintf(spec, DVFO_PATH_SIZE + 64, "%s", batch->plan[trial->plan]->policies.entry[trial->policy]);
    } else {
        const struct dvfo_batch_agent *agent = &batch->agent[trial->agent];
        snprintf(spec, DVFO_PATH_SIZE + 64, "%s:%s", agent->policy, agent->path);
    }
}

/* ---- paths ---- */

void dvfo_batch_record_path(const struct dvfo_batch *batch, const char *sha256, char path[DVFO_PATH_SIZE])
{
    snprintf(path, DVFO_PATH_SIZE, "%s/trials/%.2s/%.32s.json", batch->def.folder, sha256, sha256);
}

dvfo_status dvfo_batch_load(struct dvfo_ctx *ctx, const struct dvfo_batch *batch, size_t trial, struct dvfo_record *out)
{
    char path[DVFO_PATH_SIZE];
    const char *sha256 = batch->trial[trial].sha256;
    dvfo_batch_record_path(batch, sha256, path);
    switch (dvfo_record_load(ctx, path, sha256, out)) {
    case DVFO_RECORD_WHOLE:
        return DVFO_OK;
    case DVFO_RECORD_MISSING:
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: there is no such record; 'dvfo bench run %s' makes it", path,
                         batch->plan[batch->trial[trial].plan]->id);
    default:
        return DVFO_BAD_INPUT;
    }
}

/* ---- what is to be done ---- */

bool dvfo_batch_mine(const struct dvfo_batch *batch, const struct dvfo_batch_trial *trial)
{
    if (batch->def.shards < 2) {
        return true;
    }
    const char *board = dvfo_plan_value(batch->plan[trial->plan], trial->point, "board");
    size_t b = 0;
    while (b < batch->boards.count && strcmp(batch->boards.entry[b], board) != 0) {
        b++;
    }
    /* What shares agents stays together, whichever plans it is of. */
    const size_t unit = b * (size_t)batch->seeds + (size_t)(trial->seed - 1);
    return unit % (size_t)batch->def.shards == (size_t)(batch->def.shard - 1);
}

size_t dvfo_batch_count(const struct dvfo_batch *batch, bool open_only)
{
    size_t count = 0;
    for (size_t i = 0; i < batch->trials; i++) {
        count += dvfo_batch_mine(batch, &batch->trial[i]) && (!open_only || batch->trial[i].state != DVFO_BATCH_THERE);
    }
    return count;
}

size_t dvfo_batch_untrained(const struct dvfo_batch *batch)
{
    size_t count = 0;
    for (size_t i = 0; i < batch->agents; i++) {
        count += batch->agent[i].wanted && batch->agent[i].state != DVFO_BATCH_THERE;
    }
    return count;
}

/* ---- the commands that repeat them ---- */

static void print_options(const struct dvfo_plan_option option[], size_t count, FILE *file)
{
    for (size_t i = 0; i < count; i++) {
        if (!dvfo_setting_is_switch(option[i].key)) {
            fprintf(file, " --%s ", option[i].key);
            dvfo_word_print(option[i].value, file);
        } else if (strcmp(option[i].value, "yes") == 0) {
            fprintf(file, " --%s", option[i].key);
        }
    }
}

void dvfo_batch_print_trial(struct dvfo_batch *batch, const struct dvfo_batch_trial *trial, FILE *file)
{
    if (batch->plan[trial->plan]->live) {
        dvfo_live_command_print(batch, trial, file);
        return;
    }
    struct dvfo_plan_option option[DVFO_PLAN_OPTIONS];
    char seed[24], policy[DVFO_PATH_SIZE + 64];
    const size_t count = dvfo_batch_options(batch->plan[trial->plan], trial->point, dvfo_batch_agent_def(batch, trial),
                                            trial->seed, seed, option);
    dvfo_batch_policy(batch, trial, policy);
    fputs("dvfo run", file);
    print_options(option, count, file);
    fputs(" --policy ", file);
    dvfo_word_print(policy, file);
    fputc('\n', file);
}

static void print_list(const char *option, const struct dvfo_plan_list *list, FILE *file)
{
    fprintf(file, " --%s ", option);
    for (size_t i = 0; i < list->count; i++) {
        fputs(i > 0 ? "," : "", file);
        dvfo_word_print(list->entry[i], file);
    }
}

void dvfo_batch_print_agent(const struct dvfo_batch *batch, const struct dvfo_batch_agent *agent, FILE *file)
{
    struct dvfo_plan_option option[DVFO_PLAN_OPTIONS];
    char seed[24];
    const size_t count = dvfo_batch_agent_options(batch, agent, seed, option);
    fputs("dvfo train --policy ", file);
    dvfo_word_print(agent->def->preset, file);
    print_options(option, count, file);
    print_list("network", &agent->network, file);
    print_list("trace", &agent->trace, file);
    print_list("etas", &agent->eta, file);
    if (agent->def->steps != NULL) {
        fprintf(file, " --steps %s", agent->def->steps);
    }
    for (size_t i = 0; i < agent->def->sets; i++) {
        fprintf(file, " --set %s=", agent->def->set[i].key);
        dvfo_word_print(agent->def->set[i].value, file);
    }
    fputs(" --no-reference --out ", file);
    dvfo_word_print(agent->path, file);
    fputc('\n', file);
}

void dvfo_batch_print_changes(const struct dvfo_plan_changes *changes, const char *folder, FILE *file)
{
    if (changes->quick) {
        fputs(" --quick", file);
    }
    if (changes->seeds > 0) {
        fprintf(file, " --seeds %ld", changes->seeds);
    }
    for (size_t i = 0; i < changes->sets; i++) {
        fputs(" --set ", file);
        dvfo_word_print(changes->set[i], file);
    }
    if (strcmp(folder, "results") != 0) {
        fputs(" --out ", file);
        dvfo_word_print(folder, file);
    }
}

void dvfo_batch_print_plan(const struct dvfo_plan *plan, FILE *file)
{
    char path[DVFO_PATH_SIZE];
    const bool ours = dvfo_data_path(NULL, "experiment", "bench/experiments", plan->id, ".yaml", path) == DVFO_OK &&
                      strcmp(path, plan->path) == 0;
    dvfo_word_print(ours ? plan->id : plan->path, file);
}
