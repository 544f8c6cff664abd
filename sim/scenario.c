#include "sim/scenario.h"

#include <math.h>
#include <string.h>

#include "profiles/attention.h"
#include "sim/payload.h"

enum { MAX_WIDTH_STEPS = 16, TAILS = DVFO_SHARES - 1 };

#define SPEECH_SAMPLE_HZ 16000.0 /* samples per second of speech to encode (Mozilla DeepSpeech's input) */

/* What is kept for one stage at one combination of levels. Whole costs and the inside are made when asked for. */
struct kept_stage {
    struct dvfo_schedule schedule;
    bool known, has_inside;
};

struct dvfo_scenario {
    struct dvfo_scenario_def def;
    struct dvfo_accuracy_floor floor;
    struct dvfo_network *attention;
    struct dvfo_network *slim[MAX_WIDTH_STEPS]; /* [i]: tail of width (i+1) / steps; the last is full width */
    struct dvfo_network *little;                /* of the network's own split, where DVFO splits elsewhere; else NULL */
    double *remaining_flop;                     /* (n + 1) work of layers i.. to the end */
    size_t stages, combinations;
    size_t first_of_stage[DVFO_STAGE_COUNT];
    size_t tail_of_share[DVFO_SHARES]; /* tails of one width are the same tail */
    struct kept_stage *kept;   /* (combinations, stages): a request's stages follow each other at the same clocks */
    struct dvfo_power **power; /* (combinations), NULL until asked for */
    struct dvfo_power_part power_part[DVFO_DOMAINS][DVFO_MAX_LEVELS];
};

struct dvfo_scenario_def dvfo_scenario_def_default(void)
{
    return (struct dvfo_scenario_def){
        .eta = 0.5,
        .lambda = 0.5,
        .composition = DVFO_PARALLEL,
        .tail_rule = DVFO_TAIL_SHAPES,
        .tail_width_steps = 4,
        .payload = DVFO_CODING_INT8,
        .layer_int8 = true,
        .attention = true,
        .timeout_s = 10.0,
        .rtt_s = 0.002,
        .header_byte = 64.0,
        .encode_bit_per_pixel = 2.0,
        .encode_cycle_per_pixel = 30.0,
        .speech_bps = 32e3,
        .quantise_cycle_per_element = 2.0,
        .codebook_cycle_per_element = 6.0,
        .deflate_cycle_per_byte = 100.0,
        .fuse_cycle_per_element = 4.0,
        .accuracy_floor = 1.0,
    };
}

static dvfo_status check_def(struct dvfo_ctx *ctx, const struct dvfo_scenario_def *def)
{
    const struct {
        const char *name;
        double value, min, max;
    } rows[] = {
        {"eta", def->eta, 0.0, 1.0},
        {"lambda", def->lambda, 0.0, 1.0},
        {"p_max_w", def->p_max_w, 0.0, 1e4},
        {"timeout_s", def->timeout_s, 1e-3, 1e6},
        {"rtt_s", def->rtt_s, 0.0, 100.0},
        {"header_byte", def->header_byte, 0.0, 1e6},
        {"encode_bit_per_pixel", def->encode_bit_per_pixel, 0.01, 96.0},
        {"encode_cycle_per_pixel", def->encode_cycle_per_pixel, 0.0, 1e6},
        {"speech_bps", def->speech_bps, 1.0, 1e9},
        {"quantise_cycle_per_element", def->quantise_cycle_per_element, 0.0, 1e6},
        {"codebook_cycle_per_element", def->codebook_cycle_per_element, 0.0, 1e6},
        {"deflate_cycle_per_byte", def->deflate_cycle_per_byte, 0.0, 1e6},
        {"fuse_cycle_per_element", def->fuse_cycle_per_element, 0.0, 1e6},
        {"accuracy_floor", def->accuracy_floor == (double)INFINITY ? 100.0 : def->accuracy_floor, 0.0, 100.0},
        {"tail_width_steps", (double)def->tail_width_steps, 1.0, MAX_WIDTH_STEPS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!(rows[i].value >= rows[i].min && rows[i].value <= rows[i].max)) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s is %g, expected a number from %g to %g", rows[i].name,
                             rows[i].value, rows[i].min, rows[i].max);
        }
    }
    return DVFO_OK;
}

