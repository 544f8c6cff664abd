/* "Unknown board 'jetson-tx'; did you mean jetson-tx2?": the known name nearest to a mistyped one. */
#ifndef DVFO_NEAREST_H
#define DVFO_NEAREST_H

#include <stddef.h>

/** The entry of `known` with the fewest edits (insert, delete, replace, swap) to `name`.
 *  @return borrowed from `known`; NULL when even the nearest differs in more than half of its letters */
const char *dvfo_nearest(const char *name, const char *const known[], size_t count);

#endif
