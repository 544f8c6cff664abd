/* Options of a setting: their names, what they may be, where each goes. */
#include <math.h>
#include <string.h>

#include "bench/setting.h"
#include "sim/base/nearest.h"
#include "sim/base/text.h"

/* Options without a letter; argp wants keys beyond the characters. */
enum {
    KEY_ETA = 256,
    KEY_LAMBDA,
    KEY_ARRIVALS,
    KEY_TRACE_FORMAT,
    KEY_TRACE_FROM,
    KEY_RUNTIME,
    KEY_PRECISION,
    KEY_INPUT,
    KEY_VARIANT,
    KEY_CLOUD,
    KEY_COMPOSITION,
    KEY_MODE,
    KEY_DECISION,
    KEY_TAIL,
    KEY_SPLIT,
    KEY_PAYLOAD,
    KEY_DEFLATE,
    KEY_P_MAX,
    KEY_TIMEOUT,
    KEY_RTT,
    KEY_BITS,
    KEY_FLOAT,
    KEY_FREE,
    KEY_THERMAL,
    KEY_REQUESTS,
    KEY_SEED,
    KEY_LAYERS,
    KEY_ASSUME,
    KEY_ACCURACY,
    KEY_FLOOR,
    KEY_NO_ATTENTION,
};

static const struct argp_option options[] = {
    {"board", 'b', "NAMES", 0, "boards, e.g. jetson-nano,xavier-nx, or all (but host)", 1},
    {"network", 'n', "NAMES", 0, "networks, e.g. vgg-19, or all", 1},
    {"policy", 'p', "NAMES", 0,
     "policies, e.g. edge-only,oracle-dvfo ('dvfo list policies'), or all that take any link and no argument", 1},
    {"trace", 't', "TRACE", 0, "link: a recording, const:5Mbps (default) or model:wifi", 1},
    {"requests", KEY_REQUESTS, "N", 0, "requests per trial (default 1000)", 1},
    {"seed", KEY_SEED, "N", 0, "seed of all random streams (default 1)", 1},
    {"eta", KEY_ETA, "X", 0, "weight of energy against latency in the cost, 0..1 (default 0.5)", 2},
    {"arrivals", KEY_ARRIVALS, "A", 0, "closed (default), periodic:RATE or poisson:RATE per second", 2},
    {"runtime", KEY_RUNTIME, "NAME", 0, "inference runtime of the board's profile (default: its first)", 2},
    {"precision", KEY_PRECISION, "NAME", 0, "fp32, fp16 or int8, where the profile has it", 2},
    {"input", KEY_INPUT, "PX", 0, "side of the input image (default: the network's own)", 2},
    {"variant", KEY_VARIANT, "NAME", 0, "input variant of the network's file, e.g. cifar", 2},
    {"layers", KEY_LAYERS, "FILES", 0, "take what layers cost from profiles ('dvfo profile export')", 2},
    {"assume", KEY_ASSUME, "WHAT", 0, "assumptions of the boards at low, high, or NAME=low|high,...", 2},
    {"accuracy", KEY_ACCURACY, "FILE", 0, "accuracy profile, or none (default: the shipped one, if there is one)", 2},
    {"accuracy-floor", KEY_FLOOR, "POINTS", 0,
     "most accuracy that an action may be expected to lose, in percentage points, or none (default 1)", 2},
    {"trace-format", KEY_TRACE_FORMAT, "NAME", 0, "don't recognise the trace's format, take this one", 3},
    {"rtt", KEY_RTT, "MS", 0, "round trip to the cloud in milliseconds (default 2)", 3},
    {"timeout", KEY_TIMEOUT, "S", 0, "seconds after which a request ends locally (default 10)", 3},
    {"cloud", KEY_CLOUD, "NAME", 0, "cloud server (default rtx-3080)", 3},
    {"trace-from", KEY_TRACE_FROM, "T", 0,
     "where in the trace the first request starts: seconds, or a share of it as 80% (default 0)", 3},
    {"free-running", KEY_FREE, NULL, 0, "let the trace run with the simulated time: no pairing", 3},
    {"lambda", KEY_LAMBDA, "X", 0, "fusion weight of the local answer, 0..1 (default 0.5)", 4},
    {"composition", KEY_COMPOSITION, "HOW", 0, "parallel (default) or serial: local tail and remote path", 4},
    {"tail", KEY_TAIL, "RULE", 0, "cost of the local tail: shapes (default), linear, width", 4},
    {"split", KEY_SPLIT, "LAYER", 0,
     "layer after which feature maps are split ('dvfo show network' marks the cuts), or a rule: first of the cuts, or "
     "smallest:1/3, the smallest map within a third of the work (default: as the network's file says)",
     4},
    {"payload", KEY_PAYLOAD, "CODING", 0,
     "how feature maps are coded that a split sends: int8 (default), codebook (or 3-bit), float, int8-entropy, "
     "codebook-entropy (or 3-bit-entropy)",
     4},
    {"deflate-cycles", KEY_DEFLATE, "X", 0,
     "CPU cycles that entropy coding takes for each byte (default 100; assumed, 50 to 500)", 4},
    {"bits-per-pixel", KEY_BITS, "X", 0, "of an encoded input image (default 2)", 4},
    {"float-layers", KEY_FLOAT, NULL, 0, "a layer split sends floats instead of int8", 4},
    {"no-attention", KEY_NO_ATTENTION, NULL, 0,
     "channels to send are chosen by chance: no attention module, the accuracy of a random selection", 4},
    {"p-max", KEY_P_MAX, "P", 0, "power in the cost: measured (default), nameplate, or watts", 4},
    {"decision-time", KEY_DECISION, "T", 0,
     "what a decision takes on the CPU at its top clock: seconds, or a share of an edge-only request as 10% (default: "
     "what the policy says of itself; most take nothing)",
     4},
    {"mode", KEY_MODE, "M", 0, "while a policy decides the device goes on: concurrent (default); or waits: blocking",
     4},
    {"thermal", KEY_THERMAL, NULL, 0, "let the temperature cap the clocks", 4},
    {0},
};

