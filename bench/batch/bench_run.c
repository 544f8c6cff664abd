/* dvfo bench run: all trials of some experiments, with the agents that they need. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/batch/figures.h"
#include "bench/batch/plans.h"
#include "bench/bench_verbs.h"
#include "bench/interrupt.h"
#include "sim/base/text.h"

enum { MOST_JOBS = 256, MOST_SHARDS = 100000, KEY_JOBS = 512, KEY_DRY, KEY_SHARD, KEY_HOSTS };

struct arguments {
    struct dvfo_plans plans;
    struct dvfo_batch_def def;
    const char *hosts_file; /* borrowed from argv; NULL: none */
    struct dvfo_hosts hosts;
    bool dry;
};

static const struct argp_option options[] = {
    {"jobs", KEY_JOBS, "N", 0, "processes at once (default: as many as cores); results don't depend on it", 6},
    {"shard", KEY_SHARD, "I/N", 0, "run part I of N only, for several machines on a shared folder", 6},
    {"hosts", KEY_HOSTS, "FILE", 0,
     "machines that live plans run on, a line for each: BOARD DESTINATION [dvfo=PROGRAM] [folder=FOLDER] [sudo=yes], "
     "by ssh, or 'local' (default: this machine, for board host)",
     6},
    {"dry-run", KEY_DRY, NULL, 0, "only say what would be done, with the commands", 6},
    {0},
};

static void parse_shard(struct argp_state *state, const char *text, struct dvfo_batch_def *def)
{
    const char *end = NULL;
    long long shard = 0, shards = 0;
    if (!dvfo_text_integer(text, &end, &shard) || *end != '/' || !dvfo_text_integer(end + 1, NULL, &shards) ||
        shard < 1 || shards < shard || shards > MOST_SHARDS) {
        argp_error(state, "--shard is '%s', expected I/N, a part and how many there are, e.g. 1/4", text);
    }
    def->shard = (long)shard;
    def->shards = (long)shards;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    long long whole = 0;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->plans;
        return 0;
    case KEY_JOBS:
        if (!dvfo_text_integer(text, NULL, &whole) || whole < 1 || whole > MOST_JOBS) {
            argp_error(state, "--jobs is '%s', expected a whole number from 1 to %d", text, (int)MOST_JOBS);
        }
        arguments->def.jobs = (long)whole;
        return 0;
    case KEY_SHARD:
        parse_shard(state, text, &arguments->def);
        return 0;
    case KEY_HOSTS:
        arguments->hosts_file = text;
        return 0;
    case KEY_DRY:
        arguments->dry = true;
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
    .doc = "Run experiments: train the agents that they need, run their trials, keep every result. What lies in the "
           "folder already isn't made again, so an interrupted batch goes on where it was."
           "\v"
           "Examples:\n"
           "  dvfo bench run headline --quick\n"
           "  dvfo bench run eta-sweep --set network=vit-b16 --set eta=0.1,0.5,0.9 --out mine\n"
           "  dvfo bench run all --jobs 8\n"
           "  dvfo bench run tag:sweep --quick\n"
           "  dvfo bench run all --shard 3/16            # on one of 16 machines, one folder for all\n"
           "  dvfo bench run my-plan.yaml --dry-run\n"
           "  dvfo bench run live-host --set network-file=net.h5 --set images=images/test.bin --set "
           "server=127.0.0.1:7433\n"
           "  dvfo bench run my-live-plan.yaml --hosts boards.txt\n\n"
           "Then 'dvfo bench table ID' prints what came out. A trial that fails doesn't stop the others; at the end "
           "the command is told that repeats it. 'all' and tags leave out what runs in real time on real boards: name "
           "it, or "
           "tag:live (docs/boards.md). A machine runs one trial at a time whatever --jobs says, and what it measures "
           "isn't "
           "the same twice.\n",
};

