/* Everything that reads a file of the user's, from memory: what the mutation tests and the fuzzers feed. */
#ifndef DVFO_READERS_H
#define DVFO_READERS_H

#include "sim/base/status.h"

struct reader {
    const char *name;
    const char *sample; /* a good file, below tests/data */
    /** Read `size` bytes and drop what came of them; what is accepted is also put to use. */
    dvfo_status (*read)(struct dvfo_ctx *ctx, const char *bytes, size_t size);
};

extern const struct reader readers[]; /* `name` NULL at the end */

#endif
