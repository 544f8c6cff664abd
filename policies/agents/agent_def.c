#include "policies/agents/agent_def.h"

#include <string.h>

#include "policies/agents/view.h"
#include "sim/base/data_path.h"
#include "sim/base/yaml.h"

#define IN_ACTIONS(member) offsetof(struct dvfo_action_space_def, member)

const struct dvfo_field dvfo_action_space_fields[] = {
    {"cpu", DVFO_FIELD_SWITCH, IN_ACTIONS(chooses[DVFO_CPU]), 0, 1, "chooses the CPU clock", NULL},
    {"gpu", DVFO_FIELD_SWITCH, IN_ACTIONS(chooses[DVFO_GPU]), 0, 1, "chooses the GPU clock", NULL},
    {"mem", DVFO_FIELD_SWITCH, IN_ACTIONS(chooses[DVFO_MEM]), 0, 1, "chooses the memory clock", NULL},
    {"share", DVFO_FIELD_SWITCH, IN_ACTIONS(chooses[DVFO_KNOB_SHARE]), 0, 1, "chooses the share to send", NULL},
    {"input", DVFO_FIELD_SWITCH, IN_ACTIONS(input), 0, 1, "may send the encoded input instead", NULL},
    {"flat", DVFO_FIELD_SWITCH, IN_ACTIONS(flat), 0, 1, "one branch of all combinations", NULL},
    {"kinds", DVFO_FIELD_SWITCH, IN_ACTIONS(kinds), 0, 1, "clocks by kind of placement", NULL},
    {"governed", DVFO_FIELD_SWITCH, IN_ACTIONS(governed), 0, 1, "governors have the other clocks", NULL},
    {"levels", DVFO_FIELD_WHOLE, IN_ACTIONS(levels), 2, DVFO_MAX_LEVELS, "of each clock at most", NULL},
    {0},
};

#define MANY 1e15
#define IN_TRAINING(member) offsetof(struct dvfo_training_def, member)

const struct dvfo_field dvfo_training_fields[] = {
    {"steps", DVFO_FIELD_COUNT, IN_TRAINING(steps), 1, MANY, "decisions", NULL},
    {"episode", DVFO_FIELD_WHOLE, IN_TRAINING(episode), 2, 1e6, "decisions until an environment begins anew", NULL},
    {"twins", DVFO_FIELD_WHOLE, IN_TRAINING(twins), 1, 1 << 16, "environments that meet the same draws", NULL},
    {"update_every", DVFO_FIELD_WHOLE, IN_TRAINING(update_every), 1, 1e6, "decisions per update", NULL},
    {"exploring", DVFO_FIELD_NUMBER, IN_TRAINING(exploring), 0, 1, "share of the steps until it explores least", NULL},
    {"evaluate_every", DVFO_FIELD_COUNT, IN_TRAINING(evaluate_every), 1, MANY, "decisions between looks", NULL},
    {"evaluate_episode", DVFO_FIELD_WHOLE, IN_TRAINING(evaluate_episode), 2, 1e6, "decisions of a look", NULL},
    {"plateau", DVFO_FIELD_NUMBER, IN_TRAINING(plateau), 0, 1, "less improvement than this is none", NULL},
    {"patience", DVFO_FIELD_WHOLE, IN_TRAINING(patience), 0, 1e6, "looks without any before it ends; 0: never", NULL},
    {0},
};

const struct dvfo_field dvfo_teaching_fields[] = {
    {"taught", DVFO_FIELD_NUMBER, IN_TRAINING(taught), 0, 1, "share of environments that a reference acts in", NULL},
    {"taught_steps", DVFO_FIELD_COUNT, IN_TRAINING(taught_steps), 1, MANY, "until it acts in none", NULL},
    {0},
};

static struct dvfo_agent_def defaults(void)
{
    struct dvfo_agent_def def = {
        .actions = dvfo_action_space_def_default(),
        .reward = dvfo_reward_def_default(),
        .training = {.steps = 300000,
                     .twins = 1,
                     .episode = 256,
                     .update_every = 4,
                     .exploring = 0.5,
                     .evaluate_every = 30000,
                     .evaluate_episode = 128,
                     .plateau = 0.001,
                     .taught_steps = 200000},
        .learner = dvfo_q_learner_def_default(),
    };
    def.learner.environments = 32;
    return def;
}

