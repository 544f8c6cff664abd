#include "policies/agents/action_space.h"

#include "sim/scenario.h"

struct dvfo_action_space_def dvfo_action_space_def_default(void)
{
    return (struct dvfo_action_space_def){.chooses = {true, true, true, true}, .levels = DVFO_AGENT_LEVELS};
}

static void add_knob(struct dvfo_action_space *space, int knob, int count)
{
    space->knob[space->knobs] = knob;
    space->count[space->knobs] = count;
    space->knobs++;
}

static void make_branches(struct dvfo_action_space *space)
{
    space->branches = space->def.flat ? 1 : space->knobs;
    space->choices[0] = 1;
    for (int k = 0; k < space->knobs; k++) {
        if (space->def.flat) {
            space->choices[0] *= space->count[k];
        } else {
            space->choices[k] = space->count[k];
        }
    }
}

dvfo_status dvfo_action_space_of(struct dvfo_ctx *ctx, const struct dvfo_action_space_def *def,
                                 const struct dvfo_board *board, struct dvfo_action_space *out)
{
    struct dvfo_action_space space = {.def = *def};
    dvfo_policy_top_clocks(board, space.top);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        space.clocks.count[d] =
            dvfo_scenario_agent_levels(board, (dvfo_domain)d, (int)def->levels, space.clocks.level[d]);
        if (def->chooses[d] && space.clocks.count[d] > 1) { /* a clock of one level leaves nothing to choose */
            add_knob(&space, d, space.clocks.count[d]);
        }
    }
    if (def->chooses[DVFO_KNOB_SHARE]) {
        add_knob(&space, DVFO_KNOB_SHARE, DVFO_SHARES + (def->input ? 1 : 0));
    }
    if (space.knobs == 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "an agent on %s has nothing to choose", board->name);
    }
    make_branches(&space);
    *out = space;
    return DVFO_OK;
}

static void turn(const struct dvfo_action_space *space, int k, int choice, struct dvfo_decision *decision)
{
    const int knob = space->knob[k];
    if (knob < DVFO_DOMAINS) {
        decision->level[knob] = space->clocks.level[knob][choice];
    } else if (choice < DVFO_SHARES) {
        dvfo_policy_place_share(decision, choice);
    } else {
        decision->place = DVFO_PLACE_CLOUD;
        decision->share_tenths = 0;
    }
}

void dvfo_action_space_decide(const struct dvfo_action_space *space, const int *choice, struct dvfo_decision *decision)
{
    decision->place = DVFO_PLACE_EDGE;
    decision->share_tenths = 0;
    for (int d = 0; d < DVFO_DOMAINS && !space->def.governed; d++) {
        decision->level[d] = space->top[d];
    }
    int rest = choice[0];
    for (int k = space->knobs - 1; k >= 0; k--) { /* flat: the last knob turns fastest */
        turn(space, k, space->def.flat ? rest % space->count[k] : choice[k], decision);
        rest /= space->count[k];
    }
}

double dvfo_action_space_size(const struct dvfo_action_space *space)
{
    double size = 1.0;
    for (int k = 0; k < space->knobs; k++) {
        size *= space->count[k];
    }
    return size;
}
