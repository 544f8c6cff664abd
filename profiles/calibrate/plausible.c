#include "profiles/calibrate/plausible.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "profiles/calibrate/predict.h"
#include "sim/base/units.h"

#define LEAST_CLOCK 0.5
#define MOST_CLOCK 1.1
#define LEAST_OF_PEAK 0.1
#define MOST_OF_PEAK 1000.0 /* small networks at low clocks take hundreds of times their arithmetic */
#define MOST_LEAST_S 10.0   /* less is never too long */
#define MOST_LATENCY_S 600.0
#define LEAST_W 0.1
#define MOST_W 100.0
#define THOUSAND 1000.0
#define MOST_APART 1.2 /* ratio of two measurements of one setting */

/* Multiply-adds in a peak cycle at the precision of the row; where the board has no such runtime, of its fastest. */
static double peak_flop_per_cycle(const struct dvfo_board *board, const struct dvfo_measurement *row)
{
    double peak = 0.0;
    for (size_t i = 0; i < board->runtime_count; i++) {
        const struct dvfo_runtime *runtime = &board->runtime[i];
        if (strcmp(runtime->precision, row->precision) == 0 || peak == 0.0) {
            peak = fmax(peak, runtime->flop_per_cycle.value);
        }
    }
    return peak;
}

static dvfo_status check_clock(struct dvfo_ctx *ctx, const struct dvfo_board *board, const char *name,
                               const struct dvfo_measurement *row, int d)
{
    const struct dvfo_clock_domain *domain = &board->clock[d];
    const double low = LEAST_CLOCK * domain->level_hz[0], high = MOST_CLOCK * domain->level_hz[domain->level_count - 1];
    const double hz = row->clocks.hz[d];
    if (isnan(hz) || (hz >= low && hz <= high)) {
        return DVFO_OK;
    }
    const bool khz = hz / THOUSAND >= low && hz / THOUSAND <= high, ghz = hz * THOUSAND >= low && hz * THOUSAND <= high;
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: '%s_mhz' is %g, expected %g to %g of %s%s", name, row->line,
                     dvfo_domain_name((dvfo_domain)d), hz / DVFO_HZ_PER_MHZ, domain->level_hz[0] / DVFO_HZ_PER_MHZ,
                     domain->level_hz[domain->level_count - 1] / DVFO_HZ_PER_MHZ, board->name,
                     khz   ? "; is it in kHz?"
                     : ghz ? "; is it in GHz?"
                           : "");
}

static dvfo_status check_latency(struct dvfo_ctx *ctx, const struct dvfo_board *board, const char *name,
                                 const struct dvfo_measurement *row, const struct dvfo_network *network)
{
    const struct dvfo_clocks clocks = dvfo_predict_clocks(board, row);
    const double peak_s =
        network->work_flop * (double)row->batch / (peak_flop_per_cycle(board, row) * clocks.hz[DVFO_GPU]);
    const double least_s = LEAST_OF_PEAK * peak_s;
    const double most_s = fmin(fmax(MOST_OF_PEAK * peak_s, MOST_LEAST_S), MOST_LATENCY_S);
    if (isnan(row->latency_s) || (row->latency_s >= least_s && row->latency_s <= most_s)) {
        return DVFO_OK;
    }
    const bool seconds = row->latency_s < least_s && row->latency_s * THOUSAND < most_s;
    return dvfo_fail(
        ctx, DVFO_BAD_INPUT,
        "%s:%d: 'latency_ms' is %g, expected %.3g to %.4g: the arithmetic of %s alone takes %.3g ms at the "
        "peak of these clocks%s",
        name, row->line, row->latency_s / DVFO_S_PER_MS, least_s / DVFO_S_PER_MS, most_s / DVFO_S_PER_MS, row->network,
        peak_s / DVFO_S_PER_MS, seconds ? "; is it in seconds?" : "; is it in microseconds?");
}

static dvfo_status check_power(struct dvfo_ctx *ctx, const char *name, const struct dvfo_measurement *row)
{
    if (isnan(row->power_w) || (row->power_w >= LEAST_W && row->power_w <= MOST_W)) {
        return DVFO_OK;
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: 'power_mw' is %g, expected %g to %g%s", name, row->line,
                     row->power_w / DVFO_W_PER_MW, LEAST_W / DVFO_W_PER_MW, MOST_W / DVFO_W_PER_MW,
                     row->power_w < LEAST_W ? "; is it in W?" : "; is it in uW?");
}