/* ---- reading ---- */

/* Of a key that stands in a table. */
static const struct dvfo_field *find_field(const struct dvfo_field *const tables[], const char *key, size_t *table)
{
    for (*table = 0; tables[*table] != NULL; (*table)++) {
        for (const struct dvfo_field *field = tables[*table]; field->name != NULL; field++) {
            if (strcmp(field->name, key) == 0) {
                return field;
            }
        }
    }
    return NULL;
}

enum { MOST_KEYS = 128 }; /* of a section */

static void list_keys(const struct dvfo_field *const tables[], const char *keys[MOST_KEYS + 1])
{
    size_t count = 0;
    for (size_t t = 0; tables[t] != NULL; t++) {
        for (const struct dvfo_field *field = tables[t]; field->name != NULL; field++) {
            DVFO_REQUIRE(count < MOST_KEYS);
            keys[count++] = field->name;
        }
    }
    keys[count] = NULL;
}

static dvfo_status read_switch(struct dvfo_ctx *ctx, dvfo_yaml_node node, const char *name, bool *out)
{
    const char *text = NULL;
    DVFO_TRY(dvfo_yaml_as_string(ctx, node, name, &text));
    *out = strcmp(text, "yes") == 0;
    return *out || strcmp(text, "no") == 0 ? DVFO_OK
                                           : dvfo_yaml_fail(ctx, node, "'%s' is '%s', expected yes or no", name, text);
}

static dvfo_status read_choice(struct dvfo_ctx *ctx, dvfo_yaml_node node, const struct dvfo_field *field, void *def)
{
    const char *text = NULL;
    DVFO_TRY(dvfo_yaml_as_string(ctx, node, field->name, &text));
    for (size_t i = 0; field->choices[i] != NULL; i++) {
        if (strcmp(field->choices[i], text) == 0) {
            dvfo_field_set(field, (double)i, def);
            return DVFO_OK;
        }
    }
    return dvfo_yaml_fail(ctx, node, "'%s' is '%s', expected %s: e.g. '%s'", field->name, text, field->what,
                          field->choices[0]);
}

static dvfo_status read_field(struct dvfo_ctx *ctx, dvfo_yaml_node node, const struct dvfo_field *field, void *def)
{
    double number = 0.0;
    long long whole = 0;
    bool on = false;
    switch (field->kind) {
    case DVFO_FIELD_CHOICE:
        return read_choice(ctx, node, field, def);
    case DVFO_FIELD_SWITCH:
        DVFO_TRY(read_switch(ctx, node, field->name, &on));
        number = on;
        break;
    case DVFO_FIELD_NUMBER:
        DVFO_TRY(dvfo_yaml_as_number(ctx, node, field->name, field->low, field->high, &number));
        break;
    case DVFO_FIELD_WHOLE:
    case DVFO_FIELD_COUNT:
        DVFO_TRY(dvfo_yaml_as_integer(ctx, node, field->name, (long long)field->low,
                                      (long long)(field->high < MANY ? field->high : MANY), &whole));
        number = (double)whole;
        break;
    }
    dvfo_field_set(field, number, def);
    return DVFO_OK;
}

/* A section of the file: keys of several tables, each with a struct of its own. */
static dvfo_status read_section(struct dvfo_ctx *ctx, dvfo_yaml_node root, const char *name,
                                const struct dvfo_field *const tables[], void *const defs[])
{
    const dvfo_yaml_node section = dvfo_yaml_find(root, name);
    if (dvfo_yaml_is_null(section)) {
        return DVFO_OK;
    }
    const char *keys[MOST_KEYS + 1];
    list_keys(tables, keys);
    DVFO_TRY(dvfo_yaml_allow(ctx, section, keys));
    for (size_t i = 0; i < dvfo_yaml_count(section); i++) {
        const char *key = NULL;
        dvfo_yaml_node value;
        size_t table = 0;
        dvfo_yaml_pair(section, i, &key, &value);
        const struct dvfo_field *field = find_field(tables, key, &table);
        DVFO_TRY(read_field(ctx, value, field, defs[table]));
    }
    return DVFO_OK;
}

