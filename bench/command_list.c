/* dvfo list: names to use with the other commands. */
#include <string.h>

#include "bench/command.h"
#include "bench/table.h"
#include "policies/policies.h"
#include "profiles/board.h"
#include "profiles/cloud_profile.h"
#include "profiles/network.h"
#include "sim/base/data_path.h"
#include "sim/base/nearest.h"
#include "traces/format.h"
#include "traces/generator.h"

struct arguments {
    const char *kind, *format;
};

enum { KEY_FORMAT = 512 };

static const struct argp_option options[] = {
    {"format", KEY_FORMAT, "F", 0, "table (default), csv or json", 1},
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
        if (arguments->kind != NULL) {
            argp_error(state, "unexpected argument '%s'", text);
        }
        arguments->kind = text;
        return 0;
    case ARGP_KEY_END:
        if (arguments->kind == NULL) {
            argp_error(state, "expected what to list: boards, networks, clouds, policies, traces or experiments");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = "boards|networks|clouds|policies|traces|experiments",
    .doc = "List what there is, with the names that other commands take."
           "\v"
           "Examples:\n"
           "  dvfo list networks\n"
           "  dvfo list policies --format json\n"
           "  dvfo list traces\n\n"
           "Boards, networks, clouds and experiments are files: add one to $DVFO_DATA/profiles/networks and it is "
           "listed.\n",
};

/* ---- what there is, one function per kind; each fills rows of a table with the columns below ---- */

struct kind {
    const char *name;
    const char *columns[6];
    dvfo_status (*fill)(struct dvfo_ctx *ctx, struct dvfo_table *table);
};

/* Call `add` for each data file of a folder. */
static dvfo_status each_file(struct dvfo_ctx *ctx, const char *folder, struct dvfo_table *table,
                             dvfo_status (*add)(struct dvfo_ctx *ctx, const char *name, struct dvfo_table *table))
{
    char **names = NULL;
    size_t count = 0;
    DVFO_TRY(dvfo_data_names(ctx, folder, ".yaml", &names, &count));
    dvfo_status status = DVFO_OK;
    for (size_t i = 0; i < count && status == DVFO_OK; i++) {
        status = add(ctx, names[i], table);
    }
    dvfo_data_names_free(names, count);
    return status;
}

static dvfo_status add_board(struct dvfo_ctx *ctx, const char *name, struct dvfo_table *table)
{
    struct dvfo_board *board = NULL;
    DVFO_TRY(dvfo_board_load(ctx, name, &board));
    dvfo_table_text(table, name);
    dvfo_table_text(table, board->title);
    dvfo_board_free(board);
    return DVFO_OK;
}

static dvfo_status list_boards(struct dvfo_ctx *ctx, struct dvfo_table *table)
{
    return each_file(ctx, "profiles/boards", table, add_board);
}

static dvfo_status add_network(struct dvfo_ctx *ctx, const char *name, struct dvfo_table *table)
{
    struct dvfo_network *network = NULL;
    DVFO_TRY(dvfo_network_load(ctx, name, 0, NULL, &network));
    dvfo_table_text(table, name);
    dvfo_table_integer(table, network->input.height);
    dvfo_table_number(table, network->params / 1e6, 4);
    dvfo_table_number(table, network->macs / 1e9, 4);
    dvfo_table_text(table, network->title);
    dvfo_network_free(network);
    return DVFO_OK;
}

static dvfo_status list_networks(struct dvfo_ctx *ctx, struct dvfo_table *table)
{
    return each_file(ctx, "profiles/networks", table, add_network);
}

static dvfo_status add_cloud(struct dvfo_ctx *ctx, const char *name, struct dvfo_table *table)
{
    struct dvfo_cloud_profile *cloud = NULL;
    DVFO_TRY(dvfo_cloud_profile_load(ctx, name, &cloud));
    dvfo_table_text(table, name);
    dvfo_table_text(table, cloud->title);
    dvfo_cloud_profile_free(cloud);
    return DVFO_OK;
}

static dvfo_status list_clouds(struct dvfo_ctx *ctx, struct dvfo_table *table)
{
    return each_file(ctx, "profiles/clouds", table, add_cloud);
}

static dvfo_status list_policies(struct dvfo_ctx *ctx, struct dvfo_table *table)
{
    (void)ctx;
    for (const struct dvfo_policy_type *const *policy = dvfo_policies(); *policy != NULL; policy++) {
        dvfo_table_text(table, (*policy)->name);
        dvfo_table_text(table, (*policy)->summary);
    }
    return DVFO_OK;
}

/* --trace takes a constant, a generator or a file; the formats of files follow, recognised by content. */
static dvfo_status list_traces(struct dvfo_ctx *ctx, struct dvfo_table *table)
{
    (void)ctx;
    dvfo_table_text(table, "const:RATE");
    dvfo_table_text(table, "constant");
    dvfo_table_text(table, "the same rate all the time, e.g. const:5Mbps");
    for (const struct dvfo_generator *generator = dvfo_generators; generator->name != NULL; generator++) {
        char name[64];
        snprintf(name, sizeof name, "model:%s", generator->name);
        dvfo_table_text(table, name);
        dvfo_table_text(table, "generator");
        dvfo_table_text(table, generator->source);
    }
    for (const struct dvfo_format *const *format = dvfo_formats; *format != NULL; format++) {
        dvfo_table_text(table, (*format)->name);
        dvfo_table_text(table, "file format");
        dvfo_table_text(table, (*format)->summary);
    }
    return DVFO_OK;
}

static dvfo_status add_experiment(struct dvfo_ctx *ctx, const char *name, struct dvfo_table *table)
{
    (void)ctx;
    dvfo_table_text(table, name);
    return DVFO_OK;
}

static dvfo_status list_experiments(struct dvfo_ctx *ctx, struct dvfo_table *table)
{
    char **names = NULL;
    size_t count = 0;
    DVFO_TRY(dvfo_data_names(ctx, "bench/experiments", ".yaml", &names, &count));
    dvfo_data_names_free(names, count);
    if (count == 0) {
        dvfo_note(ctx, "there is no experiment yet; 'dvfo run' and 'dvfo plot' run trials");
    }
    return each_file(ctx, "bench/experiments", table, add_experiment);
}

static const struct kind kinds[] = {
    {"boards", {"board", "title", NULL}, list_boards},
    {"networks", {"network", "input", "params_m", "macs_g", "title", NULL}, list_networks},
    {"clouds", {"cloud", "title", NULL}, list_clouds},
    {"policies", {"policy", "summary", NULL}, list_policies},
    {"traces", {"trace", "kind", "summary", NULL}, list_traces},
    {"experiments", {"experiment", NULL}, list_experiments},
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

static dvfo_status find_kind(struct dvfo_ctx *ctx, const char *name, const struct kind **out)
{
    const char *names[KINDS];
    for (size_t i = 0; i < KINDS; i++) {
        names[i] = kinds[i].name;
        if (strcmp(name, names[i]) == 0) {
            *out = &kinds[i];
            return DVFO_OK;
        }
    }
    const char *near = dvfo_nearest(name, names, KINDS);
    return dvfo_fail(ctx, DVFO_BAD_INPUT,
                     "'%s' can't be listed, expected boards, networks, clouds, policies, traces or experiments%s%s%s",
                     name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct arguments arguments = {.format = "table"};
    dvfo_table_format format;
    const struct kind *kind = NULL;
    struct dvfo_table *table = NULL;
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &arguments));
    DVFO_TRY(dvfo_table_format_of(ctx, arguments.format, &format));
    DVFO_TRY(find_kind(ctx, arguments.kind, &kind));
    DVFO_TRY(dvfo_table_create(ctx, kind->columns, &table));
    dvfo_status status = kind->fill(ctx, table);
    if (status == DVFO_OK) {
        status = dvfo_table_print(ctx, table, format, stdout);
    }
    dvfo_table_free(table);
    return status;
}

const struct dvfo_command dvfo_command_list = {"list", "list boards, networks, clouds, policies, traces, experiments",
                                               run};
