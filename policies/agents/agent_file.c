#include "policies/agents/agent_file.h"

#include <string.h>

#include "dvfo_version.h"
#include "policies/agents/view.h"
#include "policies/nn/branching_file.h"
#include "policies/nn/fields_file.h"
#include "policies/nn/matrix.h"
#include "policies/nn/q_learner_file.h"
#include "sim/base/hdf.h"

#define SCHEMA "dvfo-agent"
#define MAX_FILE_BYTE ((size_t)4 << 30)

enum { SCHEMA_VERSION = 1, NAMES_SIZE = 1024 };

static const char *const level_names[DVFO_DOMAINS] = {"cpu_hz", "gpu_hz", "mem_hz"};
static const char *const calibrated_names[DVFO_DOMAINS] = {"cpu_calibrated_hz", "gpu_calibrated_hz",
                                                           "mem_calibrated_hz"};

/* ---- writing ---- */

/* "eta lambda ..." */
static void list_inputs(char names[NAMES_SIZE])
{
    size_t used = 0;
    names[0] = '\0';
    for (const char *const *name = dvfo_view_names(); *name != NULL; name++) {
        used += (size_t)snprintf(names + used, NAMES_SIZE - used, "%s%s", used > 0 ? " " : "", *name);
        DVFO_REQUIRE(used < NAMES_SIZE);
    }
}

static bool write_root(hid_t file, const struct dvfo_agent *agent, bool complete)
{
    char inputs[NAMES_SIZE];
    list_inputs(inputs);
    return dvfo_hdf_put_text(file, "title", "an agent that sets clocks and the share that is sent") &&
           dvfo_hdf_put_text(file, "schema", SCHEMA) && dvfo_hdf_put_integer(file, "schema_version", SCHEMA_VERSION) &&
           dvfo_hdf_put_text(file, "program", "dvfo " DVFO_VERSION) &&
           dvfo_hdf_put_text(file, "blas_kernel", dvfo_matrix_kernel()) &&
           dvfo_hdf_put_text(file, "preset", agent->def.preset) &&
           dvfo_hdf_put_text(file, "policy", agent->def.policy) &&
           dvfo_hdf_put_text(file, "summary", agent->def.summary) &&
           dvfo_hdf_put_text(file, "standing", agent->def.standing) &&
           dvfo_hdf_put_text(file, "conditions", agent->conditions) &&
           dvfo_hdf_put_text(file, "board", agent->home.board) && dvfo_hdf_put_text(file, "inputs", inputs) &&
           dvfo_hdf_put_text(file, "accuracy_profile", agent->accuracy.profile) &&
           dvfo_hdf_put_text(file, "accuracy_sha256", agent->accuracy.sha256) &&
           dvfo_hdf_put_number(file, "accuracy_floor", agent->accuracy.floor) &&
           dvfo_hdf_put_integer(file, "seed", agent->def.learner.seed) &&
           dvfo_hdf_put_integer(file, "steps", agent->steps) &&
           dvfo_hdf_put_integer(file, "episodes", agent->episodes) && dvfo_hdf_put_integer(file, "complete", complete);
}

static bool write_group(hid_t file, const char *path, const char *what, const struct dvfo_field *fields,
                        const void *def)
{
    if (!dvfo_hdf_put_group(file, path, what)) {
        return false;
    }
    const hid_t at = H5Gopen2(file, path, H5P_DEFAULT);
    const bool written = at >= 0 && dvfo_fields_save(at, fields, def);
    H5Gclose(at);
    return written;
}

/* Only of agents that were: files of all others are as they ever were. */
static bool write_teaching(hid_t file, const struct dvfo_training_def *def)
{
    return def->taught <= 0.0 || write_group(file, "/teaching", "how it is taught", dvfo_teaching_fields, def);
}

static bool write_hz(hid_t file, const char *name, size_t count, const double *hz, const char *long_name)
{
    char path[64];
    snprintf(path, sizeof path, "/board/%s", name);
    return dvfo_hdf_put_block(
        file,
        &(struct dvfo_hdf_block){
            .path = path, .rank = 1, .size = {count}, .type = H5T_NATIVE_DOUBLE, .units = "Hz", .long_name = long_name},
        hz);
}

