/* Least squares with GSL's Levenberg-Marquardt: coefficients inside bounds, rows weighed by Huber, errors by bootstrap.
 */
#include <gsl/gsl_blas.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <string.h>

#include "profiles/calibrate/fit.h"
#include "sim/base/random.h"

enum { MAX_ITERATIONS = 200, MAX_REWEIGHTS = 8, MAX_RETRIES = 3, REPLICATES = 400, SHORTEST_STRATUM = 8 };

/* A solution this far out on the logistic curve lies at a bound. */
#define BOUND_SHARE 1e-3

/* Huber: rows within so many standard deviations weigh fully, those beyond in proportion less; 95 % efficient for a
 * normal distribution. */
#define HUBER 1.345

/* Of the noise expected: what residuals smaller than this say about each other is nothing. */
#define LEAST_SCALE 0.1

/* A row speaks of a coefficient when its slope is more than this share of the largest. */
#define SPEAKS 0.01

/* GSL takes steps relative to a coordinate, so none may pass zero: logits beyond 20 are at a bound anyway. */
#define ORIGIN 40.0

static double share_of(double x)
{
    return 1.0 / (1.0 + exp(ORIGIN - x));
}

/* The coefficient at x on the logistic curve between its bounds, and back: between their logarithms where both are
 * positive. */
static double value_of(const struct dvfo_fit_coefficient *c, double x)
{
    return c->low > 0.0 ? c->low * pow(c->high / c->low, share_of(x)) : c->low + (c->high - c->low) * share_of(x);
}

static double place_of(const struct dvfo_fit_coefficient *c, double value)
{
    const double share = c->low > 0.0 ? log(fmax(value, c->low) / c->low) / log(c->high / c->low)
                                      : (value - c->low) / (c->high - c->low);
    const double inside = share < 0.01 ? 0.01 : share > 0.99 ? 0.99 : share;
    return ORIGIN + log(inside / (1.0 - inside));
}

static bool is_expected(const struct dvfo_fit_coefficient *c)
{
    return isfinite(c->quantity->low);
}

/* Where the search begins, whatever the file holds now: so a fit run again gives the same, and one without some of the
 * data knows nothing of them. The middle of what was expected; else so far from the lower bound to the upper. */
#define START_SHARE 0.4

static double start_of(const struct dvfo_fit_coefficient *c)
{
    return is_expected(c) ? place_of(c, sqrt(c->quantity->low * c->quantity->high))
                          : ORIGIN + log(START_SHARE / (1.0 - START_SHARE));
}

/* Distance from what was expected, in standard deviations: low and high are two of them away from the middle. */
static double surprise(const struct dvfo_fit_coefficient *c)
{
    const struct dvfo_quantity *q = c->quantity;
    return log(q->value / sqrt(q->low * q->high)) / (log(q->high / q->low) / 4.0);
}

struct problem {
    struct dvfo_fit *fit;
    void (*residual)(void *user, double *out);
    void *user;
    size_t rows;     /* of data */
    size_t expected; /* coefficients with an expectation: one more row each */
    double *out;     /* (rows) GSL hands in columns of a matrix, which aren't contiguous */
    double *sorted;  /* (rows) sizes of residuals */
    gsl_vector *weight;
    gsl_multifit_nlinear_workspace *work;
};

static double noise_of(const struct dvfo_fit *fit)
{
    return fit->noise > 0.0 ? fit->noise : 1.0;
}

static int evaluate(const gsl_vector *x, void *params, gsl_vector *f)
{
    struct problem *problem = params;
    struct dvfo_fit *fit = problem->fit;
    for (size_t i = 0; i < fit->coefficient_count; i++) {
        fit->coefficient[i].quantity->value = value_of(&fit->coefficient[i], gsl_vector_get(x, i));
    }
    problem->residual(problem->user, problem->out);
    for (size_t i = 0; i < problem->rows; i++) {
        if (!isfinite(problem->out[i])) {
            return GSL_EDOM;
        }
        gsl_vector_set(f, i, problem->out[i]);
    }
    for (size_t i = 0, row = problem->rows; i < fit->coefficient_count; i++) {
        if (is_expected(&fit->coefficient[i])) {
            gsl_vector_set(f, row++, noise_of(fit) * surprise(&fit->coefficient[i]));
        }
    }
    return GSL_SUCCESS;
}

