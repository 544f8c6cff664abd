/* A view: what an agent sees, as numbers of about one, and what it remembers of its own transfers.
 *
 * The inputs of method.md, section A.2 (fusion weight, trade-off, importance of feature maps, bandwidth), those of
 * thinking while moving (the action before, the part of it that isn't in force yet, how long deciding takes), and what
 * tells conditions apart: descriptors of the network, computed from its graph, and of the link, from own transfers.
 * Nothing here knows a cost, a trace or what comes. */
#ifndef DVFO_VIEW_H
#define DVFO_VIEW_H

#include "sim/world.h"

/* X(enumerator, name in files). Their order is the layout; an agent's file holds the names. */
#define DVFO_VIEW_LIST(X)                                                                                              \
    X(ETA, "eta")                                /* weight of energy, -1..1 for 0..1 */                                \
    X(LAMBDA, "lambda")                          /* fusion weight, likewise */                                         \
    X(IMPORTANCE_1, "importance_quarter")        /* share that the first quarter of channels holds, ... */             \
    X(IMPORTANCE_2, "importance_half")           /* ... half, ... */                                                   \
    X(IMPORTANCE_3, "importance_three_quarters") /* ... three; 0 before attention ran */                               \
    X(BANDWIDTH, "bandwidth")                    /* log10 of the last transfer's rate over 5 Mbit/s; 0 unknown */      \
    X(KNOWN, "bandwidth_known")                  /* 0 before the first transfer */                                     \
    X(AGE, "bandwidth_age")                      /* log10 of 1 + seconds since then */                                 \
    X(FRESH, "bandwidth_fresh")                  /* exp of minus these seconds */                                      \
    X(LEVEL, "link_level")                       /* mean of BANDWIDTH over own transfers */                            \
    X(SPREAD, "link_spread")                     /* mean distance from that mean */                                    \
    X(STALLS, "link_stalls")                     /* share of transfers that an outage hit */                           \
    X(EXPERIENCE, "link_experience")             /* from 0 to 1 with their number */                                   \
    X(CPU, "cpu_level")                          /* clocks in force, 0..1 of the table */                              \
    X(GPU, "gpu_level")                                                                                                \
    X(MEM, "mem_level")                                                                                                \
    X(ACTING_CPU, "acting_cpu") /* the action before */                                                                \
    X(ACTING_GPU, "acting_gpu")                                                                                        \
    X(ACTING_MEM, "acting_mem")                                                                                        \
    X(ACTING_SHARE, "acting_share") /* 0..1; the encoded input counts 1.1 */                                           \
    X(TO_GO_CPU, "to_go_cpu")       /* of its clocks, what isn't in force yet */                                       \
    X(TO_GO_GPU, "to_go_gpu")                                                                                          \
    X(TO_GO_MEM, "to_go_mem")                                                                                          \
    X(DECISION, "decision_time")          /* t_AS over the latency of the last request */                              \
    X(QUEUE, "queue")                     /* log10 of the requests in the system */                                    \
    X(TEMPERATURE, "temperature")         /* degrees above 50 C, over 50; 0 where it isn't modelled */                 \
    X(WORK, "network_work")               /* log10 of the operations, over 10^9.5 */                                   \
    X(KERNELS, "network_kernels")         /* log10 of the layers that are kernels, over 100 */                         \
    X(PARAMETERS, "network_parameters")   /* log10 of parameters, over 10^7 */                                         \
    X(ACTIVATIONS, "network_activations") /* log10 of elements between layers, over 10^7 */                            \
    X(HEAD, "network_head")               /* share of the work up to the split */                                      \
    X(MAPS, "network_maps")               /* log10 of the elements at the split, over 10^5 */

enum dvfo_view_input {
#define DVFO_VIEW_ENUM(name, text) DVFO_VIEW_##name,
    DVFO_VIEW_LIST(DVFO_VIEW_ENUM)
#undef DVFO_VIEW_ENUM
        DVFO_VIEW_INPUTS
};

/** Names of the inputs in their order, NULL at the end. */
const char *const *dvfo_view_names(void);

struct dvfo_view {
    float constant[DVFO_VIEW_INPUTS]; /* inputs that don't change in a run; 0 elsewhere */
    double per_level[DVFO_DOMAINS];   /* 1 / (entries of the clock table - 1) */
    long transfers, timeouts;         /* counters at the last look */
    double bandwidth;                 /* the input of that name */
    double level, spread, stalls;
    long heard; /* transfers and timeouts remembered */
};

/** @param setup  board, network, eta, lambda are read */
void dvfo_view_begin(struct dvfo_view *view, const struct dvfo_policy_setup *setup);

/** Look: take in what is new and write the inputs. @param x  (DVFO_VIEW_INPUTS) */
void dvfo_view_look(struct dvfo_view *view, const struct dvfo_observation *seen, float *x);

#endif
