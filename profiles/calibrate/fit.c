#include "profiles/calibrate/fit.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <math.h>
#include <string.h>

#include "sim/base/text.h"

enum { MAX_ITERATIONS = 400 };

/* A solution this far out on the logistic curve lies at a bound. */
#define BOUND_SHARE 1e-3

void dvfo_fit_offer(struct dvfo_fit *fit, struct dvfo_quantity *quantity, double low, double high, const char *unit,
                    const char *name)
{
    if (quantity->standing != DVFO_CALIBRATED) {
        return;
    }
    for (size_t i = 0; i < fit->coefficient_count; i++) {
        if (fit->coefficient[i].quantity->line == quantity->line && quantity->line != 0) {
            return; /* one `default` line stands for several classes: its first one speaks for all */
        }
    }
    DVFO_REQUIRE(fit->coefficient_count < DVFO_FIT_MAX_COEFFICIENTS);
    struct dvfo_fit_coefficient *c = &fit->coefficient[fit->coefficient_count++];
    *c = (struct dvfo_fit_coefficient){
        .unit = unit, .quantity = quantity, .low = low, .high = high, .before = quantity->value};
    snprintf(c->name, sizeof c->name, "%s", name);
}

/* GSL takes steps relative to a coordinate, so none may pass zero: logits beyond 20 are at a bound anyway. */
#define ORIGIN 40.0

static double share_of(double x)
{
    return 1.0 / (1.0 + exp(ORIGIN - x));
}

/* The coefficient at x on the logistic curve between its bounds, and back. */
static double value_of(const struct dvfo_fit_coefficient *c, double x)
{
    return c->low + (c->high - c->low) * share_of(x);
}

static double place_of(const struct dvfo_fit_coefficient *c, double value)
{
    const double share = (value - c->low) / (c->high - c->low);
    const double inside = share < 0.01 ? 0.01 : share > 0.99 ? 0.99 : share;
    return ORIGIN + log(inside / (1.0 - inside));
}

/* d value / d x */
static double slope_of(const struct dvfo_fit_coefficient *c, double x)
{
    const double share = share_of(x);
    return (c->high - c->low) * share * (1.0 - share);
}

struct problem {
    struct dvfo_fit *fit;
    void (*residual)(void *user, double *out);
    void *user;
    double *out; /* (rows) GSL hands in columns of a matrix, which aren't contiguous */
};

static void place(struct dvfo_fit *fit, const gsl_vector *x)
{
    for (size_t i = 0; i < fit->coefficient_count; i++) {
        fit->coefficient[i].quantity->value = value_of(&fit->coefficient[i], gsl_vector_get(x, i));
    }
}

static int evaluate(const gsl_vector *x, void *params, gsl_vector *f)
{
    struct problem *problem = params;
    place(problem->fit, x);
    problem->residual(problem->user, problem->out);
    for (size_t i = 0; i < f->size; i++) {
        if (!isfinite(problem->out[i])) {
            return GSL_EDOM;
        }
        gsl_vector_set(f, i, problem->out[i]);
    }
    return GSL_SUCCESS;
}

/* Coefficients as the solver leaves them; one that the data push out of its bounds is set on the bound.
 * Returns how many are inside. */
static size_t store_values(struct dvfo_fit *fit, const gsl_vector *position)
{
    size_t inside = 0;
    for (size_t i = 0; i < fit->coefficient_count; i++) {
        struct dvfo_fit_coefficient *c = &fit->coefficient[i];
        const double x = gsl_vector_get(position, i), share = share_of(x);
        c->at_bound = share < BOUND_SHARE || share > 1.0 - BOUND_SHARE;
        c->quantity->value = !c->at_bound ? value_of(c, x) : share < 0.5 ? c->low : c->high;
        c->quantity->error = NAN;
        inside += !c->at_bound;
    }
    return inside;
}

/* Standard errors of those inside, the others held on their bounds: with their flat columns the covariance would hang
 * on rounding. */
static dvfo_status store_errors(struct dvfo_ctx *ctx, struct dvfo_fit *fit, gsl_multifit_nlinear_workspace *work,
                                size_t rows)
{
    const size_t inside = store_values(fit, gsl_multifit_nlinear_position(work));
    gsl_matrix *jacobian = inside > 0 ? gsl_matrix_alloc(rows, inside) : NULL;
    gsl_matrix *covariance = inside > 0 ? gsl_matrix_alloc(inside, inside) : NULL;
    dvfo_status status = DVFO_OK;
    if (jacobian == NULL || covariance == NULL) {
        status = inside > 0 ? dvfo_fail_no_memory(ctx) : DVFO_OK;
        goto done;
    }
    for (size_t i = 0, column = 0; i < fit->coefficient_count; i++) {
        if (!fit->coefficient[i].at_bound) {
            gsl_vector_const_view from = gsl_matrix_const_column(gsl_multifit_nlinear_jac(work), i);
            gsl_matrix_set_col(jacobian, column++, &from.vector);
        }
    }
    double sum = 0.0;
    gsl_blas_ddot(gsl_multifit_nlinear_residual(work), gsl_multifit_nlinear_residual(work), &sum);
    gsl_multifit_nlinear_covar(jacobian, 1e-12, covariance);
    const double variance = sum / (double)(rows - inside);
    for (size_t i = 0, column = 0; i < fit->coefficient_count; i++) {
        struct dvfo_fit_coefficient *c = &fit->coefficient[i];
        if (!c->at_bound) {
            const double x = gsl_vector_get(gsl_multifit_nlinear_position(work), i);
            c->quantity->error = sqrt(variance * gsl_matrix_get(covariance, column, column)) * slope_of(c, x);
            column++;
        }
    }
done:
    gsl_matrix_free(covariance);
    gsl_matrix_free(jacobian);
    return status;
}