/* Width of the slimmable tail that a share leaves, of `tail_width_steps`: 1 up to all of them. */
static int tail_width(const struct dvfo_scenario *scenario, int share_tenths)
{
    const double kept = 1.0 - (double)share_tenths / (DVFO_SHARES - 1);
    return (int)ceil(kept * scenario->def.tail_width_steps - 1e-9);
}

/* Where each stage stands at one combination: FULL, HEAD, ATTENTION, tails, prefixes, suffixes, LITTLE. */
static void order_stages(struct dvfo_scenario *s)
{
    const bool widths = s->def.tail_rule == DVFO_TAIL_SHAPES;
    const size_t tails = widths ? (size_t)s->def.tail_width_steps : TAILS;
    for (int i = 0; i < TAILS; i++) {
        s->tail_of_share[i] = (size_t)(widths ? tail_width(s, i) - 1 : i);
    }
    s->first_of_stage[DVFO_STAGE_HEAD] = 1;
    s->first_of_stage[DVFO_STAGE_ATTENTION] = 2;
    s->first_of_stage[DVFO_STAGE_TAIL] = 3;
    s->first_of_stage[DVFO_STAGE_PREFIX] = 3 + tails;
    s->first_of_stage[DVFO_STAGE_SUFFIX] = 3 + tails + s->def.network->cut_count;
    s->first_of_stage[DVFO_STAGE_LITTLE] = 3 + tails + 2 * s->def.network->cut_count;
    s->stages = s->first_of_stage[DVFO_STAGE_LITTLE] + 1;
}

/* The tails of each width but the last, which is the network's own. */
static dvfo_status create_slim(struct dvfo_ctx *ctx, struct dvfo_scenario *s)
{
    const int steps = s->def.tail_rule == DVFO_TAIL_SHAPES ? s->def.tail_width_steps : 0;
    struct dvfo_network own = *s->def.network; /* split as the file says */
    own.split = own.own_split;
    for (int i = 0; i + 1 < steps; i++) {
        DVFO_TRY(dvfo_network_slim(ctx, s->def.network, (double)(i + 1) / steps, &s->slim[i]));
    }
    return steps > 1 && own.split != s->def.network->split ? dvfo_network_slim(ctx, &own, 1.0 / steps, &s->little)
                                                           : DVFO_OK;
}

static dvfo_status create_parts(struct dvfo_ctx *ctx, struct dvfo_scenario *s)
{
    const struct dvfo_network *network = s->def.network;
    if (network->split < 0 || (size_t)network->split + 1 >= network->n) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: names no split layer with a tail behind it", network->name);
    }
    DVFO_TRY(dvfo_attention_network(ctx, network->layers[network->split].out, &s->attention));
    DVFO_TRY(create_slim(ctx, s));
    order_stages(s);
    s->combinations = 1;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        const struct dvfo_clock_domain *clock = &s->def.board->clock[d];
        s->combinations *= clock->level_count;
        for (size_t i = 0; i < clock->level_count; i++) {
            s->power_part[d][i] = dvfo_power_part_at(s->def.board, (dvfo_domain)d, clock->level_hz[i]);
        }
    }
    s->remaining_flop = calloc(network->n + 1, sizeof *s->remaining_flop);
    s->kept = calloc(s->combinations * s->stages, sizeof *s->kept);
    s->power = calloc(s->combinations, sizeof(struct dvfo_power *));
    if (s->remaining_flop == NULL || s->kept == NULL || s->power == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = network->n; i-- > 0;) {
        s->remaining_flop[i] = s->remaining_flop[i + 1] + network->layers[i].work_flop;
    }
    return DVFO_OK;
}

