/* dvfo bench table regret: how near trained agents come to an informed oracle, over boards, networks, links, weights.
 */
#include <math.h>
#include <string.h>

#include "bench/bench_verbs.h"
#include "bench/interrupt.h"
#include "bench/regret.h"

#define BOARDS "jetson-nano,jetson-tx2,xavier-nx"
#define NETWORKS "resnet-18,efficientnet-b0,vit-b16,inception-v4"
#define LINKS "model:wifi,model:4g-up,const:5Mbps"
#define ETAS "0.2,0.5,0.8"
#define RIVALS_ANYWAY "coordinate-descent,neurosurgeon-latency,neurosurgeon-energy,cloud-only,dynasplit,l4t-default"
#define RIVALS RIVALS_ANYWAY ",appealnet"
#define QUICK_NETWORKS "resnet-18,vit-b16"
#define QUICK_STEPS "300000"
enum { SEEDS = 5, QUICK_SEEDS = 3, DRAWS = 8, MOST_JOBS = 256 };

struct arguments {
    struct dvfo_regret_def def;
    const char *format;
    char eta[32]; /* --eta as a list of one */
    bool quick;
};

enum {
    KEY_ETAS = 512,
    KEY_RIVALS,
    KEY_PRESET,
    KEY_STEPS,
    KEY_SEEDS,
    KEY_DRAWS,
    KEY_JOBS,
    KEY_QUICK,
    KEY_FORMAT,
};

static const struct argp_option options[] = {
    {"quick", KEY_QUICK, NULL, 0, "3 seeds, 300000 decisions, " QUICK_NETWORKS, 5},
    {"etas", KEY_ETAS, "LIST", 0, "weights of energy (default " ETAS ", or --eta)", 5},
    {"seeds", KEY_SEEDS, "N", 0, "agents for each board, network and link (default 5), of seeds --seed and on", 5},
    {"draws", KEY_DRAWS, "N", 0, "draws of a generated link to judge on (default 8)", 5},
    {"preset", KEY_PRESET, "NAME", 0, "of the agents (default dvfo)", 5},
    {"steps", KEY_STEPS, "N", 0, "decisions that an agent learns from (default: the preset's)", 5},
    {"rivals", KEY_RIVALS, "LIST", 0,
     "policies to compare with, beside edge-only and edge-best (default " RIVALS ", the last "
     "with an accuracy profile only)",
     5},
    {"out", 'o', "FOLDER", 0, "where agents and regret.csv go (made if missing; default regret)", 5},
    {"jobs", KEY_JOBS, "N", 0, "processes at once (default: as many as cores); results don't depend on it", 5},
    {"format", KEY_FORMAT, "F", 0, "table (default), csv or json", 5},
    {0},
};

static long integer_option(struct argp_state *state, const char *name, const char *text, long most)
{
    long long value = 0;
    if (!dvfo_text_integer(text, NULL, &value) || value < 1 || value > most) {
        argp_error(state, "--%s is '%s', expected a whole number from 1 to %ld", name, text, most);
    }
    return (long)value;
}

