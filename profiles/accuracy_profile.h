/* An accuracy profile: what a split network answers rightly, as it was measured on images, in a file (HDF5).
 *
 * A network of ours was trained to be split: an extractor on the device, attention over the channels of its feature
 * map, a share xi of the channels to the cloud as int8, the others through a slimmable local tail, and y = lambda *
 * y_local + (1 - lambda) * y_remote, Eq. (8). It was measured on two parts of a data set that training never saw:
 * validation, which whoever chooses may look at (accuracy floors, thresholds, agents that learn), and test, which
 * simulated requests are drawn from. Of each part the file holds mean accuracies of every training seed, and of the
 * first seed one row for each image: how its importance is spread over channels, how hard it is, who is right about it.
 *
 * Networks that were not measured take over its losses: the difference to the full network, not the level. */
#ifndef DVFO_ACCURACY_PROFILE_H
#define DVFO_ACCURACY_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/text.h"

/* How the channels that go to the cloud were chosen. X(enumerator, name in files) */
#define DVFO_SELECTION_LIST(X)                                                                                         \
    X(ATTENTION, "attention") /* those of least importance by the attention module */                                  \
    X(MAGNITUDE, "magnitude") /* of least mean magnitude */                                                            \
    X(RANDOM, "random")                                                                                                \
    X(GRADIENT, "gradient") /* of least integrated gradient over training images: one order for all */                 \
    X(NONE, "none")         /* in the order of the network: no importance */

/* How they were coded on the way. X(enumerator, name in files) */
#define DVFO_CODING_LIST(X)                                                                                            \
    X(FLOAT, "float")                                                                                                  \
    X(INT8, "int8")                                                                                                    \
    X(INT8_ENTROPY, "int8-entropy")                                                                                    \
    X(CODEBOOK, "codebook")                                                                                            \
    X(CODEBOOK_ENTROPY, "codebook-entropy")

/* How both answers became one. X(enumerator, name in files) */
#define DVFO_FUSION_LIST(X)                                                                                            \
    X(SUM_FIXED, "sum-fixed")   /* Eq. (8), lambda as given */                                                         \
    X(SUM_LEARNT, "sum-learnt") /* Eq. (8), lambda learnt */                                                           \
    X(DENSE, "dense")                                                                                                  \
    X(CONVOLUTION, "convolution")

/* Texts of a profile: one line each, the configuration as many as it takes. X(enumerator, name in files) */
#define DVFO_ACCURACY_TEXT_LIST(X)                                                                                     \
    X(NAME, "name")                 /* "generated" */                                                                  \
    X(DATA, "data")                 /* name of the data set */                                                         \
    X(COMMAND, "command")           /* that makes the file anew */                                                     \
    X(STANDING, "standing")         /* one sentence: "measured on ..." */                                              \
    X(TRAIN_SHA256, "train_sha256") /* of the file of training images */                                               \
    X(TEST_SHA256, "test_sha256")   /* of that of test images */                                                       \
    X(CONFIGURATION, "configuration")

#define DVFO_ACCURACY_ENUM_SELECTION(name, text) DVFO_SELECTION_##name,
#define DVFO_ACCURACY_ENUM_CODING(name, text) DVFO_CODING_##name,
#define DVFO_ACCURACY_ENUM_FUSION(name, text) DVFO_FUSION_##name,
#define DVFO_ACCURACY_ENUM_TEXT(name, text) DVFO_ACCURACY_##name,
typedef enum dvfo_selection { DVFO_SELECTION_LIST(DVFO_ACCURACY_ENUM_SELECTION) DVFO_SELECTIONS } dvfo_selection;
typedef enum dvfo_coding { DVFO_CODING_LIST(DVFO_ACCURACY_ENUM_CODING) DVFO_CODINGS } dvfo_coding;
typedef enum dvfo_fusion { DVFO_FUSION_LIST(DVFO_ACCURACY_ENUM_FUSION) DVFO_FUSIONS } dvfo_fusion;
typedef enum dvfo_accuracy_text {
    DVFO_ACCURACY_TEXT_LIST(DVFO_ACCURACY_ENUM_TEXT) DVFO_ACCURACY_TEXTS
} dvfo_accuracy_text;

typedef enum dvfo_accuracy_part { DVFO_PART_VALIDATION, DVFO_PART_TEST, DVFO_PARTS } dvfo_accuracy_part;

