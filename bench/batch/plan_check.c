/* Looking a plan over before anything runs: what it names is there, and every mistake is told where it stands. */
#include <string.h>

#include "bench/batch/gather.h"
#include "bench/batch/plan_parts.h"
#include "bench/live/edge/live_options.h"
#include "policies/agents/agent_def.h"
#include "policies/policies.h"

/* ---- where a value stands ---- */

/* The entry of a list, or the single text, that is `value`; the null node when there is none. */
static dvfo_yaml_node find_value(dvfo_yaml_node node, const char *value)
{
    const bool list = dvfo_yaml_is_list(node);
    for (size_t i = 0; i < (list ? dvfo_yaml_count(node) : 1); i++) {
        const dvfo_yaml_node item = list ? dvfo_yaml_item(node, i) : node;
        const char *text = NULL;
        if (dvfo_yaml_as_string(NULL, item, "", &text) == DVFO_OK && strcmp(text, value) == 0) {
            return item;
        }
    }
    return (dvfo_yaml_node){.yaml = node.yaml};
}

static dvfo_yaml_node find_in_sections(dvfo_yaml_node map, const char *key, const char *value)
{
    static const char *const sections[] = {"set", "sweep"};
    dvfo_yaml_node found = {.yaml = map.yaml};
    for (size_t i = 0; i < 2 && dvfo_yaml_is_null(found); i++) {
        const dvfo_yaml_node node = dvfo_yaml_find(dvfo_yaml_find(map, sections[i]), key);
        found = dvfo_yaml_is_null(node) ? node : find_value(node, value);
    }
    const dvfo_yaml_node zip = dvfo_yaml_find(map, "zip");
    for (size_t i = 0; i < dvfo_yaml_count(zip) && dvfo_yaml_is_null(found); i++) {
        const dvfo_yaml_node node = dvfo_yaml_find(dvfo_yaml_item(zip, i), key);
        found = dvfo_yaml_is_null(node) ? node : find_value(node, value);
    }
    return found;
}

dvfo_status dvfo_plan_fail(struct dvfo_ctx *ctx, const struct dvfo_plan *plan, const char *key, const char *value,
                           const char *sentence)
{
    const dvfo_yaml_node root = dvfo_yaml_root(plan->yaml);
    dvfo_yaml_node node = find_in_sections(root, key, value);
    if (dvfo_yaml_is_null(node)) {
        node = find_in_sections(dvfo_yaml_find(root, "quick"), key, value);
    }
    return dvfo_yaml_is_null(node) ? dvfo_fail(ctx, DVFO_BAD_INPUT, "--set %s=%s: %s", key, value, sentence)
                                   : dvfo_yaml_fail(ctx, node, "%s", sentence);
}

dvfo_status dvfo_plan_check_keys(struct dvfo_ctx *ctx, dvfo_yaml_node map)
{
    for (size_t i = 0; i < dvfo_yaml_count(map); i++) {
        const char *key = NULL, *other = NULL;
        dvfo_yaml_node node, ignored;
        dvfo_yaml_pair(map, i, &key, &node);
        for (size_t j = 0; j < i; j++) {
            dvfo_yaml_pair(map, j, &other, &ignored);
            if (strcmp(other, key) == 0) {
                return dvfo_yaml_fail(ctx, node, "the key '%s' stands here a second time", key);
            }
        }
    }
    return DVFO_OK;
}

/* ---- options ---- */

static dvfo_status set_option(struct dvfo_ctx *ctx, const struct dvfo_plan *plan, struct dvfo_live_options *options,
                              const struct dvfo_plan_option *option)
{
    return plan->live ? dvfo_live_options_set(ctx, options, option->key, option->value)
                      : dvfo_setting_set(ctx, &options->setting, option->key, option->value);
}

