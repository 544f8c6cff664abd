/* Whether an accuracy profile can be used, whoever filled it in: a program, or a file that anybody may have written. */
#include <math.h>
#include <string.h>

#include "profiles/accuracy_profile_format.h"

#define SUM_TOLERANCE 1e-3   /* of importances, which are 32-bit floats */
#define ORDER_TOLERANCE 1e-6 /* of importances that should fall */

struct checking {
    struct dvfo_ctx *ctx;
    const struct dvfo_accuracy_profile *profile;
    const char *name; /* of the file */
};

dvfo_status dvfo_accuracy_check_sizes(struct dvfo_ctx *ctx, const struct dvfo_accuracy_profile *profile,
                                      const char *name)
{
    for (const struct dvfo_accuracy_size_kind *kind = dvfo_accuracy_sizes; kind->name != NULL; kind++) {
        const long size = dvfo_accuracy_size_of(profile, kind);
        if (size < kind->least || size > kind->most) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: '%s' is %ld, expected %ld to %ld", name, kind->name, size,
                             kind->least, kind->most);
        }
    }
    return DVFO_OK;
}

/* ---- texts ---- */

/* One line, or lines that each end in '\n'; nothing that can't be printed. */
static bool is_fit(const char *text, bool lines)
{
    size_t length = 0;
    for (const char *c = text; *c != '\0'; c++) {
        const bool ends = lines && *c == '\n';
        if (!ends && ((unsigned char)*c < ' ' || *c == 0x7F)) {
            return false;
        }
        length = ends ? 0 : length + 1;
        if (length > DVFO_ACCURACY_LINE) {
            return false;
        }
    }
    return text[0] != '\0';
}

static dvfo_status check_texts(const struct checking *c)
{
    for (int i = 0; i < DVFO_ACCURACY_TEXTS; i++) {
        if (!is_fit(c->profile->text[i], i == DVFO_ACCURACY_CONFIGURATION)) {
            return dvfo_fail(c->ctx, DVFO_BAD_INPUT,
                             "%s: '%s' is empty, too long or not printable, expected lines of up to %d bytes", c->name,
                             dvfo_accuracy_text_name((dvfo_accuracy_text)i), DVFO_ACCURACY_LINE);
        }
    }
    for (int i = DVFO_ACCURACY_TRAIN_SHA256; i <= DVFO_ACCURACY_TEST_SHA256; i++) {
        const char *hash = c->profile->text[i];
        if (strlen(hash) != DVFO_SHA256_HEX_SIZE - 1 || strspn(hash, "0123456789abcdef") != DVFO_SHA256_HEX_SIZE - 1) {
            return dvfo_fail(c->ctx, DVFO_BAD_INPUT, "%s: '%s' is no SHA-256", c->name,
                             dvfo_accuracy_text_name((dvfo_accuracy_text)i));
        }
    }
    return DVFO_OK;
}

/* ---- values ---- */

static double value_at(const void *values, dvfo_accuracy_type type, size_t i)
{
    return type == DVFO_ACCURACY_F64   ? ((const double *)values)[i]
           : type == DVFO_ACCURACY_F32 ? (double)((const float *)values)[i]
           : type == DVFO_ACCURACY_U8  ? (double)((const uint8_t *)values)[i]
                                       : (double)((const int32_t *)values)[i];
}

static dvfo_status check_values(const struct checking *c, dvfo_accuracy_part part,
                                const struct dvfo_accuracy_dataset *dataset)
{
    const void *values = dvfo_accuracy_values(c->profile, part, dataset);
    const size_t count = dvfo_accuracy_count(c->profile, part, dataset);
    for (size_t i = 0; i < count; i++) {
        const double value = value_at(values, dataset->type, i);
        const bool absent = dataset->optional && isnan(value);
        if (!absent && !(value >= 0.0 && value <= dataset->most)) {
            return dvfo_fail(c->ctx, DVFO_BAD_INPUT, "%s: value %zu of '%s/%s' is %g, expected %s0 to %g", c->name, i,
                             dvfo_accuracy_group(part, dataset), dataset->name, value,
                             isnan(value) ? "a number from " : "", dataset->most);
        }
    }
    return DVFO_OK;
}

