/* dvfo train in the simulator: an agent learns in many simulated environments at once, is looked at now and then, and
 * becomes a file. */
#include <math.h>
#include <string.h>

#include "bench/command.h"
#include "bench/course.h"
#include "bench/curve_csv.h"
#include "bench/interrupt.h"
#include "bench/list.h"
#include "bench/progress.h"
#include "bench/setting.h"
#include "bench/train_verbs.h"
#include "policies/agents/agent_file.h"
#include "sim/base/output.h"
#include "sim/base/text.h"

_Static_assert((int)DVFO_LIST_MAX <= (int)DVFO_CONDITIONS_MAX, "conditions hold what a list can name");

enum { MOST_SET = 32, CONDITIONS_SIZE = 480 };

struct arguments {
    struct dvfo_setting setting;
    const char *etas, *out, *resume, *curve, *head, *reward, *steps, *deadline;
    const char *set[MOST_SET];
    size_t sets;
    bool keep_all, no_reference;
};

enum {
    KEY_ETAS = 512,
    KEY_OUT,
    KEY_RESUME,
    KEY_CURVE,
    KEY_HEAD,
    KEY_REWARD,
    KEY_STEPS,
    KEY_DEADLINE,
    KEY_SET,
    KEY_KEEP,
    KEY_NO_REFERENCE,
    KEY_WORLD,
};

static const struct argp_option options[] = {
    {"out", KEY_OUT, "FILE.h5", 0, "the trained agent, for --policy NAME:FILE.h5 (default agent.h5)", 5},
    {"steps", KEY_STEPS, "N", 0, "decisions to learn from (default: the preset's)", 5},
    {"etas", KEY_ETAS, "LIST", 0, "weights of energy to learn for, e.g. 0.2,0.5,0.8 (default: --eta)", 5},
    {"head", KEY_HEAD, "HOW", 0, "branching (default) or flat: an output for every combination of choices", 5},
    {"reward", KEY_REWARD, "HOW", 0, "the preset's own (default), or cost: Eq. (9)", 5},
    {"deadline", KEY_DEADLINE, "X", 0, "of rewards that have one: allowed latency, in edge-only requests", 5},
    {"set", KEY_SET, "SECTION.KEY=VALUE", 0, "change a value of the preset, e.g. learner.gamma=0.9; may be repeated",
     5},
    {"resume", KEY_RESUME, "FILE.h5", 0, "go on with an agent that was interrupted, or kept with --keep-all", 5},
    {"keep-all", KEY_KEEP, NULL, 0, "write what it remembers too, to train on (large)", 5},
    {"curve", KEY_CURVE, "FILE.csv", 0, "the learning curve (default: --out with .csv)", 5},
    {"world", KEY_WORLD, "WHERE", 0, "sim (default); or live, which has options of its own: --world live --help", 5},
    {"no-reference", KEY_NO_REFERENCE, NULL, 0, "don't compare with an oracle: no regret, a quicker start", 5},
    {0},
};

static error_t parse_text(int key, char *text, struct arguments *arguments)
{
    switch (key) {
    case KEY_OUT:
        arguments->out = text;
        return 0;
    case KEY_STEPS:
        arguments->steps = text;
        return 0;
    case KEY_ETAS:
        arguments->etas = text;
        return 0;
    case KEY_HEAD:
        arguments->head = text;
        return 0;
    case KEY_REWARD:
        arguments->reward = text;
        return 0;
    case KEY_DEADLINE:
        arguments->deadline = text;
        return 0;
    case KEY_RESUME:
        arguments->resume = text;
        return 0;
    case KEY_CURVE:
        arguments->curve = text;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->setting;
        return 0;
    case KEY_KEEP:
        arguments->keep_all = true;
        return 0;
    case KEY_NO_REFERENCE:
        arguments->no_reference = true;
        return 0;
    case KEY_WORLD:
        return 0; /* that brought us here */
    case KEY_SET:
        if (arguments->sets == MOST_SET) {
            argp_error(state, "--set may be given %d times", MOST_SET);
        }
        arguments->set[arguments->sets++] = text;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument '%s'", text);
        return 0;
    default:
        return parse_text(key, text, arguments);
    }
}