/* Huber weights from the residuals at the latest solution. Returns the largest change of a weight. */
static double reweigh(struct problem *problem)
{
    double *sorted = problem->sorted;
    for (size_t i = 0; i < problem->rows; i++) {
        sorted[i] = fabs(problem->out[i]);
    }
    gsl_sort(sorted, 1, problem->rows);
    const double least = LEAST_SCALE * noise_of(problem->fit); /* data without noise would weigh by rounding */
    const double scale = fmax(least, 1.4826 * gsl_stats_median_from_sorted_data(sorted, 1, problem->rows));
    double change = 0.0;
    for (size_t i = 0; i < problem->rows; i++) {
        const double size = fabs(problem->out[i]);
        const double weight = size <= HUBER * scale ? 1.0 : HUBER * scale / size;
        change = fmax(change, fabs(weight - gsl_vector_get(problem->weight, i)));
        gsl_vector_set(problem->weight, i, weight);
    }
    return change;
}

/* No step improves any more, twice in a row: at the first time the solver has only reset the length of its steps. */
enum { VAIN_STEPS = 2 };

/* A valley whose floor falls by no more than this share in so many steps: coefficients that the data can't tell apart
 * would be moved along it for ever. */
enum { LOOK_BACK = 20 };
#define FLAT 1e-7

static double cost_of(const struct problem *problem)
{
    double cost = 0.0;
    gsl_blas_ddot(gsl_multifit_nlinear_residual(problem->work), gsl_multifit_nlinear_residual(problem->work), &cost);
    return cost;
}

/* Iterate until the solver is done, no step improves (as on a bound), or hardly any does. */
static dvfo_status iterate(struct dvfo_ctx *ctx, struct problem *problem)
{
    int info = 0, vain = 0;
    double before = HUGE_VAL;
    for (int i = 0; i < MAX_ITERATIONS && vain < VAIN_STEPS; i++) {
        if (ctx != NULL && ctx->stop != NULL && *ctx->stop) {
            return dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted while fitting");
        }
        const int code = gsl_multifit_nlinear_iterate(problem->work);
        if (code != GSL_SUCCESS && code != GSL_ENOPROG) {
            return dvfo_fail(ctx, DVFO_FAILED, "the fit stopped: %s", gsl_strerror(code));
        }
        vain = code == GSL_ENOPROG ? vain + 1 : 0;
        if (gsl_multifit_nlinear_test(1e-6, 1e-6, 0.0, &info, problem->work) != GSL_CONTINUE) {
            return DVFO_OK;
        }
        if (i % LOOK_BACK == 0) {
            const double cost = cost_of(problem);
            if (cost > (1.0 - FLAT) * before) {
                return DVFO_OK;
            }
            before = cost;
        }
    }
    if (vain < VAIN_STEPS) {
        dvfo_note(ctx, "the fit was still improving after %d iterations", MAX_ITERATIONS);
    }
    return DVFO_OK;
}

static dvfo_status descend(struct dvfo_ctx *ctx, struct problem *problem, gsl_vector *x)
{
    gsl_multifit_nlinear_fdf fdf = {
        .f = evaluate, .n = problem->rows + problem->expected, .p = problem->fit->coefficient_count, .params = problem};
    const int code = gsl_multifit_nlinear_winit(x, problem->weight, &fdf, problem->work);
    if (code != GSL_SUCCESS) {
        return dvfo_fail(ctx, DVFO_FAILED, "the fit stopped: %s", gsl_strerror(code));
    }
    DVFO_TRY(iterate(ctx, problem));
    gsl_vector_memcpy(x, gsl_multifit_nlinear_position(problem->work));
    return DVFO_OK;
}

