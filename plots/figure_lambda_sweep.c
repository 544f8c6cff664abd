/* lambda-sweep: accuracy against the weight of the local answer, for several shares: on the part for validation, where
 * the accuracy floor stands, and on the part for test. Channels chosen by attention, sent as int8. */
#include <math.h>

#include "plots/answers.h"
#include "plots/figure.h"

static const int shares[] = {1, 3, 5, 7, 9}; /* in tenths; at 10 the remote answers alone */
enum { SHARES = sizeof shares / sizeof shares[0], LAST_LAMBDA = DVFO_ACCURACY_LAMBDAS - 1 };

static void write_row(FILE *csv, const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                      const char *answers, const char *share, int lambda, struct dvfo_seeds percent)
{
    fprintf(csv, "%s,%s,%s,%g", dvfo_accuracy_part_name(part), answers, share, lambda / 10.0);
    dvfo_answers_write(csv, percent);
    dvfo_answers_write_origin(csv, profile, part);
}

static void write_split(FILE *csv, const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part, int share)
{
    char text[16];
    snprintf(text, sizeof text, "%d", 10 * share);
    for (int lambda = 0; lambda <= LAST_LAMBDA; lambda++) {
        const struct dvfo_answers answers = {.of = DVFO_ANSWERS_OF_SPLIT,
                                             .selection = DVFO_SELECTION_ATTENTION,
                                             .coding = DVFO_CODING_INT8,
                                             .lambda_tenths = lambda};
        write_row(csv, profile, part, "split", text, lambda,
                  dvfo_answers_percent(profile, part, &answers, share, NULL));
    }
}

/* Both ends of a level line. */
static void write_level(FILE *csv, const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                        const char *name, struct dvfo_seeds percent)
{
    write_row(csv, profile, part, name, "", 0, percent);
    write_row(csv, profile, part, name, "", LAST_LAMBDA, percent);
}

static dvfo_status feed(struct dvfo_ctx *ctx, const struct dvfo_figure_subject *subject, FILE *csv)
{
    const struct dvfo_accuracy_profile *profile = subject->setting->accuracy_profile;
    const double floor = subject->setting->base.scenario.accuracy_floor;
    const struct dvfo_answers full = {.of = DVFO_ANSWERS_OF_FULL};
    (void)ctx;
    fputs("part,answers,share_percent,lambda,accuracy_percent,accuracy_half," DVFO_ANSWERS_ORIGIN "\n", csv);
    for (int p = 0; p < DVFO_PARTS; p++) {
        const dvfo_accuracy_part part = (dvfo_accuracy_part)p;
        const struct dvfo_seeds level = dvfo_answers_percent(profile, part, &full, 1, NULL);
        for (int s = 0; s < SHARES; s++) {
            write_split(csv, profile, part, shares[s]);
        }
        write_level(csv, profile, part, "full", level);
        if (part == DVFO_PART_VALIDATION && !isinf(floor)) { /* nobody may look at the other */
            write_level(csv, profile, part, "floor", (struct dvfo_seeds){level.mean - floor, NAN});
        }
    }
    return DVFO_OK;
}

static const char *const takes[] = {"accuracy", "accuracy-floor", NULL};

const struct dvfo_figure dvfo_figure_lambda_sweep = {
    .name = "lambda-sweep",
    .summary = "accuracy against the weight of the local answer, with the accuracy floor",
    .takes = takes,
    .feed = feed,
};