/* Every option has a value that a trial can have. */
static dvfo_status check_options(struct dvfo_ctx *ctx, const struct dvfo_plan *plan)
{
    for (size_t point = 0; point < dvfo_plan_points(plan); point++) {
        struct dvfo_plan_option option[DVFO_PLAN_OPTIONS];
        struct dvfo_live_options options = dvfo_live_options_default();
        const size_t count = dvfo_plan_options(plan, point, option);
        for (size_t i = 0; i < count; i++) {
            struct dvfo_ctx inner = {0};
            if (set_option(&inner, plan, &options, &option[i]) != DVFO_OK) {
                return dvfo_plan_fail(ctx, plan, option[i].key, option[i].value, inner.message);
            }
        }
    }
    return DVFO_OK;
}

/* @param otherwise  an option in whose place it is needed; NULL: always */
static dvfo_status need_option(struct dvfo_ctx *ctx, const struct dvfo_plan *plan, const char *key,
                               const char *otherwise)
{
    return dvfo_plan_values(plan, key).count > 0 || (otherwise != NULL && dvfo_plan_values(plan, otherwise).count == 0)
               ? DVFO_OK
               : dvfo_yaml_fail(ctx, dvfo_yaml_root(plan->yaml),
                                "no '%s' is named, expected one below 'set' or 'sweep'", key);
}

/* ---- policies and agents ---- */

dvfo_status dvfo_plan_agent_make(struct dvfo_ctx *ctx, const struct dvfo_plan_agent *agent, struct dvfo_agent_def *out)
{
    DVFO_TRY(dvfo_agent_def_load(ctx, agent->preset, out));
    for (size_t i = 0; i < agent->sets; i++) {
        char assignment[256];
        snprintf(assignment, sizeof assignment, "%s=%s", agent->set[i].key, agent->set[i].value);
        DVFO_TRY(dvfo_agent_def_set(ctx, out, assignment));
    }
    if (agent->steps != NULL) {
        long long steps = 0;
        if (!dvfo_text_integer(agent->steps, NULL, &steps) || steps < 1 || steps > 1000000000000LL) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "'steps' is '%s', expected a whole number from 1 to 10^12",
                             agent->steps);
        }
        out->training.steps = (uint64_t)steps;
    }
    return DVFO_OK;
}

dvfo_status dvfo_plan_agent_fail(struct dvfo_ctx *ctx, const struct dvfo_plan *plan,
                                 const struct dvfo_plan_agent *agent, const char *sentence)
{
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: agent '%s': %s", plan->path, agent->line, agent->name, sentence);
}

/* Options of its own: any but those that say which trial it is. */
static dvfo_status check_agent_options(struct dvfo_ctx *ctx, const struct dvfo_plan_agent *agent)
{
    struct dvfo_setting setting = dvfo_setting_default();
    for (size_t i = 0; i < agent->options; i++) {
        const struct dvfo_plan_option *option = &agent->option[i];
        if (strcmp(option->key, "board") == 0 || strcmp(option->key, "policy") == 0 ||
            strcmp(option->key, "seed") == 0) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "'options' has '%s', which is the plan's to say", option->key);
        }
        DVFO_TRY(dvfo_setting_set(ctx, &setting, option->key, option->value));
    }
    return DVFO_OK;
}

static dvfo_status check_agent(struct dvfo_ctx *ctx, const struct dvfo_plan *plan, const struct dvfo_plan_agent *agent)
{
    struct dvfo_ctx inner = {0};
    struct dvfo_agent_def def;
    if (dvfo_plan_agent_make(&inner, agent, &def) != DVFO_OK || check_agent_options(&inner, agent) != DVFO_OK) {
        return dvfo_plan_agent_fail(ctx, plan, agent, inner.message);
    }
    for (size_t i = 0; i < agent->eta.count; i++) {
        double eta = 0.0;
        if (!dvfo_text_number(agent->eta.entry[i], NULL, &eta) || eta < 0.0 || eta > 1.0) {
            dvfo_fail(&inner, DVFO_BAD_INPUT, "'eta' has '%s', expected numbers from 0 to 1", agent->eta.entry[i]);
            return dvfo_plan_agent_fail(ctx, plan, agent, inner.message);
        }
    }
    return DVFO_OK;
}

