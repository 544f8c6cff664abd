/* A sample: the input of a request, as a row of an accuracy profile: an image of which is known how its importance is
 * spread, how hard it is, and which networks are right about it.
 *
 * Which row it is depends on the seed and the request's index alone: every policy meets the same inputs. Requests of
 * trials are drawn from the part for tests, those that agents learn from out of the part for validation, which floors
 * and thresholds rest on as well: nobody has seen what it is judged by. */
#ifndef DVFO_SAMPLE_H
#define DVFO_SAMPLE_H

#include "sim/request.h"

/** Row of a request, uniform in 0..rows-1. */
long dvfo_sample_row(uint64_t seed, long request, long rows);

/* The material that a world's inputs are drawn from; of no profile there is none, and NaN is said of it. */
struct dvfo_samples {
    const struct dvfo_accuracy_profile *profile; /* borrowed; NULL: none */
    dvfo_accuracy_part part;
    uint64_t seed;
};

/** Row of a request; -1 of none. */
long dvfo_samples_row(const struct dvfo_samples *samples, long request);

/** Shares of the importance that the first 1/4, 1/2, 3/4 of the channels hold. @param row  -1: NaN */
void dvfo_samples_importance(const struct dvfo_samples *samples, long row, double importance[DVFO_IMPORTANCES]);

/** What AppealNet's predictor says, 0..1. @param row  -1: NaN */
double dvfo_samples_score(const struct dvfo_samples *samples, long row);

/** Is the full network right? 0 or 1. @param row  -1: NaN */
double dvfo_samples_right_full(const struct dvfo_samples *samples, long row);

/** Is the answer right that a request ended with? 0 or 1; of a split with a weight between those measured in
 * proportion. An answer that came too late doesn't count: the device has computed the rest of the full network then,
 * from its own floats, or given the little network's answer. */
double dvfo_samples_right(const struct dvfo_samples *samples, const struct dvfo_scenario_def *def,
                          const struct dvfo_request *request);

#endif