static error_t parse_text(int key, char *text, struct arguments *arguments)
{
    switch (key) {
    case KEY_ETAS:
        arguments->def.etas = text;
        return 0;
    case KEY_RIVALS:
        arguments->def.rivals = text;
        return 0;
    case KEY_PRESET:
        arguments->def.preset = text;
        return 0;
    case KEY_STEPS:
        arguments->def.steps = text;
        return 0;
    case 'o':
        arguments->def.folder = text;
        return 0;
    case KEY_FORMAT:
        arguments->format = text;
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
        state->child_inputs[0] = &arguments->def.setting;
        return 0;
    case KEY_QUICK:
        arguments->quick = true;
        return 0;
    case KEY_SEEDS:
        arguments->def.seeds = integer_option(state, "seeds", text, DVFO_REGRET_SEEDS);
        return 0;
    case KEY_DRAWS:
        arguments->def.draws = integer_option(state, "draws", text, DVFO_REGRET_DRAWS);
        return 0;
    case KEY_JOBS:
        arguments->def.jobs = integer_option(state, "jobs", text, MOST_JOBS);
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
    .doc = "How near trained agents come to an informed oracle: train agents for each board, network and link, judge "
           "them with all others on draws that none has learnt from."
           "\v"
           "Defaults: --board " BOARDS " --network " NETWORKS " --trace " LINKS "\n\n"
           "Examples:\n"
           "  dvfo bench table regret --quick --board xavier-nx\n"
           "  dvfo bench table regret --out regret --format csv > regret.csv\n"
           "  dvfo bench table regret -b jetson-tx2 -n vit-b16 -t model:wifi --etas 0.5 --seeds 3\n\n"
           "Costs are in costs of edge-only at the highest clocks. gap_percent: how far oracle-informed, which knows "
           "how the link is generated, lies below the best fixed setting in hindsight; closed_percent: how much of it "
           "the median agent gets. A cell is reached when that is 80 or more; where the gap is below 2, when the agent "
           "is at most 1 % above the fixed setting (over_fixed_percent).\n\n"
           "Agents are kept in --out, named by all that they were made from: an interrupted table goes on where it "
           "was. FOLDER/regret.csv grows as cells end.\n",
};

static void fill_in(struct arguments *arguments)
{
    struct dvfo_regret_def *def = &arguments->def;
    struct dvfo_setting *setting = &def->setting;
    const bool quick = arguments->quick;
    setting->boards = setting->boards != NULL ? setting->boards : BOARDS;
    setting->networks = setting->networks != NULL ? setting->networks : quick ? QUICK_NETWORKS : NETWORKS;
    setting->trace = setting->trace != NULL ? setting->trace : LINKS;
    def->seeds = def->seeds > 0 ? def->seeds : quick ? QUICK_SEEDS : SEEDS;
    def->steps = def->steps != NULL ? def->steps : quick ? QUICK_STEPS : NULL;
    if (def->etas == NULL && !isnan(setting->base.scenario.eta)) {
        snprintf(arguments->eta, sizeof arguments->eta, "%.17g", setting->base.scenario.eta);
        def->etas = arguments->eta;
    }
    def->etas = def->etas != NULL ? def->etas : ETAS;
    if (def->rivals == NULL) {
        def->rivals = setting->accuracy_profile != NULL ? RIVALS : RIVALS_ANYWAY;
    }
    setting->base.scenario.eta = 0.5; /* each cell has its own */
    setting->policies = "edge-only";  /* the setting wants one named */
}

static dvfo_status make_table(struct dvfo_ctx *ctx, struct arguments *arguments, struct dvfo_regret *regret)
{
    dvfo_table_format format = DVFO_TABLE_TEXT;
    if (arguments->def.setting.policies != NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--policy has no effect on this table; see --preset and --rivals");
    }
    if (arguments->format != NULL) {
        DVFO_TRY(dvfo_table_format_of(ctx, arguments->format, &format));
    }
    DVFO_TRY(dvfo_setting_load_accuracy(ctx, &arguments->def.setting));
    fill_in(arguments);
    regret->def = arguments->def;
    regret->def.stop = dvfo_interrupt_catch();
    DVFO_TRY(dvfo_regret_prepare(ctx, regret));
    DVFO_TRY(dvfo_regret_run(ctx, regret));
    return dvfo_regret_print(ctx, regret, regret->cells, format, stdout);
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct arguments arguments = {
        .def = {.setting = dvfo_setting_default(), .preset = "dvfo", .folder = "regret", .draws = DRAWS}};
    struct dvfo_regret regret = {0};
    arguments.def.setting.base.scenario.eta = (double)NAN; /* not given */
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &arguments));
    const dvfo_status status = make_table(ctx, &arguments, &regret);
    dvfo_regret_free(&regret);
    return status;
}

const struct dvfo_command dvfo_table_regret = {"regret", "trained agents against an informed oracle", run};
