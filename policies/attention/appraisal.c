#include "policies/attention/appraisal.h"

#include <math.h>
#include <string.h>

#include "policies/attention/jury.h"

enum { SHARES = 10, LAMBDAS = DVFO_ACCURACY_LAMBDAS };

/* Row of a seed among those met; a new one is put behind. @return how many there are then */
static int place_of_seed(uint64_t seed, uint64_t *seeds, int count, int *row)
{
    for (*row = 0; *row < count; (*row)++) {
        if (seeds[*row] == seed) {
            return count;
        }
    }
    seeds[count] = seed;
    return count + 1;
}

static bool is_main(const struct dvfo_schooling *network)
{
    return network->def.net.selection == DVFO_SELECTION_ATTENTION && network->def.net.fusion == DVFO_FUSION_SUM_FIXED;
}

static dvfo_status check_network(struct dvfo_ctx *ctx, const struct dvfo_appraisal_def *def, int i)
{
    const struct dvfo_schooling *network = def->networks[i], *first = def->networks[0];
    if (network->lesson != DVFO_LEARN_KINDS) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "%s: has not learnt all its lessons (it is at '%s'); train it with --resume", def->names[i],
                         dvfo_lesson_kind_name(network->lesson));
    }
    if (network->def.net.classes != first->def.net.classes || network->net.channels != first->net.channels) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: has %ld classes and %ld channels, expected %ld and %ld as in %s",
                         def->names[i], network->def.net.classes, network->net.channels, first->def.net.classes,
                         first->net.channels, def->names[0]);
    }
    return DVFO_OK;
}

/* Rows of seeds: row[i] of network i. Each seed has one main network. */
static dvfo_status check_seeds(struct dvfo_ctx *ctx, const struct dvfo_appraisal_def *def, int *row, int *seeds)
{
    uint64_t seed[DVFO_ACCURACY_MAX_SEEDS] = {0};
    int mains[DVFO_ACCURACY_MAX_SEEDS] = {0};
    *seeds = 0;
    for (int i = 0; i < def->count; i++) {
        DVFO_TRY(check_network(ctx, def, i));
        if (*seeds == DVFO_ACCURACY_MAX_SEEDS) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "there are networks of more than %d seeds", DVFO_ACCURACY_MAX_SEEDS);
        }
        *seeds = place_of_seed(def->networks[i]->def.seed, seed, *seeds, &row[i]);
        mains[row[i]] += is_main(def->networks[i]);
    }
    for (int s = 0; s < *seeds; s++) {
        if (mains[s] != 1) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT,
                             "of seed %llu there are %d networks that select by attention and fuse by sum-fixed, "
                             "expected one",
                             (unsigned long long)seed[s], mains[s]);
        }
    }
    return DVFO_OK;
}

static double share_of(long right, long images)
{
    return (double)right / (double)images;
}

/* Everything about a main network. */
static void note_main(const struct dvfo_jury_votes *votes, long seed, struct dvfo_accuracy_table *table)
{
    static const dvfo_coding measured_as[DVFO_CODINGS] = {DVFO_CODING_FLOAT, DVFO_CODING_INT8, DVFO_CODING_INT8,
                                                          DVFO_CODING_CODEBOOK, DVFO_CODING_CODEBOOK};
    table->images = votes->images;
    table->full[seed] = share_of(votes->full, votes->images);
    table->full_int8[seed] = share_of(votes->full_int8, votes->images);
    table->little[seed] = share_of(votes->little, votes->images);
    for (dvfo_coding coding = 0; coding < DVFO_CODINGS; coding++) {
        for (int share = 1; share <= SHARES; share++) {
            for (int lambda = 0; lambda < LAMBDAS; lambda++) {
                table->split[dvfo_accuracy_split_index(seed, DVFO_SELECTION_ATTENTION, coding, share, lambda)] =
                    share_of(votes->split[measured_as[coding]][share - 1][lambda], votes->images);
            }
        }
    }
}

static void note_selection(const struct dvfo_jury_votes *votes, long seed, dvfo_selection selection,
                           struct dvfo_accuracy_table *table)
{
    for (int share = 1; share <= SHARES; share++) {
        for (int lambda = 0; lambda < LAMBDAS; lambda++) {
            table->split[dvfo_accuracy_split_index(seed, selection, DVFO_CODING_INT8, share, lambda)] =
                share_of(votes->split[DVFO_CODING_INT8][share - 1][lambda], votes->images);
        }
    }
}

