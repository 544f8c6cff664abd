#include "policies/common.h"

#include <string.h>

#include "policies/placements.h"

void dvfo_policy_top_clocks(const struct dvfo_board *board, int level[DVFO_DOMAINS])
{
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        level[d] = (int)board->clock[d].level_count - 1;
    }
}

struct dvfo_level_choice dvfo_level_choice_of_tables(const struct dvfo_board *board)
{
    struct dvfo_level_choice choice = {0};
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        choice.count[d] = (int)board->clock[d].level_count;
        for (int i = 0; i < choice.count[d]; i++) {
            choice.level[d][i] = i;
        }
    }
    return choice;
}

struct dvfo_level_choice dvfo_level_choice_of_agents(const struct dvfo_board *board)
{
    struct dvfo_level_choice choice = {0};
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        choice.count[d] = dvfo_scenario_agent_levels(board, (dvfo_domain)d, DVFO_AGENT_LEVELS, choice.level[d]);
    }
    return choice;
}

void dvfo_policy_place_share(struct dvfo_decision *decision, int share_tenths)
{
    decision->place = share_tenths == 0 ? DVFO_PLACE_EDGE : DVFO_PLACE_SPLIT;
    decision->share_tenths = share_tenths;
    decision->cut = 0;
}

int dvfo_policy_allowed_shares(unsigned forbidden_shares, int tenths[DVFO_SHARES])
{
    int count = 0;
    for (int share = 0; share < DVFO_SHARES; share++) {
        if (share == 0 || (forbidden_shares >> share & 1u) == 0) {
            tenths[count++] = share;
        }
    }
    return count;
}

bool dvfo_policy_argument_is(const struct dvfo_policy_setup *setup, const char *argument)
{
    return setup->argument != NULL && strcmp(setup->argument, argument) == 0;
}

dvfo_status dvfo_policy_no_argument(struct dvfo_ctx *ctx, const struct dvfo_policy_setup *setup, const char *name)
{
    if (setup->argument != NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "policy '%s' takes no argument, found ':%s'", name, setup->argument);
    }
    return DVFO_OK;
}

dvfo_status dvfo_policy_input_argument(struct dvfo_ctx *ctx, const struct dvfo_policy_setup *setup, const char *name,
                                       int *kinds)
{
    const bool input = dvfo_policy_argument_is(setup, "input");
    if (setup->argument != NULL && !input) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: found ':%s', expected nothing or ':input'", name, setup->argument);
    }
    *kinds = DVFO_WITH_SHARES | (input ? DVFO_WITH_CLOUD : 0);
    return DVFO_OK;
}
