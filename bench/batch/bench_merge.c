/* dvfo bench merge: the trials of experiments as one HDF5 file, from one folder or from several machines' folders. */
#include "bench/batch/merge.h"
#include "bench/batch/plans.h"
#include "bench/bench_verbs.h"

enum { KEY_FROM = 512, KEY_TO };

struct arguments {
    struct dvfo_plans plans;
    const char *from[DVFO_MERGE_FOLDERS], *to;
    size_t folders;
};

static const struct argp_option options[] = {
    {"to", KEY_TO, "FILE.h5", 0, "the merged file (default: merged.h5)", 6},
    {"from", KEY_FROM, "FOLDER", 0, "look here too for what --out lacks, may be repeated: one per machine", 6},
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
    case KEY_FROM:
        if (arguments->folders == DVFO_MERGE_FOLDERS) {
            argp_error(state, "--from may be given %d times", (int)DVFO_MERGE_FOLDERS);
        }
        arguments->from[arguments->folders++] = text;
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
        "Merge the trials of experiments into one HDF5 file, in the order of their plans. Give the same --quick, "
        "--seeds and --set as to 'dvfo bench run'."
        "\v"
        "Examples:\n"
        "  dvfo bench merge all --to everything.h5\n"
        "  dvfo bench merge headline --from node1/results --from node2/results --to headline.h5\n\n"
        "The same trials give the same bytes, whichever machine ran them; of live plans, whose trials aren't the same "
        "twice, the same records do. Folders of several machines may also be "
        "copied into one: files of trials are named by what they were made from.\n",
};

static dvfo_status merge(struct dvfo_ctx *ctx, struct arguments *arguments, struct dvfo_batch *batch)
{
    struct dvfo_plans *plans = &arguments->plans;
    const struct dvfo_batch_def def = {.folder = plans->folder};
    DVFO_TRY(dvfo_plans_load(ctx, plans));
    DVFO_TRY(dvfo_batch_prepare(ctx, &def, plans->plan, plans->count, batch));
    DVFO_TRY(dvfo_merge(ctx, batch, arguments->from, arguments->folders, arguments->to));
    puts(arguments->to);
    return DVFO_OK;
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct arguments arguments = {.plans = dvfo_plans_default(), .to = "merged.h5"};
    struct dvfo_batch batch = {0};
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &arguments));
    const dvfo_status status = merge(ctx, &arguments, &batch);
    dvfo_batch_free(&batch);
    dvfo_plans_free(&arguments.plans);
    return status;
}

const struct dvfo_command dvfo_bench_merge = {"merge", "trials of experiments as one HDF5 file", run};
