/* AppealNet (Li, Li, Tian, Jiang, Xu, DAC 2021): a little network on the device answers every request, and a second
 * head of it says how likely that answer is right. With a score below the threshold the input appeals: it goes to the
 * cloud, encoded, whose answer then counts.
 *
 * What it costs is the narrowest of the slimmable network (sim/scenario.h). How its head scores inputs and who is right
 * about them is what the accuracy profile holds; the threshold is the lowest, thus skips the cloud as often as can be,
 * that keeps the accuracy floor on the profile's part for validation. It doesn't follow the link: accuracy asks for the
 * appeals. The clocks do: those of least expected planned cost at the rate seen last. */
#include <math.h>

#include "policies/common.h"
#include "policies/probing.h"
#include "policies/rates.h"
#include "sim/base/text.h"
#include "sim/plan.h"

enum { RATES = 21 };

static const struct dvfo_rates rates = {.lowest_bps = 10e3, .per_decade = 4, .count = RATES}; /* up to 1 Gbit/s */

#define POINTS_WITHOUT_FLOOR 1.0 /* of accuracy that the threshold may cost where there is no floor: as by default */

struct appealnet {
    struct dvfo_scenario *scenario;
    struct dvfo_decision at[RATES]; /* clocks by rate, planned once */
    struct dvfo_probing probing;    /* for what it believes of the link: appeals are probes enough */
};

static dvfo_status choose_threshold(struct dvfo_ctx *ctx, const struct dvfo_scenario_def *def, double *threshold)
{
    const double points = isinf(def->accuracy_floor) ? POINTS_WITHOUT_FLOOR : def->accuracy_floor;
    return dvfo_accuracy_profile_threshold(ctx, def->accuracy, DVFO_PART_VALIDATION, points / 100.0, threshold);
}

static dvfo_status read_threshold(struct dvfo_ctx *ctx, const struct dvfo_policy_setup *setup, double *threshold)
{
    const struct dvfo_scenario_def *def = dvfo_scenario_def_of(setup->scenario);
    const char *argument = setup->argument;
    if (def->accuracy == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "appealnet needs an accuracy profile (--accuracy FILE): scores and their worth stand there");
    }
    if (argument == NULL) {
        return choose_threshold(ctx, def, threshold);
    }
    if (!dvfo_text_number(argument, NULL, threshold) || *threshold < 0.0 || *threshold > 1.0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "appealnet's threshold is '%s', expected a score from 0 (never appeals) to 1 (always)",
                         argument);
    }
    const struct dvfo_decision decision = {.place = DVFO_PLACE_APPEAL, .appeal_below = *threshold};
    return dvfo_scenario_allows(setup->scenario, &decision)
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT,
                           "appealnet: a threshold of %s loses more accuracy than the floor of %g points allows; "
                           "--accuracy-floor none lifts it",
                           argument, def->accuracy_floor);
}

static dvfo_status init(struct dvfo_ctx *ctx, void *block, const struct dvfo_policy_setup *setup)
{
    struct appealnet *state = block;
    double threshold = 0.0;
    DVFO_TRY(read_threshold(ctx, setup, &threshold));
    state->scenario = setup->scenario;
    state->probing = dvfo_probing_start();
    const struct dvfo_level_choice choice = dvfo_level_choice_of_agents(setup->board);
    const int *const level[DVFO_DOMAINS] = {choice.level[DVFO_CPU], choice.level[DVFO_GPU], choice.level[DVFO_MEM]};
    for (int i = 0; i < RATES; i++) {
        const struct dvfo_plan_link link = {.rate_bps = dvfo_rates_at(&rates, i)};
        state->at[i] = (struct dvfo_decision){.place = DVFO_PLACE_APPEAL, .appeal_below = threshold};
        dvfo_plan_best_clocks(setup->scenario, &state->at[i], level, choice.count, &link);
    }
    return DVFO_OK;
}

static void decide(void *block, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    struct appealnet *state = block;
    *decision = state->at[dvfo_rates_nearest(&rates, dvfo_probing_rate_bps(&state->probing, seen))];
}

static void learn(void *block, const struct dvfo_outcome *outcome)
{
    struct appealnet *state = block;
    dvfo_probing_learn(&state->probing, state->scenario, outcome);
}

const struct dvfo_policy_type dvfo_policy_appealnet = {
    .name = "appealnet",
    .summary = "a little network answers; scored below :THRESHOLD (default: as the accuracy floor says) the cloud does",
    .sight = DVFO_SIGHT_PROFILE,
    .needs_accuracy = true,
    .state_size = sizeof(struct appealnet),
    .init = init,
    .decide = decide,
    .learn = learn,
};
