/* Readers against some thousand spoilt files: each is accepted and usable, or refused in a sentence that names it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mutation.h"
#include "readers.h"

enum { MUTATIONS = 1500 };

static size_t load(const char *name, char bytes[MUTATION_MAX_BYTES])
{
    char path[4096];
    snprintf(path, sizeof path, DVFO_SOURCE_DIR "/tests/data/%s", name);
    FILE *file = fopen(path, "rb");
    cr_assert(file != NULL, "%s", path);
    const size_t size = fread(bytes, 1, MUTATION_MAX_BYTES, file);
    fclose(file);
    return size;
}

static bool is_one_sentence(const char *message)
{
    return message[0] != '\0' && strchr(message, '\n') == NULL;
}

/* The reader gets a copy of exactly that size: the sanitizer sees a byte too far. */
static dvfo_status read_copy(const struct reader *reader, struct dvfo_ctx *ctx, const char *bytes, size_t size)
{
    char *copy = malloc(size > 0 ? size : 1);
    cr_assert(copy != NULL);
    memcpy(copy, bytes, size);
    const dvfo_status status = reader->read(ctx, copy, size);
    free(copy);
    return status;
}

Test(mutations, the_samples_themselves_are_read)
{
    static char sample[MUTATION_MAX_BYTES];
    for (const struct reader *r = readers; r->name != NULL; r++) {
        struct dvfo_ctx ctx = {0};
        const size_t size = load(r->sample, sample);
        cr_expect(read_copy(r, &ctx, sample, size) == DVFO_OK, "%s: %s", r->name, ctx.message);
    }
}

Test(mutations, a_spoilt_file_is_read_or_refused_in_a_sentence)
{
    static char sample[MUTATION_MAX_BYTES], spoilt[MUTATION_MAX_BYTES];
    for (const struct reader *r = readers; r->name != NULL; r++) {
        const size_t size = load(r->sample, sample);
        size_t refused = 0;
        for (uint64_t seed = 0; seed < MUTATIONS; seed++) {
            struct dvfo_ctx ctx = {0};
            const size_t length = mutate(sample, size, seed, spoilt);
            const dvfo_status status = read_copy(r, &ctx, spoilt, length);
            refused += status != DVFO_OK;
            cr_expect(status == DVFO_OK || (status == DVFO_BAD_INPUT && is_one_sentence(ctx.message)),
                      "%s, seed %llu: status %d, '%s'", r->name, (unsigned long long)seed, (int)status, ctx.message);
        }
        cr_expect(refused > MUTATIONS / 4, "%s: the mutations bite: %zu of %d refused", r->name, refused, MUTATIONS);
    }
}

Test(mutations, a_file_cut_anywhere_is_read_or_refused_in_a_sentence)
{
    static char sample[MUTATION_MAX_BYTES];
    for (const struct reader *r = readers; r->name != NULL; r++) {
        const size_t size = load(r->sample, sample);
        for (size_t length = 0; length < size; length += 1 + size / 200) {
            struct dvfo_ctx ctx = {0};
            const dvfo_status status = read_copy(r, &ctx, sample, length);
            cr_expect(status == DVFO_OK || (status == DVFO_BAD_INPUT && is_one_sentence(ctx.message)),
                      "%s, %zu bytes: status %d, '%s'", r->name, length, (int)status, ctx.message);
        }
    }
}
