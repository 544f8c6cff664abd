/* A jury: one learnt network answers images, and its right answers are counted.
 *
 * Counts are whole numbers, and rows of material belong to one image each, so neither depends on how many threads
 * share the work. */
#ifndef DVFO_JURY_H
#define DVFO_JURY_H

#include "policies/attention/appraisal.h"

struct dvfo_jury_def {
    const struct dvfo_schooling *network;
    struct dvfo_appraisal_images images;
    struct dvfo_appraisal_images learnt; /* for the codebook */
    bool whole;                          /* also the little network and the other codings; false: int8 alone */
    struct dvfo_accuracy_table *table;   /* rows of material for the first `rows` images; NULL: none */
    long rows;
    int threads;
    const volatile sig_atomic_t *stop; /* may be NULL */
};

/* Right answers. */
struct dvfo_jury_votes {
    long images;
    long full, full_int8, little;
    long split[DVFO_CODINGS][DVFO_ACCURACY_SHARES][DVFO_ACCURACY_LAMBDAS]; /* fixed sum; of float, int8, codebook */
    long fused[DVFO_ACCURACY_SHARES];                                      /* int8, the network's own fusion */
};

dvfo_status dvfo_jury_vote(struct dvfo_ctx *ctx, const struct dvfo_jury_def *def, struct dvfo_jury_votes *votes);

/** Bits for each value that is sent, beside the 8 bytes of each channel: mean over some images.
 *  @param bits  (DVFO_CODINGS, DVFO_ACCURACY_SHARES) written */
dvfo_status dvfo_jury_weigh_payload(struct dvfo_ctx *ctx, const struct dvfo_jury_def *def, double *bits);

/** The profile's examples: images, labels, importance of their channels. */
dvfo_status dvfo_jury_show(struct dvfo_ctx *ctx, const struct dvfo_schooling *network,
                           const struct dvfo_appraisal_images *images, struct dvfo_accuracy_profile *profile);

#endif
