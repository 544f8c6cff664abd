/* The informed oracle: the action of least expected cost, of DVFO's levels and shares, given all that an agent may
 * observe of a generated link.
 *
 * It knows the generator and the costs, and hears only of its own transfers; of the trace it reads the name, never the
 * rates. (A constant link is known from its name on, so there it is the best fixed setting.) Its belief
 * (policies/link_belief.h) is thrown ahead along common draws (policies/link_paths.h), and the mean of costs over them
 * decides.
 *
 * That alone is greedy: it learns of the link only by sending, so where the device looks better at first it would never
 * find out. So when the device wins, actions that would be best at good rates are tried as probes. A probe pays when
 * its expected cost, less what requests to come would save by doing the same if it went well, lies below the device's.
 * They count as long as what it told lasts: rate and outages by their autocorrelation, the trace's mean to the end.
 * That is a rule of thumb, no optimal plan. "oracle-informed:greedy" leaves probes out;
 * "oracle-informed:input" may send the encoded input too, as an agent whose actions have it. */
#include <math.h>
#include <string.h>

#include "policies/link_paths.h"
#include "policies/mean_search.h"
#include "policies/placements.h"
#include "sim/base/units.h"
#include "sim/plan.h"

enum { PATHS = 64, MOST_SECONDS = 120 };

#define MODEL "model:"

/* A decision that sends, of which a transfer or a timeout will tell. */
struct sent {
    bool any;
    long request;
    double start_s; /* on the link's clock */
    double begin_s; /* of sending, after that */
    double bits;
};

struct informed {
    struct dvfo_scenario *scenario;
    struct dvfo_mean_search *search;
    struct dvfo_link_paths *paths; /* NULL: a constant link */
    struct dvfo_link_belief belief;
    struct dvfo_decision constant; /* what to do on a constant link */
    bool greedy;                   /* no probes */
    double follow;                 /* requests that news of rate and outages last for */
    long requests;
    double stride_s, from_s;
    long transfers; /* taken note of */
    struct sent sent;
};

static double constant_send_s(const void *user, size_t i, double begin_s, double bits)
{
    (void)i;
    (void)begin_s;
    return bits / *(const double *)user;
}

static double path_send_s(const void *user, size_t i, double begin_s, double bits)
{
    return dvfo_link_paths_send_s(user, i, begin_s, bits);
}

/* How long news of rate and outages last, in requests that come every `every_s`: a geometric sum. */
static double requests_kept(const struct dvfo_generator *generator, double every_s)
{
    const double kept_1s = generator->rho_1s * (1.0 - generator->enter_outage_per_s - generator->exit_outage_per_s);
    const double kept = pow(fmax(kept_1s, 0.0), every_s);
    return kept / (1.0 - kept);
}

static dvfo_status init_constant(struct informed *state, double rate_bps)
{
    const struct dvfo_links links = {&rate_bps, 1, constant_send_s};
    dvfo_mean_search_best(state->search, &links, &state->constant);
    return DVFO_OK;
}

/* Requests come as the trace's stride says, or one after the other. */
static double request_every_s(const struct informed *state)
{
    const double edge_s = dvfo_mean_search_edge(state->search)->latency_s;
    return isnan(state->stride_s) ? edge_s : state->stride_s;
}

static dvfo_status init_generated(struct dvfo_ctx *ctx, struct informed *state, const char *class, uint64_t seed)
{
    const struct dvfo_generator *generator = NULL;
    DVFO_TRY(dvfo_generator_find(ctx, class, &generator));
    state->belief = dvfo_link_belief_of(generator);
    state->follow = requests_kept(generator, request_every_s(state));
    const double timeout_s = dvfo_scenario_def_of(state->scenario)->timeout_s;
    const double reach_s = dvfo_mean_search_latest_begin_s(state->search) + timeout_s;
    return dvfo_link_paths_create(ctx, seed, PATHS, (size_t)fmin(ceil(reach_s) + 1.0, MOST_SECONDS), &state->paths);
}

static dvfo_status init(struct dvfo_ctx *ctx, void *block, const struct dvfo_policy_setup *setup)
{
    struct informed *state = block;
    const struct dvfo_trace *trace = setup->trace;
    const bool generated = strncmp(trace->name, MODEL, strlen(MODEL)) == 0,
               constant = strcmp(trace->format, "const") == 0;
    const bool input = dvfo_policy_argument_is(setup, "input");
    state->greedy = dvfo_policy_argument_is(setup, "greedy");
    if (setup->argument != NULL && !state->greedy && !input) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "oracle-informed: found ':%s', expected nothing, ':greedy' or ':input'",
                         setup->argument);
    }
    if (!generated && !constant) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "%s: oracle-informed needs a generated link (model:CLASS) or a constant one", trace->name);
    }
    state->scenario = setup->scenario;
    state->stride_s = setup->trace_stride_s;
    state->from_s = setup->trace_from_s;
    state->requests = setup->requests;
    const struct dvfo_level_choice clocks = dvfo_level_choice_of_agents(setup->board);
    DVFO_TRY(dvfo_mean_search_create(ctx, setup->scenario, &clocks, DVFO_WITH_SHARES | (input ? DVFO_WITH_CLOUD : 0),
                                     constant ? trace->rate_bps[0] : (double)INFINITY, &state->search));
    return constant ? init_constant(state, trace->rate_bps[0])
                    : init_generated(ctx, state, trace->name + strlen(MODEL), setup->seed);
}

/* The link's clock when a request starts. */
static double start_s(const struct informed *state, const struct dvfo_observation *seen)
{
    return state->from_s + (isnan(state->stride_s) ? seen->time_s : state->stride_s * (double)seen->request);
}

