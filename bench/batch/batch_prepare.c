/* Numbering a batch: which agents and trials its plans mean, and which of them are there. */
#include <string.h>
#include <unistd.h>

#include "bench/batch/batch_parts.h"
#include "bench/live/edge/live_options.h"
#include "policies/agents/agent_def.h"
#include "sim/base/hash.h"
#include "sim/base/hdf_read.h"

#define MOST_AGENT ((size_t)1 << 30)
enum { HASH_DIGITS = 16 };

/* Room for one more of an array; *array may move. */
static dvfo_status grow(struct dvfo_ctx *ctx, void **array, size_t count, size_t *room, size_t size)
{
    if (count < *room) {
        return DVFO_OK;
    }
    const size_t wanted = *room == 0 ? 64 : 2 * *room;
    void *grown = realloc(*array, wanted * size);
    if (grown == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    *array = grown;
    *room = wanted;
    return DVFO_OK;
}

/* ---- agents ---- */

static bool is_of_trials(const char *key)
{
    static const char *const keys[] = {"network", "trace", "eta", "requests", "trace-from", NULL};
    for (size_t i = 0; keys[i] != NULL; i++) {
        if (strcmp(keys[i], key) == 0) {
            return true;
        }
    }
    return dvfo_live_option_is_own(key); /* agents learn in the simulator */
}

size_t dvfo_batch_agent_options(const struct dvfo_batch *batch, const struct dvfo_batch_agent *agent,
                                char seed_text[24], struct dvfo_plan_option out[DVFO_PLAN_OPTIONS])
{
    struct dvfo_plan_option option[DVFO_PLAN_OPTIONS];
    const size_t all =
        dvfo_batch_options(batch->plan[agent->plan], agent->point, agent->def, agent->seed, seed_text, option);
    size_t count = 0;
    for (size_t i = 0; i < all; i++) {
        if (!is_of_trials(option[i].key)) {
            out[count++] = option[i];
        }
    }
    return count;
}

/* What it learns for: its own list, or the plan's, or the one value of the point. */
static struct dvfo_plan_list choose(const struct dvfo_plan *plan, size_t point, const char *key, bool per,
                                    const struct dvfo_plan_list *own, const char *otherwise)
{
    DVFO_REQUIRE(otherwise != NULL);
    struct dvfo_plan_list list = own->count > 0 ? *own : dvfo_plan_values(plan, key);
    if (per) {
        list.count = 1;
        list.entry[0] = dvfo_plan_value(plan, point, key);
    }
    if (list.count == 0 || list.entry[0] == NULL) {
        list.count = 1;
        list.entry[0] = otherwise;
    }
    return list;
}

static dvfo_status join(struct dvfo_ctx *ctx, const char *key, const struct dvfo_plan_list *list, char text[1024])
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < list->count && length < 1024; i++) {
        length += (size_t)snprintf(text + length, 1024 - length, "%s%s", i > 0 ? "," : "", list->entry[i]);
    }
    return length < 1024 ? DVFO_OK
                         : dvfo_fail(ctx, DVFO_BAD_INPUT,
                                     "the list of '%s' that it learns for is longer than %d characters", key, 1023);
}

