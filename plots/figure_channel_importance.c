/* channel-importance: what attention makes of images: example images of a profile, the importance of each channel of
 * theirs, and how much of all importance the most important channels hold, over the requests of the part for test. */
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <stdlib.h>

#include "plots/figure.h"

enum { MOST_EXAMPLES = 4, PIXELS = DVFO_ACCURACY_PIXELS };

#define HEADER "kind,example,class,x,y,red,green,blue,percent,percent_p10,percent_p90,requests\n"

/* Top row first; y grows upward, as an axis does. */
static void write_image(FILE *csv, const struct dvfo_accuracy_profile *profile, long example)
{
    const uint8_t *plane = profile->example + (size_t)example * DVFO_ACCURACY_COLOURS * PIXELS * PIXELS;
    for (int row = 0; row < PIXELS; row++) {
        for (int column = 0; column < PIXELS; column++) {
            const uint8_t *at = plane + row * PIXELS + column;
            fprintf(csv, "image,%ld,%d,%d,%d,%d,%d,%d,,,,\n", example + 1, profile->example_label[example], column,
                    PIXELS - 1 - row, at[0], at[PIXELS * PIXELS], at[2 * PIXELS * PIXELS]);
        }
    }
}

static void write_importance(FILE *csv, const struct dvfo_accuracy_profile *profile, long example)
{
    const float *importance = profile->example_importance + example * profile->size.channels;
    for (long a = 0; a < profile->size.channels; a++) {
        fprintf(csv, "importance,%ld,%d,%ld,,,,,%.6g,,,\n", example + 1, profile->example_label[example], a + 1,
                100.0 * (double)importance[a]);
    }
}

/* One point of the curve: what the first `channels` hold. @param held  (requests) [%]; sorted here */
static void write_held(FILE *csv, double *held, size_t requests, double channels_percent)
{
    gsl_sort(held, 1, requests);
    fprintf(csv, "held,,,%.6g,,,,,%.6g,%.6g,%.6g,%zu\n", channels_percent, gsl_stats_mean(held, 1, requests),
            gsl_stats_quantile_from_sorted_data(held, 1, requests, 0.1),
            gsl_stats_quantile_from_sorted_data(held, 1, requests, 0.9), requests);
}

/* @param sum, held  (requests) scratch */
static void write_curve(FILE *csv, const struct dvfo_accuracy_profile *profile, double *sum, double *held)
{
    const size_t requests = (size_t)profile->size.requests[DVFO_PART_TEST];
    const size_t channels = (size_t)profile->size.channels;
    const float *importance = profile->part[DVFO_PART_TEST].importance; /* descending */
    for (size_t a = 0; a <= channels; a++) {
        for (size_t i = 0; i < requests; i++) {
            sum[i] += a > 0 ? 100.0 * (double)importance[i * channels + a - 1] : 0.0;
            held[i] = sum[i];
        }
        write_held(csv, held, requests, 100.0 * (double)a / (double)channels);
    }
}

static dvfo_status feed(struct dvfo_ctx *ctx, const struct dvfo_figure_subject *subject, FILE *csv)
{
    const struct dvfo_accuracy_profile *profile = subject->setting->accuracy_profile;
    const long examples = profile->size.examples < MOST_EXAMPLES ? profile->size.examples : MOST_EXAMPLES;
    const size_t requests = (size_t)profile->size.requests[DVFO_PART_TEST];
    if (examples == 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "%s: holds no example images; 'dvfo attention evaluate --examples' "
                         "keeps some",
                         profile->path);
    }
    double *scratch = calloc(2 * requests, sizeof *scratch);
    if (scratch == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    fputs(HEADER, csv);
    for (long i = 0; i < examples; i++) {
        write_image(csv, profile, i);
    }
    for (long i = 0; i < examples; i++) {
        write_importance(csv, profile, i);
    }
    write_curve(csv, profile, scratch, scratch + requests);
    free(scratch);
    return DVFO_OK;
}

static const char *const takes[] = {"accuracy", NULL};

const struct dvfo_figure dvfo_figure_channel_importance = {
    .name = "channel-importance",
    .summary = "the importance that attention gives to channels: of images, and over all",
    .takes = takes,
    .feed = feed,
};
