/* Policies that act as an agent has learnt: NAME:AGENT.h5, a file that `dvfo train` has made. They see what any policy
 * sees. Descriptors differ in name alone: what an agent chooses and what it leaves to governors stands in its file. */
#include <string.h>

#include "policies/agents/agent_file.h"
#include "policies/agents/view.h"
#include "policies/governed.h"
#include "policies/nn/branching_pass.h"

struct learned {
    struct dvfo_actor *actor;
    struct dvfo_branching_pass *pass;
    struct dvfo_view view;
    struct dvfo_governed governed;
    float observation[DVFO_VIEW_INPUTS];
};

static dvfo_status init(struct dvfo_ctx *ctx, struct learned *state, const struct dvfo_policy_setup *setup,
                        const char *name)
{
    if (setup->argument == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "policy '%s' needs an agent: '%s:AGENT.h5', made by 'dvfo train --policy %s'", name, name,
                         name);
    }
    DVFO_TRY(dvfo_actor_load(ctx, setup->argument, name, setup->board, &state->actor));
    DVFO_TRY(dvfo_branching_pass_create(ctx, state->actor->network, 1, false, &state->pass));
    DVFO_TRY(dvfo_action_space_restrict(ctx, &state->actor->space, setup->forbidden_shares, state->actor->network));
    dvfo_view_begin(&state->view, setup);
    dvfo_governed_prepare(&state->governed, setup->board, DVFO_CPU_SCHEDUTIL);
    const struct dvfo_action_space_def *actions = &state->actor->def.actions;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        state->governed.leaves[d] = actions->chooses[d] || !actions->governed;
    }
    return DVFO_OK;
}

static void decide(void *block, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    struct learned *state = block;
    int choice[DVFO_BRANCHING_BRANCHES];
    dvfo_view_look(&state->view, seen, state->observation);
    dvfo_branching_forward(state->actor->network, 1, state->observation, state->pass);
    dvfo_branching_greedy(state->actor->network, state->pass->q, choice);
    dvfo_action_space_decide(&state->actor->space, choice, decision);
}

static double tick(void *block, const struct dvfo_observation *seen, int level[DVFO_DOMAINS])
{
    return dvfo_governed_tick(&((struct learned *)block)->governed, seen, level);
}

static double decision_cycles(const void *block)
{
    return dvfo_agent_decision_cycles(((const struct learned *)block)->actor->network);
}

static void release(void *block)
{
    struct learned *state = block;
    dvfo_branching_pass_free(state->pass);
    dvfo_actor_free(state->actor);
}

#define LEARNED(id, text, what, governors)                                                                             \
    static dvfo_status id##_init(struct dvfo_ctx *ctx, void *state, const struct dvfo_policy_setup *setup)             \
    {                                                                                                                  \
        return init(ctx, state, setup, text);                                                                          \
    }                                                                                                                  \
    const struct dvfo_policy_type dvfo_policy_##id = {                                                                 \
        .name = text,                                                                                                  \
        .summary = what,                                                                                               \
        .sight = DVFO_SIGHT_WORLD,                                                                                     \
        .by_name_only = true,                                                                                          \
        .state_size = sizeof(struct learned),                                                                          \
        .init = id##_init,                                                                                             \
        .decide = decide,                                                                                              \
        .tick = governors,                                                                                             \
        .decision_cycles = decision_cycles,                                                                            \
        .release = release,                                                                                            \
    };

LEARNED(dvfo, "dvfo", "learned: CPU, GPU, memory clock and share, by a trained agent (dvfo:AGENT.h5)", NULL)
LEARNED(dvfs_drl, "dvfs-drl", "learned: the three clocks, all on the device (dvfs-drl:AGENT.h5)", NULL)
LEARNED(offload_drl, "offload-drl", "learned: the share, at the highest clocks (offload-drl:AGENT.h5)", NULL)
LEARNED(drldo, "drldo", "learned: CPU clock and share; GPU and memory by governors (drldo:AGENT.h5)", tick)
LEARNED(ztt, "ztt", "learned: CPU and GPU clock on the device; memory by its governor (ztt:AGENT.h5)", tick)
LEARNED(geardvfs, "geardvfs", "learned: the three clocks for busy shares in a band (geardvfs:AGENT.h5)", NULL)