dvfo_status dvfo_scenario_create(struct dvfo_ctx *ctx, const struct dvfo_scenario_def *def, struct dvfo_scenario **out)
{
    *out = NULL;
    DVFO_REQUIRE(def->board != NULL && def->runtime != NULL && def->network != NULL && def->cloud != NULL);
    DVFO_TRY(check_def(ctx, def));
    DVFO_TRY(dvfo_payload_check(ctx, def));
    struct dvfo_scenario *scenario = calloc(1, sizeof *scenario);
    if (scenario == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    scenario->def = *def;
    if (def->p_max_w == 0.0) {
        scenario->def.p_max_w = def->board->p_max_w.value;
    }
    scenario->floor = dvfo_accuracy_floor_of(&scenario->def);
    const dvfo_status status = create_parts(ctx, scenario);
    if (status != DVFO_OK) {
        dvfo_scenario_free(scenario);
        return status;
    }
    *out = scenario;
    return DVFO_OK;
}

void dvfo_scenario_free(struct dvfo_scenario *scenario)
{
    if (scenario == NULL) {
        return;
    }
    for (size_t i = 0; scenario->kept != NULL && i < scenario->combinations * scenario->stages; i++) {
        dvfo_schedule_free(&scenario->kept[i].schedule);
    }
    for (size_t i = 0; scenario->power != NULL && i < scenario->combinations; i++) {
        free(scenario->power[i]);
    }
    for (int i = 0; i < MAX_WIDTH_STEPS; i++) {
        dvfo_network_free(scenario->slim[i]);
    }
    dvfo_network_free(scenario->little);
    dvfo_network_free(scenario->attention);
    free(scenario->remaining_flop);
    free(scenario->power);
    free(scenario->kept);
    free(scenario);
}

const struct dvfo_scenario_def *dvfo_scenario_def_of(const struct dvfo_scenario *scenario)
{
    return &scenario->def;
}

int dvfo_scenario_level_count(const struct dvfo_scenario *scenario, dvfo_domain domain)
{
    return (int)scenario->def.board->clock[domain].level_count;
}

struct dvfo_clocks dvfo_scenario_clocks(const struct dvfo_scenario *scenario, const int level[DVFO_DOMAINS])
{
    struct dvfo_clocks clocks;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        clocks.hz[d] = scenario->def.board->clock[d].level_hz[level[d]];
    }
    return clocks;
}

static size_t combination_of(const struct dvfo_scenario *scenario, const int level[DVFO_DOMAINS])
{
    size_t combination = 0;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        DVFO_INVARIANT(level[d] >= 0 && level[d] < dvfo_scenario_level_count(scenario, (dvfo_domain)d));
        combination = combination * scenario->def.board->clock[d].level_count + (size_t)level[d];
    }
    return combination;
}

static struct kept_stage *kept_of(const struct dvfo_scenario *scenario, dvfo_stage stage, int index,
                                  const int level[DVFO_DOMAINS])
{
    const size_t first = combination_of(scenario, level) * scenario->stages + scenario->first_of_stage[stage];
    return &scenario->kept[first + (stage == DVFO_STAGE_TAIL ? scenario->tail_of_share[index] : (size_t)index)];
}

/* A stretch of layers with a factor on everything that those behind a split cost (for the simpler tail rules). */
struct stretch {
    const struct dvfo_network *network;
    int first, last;
    bool with_request;
    double factor;
    int split; /* layers up to it are not scaled */
};

/* The tail behind a split at `width` of `steps` widths, or, from `first` on, the little network that ends with it. */
static struct stretch stretch_at_width(const struct dvfo_scenario *scenario, int first, int split, double kept,
                                       int width)
{
    const struct dvfo_network *network = scenario->def.network;
    const int last = (int)network->n - 1;
    const bool with_request = first == 0;
    switch (scenario->def.tail_rule) {
    case DVFO_TAIL_SHAPES:
        break;
    case DVFO_TAIL_LINEAR:
        return (struct stretch){network, first, last, with_request, kept, split};
    case DVFO_TAIL_WIDTH:
        return (struct stretch){network, first, last, with_request, kept * kept, split};
    }
    if (width < scenario->def.tail_width_steps) {
        network = split == network->split ? scenario->slim[width - 1] : scenario->little;
    }
    return (struct stretch){network, first, last, with_request, 1.0, split};
}

