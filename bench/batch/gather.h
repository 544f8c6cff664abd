/* Gathering: the records of a plan's trials as numbers, by point, policy and seed, ready for statistics. */
#ifndef DVFO_GATHER_H
#define DVFO_GATHER_H

#include "bench/batch/batch.h"
#include "bench/statistics.h"

struct dvfo_gathered {
    const struct dvfo_plan *plan; /* borrowed */
    size_t points, policies;
    size_t seeds;
    struct dvfo_record *record; /* (points, seeds, policies); owned */
};

/** Load all records of a plan. @return DVFO_BAD_INPUT, telling how many are missing and the command that makes them */
dvfo_status dvfo_gather(struct dvfo_ctx *ctx, const struct dvfo_plan *plan, const struct dvfo_plan_changes *changes,
                        const char *folder, struct dvfo_gathered *out);
void dvfo_gathered_free(struct dvfo_gathered *gathered); /* zeroed welcome */

const struct dvfo_record *dvfo_gathered_at(const struct dvfo_gathered *gathered, size_t point, size_t seed,
                                           size_t policy);

/** Index of a policy by its name; the number of policies when there is none. */
size_t dvfo_gathered_policy(const struct dvfo_gathered *gathered, const char *name);

/** The same, refused when the plan doesn't run it. @param what  names it, for the message: "comparison" */
dvfo_status dvfo_gathered_find_policy(struct dvfo_ctx *ctx, const struct dvfo_gathered *gathered, const char *what,
                                      const char *name, size_t *out);

/* A measure: a column of trials, or what follows from several. */
struct dvfo_measure {
    const char *name, *units;
    int digits;
    size_t column;                                     /* of records, or ... */
    double (*value)(const struct dvfo_record *record); /* ... a function of one; NULL: the column */
};

/** By name: any number of `dvfo_trial_columns`, or one of those below. */
dvfo_status dvfo_measure_find(struct dvfo_ctx *ctx, const char *name, struct dvfo_measure *out);
/** Length of its name without the unit: "cost" of cost_j, "latency_p95" of latency_p95_s. */
size_t dvfo_measure_stem(const struct dvfo_measure *measure);
double dvfo_measure_of(const struct dvfo_measure *measure, const struct dvfo_record *record);

#endif