#define MAX_SEED 9007199254740992LL /* 2^53: tables and files show it exactly */

static dvfo_status number_option(struct dvfo_ctx *ctx, const char *name, const char *text, double min, double max,
                                 double *out)
{
    double value = 0.0;
    if (!dvfo_text_number(text, NULL, &value) || value < min || value > max) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s is '%s', expected a number from %g to %g", name, text, min, max);
    }
    *out = value;
    return DVFO_OK;
}

static dvfo_status integer_option(struct dvfo_ctx *ctx, const char *name, const char *text, long long min,
                                  long long max, long long *out)
{
    long long value = 0;
    if (!dvfo_text_integer(text, NULL, &value) || value < min || value > max) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s is '%s', expected a whole number from %lld to %lld", name, text,
                         min, max);
    }
    *out = value;
    return DVFO_OK;
}

/* Index of `text` in a NULL-terminated list. */
static dvfo_status choice_option(struct dvfo_ctx *ctx, const char *name, const char *text, const char *const choices[],
                                 int *out)
{
    for (int i = 0; choices[i] != NULL; i++) {
        if (strcmp(choices[i], text) == 0) {
            *out = i;
            return DVFO_OK;
        }
    }
    char list[128] = "";
    for (int i = 0; choices[i] != NULL; i++) {
        strncat(list, i > 0 ? ", " : "", sizeof list - strlen(list) - 1);
        strncat(list, choices[i], sizeof list - strlen(list) - 1);
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s is '%s', expected one of %s", name, text, list);
}

static dvfo_status set_floor(struct dvfo_ctx *ctx, const char *text, struct dvfo_scenario_def *def)
{
    double floor = (double)INFINITY;
    if (strcmp(text, "none") != 0 && (!dvfo_text_number(text, NULL, &floor) || floor < 0.0 || floor > 100.0)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "--accuracy-floor is '%s', expected percentage points from 0 to 100, or none", text);
    }
    def->accuracy_floor = floor;
    return DVFO_OK;
}

/* "0.005", or a share as "10%". */
static bool read_amount(const char *text, double most, double most_percent, double *amount, double *share)
{
    const char *end = NULL;
    double value = 0.0;
    const bool number = dvfo_text_number(text, &end, &value);
    const bool percent = number && strcmp(end, "%") == 0;
    if (!number || !(percent || *end == '\0') || value < 0.0 || value > (percent ? most_percent : most)) {
        return false;
    }
    *amount = percent ? 0.0 : value;
    *share = percent ? value / 100.0 : 0.0;
    return true;
}

