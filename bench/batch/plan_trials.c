/* What varies in a plan and what doesn't. */
#include <string.h>

#include "bench/batch/plan_parts.h"
#include "sim/base/text.h"

dvfo_status dvfo_plan_read_list(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, struct dvfo_plan_list *out)
{
    const dvfo_yaml_node node = dvfo_yaml_find(map, key);
    *out = (struct dvfo_plan_list){0};
    if (dvfo_yaml_is_null(node)) {
        return DVFO_OK;
    }
    if (!dvfo_yaml_is_list(node)) {
        out->count = 1;
        return dvfo_yaml_as_string(ctx, node, key, &out->entry[0]);
    }
    if (dvfo_yaml_count(node) < 1 || dvfo_yaml_count(node) > DVFO_PLAN_VALUES) {
        return dvfo_yaml_fail(ctx, node, "'%s' has %zu entries, expected 1 to %d", key, dvfo_yaml_count(node),
                              (int)DVFO_PLAN_VALUES);
    }
    for (; out->count < dvfo_yaml_count(node); out->count++) {
        const dvfo_yaml_node item = dvfo_yaml_item(node, out->count);
        DVFO_TRY(dvfo_yaml_as_string(ctx, item, key, &out->entry[out->count]));
        for (size_t i = 0; i < out->count; i++) {
            if (strcmp(out->entry[i], out->entry[out->count]) == 0) {
                return dvfo_yaml_fail(ctx, item, "'%s' names '%s' twice, expected each once", key, out->entry[i]);
            }
        }
    }
    return DVFO_OK;
}

/* ---- options that stay ---- */

static void remove_option(struct dvfo_plan *plan, const char *key)
{
    for (size_t i = 0; i < plan->options; i++) {
        if (strcmp(plan->option[i].key, key) == 0) {
            memmove(&plan->option[i], &plan->option[i + 1], (plan->options - i - 1) * sizeof plan->option[0]);
            plan->options--;
            return;
        }
    }
}

static struct dvfo_plan_factor *find_factor(struct dvfo_plan *plan, const char *key)
{
    for (size_t f = 0; f < plan->factors; f++) {
        for (size_t k = 0; k < plan->factor[f].keys; k++) {
            if (strcmp(plan->factor[f].key[k], key) == 0) {
                return &plan->factor[f];
            }
        }
    }
    return NULL;
}

static void remove_factor(struct dvfo_plan *plan, struct dvfo_plan_factor *factor)
{
    const size_t f = (size_t)(factor - plan->factor);
    memmove(factor, factor + 1, (plan->factors - f - 1) * sizeof *factor);
    plan->factors--;
}

static dvfo_status put_option(struct dvfo_ctx *ctx, struct dvfo_plan *plan, const char *key, const char *value)
{
    struct dvfo_plan_factor *factor = find_factor(plan, key);
    remove_option(plan, key);
    if (factor != NULL && factor->keys == 1) {
        remove_factor(plan, factor);
    } else if (factor != NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "'%s' goes together with '%s': it can't be set alone", key,
                         factor->key[strcmp(factor->key[0], key) == 0]);
    }
    if (plan->options == DVFO_PLAN_OPTIONS) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "a plan names more than %d options", (int)DVFO_PLAN_OPTIONS);
    }
    plan->option[plan->options++] = (struct dvfo_plan_option){key, value};
    return DVFO_OK;
}

/* Told with the line of its node. */
static dvfo_status at_node(struct dvfo_ctx *ctx, dvfo_yaml_node node, dvfo_status status, const struct dvfo_ctx *inner)
{
    return status == DVFO_OK ? DVFO_OK : dvfo_yaml_fail(ctx, node, "%s", inner->message);
}

dvfo_status dvfo_plan_read_options(struct dvfo_ctx *ctx, dvfo_yaml_node set, struct dvfo_plan *plan)
{
    if (!dvfo_yaml_is_null(set) && !dvfo_yaml_is_map(set)) {
        return dvfo_yaml_fail(ctx, set, "'set' is no map, expected options of 'dvfo run' with their values");
    }
    DVFO_TRY(dvfo_plan_check_keys(ctx, set));
    for (size_t i = 0; i < dvfo_yaml_count(set); i++) {
        const char *key = NULL, *value = NULL;
        struct dvfo_ctx inner = {0};
        dvfo_yaml_node node;
        dvfo_yaml_pair(set, i, &key, &node);
        DVFO_TRY(dvfo_yaml_as_string(ctx, node, key, &value));
        if (strcmp(key, "seed") == 0 || strcmp(key, "policy") == 0) {
            return dvfo_yaml_fail(ctx, node, "'%s' can't be set here, expected %s", key,
                                  key[0] == 's' ? "'seeds' at the top" : "policies below 'sweep'");
        }
        DVFO_TRY(at_node(ctx, node, put_option(&inner, plan, key, value), &inner));
    }
    return DVFO_OK;
}

