/* An accuracy profile for tests. All of its numbers are made up: nothing was measured. */
#ifndef DVFO_MADE_UP_ACCURACY_H
#define DVFO_MADE_UP_ACCURACY_H

#include <stdbool.h>

#include "profiles/accuracy_profile.h"

struct made_up_accuracy_def {
    long requests;           /* of each part; 400 */
    long channels;           /* 8 */
    long seeds;              /* 2 */
    bool variants;           /* with other selections, codings and fusions than attention, int8, sum-fixed: those
                                below; false */
    double full[DVFO_PARTS]; /* accuracy of the full network: 0.80 validation, 0.78 test */
    double full_int8_loss;   /* 0.004 */
    double little_loss;      /* 0.12 */
    double loss[DVFO_ACCURACY_SHARES]; /* of a split, by share, on both parts: 0.002 of each tenth */
    double weight_loss;                /* times (lambda - 0.5)^2 in addition, but where the remote answers alone: 0.1 */
};

struct made_up_accuracy_def made_up_accuracy_def_default(void);

/** Settled, ready for use: seeds that lie from 0.01 below the means above to 0.01 over them; rows that are right about
 *  as often as these say, the harder the less. Variants differ from attention with int8 and sum-fixed, of the same
 * seed, by what is number n of their kind (magnitude 1, random 2, ...; float 0, int8 1, ...; sum-learnt 1, ...):
 * selections lose n (share + seed) times 0.001, share in tenths, codings lose 0.001 (n - 1), fusions gain 0.002 n; a
 * value of coding n takes 32, 8, 6, 4, 3 bits. NULL when memory is out. Free with dvfo_accuracy_profile_free. */
struct dvfo_accuracy_profile *made_up_accuracy(const struct made_up_accuracy_def *def);

#endif