static const struct argp_child children[] = {{.argp = &dvfo_setting_argp}, {0}};

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .children = children,
    .doc =
        "Train an agent for one board: --policy names a preset, --network, --etas and --trace the conditions that it "
        "learns for, each of them a list."
        "\v"
        "Examples:\n"
        "  dvfo train -p dvfo -b xavier-nx -n vit-b16 -t model:wifi --out a.h5\n"
        "  dvfo run -b xavier-nx -n vit-b16 -t model:wifi -p edge-best,dvfo:a.h5\n"
        "  dvfo train -p dvfo -b jetson-tx2 -n resnet-18,vit-b16 --etas 0.2,0.5,0.8 \\\n"
        "      -t model:wifi,model:4g-up,const:5Mbps --out general.h5\n"
        "  dvfo train -p drldo -b jetson-nano -n inception-v4 --reward cost --out d.h5\n\n"
        "Presets: dvfo, dvfo-input (may also send the encoded input), dvfo-taught (learns from an oracle too), "
        "dvfo-gk, dvfs-drl, offload-drl, drldo, ztt, geardvfs; or a YAML file of your own (policies/presets).\n\n"
        "A generated link (model:CLASS) is drawn anew for each episode; of a recording the first four fifths are "
        "learnt from. What it is judged on is never learnt from: other draws, the last fifth. Regret is the cost over "
        "that of oracle-informed on the same draws (oracle-dvfo for recordings).\n\n"
        "Ctrl-C ends after the episode in hand and keeps everything: --resume goes on from there, with the same board, "
        "conditions and --seed, and becomes what it would have become.\n",
};

/* ---- the definition ---- */

static dvfo_status choose_head(struct dvfo_ctx *ctx, const char *head, struct dvfo_agent_def *def)
{
    if (head == NULL || strcmp(head, "branching") == 0) {
        return DVFO_OK;
    }
    if (strcmp(head, "flat") != 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--head is '%s', expected branching or flat", head);
    }
    def->actions.flat = true;
    def->learner.risk_width = 0; /* one branch can't tell what was tried, so a tail's reason stays unknown */
    def->reward.bound = 1e9;
    return DVFO_OK;
}

static dvfo_status choose_reward(struct dvfo_ctx *ctx, const struct arguments *arguments, struct dvfo_agent_def *def)
{
    if (arguments->reward != NULL && strcmp(arguments->reward, "native") != 0) {
        if (strcmp(arguments->reward, "cost") != 0) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "--reward is '%s', expected native or cost", arguments->reward);
        }
        def->reward.kind = DVFO_REWARD_COST;
    }
    if (arguments->deadline != NULL && (!dvfo_text_number(arguments->deadline, NULL, &def->reward.deadline) ||
                                        def->reward.deadline < 0.01 || def->reward.deadline > 1000.0)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--deadline is '%s', expected a number from 0.01 to 1000",
                         arguments->deadline);
    }
    return DVFO_OK;
}

static dvfo_status choose_steps(struct dvfo_ctx *ctx, const char *text, struct dvfo_training_def *training)
{
    long long steps = 0;
    if (text == NULL) {
        return DVFO_OK;
    }
    if (!dvfo_text_integer(text, NULL, &steps) || steps < 1 || steps > 1000000000000LL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--steps is '%s', expected a whole number from 1 to 10^12", text);
    }
    training->steps = (uint64_t)steps;
    return DVFO_OK;
}

