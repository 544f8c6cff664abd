#include "bench/batch/compare.h"

#include <math.h>
#include <string.h>

#include "bench/batch/rows.h"

#define WORTH 0.02 /* gap to the oracle, in costs of the reference, from which its scale is used */

struct comparing {
    const struct dvfo_gathered *gathered;
    struct dvfo_comparison *out;
    struct dvfo_measure cost;
    size_t subject, reference, oracle; /* policies; oracle may be none: the number of policies */
    size_t rivals, rival[DVFO_PLAN_VALUES];
    double *x, *y, *z; /* (cells, seeds) */
};

static const struct dvfo_estimate unknown = {(double)NAN, (double)NAN, (double)NAN};

/* Values of a policy, (cells, seeds). */
static void fill(const struct dvfo_gathered *gathered, const struct dvfo_measure *measure, size_t policy, double *out)
{
    for (size_t point = 0; point < gathered->points; point++) {
        for (size_t s = 0; s < gathered->seeds; s++) {
            *out++ = dvfo_measure_of(measure, dvfo_gathered_at(gathered, point, s, policy));
        }
    }
}

static double mean_of_cell(const struct comparing *comparing, const struct dvfo_measure *measure, size_t policy,
                           size_t point)
{
    double sum = 0.0;
    for (size_t s = 0; s < comparing->gathered->seeds; s++) {
        sum += dvfo_measure_of(measure, dvfo_gathered_at(comparing->gathered, point, s, policy));
    }
    return sum / (double)comparing->gathered->seeds;
}

/* Of each cell the rival whose mean is lowest there. */
static void fill_best(const struct comparing *comparing, const struct dvfo_measure *measure, double *out)
{
    const struct dvfo_gathered *gathered = comparing->gathered;
    for (size_t point = 0; point < gathered->points; point++) {
        size_t best = comparing->rival[0];
        for (size_t r = 1; r < comparing->rivals; r++) {
            if (mean_of_cell(comparing, measure, comparing->rival[r], point) <
                mean_of_cell(comparing, measure, best, point)) {
                best = comparing->rival[r];
            }
        }
        for (size_t s = 0; s < gathered->seeds; s++) {
            *out++ = dvfo_measure_of(measure, dvfo_gathered_at(gathered, point, s, best));
        }
    }
}

static struct dvfo_scores scores_of(const struct comparing *comparing, const double *x, const double *y)
{
    return (struct dvfo_scores){
        .tasks = comparing->gathered->points, .runs = comparing->gathered->seeds, .x = x, .y = y};
}

static struct dvfo_estimate transformed(struct dvfo_estimate e, double (*function)(double))
{
    return (struct dvfo_estimate){function(e.low), function(e.high), function(e.point)};
}

static double percent(double part)
{
    return 100.0 * part;
}

/* ---- on the scale of the reference ---- */

/* @param y  costs of the reference; x: of the policy */
static dvfo_status compare_costs(struct dvfo_ctx *ctx, const struct comparing *comparing, struct dvfo_compare_row *row)
{
    const size_t count = comparing->gathered->points * comparing->gathered->seeds;
    struct dvfo_scores scores = scores_of(comparing, comparing->x, comparing->y);
    DVFO_TRY(dvfo_rows_estimate(ctx, &scores, dvfo_statistic_log_ratio, NULL, &row->ratio));
    row->ratio = transformed(row->ratio, exp);
    for (size_t i = 0; i < count; i++) {
        comparing->z[i] = log(comparing->x[i] / comparing->y[i]);
    }
    scores = scores_of(comparing, comparing->z, NULL);
    DVFO_TRY(dvfo_rows_estimate(ctx, &scores, dvfo_statistic_iqm, NULL, &row->middle));
    row->middle = transformed(row->middle, exp);
    return DVFO_OK;
}

