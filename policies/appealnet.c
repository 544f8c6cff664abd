/* AppealNet (Li, Li, Tian, Jiang, Xu, DAC 2021): a little network on the device answers every request, and a second
 * head of it says how likely that answer is right. With a score below the threshold the input appeals: it goes to the
 * cloud, encoded, whose answer then counts.
 *
 * The little network is the narrowest of the slimmable network (sim/scenario.h) until real ones are trained. Its
 * threshold is the lowest, thus skips the cloud as often as can be, with an expected accuracy (sim/sample.h: a model)
 * of no more than a point below the full network's. It doesn't follow the link: accuracy asks for the appeals. The
 * clocks do: those of least expected planned cost at the rate seen last. */
#include <gsl/gsl_errno.h>
#include <gsl/gsl_roots.h>

#include "policies/common.h"
#include "policies/probing.h"
#include "policies/rates.h"
#include "sim/base/text.h"
#include "sim/plan.h"
#include "sim/sample.h"

enum { RATES = 21, MOST_HALVINGS = 60 };

static const struct dvfo_rates rates = {.lowest_bps = 10e3, .per_decade = 4, .count = RATES}; /* up to 1 Gbit/s */

#define MOST_LOSS 0.01  /* of accuracy, against the full network */
#define RESOLUTION 1e-9 /* of the threshold: far below a score that matters */

struct appealnet {
    struct dvfo_scenario *scenario;
    struct dvfo_decision at[RATES]; /* clocks by rate, planned once */
    struct dvfo_probing probing;    /* for what it believes of the link: appeals are probes enough */
};

static double accuracy_to_spare(double threshold, void *floor)
{
    return dvfo_sample_accuracy(threshold) - *(const double *)floor;
}

/* The lowest threshold within the loss, from above: accuracy rises with the threshold. */
static dvfo_status choose_threshold(struct dvfo_ctx *ctx, double *threshold)
{
    double floor = dvfo_sample_accuracy(1.0) - MOST_LOSS;
    gsl_function spare = {.function = accuracy_to_spare, .params = &floor};
    gsl_root_fsolver *solver = gsl_root_fsolver_alloc(gsl_root_fsolver_bisection);
    if (solver == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    gsl_root_fsolver_set(solver, &spare, 0.0, 1.0);
    for (int i = 0; i < MOST_HALVINGS; i++) {
        gsl_root_fsolver_iterate(solver);
        const double below = gsl_root_fsolver_x_lower(solver), above = gsl_root_fsolver_x_upper(solver);
        if (gsl_root_test_interval(below, above, RESOLUTION, 0.0) == GSL_SUCCESS) {
            break;
        }
    }
    *threshold = gsl_root_fsolver_x_upper(solver);
    gsl_root_fsolver_free(solver);
    return DVFO_OK;
}

static dvfo_status read_threshold(struct dvfo_ctx *ctx, const char *argument, double *threshold)
{
    if (argument == NULL) {
        return choose_threshold(ctx, threshold);
    }
    if (!dvfo_text_number(argument, NULL, threshold) || *threshold < 0.0 || *threshold > 1.0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "appealnet's threshold is '%s', expected a score from 0 (never appeals) to 1 (always)",
                         argument);
    }
    return DVFO_OK;
}

static dvfo_status init(struct dvfo_ctx *ctx, void *block, const struct dvfo_policy_setup *setup)
{
    struct appealnet *state = block;
    double threshold = 0.0;
    DVFO_TRY(read_threshold(ctx, setup->argument, &threshold));
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
    .summary = "a little network answers; scored below :THRESHOLD (default: 1 point of accuracy lost) the cloud does",
    .sight = DVFO_SIGHT_PROFILE,
    .state_size = sizeof(struct appealnet),
    .init = init,
    .decide = decide,
    .learn = learn,
};
