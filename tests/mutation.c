#include "mutation.h"

#include <string.h>

/* SplitMix64: the state is all there is. */
static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

static size_t below(uint64_t *state, size_t n)
{
    return n == 0 ? 0 : (size_t)(next(state) % n);
}

static const char *const tokens[] = {
    "nan",
    "-1",
    "0",
    "1e308",
    "-1e308",
    "1e-308",
    "inf",
    "0x10",
    "99999999999999999999",
    "-0",
    "1e",
    ".",
    "-",
    "[",
    "]",
    "{",
    "}",
    ":",
    ": ",
    ",",
    ",,",
    "\"",
    "'",
    "#",
    "&a",
    "*a",
    "<<: *a",
    "!!int 3",
    "- ",
    "|",
    "> ",
    "~",
    "null",
    "true",
    "\n",
    "\r\n",
    "\t",
    "\r",
    "\xEF\xBB\xBF",
    "\xFF",
    "\x80",
    "\xC3\x28",
    "$",
    "$out",
    "in",
    "((((",
    "repeat: 100000",
    "1000000",
    "100000000000",
    "1e12",
    "0.5",
    "conv",
    "name",
    "{value: 1}",
    "[]",
    "[1, 2]",
    "%s%n",
    "--- ",
    "...",
};

/* Replace bytes [at, at + gone) by a text; what doesn't fit is left out. */
static size_t replace(char *bytes, size_t size, size_t at, size_t gone, const char *text, size_t length)
{
    if (size - gone + length > MUTATION_MAX_BYTES) {
        return size;
    }
    memmove(bytes + at + length, bytes + at + gone, size - at - gone);
    memcpy(bytes + at, text, length);
    return size - gone + length;
}

static size_t line_start(const char *bytes, size_t at)
{
    while (at > 0 && bytes[at - 1] != '\n') {
        at--;
    }
    return at;
}

static size_t line_end(const char *bytes, size_t size, size_t at)
{
    while (at < size && bytes[at] != '\n') {
        at++;
    }
    return at < size ? at + 1 : size;
}

static int is_numeric(char c)
{
    return (c >= '0' && c <= '9') || c == '.' || c == '-';
}

/* The next number at or behind `at`. @return its length, 0 when there is none */
static size_t find_number(const char *bytes, size_t size, size_t *at)
{
    while (*at < size && !is_numeric(bytes[*at])) {
        (*at)++;
    }
    size_t length = 0;
    while (*at + length < size && is_numeric(bytes[*at + length])) {
        length++;
    }
    return length;
}

static size_t mutate_once(char *bytes, size_t size, uint64_t *state)
{
    const char *token = tokens[below(state, sizeof tokens / sizeof tokens[0])];
    size_t at = below(state, size);
    const size_t start = line_start(bytes, at), end = line_end(bytes, size, at);
    char line[512];
    const size_t length = end - start < sizeof line ? end - start : sizeof line;
    memcpy(line, bytes + start, length);
    switch (below(state, 9)) {
    case 0: /* another byte, 0 among them */
        if (size > 0) {
            bytes[at] = (char)below(state, 256);
        }
        return size;
    case 1: /* a word put in */
        return replace(bytes, size, at, 0, token, strlen(token));
    case 2: /* some bytes taken out */
        return replace(bytes, size, at, below(state, size - at < 20 ? size - at + 1 : 20), "", 0);
    case 3: /* a line taken out */
        return replace(bytes, size, start, end - start, "", 0);
    case 4: /* a line twice */
        return replace(bytes, size, start, 0, line, length);
    case 5: { /* a line elsewhere */
        size = replace(bytes, size, start, end - start, "", 0);
        at = line_start(bytes, below(state, size));
        return replace(bytes, size, at, 0, line, length);
    }
    case 6: /* cut short */
        return below(state, 4) == 0 ? at : size;
    default: { /* another number */
        const size_t digits = find_number(bytes, size, &at);
        return replace(bytes, size, at, digits, token, strlen(token));
    }
    }
}

size_t mutate(const char *sample, size_t size, uint64_t seed, char bytes[MUTATION_MAX_BYTES])
{
    uint64_t state = seed;
    size = size < MUTATION_MAX_BYTES ? size : MUTATION_MAX_BYTES;
    memcpy(bytes, sample, size);
    const size_t places = 1 + below(&state, 4);
    for (size_t i = 0; i < places; i++) {
        size = mutate_once(bytes, size, &state);
    }
    return size;
}
