/* A libFuzzer program per reader: fuzz_READER [CORPUS...]. Built with DVFO_FUZZ=ON by clang; a crash, a leak or a
 * status that isn't "read" or "refused with a sentence" stops it with the input that did it. */
#include <string.h>

#include "readers.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

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