static dvfo_status run_solver(struct dvfo_ctx *ctx, struct problem *problem, gsl_multifit_nlinear_workspace *work,
                              gsl_vector *start, size_t rows)
{
    gsl_multifit_nlinear_fdf fdf = {.f = evaluate, .n = rows, .p = problem->fit->coefficient_count, .params = problem};
    int info = 0;
    int code = gsl_multifit_nlinear_init(start, &fdf, work);
    if (code == GSL_SUCCESS) {
        code = gsl_multifit_nlinear_driver(MAX_ITERATIONS, 1e-8, 1e-8, 0.0, NULL, NULL, &info, work);
    }
    /* GSL_ENOPROG: no step improves any more, which is how a solution at a bound ends */
    if (code != GSL_SUCCESS && code != GSL_ENOPROG && code != GSL_EMAXITER) {
        return dvfo_fail(ctx, DVFO_FAILED, "the fit stopped: %s", gsl_strerror(code));
    }
    if (code == GSL_EMAXITER) {
        dvfo_note(ctx, "the fit was still improving after %d iterations", MAX_ITERATIONS);
    }
    return store_errors(ctx, problem->fit, work, rows);
}

dvfo_status dvfo_fit_solve(struct dvfo_ctx *ctx, struct dvfo_fit *fit, size_t rows,
                           void (*residual)(void *user, double *out), void *user)
{
    const size_t n = fit->coefficient_count;
    if (n == 0) {
        return DVFO_OK;
    }
    if (rows <= n) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%zu measured values are too few for %zu coefficients", rows, n);
    }
    struct problem problem = {
        .fit = fit, .residual = residual, .user = user, .out = malloc(rows * sizeof *problem.out)};
    gsl_multifit_nlinear_parameters parameters = gsl_multifit_nlinear_default_parameters();
    gsl_multifit_nlinear_workspace *work = gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &parameters, rows, n);
    gsl_vector *start = gsl_vector_alloc(n);
    dvfo_status status = DVFO_OK;
    if (work == NULL || start == NULL || problem.out == NULL) {
        status = dvfo_fail_no_memory(ctx);
        goto done;
    }
    for (size_t i = 0; i < n; i++) {
        gsl_vector_set(start, i, place_of(&fit->coefficient[i], fit->coefficient[i].before));
    }
    status = run_solver(ctx, &problem, work, start, rows);
done:
    gsl_vector_free(start);
    gsl_multifit_nlinear_free(work);
    free(problem.out);
    return status;
}

void dvfo_fit_tell(struct dvfo_fit *fit, const char *group, double model, double measured, const char *unit)
{
    size_t i = 0;
    while (i < fit->group_count && strcmp(fit->group[i].name, group) != 0) {
        i++;
    }
    if (i == fit->group_count) {
        DVFO_REQUIRE(i < DVFO_FIT_MAX_GROUPS);
        fit->group[i] = (struct dvfo_fit_group){0};
        snprintf(fit->group[i].name, sizeof fit->group[i].name, "%s", group);
        fit->group_count++;
    }
    struct dvfo_fit_group *g = &fit->group[i];
    const double rows = (double)g->rows, relative_error = model / measured - 1.0, magnitude = fabs(relative_error);
    g->mean_abs_unit = (g->mean_abs_unit * rows + fabs(model - measured)) / (rows + 1.0);
    g->unit = unit;
    g->mean_abs = (g->mean_abs * rows + magnitude) / (rows + 1.0);
    g->bias = (g->bias * rows + relative_error) / (rows + 1.0);
    g->max_abs = magnitude > g->max_abs ? magnitude : g->max_abs;
    g->rows++;
}

dvfo_status dvfo_fit_network(struct dvfo_ctx *ctx, struct dvfo_fit_networks *networks,
                             const struct dvfo_measurement *row, const struct dvfo_network **out)
{
    for (size_t i = 0; i < networks->n; i++) {
        if (strcmp(networks->entry[i].name, row->network) == 0 && networks->entry[i].input_px == row->input_px) {
            *out = networks->entry[i].network;
            return DVFO_OK;
        }
    }
    if (networks->n == DVFO_FIT_MAX_GROUPS) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the measurements name more than %d networks and input sizes",
                         DVFO_FIT_MAX_GROUPS);
    }
    struct dvfo_network *network = NULL;
    DVFO_TRY(dvfo_network_load(ctx, row->network, row->input_px, NULL, &network));
    strcpy(networks->entry[networks->n].name, row->network);
    networks->entry[networks->n].input_px = row->input_px;
    networks->entry[networks->n].network = network;
    networks->n++;
    *out = network;
    return DVFO_OK;
}

void dvfo_fit_networks_free(struct dvfo_fit_networks *networks)
{
    for (size_t i = 0; i < networks->n; i++) {
        dvfo_network_free(networks->entry[i].network);
    }
    networks->n = 0;
}

struct dvfo_clocks dvfo_fit_clocks(const struct dvfo_board *board, const struct dvfo_measurement *row)
{
    struct dvfo_clocks clocks = row->clocks;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        const struct dvfo_clock_domain *domain = &board->clock[d];
        const bool rests = d == DVFO_CPU && row->busy[DVFO_CPU] == 0.0;
        if (isnan(clocks.hz[d])) {
            clocks.hz[d] = domain->level_hz[rests ? 0 : domain->level_count - 1];
        }
    }
    return clocks;
}
