#include "made_up_accuracy.h"

#include <math.h>
#include <stdio.h>

#include "sim/base/random.h"

enum { EXAMPLES = 2 };

#define SPREAD 0.01 /* of the seeds around their mean */
#define NO_FILE "0000000000000000000000000000000000000000000000000000000000000000"

struct made_up_accuracy_def made_up_accuracy_def_default(void)
{
    struct made_up_accuracy_def def = {
        .requests = 400,
        .channels = 8,
        .seeds = 2,
        .full = {[DVFO_PART_VALIDATION] = 0.80, [DVFO_PART_TEST] = 0.78},
        .full_int8_loss = 0.004,
        .little_loss = 0.12,
        .weight_loss = 0.1,
    };
    for (int share = 1; share <= DVFO_ACCURACY_SHARES; share++) {
        def.loss[share - 1] = 0.002 * share;
    }
    return def;
}

static double uniform(const char *purpose, long i, int part)
{
    return (double)(dvfo_random_seed((uint64_t)part, (uint64_t)i, purpose) >> 11) * 0x1p-53;
}

static double split_loss(const struct made_up_accuracy_def *def, int share, int lambda)
{
    const double off = lambda / 10.0 - 0.5;
    return def->loss[share - 1] + (share < DVFO_ACCURACY_SHARES ? def->weight_loss * off * off : 0.0);
}

static double full_of(const struct made_up_accuracy_def *def, int part, long seed)
{
    const double place = def->seeds > 1 ? 2.0 * (double)seed / (double)(def->seeds - 1) - 1.0 : 0.0; /* -1 to 1 */
    return def->full[part] + SPREAD * place;
}

static double *split_at(struct dvfo_accuracy_table *table, long seed, int selection, int coding, int share, int lambda)
{
    return &table
                ->split[dvfo_accuracy_split_index(seed, (dvfo_selection)selection, (dvfo_coding)coding, share, lambda)];
}

/* Of one seed and share, from attention with int8. */
static void fill_variants(struct dvfo_accuracy_table *table, long seed, int share)
{
    for (int lambda = 0; lambda < DVFO_ACCURACY_LAMBDAS; lambda++) {
        const double base = *split_at(table, seed, DVFO_SELECTION_ATTENTION, DVFO_CODING_INT8, share, lambda);
        for (int n = 1; n < DVFO_SELECTIONS; n++) {
            *split_at(table, seed, n, DVFO_CODING_INT8, share, lambda) = base - 0.001 * n * (double)(share + seed);
        }
        for (int n = 0; n < DVFO_CODINGS; n++) {
            *split_at(table, seed, DVFO_SELECTION_ATTENTION, n, share, lambda) = base - 0.001 * (n - 1);
        }
    }
    for (int n = 0; n < DVFO_FUSIONS; n++) {
        table->fusion[(seed * DVFO_FUSIONS + n) * DVFO_ACCURACY_SHARES + share - 1] =
            *split_at(table, seed, DVFO_SELECTION_ATTENTION, DVFO_CODING_INT8, share, 5) + 0.002 * n;
    }
}

static void fill_means(const struct made_up_accuracy_def *def, int part, struct dvfo_accuracy_table *table)
{
    for (long seed = 0; seed < def->seeds; seed++) {
        const double full = full_of(def, part, seed);
        table->full[seed] = full;
        table->full_int8[seed] = full - def->full_int8_loss;
        table->little[seed] = full - def->little_loss;
        for (int share = 1; share <= DVFO_ACCURACY_SHARES; share++) {
            for (int lambda = 0; lambda < DVFO_ACCURACY_LAMBDAS; lambda++) {
                *split_at(table, seed, DVFO_SELECTION_ATTENTION, DVFO_CODING_INT8, share, lambda) =
                    full - split_loss(def, share, lambda);
            }
            if (def->variants) {
                fill_variants(table, seed, share);
            }
        }
    }
}

/* Right with a chance, and the same luck for all networks: who is right more often is right wherever others are. */
static void fill_rows(const struct made_up_accuracy_def *def, int part, struct dvfo_accuracy_table *table)
{
    for (long i = 0; i < def->requests; i++) {
        const double luck = uniform("luck", i, part), full = def->full[part];
        table->difficulty[i] = (float)luck;
        table->score[i] = (float)fmin(fmax(1.0 - luck + 0.4 * (uniform("score", i, part) - 0.5), 0.0), 1.0);
        table->right_full[i] = luck < full;
        table->right_full_int8[i] = luck < full - def->full_int8_loss;
        table->right_little[i] = luck < full - def->little_loss;
        for (int share = 1; share <= DVFO_ACCURACY_SHARES; share++) {
            for (int lambda = 0; lambda < DVFO_ACCURACY_LAMBDAS; lambda++) {
                table->right_split[dvfo_accuracy_right_index(i, share, lambda)] =
                    luck < full - split_loss(def, share, lambda);
            }
        }
    }
}

