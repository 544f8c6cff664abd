/* dvfo bench list: what experiments there are, and how large. */
#include <string.h>

#include "bench/batch/plan.h"
#include "bench/bench_verbs.h"
#include "bench/table.h"

struct arguments {
    const char *format;
};

enum { KEY_FORMAT = 512 };

static const struct argp_option options[] = {
    {"format", KEY_FORMAT, "F", 0, "table (default), csv or json", 0},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case KEY_FORMAT:
        arguments->format = text;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument '%s'", text);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .doc = "List the experiments: bench/experiments, one file each."
           "\v"
           "Examples:\n"
           "  dvfo bench list\n"
           "  dvfo bench list --format csv\n\n"
           "Trials and seeds are those of the full size, quick_trials those of --quick; an experiment without trials "
           "is a figure that makes its own numbers.\n",
};

static long long trials_of(const struct dvfo_plan *plan)
{
    return plan->draws != NULL ? 0
                               : (long long)(dvfo_plan_points(plan) * plan->policies.count) * (long long)plan->seeds;
}

static dvfo_status add_row(struct dvfo_ctx *ctx, struct dvfo_table *table, const char *name)
{
    const struct dvfo_plan_changes full = {0}, quick = {.quick = true};
    struct dvfo_plan plan;
    DVFO_TRY(dvfo_plan_load(ctx, name, &quick, &plan));
    const long long quick_trials = trials_of(&plan);
    dvfo_plan_free(&plan);
    DVFO_TRY(dvfo_plan_load(ctx, name, &full, &plan));
    char tags[128] = "";
    for (size_t i = 0; i < plan.tags.count; i++) {
        strncat(tags, i > 0 ? " " : "", sizeof tags - strlen(tags) - 1);
        strncat(tags, plan.tags.entry[i], sizeof tags - strlen(tags) - 1);
    }
    dvfo_table_text(table, plan.id);
    dvfo_table_text(table, tags);
    dvfo_table_integer(table, trials_of(&plan));
    dvfo_table_integer(table, plan.seeds);
    dvfo_table_integer(table, quick_trials);
    dvfo_table_text(table, plan.title);
    dvfo_plan_free(&plan);
    return DVFO_OK;
}

static dvfo_status list(struct dvfo_ctx *ctx, dvfo_table_format format)
{
    static const char *const columns[] = {"experiment", "tags", "trials", "seeds", "quick_trials", "title", NULL};
    struct dvfo_table *table = NULL;
    char **names = NULL;
    size_t count = 0;
    DVFO_TRY(dvfo_data_names(ctx, "bench/experiments", ".yaml", &names, &count));
    dvfo_status status = dvfo_table_create(ctx, columns, &table);
    for (size_t i = 0; i < count && status == DVFO_OK; i++) {
        status = add_row(ctx, table, names[i]);
    }
    status = status == DVFO_OK ? dvfo_table_print(ctx, table, format, stdout) : status;
    dvfo_table_free(table);
    dvfo_data_names_free(names, count);
    return status;
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct arguments arguments = {.format = "table"};
    dvfo_table_format format = DVFO_TABLE_TEXT;
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &arguments));
    DVFO_TRY(dvfo_table_format_of(ctx, arguments.format, &format));
    return list(ctx, format);
}

const struct dvfo_command dvfo_bench_list = {"list", "list experiments", run};