static bool write_home(hid_t file, const struct dvfo_agent_home *home)
{
    bool written = dvfo_hdf_put_group(file, "/board", "clock tables that it was made for");
    for (int d = 0; d < DVFO_DOMAINS && written; d++) {
        written = write_hz(file, level_names[d], home->levels[d], home->level_hz[d], "entries of the clock table") &&
                  write_hz(file, calibrated_names[d], 2, home->calibrated_hz[d], "lowest and highest to choose from");
    }
    return written;
}

static bool write_curve(hid_t file, const struct dvfo_curve *curve)
{
    if (curve == NULL || curve->count == 0) {
        return true;
    }
    double *column = malloc(curve->count * sizeof *column);
    bool written = column != NULL && dvfo_hdf_put_group(file, "/curve", "looks at it while it was trained");
#define PUT_COLUMN(member, unit, text)                                                                                 \
    for (size_t i = 0; i < curve->count && written; i++) {                                                             \
        column[i] = curve->point[i].member;                                                                            \
    }                                                                                                                  \
    written = written && dvfo_hdf_put_block(file,                                                                      \
                                            &(struct dvfo_hdf_block){.path = "/curve/" #member,                        \
                                                                     .rank = 1,                                        \
                                                                     .size = {curve->count},                           \
                                                                     .type = H5T_NATIVE_DOUBLE,                        \
                                                                     .units = unit,                                    \
                                                                     .long_name = text},                               \
                                            column);
    DVFO_CURVE_LIST(PUT_COLUMN)
#undef PUT_COLUMN
    free(column);
    return written;
}

static bool write_learner(hid_t file, const struct dvfo_q_learner *learner, bool complete)
{
    if (complete) {
        return dvfo_q_learner_write(file, learner);
    }
    return dvfo_branching_write(file, "/network", "what acts",
                                learner->def.averaged ? learner->q->target : learner->q->network);
}

struct contents {
    const struct dvfo_agent *agent;
    const struct dvfo_curve *curve;
    bool complete;
};

static bool write_file(const void *of, const char *path)
{
    const struct contents *contents = of;
    const struct dvfo_agent *agent = contents->agent;
    const struct dvfo_curve *curve = contents->curve;
    const bool complete = contents->complete;
    const hid_t file = dvfo_hdf_create(path);
    if (file < 0) {
        return false;
    }
    const struct dvfo_agent_def *def = &agent->def;
    const bool written =
        write_root(file, agent, complete) &&
        write_group(file, "/actions", "what it chooses", dvfo_action_space_fields, &def->actions) &&
        write_group(file, "/reward", "what it is rewarded for", dvfo_reward_fields, &def->reward) &&
        write_group(file, "/training", "how long it is trained", dvfo_training_fields, &def->training) &&
        write_teaching(file, &def->training) && write_home(file, &agent->home) && write_curve(file, curve) &&
        write_learner(file, agent->learner, complete);
    return H5Fclose(file) >= 0 && written;
}

dvfo_status dvfo_agent_save(struct dvfo_ctx *ctx, const struct dvfo_agent *agent, const struct dvfo_curve *curve,
                            bool complete, const char *path)
{
    return dvfo_hdf_save(ctx, path, "the agent", write_file, &(struct contents){agent, curve, complete});
}

/* ---- reading ---- */

static dvfo_status read_word(const struct dvfo_hdf_reader *r, const char *name, size_t size, char *out)
{
    char text[DVFO_HDF_TEXT + 1];
    DVFO_TRY(dvfo_hdf_text(r, r->file, "", name, text));
    if ((size_t)snprintf(out, size, "%s", text) >= size) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' is longer than %zu characters", r->name, name, size - 1);
    }
    return DVFO_OK;
}