static dvfo_status reweighted(struct dvfo_ctx *ctx, struct problem *problem, gsl_vector *x, gsl_vector *f)
{
    gsl_vector_set_all(problem->weight, 1.0);
    for (int i = 0; i < MAX_REWEIGHTS; i++) {
        DVFO_TRY(descend(ctx, problem, x));
        evaluate(x, problem, f);
        if (reweigh(problem) < 0.02) {
            return DVFO_OK;
        }
    }
    return DVFO_OK;
}

static bool is_at_bound(double x)
{
    const double share = share_of(x);
    return share < BOUND_SHARE || share > 1.0 - BOUND_SHARE;
}

/* What the fit minimises in the end, at the noise that was known before: so that solutions can be compared whose rows
 * weigh differently. */
static double robust_cost(const struct problem *problem)
{
    const double noise = noise_of(problem->fit), bend = HUBER * noise;
    double cost = 0.0;
    for (size_t i = 0; i < problem->rows; i++) {
        const double size = fabs(problem->out[i]);
        cost += size <= bend ? size * size : bend * (2.0 * size - bend);
    }
    for (size_t i = 0; i < problem->fit->coefficient_count; i++) {
        const struct dvfo_fit_coefficient *c = &problem->fit->coefficient[i];
        cost += is_expected(c) ? pow(noise * surprise(c), 2.0) : 0.0;
    }
    return cost;
}

/* On a bound the curve is flat, and a first step that was too long stays there: such coefficients get another chance
 * from the middle of their bounds, and it counts when it leads lower. */
static dvfo_status retry_from_bounds(struct dvfo_ctx *ctx, struct problem *problem, gsl_vector *x, gsl_vector *f,
                                     gsl_vector *other)
{
    for (int attempt = 0; attempt < MAX_RETRIES; attempt++) {
        const double cost = robust_cost(problem);
        bool moved = false;
        gsl_vector_memcpy(other, x);
        for (size_t i = 0; i < x->size; i++) {
            if (is_at_bound(gsl_vector_get(x, i))) {
                gsl_vector_set(other, i, ORIGIN);
                moved = true;
            }
        }
        if (!moved) {
            return DVFO_OK;
        }
        DVFO_TRY(reweighted(ctx, problem, other, f));
        if (robust_cost(problem) > (1.0 - 1e-3) * cost) {
            return reweighted(ctx, problem, x, f); /* back to where it was */
        }
        gsl_vector_memcpy(x, other);
    }
    return DVFO_OK;
}

/* Coefficients as the solver leaves them; one that the data push out of its bounds is set on the bound, and one that
 * nothing speaks of stays what it was, if it was known. Writes the columns of the others and returns how many they are.
 */
static size_t store_values(struct dvfo_fit *fit, const gsl_vector *x, size_t column[])
{
    size_t inside = 0;
    for (size_t i = 0; i < fit->coefficient_count; i++) {
        struct dvfo_fit_coefficient *c = &fit->coefficient[i];
        const double share = share_of(gsl_vector_get(x, i));
        const bool silent = c->quantity->points == 0 && !is_expected(c);
        c->at_bound = is_at_bound(gsl_vector_get(x, i));
        c->quantity->value = !c->at_bound ? value_of(c, gsl_vector_get(x, i)) : share < 0.5 ? c->low : c->high;
        c->quantity->error = NAN;
        if (silent && !c->at_bound && isfinite(c->before)) {
            c->quantity->value = c->before;
        } else if (!silent && !c->at_bound) {
            column[inside++] = i;
        }
    }
    return inside;
}

static void count_points(struct problem *problem, const gsl_matrix *jacobian)
{
    for (size_t i = 0; i < problem->fit->coefficient_count; i++) {
        double largest = 0.0;
        long points = 0;
        for (size_t row = 0; row < problem->rows; row++) {
            largest = fmax(largest, fabs(gsl_matrix_get(jacobian, row, i)));
        }
        for (size_t row = 0; row < problem->rows; row++) {
            points += largest > 0.0 && fabs(gsl_matrix_get(jacobian, row, i)) > SPEAKS * largest;
        }
        problem->fit->coefficient[i].quantity->points = points;
    }
}