static dvfo_status read_network(struct dvfo_ctx *ctx, dvfo_yaml_node root, struct dvfo_branching_def *net)
{
    static const char *const keys[] = {"trunk", "head_width", "dueling", "plain_sum", NULL};
    const dvfo_yaml_node section = dvfo_yaml_find(root, "network");
    long long whole = 0;
    if (dvfo_yaml_is_null(section)) {
        return DVFO_OK;
    }
    DVFO_TRY(dvfo_yaml_allow(ctx, section, keys));
    const dvfo_yaml_node trunk = dvfo_yaml_find(section, "trunk");
    if (!dvfo_yaml_is_null(trunk)) {
        DVFO_TRY(dvfo_yaml_need_list(ctx, section, "trunk", &(dvfo_yaml_node){0}));
        if (dvfo_yaml_count(trunk) > DVFO_BRANCHING_LAYERS) {
            return dvfo_yaml_fail(ctx, trunk, "trunk has %zu layers, expected at most %d", dvfo_yaml_count(trunk),
                                  DVFO_BRANCHING_LAYERS);
        }
        net->layers = (long)dvfo_yaml_count(trunk);
    }
    for (long l = 0; l < net->layers && !dvfo_yaml_is_null(trunk); l++) {
        DVFO_TRY(dvfo_yaml_as_integer(ctx, dvfo_yaml_item(trunk, (size_t)l), "width of a layer", 1, 4096, &whole));
        net->width[l] = (long)whole;
    }
    DVFO_TRY(dvfo_yaml_integer_or(ctx, section, "head_width", 0, 4096, net->head_width, &whole));
    net->head_width = (long)whole;
    const dvfo_yaml_node dueling = dvfo_yaml_find(section, "dueling");
    const dvfo_yaml_node plain_sum = dvfo_yaml_find(section, "plain_sum");
    if (!dvfo_yaml_is_null(dueling)) {
        DVFO_TRY(read_switch(ctx, dueling, "dueling", &net->dueling));
    }
    if (!dvfo_yaml_is_null(plain_sum)) {
        DVFO_TRY(read_switch(ctx, plain_sum, "plain_sum", &net->plain_sum));
    }
    return DVFO_OK;
}

static dvfo_status read_word(struct dvfo_ctx *ctx, dvfo_yaml_node root, const char *key, size_t size, char *out)
{
    const char *text = NULL;
    DVFO_TRY(dvfo_yaml_string(ctx, root, key, &text));
    if ((size_t)snprintf(out, size, "%s", text) >= size) {
        return dvfo_yaml_fail(ctx, dvfo_yaml_find(root, key), "%s is longer than %zu characters", key, size - 1);
    }
    return DVFO_OK;
}

/* The sections with values, any of which may be missing. */
static dvfo_status read_sections(struct dvfo_ctx *ctx, dvfo_yaml_node root, struct dvfo_agent_def *def)
{
    const struct dvfo_field *const actions[] = {dvfo_action_space_fields, NULL};
    const struct dvfo_field *const reward[] = {dvfo_reward_fields, NULL};
    const struct dvfo_field *const training[] = {dvfo_training_fields, dvfo_teaching_fields, NULL};
    const struct dvfo_field *const learner[] = {dvfo_double_q_fields, dvfo_q_learner_fields, NULL};
    DVFO_TRY(read_section(ctx, root, "actions", actions, (void *[]){&def->actions}));
    DVFO_TRY(read_section(ctx, root, "reward", reward, (void *[]){&def->reward}));
    DVFO_TRY(read_section(ctx, root, "training", training, (void *[]){&def->training, &def->training}));
    DVFO_TRY(read_section(ctx, root, "learner", learner, (void *[]){&def->learner.q, &def->learner}));
    return read_network(ctx, root, &def->learner.q.network);
}