/* Seconds, or a share of a request. */
static dvfo_status set_decision(struct dvfo_ctx *ctx, const char *text, struct dvfo_trial *trial)
{
    if (!read_amount(text, 1000.0, 10000.0, &trial->decision_s, &trial->decision_share)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "--decision-time is '%s', expected seconds from 0 to 1000, or a share like 10%%", text);
    }
    trial->decision_own = false;
    return DVFO_OK;
}

static dvfo_status set_trace_from(struct dvfo_ctx *ctx, const char *text, struct dvfo_setting *setting)
{
    return read_amount(text, 1e9, 100.0, &setting->base.trace_from_s, &setting->trace_from_share)
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT,
                           "--trace-from is '%s', expected seconds from 0 to 1e9, or a share of the trace like 80%%",
                           text);
}

/* By the name that accuracy profiles have for it; a codebook is known by its bits, too. */
static dvfo_status set_payload(struct dvfo_ctx *ctx, const char *text, struct dvfo_scenario_def *def)
{
    const char *name = strcmp(text, "3-bit") == 0           ? dvfo_coding_name(DVFO_CODING_CODEBOOK)
                       : strcmp(text, "3-bit-entropy") == 0 ? dvfo_coding_name(DVFO_CODING_CODEBOOK_ENTROPY)
                                                            : text;
    const dvfo_coding coding = dvfo_coding_of_name(name);
    if (coding == DVFO_CODINGS) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "--payload is '%s', expected one of int8, int8-entropy, codebook (3-bit), codebook-entropy "
                         "(3-bit-entropy), float",
                         text);
    }
    def->payload = coding;
    return DVFO_OK;
}

/* Rules of a request's life and of its cost. */
static dvfo_status set_rule(struct dvfo_ctx *ctx, struct dvfo_setting *setting, int key, const char *text)
{
    static const char *const compositions[] = {"parallel", "serial", NULL};
    static const char *const tails[] = {"shapes", "linear", "width", NULL};
    static const char *const modes[] = {"concurrent", "blocking", NULL};
    struct dvfo_scenario_def *def = &setting->base.scenario;
    int choice = 0;
    switch (key) {
    case KEY_ETA:
        return number_option(ctx, "eta", text, 0.0, 1.0, &def->eta);
    case KEY_LAMBDA:
        return number_option(ctx, "lambda", text, 0.0, 1.0, &def->lambda);
    case KEY_TIMEOUT:
        return number_option(ctx, "timeout", text, 1e-3, 1e6, &def->timeout_s);
    case KEY_RTT:
        DVFO_TRY(number_option(ctx, "rtt", text, 0.0, 1e5, &def->rtt_s));
        def->rtt_s *= 1e-3;
        return DVFO_OK;
    case KEY_BITS:
        return number_option(ctx, "bits-per-pixel", text, 0.01, 96.0, &def->encode_bit_per_pixel);
    case KEY_COMPOSITION:
        DVFO_TRY(choice_option(ctx, "composition", text, compositions, &choice));
        def->composition = (dvfo_composition)choice;
        return DVFO_OK;
    case KEY_TAIL:
        DVFO_TRY(choice_option(ctx, "tail", text, tails, &choice));
        def->tail_rule = (dvfo_tail_rule)choice;
        return DVFO_OK;
    case KEY_PAYLOAD:
        return set_payload(ctx, text, def);
    case KEY_DEFLATE:
        return number_option(ctx, "deflate-cycles", text, 0.0, 1e6, &def->deflate_cycle_per_byte);
    case KEY_MODE:
        DVFO_TRY(choice_option(ctx, "mode", text, modes, &choice));
        setting->base.mode = (dvfo_mode)choice;
        return DVFO_OK;
    case KEY_DECISION:
        return set_decision(ctx, text, &setting->base);
    case KEY_FLOOR:
        return set_floor(ctx, text, def);
    default:
        return DVFO_FAILED; /* not one of these */
    }
}