/* A policy of the program, or one that is trained here. */
static dvfo_status check_policy(struct dvfo_ctx *ctx, const struct dvfo_plan *plan, const char *policy)
{
    struct dvfo_ctx inner = {0};
    const struct dvfo_policy_type *type = NULL;
    const char *argument = NULL;
    char path[DVFO_PATH_SIZE];
    if (dvfo_plan_agent_of(plan, policy) != NULL) {
        return DVFO_OK;
    }
    if (strchr(policy, '/') == NULL &&
        dvfo_data_path(NULL, "preset", "policies/presets", policy, ".yaml", path) == DVFO_OK) {
        dvfo_fail(&inner, DVFO_BAD_INPUT, "%s has to be trained, expected it below 'agents'", policy);
        return dvfo_plan_fail(ctx, plan, "policy", policy, inner.message);
    }
    if (dvfo_policy_find(&inner, policy, &type, &argument) == DVFO_OK &&
        !(plan->live && type->sight == DVFO_SIGHT_TRACE)) {
        return DVFO_OK;
    }
    if (inner.message[0] == '\0') {
        dvfo_fail(&inner, DVFO_BAD_INPUT, "policy '%s' must know the link beforehand: it runs in simulations only",
                  policy);
    }
    return dvfo_plan_fail(ctx, plan, "policy", policy, inner.message);
}

/* An agent learns in the simulator; a real link that isn't shaped tells it nothing of what it will meet. */
static dvfo_status check_lessons(struct dvfo_ctx *ctx, const struct dvfo_plan *plan)
{
    const bool shaped = dvfo_plan_values(plan, "shape").count > 0;
    for (size_t i = 0; i < plan->agents && plan->live; i++) {
        if (plan->agent[i].trace.count == 0 && !shaped) {
            return dvfo_plan_agent_fail(ctx, plan, &plan->agent[i],
                                        "it is trained in the simulator: expected the links it learns for, as its "
                                        "'trace' or as the plan's 'shape'");
        }
        for (size_t k = 0; k < plan->agent[i].options; k++) {
            if (strcmp(plan->agent[i].option[k].key, "trace") == 0) {
                return dvfo_plan_agent_fail(ctx, plan, &plan->agent[i],
                                            "'options' has 'trace', expected it beside 'options': it learns from it");
            }
        }
        if (plan->agent[i].per_trace && !shaped) {
            return dvfo_plan_agent_fail(ctx, plan, &plan->agent[i],
                                        "'per' has 'trace', expected a 'shape' of the plan for each");
        }
    }
    return DVFO_OK;
}

static dvfo_status check_policies(struct dvfo_ctx *ctx, const struct dvfo_plan *plan)
{
    if (plan->policies.count == 0) {
        return dvfo_yaml_fail(ctx, dvfo_yaml_root(plan->yaml), "no 'policy' is named, expected some below 'sweep'");
    }
    for (size_t i = 0; i < plan->agents; i++) {
        DVFO_TRY(check_agent(ctx, plan, &plan->agent[i]));
    }
    for (size_t i = 0; i < plan->policies.count; i++) {
        DVFO_TRY(check_policy(ctx, plan, plan->policies.entry[i]));
    }
    return check_lessons(ctx, plan);
}

/* ---- tables and comparisons ---- */

/* Does the plan run it, as it is written or as the user changed it? What the user leaves out is told by the table. */
static bool runs(const struct dvfo_plan *plan, const char *policy)
{
    const dvfo_yaml_node written = dvfo_yaml_find(dvfo_yaml_find(dvfo_yaml_root(plan->yaml), "sweep"), "policy");
    if (!dvfo_yaml_is_null(written) && !dvfo_yaml_is_null(find_value(written, policy))) {
        return true;
    }
    for (size_t i = 0; i < plan->policies.count; i++) {
        if (strcmp(plan->policies.entry[i], policy) == 0) {
            return true;
        }
    }
    return false;
}

/* The line of an entry, or of the section when it doesn't stand there. */
static dvfo_yaml_node place_of(dvfo_yaml_node section, const char *key, const char *entry)
{
    const dvfo_yaml_node node = dvfo_yaml_find(section, key);
    const dvfo_yaml_node found = dvfo_yaml_is_null(node) ? node : find_value(node, entry);
    return dvfo_yaml_is_null(found) ? section : found;
}

