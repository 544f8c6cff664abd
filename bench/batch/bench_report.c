/* dvfo bench report: claims, figures and tables of experiments as one HTML file and as Markdown. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/batch/experiment_figure.h"
#include "bench/batch/figures.h"
#include "bench/batch/plans.h"
#include "bench/batch/report.h"
#include "bench/bench_verbs.h"
#include "bench/interrupt.h"

enum { KEY_TO = 512, KEY_REFERENCE };

struct arguments {
    struct dvfo_plans plans;
    const char *to, *reference;
};

static const struct argp_option options[] = {
    {"to", KEY_TO, "FOLDER", 0, "where report.html, report.md and figures go (made if missing; default: report)", 6},
    {"reference", KEY_REFERENCE, "FILE.csv", 0,
     "numbers of others to stand beside ours: id,condition,value,unit,provenance", 6},
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
    case KEY_REFERENCE:
        arguments->reference = text;
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
    .args_doc = "[ID|FILE.yaml|all...]",
    .doc = "Write a report on experiments that were run: what is claimed in print with our figure and a verdict, each "
           "experiment's figure, what it rests on, the command that makes it again. Without names: on all. What wasn't "
           "run "
           "is said so in its place."
           "\v"
           "Examples:\n"
           "  dvfo bench run all --quick && dvfo bench report --quick\n"
           "  dvfo bench report headline where-it-pays --to headline-report\n",
};

static dvfo_status gather_parts(struct dvfo_ctx *ctx, const struct dvfo_plans *plans, struct dvfo_report *report)
{
    report->part = calloc(plans->count + 1, sizeof *report->part);
    if (report->part == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (; report->parts < plans->count; report->parts++) {
        struct dvfo_report_part *part = &report->part[report->parts];
        struct dvfo_ctx inner = {0};
        part->plan = plans->plan[report->parts];
        if (part->plan->draws == NULL &&
            dvfo_gather(&inner, part->plan, &plans->changes, plans->folder, &part->gathered) != DVFO_OK) {
            snprintf(part->missing, sizeof part->missing, "%.*s", (int)sizeof part->missing - 1, inner.message);
        }
    }
    return DVFO_OK;
}

static dvfo_status draw_figures(struct dvfo_ctx *ctx, const struct dvfo_report *report,
                                const volatile sig_atomic_t *stop)
{
    const struct dvfo_plan *plan[DVFO_BATCH_PLANS];
    const struct dvfo_gathered *gathered[DVFO_BATCH_PLANS];
    char folder[DVFO_PATH_SIZE];
    struct dvfo_figures_def def = {.plan = plan, .gathered = gathered, .folder = folder, .stop = stop};
    snprintf(folder, sizeof folder, "%s/figures", report->folder);
    for (size_t i = 0; i < report->parts; i++) {
        const struct dvfo_report_part *part = &report->part[i];
        if (part->missing[0] == '\0' && dvfo_experiment_figure_name(part->plan) != NULL) {
            plan[def.count] = part->plan;
            gathered[def.count++] = part->plan->draws == NULL ? &part->gathered : NULL;
        }
    }
    return dvfo_figures_draw(ctx, &def);
}

static dvfo_status make_report(struct dvfo_ctx *ctx, struct arguments *arguments, struct dvfo_report *report)
{
    struct dvfo_plans *plans = &arguments->plans;
    const volatile sig_atomic_t *stop = dvfo_interrupt_catch();
    ctx->stop = stop;
    if (plans->names == 0) {
        plans->name[plans->names++] = "all";
    }
    DVFO_TRY(dvfo_plans_load(ctx, plans));
    DVFO_TRY(dvfo_claims_load(ctx, &report->claims));
    DVFO_TRY(gather_parts(ctx, plans, report));
    if (mkdir(arguments->to, 0777) != 0 && errno != EEXIST) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "folder '%s': cannot be made: %s", arguments->to, strerror(errno));
    }
    report->folder = arguments->to;
    report->results = plans->folder;
    report->changes = &plans->changes;
    report->reference = arguments->reference;
    const dvfo_status drawn = draw_figures(ctx, report, stop);
    if (drawn == DVFO_INTERRUPTED) {
        return drawn;
    }
    struct dvfo_ctx writing = {.note = ctx->note,
                               .note_user = ctx->note_user}; /* a figure that failed is told in its place */
    const dvfo_status written = dvfo_report_write(&writing, report);
    if (written != DVFO_OK) {
        return dvfo_fail(ctx, written, "%s", writing.message);
    }
    DVFO_TRY(dvfo_report_print_claims(ctx, report, stdout));
    printf("%s/report.html\n%s/report.md\n", arguments->to, arguments->to);
    return drawn;
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct arguments arguments = {.plans = dvfo_plans_default(), .to = "report"};
    struct dvfo_report report = {0};
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &arguments));
    const dvfo_status status = make_report(ctx, &arguments, &report);
    for (size_t i = 0; i < report.parts; i++) {
        dvfo_gathered_free(&report.part[i].gathered);
    }
    free(report.part);
    dvfo_claims_free(&report.claims);
    dvfo_plans_free(&arguments.plans);
    return status;
}

const struct dvfo_command dvfo_bench_report = {"report", "claims, figures and tables as HTML and Markdown", run};
