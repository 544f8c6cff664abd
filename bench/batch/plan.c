#include "bench/batch/plan.h"

#include <string.h>

#include "bench/batch/plan_parts.h"

void dvfo_plan_free(struct dvfo_plan *plan)
{
    if (plan == NULL) {
        return;
    }
    for (size_t i = 0; i < plan->copied; i++) {
        free(plan->copies[i]);
    }
    dvfo_yaml_free(plan->yaml);
    *plan = (struct dvfo_plan){0};
}

/* ---- what a plan comes to ---- */

size_t dvfo_plan_points(const struct dvfo_plan *plan)
{
    size_t points = 1;
    for (size_t f = 0; f < plan->factors; f++) {
        points *= plan->factor[f].values;
    }
    return points;
}

size_t dvfo_plan_options(const struct dvfo_plan *plan, size_t point, struct dvfo_plan_option out[DVFO_PLAN_OPTIONS])
{
    size_t count = 0;
    for (; count < plan->options; count++) {
        out[count] = plan->option[count];
    }
    for (size_t f = 0; f < plan->factors; f++) {
        const struct dvfo_plan_factor *factor = &plan->factor[f];
        size_t turns = 1; /* points before this factor's value changes */
        for (size_t after = f + 1; after < plan->factors; after++) {
            turns *= plan->factor[after].values;
        }
        for (size_t k = 0; k < factor->keys && count < DVFO_PLAN_OPTIONS; k++) {
            out[count++] = (struct dvfo_plan_option){factor->key[k], factor->value[k][point / turns % factor->values]};
        }
    }
    return count;
}

const char *dvfo_plan_value(const struct dvfo_plan *plan, size_t point, const char *key)
{
    struct dvfo_plan_option option[DVFO_PLAN_OPTIONS];
    const size_t count = dvfo_plan_options(plan, point, option);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(option[i].key, key) == 0) {
            return option[i].value;
        }
    }
    return NULL;
}

static void add_distinct(struct dvfo_plan_list *list, const char *value)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->entry[i], value) == 0) {
            return;
        }
    }
    if (list->count < DVFO_PLAN_VALUES) {
        list->entry[list->count++] = value;
    }
}

struct dvfo_plan_list dvfo_plan_values(const struct dvfo_plan *plan, const char *key)
{
    struct dvfo_plan_list list = {0};
    for (size_t i = 0; i < plan->options; i++) {
        if (strcmp(plan->option[i].key, key) == 0) {
            add_distinct(&list, plan->option[i].value);
        }
    }
    for (size_t f = 0; f < plan->factors; f++) {
        for (size_t k = 0; k < plan->factor[f].keys; k++) {
            for (size_t v = 0; v < plan->factor[f].values && strcmp(plan->factor[f].key[k], key) == 0; v++) {
                add_distinct(&list, plan->factor[f].value[k][v]);
            }
        }
    }
    return list;
}

const char *dvfo_plan_link_key(const struct dvfo_plan *plan)
{
    return plan->live ? "shape" : "trace";
}

bool dvfo_plan_meets_real_time(const struct dvfo_plan *plan)
{
    bool tagged = false;
    for (size_t i = 0; i < plan->tags.count; i++) {
        tagged |= strcmp(plan->tags.entry[i], "live") == 0;
    }
    return plan->live || tagged;
}

const struct dvfo_plan_agent *dvfo_plan_agent_of(const struct dvfo_plan *plan, const char *policy)
{
    for (size_t i = 0; i < plan->agents; i++) {
        if (strcmp(plan->agent[i].name, policy) == 0) {
            return &plan->agent[i];
        }
    }
    return NULL;
}

/* ---- reading ---- */

/* Name of the file without folder and suffix. */
static void take_id(struct dvfo_plan *plan)
{
    const char *slash = strrchr(plan->path, '/');
    const char *name = slash != NULL ? slash + 1 : plan->path;
    const char *dot = strrchr(name, '.');
    const size_t length = dot != NULL ? (size_t)(dot - name) : strlen(name);
    snprintf(plan->id, sizeof plan->id, "%.*s", (int)length, name);
}

static dvfo_status read_world(struct dvfo_ctx *ctx, dvfo_yaml_node root, struct dvfo_plan *plan)
{
    const char *world = NULL;
    DVFO_TRY(dvfo_yaml_string_or(ctx, root, "world", "sim", &world));
    plan->live = strcmp(world, "live") == 0;
    return plan->live || strcmp(world, "sim") == 0
               ? DVFO_OK
               : dvfo_yaml_fail(ctx, dvfo_yaml_find(root, "world"), "'world' is '%s', expected sim or live", world);
}