/* Which layers a stage runs; the tail at a share follows the named rule, Eq. (8). */
static struct stretch stretch_of(const struct dvfo_scenario *scenario, dvfo_stage stage, int index)
{
    const struct dvfo_network *network = scenario->def.network;
    const int last = (int)network->n - 1, split = network->split;
    const double kept = 1.0 - (double)index / (DVFO_SHARES - 1);
    const int width = tail_width(scenario, index), steps = scenario->def.tail_width_steps;
    switch (stage) {
    case DVFO_STAGE_FULL:
        return (struct stretch){network, 0, last, true, 1.0, last};
    case DVFO_STAGE_HEAD:
        return (struct stretch){network, 0, split, true, 1.0, split};
    case DVFO_STAGE_ATTENTION:
        return (struct stretch){
            scenario->attention, 0, scenario->def.attention ? (int)scenario->attention->n - 1 : -1, false, 1.0, -1};
    case DVFO_STAGE_TAIL:
        return stretch_at_width(scenario, split + 1, split, kept, width);
    case DVFO_STAGE_PREFIX:
        return (struct stretch){network, 0, network->cuts[index], true, 1.0, last};
    case DVFO_STAGE_SUFFIX:
        return (struct stretch){network, network->cuts[index] + 1, last, false, 1.0, last};
    case DVFO_STAGE_LITTLE:
        return stretch_at_width(scenario, 0, network->own_split, 1.0 / steps, 1);
    case DVFO_STAGE_COUNT:
        break;
    }
    DVFO_REQUIRE(false && "a stage");
    return (struct stretch){0};
}

/* Pieces of a schedule that are not behind the split. */
static size_t pieces_to_split(const struct stretch *stretch)
{
    size_t pieces = stretch->with_request ? 1 : 0;
    for (int i = stretch->first; i <= stretch->split; i++) {
        pieces += dvfo_kernel_exists(&stretch->network->layers[i]);
    }
    return pieces;
}

/* Scale what comes after the first `from` pieces. */
static void scale_schedule(struct dvfo_schedule *schedule, size_t from, double factor)
{
    const double base_s = from > 0 ? schedule->piece[from - 1].end_s : 0.0;
    const struct dvfo_busy base = from > 0 ? schedule->piece[from - 1].busy : (struct dvfo_busy){{0.0}};
    schedule->time_s = base_s + (schedule->time_s - base_s) * factor;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        schedule->total.s[d] = base.s[d] + (schedule->total.s[d] - base.s[d]) * factor;
    }
    for (size_t i = from; i < schedule->n; i++) {
        struct dvfo_piece *piece = &schedule->piece[i];
        piece->end_s = base_s + (piece->end_s - base_s) * factor;
        for (int d = 0; d < DVFO_DOMAINS; d++) {
            piece->busy.s[d] = base.s[d] + (piece->busy.s[d] - base.s[d]) * factor;
        }
    }
}

/* Memory running out in the middle of a run can't be answered by a sensible cost: it stops the program. */
static void make_schedule(const struct dvfo_scenario *scenario, dvfo_stage stage, int index,
                          const int level[DVFO_DOMAINS], struct dvfo_schedule *out)
{
    const struct stretch stretch = stretch_of(scenario, stage, index);
    const struct dvfo_clocks clocks = dvfo_scenario_clocks(scenario, level);
    const dvfo_status status = dvfo_schedule_create(NULL, scenario->def.board, scenario->def.runtime, stretch.network,
                                                    stretch.first, stretch.last, stretch.with_request, &clocks, out);
    DVFO_REQUIRE(status == DVFO_OK);
    if (stretch.factor < 1.0) {
        scale_schedule(out, pieces_to_split(&stretch), stretch.factor);
    }
}

struct dvfo_work dvfo_scenario_work(struct dvfo_scenario *scenario, dvfo_stage stage, int index,
                                    const int level[DVFO_DOMAINS])
{
    struct kept_stage *kept = kept_of(scenario, stage, index, level);
    if (!kept->known) {
        struct dvfo_schedule schedule;
        make_schedule(scenario, stage, index, level, &schedule);
        kept->schedule = (struct dvfo_schedule){.time_s = schedule.time_s, .total = schedule.total};
        kept->known = true;
        dvfo_schedule_free(&schedule);
    }
    return (struct dvfo_work){.time_s = kept->schedule.time_s, .busy = kept->schedule.total};
}