/* Reference 0, oracle 1; cells in which there is next to nothing to gain say nothing on this scale. */
static dvfo_status normalise(struct dvfo_ctx *ctx, struct comparing *comparing, size_t policy,
                             struct dvfo_compare_row *row)
{
    const struct dvfo_gathered *gathered = comparing->gathered;
    size_t cells = 0;
    for (size_t point = 0; point < gathered->points && comparing->oracle < gathered->policies; point++) {
        const double reference = mean_of_cell(comparing, &comparing->cost, comparing->reference, point);
        const double oracle = mean_of_cell(comparing, &comparing->cost, comparing->oracle, point);
        for (size_t s = 0; s < gathered->seeds && reference - oracle >= WORTH * reference; s++) {
            const double cost_j = dvfo_measure_of(&comparing->cost, dvfo_gathered_at(gathered, point, s, policy));
            comparing->z[cells * gathered->seeds + s] = (reference - cost_j) / (reference - oracle);
        }
        cells += reference - oracle >= WORTH * reference;
    }
    comparing->out->with_gap = cells;
    if (cells == 0) {
        return DVFO_OK;
    }
    const struct dvfo_scores scores = {.tasks = cells, .runs = gathered->seeds, .x = comparing->z};
    DVFO_TRY(dvfo_rows_estimate(ctx, &scores, dvfo_statistic_iqm, NULL, &row->normalised));
    return dvfo_rows_estimate(ctx, &scores, dvfo_statistic_optimality_gap, NULL, &row->optimality);
}

/* ---- the mean of several rivals ---- */

/* Savings of cells and seeds, averaged over rivals, are the scores. */
static void add_savings(const double *x, const double *y, size_t count, double weight, double *sum)
{
    for (size_t i = 0; i < count; i++) {
        sum[i] += weight * 100.0 * (1.0 - x[i] / y[i]);
    }
}

