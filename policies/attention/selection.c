#include "policies/attention/selection.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

long dvfo_selection_sent(long C, int share_tenths)
{
    if (share_tenths <= 0 || share_tenths >= 10) {
        return share_tenths <= 0 ? 0 : C;
    }
    const long sent = lround((double)share_tenths * (double)C / 10.0);
    return sent < 1 ? 1 : sent < C ? sent : C - 1;
}

/* How many of a column come before channel c: those of a higher score, or the same and before it. */
static long rank_of(long C, long B, const float *score, long c, long b)
{
    long rank = 0;
    for (long other = 0; other < C; other++) {
        const float difference = score[other * B + b] - score[c * B + b];
        rank += difference > 0.0f || (difference == 0.0f && other < c);
    }
    return rank;
}

void dvfo_selection_keep(long C, long B, long sent, const float *score, float *kept, float *edge)
{
    for (long b = 0; b < B; b++) {
        float lowest_kept = INFINITY, highest_sent = -INFINITY;
        for (long c = 0; c < C; c++) {
            const bool stays = rank_of(C, B, score, c, b) < C - sent;
            const float value = score[c * B + b];
            kept[c * B + b] = stays ? 1.0f : 0.0f;
            lowest_kept = stays && value < lowest_kept ? value : lowest_kept;
            highest_sent = !stays && value > highest_sent ? value : highest_sent;
        }
        if (edge != NULL) {
            edge[b] = 0.5f * (lowest_kept + highest_sent);
        }
    }
}
