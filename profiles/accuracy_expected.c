/* What an accuracy profile says: expected values, single requests, AppealNet's threshold. */
#include <math.h>
#include <string.h>

#include "profiles/accuracy_profile_format.h"

#define ROUNDING 1e-6 /* of a number of answers */

/* ---- what is looked up ---- */

double dvfo_accuracy_held(const float *importance, long channels, int quarters)
{
    const long whole = channels * quarters / 4;
    double sum = 0.0;
    for (long a = 0; a < whole; a++) {
        sum += (double)importance[a];
    }
    const double part = (double)(channels * quarters % 4) / 4.0;
    return part > 0.0 ? sum + part * (double)importance[whole] : sum;
}

static int compare_scores(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static dvfo_status derive(struct dvfo_ctx *ctx, const struct dvfo_accuracy_size *size, long requests,
                          struct dvfo_accuracy_table *table)
{
    free(table->held);
    free(table->score_ranked);
    table->held = malloc((size_t)requests * DVFO_ACCURACY_HELD * sizeof *table->held);
    table->score_ranked = malloc((size_t)requests * sizeof *table->score_ranked);
    if (table->held == NULL || table->score_ranked == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (long i = 0; i < requests; i++) {
        for (int q = 0; q < DVFO_ACCURACY_HELD; q++) {
            table->held[i * DVFO_ACCURACY_HELD + q] =
                (float)dvfo_accuracy_held(table->importance + i * size->channels, size->channels, q + 1);
        }
    }
    memcpy(table->score_ranked, table->score, (size_t)requests * sizeof *table->score);
    qsort(table->score_ranked, (size_t)requests, sizeof *table->score_ranked, compare_scores);
    return DVFO_OK;
}

dvfo_status dvfo_accuracy_derive(struct dvfo_ctx *ctx, struct dvfo_accuracy_profile *profile)
{
    for (int part = 0; part < DVFO_PARTS; part++) {
        DVFO_TRY(derive(ctx, &profile->size, profile->size.requests[part], &profile->part[part]));
    }
    return DVFO_OK;
}

dvfo_status dvfo_accuracy_profile_settle(struct dvfo_ctx *ctx, struct dvfo_accuracy_profile *profile)
{
    DVFO_TRY(dvfo_accuracy_check(ctx, profile, "accuracy profile"));
    return dvfo_accuracy_derive(ctx, profile);
}

/* ---- expected values ---- */

static double mean(const double *values, long count)
{
    double sum = 0.0;
    for (long i = 0; i < count; i++) {
        sum += values[i];
    }
    return sum / (double)count;
}

double dvfo_accuracy_profile_full(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part)
{
    return mean(profile->part[part].full, profile->size.seeds);
}

double dvfo_accuracy_profile_full_int8(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part)
{
    return mean(profile->part[part].full_int8, profile->size.seeds);
}

/* Between two measured weights: the lower, and how far the way goes to the next. */
struct between {
    int lower;
    double way; /* 0..1; 0: at the lower */
};

static struct between find_lambda(int share_tenths, double lambda)
{
    if (share_tenths == DVFO_ACCURACY_SHARES) { /* the remote answers alone */
        return (struct between){0, 0.0};
    }
    const double at = fmin(fmax(lambda, 0.0), 1.0) * (DVFO_ACCURACY_LAMBDAS - 1);
    const double nearest = round(at);
    if (fabs(at - nearest) < 1e-9) { /* 0.3 * 10 isn't 3 */
        return (struct between){(int)nearest, 0.0};
    }
    return (struct between){(int)at, at - floor(at)};
}

double dvfo_accuracy_profile_split(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                                   dvfo_selection selection, dvfo_coding coding, int share_tenths, double lambda)
{
    if (share_tenths == 0) {
        return dvfo_accuracy_profile_full(profile, part);
    }
    const dvfo_coding plain = dvfo_coding_plain(coding);
    const struct between between = find_lambda(share_tenths, lambda);
    double sum = 0.0;
    for (long seed = 0; seed < profile->size.seeds; seed++) {
        const double *split =
            &profile->part[part].split[dvfo_accuracy_split_index(seed, selection, plain, share_tenths, between.lower)];
        sum += between.way > 0.0 ? (1.0 - between.way) * split[0] + between.way * split[1] : split[0];
    }
    return sum / (double)profile->size.seeds;
}

double dvfo_accuracy_profile_bits(const struct dvfo_accuracy_profile *profile, dvfo_coding coding, int share_tenths)
{
    double sum = 0.0;
    for (long seed = 0; seed < profile->size.seeds; seed++) {
        sum += profile->bits_per_value[(seed * DVFO_CODINGS + (long)coding) * DVFO_ACCURACY_SHARES + share_tenths - 1];
    }
    return sum / (double)profile->size.seeds;
}

double dvfo_accuracy_profile_right_split(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                                         long request, int share_tenths, double lambda)
{
    const struct between between = find_lambda(share_tenths, lambda);
    const uint8_t *right =
        &profile->part[part].right_split[dvfo_accuracy_right_index(request, share_tenths, between.lower)];
    return between.way > 0.0 ? (1.0 - between.way) * right[0] + between.way * right[1] : right[0];
}

/* ---- AppealNet ---- */

double dvfo_accuracy_profile_share_below(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                                         double threshold)
{
    const float *score = profile->part[part].score_ranked;
    const long n = profile->size.requests[part];
    long below = 0, above = n; /* scores [0, below) appeal, those from above on don't */
    while (below < above) {
        const long middle = below + (above - below) / 2;
        if (dvfo_accuracy_appeals((double)score[middle], threshold)) {
            below = middle + 1;
        } else {
            above = middle;
        }
    }
    return (double)below / (double)n;
}

double dvfo_accuracy_profile_appeal(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                                    double threshold)
{
    const struct dvfo_accuracy_table *table = &profile->part[part];
    const long n = profile->size.requests[part];
    long right = 0;
    for (long i = 0; i < n; i++) {
        right +=
            dvfo_accuracy_appeals((double)table->score[i], threshold) ? table->right_full[i] : table->right_little[i];
    }
    return (double)right / (double)n;
}

/* A request of AppealNet, to be ranked by its score. */
struct scored {
    float score;
    int gain; /* of right answers when it appeals */
};

static int compare_scored(const void *a, const void *b)
{
    return compare_scores(&((const struct scored *)a)->score, &((const struct scored *)b)->score);
}

/* Accuracy need not rise with the threshold: it is looked for from below, one input more at a time.
 * @param missing  right answers to gain over the little network's */
static double lowest_threshold(const struct scored *row, long n, double missing)
{
    double gained = 0.0;
    for (long i = 0; i < n; i++) {
        const bool first = i == 0 || row[i].score > row[i - 1].score;
        if (first && gained >= missing - ROUNDING) {
            return i == 0 ? 0.0 : (double)row[i].score; /* all below it appeal */
        }
        gained += row[i].gain;
    }
    return 1.0;
}

dvfo_status dvfo_accuracy_profile_threshold(struct dvfo_ctx *ctx, const struct dvfo_accuracy_profile *profile,
                                            dvfo_accuracy_part part, double loss, double *threshold)
{
    const struct dvfo_accuracy_table *table = &profile->part[part];
    const long n = profile->size.requests[part];
    struct scored *row = malloc((size_t)n * sizeof *row);
    if (row == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    long missing = 0;
    for (long i = 0; i < n; i++) {
        row[i] = (struct scored){table->score[i], table->right_full[i] - table->right_little[i]};
        missing += row[i].gain;
    }
    qsort(row, (size_t)n, sizeof *row, compare_scored);
    *threshold = lowest_threshold(row, n, (double)missing - loss * (double)n);
    free(row);
    return DVFO_OK;
}