static dvfo_status hash_agent(struct dvfo_ctx *ctx, struct dvfo_batch *batch, struct dvfo_batch_agent *agent)
{
    struct dvfo_plan_option option[DVFO_PLAN_OPTIONS];
    char seed[24], network[1024], trace[1024], eta[1024], *text = NULL;
    size_t size = 0, count = dvfo_batch_agent_options(batch, agent, seed, option);
    DVFO_TRY(join(ctx, "network", &agent->network, network));
    DVFO_TRY(join(ctx, "trace", &agent->trace, trace));
    DVFO_TRY(join(ctx, "eta", &agent->eta, eta));
    FILE *file = open_memstream(&text, &size);
    if (file == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    DVFO_REQUIRE(count + 5 <= DVFO_PLAN_OPTIONS);
    option[count++] = (struct dvfo_plan_option){"network", network};
    option[count++] = (struct dvfo_plan_option){"trace", trace};
    option[count++] = (struct dvfo_plan_option){"eta", eta};
    option[count++] = (struct dvfo_plan_option){"preset", agent->def->preset};
    option[count++] = (struct dvfo_plan_option){"steps", agent->def->steps != NULL ? agent->def->steps : "preset's"};
    const dvfo_status status = dvfo_inputs_write(ctx, &batch->inputs, option, count, file);
    for (size_t i = 0; i < agent->def->sets; i++) {
        fprintf(file, "set %s=%s\n", agent->def->set[i].key, agent->def->set[i].value);
    }
    const dvfo_status hashed = dvfo_inputs_finish(ctx, file, &text, &size, agent->sha256);
    return status != DVFO_OK ? status : hashed;
}

static dvfo_status name_agent(struct dvfo_ctx *ctx, const struct dvfo_batch *batch, struct dvfo_batch_agent *agent)
{
    const char *board = dvfo_plan_value(batch->plan[agent->plan], agent->point, "board");
    const char *slash = strrchr(board, '/');
    char path[DVFO_PATH_SIZE];
    if (snprintf(path, sizeof path, "%s/agents/%s_%s_s%ld_%.*s.h5", batch->def.folder, agent->def->name,
                 slash != NULL ? slash + 1 : board, agent->seed, (int)HASH_DIGITS, agent->sha256) >= (int)sizeof path) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "an output path is longer than %d characters", DVFO_PATH_SIZE - 1);
    }
    agent->path = dvfo_text_copy(path);
    agent->state = access(path, R_OK) == 0 ? DVFO_BATCH_THERE : DVFO_BATCH_OPEN;
    return agent->path != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

/* The agent that a trial acts with; numbered once, whoever needs it. */
static dvfo_status find_agent(struct dvfo_ctx *ctx, struct dvfo_batch *batch, const struct dvfo_batch_trial *trial,
                              const struct dvfo_plan_agent *def, size_t *out)
{
    const struct dvfo_plan *plan = batch->plan[trial->plan];
    struct dvfo_batch_agent agent = {.plan = trial->plan, .def = def, .point = trial->point, .seed = trial->seed};
    struct dvfo_ctx inner = {0};
    struct dvfo_agent_def made;
    agent.network = choose(plan, trial->point, "network", def->per_network, &def->network,
                           "collaborative"); /* of a live plan; others name one */
    agent.trace = choose(plan, trial->point, dvfo_plan_link_key(plan), def->per_trace, &def->trace, "const:5Mbps");
    agent.eta = choose(plan, trial->point, "eta", def->per_eta, &def->eta, "0.5");
    if (hash_agent(&inner, batch, &agent) != DVFO_OK) {
        return dvfo_plan_agent_fail(ctx, plan, def, inner.message);
    }
    for (*out = 0; *out < batch->agents; (*out)++) {
        if (strcmp(batch->agent[*out].sha256, agent.sha256) == 0) {
            return DVFO_OK;
        }
    }
    DVFO_TRY(dvfo_plan_agent_make(ctx, def, &made));
    snprintf(agent.policy, sizeof agent.policy, "%s", made.policy);
    DVFO_TRY(grow(ctx, (void **)&batch->agent, batch->agents, &batch->agent_room, sizeof *batch->agent));
    DVFO_TRY(name_agent(ctx, batch, &agent));
    batch->agent[batch->agents++] = agent;
    return DVFO_OK;
}

/* ---- trials ---- */

static dvfo_status hash_trial(struct dvfo_ctx *ctx, struct dvfo_batch *batch, struct dvfo_batch_trial *trial)
{
    char *text = NULL;
    DVFO_TRY(dvfo_batch_inputs(ctx, batch, trial, &text));
    dvfo_hash_sha256_hex(text, strlen(text), trial->sha256);
    free(text);
    return DVFO_OK;
}

/* A spoilt record is told and made again. */
static dvfo_batch_state look(struct dvfo_ctx *ctx, const struct dvfo_batch *batch, const char *sha256)
{
    char path[DVFO_PATH_SIZE];
    struct dvfo_ctx inner = {0};
    dvfo_batch_record_path(batch, sha256, path);
    const dvfo_record_state state = dvfo_record_load(&inner, path, sha256, NULL);
    if (state == DVFO_RECORD_SPOILT) {
        dvfo_note(ctx, "%s; the trial has to be run again", inner.message);
    }
    return state == DVFO_RECORD_WHOLE ? DVFO_BATCH_THERE : DVFO_BATCH_OPEN;
}