static dvfo_status check_runs(struct dvfo_ctx *ctx, const struct dvfo_plan *plan, dvfo_yaml_node section,
                              const char *key, const char *policy)
{
    return policy == NULL || runs(plan, policy)
               ? DVFO_OK
               : dvfo_yaml_fail(ctx, place_of(section, key, policy),
                                "'%s' names policy '%s', which the plan doesn't run", key, policy);
}

static dvfo_status check_measures(struct dvfo_ctx *ctx, dvfo_yaml_node section, const char *key,
                                  const struct dvfo_plan_list *names)
{
    struct dvfo_measure measure;
    if (names->count > DVFO_PLAN_NAMES) {
        return dvfo_yaml_fail(ctx, dvfo_yaml_find(section, key), "'%s' has %zu entries, expected at most %d", key,
                              names->count, (int)DVFO_PLAN_NAMES);
    }
    for (size_t i = 0; i < names->count; i++) {
        struct dvfo_ctx inner = {0};
        if (dvfo_measure_find(&inner, names->entry[i], &measure) != DVFO_OK) {
            return dvfo_yaml_fail(ctx, place_of(section, key, names->entry[i]), "'%s': %s", key, inner.message);
        }
    }
    return DVFO_OK;
}

static dvfo_status check_table(struct dvfo_ctx *ctx, const struct dvfo_plan *plan, dvfo_yaml_node section)
{
    const struct dvfo_plan_table *table = &plan->table;
    for (size_t i = 0; i < table->rows.count; i++) {
        const char *name = table->rows.entry[i];
        if (strcmp(name, "policy") != 0 && dvfo_plan_values(plan, name).count == 0) {
            return dvfo_yaml_fail(ctx, place_of(section, "rows", name),
                                  "'rows' has '%s', expected policy, or options that the plan names", name);
        }
    }
    DVFO_TRY(check_measures(ctx, section, "columns", &table->columns));
    DVFO_TRY(check_measures(ctx, section, "saving", &table->saving));
    DVFO_TRY(check_runs(ctx, plan, section, "baseline", table->baseline));
    for (size_t i = 0; i < table->best.count; i++) {
        DVFO_TRY(check_runs(ctx, plan, section, "best", table->best.entry[i]));
    }
    return DVFO_OK;
}

static dvfo_status check_comparison(struct dvfo_ctx *ctx, const struct dvfo_plan *plan, dvfo_yaml_node section)
{
    const struct dvfo_plan_comparison *comparison = &plan->comparison;
    DVFO_TRY(check_measures(ctx, section, "measures", &comparison->measures));
    DVFO_TRY(check_runs(ctx, plan, section, "subject", comparison->subject));
    DVFO_TRY(check_runs(ctx, plan, section, "reference", comparison->reference));
    DVFO_TRY(check_runs(ctx, plan, section, "oracle", comparison->oracle));
    for (size_t i = 0; i < comparison->rivals.count; i++) {
        DVFO_TRY(check_runs(ctx, plan, section, "rivals", comparison->rivals.entry[i]));
    }
    return DVFO_OK;
}

/* ---- all of it ---- */

dvfo_status dvfo_plan_check(struct dvfo_ctx *ctx, const struct dvfo_plan *plan)
{
    const dvfo_yaml_node root = dvfo_yaml_root(plan->yaml);
    if (plan->draws != NULL) {
        return plan->policies.count == 0 && plan->factors == 0
                   ? check_options(ctx, plan)
                   : dvfo_yaml_fail(ctx, root,
                                    "'draws' names a figure that makes its own numbers, expected no 'sweep'");
    }
    DVFO_TRY(need_option(ctx, plan, "board", NULL));
    DVFO_TRY(need_option(ctx, plan, "network", plan->live ? "command" : NULL)); /* else the file's, collaborative */
    DVFO_TRY(check_options(ctx, plan));
    DVFO_TRY(check_policies(ctx, plan));
    DVFO_TRY(check_table(ctx, plan, dvfo_yaml_find(root, "table")));
    return check_comparison(ctx, plan, dvfo_yaml_find(root, "compare"));
}
