#include "bench/batch/claims.h"

#include <math.h>
#include <string.h>

#include "bench/batch/plan_parts.h"
#include "bench/batch/rows.h"
#include "sim/base/data_path.h"

void dvfo_claims_free(struct dvfo_claims *claims)
{
    dvfo_yaml_free(claims->yaml);
    *claims = (struct dvfo_claims){0};
}

/* ---- reading ---- */

static dvfo_status read_rule(struct dvfo_ctx *ctx, dvfo_yaml_node map, dvfo_claim_rule *out)
{
    static const char *const names[] = {"saving", "most", "below", "untested"};
    const char *name = NULL;
    DVFO_TRY(dvfo_yaml_string(ctx, map, "rule", &name));
    for (int i = 0; i < 4; i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (dvfo_claim_rule)i;
            return DVFO_OK;
        }
    }
    return dvfo_yaml_fail(ctx, map, "'rule' is '%s', expected saving, most, below or untested", name);
}

static dvfo_status read_claim(struct dvfo_ctx *ctx, dvfo_yaml_node map, struct dvfo_claim *out)
{
    static const char *const keys[] = {"id",      "source",  "says", "why",    "experiment", "subject",
                                       "against", "measure", "rule", "figure", NULL};
    DVFO_TRY(dvfo_yaml_allow(ctx, map, keys));
    DVFO_TRY(dvfo_yaml_string(ctx, map, "id", &out->id));
    DVFO_TRY(dvfo_yaml_string(ctx, map, "source", &out->source));
    DVFO_TRY(dvfo_yaml_string(ctx, map, "says", &out->says));
    DVFO_TRY(read_rule(ctx, map, &out->rule));
    if (out->rule == DVFO_CLAIM_UNTESTED) {
        return dvfo_yaml_string(ctx, map, "why", &out->why);
    }
    DVFO_TRY(dvfo_yaml_string(ctx, map, "experiment", &out->experiment));
    DVFO_TRY(dvfo_yaml_string(ctx, map, "subject", &out->subject));
    DVFO_TRY(dvfo_yaml_string(ctx, map, "measure", &out->measure));
    DVFO_TRY(dvfo_yaml_number(ctx, map, "figure", -1e6, 1e6, &out->figure));
    DVFO_TRY(dvfo_plan_read_list(ctx, map, "against", &out->against));
    return out->rule == DVFO_CLAIM_BELOW || out->against.count > 0
               ? DVFO_OK
               : dvfo_yaml_fail(ctx, map, "claim '%s' has no 'against', expected policies", out->id);
}

static dvfo_status read_claims(struct dvfo_ctx *ctx, const char *path, struct dvfo_claims *out)
{
    DVFO_TRY(dvfo_yaml_load(ctx, path, &out->yaml));
    const dvfo_yaml_node root = dvfo_yaml_root(out->yaml);
    if (!dvfo_yaml_is_list(root) || dvfo_yaml_count(root) > DVFO_CLAIMS) {
        return dvfo_yaml_fail(ctx, root, "expected a list of at most %d claims", (int)DVFO_CLAIMS);
    }
    for (; out->count < dvfo_yaml_count(root); out->count++) {
        DVFO_TRY(read_claim(ctx, dvfo_yaml_item(root, out->count), &out->claim[out->count]));
    }
    return DVFO_OK;
}

dvfo_status dvfo_claims_load(struct dvfo_ctx *ctx, struct dvfo_claims *out)
{
    char path[DVFO_PATH_SIZE];
    *out = (struct dvfo_claims){0};
    DVFO_TRY(dvfo_data_path(ctx, "list of claims", "bench", "claims", ".yaml", path));
    const dvfo_status status = read_claims(ctx, path, out);
    if (status != DVFO_OK) {
        dvfo_claims_free(out);
    }
    return status;
}

/* ---- our figure ---- */

static const struct dvfo_estimate unknown = {(double)NAN, (double)NAN, (double)NAN};

/* Values of a policy, (points, seeds); caller frees. */
static dvfo_status values_of(struct dvfo_ctx *ctx, const struct dvfo_gathered *gathered, const char *policy,
                             const struct dvfo_measure *measure, double **out)
{
    size_t p = 0;
    *out = NULL;
    DVFO_TRY(dvfo_gathered_find_policy(ctx, gathered, "claim", policy, &p));
    *out = calloc(gathered->points * gathered->seeds + 1, sizeof **out);
    if (*out == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < gathered->points * gathered->seeds; i++) {
        (*out)[i] = dvfo_measure_of(measure, dvfo_gathered_at(gathered, i / gathered->seeds, i % gathered->seeds, p));
    }
    return DVFO_OK;
}

static struct dvfo_estimate in_percent(struct dvfo_estimate e)
{
    return (struct dvfo_estimate){100.0 * e.low, 100.0 * e.high, 100.0 * e.point};
}

/* Of the cell where most is saved. */
static dvfo_status find_most(struct dvfo_ctx *ctx, const struct dvfo_gathered *gathered, const double *x,
                             const double *y, struct dvfo_estimate *out)
{
    *out = (struct dvfo_estimate){(double)NAN, (double)NAN, -(double)INFINITY};
    for (size_t point = 0; point < gathered->points; point++) {
        struct dvfo_estimate cell;
        const struct dvfo_scores scores = {
            .tasks = 1, .runs = gathered->seeds, .x = x + point * gathered->seeds, .y = y + point * gathered->seeds};
        DVFO_TRY(dvfo_rows_estimate(ctx, &scores, dvfo_statistic_saving, NULL, &cell));
        *out = 100.0 * cell.point > out->point ? in_percent(cell) : *out;
    }
    return DVFO_OK;
}