static dvfo_status check_schema(const struct dvfo_hdf_reader *r)
{
    char schema[DVFO_HDF_TEXT + 1];
    long long version = 0;
    DVFO_TRY(dvfo_hdf_text(r, r->file, "", "schema", schema));
    DVFO_TRY(dvfo_hdf_integers(r, "schema_version", 1, &version));
    if (strcmp(schema, SCHEMA) != 0 || version != SCHEMA_VERSION) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: is '%.60s' version %lld, expected '" SCHEMA "' version %d",
                         r->name, schema, version, (int)SCHEMA_VERSION);
    }
    return DVFO_OK;
}

/* What its network was shown must be what we would show it. */
static dvfo_status check_inputs(const struct dvfo_hdf_reader *r)
{
    char ours[NAMES_SIZE], *theirs = NULL;
    list_inputs(ours);
    DVFO_TRY(dvfo_hdf_text_copy(r, r->file, "", "inputs", &theirs));
    size_t same = 0; /* characters, up to the end of the last word that both have */
    for (size_t i = 0; ours[i] == theirs[i] && ours[i] != '\0'; i++) {
        same = ours[i] == ' ' ? i + 1 : same;
    }
    const bool equal = strcmp(ours, theirs) == 0;
    const dvfo_status status =
        equal ? DVFO_OK
              : dvfo_fail(r->ctx, DVFO_BAD_INPUT,
                          "%s: was trained on other observations: '%.*s' where this version has '%.*s'", r->name,
                          (int)strcspn(theirs + same, " "), theirs + same, (int)strcspn(ours + same, " "), ours + same);
    free(theirs);
    return status;
}

static dvfo_status read_group(const struct dvfo_hdf_reader *r, const char *path, const struct dvfo_field *fields,
                              void *def)
{
    hid_t at = -1;
    DVFO_TRY(dvfo_hdf_group(r, path, &at));
    const dvfo_status status = dvfo_fields_load(r, at, path, fields, def);
    H5Gclose(at);
    return status;
}

static dvfo_status read_def(const struct dvfo_hdf_reader *r, struct dvfo_agent_def *def)
{
    DVFO_TRY(check_schema(r));
    DVFO_TRY(check_inputs(r));
    DVFO_TRY(read_word(r, "preset", sizeof def->preset, def->preset));
    DVFO_TRY(read_word(r, "policy", sizeof def->policy, def->policy));
    DVFO_TRY(read_word(r, "summary", sizeof def->summary, def->summary));
    DVFO_TRY(read_word(r, "standing", sizeof def->standing, def->standing));
    DVFO_TRY(read_group(r, "/actions", dvfo_action_space_fields, &def->actions));
    DVFO_TRY(read_group(r, "/reward", dvfo_reward_fields, &def->reward));
    DVFO_TRY(read_group(r, "/training", dvfo_training_fields, &def->training));
    return H5Lexists(r->file, "/teaching", H5P_DEFAULT) > 0
               ? read_group(r, "/teaching", dvfo_teaching_fields, &def->training)
               : DVFO_OK; /* nobody taught it */
}

static dvfo_status read_hz(const struct dvfo_hdf_reader *r, const char *name, size_t most, size_t *count, double *hz)
{
    hid_t dataset = -1;
    hsize_t size = 0;
    DVFO_TRY(dvfo_hdf_dataset(r, "/board", name, &dataset));
    dvfo_status status = dvfo_hdf_size(r, dataset, name, 1, &size);
    if (status == DVFO_OK && (size < 1 || size > most)) {
        status = dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '/board/%s' has %llu entries, expected 1 to %zu", r->name, name,
                           (unsigned long long)size, most);
    }
    if (status == DVFO_OK) {
        status = dvfo_hdf_numbers(r, dataset, name, hz);
        *count = (size_t)size;
    }
    H5Dclose(dataset);
    return status;
}

static dvfo_status read_home(const struct dvfo_hdf_reader *r, struct dvfo_agent_home *home)
{
    DVFO_TRY(read_word(r, "board", sizeof home->board, home->board));
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        size_t two = 0;
        DVFO_TRY(read_hz(r, level_names[d], DVFO_MAX_LEVELS, &home->levels[d], home->level_hz[d]));
        DVFO_TRY(read_hz(r, calibrated_names[d], 2, &two, home->calibrated_hz[d]));
    }
    return DVFO_OK;
}

