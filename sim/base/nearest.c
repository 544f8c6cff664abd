#include "sim/base/nearest.h"

#include <ctype.h>
#include <string.h>

enum { MAX_NAME = 64 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance, letters compared without case. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t row[3][MAX_NAME + 1];
    for (size_t j = 0; j <= b_length; j++) {
        row[0][j] = j;
    }
    size_t *before = row[2], *last = row[0], *now = row[1];
    for (size_t i = 1; i <= a_length; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            const int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);
            now[j] = smaller(smaller(last[j] + 1, now[j - 1] + 1), last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) && y == tolower((unsigned char)a[i - 2])) {
                now[j] = smaller(now[j], before[j - 2] + 1);
            }
        }
        size_t *oldest = before;
        before = last;
        last = now;
        now = oldest;
    }
    return last[b_length];
}

const char *dvfo_nearest(const char *name, const char *const known[], size_t count)
{
    const char *best = NULL;
    size_t best_distance = 0;
    const size_t length = strlen(name);
    for (size_t i = 0; i < count; i++) {
        const size_t known_length = strlen(known[i]);
        if (length > MAX_NAME || known_length > MAX_NAME) {
            continue;
        }
        const size_t d = distance(name, length, known[i], known_length);
        const size_t longer = length > known_length ? length : known_length;
        if (2 * d <= longer && (best == NULL || d < best_distance)) {
            best = known[i];
            best_distance = d;
        }
    }
    return best;
}
