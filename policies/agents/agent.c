#include "policies/agents/agent.h"

#include <math.h>
#include <string.h>

#include "policies/nn/branching.h"
#include "sim/base/text.h"
#include "sim/base/units.h"

double dvfo_agent_decision_cycles(const struct dvfo_branching *net)
{
    return DVFO_AGENT_OVERHEAD_CYCLES + dvfo_branching_flop(net) / DVFO_AGENT_FLOP_PER_CYCLE;
}

struct dvfo_agent_home dvfo_agent_home_of(const struct dvfo_board *board)
{
    struct dvfo_agent_home home = {0};
    snprintf(home.board, sizeof home.board, "%s", board->name);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        const struct dvfo_clock_domain *clock = &board->clock[d];
        home.levels[d] = clock->level_count;
        memcpy(home.level_hz[d], clock->level_hz, clock->level_count * sizeof clock->level_hz[0]);
        home.calibrated_hz[d][0] = clock->calibrated_min_hz;
        home.calibrated_hz[d][1] = clock->calibrated_max_hz;
    }
    return home;
}

dvfo_status dvfo_agent_home_check(struct dvfo_ctx *ctx, const struct dvfo_agent_home *home,
                                  const struct dvfo_board *board, const char *what)
{
    static const char *const domains[DVFO_DOMAINS] = {"CPU", "GPU", "memory"};
    const struct dvfo_agent_home here = dvfo_agent_home_of(board);
    if (strcmp(home->board, here.board) != 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: was trained for board '%s', not for '%s'", what, home->board,
                         here.board);
    }
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        if (home->levels[d] != here.levels[d]) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: was trained for %zu %s clocks, %s has %zu", what,
                             home->levels[d], domains[d], board->name, here.levels[d]);
        }
        for (size_t i = 0; i < here.levels[d]; i++) {
            if (home->level_hz[d][i] != here.level_hz[d][i]) {
                return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: was trained for a %s clock of %g MHz where %s has %g MHz",
                                 what, domains[d], home->level_hz[d][i] / DVFO_HZ_PER_MHZ, board->name,
                                 here.level_hz[d][i] / DVFO_HZ_PER_MHZ);
            }
        }
        if (memcmp(home->calibrated_hz[d], here.calibrated_hz[d], sizeof here.calibrated_hz[d]) != 0) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT,
                             "%s: was trained with %s clocks from %g to %g MHz to choose from, %s has %g to %g", what,
                             domains[d], home->calibrated_hz[d][0] / DVFO_HZ_PER_MHZ,
                             home->calibrated_hz[d][1] / DVFO_HZ_PER_MHZ, board->name,
                             here.calibrated_hz[d][0] / DVFO_HZ_PER_MHZ, here.calibrated_hz[d][1] / DVFO_HZ_PER_MHZ);
        }
    }
    return DVFO_OK;
}

struct dvfo_agent_accuracy dvfo_agent_accuracy_of(const struct dvfo_scenario_def *def)
{
    struct dvfo_agent_accuracy accuracy = {.profile = "none", .floor = INFINITY};
    if (def->accuracy != NULL) {
        snprintf(accuracy.profile, sizeof accuracy.profile, "%s", def->accuracy->text[DVFO_ACCURACY_NAME]);
        memcpy(accuracy.sha256, def->accuracy->sha256, sizeof accuracy.sha256);
        accuracy.floor = def->accuracy_floor;
    }
    return accuracy;
}

dvfo_status dvfo_agent_create(struct dvfo_ctx *ctx, const struct dvfo_agent_def *def, const struct dvfo_board *board,
                              const char *conditions, struct dvfo_agent **out)
{
    *out = NULL;
    struct dvfo_agent *agent = calloc(1, sizeof *agent);
    if (agent == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    agent->def = *def;
    agent->home = dvfo_agent_home_of(board);
    agent->accuracy = dvfo_agent_accuracy_of(&(struct dvfo_scenario_def){.accuracy = NULL});
    dvfo_status status = dvfo_action_space_of(ctx, &def->actions, board, &agent->space);
    if (status == DVFO_OK) {
        dvfo_agent_def_complete(&agent->def, &agent->space);
        status = dvfo_q_learner_create(ctx, &agent->def.learner, &agent->learner);
    }
    if (status == DVFO_OK) {
        agent->conditions = dvfo_text_copy(conditions);
        status = agent->conditions != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
    }
    if (status != DVFO_OK) {
        dvfo_agent_free(agent);
        return status;
    }
    *out = agent;
    return DVFO_OK;
}

void dvfo_agent_free(struct dvfo_agent *agent)
{
    if (agent != NULL) {
        dvfo_q_learner_free(agent->learner);
        free(agent->conditions);
        free(agent);
    }
}