static dvfo_status read_head(struct dvfo_ctx *ctx, dvfo_yaml_node root, struct dvfo_plan *plan)
{
    static const char *const keys[] = {"title", "question", "shows", "tags",  "world",  "set",     "sweep", "zip",
                                       "seeds", "agents",   "quick", "table", "figure", "compare", "draws", NULL};
    long long seeds = 0;
    DVFO_TRY(dvfo_yaml_allow(ctx, root, keys));
    DVFO_TRY(read_world(ctx, root, plan));
    DVFO_TRY(dvfo_yaml_string(ctx, root, "title", &plan->title));
    DVFO_TRY(dvfo_yaml_string_or(ctx, root, "question", "", &plan->question));
    DVFO_TRY(dvfo_yaml_string_or(ctx, root, "shows", "", &plan->shows));
    DVFO_TRY(dvfo_yaml_string_or(ctx, root, "draws", NULL, &plan->draws));
    DVFO_TRY(dvfo_plan_read_list(ctx, root, "tags", &plan->tags));
    DVFO_TRY(dvfo_yaml_integer_or(ctx, root, "seeds", 1, DVFO_PLAN_SEEDS, 1, &seeds));
    plan->seeds = (long)seeds;
    return DVFO_OK;
}

/* The quick size names what is smaller; a mistyped key is told whichever size is asked for. */
static dvfo_status read_quick(struct dvfo_ctx *ctx, dvfo_yaml_node root, struct dvfo_plan *plan, bool quick_size)
{
    static const char *const keys[] = {"seeds", "set", "sweep", "steps", NULL};
    const dvfo_yaml_node quick = dvfo_yaml_find(root, "quick");
    long long seeds = plan->seeds;
    const char *steps = NULL;
    if (dvfo_yaml_is_null(quick)) {
        return DVFO_OK;
    }
    DVFO_TRY(dvfo_yaml_allow(ctx, quick, keys));
    if (!quick_size) {
        return DVFO_OK;
    }
    DVFO_TRY(dvfo_yaml_integer_or(ctx, quick, "seeds", 1, DVFO_PLAN_SEEDS, seeds, &seeds));
    DVFO_TRY(dvfo_yaml_string_or(ctx, quick, "steps", NULL, &steps));
    plan->seeds = (long)seeds;
    for (size_t i = 0; i < plan->agents; i++) {
        struct dvfo_plan_agent *agent = &plan->agent[i];
        agent->steps = agent->quick_steps != NULL ? agent->quick_steps : steps != NULL ? steps : agent->steps;
    }
    DVFO_TRY(dvfo_plan_read_options(ctx, dvfo_yaml_find(quick, "set"), plan));
    return dvfo_plan_read_factors(ctx, dvfo_yaml_find(quick, "sweep"), plan);
}

static dvfo_status read_trials(struct dvfo_ctx *ctx, dvfo_yaml_node root, struct dvfo_plan *plan, bool quick)
{
    DVFO_TRY(dvfo_plan_read_options(ctx, dvfo_yaml_find(root, "set"), plan));
    DVFO_TRY(dvfo_plan_read_factors(ctx, dvfo_yaml_find(root, "sweep"), plan));
    DVFO_TRY(dvfo_plan_read_zips(ctx, dvfo_yaml_find(root, "zip"), plan));
    DVFO_TRY(dvfo_plan_read_agents(ctx, dvfo_yaml_find(root, "agents"), plan));
    return read_quick(ctx, root, plan, quick);
}

static dvfo_status load(struct dvfo_ctx *ctx, const char *name, const struct dvfo_plan_changes *changes,
                        struct dvfo_plan *plan)
{
    DVFO_TRY(dvfo_data_path(ctx, "experiment", "bench/experiments", name, ".yaml", plan->path));
    take_id(plan);
    DVFO_TRY(dvfo_yaml_load(ctx, plan->path, &plan->yaml));
    const dvfo_yaml_node root = dvfo_yaml_root(plan->yaml);
    DVFO_TRY(read_head(ctx, root, plan));
    DVFO_TRY(read_trials(ctx, root, plan, changes->quick));
    for (size_t i = 0; i < changes->sets; i++) {
        DVFO_TRY(dvfo_plan_change(ctx, plan, changes->set[i]));
    }
    plan->seeds = changes->seeds > 0 ? changes->seeds : plan->seeds;
    DVFO_TRY(dvfo_plan_read_figure(ctx, dvfo_yaml_find(root, "figure"), plan));
    DVFO_TRY(dvfo_plan_read_table(ctx, dvfo_yaml_find(root, "table"), plan)); /* of what varies now */
    DVFO_TRY(dvfo_plan_read_comparison(ctx, dvfo_yaml_find(root, "compare"), plan));
    return dvfo_plan_check(ctx, plan);
}

dvfo_status dvfo_plan_load(struct dvfo_ctx *ctx, const char *name, const struct dvfo_plan_changes *changes,
                           struct dvfo_plan *out)
{
    *out = (struct dvfo_plan){0};
    const dvfo_status status = load(ctx, name, changes, out);
    if (status != DVFO_OK) {
        dvfo_plan_free(out);
    }
    return status;
}