/* One replicate: rows drawn anew within their strata, expectations shifted as far as they are uncertain, and the step
 * from the solution that Gauss and Newton would take then. So a coefficient that the data leave open keeps the
 * uncertainty of its expectation. */
struct replicate {
    size_t n; /* coefficients inside their bounds */
    const size_t *column;
    gsl_matrix *normal;
    gsl_vector *slope, *step;
    double *times; /* (rows + expected) how often each row was drawn; 1 for an expectation */
    double *shift; /* (rows + expected) of an expectation's residual; 0 for a row */
};

/* Strata are runs of equal numbers; one too short to draw from joins the next. */
static size_t end_of_stratum(const struct problem *problem, size_t first)
{
    const size_t *stratum = problem->fit->stratum;
    size_t end = first + 1;
    while (end < problem->rows &&
           (stratum == NULL || end - first < SHORTEST_STRATUM || stratum[end] == stratum[end - 1])) {
        end++;
    }
    return problem->rows - end < SHORTEST_STRATUM ? problem->rows : end;
}

static void draw(const struct problem *problem, gsl_rng *random, struct replicate *replicate)
{
    memset(replicate->times, 0, problem->rows * sizeof *replicate->times);
    for (size_t first = 0; first < problem->rows;) {
        const size_t end = end_of_stratum(problem, first);
        for (size_t i = first; i < end; i++) {
            replicate->times[first + gsl_rng_uniform_int(random, end - first)] += 1.0;
        }
        first = end;
    }
    for (size_t row = problem->rows; row < problem->rows + problem->expected; row++) {
        replicate->times[row] = 1.0;
        replicate->shift[row] = gsl_ran_gaussian(random, noise_of(problem->fit));
    }
}

static bool take_step(const gsl_matrix *jacobian, const gsl_vector *f, struct replicate *replicate)
{
    gsl_matrix_set_zero(replicate->normal);
    gsl_vector_set_zero(replicate->slope);
    for (size_t row = 0; row < f->size; row++) {
        const double times = replicate->times[row], residual = gsl_vector_get(f, row) + replicate->shift[row];
        for (size_t i = 0; i < replicate->n && times > 0.0; i++) {
            const double slope = gsl_matrix_get(jacobian, row, replicate->column[i]);
            *gsl_vector_ptr(replicate->slope, i) -= times * slope * residual;
            for (size_t j = 0; j <= i; j++) {
                *gsl_matrix_ptr(replicate->normal, i, j) +=
                    times * slope * gsl_matrix_get(jacobian, row, replicate->column[j]);
            }
        }
    }
    for (size_t i = 0; i < replicate->n; i++) {
        *gsl_matrix_ptr(replicate->normal, i, i) *= 1.0 + 1e-9; /* two coefficients may move alike */
    }
    return gsl_linalg_cholesky_decomp1(replicate->normal) == GSL_SUCCESS &&
           gsl_linalg_cholesky_solve(replicate->normal, replicate->slope, replicate->step) == GSL_SUCCESS;
}

/* Standard deviations over the replicates. @param values  (REPLICATES * n) scratch */
static void bootstrap(struct problem *problem, const gsl_vector *x, struct replicate *replicate, gsl_rng *random,
                      double *values)
{
    const gsl_matrix *jacobian = gsl_multifit_nlinear_jac(problem->work); /* weighted, as the residuals are */
    const gsl_vector *f = gsl_multifit_nlinear_residual(problem->work);
    size_t count = 0;
    for (int i = 0; i < REPLICATES; i++) {
        draw(problem, random, replicate);
        if (!take_step(jacobian, f, replicate)) {
            continue;
        }
        for (size_t k = 0; k < replicate->n; k++) {
            const double step = fmax(-5.0, fmin(5.0, gsl_vector_get(replicate->step, k)));
            const size_t column = replicate->column[k];
            values[k * REPLICATES + count] =
                value_of(&problem->fit->coefficient[column], gsl_vector_get(x, column) + step);
        }
        count++;
    }
    for (size_t k = 0; k < replicate->n && count > 1; k++) {
        problem->fit->coefficient[replicate->column[k]].quantity->error =
            gsl_stats_sd(values + k * REPLICATES, 1, count);
    }
}

