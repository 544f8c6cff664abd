/* dvfo bench plot: the figures of experiments. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/batch/experiment_figure.h"
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

static dvfo_status draw(struct dvfo_ctx *ctx, const struct arguments *arguments, const struct dvfo_plan *plan,
                        const volatile sig_atomic_t *stop)
{
    struct dvfo_gathered gathered = {0};
    const char *name = dvfo_experiment_figure_name(plan);
    if (name == NULL) {
        dvfo_note(ctx, "%s has no figure", plan->id);
        return DVFO_OK;
    }
    if (plan->draws != NULL) {
        DVFO_TRY(dvfo_experiment_draw_own(ctx, plan, arguments->to, stop));
    } else {
        DVFO_TRY(dvfo_gather(ctx, plan, &arguments->plans.changes, arguments->plans.folder, &gathered));
        const dvfo_status status = dvfo_experiment_draw(ctx, &gathered, arguments->to, stop);
        dvfo_gathered_free(&gathered);
        DVFO_TRY(status);
    }
    printf("%s/%s.png\n", arguments->to, name);
    return fflush(stdout) == 0 ? DVFO_OK : DVFO_CLOSED_PIPE;
}

static dvfo_status draw_all(struct dvfo_ctx *ctx, struct arguments *arguments)
{
    const volatile sig_atomic_t *stop = dvfo_interrupt_catch();
    ctx->stop = stop;
    DVFO_TRY(dvfo_plans_load(ctx, &arguments->plans));
    if (mkdir(arguments->to, 0777) != 0 && errno != EEXIST) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "folder '%s': cannot be made: %s", arguments->to, strerror(errno));
    }
    for (size_t i = 0; i < arguments->plans.count; i++) {
        DVFO_TRY(draw(ctx, arguments, arguments->plans.plan[i], stop));
    }
    return DVFO_OK;
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct arguments arguments = {.plans = dvfo_plans_default(), .to = "figures"};
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &arguments));
    const dvfo_status status = draw_all(ctx, &arguments);
    dvfo_plans_free(&arguments.plans);
    return status;
}

const struct dvfo_command dvfo_bench_plot = {"plot", "figures of experiments as SVG, PNG, PDF", run};
