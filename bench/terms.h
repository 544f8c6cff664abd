/* What results rest on: told below every table, and written into every result file. */
#ifndef DVFO_TERMS_H
#define DVFO_TERMS_H

#include "bench/setting.h"

/* The stretch of the trace that the trials of a board met, and its mean rate: from the shortest to the longest. */
struct dvfo_met {
    bool any;
    double least_s, most_s, least_bps, most_bps;
};

void dvfo_met_add(struct dvfo_met *met, const struct dvfo_trial_results *results);

/** Lines below a table.
 *  @param met        (boards)
 *  @param simulated  costs come from profiles; else the caller tells where they come from */
dvfo_status dvfo_terms_print(struct dvfo_ctx *ctx, const struct dvfo_setting *setting, const struct dvfo_met *met,
                             bool simulated, FILE *file);

/** All parameters as lines "key: value". */
void dvfo_terms_write(const struct dvfo_setting *setting, FILE *text);

#endif