/* Files from before there were profiles say nothing of them: there was none. */
static dvfo_status read_accuracy(const struct dvfo_hdf_reader *r, struct dvfo_agent_accuracy *accuracy)
{
    *accuracy = dvfo_agent_accuracy_of(&(struct dvfo_scenario_def){.accuracy = NULL});
    if (H5Aexists(r->file, "accuracy_profile") <= 0) {
        return DVFO_OK;
    }
    DVFO_TRY(read_word(r, "accuracy_profile", sizeof accuracy->profile, accuracy->profile));
    DVFO_TRY(read_word(r, "accuracy_sha256", sizeof accuracy->sha256, accuracy->sha256));
    return dvfo_hdf_number(r, r->file, "", "accuracy_floor", &accuracy->floor);
}

/* The network has an output for each of the choices that there are on the board. */
static dvfo_status check_choices(const struct dvfo_hdf_reader *r, const struct dvfo_branching_def *net,
                                 const struct dvfo_action_space *space)
{
    if (net->inputs != DVFO_VIEW_INPUTS || net->branches != space->branches) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: its network has %ld inputs and %ld branches, expected %d and %ld",
                         r->name, net->inputs, net->branches, (int)DVFO_VIEW_INPUTS, space->branches);
    }
    for (long d = 0; d < space->branches; d++) {
        if (net->choices[d] != space->choices[d]) {
            return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: was trained with %ld levels in branch %ld, the board has %ld",
                             r->name, net->choices[d], d, space->choices[d]);
        }
    }
    return DVFO_OK;
}

/* ---- an actor ---- */

static dvfo_status read_actor(const struct dvfo_hdf_reader *r, const char *policy, const struct dvfo_board *board,
                              struct dvfo_actor *actor)
{
    DVFO_TRY(read_def(r, &actor->def));
    if (strcmp(actor->def.policy, policy) != 0) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: was trained for policy '%s', not for '%s'", r->name,
                         actor->def.policy, policy);
    }
    DVFO_TRY(read_home(r, &actor->home));
    DVFO_TRY(read_accuracy(r, &actor->accuracy));
    DVFO_TRY(dvfo_agent_home_check(r->ctx, &actor->home, board, r->name));
    DVFO_TRY(dvfo_action_space_of(r->ctx, &actor->def.actions, board, &actor->space));
    uint64_t complete = 0, averaged = 0;
    DVFO_TRY(dvfo_hdf_count(r, r->file, "", "complete", &complete));
    if (complete) {
        hid_t at = -1;
        DVFO_TRY(dvfo_hdf_group(r, "/learner", &at));
        const dvfo_status status = dvfo_hdf_count(r, at, "/learner", "averaged", &averaged);
        H5Gclose(at);
        DVFO_TRY(status);
    }
    DVFO_TRY(dvfo_branching_read(r, averaged ? "/target" : "/network", &actor->network));
    return check_choices(r, &actor->network->def, &actor->space);
}

dvfo_status dvfo_actor_load(struct dvfo_ctx *ctx, const char *path, const char *policy, const struct dvfo_board *board,
                            struct dvfo_actor **out)
{
    struct dvfo_text bytes;
    struct dvfo_hdf_reader reader;
    *out = NULL;
    struct dvfo_actor *actor = calloc(1, sizeof *actor);
    dvfo_hdf_begin();
    dvfo_status status =
        actor == NULL ? dvfo_fail_no_memory(ctx) : dvfo_text_load_bytes(ctx, path, MAX_FILE_BYTE, &bytes);
    if (status == DVFO_OK) {
        status = dvfo_hdf_open(ctx, &bytes, "an agent", &reader);
        if (status == DVFO_OK) {
            status = read_actor(&reader, policy, board, actor);
            H5Fclose(reader.file);
        }
        dvfo_text_free(&bytes);
    }
    if (status != DVFO_OK) {
        dvfo_actor_free(actor);
        return status;
    }
    *out = actor;
    return DVFO_OK;
}

