/* accuracy, fusion, payload: how often a split network is right against the share of channels that is sent, by who
 * chose the channels, how both answers became one, and how the channels were coded. Test images, int8 and lambda 0.5
 * where nothing else is said. */
#include <math.h>
#include <string.h>

#include "plots/answers.h"
#include "plots/figure.h"

static const dvfo_accuracy_part part = DVFO_PART_TEST;

static const struct dvfo_answers full = {.of = DVFO_ANSWERS_OF_FULL}, little = {.of = DVFO_ANSWERS_OF_LITTLE};

static struct dvfo_answers split_by(dvfo_selection selection, dvfo_coding coding)
{
    return (struct dvfo_answers){
        .of = DVFO_ANSWERS_OF_SPLIT, .selection = selection, .coding = coding, .lambda_tenths = DVFO_MIDDLE_LAMBDA};
}

static struct dvfo_answers fused_by(dvfo_fusion fusion)
{
    return (struct dvfo_answers){.of = DVFO_ANSWERS_OF_FUSION, .fusion = fusion};
}

#define COLUMNS ",share_percent,accuracy_percent,accuracy_half,difference_points,difference_half,"

/* The first cells of a row. */
static void begin_row(FILE *csv, const struct dvfo_accuracy_profile *profile, const char *name,
                      const struct dvfo_answers *answers, int share, const struct dvfo_answers *base)
{
    fprintf(csv, "%s,%d", name, 10 * share);
    dvfo_answers_write(csv, dvfo_answers_percent(profile, part, answers, share, NULL));
    dvfo_answers_write(csv, dvfo_answers_percent(profile, part, answers, share, base));
}

/* ---- accuracy ---- */

static void write_selection(FILE *csv, const struct dvfo_accuracy_profile *profile, const char *name,
                            const struct dvfo_answers *answers)
{
    const struct dvfo_answers base = split_by(DVFO_SELECTION_ATTENTION, DVFO_CODING_INT8);
    for (int share = 1; share <= DVFO_ACCURACY_SHARES; share++) {
        begin_row(csv, profile, name, answers, share, &base);
        dvfo_answers_write_origin(csv, profile, part);
    }
}

static dvfo_status feed_accuracy(struct dvfo_ctx *ctx, const struct dvfo_figure_subject *subject, FILE *csv)
{
    const struct dvfo_accuracy_profile *profile = subject->setting->accuracy_profile;
    (void)ctx;
    fputs("answers" COLUMNS DVFO_ANSWERS_ORIGIN "\n", csv);
    for (int s = 0; s < DVFO_SELECTIONS; s++) {
        const struct dvfo_answers answers = split_by((dvfo_selection)s, DVFO_CODING_INT8);
        if (dvfo_answers_measured(profile, part, &answers)) {
            write_selection(csv, profile, dvfo_selection_name((dvfo_selection)s), &answers);
        }
    }
    write_selection(csv, profile, "full", &full);
    write_selection(csv, profile, "little", &little);
    return DVFO_OK;
}

/* ---- fusion ---- */

static void write_fusion(FILE *csv, const struct dvfo_accuracy_profile *profile, dvfo_fusion fusion)
{
    const struct dvfo_answers answers = fused_by(fusion), base = fused_by(DVFO_FUSION_SUM_FIXED);
    for (int share = 1; share <= DVFO_ACCURACY_SHARES; share++) {
        begin_row(csv, profile, dvfo_fusion_name(fusion), &answers, share, &base);
        if (isnan(profile->fusion_s[fusion])) {
            fputc(',', csv);
        } else {
            fprintf(csv, ",%.6g", 1e6 * profile->fusion_s[fusion]);
        }
        dvfo_answers_write_origin(csv, profile, part);
    }
}

static dvfo_status check_fusions(struct dvfo_ctx *ctx, const struct dvfo_accuracy_profile *profile)
{
    int measured = 0;
    for (int f = 0; f < DVFO_FUSIONS; f++) {
        const struct dvfo_answers answers = fused_by((dvfo_fusion)f);
        const bool found = dvfo_answers_measured(profile, part, &answers);
        if (!found && f == DVFO_FUSION_SUM_FIXED) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT,
                             "%s: the fusion sum-fixed, which others are compared with, was not "
                             "measured",
                             profile->path);
        }
        measured += found;
    }
    return measured > 1 ? DVFO_OK
                        : dvfo_fail(ctx, DVFO_BAD_INPUT,
                                    "%s: no other fusion than sum-fixed was measured, expected "
                                    "networks with others among those of 'dvfo attention evaluate'",
                                    profile->path);
}