/* ---- options that vary ---- */

static dvfo_status put_factor(struct dvfo_ctx *ctx, struct dvfo_plan *plan, const char *key,
                              const struct dvfo_plan_list *values)
{
    if (strcmp(key, "policy") == 0) {
        plan->policies = *values;
        return DVFO_OK;
    }
    struct dvfo_plan_factor *factor = find_factor(plan, key);
    if (factor != NULL && factor->keys > 1) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "'%s' goes together with others: it can't vary alone", key);
    }
    remove_option(plan, key);
    if (factor == NULL) {
        if (plan->factors == DVFO_PLAN_FACTORS) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "a plan has more than %d factors", (int)DVFO_PLAN_FACTORS);
        }
        factor = &plan->factor[plan->factors++];
    }
    *factor = (struct dvfo_plan_factor){.keys = 1, .values = values->count, .key = {key}};
    memcpy(factor->value[0], values->entry, values->count * sizeof values->entry[0]);
    return DVFO_OK;
}

dvfo_status dvfo_plan_read_factors(struct dvfo_ctx *ctx, dvfo_yaml_node sweep, struct dvfo_plan *plan)
{
    if (!dvfo_yaml_is_null(sweep) && !dvfo_yaml_is_map(sweep)) {
        return dvfo_yaml_fail(ctx, sweep, "'sweep' is no map, expected options of 'dvfo run' with lists of values");
    }
    DVFO_TRY(dvfo_plan_check_keys(ctx, sweep));
    for (size_t i = 0; i < dvfo_yaml_count(sweep); i++) {
        const char *key = NULL;
        struct dvfo_plan_list values;
        struct dvfo_ctx inner = {0};
        dvfo_yaml_node node;
        dvfo_yaml_pair(sweep, i, &key, &node);
        DVFO_TRY(dvfo_plan_read_list(ctx, sweep, key, &values));
        if (strcmp(key, "seed") == 0) {
            return dvfo_yaml_fail(ctx, node, "'seed' can't vary here, expected 'seeds' at the top");
        }
        DVFO_TRY(at_node(ctx, node, put_factor(&inner, plan, key, &values), &inner));
    }
    return DVFO_OK;
}

static dvfo_status read_zip(struct dvfo_ctx *ctx, dvfo_yaml_node map, struct dvfo_plan *plan)
{
    const size_t keys = dvfo_yaml_count(map);
    if (!dvfo_yaml_is_map(map) || keys < 1 || keys > DVFO_PLAN_ZIPPED || plan->factors == DVFO_PLAN_FACTORS) {
        return dvfo_yaml_fail(ctx, map, "expected a map of 1 to %d options that go together, at most %d factors in all",
                              (int)DVFO_PLAN_ZIPPED, (int)DVFO_PLAN_FACTORS);
    }
    struct dvfo_plan_factor factor = {.keys = keys};
    DVFO_TRY(dvfo_plan_check_keys(ctx, map));
    for (size_t k = 0; k < keys; k++) {
        struct dvfo_plan_list values;
        dvfo_yaml_node node;
        dvfo_yaml_pair(map, k, &factor.key[k], &node);
        DVFO_TRY(dvfo_plan_read_list(ctx, map, factor.key[k], &values));
        if (k > 0 && values.count != factor.values) {
            return dvfo_yaml_fail(ctx, node, "'%s' has %zu values but '%s' has %zu, expected as many: they go together",
                                  factor.key[k], values.count, factor.key[0], factor.values);
        }
        if (strcmp(factor.key[k], "policy") == 0 || strcmp(factor.key[k], "seed") == 0) {
            return dvfo_yaml_fail(ctx, node, "'%s' can't vary here, expected %s", factor.key[k],
                                  factor.key[k][0] == 's' ? "'seeds' at the top" : "policies below 'sweep'");
        }
        if (find_factor(plan, factor.key[k]) != NULL) {
            return dvfo_yaml_fail(ctx, node, "'%s' varies already, expected another option", factor.key[k]);
        }
        remove_option(plan, factor.key[k]);
        factor.values = values.count;
        memcpy(factor.value[k], values.entry, values.count * sizeof values.entry[0]);
    }
    plan->factor[plan->factors++] = factor;
    return DVFO_OK;
}