static dvfo_status read_def(struct dvfo_ctx *ctx, dvfo_yaml_node root, struct dvfo_agent_def *def)
{
    static const char *const keys[] = {"name",   "policy",  "summary", "standing", "actions",
                                       "reward", "network", "learner", "training", NULL};
    DVFO_TRY(dvfo_yaml_allow(ctx, root, keys));
    DVFO_TRY(read_word(ctx, root, "name", sizeof def->preset, def->preset));
    DVFO_TRY(read_word(ctx, root, "policy", sizeof def->policy, def->policy));
    DVFO_TRY(read_word(ctx, root, "summary", sizeof def->summary, def->summary));
    DVFO_TRY(read_word(ctx, root, "standing", sizeof def->standing, def->standing));
    return read_sections(ctx, root, def);
}

dvfo_status dvfo_agent_def_load(struct dvfo_ctx *ctx, const char *preset, struct dvfo_agent_def *out)
{
    char path[DVFO_PATH_SIZE];
    struct dvfo_yaml *yaml = NULL;
    DVFO_TRY(dvfo_data_path(ctx, "preset", "policies/presets", preset, ".yaml", path));
    DVFO_TRY(dvfo_yaml_load(ctx, path, &yaml));
    *out = defaults();
    const dvfo_status status = read_def(ctx, dvfo_yaml_root(yaml), out);
    dvfo_yaml_free(yaml);
    return status;
}

dvfo_status dvfo_agent_def_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                       struct dvfo_agent_def *out)
{
    struct dvfo_yaml *yaml = NULL;
    DVFO_TRY(dvfo_yaml_from_memory(ctx, name, bytes, size, &yaml));
    *out = defaults();
    const dvfo_status status = read_def(ctx, dvfo_yaml_root(yaml), out);
    dvfo_yaml_free(yaml);
    return status;
}

/* "SECTION.KEY=VALUE" as the file that says the same. */
static dvfo_status as_yaml(struct dvfo_ctx *ctx, const char *assignment, char text[256], size_t *size)
{
    const char *dot = strchr(assignment, '.'), *equals = strchr(assignment, '=');
    if (equals == NULL || dot == NULL || dot > equals || equals[1] == '\0') {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "'%s' is no setting, expected SECTION.KEY=VALUE as learner.gamma=0.9",
                         assignment);
    }
    const int length = snprintf(text, 256, "%.*s: {%.*s: %s}\n", (int)(dot - assignment), assignment,
                                (int)(equals - dot - 1), dot + 1, equals + 1);
    if (length >= 256) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "'%.40s...' is too long for a setting", assignment);
    }
    *size = (size_t)length;
    return DVFO_OK;
}

dvfo_status dvfo_agent_def_set(struct dvfo_ctx *ctx, struct dvfo_agent_def *def, const char *assignment)
{
    static const char *const sections[] = {"actions", "reward", "network", "learner", "training", NULL};
    char text[256];
    size_t size = 0;
    struct dvfo_yaml *yaml = NULL;
    DVFO_TRY(as_yaml(ctx, assignment, text, &size));
    DVFO_TRY(dvfo_yaml_from_memory(ctx, assignment, text, size, &yaml));
    dvfo_status status = dvfo_yaml_allow(ctx, dvfo_yaml_root(yaml), sections);
    status = status == DVFO_OK ? read_sections(ctx, dvfo_yaml_root(yaml), def) : status;
    dvfo_yaml_free(yaml);
    return status;
}

void dvfo_agent_def_complete(struct dvfo_agent_def *def, const struct dvfo_action_space *space)
{
    struct dvfo_q_learner_def *learner = &def->learner;
    const struct dvfo_training_def *training = &def->training;
    learner->q.network.inputs = DVFO_VIEW_INPUTS;
    learner->q.network.branches = space->branches;
    memcpy(learner->q.network.choices, space->choices, (size_t)space->branches * sizeof space->choices[0]);
    learner->epsilon_decisions = (uint64_t)(training->exploring * (double)training->steps);
    learner->rate_updates = training->steps / (uint64_t)training->update_every;
    learner->replay_beta_updates = learner->rate_updates;
}
