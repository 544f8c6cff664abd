#include "policies/agents/action_space.h"

#include "policies/placements.h"
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

/* Kinds of placement: all on the device, a part sent, all sent. */
enum { KINDS = 3 };

static int kind_of_share(int choice)
{
    return choice == 0 ? 0 : choice < DVFO_SHARES - 1 ? 1 : 2;
}

static int kind_of(const struct dvfo_decision *decision)
{
    return decision->place == DVFO_PLACE_SPLIT  ? kind_of_share(decision->share_tenths)
           : decision->place == DVFO_PLACE_EDGE ? 0
                                                : KINDS - 1;
}

static void make_branches(struct dvfo_action_space *space)
{
    const bool shares = space->knob[space->knobs - 1] == DVFO_KNOB_SHARE;
    space->clock_knobs = space->knobs - (shares ? 1 : 0);
    space->sets = space->def.kinds && shares && !space->def.flat ? KINDS : 1;
    if (space->def.flat) {
        space->branches = 1;
        space->choices[0] = (long)dvfo_action_space_size(space);
        return;
    }
    for (int set = 0; set < space->sets; set++) {
        for (int k = 0; k < space->clock_knobs; k++) {
            space->choices[space->branches++] = space->count[k];
        }
    }
    if (shares) {
        space->choices[space->branches++] = space->count[space->knobs - 1];
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

long dvfo_action_space_share_branch(const struct dvfo_action_space *space)
{
    return space->clock_knobs < space->knobs && !space->def.flat ? space->branches - 1 : -1;
}

bool dvfo_action_space_same_kind(const struct dvfo_decision *a, const struct dvfo_decision *b)
{
    return kind_of(a) == kind_of(b);
}

unsigned dvfo_action_space_clocks(const struct dvfo_action_space *space)
{
    return (1u << (space->sets * space->clock_knobs)) - 1u;
}

/* The set of clock branches that counts. */
static int set_of(const struct dvfo_action_space *space, const int *choice)
{
    return space->sets > 1 ? kind_of_share(choice[space->branches - 1]) : 0;
}

unsigned dvfo_action_space_idle(const struct dvfo_action_space *space, const int *choice)
{
    unsigned idle = 0;
    for (int set = 0; set < space->sets; set++) {
        for (int k = 0; k < space->clock_knobs && set != set_of(space, choice); k++) {
            idle |= 1u << (set * space->clock_knobs + k);
        }
    }
    return idle;
}

/* The choice of each knob. */
static void choices_of_knobs(const struct dvfo_action_space *space, const int *choice, int of_knob[DVFO_KNOBS])
{
    int rest = choice[0];
    for (int k = space->knobs - 1; k >= 0; k--) {
        if (space->def.flat) { /* the last knob turns fastest */
            of_knob[k] = rest % space->count[k];
            rest /= space->count[k];
        } else {
            of_knob[k] = k < space->clock_knobs ? choice[set_of(space, choice) * space->clock_knobs + k]
                                                : choice[space->branches - 1];
        }
    }
}

void dvfo_action_space_decide(const struct dvfo_action_space *space, const int *choice, struct dvfo_decision *decision)
{
    int of_knob[DVFO_KNOBS] = {0};
    decision->place = DVFO_PLACE_EDGE;
    decision->share_tenths = 0;
    for (int d = 0; d < DVFO_DOMAINS && !space->def.governed; d++) {
        decision->level[d] = space->top[d];
    }
    choices_of_knobs(space, choice, of_knob);
    for (int k = 0; k < space->knobs; k++) {
        turn(space, k, of_knob[k], decision);
    }
}

/* ---- from decisions to choices ---- */

/* -1: it isn't there. */
static int find_level(const struct dvfo_action_space *space, int domain, int level)
{
    int i = space->clocks.count[domain] - 1;
    while (i >= 0 && space->clocks.level[domain][i] != level) {
        i--;
    }
    return i;
}

static int find_share(const struct dvfo_action_space *space, const struct dvfo_decision *decision)
{
    return decision->place == DVFO_PLACE_EDGE    ? 0
           : decision->place == DVFO_PLACE_SPLIT ? decision->share_tenths
           : decision->place == DVFO_PLACE_CLOUD ? (space->def.input ? DVFO_SHARES : -1)
                                                 : -1;
}

/* What isn't chosen has one value. */
static bool keeps_the_rest(const struct dvfo_action_space *space, const struct dvfo_decision *decision)
{
    bool chosen[DVFO_KNOBS] = {false};
    for (int k = 0; k < space->knobs; k++) {
        chosen[space->knob[k]] = true;
    }
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        if (!chosen[d] && (space->def.governed || decision->level[d] != space->top[d])) {
            return false;
        }
    }
    return chosen[DVFO_KNOB_SHARE] || decision->place == DVFO_PLACE_EDGE;
}

bool dvfo_action_space_choose(const struct dvfo_action_space *space, const struct dvfo_decision *decision, int *choice)
{
    int of_knob[DVFO_KNOBS], index = 0;
    bool found = keeps_the_rest(space, decision);
    for (int k = 0; k < space->knobs && found; k++) {
        const int knob = space->knob[k];
        of_knob[k] = knob < DVFO_DOMAINS ? find_level(space, knob, decision->level[knob]) : find_share(space, decision);
        found = of_knob[k] >= 0;
        index = index * space->count[k] + of_knob[k];
    }
    if (!found) {
        return false;
    }
    if (space->def.flat) {
        choice[0] = index;
        return true;
    }
    const int set = space->sets > 1 ? kind_of(decision) : 0;
    for (int k = 0; k < space->knobs; k++) {
        choice[k < space->clock_knobs ? set * space->clock_knobs + k : space->branches - 1] = of_knob[k];
    }
    return true;
}

/* ---- shares that the floor forbids ---- */

/* Does this choice of the last branch send a forbidden share? Flat, the share turns fastest. */
static bool is_forbidden(const struct dvfo_action_space *space, unsigned forbidden_shares, long choice)
{
    const long share = choice % space->count[space->knobs - 1];
    return share > 0 && share < DVFO_SHARES && (forbidden_shares >> share & 1u) != 0;
}

dvfo_status dvfo_action_space_restrict(struct dvfo_ctx *ctx, const struct dvfo_action_space *space,
                                       unsigned forbidden_shares, struct dvfo_branching *net)
{
    const long branch = space->branches - 1, choices = space->choices[branch];
    if (space->knob[space->knobs - 1] != DVFO_KNOB_SHARE) {
        return DVFO_OK;
    }
    int *allowed = malloc((size_t)choices * sizeof *allowed);
    long count = 0;
    if (allowed == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (long choice = 0; choice < choices; choice++) {
        if (!is_forbidden(space, forbidden_shares, choice)) {
            allowed[count++] = (int)choice;
        }
    }
    dvfo_branching_allow(net, branch, allowed, count);
    free(allowed);
    return DVFO_OK;
}

double dvfo_action_space_size(const struct dvfo_action_space *space)
{
    double size = 1.0;
    for (int k = 0; k < space->knobs; k++) {
        size *= space->count[k];
    }
    return size;
}

int dvfo_action_space_placements(const struct dvfo_action_space_def *def)
{
    return DVFO_WITH_SHARES | (def->input ? DVFO_WITH_CLOUD : 0);
}

const char *dvfo_action_space_reference(const struct dvfo_action_space_def *def)
{
    return def->input ? "input" : NULL;
}