static dvfo_status make_def(struct dvfo_ctx *ctx, const struct arguments *arguments, struct dvfo_agent_def *def)
{
    DVFO_TRY(dvfo_agent_def_load(ctx, arguments->setting.policies, def));
    for (size_t i = 0; i < arguments->sets; i++) {
        DVFO_TRY(dvfo_agent_def_set(ctx, def, arguments->set[i]));
    }
    DVFO_TRY(choose_head(ctx, arguments->head, def));
    DVFO_TRY(choose_reward(ctx, arguments, def));
    DVFO_TRY(choose_steps(ctx, arguments->steps, &def->training));
    def->learner.seed = arguments->setting.base.seed;
    return DVFO_OK;
}

/* ---- the conditions ---- */

/* What is borrowed by the conditions. */
struct worlds {
    struct dvfo_trial base;
    struct dvfo_list links; /* owned */
    struct dvfo_conditions *conditions;
};

static dvfo_status list_etas(struct dvfo_ctx *ctx, const struct arguments *arguments, struct dvfo_conditions_def *def)
{
    struct dvfo_list list;
    if (arguments->etas == NULL) {
        def->eta[def->etas++] = arguments->setting.base.scenario.eta;
        return DVFO_OK;
    }
    dvfo_status status = dvfo_list_split(ctx, "etas", arguments->etas, &list);
    status = status == DVFO_OK ? dvfo_list_weights(ctx, "etas", &list, def->eta) : status;
    def->etas = list.count;
    free(list.copy);
    return status;
}

static dvfo_status list_links(struct dvfo_ctx *ctx, const struct arguments *arguments, struct worlds *worlds,
                              struct dvfo_conditions_def *def)
{
    DVFO_TRY(dvfo_list_split(ctx, "trace", arguments->setting.trace, &worlds->links));
    for (def->links = 0; def->links < worlds->links.count; def->links++) {
        def->link[def->links] = worlds->links.entry[def->links];
    }
    return DVFO_OK;
}

static dvfo_status make_conditions(struct dvfo_ctx *ctx, struct arguments *arguments, struct worlds *worlds)
{
    struct dvfo_setting *setting = &arguments->setting;
    struct dvfo_conditions_def def = {.base = &worlds->base, .networks = setting->network_count};
    if (setting->board_count != 1) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--board names %zu boards, expected one: an agent is made for a board",
                         setting->board_count);
    }
    DVFO_TRY(dvfo_setting_world(ctx, setting, 0, 0, &worlds->base));
    for (size_t i = 0; i < def.networks; i++) {
        def.network[i] = setting->network[i];
    }
    DVFO_TRY(list_etas(ctx, arguments, &def));
    DVFO_TRY(list_links(ctx, arguments, worlds, &def));
    return dvfo_conditions_create(ctx, &def, &worlds->conditions);
}

static void free_worlds(struct worlds *worlds)
{
    dvfo_conditions_free(worlds->conditions);
    free(worlds->links.copy);
}

static void add_condition(char text[CONDITIONS_SIZE], const char *name, const char *value)
{
    const size_t length = strlen(text);
    snprintf(text + length, CONDITIONS_SIZE - length, "; %s %s", name, value);
}

/* "networks vit-b16; eta 0.5; links model:wifi; ..." for the agent's file. */
static void describe(const struct arguments *arguments, char text[CONDITIONS_SIZE])
{
    const struct dvfo_setting *setting = &arguments->setting;
    const struct dvfo_trial *base = &setting->base;
    char eta[32];
    snprintf(eta, sizeof eta, "%.17g", base->scenario.eta);
    snprintf(text, CONDITIONS_SIZE, "networks %s; eta %s; links %s; mode %s; composition %s; runtime %s; seed %llu",
             setting->networks, arguments->etas != NULL ? arguments->etas : eta, setting->trace,
             base->mode == DVFO_BLOCKING ? "blocking" : "concurrent",
             base->scenario.composition == DVFO_PARALLEL ? "parallel" : "serial",
             setting->runtime != NULL ? setting->runtime : "default", (unsigned long long)base->seed);
    if (setting->accuracy_profile != NULL) {
        const size_t length = strlen(text);
        snprintf(text + length, CONDITIONS_SIZE - length, "; accuracy %s %.12s, floor %g",
                 setting->accuracy_profile->text[DVFO_ACCURACY_NAME], setting->accuracy_profile->sha256,
                 base->scenario.accuracy_floor);
    }
    if (setting->split != NULL) {
        add_condition(text, "split", setting->split);
    }
    if (base->scenario.payload != DVFO_CODING_INT8) {
        add_condition(text, "payload", dvfo_coding_name(base->scenario.payload));
    }
}