static dvfo_status add_trial(struct dvfo_ctx *ctx, struct dvfo_batch *batch, struct dvfo_batch_trial trial)
{
    const struct dvfo_plan *plan = batch->plan[trial.plan];
    const struct dvfo_plan_agent *def = dvfo_plan_agent_of(plan, plan->policies.entry[trial.policy]);
    trial.agent = DVFO_BATCH_NONE;
    if (def != NULL) {
        DVFO_TRY(find_agent(ctx, batch, &trial, def, &trial.agent));
    }
    DVFO_TRY(hash_trial(ctx, batch, &trial));
    trial.state = look(ctx, batch, trial.sha256);
    DVFO_TRY(grow(ctx, (void **)&batch->trial, batch->trials, &batch->trial_room, sizeof *batch->trial));
    batch->trial[batch->trials++] = trial;
    return DVFO_OK;
}

/* A trial into the group, which wants the agent that it needs. */
static dvfo_status add_to_group(struct dvfo_ctx *ctx, struct dvfo_batch *batch, struct dvfo_batch_trial trial,
                                struct dvfo_batch_group *group)
{
    DVFO_TRY(add_trial(ctx, batch, trial));
    const struct dvfo_batch_trial *added = &batch->trial[batch->trials - 1];
    const bool open = added->state != DVFO_BATCH_THERE && dvfo_batch_mine(batch, added);
    group->open |= open;
    group->count++;
    if (open && added->agent != DVFO_BATCH_NONE) {
        batch->agent[added->agent].wanted = true;
    }
    return DVFO_OK;
}

static dvfo_status end_group(struct dvfo_ctx *ctx, struct dvfo_batch *batch, struct dvfo_batch_group *group)
{
    if (group->count > 0) {
        DVFO_TRY(grow(ctx, (void **)&batch->group, batch->groups, &batch->group_room, sizeof *batch->group));
        batch->group[batch->groups++] = *group;
    }
    *group = (struct dvfo_batch_group){.first = batch->trials};
    return DVFO_OK;
}

/* All policies of a point and seed; one with options of its own is a group of its own. */
static dvfo_status add_point(struct dvfo_ctx *ctx, struct dvfo_batch *batch, size_t plan, size_t point, long seed)
{
    struct dvfo_batch_group group = {.first = batch->trials};
    for (size_t p = 0; p < batch->plan[plan]->policies.count; p++) {
        const struct dvfo_batch_trial trial = {.plan = plan, .point = point, .policy = p, .seed = seed};
        const struct dvfo_plan_agent *def = dvfo_batch_agent_def(batch, &trial);
        const bool alone = def != NULL && def->options > 0;
        if (alone) {
            DVFO_TRY(end_group(ctx, batch, &group));
        }
        DVFO_TRY(add_to_group(ctx, batch, trial, &group));
        if (alone) {
            DVFO_TRY(end_group(ctx, batch, &group));
        }
    }
    return end_group(ctx, batch, &group);
}

static dvfo_status check_file(struct dvfo_ctx *ctx, struct dvfo_batch *batch, const struct dvfo_plan *plan,
                              const char *key, const char *value)
{
    struct dvfo_ctx inner = {0};
    char hashes[4096], sentence[sizeof inner.message + 64];
    if (dvfo_inputs_hash(&inner, &batch->inputs, key, value, hashes, sizeof hashes) == DVFO_OK) {
        return DVFO_OK;
    }
    snprintf(sentence, sizeof sentence, "'%s': %s", key, inner.message);
    return dvfo_plan_fail(ctx, plan, key, value, sentence);
}

/* The files behind the plan's values are there. */
static dvfo_status check_files(struct dvfo_ctx *ctx, struct dvfo_batch *batch, const struct dvfo_plan *plan)
{
    for (size_t i = 0; i < plan->policies.count; i++) {
        DVFO_TRY(check_file(ctx, batch, plan, "policy", plan->policies.entry[i]));
    }
    for (size_t point = 0; point < dvfo_plan_points(plan); point++) {
        struct dvfo_plan_option option[DVFO_PLAN_OPTIONS];
        const size_t count = dvfo_plan_options(plan, point, option);
        for (size_t i = 0; i < count; i++) {
            DVFO_TRY(check_file(ctx, batch, plan, option[i].key, option[i].value));
        }
    }
    return DVFO_OK;
}

