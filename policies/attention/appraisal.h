/* An appraisal: what learnt networks answer rightly on images that they have not learnt from, as an accuracy profile.
 *
 * Networks come as a list: for each seed one that selects by attention and fuses by the fixed sum, which is measured
 * whole (every share, weight of fusion and coding, the little network, the payload), and further ones of the same seed
 * that select or fuse in other ways, which are measured in that alone. Material for simulated requests comes from the
 * first. */
#ifndef DVFO_APPRAISAL_H
#define DVFO_APPRAISAL_H

#include "policies/attention/images.h"
#include "policies/attention/schooling.h"
#include "profiles/accuracy_profile.h"

/* Images that a part is measured on. */
struct dvfo_appraisal_images {
    const struct dvfo_images *images;
    long first, count;
};

struct dvfo_appraisal_def {
    struct dvfo_schooling **networks; /* (count) borrowed; all of the same shape, all done with their lessons */
    const char **names;               /* (count) for messages */
    int count;
    struct dvfo_appraisal_images part[DVFO_PARTS];
    struct dvfo_appraisal_images learnt; /* for the codebook */
    long requests;                       /* rows of material of each part, at most; 2000 */
    long examples;                       /* of the test part; 8 */
    int threads;
    const volatile sig_atomic_t *stop;                    /* may be NULL */
    void (*progress)(void *user, int done, int networks); /* after each network; may be NULL */
    void *user;
};

/** Measure all. Texts are the caller's to fill in, then to settle.
 *  @param out  free with dvfo_accuracy_profile_free */
dvfo_status dvfo_appraisal_make(struct dvfo_ctx *ctx, const struct dvfo_appraisal_def *def,
                                struct dvfo_accuracy_profile **out);

#endif