void dvfo_actor_free(struct dvfo_actor *actor)
{
    if (actor != NULL) {
        dvfo_branching_free(actor->network);
        free(actor);
    }
}

/* ---- to train on ---- */

static dvfo_status read_curve(const struct dvfo_hdf_reader *r, struct dvfo_curve *curve)
{
    hid_t dataset = -1;
    hsize_t size = 0;
    if (H5Lexists(r->file, "/curve", H5P_DEFAULT) <= 0) {
        return DVFO_OK;
    }
    DVFO_TRY(dvfo_hdf_dataset(r, "/curve", "decisions", &dataset));
    dvfo_status status = dvfo_hdf_size(r, dataset, "decisions", 1, &size);
    H5Dclose(dataset);
    DVFO_TRY(status);
    const struct dvfo_curve_point none = {0};
    for (hsize_t i = 0; i < size; i++) {
        if (!dvfo_curve_add(curve, &none)) {
            return dvfo_fail_no_memory(r->ctx);
        }
    }
    double *column = malloc((size_t)size * sizeof *column);
    status = column != NULL ? DVFO_OK : dvfo_fail_no_memory(r->ctx);
#define GET_COLUMN(member, unit, text)                                                                                 \
    status = status == DVFO_OK ? dvfo_hdf_block(r, "/curve", #member, 1, &size, H5T_NATIVE_DOUBLE, column) : status;   \
    for (size_t i = 0; i < curve->count && status == DVFO_OK; i++) {                                                   \
        curve->point[i].member = column[i];                                                                            \
    }
    DVFO_CURVE_LIST(GET_COLUMN)
#undef GET_COLUMN
    free(column);
    return status;
}

static dvfo_status read_agent(const struct dvfo_hdf_reader *r, const struct dvfo_board *board, struct dvfo_agent *agent,
                              struct dvfo_curve *curve)
{
    uint64_t complete = 0;
    DVFO_TRY(read_def(r, &agent->def));
    DVFO_TRY(read_home(r, &agent->home));
    DVFO_TRY(read_accuracy(r, &agent->accuracy));
    DVFO_TRY(dvfo_agent_home_check(r->ctx, &agent->home, board, r->name));
    DVFO_TRY(dvfo_action_space_of(r->ctx, &agent->def.actions, board, &agent->space));
    DVFO_TRY(dvfo_hdf_count(r, r->file, "", "complete", &complete));
    if (!complete) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT,
                         "%s: holds what acts, not what it remembers; 'dvfo train --keep-all' writes both", r->name);
    }
    DVFO_TRY(dvfo_hdf_count(r, r->file, "", "steps", &agent->steps));
    DVFO_TRY(dvfo_hdf_count(r, r->file, "", "episodes", &agent->episodes));
    DVFO_TRY(dvfo_hdf_text_copy(r, r->file, "", "conditions", &agent->conditions));
    DVFO_TRY(dvfo_q_learner_read(r, &agent->learner));
    agent->def.learner = agent->learner->def;
    DVFO_TRY(check_choices(r, &agent->def.learner.q.network, &agent->space));
    return read_curve(r, curve);
}

dvfo_status dvfo_agent_load(struct dvfo_ctx *ctx, const char *path, const struct dvfo_board *board,
                            struct dvfo_agent **out, struct dvfo_curve *curve)
{
    struct dvfo_text bytes;
    struct dvfo_hdf_reader reader;
    *out = NULL;
    struct dvfo_agent *agent = calloc(1, sizeof *agent);
    dvfo_hdf_begin();
    dvfo_status status =
        agent == NULL ? dvfo_fail_no_memory(ctx) : dvfo_text_load_bytes(ctx, path, MAX_FILE_BYTE, &bytes);
    if (status == DVFO_OK) {
        status = dvfo_hdf_open(ctx, &bytes, "an agent", &reader);
        if (status == DVFO_OK) {
            status = read_agent(&reader, board, agent, curve);
            H5Fclose(reader.file);
        }
        dvfo_text_free(&bytes);
    }
    if (status != DVFO_OK) {
        dvfo_agent_free(agent);
        return status;
    }
    *out = agent;
    return DVFO_OK;
}
