/* dvfo train --world live: an agent that learnt in the simulator goes on learning on a real device. */
#include <math.h>
#include <string.h>

#include "bench/interrupt.h"
#include "bench/live/edge/live_options.h"
#include "bench/progress.h"
#include "bench/train_verbs.h"
#include "policies/agents/agent_file.h"
#include "policies/agents/conditions.h"
#include "policies/agents/pupil.h"
#include "sim/base/output.h"
#include "sim/base/text.h"
#include "sim/simulation.h"

/* As typed; borrowed from argv. */
struct arguments {
    struct dvfo_live_options world;
    const char *out, *resume, *steps, *explore;
};

enum { KEY_OUT = 660, KEY_RESUME, KEY_STEPS, KEY_EXPLORE, KEY_WORLD, MOST_STEPS = 10000000 };

static const struct argp_option options[] = {
    {"world", KEY_WORLD, "live", 0, "on this machine, for real", 8},
    {"resume", KEY_RESUME, "AGENT.h5", 0, "the agent that goes on; a complete one (dvfo train --keep-all)", 8},
    {"out", KEY_OUT, "AGENT.h5", 0, "what it becomes; complete, so that it can go on again", 8},
    {"steps", KEY_STEPS, "N", 0, "requests to learn from (default 500)", 8},
    {"explore", KEY_EXPLORE, "X", 0, "how often a choice may be a trial, 0 to 0.5 (default 0.05)", 8},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    const char **const fields[] = {&arguments->out, &arguments->resume, &arguments->steps, &arguments->explore};
    if (key >= KEY_OUT && key <= KEY_EXPLORE) {
        *fields[key - KEY_OUT] = text;
        return 0;
    }
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->world;
        return 0;
    case KEY_WORLD:
        return 0; /* that brought us here */
    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument '%s'", text);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{.argp = &dvfo_live_argp}, {0}};

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .children = children,
    .doc =
        "Go on training an agent on this machine: it decides for real requests, explores a little within the board's "
        "limits, and learns between them from what it sees and from what it remembers of the simulator."
        "\v"
        "Examples:\n"
        "  dvfo train -p dvfo -b mine/host.yaml -n collaborative --layers mine/collaborative.h5,mine/attention.h5 "
        "--cloud mine/cloud.yaml -t model:wifi --keep-all --out sim.h5\n"
        "  dvfo train --world live -b mine/host.yaml --layers mine/collaborative.h5,mine/attention.h5 --cloud "
        "mine/cloud.yaml --network-file net.h5 --images images/train.bin --server 127.0.0.1:7433 --shape model:wifi "
        "--resume sim.h5 --steps 500 --out live.h5\n"
        "  dvfo live -b mine/host.yaml --network-file net.h5 --images images/test.bin --server 127.0.0.1:7433 -p "
        "dvfo:live.h5\n\n"
        "Ctrl-C ends after the request in hand and keeps what was learnt: --resume with --out's file goes on. Clocks "
        "are those of the board's table and the agent's own levels; the temperature ceiling holds (--ceiling).\n",
};

/* ---- options ---- */

static dvfo_status read_numbers(struct dvfo_ctx *ctx, const struct arguments *arguments, long *steps, double *explore)
{
    long long whole = 500;
    *explore = 0.05;
    if (arguments->resume == NULL || arguments->out == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "no --%s is given; see 'dvfo train --world live --help'",
                         arguments->resume == NULL ? "resume" : "out");
    }
    if (arguments->steps != NULL &&
        (!dvfo_text_integer(arguments->steps, NULL, &whole) || whole < 1 || whole > MOST_STEPS)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--steps is '%s', expected a whole number from 1 to %d", arguments->steps,
                         MOST_STEPS);
    }
    if (arguments->explore != NULL &&
        (!dvfo_text_number(arguments->explore, NULL, explore) || *explore < 0.0 || *explore > 0.5)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--explore is '%s', expected a number from 0 to 0.5", arguments->explore);
    }
    *steps = (long)whole;
    return DVFO_OK;
}

static dvfo_status check_out(struct dvfo_ctx *ctx, const char *path)
{
    struct dvfo_output output;
    DVFO_TRY(dvfo_output_begin(ctx, path, &output));
    dvfo_output_abandon(&output);
    return DVFO_OK;
}

/* ---- learning ---- */

struct session {
    struct dvfo_agent *agent;
    struct dvfo_curve curve;
    struct dvfo_pupil *pupil;
    struct dvfo_live *live;
    struct dvfo_progress progress;
    long told_every, steps;
};

/* A line now and then: what requests cost, trials among them. */
static void on_request(void *user, const struct dvfo_request_row *row)
{
    struct session *session = user;
    struct dvfo_pupil_report report;
    dvfo_progress_tell(&session->progress, (double)row->request + 1.0, "learning");
    if ((row->request + 1) % session->told_every != 0) {
        return;
    }
    if (dvfo_pupil_tell(NULL, session->pupil, &report) != DVFO_OK) {
        dvfo_interrupt_raise(); /* it has learnt nonsense, which the board shouldn't run by */
    } else if (report.decisions > 0) {
        printf("%ld of %ld requests: cost %.4f of edge-only by the profile, reward %.4f, %llu updates, loss %.4g\n",
               row->request + 1, session->steps, report.cost, report.reward, (unsigned long long)report.updates,
               report.loss);
    }
}

