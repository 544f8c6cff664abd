/* Coordinate descent: training-free search on the running device.
 *
 * Four knobs, each an index: CPU, GPU and memory clock among DVFO's levels, and the share among those allowed. From the
 * highest clocks on the device, one knob is moved by a step at a time; a point is judged by the mean measured cost of a
 * few requests. A move that pays is kept and repeated; when no knob pays in either direction, the step halves; after
 * the last step the point is held for a while, measured anew, and the search begins again from it, because links
 * change. */
#include <string.h>

#include "policies/common.h"

enum { KNOBS = DVFO_DOMAINS + 1, SHARE = DVFO_DOMAINS, FIRST_STEP = 4, REQUESTS_PER_POINT = 3, REQUESTS_HELD = 200 };

typedef enum phase { MEASURE, TRY, HOLD } phase;

struct descent {
    struct dvfo_level_choice choice;
    int share[DVFO_SHARES]; /* (size[SHARE]) in tenths, ascending */
    int size[KNOBS];        /* settings of each knob */
    int best[KNOBS];
    int point[KNOBS]; /* being measured: best, or best with one knob moved */
    double best_cost_j;
    phase phase;
    int knob, step, turns; /* turns: directions of this knob already given up, 0..1 */
    bool round_paid;       /* a move was kept since knob 0 */
    bool counting;         /* false until the first decision for this point */
    long first_request;    /* earlier ones were decided for another point */
    int measured;
    double sum_j;
};

static void begin_point(struct descent *state, phase next)
{
    state->phase = next;
    state->counting = false;
    state->measured = 0;
    state->sum_j = 0.0;
}

static void begin_round(struct descent *state)
{
    state->knob = 0;
    state->turns = 0;
    state->round_paid = false;
}

/* Clocks first go down from where they are, the share first goes up. */
static int direction(const struct descent *state)
{
    const int first = state->knob == SHARE ? 1 : -1;
    return state->turns == 0 ? first : -first;
}

/* Give up this direction: the other one, the next knob, a new round, or a finer step; false after the last. */
static bool turn(struct descent *state)
{
    if (state->turns == 0) {
        state->turns = 1;
        return true;
    }
    state->turns = 0;
    state->knob++;
    if (state->knob < KNOBS) {
        return true;
    }
    if (!state->round_paid) {
        state->step /= 2;
    }
    begin_round(state);
    return state->step > 0;
}

/* Move the knob in hand, or the next that can move; hold the best point when none is left. */
static void propose(struct descent *state)
{
    do {
        const int moved = state->best[state->knob] + direction(state) * state->step;
        if (moved >= 0 && moved < state->size[state->knob]) {
            memcpy(state->point, state->best, sizeof state->point);
            state->point[state->knob] = moved;
            begin_point(state, TRY);
            return;
        }
    } while (turn(state));
    memcpy(state->point, state->best, sizeof state->point);
    begin_point(state, HOLD);
}

static void conclude(struct descent *state, double cost_j)
{
    if (state->phase == TRY && cost_j >= state->best_cost_j) {
        if (!turn(state)) {
            memcpy(state->point, state->best, sizeof state->point);
            begin_point(state, HOLD);
            return;
        }
    } else {
        state->round_paid = state->round_paid || state->phase == TRY;
        state->best_cost_j = cost_j;
        memcpy(state->best, state->point, sizeof state->best);
    }
    if (state->phase == HOLD) {
        state->step = 1; /* the surroundings may have moved a little */
        begin_round(state);
    }
    propose(state);
}

static dvfo_status descent_init(struct dvfo_ctx *ctx, void *block, const struct dvfo_policy_setup *setup)
{
    struct descent *state = block;
    DVFO_TRY(dvfo_policy_no_argument(ctx, setup, "coordinate-descent"));
    state->choice = dvfo_level_choice_of_agents(setup->board);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        state->size[d] = state->choice.count[d];
        state->point[d] = state->size[d] - 1;
    }
    state->size[SHARE] = dvfo_policy_allowed_shares(setup->forbidden_shares, state->share);
    state->step = FIRST_STEP;
    begin_point(state, MEASURE);
    return DVFO_OK;
}

static void descent_decide(void *block, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    struct descent *state = block;
    if (!state->counting) {
        state->counting = true;
        state->first_request = seen->request;
    }
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        decision->level[d] = state->choice.level[d][state->point[d]];
    }
    dvfo_policy_place_share(decision, state->share[state->point[SHARE]]);
}

static void descent_learn(void *block, const struct dvfo_outcome *outcome)
{
    struct descent *state = block;
    if (!state->counting || outcome->request < state->first_request) {
        return;
    }
    state->sum_j += outcome->cost_j;
    state->measured++;
    if (state->measured == (state->phase == HOLD ? REQUESTS_HELD : REQUESTS_PER_POINT)) {
        conclude(state, state->sum_j / state->measured);
    }
}

const struct dvfo_policy_type dvfo_policy_coordinate_descent = {
    .name = "coordinate-descent",
    .summary = "training-free: moves one clock or the share at a time by measured cost",
    .sight = DVFO_SIGHT_WORLD,
    .state_size = sizeof(struct descent),
    .init = descent_init,
    .decide = descent_decide,
    .learn = descent_learn,
};
