/* dvfo live: trials on a real device, over a real link. */
#include "bench/command.h"
#include "bench/interrupt.h"
#include "bench/live/edge/rehearsal.h"
#include "bench/live/edge/live_options.h"
#include "bench/live/edge/live_record.h"
#include "bench/live/edge/tether.h"
#include "bench/trials.h"

struct arguments {
    struct dvfo_live_options world;
    struct dvfo_trials_output output;
    const char *rehearse; /* borrowed from argv */
    bool record, tethered;
};

enum { KEY_REHEARSE = 650, KEY_RECORD, KEY_WHILE_OPEN };

static const struct argp_option options[] = {
    {"rehearse", KEY_REHEARSE, "FOLDER", 0,
     "run no trials: measure what a request's steps take here and write host.yaml, layers and cloud.yaml there, for "
     "dvfo run",
     8},
    {"record", KEY_RECORD, NULL, 0, "of one trial: print its record (JSON), for dvfo bench, instead of the table", 8},
    {"while-open", KEY_WHILE_OPEN, NULL, 0, "end as after Ctrl-C when standard input closes: whoever asked has gone",
     8},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->world;
        state->child_inputs[1] = &arguments->output;
        return 0;
    case KEY_REHEARSE:
        arguments->rehearse = text;
        return 0;
    case KEY_RECORD:
        arguments->record = true;
        return 0;
    case KEY_WHILE_OPEN:
        arguments->tethered = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument '%s'", text);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{.argp = &dvfo_live_argp}, {.argp = &dvfo_trials_argp}, {0}};

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .children = children,
    .help_filter = dvfo_trials_describe_columns,
    .doc = "Run trials on this machine, for real: the policy sets the board's clocks and names the share of the "
           "feature maps that goes to the server, over the network or a link shaped by a trace. Same tables and files "
           "as dvfo run."
           "\v"
           "Examples:\n"
           "  dvfo serve --network-file net.h5 &\n"
           "  dvfo live --network-file net.h5 --images images/test.bin -p edge-only\n"
           "  dvfo live --network-file net.h5 --images images/test.bin -p fixed:max/max/max/0.4 --server "
           "127.0.0.1:7433 --shape model:4g-up\n"
           "  sudo dvfo live -b xavier-nx --network-file net.h5 --images images/test.bin -p dvfo:agent.h5 --server "
           "10.0.0.2:7433 --key key --out live.h5\n"
           "  sudo dvfo live -b xavier-nx -n resnet-18 -p l4t-default --requests 20 --command 'trtexec "
           "--loadEngine=resnet18.plan --duration=1'\n"
           "  dvfo live -b jetson-tx2 -n vgg-19 -p edge-best --command true --dry-run\n"
           "  dvfo live --network-file net.h5 --server 127.0.0.1:7433 --rehearse mine/\n"
           "  dvfo run -b mine/host.yaml -n collaborative --layers mine/collaborative.h5,mine/attention.h5 --cloud "
           "mine/cloud.yaml -p edge-only\n\n"
           "The board is host by default, whose clocks are left alone where they can't be set; what is measured and "
           "what is modelled stands below the table and in every row (energy_measured). Clocks are given back at the "
           "end, also after Ctrl-C; after kill -9 by the next run or 'dvfo board set --restore'. docs/boards.md tells "
           "how to compare policies on a board.\n\n"
           "Options of the simulated device, cloud and costs (--layers, --cloud, --tail, --bits-per-pixel, ...) say "
           "what planners reckon with, and what energy is modelled by where it isn't measured.\n",
};

/* ---- the world that trials run in ---- */

static dvfo_status run_trial(struct dvfo_ctx *ctx, void *user, struct dvfo_trial *trial)
{
    return dvfo_live_run(ctx, user, trial);
}

static void add_inputs(void *user, struct dvfo_results *results)
{
    const struct dvfo_live *live = user;
    if (dvfo_live_network_sha256(live)[0] != '\0') {
        dvfo_results_add_input(results, "split network", "--network-file", dvfo_live_network_sha256(live));
        dvfo_results_add_input(results, "images", "--images", dvfo_live_images_sha256(live));
    }
}

static void configure(void *user, FILE *file)
{
    fputs("world: live\n", file);
    dvfo_live_describe(user, file);
}

static void describe(void *user, FILE *file)
{
    dvfo_live_describe(user, file);
    dvfo_live_tell(user, file);
}