/* ---- training ---- */

struct session {
    struct dvfo_agent *agent;
    struct dvfo_training *training;
    struct dvfo_curve curve;
    struct dvfo_progress progress;
};

/* A line for each look where nobody watches a bar. */
static void tell_look(void *user, const struct dvfo_curve_point *point)
{
    const struct session *session = user;
    const double steps = (double)session->agent->def.training.steps;
    const double rate = point->wall_s > 0.0 ? point->decisions / point->wall_s : 0.0;
    if (session->progress.shown) {
        return;
    }
    fprintf(stderr, "%9.0f of %.0f decisions, %6.0f /s, %4.0f s left: reward %.4f, cost %.4f of edge-only",
            point->decisions, steps, rate, rate > 0.0 ? fmax(steps - point->decisions, 0.0) / rate : 0.0, point->reward,
            point->cost);
    if (!isnan(point->regret)) {
        fprintf(stderr, ", regret %.2f %%", 100.0 * point->regret);
    }
    fputc('\n', stderr);
}

static void tell_round(void *user, const struct dvfo_training_round *round)
{
    struct session *session = user;
    char what[64];
    const struct dvfo_curve *curve = &session->curve;
    const struct dvfo_curve_point *last = curve->count > 0 ? &curve->point[curve->count - 1] : NULL;
    snprintf(what, sizeof what, "reward %.3f cost %.3f regret %.1f %%", round->reward,
             last != NULL ? last->cost : (double)NAN, last != NULL ? 100.0 * last->regret : (double)NAN);
    dvfo_progress_tell(&session->progress, (double)session->agent->steps, what);
}

static dvfo_status train(struct dvfo_ctx *ctx, struct session *session, const volatile sig_atomic_t *stop)
{
    struct dvfo_course course = {.agent = session->agent,
                                 .training = session->training,
                                 .curve = &session->curve,
                                 .stop = stop,
                                 .user = session,
                                 .looked = tell_look,
                                 .trained = tell_round};
    session->progress = dvfo_progress_begin("decisions", (double)session->agent->def.training.steps);
    const dvfo_status status = dvfo_course_run(ctx, &course);
    dvfo_progress_end(&session->progress);
    return status;
}

/* ---- files ---- */

/* OUT with its suffix made .csv */
static dvfo_status curve_path(struct dvfo_ctx *ctx, const struct arguments *arguments, char path[DVFO_PATH_SIZE])
{
    const char *from = arguments->curve != NULL ? arguments->curve : arguments->out;
    size_t length = strlen(from);
    if (arguments->curve == NULL && length > 3 && strcmp(from + length - 3, ".h5") == 0) {
        length -= 3;
    }
    const char *suffix = arguments->curve != NULL ? "" : ".csv";
    return snprintf(path, DVFO_PATH_SIZE, "%.*s%s", (int)length, from, suffix) < DVFO_PATH_SIZE
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "an output path is longer than %d characters", DVFO_PATH_SIZE - 1);
}

/* Can both files be written? Told before an hour of training, not after. */
static dvfo_status check_outputs(struct dvfo_ctx *ctx, const struct arguments *arguments)
{
    char path[DVFO_PATH_SIZE];
    struct dvfo_output output;
    DVFO_TRY(curve_path(ctx, arguments, path));
    DVFO_TRY(dvfo_output_begin(ctx, arguments->out, &output));
    dvfo_output_abandon(&output);
    DVFO_TRY(dvfo_output_begin(ctx, path, &output));
    dvfo_output_abandon(&output);
    return DVFO_OK;
}

