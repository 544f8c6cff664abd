#include "bench/live/edge/live_options.h"

#include <string.h>

#include "bench/interrupt.h"
#include "sim/base/nearest.h"
#include "sim/base/text.h"

enum {
    KEY_NETWORK_FILE = 600,
    KEY_IMAGES,
    KEY_SERVER,
    KEY_KEY,
    KEY_SHAPE,
    KEY_ROOT,
    KEY_CEILING,
    KEY_COMMAND,
    KEY_COMMAND_LOG,
    KEY_FIXED_CLOCKS,
    KEY_DRY_RUN,
};

static const struct argp_option options_of_world[] = {
    {"network-file", KEY_NETWORK_FILE, "NET.h5", 0, "network that dvfo attention train made; the server's too", 6},
    {"images", KEY_IMAGES, "FILE", 0, "images to classify, in CIFAR-100's binary format, e.g. images/test.bin", 6},
    {"server", KEY_SERVER, "ADDRESS:PORT", 0, "of dvfo serve (default: none, nothing is sent)", 6},
    {"key", KEY_KEY, "FILE", 0, "the server's key", 6},
    {"shape", KEY_SHAPE, "TRACE", 0,
     "let the link carry no more than this trace, with the round trip of --rtt: FILE, const:5Mbps or model:wifi "
     "(default: what the network carries)",
     6},
    {"command", KEY_COMMAND, "CMD", 0, "a request is this command, in a shell; nothing is sent", 6},
    {"command-log", KEY_COMMAND_LOG, "FILE", 0, "what it says, of the last request (default: dvfo-command.log)", 6},
    {"fixed-clocks", KEY_FIXED_CLOCKS, NULL, 0, "leave the board's clocks alone", 7},
    {"ceiling", KEY_CEILING, "C", 0,
     "temperature at which clocks are taken down (default: 5 below the trip point of the board's file)", 7},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "show what would be written to set clocks, and write nothing", 7},
    {"root", KEY_ROOT, "DIR", 0, "read /sys and /proc below DIR", 7},
    {0},
};

/* Where the text of an option goes; NULL for one without a text. */
static const char **text_of(struct dvfo_live_options *options, int key)
{
    const char **const fields[] = {&options->network_file, &options->images,  &options->server,
                                   &options->key,          &options->shape,   &options->root,
                                   &options->ceiling,      &options->command, &options->command_log};
    return key >= KEY_NETWORK_FILE && key <= KEY_COMMAND_LOG ? fields[key - KEY_NETWORK_FILE] : NULL;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct dvfo_live_options *options = state->input;
    const char **field = text_of(options, key);
    if (field != NULL) {
        *field = text;
        return 0;
    }
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->setting;
        return 0;
    case KEY_FIXED_CLOCKS:
        options->fixed_clocks = true;
        return 0;
    case KEY_DRY_RUN:
        options->dry_run = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{.argp = &dvfo_setting_argp}, {0}};

const struct argp dvfo_live_argp = {.options = options_of_world, .parser = parse_option, .children = children};

struct dvfo_live_options dvfo_live_options_default(void)
{
    return (struct dvfo_live_options){.setting = dvfo_setting_default(), .command_log = "dvfo-command.log"};
}

void dvfo_live_options_free(struct dvfo_live_options *options)
{
    dvfo_setting_free(&options->setting);
}

/* ---- what is meant ---- */

static dvfo_status read_ceiling(struct dvfo_ctx *ctx, const char *text, double *ceiling_c)
{
    if (text != NULL && (!dvfo_text_number(text, NULL, ceiling_c) || *ceiling_c < 20.0 || *ceiling_c > 120.0)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--ceiling is '%s', expected degrees Celsius from 20 to 120", text);
    }
    return DVFO_OK;
}

static dvfo_status check_work(struct dvfo_ctx *ctx, const struct dvfo_live_options *options)
{
    if (options->command != NULL) {
        return options->network_file != NULL || options->images != NULL || options->server != NULL
                   ? dvfo_fail(ctx, DVFO_BAD_INPUT,
                               "--command runs alone, without --network-file, --images and --server")
                   : DVFO_OK;
    }
    if (options->network_file == NULL || options->images == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "no --%s is given, expected --network-file and --images, or --command",
                         options->network_file == NULL ? "network-file" : "images");
    }
    return DVFO_OK;
}

static dvfo_status check_link(struct dvfo_ctx *ctx, const struct dvfo_live_options *options)
{
    if (options->setting.trace != NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--trace is for simulations, expected --shape: it shapes a real link");
    }
    if (options->setting.split != NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "--split is for simulations: a network is split where it was trained to be");
    }
    if (options->server == NULL && (options->shape != NULL || options->key != NULL)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s is given without --server, expected both",
                         options->shape != NULL ? "shape" : "key");
    }
    return DVFO_OK;
}

/* What a simulation must be told has a meaning of its own here. */
static void fill_in(struct dvfo_live_options *options)
{
    struct dvfo_setting *setting = &options->setting;
    setting->boards = setting->boards != NULL ? setting->boards : "host";
    if (options->command == NULL && setting->networks == NULL) {
        setting->networks = "collaborative";
    }
    setting->trace = options->shape;
}

/* A link that isn't shaped has no trace; its column says so. */
static dvfo_status name_link(struct dvfo_ctx *ctx, struct dvfo_live_options *options)
{
    struct dvfo_setting *setting = &options->setting;
    const double start_s = 0.0, rate_bps = 1e9;
    dvfo_trace_free(setting->opened_trace);
    setting->opened_trace = NULL;
    setting->trace = options->server != NULL ? "the network" : "none";
    return dvfo_trace_create(ctx, setting->trace, "live", 1, &start_s, &rate_bps, 1.0, &setting->opened_trace);
}

