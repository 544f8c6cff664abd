/* Counts what our own code allocates: the linker sends malloc, calloc and realloc of a test program here
 * (dvfo_counts_allocations in CMakeLists.txt). Libraries keep theirs. */
#ifndef DVFO_ALLOCATIONS_H
#define DVFO_ALLOCATIONS_H

#include <stddef.h>

/** Allocations since the program began. */
size_t allocations_so_far(void);

#endif