static dvfo_status feed_fusion(struct dvfo_ctx *ctx, const struct dvfo_figure_subject *subject, FILE *csv)
{
    const struct dvfo_accuracy_profile *profile = subject->setting->accuracy_profile;
    DVFO_TRY(check_fusions(ctx, profile));
    fputs("fusion" COLUMNS "fusion_us," DVFO_ANSWERS_ORIGIN "\n", csv);
    for (int f = 0; f < DVFO_FUSIONS; f++) {
        const struct dvfo_answers answers = fused_by((dvfo_fusion)f);
        if (dvfo_answers_measured(profile, part, &answers)) {
            write_fusion(csv, profile, (dvfo_fusion)f);
        }
    }
    return DVFO_OK;
}

/* ---- payload ---- */

static struct dvfo_seeds bits_of(const struct dvfo_accuracy_profile *profile, dvfo_coding coding, int share)
{
    double bits[DVFO_ACCURACY_MAX_SEEDS];
    for (long seed = 0; seed < profile->size.seeds; seed++) {
        bits[seed] = profile->bits_per_value[(seed * DVFO_CODINGS + (long)coding) * DVFO_ACCURACY_SHARES + share - 1];
    }
    return dvfo_seeds_of(bits, (size_t)profile->size.seeds);
}

static bool is_coded(const struct dvfo_accuracy_profile *profile, dvfo_coding coding)
{
    const struct dvfo_answers answers = split_by(DVFO_SELECTION_ATTENTION, coding);
    bool found = dvfo_answers_measured(profile, part, &answers);
    for (int share = 1; share <= DVFO_ACCURACY_SHARES && !found; share++) {
        found = !isnan(bits_of(profile, coding, share).mean);
    }
    return found;
}

static void write_coding(FILE *csv, const struct dvfo_accuracy_profile *profile, dvfo_coding coding)
{
    const struct dvfo_answers answers = split_by(DVFO_SELECTION_ATTENTION, coding);
    const struct dvfo_answers base = split_by(DVFO_SELECTION_ATTENTION, DVFO_CODING_INT8);
    for (int share = 1; share <= DVFO_ACCURACY_SHARES; share++) {
        begin_row(csv, profile, dvfo_coding_name(coding), &answers, share, &base);
        dvfo_answers_write(csv, bits_of(profile, coding, share));
        dvfo_answers_write_origin(csv, profile, part);
    }
}

static dvfo_status feed_payload(struct dvfo_ctx *ctx, const struct dvfo_figure_subject *subject, FILE *csv)
{
    const struct dvfo_accuracy_profile *profile = subject->setting->accuracy_profile;
    const struct dvfo_answers sent_float = split_by(DVFO_SELECTION_ATTENTION, DVFO_CODING_FLOAT);
    const struct dvfo_answers codebook = split_by(DVFO_SELECTION_ATTENTION, DVFO_CODING_CODEBOOK);
    if (!dvfo_answers_measured(profile, part, &sent_float) && !dvfo_answers_measured(profile, part, &codebook)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: answers of no other coding than int8 were measured", profile->path);
    }
    fputs("coding" COLUMNS "bits_per_value,bits_half," DVFO_ANSWERS_ORIGIN "\n", csv);
    for (int c = 0; c < DVFO_CODINGS; c++) {
        if (is_coded(profile, (dvfo_coding)c)) {
            write_coding(csv, profile, (dvfo_coding)c);
        }
    }
    return DVFO_OK;
}

/* A profile is all they need. */
static const char *const takes[] = {"accuracy", NULL};

const struct dvfo_figure dvfo_figure_accuracy = {
    .name = "accuracy",
    .summary = "accuracy against the share sent: channels chosen by attention and otherwise",
    .takes = takes,
    .feed = feed_accuracy,
};

const struct dvfo_figure dvfo_figure_fusion = {
    .name = "fusion",
    .summary = "accuracy against the share sent: ways to make one answer of two",
    .takes = takes,
    .feed = feed_fusion,
};

const struct dvfo_figure dvfo_figure_payload = {
    .name = "payload",
    .summary = "accuracy and bits against the share sent: codings of the channels",
    .takes = takes,
    .feed = feed_payload,
};
