/* What is in the file of a learner besides networks, definition and counters; one list serves writing and reading. */
#ifndef DVFO_Q_LEARNER_FORMAT_H
#define DVFO_Q_LEARNER_FORMAT_H

#include <hdf5.h>

#include "policies/nn/q_learner.h"

#define DVFO_Q_LEARNER_SCHEMA "dvfo-learner"

enum {
    DVFO_Q_LEARNER_SCHEMA_VERSION = 2,
    DVFO_Q_LEARNER_PARTS = 9,
    DVFO_Q_LEARNER_STREAMS = 2,
    DVFO_STREAM_WORDS = 3, /* gsl_rng_taus2 keeps three words of 32 bits, each as an unsigned long */
};

/* A block of a learner. */
struct dvfo_q_learner_part {
    const char *group, *name;
    int rank;
    hsize_t size[2];
    hid_t type;   /* as it lies in memory */
    void *values; /* inside the learner */
    const char *long_name;
};

/** @return how many: what is empty is left out */
size_t dvfo_q_learner_parts(const struct dvfo_q_learner *learner,
                            struct dvfo_q_learner_part parts[DVFO_Q_LEARNER_PARTS]);

struct dvfo_q_learner_stream {
    const char *name;
    gsl_rng *rng;
};

void dvfo_q_learner_streams(const struct dvfo_q_learner *learner,
                            struct dvfo_q_learner_stream streams[DVFO_Q_LEARNER_STREAMS]);

#endif