/* Points of one setting follow each other when sorted. */
static int by_setting(const void *a, const void *b)
{
    const struct dvfo_measurement *const *first = a, *const *second = b;
    const struct dvfo_measurement *x = *first, *y = *second;
    const int names[] = {strcmp(x->runtime, y->runtime), strcmp(x->precision, y->precision),
                         strcmp(x->network, y->network)};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i] != 0) {
            return names[i];
        }
    }
    const long numbers[] = {x->input_px - y->input_px, x->batch - y->batch, x->cpu_cores - y->cpu_cores};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (numbers[i] != 0) {
            return numbers[i] < 0 ? -1 : 1;
        }
    }
    const int clocks = memcmp(&x->clocks, &y->clocks, sizeof x->clocks);
    return clocks != 0 ? clocks : (x->line > y->line) - (x->line < y->line);
}

static bool same_setting(const struct dvfo_measurement *x, const struct dvfo_measurement *y)
{
    return strcmp(x->runtime, y->runtime) == 0 && strcmp(x->precision, y->precision) == 0 &&
           strcmp(x->network, y->network) == 0 && x->input_px == y->input_px && x->batch == y->batch &&
           x->cpu_cores == y->cpu_cores && memcmp(&x->clocks, &y->clocks, sizeof x->clocks) == 0;
}

static dvfo_status check_repeats(struct dvfo_ctx *ctx, const char *name, const struct dvfo_measurement *sorted[],
                                 size_t n, size_t *repeats)
{
    for (size_t i = 1; i < n; i++) {
        const struct dvfo_measurement *x = sorted[i - 1], *y = sorted[i];
        if (!same_setting(x, y) || isnan(x->latency_s) || isnan(y->latency_s)) {
            continue;
        }
        if (fmax(x->latency_s, y->latency_s) > MOST_APART * fmin(x->latency_s, y->latency_s)) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT,
                             "%s:%d and %d: the same setting of %s took %g and %g ms, expected at most 20 %% between "
                             "them; keep the right one",
                             name, x->line, y->line, x->network, x->latency_s / DVFO_S_PER_MS,
                             y->latency_s / DVFO_S_PER_MS);
        }
        ++*repeats;
    }
    return DVFO_OK;
}

/* A row's network; the message says whose. */
static dvfo_status network_of(struct dvfo_ctx *ctx, const char *name, const struct dvfo_measurement *row,
                              struct dvfo_predict_networks *networks, const struct dvfo_network **out)
{
    const dvfo_status status = dvfo_predict_network(ctx, networks, row, out);
    if (status != DVFO_BAD_INPUT || ctx == NULL) {
        return status;
    }
    char sentence[sizeof ctx->message];
    memcpy(sentence, ctx->message, sizeof sentence);
    return dvfo_fail(ctx, status, "%s:%d: %.800s", name, row->line, sentence);
}

static dvfo_status check_rows(struct dvfo_ctx *ctx, const struct dvfo_board *board, const char *name,
                              const struct dvfo_measurements *points, struct dvfo_predict_networks *networks)
{
    for (size_t i = 0; i < points->n; i++) {
        const struct dvfo_measurement *row = &points->row[i];
        const struct dvfo_network *network = NULL;
        if (strcmp(row->board, board->name) != 0) {
            continue;
        }
        for (int d = 0; d < DVFO_DOMAINS; d++) {
            DVFO_TRY(check_clock(ctx, board, name, row, d));
        }
        DVFO_TRY(check_power(ctx, name, row));
        DVFO_TRY(network_of(ctx, name, row, networks, &network));
        DVFO_TRY(check_latency(ctx, board, name, row, network));
    }
    return DVFO_OK;
}

dvfo_status dvfo_plausible(struct dvfo_ctx *ctx, const struct dvfo_board *board, const char *name,
                           const struct dvfo_measurements *points, size_t *repeats)
{
    size_t count = 0, n = 0;
    struct dvfo_predict_networks networks = {0};
    const struct dvfo_measurement **sorted = malloc((points->n + 1) * sizeof *sorted);
    if (sorted == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < points->n; i++) {
        if (strcmp(points->row[i].board, board->name) == 0) {
            sorted[n++] = &points->row[i];
        }
    }
    qsort(sorted, n, sizeof *sorted, by_setting);
    dvfo_status status = check_rows(ctx, board, name, points, &networks);
    status = status == DVFO_OK ? check_repeats(ctx, name, sorted, n, &count) : status;
    free(sorted);
    dvfo_predict_networks_free(&networks);
    if (repeats != NULL) {
        *repeats = count;
    }
    return status;
}
