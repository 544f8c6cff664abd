/* dvfo bench plot: the figures of experiments. */
#include "bench/batch/experiment_figure.h"
#include "bench/batch/figures.h"
#include "bench/batch/plans.h"
#include "bench/bench_verbs.h"
#include "bench/interrupt.h"

enum { KEY_TO = 512 };

struct arguments {
    struct dvfo_plans plans;
    const char *to;
};

static const struct argp_option options[] = {
    {"to", KEY_TO, "FOLDER", 0, "where the figures go (made if missing; default: figures)", 6},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->plans;
        return 0;
    case KEY_TO:
        arguments->to = text;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{.argp = &dvfo_plans_argp}, {0}};

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .children = children,
    .args_doc = "ID|FILE.yaml|tag:TAG|all...",
    .doc =
        "Draw the figures of experiments that were run, as SVG, PNG and PDF, the numbers beside them as CSV. Give the "
        "same --quick, --seeds and --set as to 'dvfo bench run'."
        "\v"
        "Examples:\n"
        "  dvfo bench plot headline --quick\n"
        "  dvfo bench plot all --to figures\n",
};

/* What is to be drawn. */
struct subjects {
    size_t count;
    const struct dvfo_plan *plan[DVFO_BATCH_PLANS];
    const struct dvfo_gathered *results[DVFO_BATCH_PLANS];
    struct dvfo_gathered gathered[DVFO_BATCH_PLANS]; /* owned */
};

static dvfo_status add(struct dvfo_ctx *ctx, const struct arguments *arguments, const struct dvfo_plan *plan,
                       struct subjects *subjects)
{
    struct dvfo_gathered *gathered = &subjects->gathered[subjects->count];
    if (dvfo_experiment_figure_name(plan) == NULL) {
        dvfo_note(ctx, "%s has no figure", plan->id);
        return DVFO_OK;
    }
    if (plan->draws == NULL) {
        DVFO_TRY(dvfo_gather(ctx, plan, &arguments->plans.changes, arguments->plans.folder, gathered));
    }
    subjects->plan[subjects->count] = plan;
    subjects->results[subjects->count++] = plan->draws == NULL ? gathered : NULL;
    return DVFO_OK;
}

static dvfo_status draw_all(struct dvfo_ctx *ctx, struct arguments *arguments, struct subjects *subjects)
{
    struct dvfo_figures_def def = {
        .plan = subjects->plan, .gathered = subjects->results, .folder = arguments->to, .stop = dvfo_interrupt_catch()};
    DVFO_TRY(dvfo_plans_load(ctx, &arguments->plans));
    for (size_t i = 0; i < arguments->plans.count; i++) {
        DVFO_TRY(add(ctx, arguments, arguments->plans.plan[i], subjects));
    }
    def.count = subjects->count;
    DVFO_TRY(dvfo_figures_draw(ctx, &def));
    for (size_t i = 0; i < subjects->count; i++) {
        printf("%s/%s.png\n", arguments->to, dvfo_experiment_figure_name(subjects->plan[i]));
    }
    return DVFO_OK;
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct arguments arguments = {.plans = dvfo_plans_default(), .to = "figures"};
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &arguments));
    struct subjects *subjects = calloc(1, sizeof *subjects);
    const dvfo_status status = subjects != NULL ? draw_all(ctx, &arguments, subjects) : dvfo_fail_no_memory(ctx);
    for (size_t i = 0; subjects != NULL && i < DVFO_BATCH_PLANS; i++) {
        dvfo_gathered_free(&subjects->gathered[i]);
    }
    free(subjects);
    dvfo_plans_free(&arguments.plans);
    return status;
}

const struct dvfo_command dvfo_bench_plot = {"plot", "figures of experiments as SVG, PNG, PDF", run};
