/* Neurosurgeon (Kang et al., ASPLOS 2017): at the highest clocks, the cut that costs least latency, or least energy on
 * the device, given the bandwidth: the encoded input, the activation after any layer, or nothing is sent.
 *
 * The paper takes bandwidth as known; here it is what own transfers have shown, so it probes: policies/probing.h. */
#include <math.h>

#include "policies/probing.h"
#include "policies/search.h"

struct neurosurgeon {
    struct dvfo_scenario *scenario;
    struct dvfo_placements placements; /* at the highest clocks; owned */
    bool least_energy;                 /* else least latency */
    struct dvfo_probing probing;
};

/* The best placement from `first` on at the believed rate. */
static const struct dvfo_decision *best_from(struct neurosurgeon *state, int first, double rate_bps)
{
    const struct dvfo_plan_link link = {.rate_bps = rate_bps};
    const struct dvfo_decision *best = NULL;
    double least = INFINITY;
    for (int i = first; i < state->placements.count; i++) {
        const struct dvfo_plan plan = dvfo_plan_request(state->scenario, &state->placements.at[i], &link);
        const double objective = state->least_energy ? plan.energy_j : plan.latency_s;
        if (objective < least) {
            least = objective;
            best = &state->placements.at[i];
        }
    }
    return best;
}

static void decide(void *block, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    struct neurosurgeon *state = block;
    const double rate_bps = dvfo_probing_rate_bps(&state->probing, seen);
    *decision = *best_from(state, 0, rate_bps);
    if (dvfo_probing_is_due(&state->probing, decision->place == DVFO_PLACE_EDGE)) {
        *decision = *best_from(state, 1, rate_bps); /* EDGE is placement 0 */
    }
}

static void learn(void *block, const struct dvfo_outcome *outcome)
{
    struct neurosurgeon *state = block;
    dvfo_probing_learn(&state->probing, state->scenario, outcome);
}

/* Plans of every placement once, so that deciding finds all schedules made. */
static void warm(struct neurosurgeon *state)
{
    static const double rates_bps[] = {DVFO_PRIOR_BPS, 1.0}; /* in time; timed out */
    for (size_t r = 0; r < sizeof rates_bps / sizeof rates_bps[0]; r++) {
        const struct dvfo_plan_link link = {.rate_bps = rates_bps[r]};
        for (int i = 0; i < state->placements.count; i++) {
            dvfo_plan_request(state->scenario, &state->placements.at[i], &link);
        }
    }
}

static dvfo_status init(struct dvfo_ctx *ctx, struct neurosurgeon *state, const struct dvfo_policy_setup *setup,
                        bool least_energy)
{
    state->scenario = setup->scenario;
    state->least_energy = least_energy;
    state->probing = dvfo_probing_start();
    DVFO_TRY(dvfo_placements_create(ctx, setup->scenario, DVFO_WITH_CUTS | DVFO_WITH_CLOUD, &state->placements));
    for (int i = 0; i < state->placements.count; i++) {
        dvfo_policy_top_clocks(setup->board, state->placements.at[i].level);
    }
    warm(state);
    return DVFO_OK;
}

static dvfo_status latency_init(struct dvfo_ctx *ctx, void *state, const struct dvfo_policy_setup *setup)
{
    DVFO_TRY(dvfo_policy_no_argument(ctx, setup, "neurosurgeon-latency"));
    return init(ctx, state, setup, false);
}

static dvfo_status energy_init(struct dvfo_ctx *ctx, void *state, const struct dvfo_policy_setup *setup)
{
    DVFO_TRY(dvfo_policy_no_argument(ctx, setup, "neurosurgeon-energy"));
    return init(ctx, state, setup, true);
}

static void release(void *block)
{
    struct neurosurgeon *state = block;
    dvfo_placements_free(&state->placements);
}

const struct dvfo_policy_type dvfo_policy_neurosurgeon_latency = {
    .name = "neurosurgeon-latency",
    .summary = "highest clocks; the layer cut, encoded input or device of least latency at the bandwidth seen",
    .sight = DVFO_SIGHT_PROFILE,
    .state_size = sizeof(struct neurosurgeon),
    .init = latency_init,
    .decide = decide,
    .learn = learn,
    .release = release,
};

const struct dvfo_policy_type dvfo_policy_neurosurgeon_energy = {
    .name = "neurosurgeon-energy",
    .summary = "highest clocks; the layer cut, encoded input or device of least energy at the bandwidth seen",
    .sight = DVFO_SIGHT_PROFILE,
    .state_size = sizeof(struct neurosurgeon),
    .init = energy_init,
    .decide = decide,
    .learn = learn,
    .release = release,
};
