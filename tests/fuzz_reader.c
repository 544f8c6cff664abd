/* A libFuzzer program per reader: fuzz_READER [CORPUS...]. Built with DVFO_FUZZ=ON by clang; a crash, a leak or a
 * status that isn't "read" or "refused with a sentence" stops it with the input that did it. */
#include <string.h>

#include "mutation.h"
#include "readers.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);
size_t LLVMFuzzerCustomMutator(unsigned char *bytes, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerMutate(unsigned char *bytes, size_t size, size_t max); /* of libFuzzer */

/* Half of the mutations are ours: they know numbers and lines, and so keep more of the file readable. */
size_t LLVMFuzzerCustomMutator(unsigned char *bytes, size_t size, size_t max, unsigned seed)
{
    static char spoilt[MUTATION_MAX_BYTES];
    if (seed % 2 == 0) {
        return LLVMFuzzerMutate(bytes, size, max);
    }
    const size_t length = mutate((const char *)bytes, size, seed, spoilt);
    const size_t kept = length < max ? length : max;
    memcpy(bytes, spoilt, kept);
    return kept;
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    const struct reader *reader = readers;
    while (strcmp(reader->name, DVFO_FUZZ_READER) != 0) {
        reader++;
    }
    struct dvfo_ctx ctx = {0};
    const dvfo_status status = reader->read(&ctx, (const char *)bytes, size);
    DVFO_REQUIRE(status == DVFO_OK || (status == DVFO_BAD_INPUT && ctx.message[0] != '\0'));
    return 0;
}