/* A transfer ended since the last decision. Where its end lies before this request's start, its age tells when;
 * paired, it may lie behind it, and then the plan does. */
static void note_transfer(struct informed *state, const struct dvfo_observation *seen, double now_s)
{
    if (seen->transfers == state->transfers || !state->sent.any) {
        return;
    }
    state->transfers = seen->transfers;
    const double send_s = state->sent.bits / seen->bandwidth_bps;
    const double end_s = seen->bandwidth_age_s > 0.0 ? now_s - seen->bandwidth_age_s
                                                     : fmax(now_s, state->sent.start_s + state->sent.begin_s + send_s);
    dvfo_link_belief_add_transfer(&state->belief, end_s - send_s, end_s, state->sent.bits);
}

static void note_decision(struct informed *state, long request, double now_s, const struct dvfo_decision *decision)
{
    if (decision->place != DVFO_PLACE_EDGE) {
        const struct dvfo_plan_parts parts = dvfo_plan_parts_of(state->scenario, decision);
        state->sent = (struct sent){true, request, now_s, parts.begin_s, DVFO_BITS_PER_BYTE * parts.payload_byte};
    }
}

/* How many of the requests to come a probe tells of: the next ones, and all in so far as its rate is the mean's. */
static double requests_told_of(const struct informed *state, double now_s, double left)
{
    const struct dvfo_log_rate rate = dvfo_link_belief_rate(&state->belief, floor(now_s));
    const double a = dvfo_link_belief_kept(&state->belief, floor(now_s));
    const double of_mean_ln2 = (1.0 - a) * (1.0 - a) * state->belief.m_variance; /* part of the rate's variance */
    const double of_mean = rate.variance > 0.0 ? of_mean_ln2 / rate.variance : 0.0;
    return fmin(state->follow + of_mean * left, left);
}

/* Mean of what a probe costs more than the device, and of what others save after it went well. */
static double probe_cost_j(const struct informed *state, const struct dvfo_decision *probe, double edge_j,
                           double follow)
{
    const struct dvfo_plan_parts parts = dvfo_plan_parts_of(state->scenario, probe);
    double sum_j = 0.0;
    for (size_t i = 0; i < PATHS; i++) {
        const double send_s =
            dvfo_link_paths_send_s(state->paths, i, parts.begin_s, DVFO_BITS_PER_BYTE * parts.payload_byte);
        const double more_j = dvfo_plan_finish(state->scenario, &parts, send_s).cost_j - edge_j;
        sum_j += more_j + follow * fmin(more_j, 0.0);
    }
    return sum_j / PATHS;
}

/* The device looks best: is there a probe that pays? */
static void consider_probes(struct informed *state, double now_s, double follow, struct dvfo_decision *decision)
{
    static const double sigmas[] = {0.0, 1.0, 2.0}; /* how good the link may turn out to be */
    const double edge_j = dvfo_mean_search_edge(state->search)->cost_j;
    const struct dvfo_log_rate rate = dvfo_link_belief_rate(&state->belief, floor(now_s));
    double least_j = 0.0;
    for (size_t i = 0; i < sizeof sigmas / sizeof sigmas[0]; i++) {
        const double rate_bps = exp(rate.mean + sigmas[i] * sqrt(rate.variance)) * DVFO_BPS_PER_MBPS;
        const struct dvfo_links links = {&rate_bps, 1, constant_send_s};
        struct dvfo_decision probe;
        dvfo_mean_search_best(state->search, &links, &probe);
        const double cost_j = probe.place == DVFO_PLACE_EDGE ? 0.0 : probe_cost_j(state, &probe, edge_j, follow);
        if (cost_j < least_j) {
            least_j = cost_j;
            *decision = probe;
        }
    }
}

static void decide(void *block, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    struct informed *state = block;
    if (state->paths == NULL) {
        *decision = state->constant;
        return;
    }
    const double now_s = start_s(state, seen);
    note_transfer(state, seen, now_s);
    dvfo_link_paths_begin(state->paths, &state->belief, now_s);
    const struct dvfo_links links = {state->paths, PATHS, path_send_s};
    dvfo_mean_search_best(state->search, &links, decision);
    if (decision->place == DVFO_PLACE_EDGE && !state->greedy) {
        const double left = fmax((double)(state->requests - seen->request - 1), 0.0);
        consider_probes(state, now_s, requests_told_of(state, now_s, left), decision);
    }
    note_decision(state, seen->request, now_s, decision);
}

static void learn(void *block, const struct dvfo_outcome *outcome)
{
    struct informed *state = block;
    if (state->paths != NULL && outcome->timed_out && state->sent.any && outcome->request == state->sent.request) {
        const double begin_s = state->sent.start_s + state->sent.begin_s;
        const double end_s = begin_s + dvfo_scenario_def_of(state->scenario)->timeout_s;
        dvfo_link_belief_add_timeout(&state->belief, begin_s, end_s, state->sent.bits);
    }
}

static void release(void *block)
{
    struct informed *state = block;
    dvfo_link_paths_free(state->paths);
    dvfo_mean_search_free(state->search);
}

const struct dvfo_policy_type dvfo_policy_oracle_informed = {
    .name = "oracle-informed",
    .summary = "knows how the link is generated, not the trace: least expected cost of DVFO's levels and shares given "
               "its own transfers; [:greedy] without probes, [:input] or the encoded input",
    .sight = DVFO_SIGHT_TRACE,
    .by_name_only = true,
    .state_size = sizeof(struct informed),
    .init = init,
    .decide = decide,
    .learn = learn,
    .release = release,
};
