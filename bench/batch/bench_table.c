/* dvfo bench table: what came out of an experiment. */
#include <string.h>

#include "bench/batch/experiment_figure.h"
#include "bench/batch/experiment_table.h"
#include "bench/batch/plans.h"
#include "bench/batch/reference.h"
#include "bench/bench_verbs.h"

enum { KEY_FORMAT = 512, KEY_SUMMARY, KEY_PROFILE, KEY_REFERENCE, KEY_SUBJECT };

struct arguments {
    struct dvfo_plans plans;
    const char *format, *reference, *subject;
    bool summary, profile;
};

static const struct argp_option options[] = {
    {"format", KEY_FORMAT, "F", 0, "table (default), csv, json, markdown or latex", 6},
    {"summary", KEY_SUMMARY, NULL, 0, "one policy against its rivals over all cells, where the plan compares", 6},
    {"subject", KEY_SUBJECT, "POLICY", 0, "whom to compare (default: whom the plan compares)", 6},
    {"profile", KEY_PROFILE, NULL, 0, "performance profile: share of runs cheaper than the reference by a factor tau",
     6},
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
    case KEY_FORMAT:
        arguments->format = text;
        return 0;
    case KEY_SUMMARY:
        arguments->summary = true;
        return 0;
    case KEY_PROFILE:
        arguments->profile = true;
        return 0;
    case KEY_SUBJECT:
        arguments->subject = text;
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
    .args_doc = "ID|FILE.yaml",
    .doc = "The table of an experiment that was run: means over seeds, with 95 % intervals (stratified bootstrap) from "
           "5 seeds on. Give the same --quick, --seeds and --set as to 'dvfo bench run'."
           "\v"
           "Examples:\n"
           "  dvfo bench table headline --quick\n"
           "  dvfo bench table headline --summary --format latex > headline.tex\n"
           "  dvfo bench table headline --summary --subject dvfo-input\n"
           "  dvfo bench table headline --format csv > headline.csv\n"
           "  dvfo bench table headline --reference paper.csv\n"
           "  dvfo bench table regret --help          # another kind: trains and judges on the way\n\n"
           "A reference's id is the experiment's, its condition names a row and a column, as\n"
           "  headline,board=xavier-nx;network=vit-b16;policy=dvfo;measure=energy_j,0.61,J,\"Table 3 of ...\"\n",
};

/* What a table consists of; all of it is made before the first line is printed. */
struct parts {
    struct dvfo_rows rows;
    struct dvfo_comparison comparison;
    char *reference; /* printed already; NULL: none */
    bool has_rows, compares;
};

static dvfo_status make_reference(struct dvfo_ctx *ctx, const struct arguments *arguments, const char *id,
                                  dvfo_table_format format, struct parts *parts)
{
    size_t size = 0;
    FILE *file = open_memstream(&parts->reference, &size);
    if (file == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    const dvfo_status status = dvfo_reference_print(ctx, arguments->reference, id, &parts->rows, format, file);
    if (fclose(file) != 0) {
        return dvfo_fail_no_memory(ctx);
    }
    return status == DVFO_OK && size == 0
               ? dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: has no row of experiment '%s'", arguments->reference, id)
               : status;
}

static dvfo_status make(struct dvfo_ctx *ctx, const struct arguments *arguments, const struct dvfo_gathered *gathered,
                        dvfo_table_format format, struct parts *parts)
{
    if (!arguments->summary) {
        DVFO_TRY(dvfo_rows_make(ctx, gathered, &parts->rows));
        parts->has_rows = true;
        if (arguments->reference != NULL) {
            DVFO_TRY(make_reference(ctx, arguments, gathered->plan->id, format, parts));
        }
    }
    parts->compares = gathered->plan->comparison.subject != NULL && (arguments->summary || format == DVFO_TABLE_TEXT);
    return parts->compares ? dvfo_compare(ctx, gathered, arguments->subject, &parts->comparison) : DVFO_OK;
}

static dvfo_status print_parts(struct dvfo_ctx *ctx, const struct dvfo_gathered *gathered, const struct parts *parts,
                               dvfo_table_format format)
{
    if (parts->has_rows) {
        DVFO_TRY(dvfo_experiment_print_rows(ctx, &parts->rows, format, stdout));
    }
    fputs(parts->reference != NULL ? parts->reference : "", stdout);
    if (parts->compares) {
        fputs(parts->has_rows ? "\n" : "", stdout);
        DVFO_TRY(dvfo_experiment_print_comparison(ctx, &parts->comparison, format, stdout));
    }
    if (format == DVFO_TABLE_TEXT) {
        dvfo_experiment_print_conditions(gathered, stdout);
    }
    return DVFO_OK;
}

static dvfo_status print(struct dvfo_ctx *ctx, const struct arguments *arguments, const struct dvfo_gathered *gathered,
                         dvfo_table_format format)
{
    static struct parts parts; /* large */
    if ((arguments->summary || arguments->profile) && gathered->plan->comparison.subject == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s compares no policies: it has no summary and no profile",
                         gathered->plan->id);
    }
    if (arguments->profile) {
        return dvfo_experiment_print_profile(ctx, gathered, format, stdout);
    }
    dvfo_status status = make(ctx, arguments, gathered, format, &parts);
    status = status == DVFO_OK ? print_parts(ctx, gathered, &parts, format) : status;
    dvfo_rows_free(&parts.rows);
    free(parts.reference);
    return status;
}

static dvfo_status gather_and_print(struct dvfo_ctx *ctx, struct arguments *arguments, dvfo_table_format format)
{
    struct dvfo_gathered gathered = {0};
    struct dvfo_plans *plans = &arguments->plans;
    DVFO_TRY(dvfo_plans_load(ctx, plans));
    if (plans->count != 1) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%zu experiments are named, expected one", plans->count);
    }
    if (plans->plan[0]->draws != NULL) {
        return arguments->summary || arguments->profile
                   ? dvfo_fail(ctx, DVFO_BAD_INPUT, "%s compares no policies: it has no summary and no profile",
                               plans->plan[0]->id)
                   : dvfo_experiment_print_own(ctx, plans->plan[0], format, stdout);
    }
    DVFO_TRY(dvfo_gather(ctx, plans->plan[0], &plans->changes, plans->folder, &gathered));
    const dvfo_status status = print(ctx, arguments, &gathered, format);
    dvfo_gathered_free(&gathered);
    return status;
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct arguments arguments = {.plans = dvfo_plans_default(), .format = "table"};
    dvfo_table_format format = DVFO_TABLE_TEXT;
    if (argc > 1 && strcmp(argv[1], dvfo_table_regret.name) == 0) {
        return dvfo_table_regret.run(ctx, argc - 1, argv + 1);
    }
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &arguments));
    dvfo_status status = dvfo_table_format_of(ctx, arguments.format, &format);
    status = status == DVFO_OK ? gather_and_print(ctx, &arguments, format) : status;
    dvfo_plans_free(&arguments.plans);
    return status;
}

const struct dvfo_command dvfo_bench_table = {"table", "the table of an experiment, as text, CSV, Markdown, LaTeX",
                                              run};