dvfo_status dvfo_compare_with_all(struct dvfo_ctx *ctx, const struct dvfo_gathered *gathered, const char *subject,
                                  const struct dvfo_plan_list *rivals, const struct dvfo_measure *measure,
                                  struct dvfo_estimate *out)
{
    const size_t count = gathered->points * gathered->seeds;
    size_t policy = 0;
    double *x = calloc(3 * count + 1, sizeof *x), *y = x + count, *z = y + count;
    if (x == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    dvfo_status status = dvfo_gathered_find_policy(ctx, gathered, "comparison", subject, &policy);
    if (status == DVFO_OK) {
        fill(gathered, measure, policy, x);
    }
    for (size_t r = 0; r < rivals->count && status == DVFO_OK; r++) {
        status = dvfo_gathered_find_policy(ctx, gathered, "comparison", rivals->entry[r], &policy);
        if (status == DVFO_OK) {
            fill(gathered, measure, policy, y);
            add_savings(x, y, count, 1.0 / (double)rivals->count, z);
        }
    }
    const struct dvfo_scores scores = {.tasks = gathered->points, .runs = gathered->seeds, .x = z};
    status = status == DVFO_OK ? dvfo_rows_estimate(ctx, &scores, dvfo_statistic_mean, NULL, out) : status;
    free(x);
    return status;
}

/* ---- the subject against somebody ---- */

static dvfo_status save_against(struct dvfo_ctx *ctx, const struct comparing *comparing, size_t measure,
                                struct dvfo_estimate *out)
{
    const struct dvfo_scores scores = scores_of(comparing, comparing->x, comparing->y);
    fill(comparing->gathered, &comparing->out->measure[measure], comparing->subject, comparing->x);
    DVFO_TRY(dvfo_rows_estimate(ctx, &scores, dvfo_statistic_saving, NULL, out));
    *out = transformed(*out, percent);
    return DVFO_OK;
}

static dvfo_status compare_rival(struct dvfo_ctx *ctx, struct comparing *comparing, size_t policy,
                                 struct dvfo_compare_row *row)
{
    const struct dvfo_gathered *gathered = comparing->gathered;
    const dvfo_better lower = DVFO_LOWER_IS_BETTER;
    *row = (struct dvfo_compare_row){.policy = gathered->plan->policies.entry[policy],
                                     .normalised = unknown,
                                     .optimality = unknown,
                                     .improvement = unknown};
    fill(gathered, &comparing->cost, policy, comparing->x);
    fill(gathered, &comparing->cost, comparing->reference, comparing->y);
    DVFO_TRY(compare_costs(ctx, comparing, row));
    DVFO_TRY(normalise(ctx, comparing, policy, row));
    for (size_t m = 0; m < comparing->out->measures; m++) {
        row->saving[m] = unknown;
        fill(gathered, &comparing->out->measure[m], policy, comparing->y);
        if (policy != comparing->subject) {
            DVFO_TRY(save_against(ctx, comparing, m, &row->saving[m]));
        }
    }
    if (policy == comparing->subject) {
        return DVFO_OK;
    }
    const struct dvfo_scores scores = scores_of(comparing, comparing->x, comparing->y);
    fill(gathered, &comparing->cost, comparing->subject, comparing->x);
    fill(gathered, &comparing->cost, policy, comparing->y);
    return dvfo_rows_estimate(ctx, &scores, dvfo_statistic_improvement, &lower, &row->improvement);
}

static dvfo_status compare_best(struct dvfo_ctx *ctx, struct comparing *comparing, struct dvfo_compare_row *row)
{
    *row = (struct dvfo_compare_row){
        .policy = "best rival", .normalised = unknown, .optimality = unknown, .improvement = unknown};
    fill_best(comparing, &comparing->cost, comparing->x);
    fill(comparing->gathered, &comparing->cost, comparing->reference, comparing->y);
    DVFO_TRY(compare_costs(ctx, comparing, row));
    for (size_t m = 0; m < comparing->out->measures; m++) {
        fill_best(comparing, &comparing->out->measure[m], comparing->y);
        DVFO_TRY(save_against(ctx, comparing, m, &row->saving[m]));
    }
    return DVFO_OK;
}

static dvfo_status compare_all(struct dvfo_ctx *ctx, struct comparing *comparing, struct dvfo_compare_row *row)
{
    const struct dvfo_plan_comparison *plan = &comparing->gathered->plan->comparison;
    *row = (struct dvfo_compare_row){.policy = "all rivals",
                                     .ratio = unknown,
                                     .middle = unknown,
                                     .normalised = unknown,
                                     .optimality = unknown,
                                     .improvement = unknown};
    for (size_t m = 0; m < comparing->out->measures; m++) {
        DVFO_TRY(dvfo_compare_with_all(ctx, comparing->gathered, comparing->out->subject, &plan->rivals,
                                       &comparing->out->measure[m], &row->saving[m]));
    }
    return DVFO_OK;
}

/* Is the subject's mean cost the lowest of a cell, or tied within its interval? */
static dvfo_status is_lowest(struct dvfo_ctx *ctx, const struct comparing *comparing, size_t point, bool *out)
{
    const size_t seeds = comparing->gathered->seeds;
    double lowest = (double)INFINITY;
    struct dvfo_estimate own;
    for (size_t r = 0; r < comparing->rivals; r++) {
        lowest = fmin(lowest, mean_of_cell(comparing, &comparing->cost, comparing->rival[r], point));
    }
    fill(comparing->gathered, &comparing->cost, comparing->subject, comparing->x);
    const struct dvfo_scores scores = {.tasks = 1, .runs = seeds, .x = comparing->x + point * seeds};
    DVFO_TRY(dvfo_rows_estimate(ctx, &scores, dvfo_statistic_mean, NULL, &own));
    *out = own.point <= lowest || own.low <= lowest; /* an unknown interval reaches nowhere */
    return DVFO_OK;
}

/* ---- all of it ---- */

static dvfo_status prepare(struct dvfo_ctx *ctx, struct comparing *comparing)
{
    const struct dvfo_gathered *gathered = comparing->gathered;
    const struct dvfo_plan_comparison *plan = &gathered->plan->comparison;
    const size_t count = gathered->points * gathered->seeds;
    DVFO_TRY(dvfo_measure_find(ctx, "cost_j", &comparing->cost));
    DVFO_TRY(dvfo_gathered_find_policy(ctx, gathered, "comparison", comparing->out->subject, &comparing->subject));
    DVFO_TRY(dvfo_gathered_find_policy(ctx, gathered, "comparison", plan->reference, &comparing->reference));
    comparing->oracle = gathered->policies;
    if (plan->oracle != NULL) {
        DVFO_TRY(dvfo_gathered_find_policy(ctx, gathered, "comparison", plan->oracle, &comparing->oracle));
    }
    for (size_t r = 0; r < plan->rivals.count; r++) {
        DVFO_TRY(dvfo_gathered_find_policy(ctx, gathered, "comparison", plan->rivals.entry[r],
                                           &comparing->rival[comparing->rivals++]));
    }
    for (size_t m = 0; m < plan->measures.count && m < DVFO_PLAN_NAMES; m++) {
        DVFO_TRY(dvfo_measure_find(ctx, plan->measures.entry[m], &comparing->out->measure[comparing->out->measures++]));
    }
    comparing->x = calloc(count + 1, sizeof *comparing->x);
    comparing->y = calloc(count + 1, sizeof *comparing->y);
    comparing->z = calloc(count + 1, sizeof *comparing->z);
    return comparing->x != NULL && comparing->y != NULL && comparing->z != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

static dvfo_status compare(struct dvfo_ctx *ctx, struct comparing *comparing)
{
    struct dvfo_comparison *out = comparing->out;
    DVFO_TRY(compare_rival(ctx, comparing, comparing->subject, &out->row[out->rows++]));
    for (size_t r = 0; r < comparing->rivals; r++) {
        DVFO_TRY(compare_rival(ctx, comparing, comparing->rival[r], &out->row[out->rows++]));
    }
    DVFO_TRY(compare_best(ctx, comparing, &out->row[out->rows++]));
    DVFO_TRY(compare_all(ctx, comparing, &out->row[out->rows++]));
    for (size_t point = 0; point < out->cells; point++) {
        bool lowest = false;
        DVFO_TRY(is_lowest(ctx, comparing, point, &lowest));
        out->lowest += lowest;
    }
    return DVFO_OK;
}

dvfo_status dvfo_compare(struct dvfo_ctx *ctx, const struct dvfo_gathered *gathered, const char *subject,
                         struct dvfo_comparison *out)
{
    struct comparing comparing = {.gathered = gathered, .out = out};
    *out = (struct dvfo_comparison){.plan = gathered->plan,
                                    .subject = subject != NULL ? subject : gathered->plan->comparison.subject,
                                    .cells = gathered->points,
                                    .seeds = gathered->seeds};
    dvfo_status status = prepare(ctx, &comparing);
    status = status == DVFO_OK ? compare(ctx, &comparing) : status;
    free(comparing.x);
    free(comparing.y);
    free(comparing.z);
    return status;
}

dvfo_status dvfo_compare_profile(struct dvfo_ctx *ctx, const struct dvfo_gathered *gathered, size_t policy,
                                 double tau[DVFO_COMPARE_TAUS], struct dvfo_estimate share[DVFO_COMPARE_TAUS])
{
    const size_t count = gathered->points * gathered->seeds;
    struct dvfo_measure cost;
    size_t reference = 0;
    DVFO_TRY(dvfo_measure_find(ctx, "cost_j", &cost));
    DVFO_TRY(dvfo_gathered_find_policy(ctx, gathered, "comparison", gathered->plan->comparison.reference, &reference));
    double *x = calloc(2 * count + 1, sizeof *x), *y = x + count;
    if (x == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    fill(gathered, &cost, policy, x);
    fill(gathered, &cost, reference, y);
    for (size_t i = 0; i < count; i++) {
        x[i] = y[i] / x[i];
    }
    const struct dvfo_scores scores = {.tasks = gathered->points, .runs = gathered->seeds, .x = x};
    dvfo_status status = DVFO_OK;
    for (size_t t = 0; t < DVFO_COMPARE_TAUS && status == DVFO_OK; t++) {
        tau[t] = 0.5 * pow(8.0, (double)t / (DVFO_COMPARE_TAUS - 1));
        status = dvfo_rows_estimate(ctx, &scores, dvfo_statistic_share_above, &tau[t], &share[t]);
    }
    free(x);
    return status;
}