/* Before the first of them has taken an hour. */
static dvfo_status check_all(struct dvfo_ctx *ctx, const struct dvfo_setting *setting, const struct dvfo_live *live)
{
    for (size_t i = 0; i < dvfo_setting_trial_count(setting); i++) {
        struct dvfo_trial trial;
        DVFO_TRY(dvfo_setting_trial(ctx, setting, i, &trial));
        DVFO_TRY(dvfo_live_check(ctx, live, &trial));
    }
    return DVFO_OK;
}

/* Writes go to standard output, and no table. */
static dvfo_status show_writes(struct dvfo_ctx *ctx, const struct dvfo_setting *setting, struct dvfo_live *live)
{
    for (size_t i = 0; i < dvfo_setting_trial_count(setting); i++) {
        struct dvfo_trial trial;
        DVFO_TRY(dvfo_setting_trial(ctx, setting, i, &trial));
        trial.stop = dvfo_interrupt_catch();
        printf("# %s\n", dvfo_setting_policy_name(setting, i));
        DVFO_TRY(dvfo_live_run(ctx, live, &trial));
    }
    return DVFO_OK;
}

static dvfo_status check_output(struct dvfo_ctx *ctx, const struct arguments *arguments)
{
    const struct dvfo_trials_output *output = &arguments->output;
    const bool any = output->out != NULL || output->timeline != NULL || output->format != NULL;
    if (arguments->record && (any || arguments->world.dry_run || arguments->rehearse != NULL)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "--record prints one record and nothing else: no --out, --timeline, --format, --dry-run, "
                         "--rehearse");
    }
    return arguments->world.dry_run && any
               ? dvfo_fail(ctx, DVFO_BAD_INPUT,
                           "--dry-run shows writes and makes no table: no --out, --timeline, --format")
               : DVFO_OK;
}

static dvfo_status run_trials(struct dvfo_ctx *ctx, const struct arguments *arguments, struct dvfo_live *live, int argc,
                              char **argv)
{
    const struct dvfo_setting *setting = &arguments->world.setting;
    const struct dvfo_trials_world world = {.title = "dvfo live",
                                            .user = live,
                                            .run = run_trial,
                                            .inputs = add_inputs,
                                            .configure = configure,
                                            .describe = describe};
    DVFO_TRY(check_all(ctx, setting, live));
    return arguments->world.dry_run ? show_writes(ctx, setting, live)
           : arguments->record      ? dvfo_live_record(ctx, setting, live, stdout)
                                    : dvfo_trials_run(ctx, setting, &arguments->output, &world, argc, argv);
}

static dvfo_status go_live(struct dvfo_ctx *ctx, struct arguments *arguments, int argc, char **argv)
{
    struct dvfo_live_def def;
    struct dvfo_live *live = NULL;
    struct dvfo_tether *tether = NULL;
    DVFO_TRY(dvfo_live_options_load(ctx, &arguments->world, true, &def));
    if (arguments->tethered) {
        DVFO_TRY(dvfo_tether_create(ctx, &tether));
    }
    dvfo_status status = dvfo_live_create(ctx, &def, &live);
    if (status == DVFO_OK) {
        status = dvfo_live_close(ctx, live, run_trials(ctx, arguments, live, argc, argv));
    }
    dvfo_tether_free(tether);
    return status;
}

static dvfo_status rehearse(struct dvfo_ctx *ctx, struct arguments *arguments)
{
    struct dvfo_rehearsal_def def = dvfo_rehearsal_def_default();
    def.network_file = arguments->world.network_file;
    def.server = arguments->world.server;
    def.root = arguments->world.root;
    def.folder = arguments->rehearse;
    if (def.network_file == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "no --network-file is given; see 'dvfo live --help'");
    }
    DVFO_TRY(dvfo_live_options_key(ctx, &arguments->world, &def.key));
    return dvfo_rehearse(ctx, &def);
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct arguments arguments = {.world = dvfo_live_options_default()};
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &arguments));
    DVFO_TRY(check_output(ctx, &arguments));
    const dvfo_status status =
        arguments.rehearse != NULL ? rehearse(ctx, &arguments) : go_live(ctx, &arguments, argc, argv);
    dvfo_live_options_free(&arguments.world);
    return status;
}

const struct dvfo_command dvfo_command_live = {"live", "run trials on this machine, for real", run};