enum {
    DVFO_ACCURACY_SHARES = 10,  /* shares 1..10 tenths: index 0 is 1 tenth; share 0 is the full network */
    DVFO_ACCURACY_LAMBDAS = 11, /* lambda 0.0, 0.1 .. 1.0: 0 the remote answer alone, 10 the local one */
    DVFO_ACCURACY_HELD = 3,     /* the first 1/4, 1/2, 3/4 of the channels */
    DVFO_ACCURACY_COLOURS = 3,
    DVFO_ACCURACY_PIXELS = 32, /* examples are squares of so many */
    DVFO_ACCURACY_MAX_SEEDS = 64,
    DVFO_ACCURACY_MAX_CHANNELS = 1024,
    DVFO_ACCURACY_MAX_ROWS = 1 << 16, /* requests of a part, and examples */
};

/* How large a profile is. */
struct dvfo_accuracy_size {
    long classes;
    long channels, height, width; /* of the feature map at the split */
    long seeds;                   /* trainings */
    long requests[DVFO_PARTS];    /* rows of each part */
    long examples;                /* images for a figure; may be 0 */
};

/* What was measured on a part. Arrays in C order, dimensions beside them; S seeds, R requests of the part. Accuracies
 * and flags are 0..1, NaN where not measured; those marked * must be there. */
struct dvfo_accuracy_table {
    long images;       /* that accuracies are means over */
    double *full;      /* (S) * the full network */
    double *full_int8; /* (S) * its feature map at the split went through int8 */
    double *little;    /* (S) * the little network of AppealNet */
    double *split;     /* (S, DVFO_SELECTIONS, DVFO_CODINGS, DVFO_ACCURACY_SHARES, DVFO_ACCURACY_LAMBDAS)
                        * for attention and int8; see dvfo_accuracy_split_index */
    double *fusion;    /* (S, DVFO_FUSIONS, DVFO_ACCURACY_SHARES) attention and int8 */

    float *importance; /* (R, channels) * descending, sums to 1 */
    float *difficulty; /* (R) * 0..1: rank among the images of the part, 0 the easiest */
    float *score;      /* (R) * 0..1 of AppealNet's predictor head: how likely the little network is right */
    uint8_t *right_full, *right_full_int8, *right_little; /* (R) * 0 or 1 */
    uint8_t *right_split; /* (R, DVFO_ACCURACY_SHARES, DVFO_ACCURACY_LAMBDAS) * 0 or 1, attention and int8; see
                             dvfo_accuracy_right_index */

    /* made by dvfo_accuracy_profile_settle */
    float *held;         /* (R, DVFO_ACCURACY_HELD) importance that the first quarters of the channels hold */
    float *score_ranked; /* (R) scores, ascending */
};

struct dvfo_accuracy_profile {
    struct dvfo_accuracy_size size;
    char *text[DVFO_ACCURACY_TEXTS]; /* owned; see dvfo_accuracy_profile_set_text */
    struct dvfo_accuracy_table part[DVFO_PARTS];
    double *bits_per_value;    /* (S, DVFO_CODINGS, DVFO_ACCURACY_SHARES) of the payload; NaN where not measured */
    double *fusion_s;          /* (DVFO_FUSIONS) time of fusion per request [s]; NaN where not measured */
    uint8_t *example;          /* (examples, 3, 32, 32) red, green, blue */
    float *example_importance; /* (examples, channels) in the order of the channels; sums to 1 */
    int32_t *example_label;    /* (examples) 0..classes-1 */
    char *path;                /* of the file; NULL when made in the program */
    char sha256[DVFO_SHA256_HEX_SIZE]; /* of its bytes; "" when made in the program */
};

static inline size_t dvfo_accuracy_split_index(long seed, dvfo_selection selection, dvfo_coding coding,
                                               int share_tenths, int lambda_tenths)
{
    return ((((size_t)seed * DVFO_SELECTIONS + selection) * DVFO_CODINGS + coding) * DVFO_ACCURACY_SHARES +
            (size_t)(share_tenths - 1)) *
               DVFO_ACCURACY_LAMBDAS +
           (size_t)lambda_tenths;
}

static inline size_t dvfo_accuracy_right_index(long request, int share_tenths, int lambda_tenths)
{
    return ((size_t)request * DVFO_ACCURACY_SHARES + (size_t)(share_tenths - 1)) * DVFO_ACCURACY_LAMBDAS +
           (size_t)lambda_tenths;
}

