/* Named random streams.
 *
 * Each purpose (arrivals, link, exploration) owns a generator seeded from (master seed, trial index, name). So two
 * policies at one trial index meet the same arrivals, and drawing more numbers for one purpose never shifts another.
 * Generators are GSL's. */
#ifndef DVFO_RANDOM_H
#define DVFO_RANDOM_H

#include <gsl/gsl_rng.h>
#include <stdint.h>

/** Seed of the stream `name`: a mix of all three, so that neighbouring seeds and indices give unrelated streams. */
uint64_t dvfo_random_seed(uint64_t master_seed, uint64_t trial_index, const char *name);

/** A generator for the stream `name` (gsl_rng_mt19937). NULL when memory is out. Free with gsl_rng_free. */
gsl_rng *dvfo_random_stream(uint64_t master_seed, uint64_t trial_index, const char *name);

/** The same with a state of a few plain words, any of which is valid (gsl_rng_taus2): for streams that are written to
 *  files and go on from there. */
gsl_rng *dvfo_random_small_stream(uint64_t master_seed, uint64_t trial_index, const char *name);

#endif