const struct dvfo_schedule *dvfo_scenario_schedule(struct dvfo_scenario *scenario, dvfo_stage stage, int index,
                                                   const int level[DVFO_DOMAINS])
{
    struct kept_stage *kept = kept_of(scenario, stage, index, level);
    if (!kept->has_inside) {
        make_schedule(scenario, stage, index, level, &kept->schedule);
        kept->known = kept->has_inside = true;
    }
    return &kept->schedule;
}

struct dvfo_work dvfo_scenario_cpu_work(const struct dvfo_scenario *scenario, double cycles,
                                        const int level[DVFO_DOMAINS])
{
    const double time_s = cycles / scenario->def.board->clock[DVFO_CPU].level_hz[level[DVFO_CPU]];
    return (struct dvfo_work){.time_s = time_s, .busy = {.s = {[DVFO_CPU] = time_s}}};
}

const struct dvfo_power *dvfo_scenario_power(struct dvfo_scenario *scenario, const int level[DVFO_DOMAINS])
{
    struct dvfo_power **kept = &scenario->power[combination_of(scenario, level)];
    if (*kept == NULL) {
        const struct dvfo_clocks clocks = dvfo_scenario_clocks(scenario, level);
        *kept = malloc(sizeof **kept);
        DVFO_REQUIRE(*kept != NULL);
        **kept = dvfo_power_at(scenario->def.board, &clocks);
    }
    return *kept;
}

void dvfo_scenario_power_at(const struct dvfo_scenario *scenario, const int level[DVFO_DOMAINS], struct dvfo_power *out)
{
    const struct dvfo_power_part *part[DVFO_DOMAINS];
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        part[d] = &scenario->power_part[d][level[d]];
    }
    dvfo_power_join(scenario->def.board, part, out);
}

static double cut_elements(const struct dvfo_network *network, const struct dvfo_decision *decision)
{
    return dvfo_shape_elements(network->layers[network->cuts[decision->cut]].out);
}

static double pixels(const struct dvfo_network *network)
{
    return (double)(network->input.height * network->input.width);
}

double dvfo_scenario_payload_byte(const struct dvfo_scenario *scenario, const struct dvfo_decision *decision)
{
    const struct dvfo_scenario_def *def = &scenario->def;
    const struct dvfo_network *network = def->network;
    double body_byte = 0.0;
    switch (decision->place) {
    case DVFO_PLACE_SPLIT:
        body_byte = dvfo_payload_byte(def, decision->share_tenths);
        break;
    case DVFO_PLACE_LAYER: {
        const double channels = (double)network->layers[network->cuts[decision->cut]].out.channels;
        body_byte =
            cut_elements(network, decision) * (def->layer_int8 ? 1.0 : 4.0) + (def->layer_int8 ? 8.0 * channels : 0.0);
        break;
    }
    case DVFO_PLACE_CLOUD:
    case DVFO_PLACE_APPEAL:
        body_byte = network->image_input ? def->encode_bit_per_pixel * pixels(network) / 8.0
                                         : def->speech_bps * network->input_seconds / 8.0;
        break;
    case DVFO_PLACE_EDGE:
    case DVFO_PLACE_COUNT:
        return 0.0;
    }
    return ceil(body_byte + def->header_byte);
}

double dvfo_scenario_prepare_cycles(const struct dvfo_scenario *scenario, const struct dvfo_decision *decision)
{
    const struct dvfo_scenario_def *def = &scenario->def;
    const struct dvfo_network *network = def->network;
    switch (decision->place) {
    case DVFO_PLACE_SPLIT:
        return dvfo_payload_cycles(def, decision->share_tenths);
    case DVFO_PLACE_LAYER:
        return def->layer_int8 ? def->quantise_cycle_per_element * cut_elements(network, decision) : 0.0;
    case DVFO_PLACE_CLOUD:
    case DVFO_PLACE_APPEAL:
        return def->encode_cycle_per_pixel *
               (network->image_input ? pixels(network) : SPEECH_SAMPLE_HZ * network->input_seconds);
    case DVFO_PLACE_EDGE:
    case DVFO_PLACE_COUNT:
        break;
    }
    return 0.0;
}