const char *dvfo_accuracy_part_name(dvfo_accuracy_part part);
const char *dvfo_selection_name(dvfo_selection selection);
const char *dvfo_coding_name(dvfo_coding coding);
/** The coding of a name; DVFO_CODINGS when there is none. */
dvfo_coding dvfo_coding_of_name(const char *name);
/** The coding without entropy coding behind it, which loses nothing: the same values arrive. */
dvfo_coding dvfo_coding_plain(dvfo_coding coding);
const char *dvfo_fusion_name(dvfo_fusion fusion);

/** Empty texts, numbers NaN, whole numbers 0. @param out  free with dvfo_accuracy_profile_free */
dvfo_status dvfo_accuracy_profile_create(struct dvfo_ctx *ctx, const struct dvfo_accuracy_size *size,
                                         struct dvfo_accuracy_profile **out);
void dvfo_accuracy_profile_free(struct dvfo_accuracy_profile *profile);

/** The text is copied. Lines of the configuration end in '\n'; any line has at most 500 bytes. */
dvfo_status dvfo_accuracy_profile_set_text(struct dvfo_ctx *ctx, struct dvfo_accuracy_profile *profile,
                                           dvfo_accuracy_text which, const char *text);

/** Check all that was filled in, as the reader does, and make what is looked up from it. Who asks a profile made in the
 *  program for anything below does this first; loading does it. */
dvfo_status dvfo_accuracy_profile_settle(struct dvfo_ctx *ctx, struct dvfo_accuracy_profile *profile);

/** Read a file; every dimension, name and value is checked. */
dvfo_status dvfo_accuracy_profile_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_accuracy_profile **out);

/** The same from memory; `name` stands for the file in messages. */
dvfo_status dvfo_accuracy_profile_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                              struct dvfo_accuracy_profile **out);

/** Check and write it: whole or not at all; same contents, same bytes. */
dvfo_status dvfo_accuracy_profile_save(struct dvfo_ctx *ctx, const struct dvfo_accuracy_profile *profile,
                                       const char *path);

/* ---- expected values: means over the seeds ---- */

double dvfo_accuracy_profile_full(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part);
double dvfo_accuracy_profile_full_int8(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part);

/** Share of the importance that the first quarters of the channels hold; a channel that a quarter ends in counts in
 * part.
 *  @param importance  (channels) falling, summing to 1
 *  @param quarters    1..3 */
double dvfo_accuracy_held(const float *importance, long channels, int quarters);

/** Of channels chosen by a selection and sent in a coding; linear in lambda between the measured weights. What went
 *  through entropy coding is right as often as without it: nothing is lost. NaN where it was not measured.
 *  @param share_tenths  0: the full network; 10: the remote answer alone, whatever lambda is
 *  @param lambda        0..1, weight of the local answer */
double dvfo_accuracy_profile_split(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                                   dvfo_selection selection, dvfo_coding coding, int share_tenths, double lambda);

/** Bits of a value that is sent, beside the 8 bytes of each int8 channel; NaN where not measured.
 *  @param share_tenths  1..10 */
double dvfo_accuracy_profile_bits(const struct dvfo_accuracy_profile *profile, dvfo_coding coding, int share_tenths);

/* ---- one request: O(1) ---- */

/** Is the split's answer right? Between measured weights in proportion, 0..1. @param share_tenths  1..10 */
double dvfo_accuracy_profile_right_split(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                                         long request, int share_tenths, double lambda);

/* ---- AppealNet: a score below the threshold goes to the full network, another is answered by the little one ---- */

/** Does an input of that score appeal? @param threshold  0: none does; 1: all do */
static inline bool dvfo_accuracy_appeals(double score, double threshold)
{
    return score < threshold || threshold >= 1.0;
}

/** Share of the part's requests that appeal. O(log R) */
double dvfo_accuracy_profile_share_below(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                                         double threshold);

/** Accuracy over the part's requests. O(R) */
double dvfo_accuracy_profile_appeal(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                                    double threshold);

/** The lowest threshold (0, a score of the part, or 1) whose accuracy on the part's requests is at most `loss` below
 *  the full network's on the same. */
dvfo_status dvfo_accuracy_profile_threshold(struct dvfo_ctx *ctx, const struct dvfo_accuracy_profile *profile,
                                            dvfo_accuracy_part part, double loss, double *threshold);

#endif