/* What only a run needs, not a look at the plan: files that the user names by --set are named now. */
static dvfo_status check_live(struct dvfo_ctx *ctx, const struct dvfo_plan *plan)
{
    for (size_t point = 0; point < dvfo_plan_points(plan) && plan->live; point++) {
        struct dvfo_plan_option option[DVFO_PLAN_OPTIONS];
        struct dvfo_live_options options = dvfo_live_options_default();
        const size_t count = dvfo_plan_options(plan, point, option);
        struct dvfo_ctx inner = {0};
        dvfo_status status = DVFO_OK;
        for (size_t i = 0; i < count && status == DVFO_OK; i++) {
            status = dvfo_live_options_set(&inner, &options, option[i].key, option[i].value);
        }
        status = status == DVFO_OK ? dvfo_live_options_check(&inner, &options) : status;
        if (status != DVFO_OK) {
            return dvfo_fail(ctx, status, "%s: %s; in a plan below 'set', or with --set KEY=VALUE", plan->path,
                             inner.message);
        }
    }
    return DVFO_OK;
}

static dvfo_status add_plan(struct dvfo_ctx *ctx, struct dvfo_batch *batch, size_t plan)
{
    if (batch->plan[plan]->draws != NULL) {
        return DVFO_OK;
    }
    DVFO_TRY(check_live(ctx, batch->plan[plan]));
    DVFO_TRY(check_files(ctx, batch, batch->plan[plan]));
    for (size_t point = 0; point < dvfo_plan_points(batch->plan[plan]); point++) {
        for (long seed = 1; seed <= batch->plan[plan]->seeds; seed++) {
            DVFO_TRY(add_point(ctx, batch, plan, point, seed));
        }
    }
    return DVFO_OK;
}

/* Boards and seeds of all plans, by which shards part the work. */
static void count_units(struct dvfo_batch *batch)
{
    for (size_t i = 0; i < batch->plans; i++) {
        const struct dvfo_plan_list boards = dvfo_plan_values(batch->plan[i], "board");
        for (size_t b = 0; b < boards.count; b++) {
            size_t known = 0;
            while (known < batch->boards.count && strcmp(batch->boards.entry[known], boards.entry[b]) != 0) {
                known++;
            }
            if (known == batch->boards.count && known < DVFO_PLAN_VALUES) {
                batch->boards.entry[batch->boards.count++] = boards.entry[b];
            }
        }
        batch->seeds = batch->plan[i]->seeds > batch->seeds ? batch->plan[i]->seeds : batch->seeds;
    }
}

/* The agents that trials will act with can be read; a damaged file is told and made again. */
static void check_agents(struct dvfo_ctx *ctx, struct dvfo_batch *batch)
{
    dvfo_hdf_begin();
    for (size_t i = 0; i < batch->agents; i++) {
        struct dvfo_batch_agent *agent = &batch->agent[i];
        struct dvfo_ctx inner = {0};
        struct dvfo_text bytes;
        struct dvfo_hdf_reader reader;
        if (!agent->wanted || agent->state != DVFO_BATCH_THERE) {
            continue;
        }
        dvfo_status status = dvfo_text_load_bytes(&inner, agent->path, MOST_AGENT, &bytes);
        if (status == DVFO_OK) {
            status = dvfo_hdf_open(&inner, &bytes, "an agent", &reader);
            if (status == DVFO_OK) {
                H5Fclose(reader.file);
            }
            dvfo_text_free(&bytes);
        }
        if (status != DVFO_OK) {
            dvfo_note(ctx, "%s; the agent has to be trained again", inner.message);
            agent->damaged = true;
            agent->state = DVFO_BATCH_OPEN;
        }
    }
}

dvfo_status dvfo_batch_prepare(struct dvfo_ctx *ctx, const struct dvfo_batch_def *def, struct dvfo_plan *const plans[],
                               size_t count, struct dvfo_batch *out)
{
    *out = (struct dvfo_batch){.def = *def, .plans = count, .lock = -1, .shard_lock = -1};
    DVFO_REQUIRE(count <= DVFO_BATCH_PLANS);
    memcpy(out->plan, plans, count * sizeof plans[0]);
    count_units(out);
    for (size_t i = 0; i < count; i++) {
        DVFO_TRY(add_plan(ctx, out, i));
    }
    check_agents(ctx, out);
    return DVFO_OK;
}
