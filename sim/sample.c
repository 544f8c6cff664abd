#include "sim/sample.h"

#include <math.h>

#include "profiles/accuracy_profile.h"
#include "sim/base/random.h"

_Static_assert((int)DVFO_IMPORTANCES == (int)DVFO_ACCURACY_HELD, "what is observed is what a profile holds");

long dvfo_sample_row(uint64_t seed, long request, long rows)
{
    const double uniform = (double)(dvfo_random_seed(seed, (uint64_t)request, "image") >> 11) * 0x1p-53; /* 0..1 */
    return (long)(uniform * (double)rows);
}

long dvfo_samples_row(const struct dvfo_samples *samples, long request)
{
    return samples->profile == NULL
               ? -1
               : dvfo_sample_row(samples->seed, request, samples->profile->size.requests[samples->part]);
}

static const struct dvfo_accuracy_table *table_of(const struct dvfo_samples *samples)
{
    return &samples->profile->part[samples->part];
}

void dvfo_samples_importance(const struct dvfo_samples *samples, long row, double importance[DVFO_IMPORTANCES])
{
    for (int i = 0; i < DVFO_IMPORTANCES; i++) {
        importance[i] = row >= 0 ? (double)table_of(samples)->held[row * DVFO_IMPORTANCES + i] : (double)NAN;
    }
}

double dvfo_samples_score(const struct dvfo_samples *samples, long row)
{
    return row >= 0 ? (double)table_of(samples)->score[row] : (double)NAN;
}

double dvfo_samples_right_full(const struct dvfo_samples *samples, long row)
{
    return row >= 0 ? (double)table_of(samples)->right_full[row] : (double)NAN;
}

double dvfo_samples_right(const struct dvfo_samples *samples, const struct dvfo_scenario_def *def,
                          const struct dvfo_request *request)
{
    const struct dvfo_decision *decision = &request->decision;
    const bool answered = request->remote == DVFO_REMOTE_ANSWERED;
    if (request->row < 0) {
        return (double)NAN;
    }
    const struct dvfo_accuracy_table *table = table_of(samples);
    if (decision->place == DVFO_PLACE_APPEAL && !answered) {
        return table->right_little[request->row];
    }
    const bool by_row = def->attention && dvfo_coding_plain(def->payload) == DVFO_CODING_INT8;
    if (decision->place == DVFO_PLACE_SPLIT && answered && !by_row) { /* known on average only */
        return dvfo_accuracy_profile_split(samples->profile, samples->part, dvfo_scenario_selection(def), def->payload,
                                           decision->share_tenths, def->lambda);
    }
    if (decision->place == DVFO_PLACE_SPLIT && answered) {
        return dvfo_accuracy_profile_right_split(samples->profile, samples->part, request->row, decision->share_tenths,
                                                 def->lambda);
    }
    if (decision->place == DVFO_PLACE_LAYER && answered && def->layer_int8) {
        return table->right_full_int8[request->row];
    }
    return table->right_full[request->row];
}
