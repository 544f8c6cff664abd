/* Seeded mutations of a good file: the same seed gives the same bad file on every machine. */
#ifndef DVFO_MUTATION_H
#define DVFO_MUTATION_H

#include <stddef.h>
#include <stdint.h>

enum { MUTATION_MAX_BYTES = 1 << 15 };

/** Copy `sample` into `bytes` and spoil it in one to four places: bytes, numbers, words, lines, the end.
 *  @return size of the result, at most MUTATION_MAX_BYTES */
size_t mutate(const char *sample, size_t size, uint64_t seed, char bytes[MUTATION_MAX_BYTES]);

#endif