/* Falls by a factor from channel to channel, another one for each row. */
static void fill_importance(long channels, double factor, float *p)
{
    double sum = 0.0;
    for (long a = 0; a < channels; a++) {
        sum += pow(factor, (double)a);
    }
    for (long a = 0; a < channels; a++) {
        p[a] = (float)(pow(factor, (double)a) / sum);
    }
}

static dvfo_status set_texts(struct dvfo_accuracy_profile *profile)
{
    static const char *const texts[DVFO_ACCURACY_TEXTS] = {
        [DVFO_ACCURACY_NAME] = "made-up",
        [DVFO_ACCURACY_DATA] = "no images",
        [DVFO_ACCURACY_COMMAND] = "tests/made_up_accuracy.c",
        [DVFO_ACCURACY_STANDING] = "made up for tests, measured on nothing",
        [DVFO_ACCURACY_TRAIN_SHA256] = NO_FILE,
        [DVFO_ACCURACY_TEST_SHA256] = NO_FILE,
        [DVFO_ACCURACY_CONFIGURATION] = "seeds: 2\nepochs: 0\n",
    };
    for (int i = 0; i < DVFO_ACCURACY_TEXTS; i++) {
        DVFO_TRY(dvfo_accuracy_profile_set_text(NULL, profile, (dvfo_accuracy_text)i, texts[i]));
    }
    return DVFO_OK;
}

static void fill_payload(const struct made_up_accuracy_def *def, struct dvfo_accuracy_profile *profile)
{
    static const double bits[DVFO_CODINGS] = {32.0, 8.0, 6.0, 4.0, 3.0};
    for (long i = 0; i < def->seeds * DVFO_CODINGS * DVFO_ACCURACY_SHARES; i++) {
        const long coding = i / DVFO_ACCURACY_SHARES % DVFO_CODINGS;
        if (def->variants || coding == DVFO_CODING_INT8) {
            profile->bits_per_value[i] = bits[coding];
        }
    }
}

/* Red grows along a row, green down the rows. */
static void fill_example(uint8_t *example)
{
    for (int i = 0; i < DVFO_ACCURACY_PIXELS * DVFO_ACCURACY_PIXELS; i++) {
        example[i] = (uint8_t)(8 * (i % DVFO_ACCURACY_PIXELS));
        example[DVFO_ACCURACY_PIXELS * DVFO_ACCURACY_PIXELS + i] = (uint8_t)(8 * (i / DVFO_ACCURACY_PIXELS));
    }
}

static void fill(const struct made_up_accuracy_def *def, struct dvfo_accuracy_profile *profile)
{
    for (int part = 0; part < DVFO_PARTS; part++) {
        struct dvfo_accuracy_table *table = &profile->part[part];
        fill_means(def, part, table);
        fill_rows(def, part, table);
        for (long i = 0; i < def->requests; i++) {
            fill_importance(def->channels, 0.3 + 0.6 * uniform("importance", i, part),
                            table->importance + i * def->channels);
        }
    }
    for (int i = 0; i < EXAMPLES; i++) {
        fill_importance(def->channels, 0.5, profile->example_importance + i * def->channels);
        profile->example_label[i] = i;
        fill_example(profile->example +
                     (size_t)i * DVFO_ACCURACY_COLOURS * DVFO_ACCURACY_PIXELS * DVFO_ACCURACY_PIXELS);
    }
    fill_payload(def, profile);
    profile->fusion_s[DVFO_FUSION_SUM_FIXED] = 1e-6;
}

struct dvfo_accuracy_profile *made_up_accuracy(const struct made_up_accuracy_def *def)
{
    const struct dvfo_accuracy_size size = {
        .classes = 100,
        .channels = def->channels,
        .height = 4,
        .width = 4,
        .seeds = def->seeds,
        .requests = {def->requests, def->requests},
        .examples = EXAMPLES,
    };
    struct dvfo_ctx ctx = {0};
    struct dvfo_accuracy_profile *profile = NULL;
    dvfo_status status = dvfo_accuracy_profile_create(&ctx, &size, &profile);
    status = status == DVFO_OK ? set_texts(profile) : status;
    if (status == DVFO_OK) {
        fill(def, profile);
        status = dvfo_accuracy_profile_settle(&ctx, profile);
    }
    if (status != DVFO_OK) {
        fprintf(stderr, "%s\n", ctx.message);
        dvfo_accuracy_profile_free(profile);
        return NULL;
    }
    return profile;
}