/* What would be done, as commands. */
static void print_dry(struct dvfo_batch *batch)
{
    for (size_t i = 0; i < batch->agents; i++) {
        if (batch->agent[i].wanted && batch->agent[i].state != DVFO_BATCH_THERE) {
            dvfo_batch_print_agent(batch, &batch->agent[i], stdout);
        }
    }
    for (size_t i = 0; i < batch->trials; i++) {
        if (batch->trial[i].state != DVFO_BATCH_THERE && dvfo_batch_mine(batch, &batch->trial[i])) {
            dvfo_batch_print_trial(batch, &batch->trial[i], stdout);
        }
    }
}

static dvfo_status find_hosts(struct dvfo_ctx *ctx, struct arguments *arguments)
{
    if (arguments->hosts_file == NULL) {
        arguments->hosts = dvfo_hosts_here();
    } else {
        DVFO_TRY(dvfo_hosts_load(ctx, arguments->hosts_file, &arguments->hosts));
    }
    for (size_t i = 0; i < arguments->plans.count; i++) {
        if (arguments->plans.plan[i]->live && arguments->def.shards > 1) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT,
                             "--shard divides simulations, but %s is live: its boards are shared out by --hosts",
                             arguments->plans.plan[i]->id);
        }
        DVFO_TRY(dvfo_hosts_check(ctx, &arguments->hosts, arguments->hosts_file, arguments->plans.plan[i]));
    }
    arguments->def.hosts = &arguments->hosts;
    return DVFO_OK;
}

/* Plans without trials make their numbers when they are drawn. What is measured in real time is measured now, and kept
 * with its figure; the others are only told of. */
static dvfo_status measure_all(struct dvfo_ctx *ctx, const struct arguments *arguments)
{
    char folder[DVFO_PATH_SIZE];
    snprintf(folder, sizeof folder, "%s/figures", arguments->plans.folder);
    for (size_t i = 0; i < arguments->plans.count; i++) {
        const struct dvfo_plan *plan = arguments->plans.plan[i];
        const struct dvfo_gathered *none = NULL;
        const struct dvfo_figures_def def = {
            .count = 1, .plan = &plan, .gathered = &none, .folder = folder, .stop = arguments->def.stop};
        if (plan->draws == NULL) {
            continue;
        }
        if (!dvfo_plan_meets_real_time(plan)) {
            fprintf(stderr, "%s has no trials: 'dvfo bench plot %s' makes its numbers\n", plan->id, plan->id);
            continue;
        }
        if (mkdir(arguments->plans.folder, 0777) != 0 && errno != EEXIST) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "folder '%s': cannot be made: %s", arguments->plans.folder,
                             strerror(errno));
        }
        DVFO_TRY(dvfo_figures_draw(ctx, &def));
        printf("%s/%s.png\n%s/%s.csv\n", folder, plan->draws, folder, plan->draws);
    }
    return DVFO_OK;
}

static dvfo_status run_batch(struct dvfo_ctx *ctx, struct arguments *arguments, struct dvfo_batch *batch)
{
    DVFO_TRY(dvfo_plans_load(ctx, &arguments->plans));
    DVFO_TRY(find_hosts(ctx, arguments));
    arguments->def.folder = arguments->plans.folder;
    arguments->def.stop = dvfo_interrupt_catch();
    DVFO_TRY(dvfo_batch_prepare(ctx, &arguments->def, arguments->plans.plan, arguments->plans.count, batch));
    const size_t all = dvfo_batch_count(batch, false), open = dvfo_batch_count(batch, true);
    fprintf(stderr, "%zu trials, %zu of them there already; %zu agents to train\n", all, all - open,
            dvfo_batch_untrained(batch));
    if (arguments->dry) {
        print_dry(batch);
        return DVFO_OK;
    }
    DVFO_TRY(dvfo_batch_run(ctx, batch));
    return measure_all(ctx, arguments);
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct arguments arguments = {.plans = dvfo_plans_default()};
    struct dvfo_batch batch = {0};
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &arguments));
    const dvfo_status status = run_batch(ctx, &arguments, &batch);
    dvfo_batch_free(&batch);
    dvfo_hosts_free(&arguments.hosts);
    dvfo_plans_free(&arguments.plans);
    return status;
}

const struct dvfo_command dvfo_bench_run = {"run", "run experiments", run};