double dvfo_scenario_fuse_cycles(const struct dvfo_scenario *scenario, const struct dvfo_decision *decision)
{
    const bool both_answer = decision->place == DVFO_PLACE_SPLIT && decision->share_tenths < DVFO_SHARES - 1;
    return both_answer ? scenario->def.fuse_cycle_per_element * scenario->def.network->output_elements : 0.0;
}

double dvfo_scenario_cloud_s(const struct dvfo_scenario *scenario, const struct dvfo_decision *decision)
{
    const struct dvfo_network *network = scenario->def.network;
    if (decision->place == DVFO_PLACE_EDGE) {
        return 0.0;
    }
    const int last_local = decision->place == DVFO_PLACE_SPLIT   ? network->split
                           : decision->place == DVFO_PLACE_LAYER ? network->cuts[decision->cut]
                                                                 : -1;
    const double work_flop = scenario->remaining_flop[last_local + 1];
    return scenario->def.cloud->t0_s.value + work_flop / scenario->def.cloud->flop_per_s.value; /* Eq. (7) */
}

void dvfo_scenario_weigh(struct dvfo_scenario *scenario, double eta, double lambda)
{
    DVFO_REQUIRE(eta >= 0.0 && eta <= 1.0 && lambda >= 0.0 && lambda <= 1.0);
    const bool moved = lambda != scenario->def.lambda;
    scenario->def.eta = eta;
    scenario->def.lambda = lambda;
    if (moved) {
        scenario->floor = dvfo_accuracy_floor_of(&scenario->def);
    }
}

const struct dvfo_accuracy_floor *dvfo_scenario_floor(const struct dvfo_scenario *scenario)
{
    return &scenario->floor;
}

/* Of AppealNet's threshold, on the rows that it is chosen by. */
static bool allows_threshold(const struct dvfo_scenario_def *def, double threshold)
{
    if (def->accuracy == NULL) {
        return true;
    }
    const double expected = dvfo_accuracy_profile_appeal(def->accuracy, DVFO_PART_VALIDATION, threshold);
    const double full = dvfo_accuracy_profile_appeal(def->accuracy, DVFO_PART_VALIDATION, 1.0);
    return dvfo_accuracy_floor_is_kept(expected, full, def->accuracy_floor);
}

bool dvfo_scenario_allows(const struct dvfo_scenario *scenario, const struct dvfo_decision *decision)
{
    switch (decision->place) {
    case DVFO_PLACE_SPLIT:
        return (scenario->floor.forbidden_shares >> decision->share_tenths & 1u) == 0;
    case DVFO_PLACE_LAYER:
        return !scenario->floor.forbids_layers;
    case DVFO_PLACE_APPEAL:
        return allows_threshold(&scenario->def, decision->appeal_below);
    case DVFO_PLACE_EDGE:
    case DVFO_PLACE_CLOUD:
    case DVFO_PLACE_COUNT:
        break;
    }
    return true;
}

double dvfo_scenario_cost_j(const struct dvfo_scenario *scenario, double energy_j, double latency_s)
{
    const double eta = scenario->def.eta, P_max = scenario->def.p_max_w;
    return eta * energy_j + (1.0 - eta) * P_max * latency_s; /* Eq. (9) */
}

int dvfo_scenario_agent_levels(const struct dvfo_board *board, dvfo_domain domain, int most, int level[DVFO_MAX_LEVELS])
{
    const struct dvfo_clock_domain *clock = &board->clock[domain];
    int bottom = 0, top = (int)clock->level_count - 1;
    while (bottom < top && clock->level_hz[bottom] < clock->calibrated_min_hz) {
        bottom++;
    }
    while (top > bottom && clock->level_hz[top] > clock->calibrated_max_hz) {
        top--;
    }
    const int available = top - bottom + 1;
    const int count = available < most ? available : most;
    for (int i = 0; i < count; i++) {
        level[i] = count == 1 ? top : bottom + (int)lround((double)(available - 1) * i / (count - 1));
    }
    return count;
}
