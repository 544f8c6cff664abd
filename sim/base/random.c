#include "sim/base/random.h"

/* Finaliser of splitmix64 (Steele, Lea, Flood 2014): every input bit reaches every output bit. */
static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

uint64_t dvfo_random_seed(uint64_t master_seed, uint64_t trial_index, const char *name)
{
    uint64_t seed = mix(mix(master_seed) ^ trial_index);
    for (const char *c = name; *c != '\0'; c++) {
        seed = mix(seed ^ (unsigned char)*c);
    }
    return seed;
}

static gsl_rng *stream(const gsl_rng_type *type, uint64_t master_seed, uint64_t trial_index, const char *name)
{
    gsl_rng *rng = gsl_rng_alloc(type);
    if (rng != NULL) {
        /* these take 32 bits of seed; 0 would mean the library's default seed */
        const uint32_t seed = (uint32_t)(dvfo_random_seed(master_seed, trial_index, name) >> 32);
        gsl_rng_set(rng, seed == 0 ? 1 : seed);
    }
    return rng;
}

gsl_rng *dvfo_random_stream(uint64_t master_seed, uint64_t trial_index, const char *name)
{
    return stream(gsl_rng_mt19937, master_seed, trial_index, name);
}

gsl_rng *dvfo_random_small_stream(uint64_t master_seed, uint64_t trial_index, const char *name)
{
    return stream(gsl_rng_taus2, master_seed, trial_index, name);
}
