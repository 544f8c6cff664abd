#include "plots/answers.h"

#include <math.h>

static double accuracy_of(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                          const struct dvfo_answers *answers, int share_tenths, long seed)
{
    const struct dvfo_accuracy_table *table = &profile->part[part];
    switch (answers->of) {
    case DVFO_ANSWERS_OF_FULL:
        return table->full[seed];
    case DVFO_ANSWERS_OF_LITTLE:
        return table->little[seed];
    case DVFO_ANSWERS_OF_SPLIT:
        return table->split[dvfo_accuracy_split_index(seed, answers->selection, answers->coding, share_tenths,
                                                      answers->lambda_tenths)];
    case DVFO_ANSWERS_OF_FUSION:
        break;
    }
    return table->fusion[(seed * DVFO_FUSIONS + (long)answers->fusion) * DVFO_ACCURACY_SHARES + share_tenths - 1];
}

struct dvfo_seeds dvfo_answers_percent(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                                       const struct dvfo_answers *answers, int share_tenths,
                                       const struct dvfo_answers *less)
{
    double percent[DVFO_ACCURACY_MAX_SEEDS];
    for (long seed = 0; seed < profile->size.seeds; seed++) {
        const double off = less != NULL ? accuracy_of(profile, part, less, share_tenths, seed) : 0.0;
        percent[seed] = 100.0 * (accuracy_of(profile, part, answers, share_tenths, seed) - off);
    }
    return dvfo_seeds_of(percent, (size_t)profile->size.seeds);
}

bool dvfo_answers_measured(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                           const struct dvfo_answers *answers)
{
    for (int share = 1; share <= DVFO_ACCURACY_SHARES; share++) {
        if (!isnan(dvfo_answers_percent(profile, part, answers, share, NULL).mean)) {
            return true;
        }
    }
    return false;
}

static void write_cell(FILE *csv, double value)
{
    if (isnan(value)) {
        fputc(',', csv);
    } else {
        fprintf(csv, ",%.6g", fabs(value) < 1e-9 ? 0.0 : value); /* of rounding: -1e-15 */
    }
}

void dvfo_answers_write(FILE *csv, struct dvfo_seeds seeds)
{
    write_cell(csv, seeds.mean);
    write_cell(csv, seeds.half);
}

void dvfo_answers_write_origin(FILE *csv, const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part)
{
    fputc(',', csv);
    for (const char *c = profile->text[DVFO_ACCURACY_NAME]; *c != '\0'; c++) {
        fputc(*c == ',' || *c == '"' ? '_' : *c, csv);
    }
    fprintf(csv, ",%ld,%ld\n", profile->size.seeds, profile->part[part].images);
}
