#include "policies/attention/jury.h"

#include <math.h>
#include <string.h>

#include "policies/attention/augment.h"
#include "policies/nn/train/classify.h"
#include "policies/nn/train/crew.h"
#include "sim/base/random.h"

enum { BATCH = 100, SHARES = DVFO_ACCURACY_SHARES, LAMBDAS = DVFO_ACCURACY_LAMBDAS, BOOK_IMAGES = 200, WEIGHED = 200 };

/* One thread's place. */
struct juror {
    const struct dvfo_jury_def *def;
    const struct dvfo_codebook *book;
    int number, jurors;
    struct dvfo_collaborative_pass *pass;
    float *images;      /* (3, BATCH, 32, 32) */
    float *coded;       /* (C, BATCH, N) the full network's map after int8 */
    float *probability; /* (K + 1, BATCH) */
    struct dvfo_jury_votes votes;
};

static void stand_down(struct juror *juror)
{
    free(juror->probability);
    free(juror->coded);
    free(juror->images);
    dvfo_collaborative_pass_free(juror->pass);
}

static dvfo_status stand_up(struct dvfo_ctx *ctx, const struct dvfo_jury_def *def, struct juror *juror)
{
    const struct dvfo_collaborative *net = &def->network->net;
    juror->def = def;
    DVFO_TRY(dvfo_collaborative_pass_create(ctx, net, BATCH, &juror->pass));
    juror->images = calloc(BATCH * DVFO_IMAGE_SIZE, sizeof(float));
    juror->coded = calloc((size_t)(net->channels * BATCH * net->height * net->width), sizeof(float));
    juror->probability = calloc((size_t)(net->def.classes + 1) * BATCH, sizeof(float));
    if (juror->images == NULL || juror->coded == NULL || juror->probability == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    dvfo_collaborative_begin(juror->pass, def->network->parameters, def->network->statistics, false);
    return DVFO_OK;
}

/* Extract and attend to `samples` images from `first` on, counted within the part. */
static void look_at(struct juror *juror, const struct dvfo_appraisal_images *part, long first, long samples)
{
    const struct dvfo_schooling *network = juror->def->network;
    for (long b = 0; b < samples; b++) {
        const size_t image = (size_t)(part->first + first + b);
        dvfo_augment_image(part->images->pixels + image * DVFO_IMAGE_SIZE, NULL, samples, b, juror->images);
    }
    dvfo_collaborative_look(juror->pass, samples, juror->images);
    dvfo_collaborative_extract(juror->pass, samples, juror->images);
    gsl_rng *chance = dvfo_random_small_stream(network->def.seed, (uint64_t)(part->first + first), "jury");
    dvfo_collaborative_attend(juror->pass, network->order, chance);
    gsl_rng_free(chance);
}

/* Right answers among logits (K, B); each image's into right[b * step] unless that is NULL. */
static long count_right(const struct juror *juror, const float *logits, long samples, const uint8_t *label,
                        uint8_t *right, long step)
{
    int best[BATCH];
    long count = 0;
    dvfo_classify_best(juror->def->network->def.net.classes, samples, logits, best);
    for (long b = 0; b < samples; b++) {
        const bool is_right = best[b] == label[b];
        count += is_right;
        if (right != NULL) {
            right[b * step] = is_right;
        }
    }
    return count;
}

/* The full network whose map at the split went through int8: what a cut there sends. */
static const float *answer_coded(struct juror *juror, long samples)
{
    const struct dvfo_collaborative *net = &juror->def->network->net;
    const long N = net->height * net->width;
    for (long i = 0; i < net->channels * samples; i++) {
        dvfo_quantise_int8_through(N, juror->pass->base + i * N, juror->coded + i * N);
    }
    dvfo_collaborative_answer_plain(juror->pass, juror->coded);
    return juror->pass->plain;
}

/* Rows of material begin here, or there are none. */
static struct dvfo_accuracy_table *rows_of(const struct juror *juror, long first, long samples)
{
    return juror->def->table != NULL && first + samples <= juror->def->rows ? juror->def->table : NULL;
}

static int descending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

/* Importance of each image's channels, the largest first, summing to 1. */
static void note_importance(struct juror *juror, long first, long samples, float *importance)
{
    const long C = juror->def->network->net.channels;
    float *const p = juror->coded; /* (C, B), for a moment */
    dvfo_gate_importance(juror->pass->gate, p);
    for (long b = 0; b < samples; b++) {
        float *row = importance + (first + b) * C;
        for (long c = 0; c < C; c++) {
            row[c] = p[c * samples + b];
        }
        qsort(row, (size_t)C, sizeof *row, descending);
    }
}

static void judge_full(struct juror *juror, long first, long samples, const uint8_t *label)
{
    const struct dvfo_schooling *network = juror->def->network;
    const long K = network->def.net.classes;
    struct dvfo_accuracy_table *rows = rows_of(juror, first, samples);
    struct dvfo_collaborative_pass *pass = juror->pass;
    dvfo_collaborative_answer_plain(pass, pass->base);
    juror->votes.full += count_right(juror, pass->plain, samples, label, rows ? rows->right_full + first : NULL, 1);
    if (rows != NULL) {
        dvfo_classify_softmax(K, samples, pass->plain, juror->probability);
        for (long b = 0; b < samples; b++) {
            rows->difficulty[first + b] = 1.0f - juror->probability[label[b] * samples + b]; /* ranked afterwards */
        }
        note_importance(juror, first, samples, rows->importance);
    }
    const float *coded = answer_coded(juror, samples);
    juror->votes.full_int8 += count_right(juror, coded, samples, label, rows ? rows->right_full_int8 + first : NULL, 1);
    dvfo_collaborative_answer_little(pass);
    juror->votes.little +=
        count_right(juror, pass->little, samples, label, rows ? rows->right_little + first : NULL, 1);
    for (long b = 0; rows != NULL && b < samples; b++) {
        rows->score[first + b] = 1.0f / (1.0f + expf(-pass->little[K * samples + b]));
    }
}

/* One share and coding, at all weights of fusion. */
static void judge_split(struct juror *juror, int share, dvfo_coding coding, long first, long samples,
                        const uint8_t *label)
{
    struct dvfo_collaborative_pass *pass = juror->pass;
    const struct dvfo_schooling *network = juror->def->network;
    struct dvfo_accuracy_table *rows = coding == DVFO_CODING_INT8 ? rows_of(juror, first, samples) : NULL;
    dvfo_collaborative_split(pass, share, coding, juror->book);
    dvfo_collaborative_answer(pass, share);
    for (int lambda = 0; lambda < LAMBDAS; lambda++) {
        const struct dvfo_fuser sum = {DVFO_FUSION_SUM_FIXED, network->def.net.classes, (float)lambda / 10.0f};
        if (share < SHARES) {
            dvfo_collaborative_fuse(pass, &sum);
        }
        uint8_t *right = rows != NULL ? rows->right_split + dvfo_accuracy_right_index(first, share, lambda) : NULL;
        juror->votes.split[coding][share - 1][lambda] +=
            count_right(juror, share < SHARES ? pass->fused : pass->remote, samples, label, right, SHARES * LAMBDAS);
    }
    if (coding == DVFO_CODING_INT8) {
        if (share < SHARES) {
            dvfo_collaborative_fuse(pass, &network->net.fusion);
        }
        juror->votes.fused[share - 1] +=
            count_right(juror, share < SHARES ? pass->fused : pass->remote, samples, label, NULL, 0);
    }
}

/* Batches, none of which is partly rows of material. */
static long batches_of(long images)
{
    return (images + BATCH - 1) / BATCH;
}

static struct dvfo_range batch_at(const struct dvfo_jury_def *def, long batch)
{
    const long rows = def->table != NULL ? def->rows : 0, before = batches_of(rows);
    const long first = batch < before ? batch * BATCH : rows + (batch - before) * BATCH;
    const long last = batch < before ? rows : def->images.count;
    return (struct dvfo_range){first, first + BATCH < last ? first + BATCH : last};
}

static void judge(void *of, int task)
{
    struct juror *juror = (struct juror *)of + task;
    const struct dvfo_jury_def *def = juror->def;
    const long rows = def->table != NULL ? def->rows : 0;
    const long batches = batches_of(rows) + batches_of(def->images.count - rows);
    for (long batch = juror->number; batch < batches && !(def->stop != NULL && *def->stop != 0);
         batch += juror->jurors) {
        const struct dvfo_range range = batch_at(def, batch);
        const long first = range.first, samples = range.end - range.first;
        const uint8_t *label = def->images.images->label + def->images.first + first;
        look_at(juror, &def->images, first, samples);
        juror->votes.images += samples;
        if (def->whole) {
            judge_full(juror, first, samples, label);
        }
        for (int share = 1; share <= SHARES; share++) {
            judge_split(juror, share, DVFO_CODING_INT8, first, samples, label);
            if (def->whole) {
                judge_split(juror, share, DVFO_CODING_FLOAT, first, samples, label);
                judge_split(juror, share, DVFO_CODING_CODEBOOK, first, samples, label);
            }
        }
    }
}

/* The codebook of a network: fitted to what attention leaves of images that it has learnt from. */
static dvfo_status fit_book(struct dvfo_ctx *ctx, const struct dvfo_jury_def *def, struct dvfo_codebook *book)
{
    const struct dvfo_collaborative *net = &def->network->net;
    const size_t numbers = (size_t)(net->channels * net->height * net->width * BATCH);
    struct juror juror = {0};
    dvfo_status status = stand_up(ctx, def, &juror);
    float *values = status == DVFO_OK ? malloc(numbers * sizeof *values * (BOOK_IMAGES / BATCH)) : NULL;
    if (status == DVFO_OK && values == NULL) {
        status = dvfo_fail_no_memory(ctx);
    }
    long count = 0;
    for (long first = 0; status == DVFO_OK && first < BOOK_IMAGES && first < def->learnt.count; first += BATCH) {
        const long left = def->learnt.count - first, samples = left < BATCH ? left : BATCH;
        const long n = net->channels * samples * net->height * net->width;
        look_at(&juror, &def->learnt, first, samples);
        memcpy(values + count, juror.pass->attended, (size_t)n * sizeof *values);
        count += n;
    }
    if (status == DVFO_OK) {
        *book = dvfo_codebook_fit(count, values);
    }
    free(values);
    stand_down(&juror);
    return status;
}

static void add_votes(struct dvfo_jury_votes *to, const struct dvfo_jury_votes *from)
{
    to->images += from->images;
    to->full += from->full;
    to->full_int8 += from->full_int8;
    to->little += from->little;
    for (int share = 0; share < SHARES; share++) {
        to->fused[share] += from->fused[share];
        for (int lambda = 0; lambda < LAMBDAS; lambda++) {
            for (int coding = 0; coding < DVFO_CODINGS; coding++) {
                to->split[coding][share][lambda] += from->split[coding][share][lambda];
            }
        }
    }
}

/* Difficulty: from the probability of a mistake to its rank among the rows, 0..1; of equals the same. */
static void rank_difficulty(long rows, float *difficulty, float *room)
{
    memcpy(room, difficulty, (size_t)rows * sizeof *room);
    qsort(room, (size_t)rows, sizeof *room, descending);
    for (long i = 0; i < rows; i++) {
        long low = 0, high = rows; /* first of the descending ones that is not above it */
        while (low < high) {
            const long middle = (low + high) / 2;
            if (room[middle] > difficulty[i]) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        difficulty[i] = rows > 1 ? (float)(rows - 1 - low) / (float)(rows - 1) : 0.0f;
    }
}

static dvfo_status finish_rows(struct dvfo_ctx *ctx, const struct dvfo_jury_def *def)
{
    if (def->table == NULL || def->rows == 0) {
        return DVFO_OK;
    }
    float *room = malloc((size_t)def->rows * sizeof *room);
    if (room == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    rank_difficulty(def->rows, def->table->difficulty, room);
    free(room);
    return DVFO_OK;
}

dvfo_status dvfo_jury_vote(struct dvfo_ctx *ctx, const struct dvfo_jury_def *def, struct dvfo_jury_votes *votes)
{
    DVFO_REQUIRE(def->table == NULL || def->rows <= def->images.count);
    struct dvfo_codebook book = {{0.0f}};
    struct juror *jurors = calloc((size_t)def->threads, sizeof *jurors);
    dvfo_status status = jurors == NULL ? dvfo_fail_no_memory(ctx) : DVFO_OK;
    if (status == DVFO_OK && def->whole) {
        status = fit_book(ctx, def, &book);
    }
    for (int i = 0; status == DVFO_OK && i < def->threads; i++) {
        jurors[i].number = i;
        jurors[i].jurors = def->threads;
        jurors[i].book = &book;
        status = stand_up(ctx, def, &jurors[i]);
    }
    if (status == DVFO_OK) {
        dvfo_crew_run(def->threads, def->threads, judge, jurors);
        status = def->stop != NULL && *def->stop != 0 ? dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted") : DVFO_OK;
    }
    *votes = (struct dvfo_jury_votes){0};
    for (int i = 0; jurors != NULL && i < def->threads; i++) {
        add_votes(votes, &jurors[i].votes);
        stand_down(&jurors[i]);
    }
    free(jurors);
    return status == DVFO_OK ? finish_rows(ctx, def) : status;
}

/* ---- payload ---- */

/* Codes of what one image sends: its channels one after the other. @return how many values */
static long code_image(const struct juror *juror, dvfo_coding coding, long samples, long b, uint8_t *codes)
{
    const struct dvfo_collaborative *net = &juror->def->network->net;
    const long N = net->height * net->width;
    long count = 0;
    for (long c = 0; c < net->channels; c++) {
        const float *map = juror->pass->attended + (c * samples + b) * N;
        float low, scale;
        if (juror->pass->kept[c * samples + b] > 0.0f) {
            continue;
        }
        if (coding == DVFO_CODING_INT8_ENTROPY) {
            dvfo_quantise_int8(N, map, codes + count, &low, &scale);
        } else {
            dvfo_codebook_encode(juror->book, N, map, codes + count);
        }
        count += N;
    }
    return count;
}

static dvfo_status weigh_share(struct dvfo_ctx *ctx, struct juror *juror, int share, dvfo_coding coding, long samples,
                               uint8_t *codes, double *bits)
{
    const int width = coding == DVFO_CODING_INT8_ENTROPY ? 8 : DVFO_CODEBOOK_BITS;
    double sum = 0.0;
    dvfo_collaborative_split(juror->pass, share, DVFO_CODING_FLOAT, NULL);
    for (long b = 0; b < samples; b++) {
        const long values = code_image(juror, coding, samples, b, codes);
        long bytes = 0;
        DVFO_TRY(dvfo_quantise_deflated(ctx, values, width, codes, &bytes));
        sum += 8.0 * (double)bytes / (double)values;
    }
    *bits += sum;
    return DVFO_OK;
}

static dvfo_status weigh_deflated(struct dvfo_ctx *ctx, struct juror *juror, uint8_t *codes, double *bits)
{
    const dvfo_coding codings[] = {DVFO_CODING_INT8_ENTROPY, DVFO_CODING_CODEBOOK_ENTROPY};
    const struct dvfo_appraisal_images *part = &juror->def->images;
    long images = 0;
    for (long first = 0; first < WEIGHED && first < part->count; first += BATCH) {
        const long left = part->count - first, samples = left < BATCH ? left : BATCH;
        images += samples;
        look_at(juror, part, first, samples);
        for (int share = 1; share <= SHARES; share++) {
            for (int i = 0; i < 2; i++) {
                DVFO_TRY(weigh_share(ctx, juror, share, codings[i], samples, codes,
                                     bits + (int)codings[i] * SHARES + share - 1));
            }
        }
    }
    for (int i = 0; i < 2; i++) {
        for (int share = 0; share < SHARES; share++) {
            bits[(int)codings[i] * SHARES + share] /= (double)images;
        }
    }
    return DVFO_OK;
}

dvfo_status dvfo_jury_weigh_payload(struct dvfo_ctx *ctx, const struct dvfo_jury_def *def, double *bits)
{
    const struct dvfo_collaborative *net = &def->network->net;
    const double fixed[DVFO_CODINGS] = {32.0, 8.0, 0.0, DVFO_CODEBOOK_BITS, 0.0};
    for (int i = 0; i < DVFO_CODINGS * SHARES; i++) {
        bits[i] = fixed[i / SHARES];
    }
    struct dvfo_codebook book;
    struct juror juror = {.book = &book};
    DVFO_TRY(fit_book(ctx, def, &book));
    uint8_t *codes = malloc((size_t)(net->channels * net->height * net->width));
    dvfo_status status = codes == NULL ? dvfo_fail_no_memory(ctx) : stand_up(ctx, def, &juror);
    if (status == DVFO_OK) {
        status = weigh_deflated(ctx, &juror, codes, bits);
    }
    stand_down(&juror);
    free(codes);
    return status;
}

/* ---- examples ---- */

dvfo_status dvfo_jury_show(struct dvfo_ctx *ctx, const struct dvfo_schooling *network,
                           const struct dvfo_appraisal_images *images, struct dvfo_accuracy_profile *profile)
{
    const long n = profile->size.examples, C = network->net.channels;
    const struct dvfo_jury_def def = {.network = network, .images = *images, .threads = 1};
    struct juror juror = {0};
    if (n == 0) {
        return DVFO_OK;
    }
    DVFO_REQUIRE(n <= BATCH && n <= images->count);
    dvfo_status status = stand_up(ctx, &def, &juror);
    if (status == DVFO_OK) {
        look_at(&juror, images, 0, n);
        dvfo_gate_importance(juror.pass->gate, juror.coded); /* (C, n) */
        for (long b = 0; b < n; b++) {
            const size_t image = (size_t)(images->first + b);
            memcpy(profile->example + b * DVFO_IMAGE_SIZE, images->images->pixels + image * DVFO_IMAGE_SIZE,
                   DVFO_IMAGE_SIZE);
            profile->example_label[b] = images->images->label[image];
            for (long c = 0; c < C; c++) {
                profile->example_importance[b * C + c] = juror.coded[c * n + b];
            }
        }
    }
    stand_down(&juror);
    return status;
}