/* A request on the device at the highest clocks, by the profile: the scale of costs. */
static dvfo_status find_yardstick(struct dvfo_ctx *ctx, const struct dvfo_trial *trial,
                                  struct dvfo_yardstick *yardstick)
{
    const char *link = "const:5Mbps";
    const struct dvfo_conditions_def def = {.base = trial,
                                            .networks = 1,
                                            .etas = 1,
                                            .links = 1,
                                            .network = {trial->scenario.network},
                                            .eta = {trial->scenario.eta},
                                            .link = {link}};
    struct dvfo_conditions *conditions = NULL;
    DVFO_TRY(dvfo_conditions_create(ctx, &def, &conditions));
    *yardstick = dvfo_condition_at(conditions, 0).yardstick;
    dvfo_conditions_free(conditions);
    return DVFO_OK;
}

static dvfo_status begin(struct dvfo_ctx *ctx, struct arguments *arguments, double explore, struct session *session,
                         struct dvfo_trial *trial)
{
    struct dvfo_live_def def;
    struct dvfo_setting *setting = &arguments->world.setting;
    DVFO_TRY(check_out(ctx, arguments->out));
    if (setting->policies != NULL || setting->trace_from_share > 0.0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s",
                         setting->policies != NULL ? "--policy has no effect: --resume's file says whose agent it is"
                                                   : "--trace-from is a share, expected seconds");
    }
    DVFO_TRY(dvfo_live_options_load(ctx, &arguments->world, false, &def));
    DVFO_TRY(dvfo_setting_world(ctx, setting, 0, 0, trial));
    DVFO_TRY(dvfo_agent_load(ctx, arguments->resume, setting->board[0], &session->agent, &session->curve));
    struct dvfo_pupil_def pupil = {
        .agent = session->agent, .trip_c = setting->board[0]->thermal.trip_c.value, .explore = explore};
    DVFO_TRY(find_yardstick(ctx, trial, &pupil.yardstick));
    DVFO_TRY(dvfo_pupil_create(ctx, &pupil, &session->pupil));
    trial->policy = &dvfo_policy_pupil;
    trial->policy_user = session->pupil;
    trial->trace = setting->opened_trace;
    trial->stop = def.rig.stop;
    return dvfo_live_create(ctx, &def, &session->live);
}

static dvfo_status learn(struct dvfo_ctx *ctx, const struct arguments *arguments, struct session *session,
                         struct dvfo_trial *trial)
{
    const struct dvfo_probe probe = {.user = session, .request = on_request};
    struct dvfo_pupil_report report;
    trial->probe = &probe;
    trial->workload.requests = session->steps;
    session->told_every = session->steps > 10 ? session->steps / 10 : 1;
    session->progress = dvfo_progress_begin("requests", (double)session->steps);
    const dvfo_status status = dvfo_live_run(ctx, session->live, trial);
    dvfo_progress_end(&session->progress);
    if (status != DVFO_OK && (status != DVFO_INTERRUPTED || trial->results.requests == 0)) {
        return status;
    }
    struct dvfo_ctx learning = {0};
    const dvfo_status learnt = dvfo_pupil_tell(&learning, session->pupil, &report);
    if (learnt != DVFO_OK) {
        return dvfo_fail(ctx, learnt, "%s; nothing is kept", learning.message);
    }
    struct dvfo_ctx writing = {.note = ctx->note, .note_user = ctx->note_user};
    const dvfo_status written = dvfo_agent_save(&writing, session->agent, &session->curve, true, arguments->out);
    if (written != DVFO_OK) {
        return dvfo_fail(ctx, written, "%s", writing.message);
    }
    dvfo_live_describe(session->live, stdout);
    dvfo_live_tell(session->live, stdout);
    printf("%s\n", arguments->out);
    return status;
}

static dvfo_status train(struct dvfo_ctx *ctx, struct arguments *arguments)
{
    struct session session = {0};
    struct dvfo_trial trial;
    double explore = 0.0;
    DVFO_TRY(read_numbers(ctx, arguments, &session.steps, &explore));
    dvfo_status status = begin(ctx, arguments, explore, &session, &trial);
    status = status == DVFO_OK ? learn(ctx, arguments, &session, &trial) : status;
    status = session.live != NULL ? dvfo_live_close(ctx, session.live, status) : status;
    dvfo_pupil_free(session.pupil);
    dvfo_agent_free(session.agent);
    dvfo_curve_free(&session.curve);
    return status;
}

dvfo_status dvfo_train_live(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct arguments arguments = {.world = dvfo_live_options_default()};
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &arguments));
    const dvfo_status status = train(ctx, &arguments);
    dvfo_live_options_free(&arguments.world);
    return status;
}