/* Against the best rival of each cell: a row of the plan's comparison. */
static dvfo_status save_against_best(struct dvfo_ctx *ctx, const struct dvfo_claim *claim,
                                     const struct dvfo_gathered *gathered, struct dvfo_estimate *out)
{
    struct dvfo_comparison *comparison = calloc(1, sizeof *comparison);
    if (comparison == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    *out = unknown;
    const dvfo_status status = dvfo_compare(ctx, gathered, claim->subject, comparison);
    for (size_t r = 0; r < comparison->rows && status == DVFO_OK; r++) {
        for (size_t m = 0; m < comparison->measures && strcmp(comparison->row[r].policy, "best rival") == 0; m++) {
            if (strcmp(comparison->measure[m].name, claim->measure) == 0) {
                *out = comparison->row[r].saving[m];
            }
        }
    }
    free(comparison);
    return status;
}

static dvfo_status save_most(struct dvfo_ctx *ctx, const struct dvfo_claim *claim, const struct dvfo_gathered *gathered,
                             const struct dvfo_measure *measure, struct dvfo_estimate *out)
{
    double *x = NULL, *y = NULL;
    dvfo_status status = values_of(ctx, gathered, claim->subject, measure, &x);
    status = status == DVFO_OK ? values_of(ctx, gathered, claim->against.entry[0], measure, &y) : status;
    status = status == DVFO_OK ? find_most(ctx, gathered, x, y, out) : status;
    free(x);
    free(y);
    return status;
}

static dvfo_status mean_of(struct dvfo_ctx *ctx, const struct dvfo_claim *claim, const struct dvfo_gathered *gathered,
                           const struct dvfo_measure *measure, struct dvfo_estimate *out)
{
    double *x = NULL;
    *out = unknown;
    DVFO_TRY(values_of(ctx, gathered, claim->subject, measure, &x));
    const struct dvfo_scores scores = {.tasks = gathered->points, .runs = gathered->seeds, .x = x};
    const bool known = !isnan(x[0]); /* an accuracy without a profile isn't */
    const dvfo_status status = known ? dvfo_rows_estimate(ctx, &scores, dvfo_statistic_mean, NULL, out) : DVFO_OK;
    free(x);
    return status;
}

static dvfo_status measure_claim(struct dvfo_ctx *ctx, const struct dvfo_claim *claim,
                                 const struct dvfo_gathered *gathered, struct dvfo_estimate *out)
{
    const struct dvfo_plan_list *against = &claim->against;
    struct dvfo_measure measure;
    DVFO_TRY(dvfo_measure_find(ctx, claim->measure, &measure));
    if (claim->rule == DVFO_CLAIM_BELOW) {
        return mean_of(ctx, claim, gathered, &measure, out);
    }
    if (claim->rule == DVFO_CLAIM_MOST) {
        return save_most(ctx, claim, gathered, &measure, out);
    }
    if (strcmp(against->entry[0], "best rival") == 0) {
        return save_against_best(ctx, claim, gathered, out);
    }
    const bool all = strcmp(against->entry[0], "all rivals") == 0;
    return dvfo_compare_with_all(ctx, gathered, claim->subject, all ? &gathered->plan->comparison.rivals : against,
                                 &measure, out);
}

/* ---- the verdict ---- */

static void judge(const struct dvfo_claim *claim, size_t cells, size_t seeds, struct dvfo_verdict *out)
{
    const struct dvfo_estimate *e = &out->ours;
    const char *unit = claim->rule == DVFO_CLAIM_BELOW ? "points" : "%";
    char over[64];
    snprintf(over, sizeof over, "over %zu cells and %zu seed%s", cells, seeds, seeds == 1 ? "" : "s");
    if (isnan(e->low)) {
        out->verdict = "no verdict";
        snprintf(out->reason, sizeof out->reason, "%.3g %s %s: too few seeds for an interval", e->point, unit, over);
        return;
    }
    const bool below = claim->rule == DVFO_CLAIM_BELOW;
    const bool reached = below ? e->low <= claim->figure : e->high >= claim->figure;
    out->verdict = reached ? "reproduced" : !below && e->low > 0.0 ? "in direction" : "not reproduced";
    snprintf(out->reason, sizeof out->reason, "the interval [%.3g, %.3g] %s %s %s %.3g", e->low, e->high, unit, over,
             !reached                                              ? "misses"
             : e->low <= claim->figure && claim->figure <= e->high ? "contains"
                                                                   : "lies beyond",
             claim->figure);
}

dvfo_status dvfo_claim_judge(struct dvfo_ctx *ctx, const struct dvfo_claim *claim, const struct dvfo_gathered *gathered,
                             struct dvfo_verdict *out)
{
    *out = (struct dvfo_verdict){.ours = unknown, .verdict = "not tested"};
    if (claim->rule == DVFO_CLAIM_UNTESTED || gathered == NULL) {
        snprintf(out->reason, sizeof out->reason, "%s", claim->why != NULL ? claim->why : "its experiment wasn't run");
        return DVFO_OK;
    }
    DVFO_TRY(measure_claim(ctx, claim, gathered, &out->ours));
    judge(claim, gathered->points, gathered->seeds, out);
    return DVFO_OK;
}
