/* The policies there are.
 *
 * One list of descriptors: the command line, the tests and the benchmarks walk it. A new policy is one file with a
 * descriptor, and one line in the list below. */
#ifndef DVFO_POLICIES_H
#define DVFO_POLICIES_H

#include "sim/world.h"

/* In the order in which tables show them. X(edge_only) stands for the descriptor dvfo_policy_edge_only. */
#define DVFO_POLICY_LIST(X)                                                                                            \
    X(edge_only)                                                                                                       \
    X(edge_best)                                                                                                       \
    X(powersave)                                                                                                       \
    X(ondemand)                                                                                                        \
    X(conservative)                                                                                                    \
    X(schedutil)                                                                                                       \
    X(l4t_default)                                                                                                     \
    X(cloud_only)                                                                                                      \
    X(offload_best)                                                                                                    \
    X(fixed)                                                                                                           \
    X(fixed_best)                                                                                                      \
    X(neurosurgeon_latency)                                                                                            \
    X(neurosurgeon_energy)                                                                                             \
    X(appealnet)                                                                                                       \
    X(dynasplit)                                                                                                       \
    X(coordinate_descent)                                                                                              \
    X(random)                                                                                                          \
    X(dvfo)                                                                                                            \
    X(dvfs_drl)                                                                                                        \
    X(offload_drl)                                                                                                     \
    X(drldo)                                                                                                           \
    X(ztt)                                                                                                             \
    X(geardvfs)                                                                                                        \
    X(oracle_informed)                                                                                                 \
    X(oracle_dvfo)                                                                                                     \
    X(oracle_all)

#define DVFO_POLICY_DECLARE(id) extern const struct dvfo_policy_type dvfo_policy_##id;
DVFO_POLICY_LIST(DVFO_POLICY_DECLARE)
#undef DVFO_POLICY_DECLARE

enum {
    DVFO_AGENT_LEVELS = 10
}; /* at most so many entries of a clock table that agents, DVFO's oracle, random choose from */

/** All policies, NULL at the end. */
const struct dvfo_policy_type *const *dvfo_policies(void);

/** The policy of `spec`, "NAME" or "NAME:ARGUMENT".
 *  @param out       untouched on failure
 *  @param argument  what follows the first ':', borrowed from `spec`; NULL when nothing does
 *  @return          DVFO_BAD_INPUT with the nearest name when there is no such policy, or with an empty argument */
dvfo_status dvfo_policy_find(struct dvfo_ctx *ctx, const char *spec, const struct dvfo_policy_type **out,
                             const char **argument);

#endif
