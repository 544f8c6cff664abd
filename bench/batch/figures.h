/* Figures of many experiments, drawn by many processes at once. */
#ifndef DVFO_FIGURES_H
#define DVFO_FIGURES_H

#include "bench/batch/gather.h"

struct dvfo_figures_def {
    size_t count;
    const struct dvfo_plan *const *plan;         /* (count) */
    const struct dvfo_gathered *const *gathered; /* (count) results; NULL of one that draws its own figure */
    const char *folder;                          /* made if missing */
    long jobs;                                   /* 0: as many as cores */
    const volatile sig_atomic_t *stop;
};

/** Draw what isn't drawn: a figure with numbers of its own is kept, with the hash of what it was made from in
 * NAME.inputs beside it. One that fails is told and doesn't stop the others.
 *  @return DVFO_FAILED when one failed */
dvfo_status dvfo_figures_draw(struct dvfo_ctx *ctx, const struct dvfo_figures_def *def);

#endif