static void note_fusion(const struct dvfo_jury_votes *votes, long seed, dvfo_fusion fusion,
                        struct dvfo_accuracy_table *table)
{
    for (int share = 0; share < SHARES; share++) {
        table->fusion[(seed * DVFO_FUSIONS + (long)fusion) * SHARES + share] =
            share_of(votes->fused[share], votes->images);
    }
}

/* One network on one part. */
static dvfo_status appraise(struct dvfo_ctx *ctx, const struct dvfo_appraisal_def *def, int i, long seed,
                            dvfo_accuracy_part part, struct dvfo_accuracy_profile *profile)
{
    const struct dvfo_schooling *network = def->networks[i];
    struct dvfo_accuracy_table *table = &profile->part[part];
    const struct dvfo_jury_def jury = {
        .network = network,
        .images = def->part[part],
        .learnt = def->learnt,
        .whole = is_main(network),
        .table = is_main(network) && seed == 0 ? table : NULL,
        .rows = profile->size.requests[part],
        .threads = def->threads,
        .stop = def->stop,
    };
    struct dvfo_jury_votes votes = {0};
    DVFO_TRY(dvfo_jury_vote(ctx, &jury, &votes));
    if (jury.whole) {
        note_main(&votes, seed, table);
    } else if (network->def.net.selection != DVFO_SELECTION_ATTENTION) {
        note_selection(&votes, seed, network->def.net.selection, table);
        return DVFO_OK;
    }
    note_fusion(&votes, seed, network->def.net.fusion, table);
    return DVFO_OK;
}

static dvfo_status weigh_payload(struct dvfo_ctx *ctx, const struct dvfo_appraisal_def *def, int i, long seed,
                                 struct dvfo_accuracy_profile *profile)
{
    const struct dvfo_jury_def jury = {.network = def->networks[i],
                                       .images = def->part[DVFO_PART_VALIDATION],
                                       .learnt = def->learnt,
                                       .threads = def->threads};
    return dvfo_jury_weigh_payload(ctx, &jury, profile->bits_per_value + seed * DVFO_CODINGS * SHARES);
}

static struct dvfo_accuracy_size size_of(const struct dvfo_appraisal_def *def, int seeds)
{
    const struct dvfo_collaborative *net = &def->networks[0]->net;
    struct dvfo_accuracy_size size = {.classes = net->def.classes,
                                      .channels = net->channels,
                                      .height = net->height,
                                      .width = net->width,
                                      .seeds = seeds,
                                      .examples = def->examples};
    for (int part = 0; part < DVFO_PARTS; part++) {
        size.requests[part] = def->requests < def->part[part].count ? def->requests : def->part[part].count;
    }
    return size;
}

static dvfo_status appraise_all(struct dvfo_ctx *ctx, const struct dvfo_appraisal_def *def, const int *row,
                                struct dvfo_accuracy_profile *profile)
{
    for (int i = 0; i < def->count; i++) {
        for (dvfo_accuracy_part part = 0; part < DVFO_PARTS; part++) {
            DVFO_TRY(appraise(ctx, def, i, row[i], part, profile));
        }
        if (is_main(def->networks[i])) {
            DVFO_TRY(weigh_payload(ctx, def, i, row[i], profile));
        }
        if (is_main(def->networks[i]) && row[i] == 0) {
            DVFO_TRY(dvfo_jury_show(ctx, def->networks[i], &def->part[DVFO_PART_TEST], profile));
        }
        if (def->progress != NULL) {
            def->progress(def->user, i + 1, def->count);
        }
    }
    return DVFO_OK;
}

dvfo_status dvfo_appraisal_make(struct dvfo_ctx *ctx, const struct dvfo_appraisal_def *def,
                                struct dvfo_accuracy_profile **out)
{
    int seeds = 0;
    *out = NULL;
    int *row = calloc((size_t)def->count, sizeof *row);
    dvfo_status status = row == NULL ? dvfo_fail_no_memory(ctx) : check_seeds(ctx, def, row, &seeds);
    if (status == DVFO_OK) {
        const struct dvfo_accuracy_size size = size_of(def, seeds);
        status = dvfo_accuracy_profile_create(ctx, &size, out);
    }
    if (status == DVFO_OK) {
        status = appraise_all(ctx, def, row, *out);
    }
    if (status != DVFO_OK) {
        dvfo_accuracy_profile_free(*out);
        *out = NULL;
    }
    free(row);
    return status;
}
