/* A comparison: one policy against its rivals over all points of a plan (cells) and all seeds, with intervals over
 * seeds. The scale of costs is the ratio to the reference at the same cell and seed. */
#ifndef DVFO_COMPARE_H
#define DVFO_COMPARE_H

#include "bench/batch/gather.h"

enum { DVFO_COMPARE_TAUS = 41 };

struct dvfo_compare_row {
    const char *policy;          /* a rival; or "best rival", the cheapest of each cell; or "all rivals", the mean */
    struct dvfo_estimate ratio;  /* geometric mean of cost / reference's cost; NaN for "all rivals" */
    struct dvfo_estimate middle; /* the same of the middle half (interquartile mean of logarithms); likewise */
    struct dvfo_estimate normalised;              /* reference 0, oracle 1, interquartile mean; NaN without an oracle */
    struct dvfo_estimate optimality;              /* by how much it falls short of the oracle: optimality gap */
    struct dvfo_estimate saving[DVFO_PLAN_NAMES]; /* of the subject against it, per measure [%] */
    struct dvfo_estimate improvement; /* probability that the subject's cost is lower; NaN for the last two */
};

struct dvfo_comparison {
    const struct dvfo_plan *plan;
    const char *subject;
    size_t measures, rows, cells, seeds;
    struct dvfo_measure measure[DVFO_PLAN_NAMES];
    struct dvfo_compare_row row[DVFO_PLAN_VALUES + 3]; /* the subject itself first */
    size_t lowest;   /* cells where the subject's mean cost is below that of every rival, or no higher than its
                        interval reaches */
    size_t with_gap; /* cells in which the oracle gains 2 % or more: those that `normalised` is of */
};

/** @param gathered  of a plan with a comparison
 *  @param subject   a policy of the plan; NULL: the plan's subject */
dvfo_status dvfo_compare(struct dvfo_ctx *ctx, const struct dvfo_gathered *gathered, const char *subject,
                         struct dvfo_comparison *out);

/** Saving of a policy against the mean of others: what is saved against each, averaged [%].
 *  @param rivals  at least one */
dvfo_status dvfo_compare_with_all(struct dvfo_ctx *ctx, const struct dvfo_gathered *gathered, const char *subject,
                                  const struct dvfo_plan_list *rivals, const struct dvfo_measure *measure,
                                  struct dvfo_estimate *out);

/** Performance profile of a policy: share of runs (cells and seeds) whose cost is below the reference's divided by tau.
 *  @param tau    (DVFO_COMPARE_TAUS) written: 0.5 to 4, equal steps of its logarithm
 *  @param share  (DVFO_COMPARE_TAUS) written, with intervals */
dvfo_status dvfo_compare_profile(struct dvfo_ctx *ctx, const struct dvfo_gathered *gathered, size_t policy,
                                 double tau[DVFO_COMPARE_TAUS], struct dvfo_estimate share[DVFO_COMPARE_TAUS]);

#endif
