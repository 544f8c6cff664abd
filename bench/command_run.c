/* dvfo run: trials in the simulator, from the command line. */
#include "bench/command.h"
#include "bench/trials.h"

struct arguments {
    struct dvfo_setting setting;
    struct dvfo_trials_output output;
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->setting;
        state->child_inputs[1] = &arguments->output;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument '%s'", text);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{.argp = &dvfo_setting_argp}, {.argp = &dvfo_trials_argp}, {0}};

static const struct argp argp = {
    .parser = parse_option,
    .children = children,
    .help_filter = dvfo_trials_describe_columns,
    .doc = "Run trials: every board, network and policy named, over one trace."
           "\v"
           "Examples:\n"
           "  dvfo run --board jetson-tx2 --network vgg-19 --policy edge-only\n"
           "  dvfo run -b all -n resnet-18 -p edge-only,oracle-dvfo -t model:wifi\n"
           "  dvfo run -b xavier-nx -n mobilenet-v2 -p cloud-only -t up.csv --out a.h5\n"
           "  dvfo run -b jetson-nano -n resnet-18 -p schedutil --arrivals poisson:2\n\n"
           "Pairing: in a closed loop, request i meets the trace from i times the latency of edge-only at the highest "
           "clocks on, whatever the policy: all policies of a board and network meet the same link, and a slow one "
           "doesn't see more of it. The stretch of the trace that was met stands below the table. --free-running lets "
           "the trace run with the simulated time instead; open arrivals always do.\n\n"
           "Accuracy: with a profile of a network that was really split, each request is one of its images for tests, "
           "and accuracy tells how often the answer that counts was right. Other networks take over its loss against "
           "the full network, not its level. Shares and cuts that are expected to lose more than --accuracy-floor are "
           "open to no policy.\n\n"
           "Cost: cost_j = eta * energy_j + (1 - eta) * p_max_w * latency_s.\n\n"
           "Assumptions: what no data reach has a low and a high value ('dvfo show board'). --assume low sets all of "
           "them, --assume 'launch of a kernel=high' one; a runtime's key in the board's file does as well, "
           "--assume launch_cycles=high,efficiency.dense=low. Low of everything isn't the least energy (a low "
           "efficiency costs time): the band of a result is found by trying each.\n",
};

static dvfo_status simulate(struct dvfo_ctx *ctx, void *user, struct dvfo_trial *trial)
{
    (void)user;
    return dvfo_trial_run(ctx, trial);
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    static const struct dvfo_trials_world simulator = {.title = "dvfo run", .simulated = true, .run = simulate};
    struct arguments arguments = {.setting = dvfo_setting_default()};
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &arguments));
    dvfo_status status = dvfo_setting_load(ctx, &arguments.setting);
    if (status == DVFO_OK) {
        status = dvfo_trials_run(ctx, &arguments.setting, &arguments.output, &simulator, argc, argv);
    }
    dvfo_setting_free(&arguments.setting);
    return status;
}

const struct dvfo_command dvfo_command_run = {
    .name = "run", .summary = "run trials: boards, networks and policies over a trace", .run = run};
