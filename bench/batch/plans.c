#include "bench/batch/plans.h"

#include <string.h>

#include "sim/base/text.h"

#define FOLDER "results"

enum { KEY_QUICK = 768, KEY_SEEDS, KEY_SET };

static const struct argp_option options[] = {
    {"quick", KEY_QUICK, NULL, 0, "the plan's quick size: fewer seeds and points, shorter training", 5},
    {"seeds", KEY_SEEDS, "N", 0,
     "trials of each policy at each point, and agents, of seeds 1 to N (default: the plan's)", 5},
    {"set", KEY_SET, "KEY=VALUE", 0,
     "change an option of all trials, the values of a factor (eta=0.2,0.5), or agents[.NAME].steps; may be repeated",
     5},
    {"out", 'o', "FOLDER", 0, "where results lie (default " FOLDER ")", 5},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct dvfo_plans *plans = state->input;
    long long whole = 0;
    switch (key) {
    case KEY_QUICK:
        plans->changes.quick = true;
        return 0;
    case KEY_SEEDS:
        if (!dvfo_text_integer(text, NULL, &whole) || whole < 1 || whole > DVFO_PLAN_SEEDS) {
            argp_error(state, "--seeds is '%s', expected a whole number from 1 to %d", text, (int)DVFO_PLAN_SEEDS);
        }
        plans->changes.seeds = (long)whole;
        return 0;
    case KEY_SET:
        if (plans->changes.sets == DVFO_PLANS_SETS) {
            argp_error(state, "--set may be given %d times", (int)DVFO_PLANS_SETS);
        }
        plans->set[plans->changes.sets++] = text;
        return 0;
    case 'o':
        plans->folder = text;
        return 0;
    case ARGP_KEY_ARG:
        if (plans->names == DVFO_BATCH_PLANS) {
            argp_error(state, "more than %d experiments are named", (int)DVFO_BATCH_PLANS);
        }
        plans->name[plans->names++] = text;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp dvfo_plans_argp = {.options = options, .parser = parse_option};

struct dvfo_plans dvfo_plans_default(void)
{
    return (struct dvfo_plans){.folder = FOLDER};
}

static dvfo_status load_one(struct dvfo_ctx *ctx, struct dvfo_plans *plans, const char *name)
{
    if (plans->count == DVFO_BATCH_PLANS) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "more than %d experiments are named", (int)DVFO_BATCH_PLANS);
    }
    struct dvfo_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    plans->plan[plans->count++] = plan;
    return dvfo_plan_load(ctx, name, &plans->changes, plan);
}

static bool has_tag(const struct dvfo_plan *plan, const char *tag)
{
    for (size_t i = 0; i < plan->tags.count; i++) {
        if (strcmp(plan->tags.entry[i], tag) == 0) {
            return true;
        }
    }
    return false;
}

/* The last one goes again when it lacks the tag, or meets real time: such a run has to be asked for. */
static void drop_unasked(struct dvfo_plans *plans, const char *tag)
{
    struct dvfo_plan *plan = plans->plan[plans->count - 1];
    const bool asks_for_live = tag != NULL && strcmp(tag, "live") == 0;
    if ((tag != NULL && !has_tag(plan, tag)) || (dvfo_plan_meets_real_time(plan) && !asks_for_live)) {
        dvfo_plan_free(plan);
        free(plan);
        plans->count--;
    }
}

/* @param tag  NULL: whatever their tags */
static dvfo_status load_all(struct dvfo_ctx *ctx, struct dvfo_plans *plans, const char *tag)
{
    char **names = NULL;
    size_t count = 0;
    const size_t before = plans->count;
    DVFO_TRY(dvfo_data_names(ctx, "bench/experiments", ".yaml", &names, &count));
    dvfo_status status = DVFO_OK;
    for (size_t i = 0; i < count && status == DVFO_OK; i++) {
        status = load_one(ctx, plans, names[i]);
        if (status == DVFO_OK) {
            drop_unasked(plans, tag);
        }
    }
    dvfo_data_names_free(names, count);
    return status == DVFO_OK && plans->count == before
               ? dvfo_fail(ctx, DVFO_BAD_INPUT, "no experiment has the tag '%s'; 'dvfo bench list' shows them",
                           tag != NULL ? tag : "")
               : status;
}

static dvfo_status load_named(struct dvfo_ctx *ctx, struct dvfo_plans *plans, const char *name)
{
    return strcmp(name, "all") == 0        ? load_all(ctx, plans, NULL)
           : strncmp(name, "tag:", 4) == 0 ? load_all(ctx, plans, name + 4)
                                           : load_one(ctx, plans, name);
}

dvfo_status dvfo_plans_load(struct dvfo_ctx *ctx, struct dvfo_plans *plans)
{
    plans->changes.set = plans->set;
    if (plans->names == 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "no experiment is named; 'dvfo bench list' shows what there is, 'all' stands for all");
    }
    for (size_t i = 0; i < plans->names; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(plans->name[i], plans->name[j]) == 0) {
                return dvfo_fail(ctx, DVFO_BAD_INPUT, "'%s' is named twice, expected each once", plans->name[i]);
            }
        }
        DVFO_TRY(load_named(ctx, plans, plans->name[i]));
    }
    return DVFO_OK;
}

void dvfo_plans_free(struct dvfo_plans *plans)
{
    for (size_t i = 0; i < plans->count; i++) {
        dvfo_plan_free(plans->plan[i]);
        free(plans->plan[i]);
    }
    plans->count = 0;
}