static dvfo_status store_errors(struct dvfo_ctx *ctx, struct problem *problem, const gsl_vector *x)
{
    size_t column[DVFO_FIT_MAX_COEFFICIENTS];
    count_points(problem, gsl_multifit_nlinear_jac(problem->work));
    struct replicate replicate = {.n = store_values(problem->fit, x, column), .column = column};
    if (replicate.n == 0) {
        return DVFO_OK;
    }
    replicate.normal = gsl_matrix_alloc(replicate.n, replicate.n);
    replicate.slope = gsl_vector_alloc(replicate.n);
    replicate.step = gsl_vector_alloc(replicate.n);
    replicate.times = malloc((problem->rows + problem->expected) * sizeof *replicate.times);
    replicate.shift = calloc(problem->rows + problem->expected, sizeof *replicate.shift);
    double *values = malloc(replicate.n * REPLICATES * sizeof *values);
    gsl_rng *random = dvfo_random_stream(1, 0, "fit bootstrap");
    dvfo_status status = DVFO_OK;
    if (replicate.normal == NULL || replicate.slope == NULL || replicate.step == NULL || replicate.times == NULL ||
        replicate.shift == NULL || values == NULL || random == NULL) {
        status = dvfo_fail_no_memory(ctx);
    } else {
        bootstrap(problem, x, &replicate, random, values);
    }
    gsl_rng_free(random);
    free(values);
    free(replicate.shift);
    free(replicate.times);
    gsl_vector_free(replicate.step);
    gsl_vector_free(replicate.slope);
    gsl_matrix_free(replicate.normal);
    return status;
}

static dvfo_status solve(struct dvfo_ctx *ctx, struct problem *problem, gsl_vector *x, gsl_vector *f, gsl_vector *other)
{
    const struct dvfo_fit *fit = problem->fit;
    for (size_t i = 0; i < fit->coefficient_count; i++) {
        gsl_vector_set(x, i, start_of(&fit->coefficient[i]));
    }
    DVFO_TRY(reweighted(ctx, problem, x, f));
    DVFO_TRY(retry_from_bounds(ctx, problem, x, f, other));
    return store_errors(ctx, problem, x);
}

static size_t count_expected(const struct dvfo_fit *fit)
{
    size_t count = 0;
    for (size_t i = 0; i < fit->coefficient_count; i++) {
        count += is_expected(&fit->coefficient[i]);
    }
    return count;
}

dvfo_status dvfo_fit_solve(struct dvfo_ctx *ctx, struct dvfo_fit *fit, size_t rows,
                           void (*residual)(void *user, double *out), void *user)
{
    const size_t n = fit->coefficient_count, expected = count_expected(fit);
    if (n == 0) {
        return DVFO_OK;
    }
    if (rows + expected <= n) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%zu measured values are too few for %zu coefficients", rows, n);
    }
    gsl_multifit_nlinear_parameters parameters = gsl_multifit_nlinear_default_parameters();
    struct problem problem = {
        .fit = fit,
        .residual = residual,
        .user = user,
        .rows = rows,
        .expected = expected,
        .out = malloc(rows * sizeof *problem.out),
        .sorted = malloc(rows * sizeof *problem.sorted),
        .weight = gsl_vector_alloc(rows + expected),
        .work = gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &parameters, rows + expected, n)};
    gsl_vector *x = gsl_vector_alloc(n), *other = gsl_vector_alloc(n), *f = gsl_vector_alloc(rows + expected);
    const bool made = problem.out != NULL && problem.weight != NULL && problem.work != NULL && problem.sorted != NULL &&
                      x != NULL && other != NULL && f != NULL;
    const dvfo_status status = made ? solve(ctx, &problem, x, f, other) : dvfo_fail_no_memory(ctx);
    gsl_vector_free(f);
    gsl_vector_free(other);
    gsl_vector_free(x);
    gsl_multifit_nlinear_free(problem.work);
    gsl_vector_free(problem.weight);
    free(problem.sorted);
    free(problem.out);
    return status;
}