static dvfo_status write_files(struct dvfo_ctx *ctx, const struct arguments *arguments, const struct session *session,
                               bool complete)
{
    char path[DVFO_PATH_SIZE];
    DVFO_TRY(curve_path(ctx, arguments, path));
    DVFO_TRY(dvfo_agent_save(ctx, session->agent, &session->curve, complete, arguments->out));
    DVFO_TRY(dvfo_curve_write_csv(ctx, &session->curve, path));
    printf("%s\n%s\n", arguments->out, path);
    return DVFO_OK;
}

/* ---- the command ---- */

static dvfo_status begin_agent(struct dvfo_ctx *ctx, const struct arguments *arguments, struct session *session)
{
    const struct dvfo_board *board = arguments->setting.board[0];
    struct dvfo_agent_def def;
    char conditions[CONDITIONS_SIZE];
    describe(arguments, conditions);
    if (arguments->resume == NULL) {
        DVFO_TRY(make_def(ctx, arguments, &def));
        return dvfo_agent_create(ctx, &def, board, conditions, &session->agent);
    }
    DVFO_TRY(dvfo_agent_load(ctx, arguments->resume, board, &session->agent, &session->curve));
    if (strcmp(session->agent->conditions, conditions) != 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: was trained for '%s', this is '%s'", arguments->resume,
                         session->agent->conditions, conditions);
    }
    return choose_steps(ctx, arguments->steps, &session->agent->def.training);
}

static dvfo_status prepare(struct dvfo_ctx *ctx, struct arguments *arguments, struct worlds *worlds,
                           struct session *session)
{
    struct dvfo_agent_def def;
    DVFO_TRY(check_outputs(ctx, arguments));
    if (arguments->setting.policies != NULL && arguments->resume == NULL) {
        DVFO_TRY(make_def(ctx, arguments, &def)); /* a mistyped value is told before anything is loaded */
    }
    DVFO_TRY(dvfo_setting_load_worlds(ctx, &arguments->setting));
    DVFO_TRY(make_conditions(ctx, arguments, worlds));
    DVFO_TRY(begin_agent(ctx, arguments, session));
    DVFO_TRY(dvfo_training_create(ctx, session->agent, worlds->conditions, &session->training));
    return arguments->no_reference ? DVFO_OK : dvfo_training_refer(ctx, session->training);
}

static dvfo_status train_and_write(struct dvfo_ctx *ctx, struct arguments *arguments, struct worlds *worlds,
                                   struct session *session)
{
    DVFO_TRY(prepare(ctx, arguments, worlds, session));
    const uint64_t before = session->agent->steps;
    const dvfo_status status = train(ctx, session, dvfo_interrupt_catch());
    if (status != DVFO_OK && (status != DVFO_INTERRUPTED || session->agent->steps == before)) {
        return status;
    }
    struct dvfo_ctx writing = {.note = ctx->note, .note_user = ctx->note_user};
    const dvfo_status written =
        write_files(&writing, arguments, session, arguments->keep_all || status == DVFO_INTERRUPTED);
    if (written != DVFO_OK) {
        return dvfo_fail(ctx, written, "%s", writing.message);
    }
    if (status == DVFO_OK) {
        return DVFO_OK;
    }
    const struct dvfo_ctx interrupted = *ctx; /* its message goes into the next one */
    return dvfo_fail(ctx, DVFO_INTERRUPTED, "%s; go on with --resume %s", interrupted.message, arguments->out);
}

dvfo_status dvfo_train_simulated(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct arguments arguments = {.setting = dvfo_setting_default(), .out = "agent.h5"};
    struct worlds worlds = {0};
    struct session session = {0};
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &arguments));
    const dvfo_status status = train_and_write(ctx, &arguments, &worlds, &session);
    dvfo_training_free(session.training);
    dvfo_agent_free(session.agent);
    dvfo_curve_free(&session.curve);
    free_worlds(&worlds);
    dvfo_setting_free(&arguments.setting);
    return status;
}