static dvfo_status check_all_values(const struct checking *c)
{
    for (const struct dvfo_accuracy_dataset *dataset = dvfo_accuracy_datasets; dataset->name != NULL; dataset++) {
        for (int part = 0; part < DVFO_PARTS; part++) {
            if (dvfo_accuracy_has_part(dataset, (dvfo_accuracy_part)part)) {
                DVFO_TRY(check_values(c, (dvfo_accuracy_part)part, dataset));
            }
        }
    }
    return DVFO_OK;
}

/* What floors and requests need of a split is there. */
static dvfo_status check_measured(const struct checking *c, dvfo_accuracy_part part)
{
    const double *split = c->profile->part[part].split;
    for (long seed = 0; seed < c->profile->size.seeds; seed++) {
        for (int share = 1; share <= DVFO_ACCURACY_SHARES; share++) {
            for (int lambda = 0; lambda < DVFO_ACCURACY_LAMBDAS; lambda++) {
                if (isnan(split[dvfo_accuracy_split_index(seed, DVFO_SELECTION_ATTENTION, DVFO_CODING_INT8, share,
                                                          lambda)])) {
                    return dvfo_fail(c->ctx, DVFO_BAD_INPUT,
                                     "%s: '/%s/split' of attention and int8 is NaN at share %.1f, lambda %.1f, "
                                     "expected a number",
                                     c->name, dvfo_accuracy_part_name(part), share / 10.0, lambda / 10.0);
                }
            }
        }
    }
    return DVFO_OK;
}

/* ---- importances ---- */

/* @param falls  whether they are in descending order */
static dvfo_status check_importances(const struct checking *c, const char *what, const float *importance, long rows,
                                     bool falls)
{
    const size_t channels = (size_t)c->profile->size.channels;
    for (long i = 0; i < rows; i++) {
        const float *p = importance + (size_t)i * channels;
        double sum = 0.0;
        for (size_t a = 0; a < channels; a++) {
            sum += (double)p[a];
            if (falls && a > 0 && p[a] > p[a - 1] + (float)ORDER_TOLERANCE) {
                return dvfo_fail(c->ctx, DVFO_BAD_INPUT,
                                 "%s: row %ld of '%s' rises from %g to %g at channel %zu, expected a descending order",
                                 c->name, i, what, (double)p[a - 1], (double)p[a], a);
            }
        }
        if (!(fabs(sum - 1.0) <= SUM_TOLERANCE)) {
            return dvfo_fail(c->ctx, DVFO_BAD_INPUT, "%s: row %ld of '%s' sums to %g, expected 1", c->name, i, what,
                             sum);
        }
    }
    return DVFO_OK;
}

static dvfo_status check_examples(const struct checking *c)
{
    const struct dvfo_accuracy_profile *profile = c->profile;
    for (long i = 0; i < profile->size.examples; i++) {
        if (profile->example_label[i] >= profile->size.classes) {
            return dvfo_fail(c->ctx, DVFO_BAD_INPUT, "%s: row %ld of '/examples/label' is %ld, expected less than %ld",
                             c->name, i, (long)profile->example_label[i], profile->size.classes);
        }
    }
    return check_importances(c, "/examples/importance", profile->example_importance, profile->size.examples, false);
}

dvfo_status dvfo_accuracy_check(struct dvfo_ctx *ctx, const struct dvfo_accuracy_profile *profile, const char *name)
{
    const struct checking c = {ctx, profile, name};
    DVFO_TRY(dvfo_accuracy_check_sizes(ctx, profile, name));
    DVFO_TRY(check_texts(&c));
    DVFO_TRY(check_all_values(&c));
    for (int part = 0; part < DVFO_PARTS; part++) {
        char what[64];
        snprintf(what, sizeof what, "/%s/importance", dvfo_accuracy_part_name((dvfo_accuracy_part)part));
        DVFO_TRY(check_measured(&c, (dvfo_accuracy_part)part));
        DVFO_TRY(check_importances(&c, what, profile->part[part].importance, profile->size.requests[part], true));
    }
    return check_examples(&c);
}