static dvfo_status load_setting(struct dvfo_ctx *ctx, struct dvfo_live_options *options, bool with_policies)
{
    struct dvfo_setting *setting = &options->setting;
    if (with_policies) {
        DVFO_TRY(dvfo_setting_load(ctx, setting));
    } else {
        setting->policies = "an agent"; /* the caller's own: none is looked for */
        DVFO_TRY(dvfo_setting_load_worlds(ctx, setting));
        DVFO_TRY(
            dvfo_trace_open(ctx, setting->trace, setting->trace_format, setting->base.seed, &setting->opened_trace));
    }
    if (options->shape == NULL) {
        DVFO_TRY(name_link(ctx, options));
    }
    return setting->board_count == 1 && setting->network_count == 1
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT,
                           "there are %zu boards and %zu networks, expected one of each: this machine's",
                           setting->board_count, setting->network_count);
}

/* ---- as a plan names them ---- */

static const struct argp_option *find_own(const char *name)
{
    const struct argp_option *option = options_of_world;
    while (option->name != NULL && strcmp(option->name, name) != 0) {
        option++;
    }
    return option->name != NULL ? option : NULL;
}

bool dvfo_live_option_is_own(const char *name)
{
    return find_own(name) != NULL;
}

bool dvfo_live_option_is_switch(const char *name)
{
    const struct argp_option *own = find_own(name);
    return own != NULL ? own->arg == NULL : dvfo_setting_is_switch(name);
}

static dvfo_status set_own(struct dvfo_ctx *ctx, struct dvfo_live_options *options, const struct argp_option *own,
                           const char *text)
{
    const char **field = text_of(options, own->key);
    double ceiling_c = 0.0;
    if (own->key == KEY_DRY_RUN) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "'dry-run' shows what would be written: no result comes of it");
    }
    if (field != NULL) {
        *field = text;
        return own->key == KEY_CEILING ? read_ceiling(ctx, text, &ceiling_c) : DVFO_OK;
    }
    options->fixed_clocks = strcmp(text, "yes") == 0;
    return options->fixed_clocks || strcmp(text, "no") == 0
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s is '%s', expected one of no, yes", own->name, text);
}

/* The name of ours that a mistyped one is nearest to; NULL when none is near. */
static const char *nearest_own(const char *name)
{
    const char *names[sizeof options_of_world / sizeof options_of_world[0]];
    size_t count = 0;
    for (const struct argp_option *option = options_of_world; option->name != NULL; option++) {
        names[count++] = option->name;
    }
    return dvfo_nearest(name, names, count);
}

dvfo_status dvfo_live_options_set(struct dvfo_ctx *ctx, struct dvfo_live_options *options, const char *name,
                                  const char *text)
{
    const struct argp_option *own = find_own(name);
    struct dvfo_ctx inner = {0};
    if (own != NULL) {
        return set_own(ctx, options, own, text);
    }
    if (strcmp(name, "trace") == 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "'trace' is for simulations, expected 'shape': it shapes a real link");
    }
    if (strcmp(name, "decision-time") == 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "'decision-time' is for simulations: here decisions take what they take");
    }
    if (dvfo_setting_set(&inner, &options->setting, name, text) == DVFO_OK) {
        return DVFO_OK;
    }
    const char *near = strncmp(inner.message, "unknown option", 14) == 0 ? nearest_own(name) : NULL;
    return near != NULL ? dvfo_fail(ctx, DVFO_BAD_INPUT,
                                    "unknown option '%s'; did you mean '%s'? 'dvfo live --help' "
                                    "lists them",
                                    name, near)
                        : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s", inner.message);
}

dvfo_status dvfo_live_options_check(struct dvfo_ctx *ctx, const struct dvfo_live_options *options)
{
    DVFO_TRY(check_work(ctx, options));
    return check_link(ctx, options);
}

dvfo_status dvfo_live_options_key(struct dvfo_ctx *ctx, struct dvfo_live_options *options, const struct dvfo_key **key)
{
    *key = NULL;
    if (options->key != NULL) {
        DVFO_TRY(dvfo_key_load(ctx, options->key, &options->loaded_key));
        *key = &options->loaded_key;
    }
    return DVFO_OK;
}

dvfo_status dvfo_live_options_load(struct dvfo_ctx *ctx, struct dvfo_live_options *options, bool with_policies,
                                   struct dvfo_live_def *def)
{
    const struct dvfo_setting *setting = &options->setting;
    DVFO_TRY(dvfo_live_options_check(ctx, options));
    fill_in(options);
    DVFO_TRY(load_setting(ctx, options, with_policies));
    *def = (struct dvfo_live_def){
        .network_file = options->network_file,
        .images = options->images,
        .command = options->command,
        .command_log = options->command_log,
        .server = options->server,
        .shape = options->shape != NULL ? setting->opened_trace : NULL,
        .rtt_s = setting->base.scenario.rtt_s,
        .rig = dvfo_rig_def_default(setting->board[0]),
        .seed = setting->base.seed,
    };
    def->rig.root = options->root != NULL ? options->root : def->rig.root;
    def->rig.fixed = options->fixed_clocks;
    def->rig.dry_run = options->dry_run ? stdout : NULL;
    def->rig.stop = dvfo_interrupt_catch();
    DVFO_TRY(read_ceiling(ctx, options->ceiling, &def->rig.ceiling_c));
    return dvfo_live_options_key(ctx, options, &def->key);
}
