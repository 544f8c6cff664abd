/* Answers: whose they are, and how often an accuracy profile found them right. What figures from a profile share.
 *
 * A value is measured on every training seed; a figure shows their mean, and how far off it may be. Differences are
 * taken seed by seed, so that what all answers of a seed have in common falls out. */
#ifndef DVFO_ANSWERS_H
#define DVFO_ANSWERS_H

#include <stdbool.h>
#include <stdio.h>

#include "bench/seeds.h"
#include "profiles/accuracy_profile.h"

typedef enum dvfo_answers_of {
    DVFO_ANSWERS_OF_FULL,   /* the full network */
    DVFO_ANSWERS_OF_LITTLE, /* the little network */
    DVFO_ANSWERS_OF_SPLIT,  /* a split network; selection, coding and lambda count */
    DVFO_ANSWERS_OF_FUSION, /* one that was trained with a fusion of its own; fusion counts */
} dvfo_answers_of;

struct dvfo_answers {
    dvfo_answers_of of;
    dvfo_selection selection;
    dvfo_coding coding;
    dvfo_fusion fusion;
    int lambda_tenths;
};

enum { DVFO_MIDDLE_LAMBDA = 5 }; /* 0.5 in tenths: what networks are trained for by default */

/** Accuracy [%]; NaN where not measured.
 *  @param less  NULL, or answers whose accuracy on the same seed is taken off: a difference in percentage points */
struct dvfo_seeds dvfo_answers_percent(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                                       const struct dvfo_answers *answers, int share_tenths,
                                       const struct dvfo_answers *less);

/** Was any share measured on that part? */
bool dvfo_answers_measured(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                           const struct dvfo_answers *answers);

/** Cells of a CSV: ",mean,half"; empty where there is no number. */
void dvfo_answers_write(FILE *csv, struct dvfo_seeds seeds);

/** The last cells of each row, and the end of the line: profile, seeds, images of the part. */
#define DVFO_ANSWERS_ORIGIN "profile,seeds,images"
void dvfo_answers_write_origin(FILE *csv, const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part);

#endif