/* Options that are kept as they were typed until files are loaded. */
static const char **text_of(struct dvfo_setting *setting, int key)
{
    switch (key) {
    case 'b':
        return &setting->boards;
    case 'n':
        return &setting->networks;
    case 'p':
        return &setting->policies;
    case 't':
        return &setting->trace;
    case KEY_TRACE_FORMAT:
        return &setting->trace_format;
    case KEY_RUNTIME:
        return &setting->runtime;
    case KEY_PRECISION:
        return &setting->precision;
    case KEY_VARIANT:
        return &setting->variant;
    case KEY_SPLIT:
        return &setting->split;
    case KEY_CLOUD:
        return &setting->cloud;
    case KEY_P_MAX:
        return &setting->p_max;
    case KEY_ACCURACY:
        return &setting->accuracy;
    case KEY_LAYERS:
        return &setting->layers;
    case KEY_ASSUME:
        return &setting->assume;
    default:
        return NULL;
    }
}

static dvfo_status set(struct dvfo_ctx *ctx, struct dvfo_setting *setting, int key, const char *text)
{
    long long whole = 0;
    const char **kept = text_of(setting, key);
    if (kept != NULL) {
        *kept = text;
        return DVFO_OK;
    }
    switch (key) {
    case KEY_INPUT:
        DVFO_TRY(integer_option(ctx, "input", text, 1, 8192, &whole));
        setting->input_px = (long)whole;
        return DVFO_OK;
    case KEY_REQUESTS:
        DVFO_TRY(integer_option(ctx, "requests", text, 1, 10000000000LL, &whole));
        setting->base.workload.requests = (long)whole;
        return DVFO_OK;
    case KEY_SEED:
        DVFO_TRY(integer_option(ctx, "seed", text, 0, MAX_SEED, &whole));
        setting->base.seed = (uint64_t)whole;
        return DVFO_OK;
    case KEY_ARRIVALS:
        return dvfo_workload_parse(ctx, text, &setting->base.workload);
    case KEY_TRACE_FROM:
        return set_trace_from(ctx, text, setting);
    default:
        return set_rule(ctx, setting, key, text);
    }
}

/* Options without a value. */
static bool *switch_of(struct dvfo_setting *setting, int key, bool *on)
{
    *on = key == KEY_THERMAL;
    switch (key) {
    case KEY_FLOAT:
        return &setting->base.scenario.layer_int8;
    case KEY_NO_ATTENTION:
        return &setting->base.scenario.attention;
    case KEY_FREE:
        return &setting->base.paired;
    case KEY_THERMAL:
        return &setting->base.thermal;
    default:
        return NULL;
    }
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct dvfo_setting *setting = state->input;
    struct dvfo_ctx ctx = {0};
    bool on = false;
    bool *named = switch_of(setting, key, &on);
    if (named != NULL) {
        *named = on;
        return 0;
    }
    if (text == NULL) {
        return ARGP_ERR_UNKNOWN; /* argp's own keys */
    }
    const dvfo_status status = set(&ctx, setting, key, text);
    if (status == DVFO_BAD_INPUT) {
        argp_error(state, "%s", ctx.message);
    }
    return status == DVFO_FAILED ? ARGP_ERR_UNKNOWN : 0;
}

const struct argp dvfo_setting_argp = {.options = options, .parser = parse_option};

/* "yes" or "no" for an option that takes no value on the command line. */
static dvfo_status set_switch(struct dvfo_ctx *ctx, const char *name, const char *text, bool on, bool *named)
{
    static const char *const choices[] = {"no", "yes", NULL};
    int choice = 0;
    DVFO_TRY(choice_option(ctx, name, text, choices, &choice));
    *named = choice == 1 ? on : !on;
    return DVFO_OK;
}

dvfo_status dvfo_setting_set(struct dvfo_ctx *ctx, struct dvfo_setting *setting, const char *name, const char *text)
{
    const char *names[sizeof options / sizeof options[0]];
    size_t count = 0;
    for (const struct argp_option *option = options; option->name != NULL; option++) {
        if (strcmp(option->name, name) == 0) {
            bool on = false;
            bool *named = switch_of(setting, option->key, &on);
            return named != NULL ? set_switch(ctx, name, text, on, named) : set(ctx, setting, option->key, text);
        }
        names[count++] = option->name;
    }
    const char *near = dvfo_nearest(name, names, count);
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "unknown option '%s'%s%s%s; 'dvfo run --help' lists them", name,
                     near != NULL ? "; did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "");
}

bool dvfo_setting_is_switch(const char *name)
{
    struct dvfo_setting none = {0};
    bool on = false;
    for (const struct argp_option *option = options; option->name != NULL; option++) {
        if (strcmp(option->name, name) == 0) {
            return switch_of(&none, option->key, &on) != NULL;
        }
    }
    return false;
}