dvfo_status dvfo_plan_read_zips(struct dvfo_ctx *ctx, dvfo_yaml_node zip, struct dvfo_plan *plan)
{
    if (!dvfo_yaml_is_null(zip) && !dvfo_yaml_is_list(zip)) {
        return dvfo_yaml_fail(ctx, zip, "'zip' is no list, expected maps of options that go together");
    }
    for (size_t i = 0; i < dvfo_yaml_count(zip); i++) {
        DVFO_TRY(read_zip(ctx, dvfo_yaml_item(zip, i), plan));
    }
    return DVFO_OK;
}

/* ---- what the user changes ---- */

/* agents.NAME.steps, or agents.steps for all of them */
static dvfo_status change_agents(struct dvfo_ctx *ctx, struct dvfo_plan *plan, const char *what, const char *value)
{
    const char *dot = strchr(what, '.');
    const size_t length = dot != NULL ? (size_t)(dot - what) : 0;
    long long steps = 0;
    bool found = false;
    if (strcmp(dot != NULL ? dot + 1 : what, "steps") != 0 || !dvfo_text_integer(value, NULL, &steps) || steps < 1) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--set agents.%s=%s: expected agents[.NAME].steps=N", what, value);
    }
    for (size_t i = 0; i < plan->agents; i++) {
        const char *name = plan->agent[i].name;
        if (dot == NULL || (strlen(name) == length && strncmp(name, what, length) == 0)) {
            plan->agent[i].steps = value;
            found = true;
        }
    }
    return found ? DVFO_OK : dvfo_fail(ctx, DVFO_BAD_INPUT, "--set agents.%s: %s trains no such agent", what, plan->id);
}

/* A plan of trials swept over others' values keeps its factor; one value makes it the same in every trial. */
static dvfo_status change_option(struct dvfo_ctx *ctx, struct dvfo_plan *plan, const char *key, char *value)
{
    struct dvfo_plan_list values = {0};
    char *fields[DVFO_PLAN_VALUES];
    const struct dvfo_plan_factor *factor = find_factor(plan, key);
    if (plan->draws != NULL || (strchr(value, ',') == NULL && factor == NULL && strcmp(key, "policy") != 0)) {
        return put_option(ctx, plan, key, value);
    }
    values.count = dvfo_text_split(value, ',', fields, DVFO_PLAN_VALUES);
    if (values.count > DVFO_PLAN_VALUES) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--set %s has %zu values, expected at most %d", key, values.count,
                         (int)DVFO_PLAN_VALUES);
    }
    for (size_t i = 0; i < values.count; i++) {
        values.entry[i] = fields[i];
        for (size_t j = 0; j < i; j++) {
            if (strcmp(fields[i], fields[j]) == 0) {
                return dvfo_fail(ctx, DVFO_BAD_INPUT, "--set %s names '%s' twice, expected each once", key, fields[i]);
            }
        }
    }
    return put_factor(ctx, plan, key, &values);
}

dvfo_status dvfo_plan_change(struct dvfo_ctx *ctx, struct dvfo_plan *plan, const char *change)
{
    const char *sign = strchr(change, '=');
    if (sign == NULL || sign == change || sign[1] == '\0') {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--set is '%s', expected KEY=VALUE, e.g. eta=0.2,0.5", change);
    }
    if (plan->copied >= DVFO_PLAN_OPTIONS) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--set may be given %d times", (int)DVFO_PLAN_OPTIONS);
    }
    char *key = dvfo_text_copy(change);
    if (key == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    plan->copies[plan->copied++] = key;
    char *value = key + (sign - change);
    *value++ = '\0';
    if (strcmp(key, "seed") == 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--set is '%s', expected --seeds N: trials are of seeds 1 to N", change);
    }
    return strncmp(key, "agents.", 7) == 0 ? change_agents(ctx, plan, key + 7, value)
                                           : change_option(ctx, plan, key, value);
}
