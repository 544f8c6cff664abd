#include "traces/trace.h"

#include <math.h>
#include <string.h>

#define MAX_PERIOD_S 1e8 /* three years; a longer recording is a time stamp misread */

static dvfo_status check_steps(struct dvfo_ctx *ctx, const char *name, size_t n, const double *start_s,
                               const double *rate_bps, double period_s);

/* A place in the repeated trace: the period it lies in, the time since that period began, the step that holds there. */
struct place {
    double periods; /* whole periods before it */
    double phase_s; /* [0, period_s) */
    size_t step;
};

dvfo_status dvfo_trace_create(struct dvfo_ctx *ctx, const char *name, const char *format, size_t n,
                              const double *start_s, const double *rate_bps, double period_s, struct dvfo_trace **out)
{
    *out = NULL;
    DVFO_TRY(check_steps(ctx, name, n, start_s, rate_bps, period_s));
    struct dvfo_trace *trace = calloc(1, sizeof *trace);
    if (trace == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    trace->name = dvfo_text_copy(name);
    trace->format = dvfo_text_copy(format);
    trace->start_s = malloc(n * sizeof *trace->start_s);
    trace->rate_bps = malloc(n * sizeof *trace->rate_bps);
    trace->sent_bits = malloc((n + 1) * sizeof *trace->sent_bits);
    if (trace->name == NULL || trace->format == NULL || trace->start_s == NULL || trace->rate_bps == NULL ||
        trace->sent_bits == NULL) {
        dvfo_trace_free(trace);
        return dvfo_fail_no_memory(ctx);
    }
    trace->n = n;
    trace->period_s = period_s;
    memcpy(trace->start_s, start_s, n * sizeof *start_s);
    memcpy(trace->rate_bps, rate_bps, n * sizeof *rate_bps);
    trace->sent_bits[0] = 0.0;
    for (size_t i = 0; i < n; i++) {
        const double end_s = i + 1 < n ? start_s[i + 1] : period_s;
        trace->sent_bits[i + 1] = trace->sent_bits[i] + rate_bps[i] * (end_s - start_s[i]);
    }
    if (!(trace->sent_bits[n] > 0.0)) {
        dvfo_trace_free(trace);
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "%s: carries nothing from its beginning to its end, expected a rate above 0", name);
    }
    *out = trace;
    return DVFO_OK;
}

static dvfo_status check_steps(struct dvfo_ctx *ctx, const char *name, size_t n, const double *start_s,
                               const double *rate_bps, double period_s)
{
    if (n == 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: has no steps, expected at least one", name);
    }
    if (start_s[0] != 0.0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: begins at %g s, expected 0", name, start_s[0]);
    }
    for (size_t i = 0; i < n; i++) {
        const double end_s = i + 1 < n ? start_s[i + 1] : period_s;
        if (!(end_s > start_s[i]) || !(end_s <= MAX_PERIOD_S)) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT,
                             "%s: step %zu goes from %.9g to %.9g s, expected times that rise to at most %g s", name,
                             i + 1, start_s[i], end_s, MAX_PERIOD_S);
        }
        if (!(rate_bps[i] >= 0.0 && rate_bps[i] <= DVFO_TRACE_MAX_BPS)) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: the rate of step %zu is %g bit/s, expected 0 to %g", name, i + 1,
                             rate_bps[i], DVFO_TRACE_MAX_BPS);
        }
    }
    return DVFO_OK;
}

void dvfo_trace_free(struct dvfo_trace *trace)
{
    if (trace != NULL) {
        free(trace->filled);
        free(trace->sent_bits);
        free(trace->rate_bps);
        free(trace->start_s);
        free(trace->format);
        free(trace->name);
        free(trace);
    }
}

/* The step in force at `phase_s`: the last one with start_s <= phase_s. Most traces have steps of nearly one length,
 * so the search opens at the place where they would have exactly that and widens by doubling. */
static size_t step_at(const struct dvfo_trace *trace, double phase_s)
{
    const size_t n = trace->n;
    const double *start_s = trace->start_s;
    const size_t guess = (size_t)(phase_s / trace->period_s * (double)n);
    size_t low = guess < n ? guess : n - 1; /* start_s[low] <= phase_s once found */
    size_t high;                            /* start_s[high] > phase_s, or n */
    if (start_s[low] <= phase_s) {
        size_t stride = 1;
        high = low + 1;
        while (high < n && start_s[high] <= phase_s) {
            low = high;
            high = n - high > stride ? high + stride : n;
            stride *= 2;
        }
    } else {
        size_t stride = 1;
        do {
            high = low;
            low = low > stride ? low - stride : 0;
            stride *= 2;
        } while (start_s[low] > phase_s);
    }
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (start_s[middle] <= phase_s) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The first step from `first` on by whose end `bits`, counted from the start of the period, are through. Transfers are
 * short beside a period, so the search doubles its stride from where they begin. */
static size_t step_that_sends(const struct dvfo_trace *trace, size_t first, double bits)
{
    const double *sent_bits = trace->sent_bits;
    size_t low = first; /* everything below it ends too early */
    size_t stride = 1;
    size_t high = first;
    while (high < trace->n - 1 && sent_bits[high + 1] < bits) {
        low = high + 1;
        high = trace->n - 1 - high > stride ? high + stride : trace->n - 1;
        stride *= 2;
    }
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (sent_bits[middle + 1] < bits) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct place place_of(const struct dvfo_trace *trace, double t_s)
{
    DVFO_REQUIRE(t_s >= 0.0 && isfinite(t_s));
    struct place place = {.periods = 0.0, .phase_s = t_s};
    if (t_s >= trace->period_s) {
        place.phase_s = fmod(t_s, trace->period_s); /* exact, unlike t - k * period */
        place.periods = round((t_s - place.phase_s) / trace->period_s);
    }
    place.step = step_at(trace, place.phase_s);
    return place;
}

static double step_end_s(const struct dvfo_trace *trace, size_t step)
{
    return step + 1 < trace->n ? trace->start_s[step + 1] : trace->period_s;
}

double dvfo_trace_rate_bps(const struct dvfo_trace *trace, double t_s)
{
    return trace->rate_bps[place_of(trace, t_s).step];
}

double dvfo_trace_sent_bits(const struct dvfo_trace *trace, double t_s)
{
    const struct place place = place_of(trace, t_s);
    return place.periods * trace->sent_bits[trace->n] + trace->sent_bits[place.step] +
           trace->rate_bps[place.step] * (place.phase_s - trace->start_s[place.step]);
}

double dvfo_trace_send_time_s(const struct dvfo_trace *trace, double t0_s, double bits)
{
    DVFO_REQUIRE(bits >= 0.0 && isfinite(bits));
    if (bits == 0.0) {
        return 0.0;
    }
    const struct place place = place_of(trace, t0_s);
    const double step_left_s = step_end_s(trace, place.step) - place.phase_s;
    const double step_left_bits = trace->rate_bps[place.step] * step_left_s;
    if (bits <= step_left_bits) {
        return bits / trace->rate_bps[place.step]; /* no difference of large sums where none is needed */
    }
    double bits_left = bits - step_left_bits; /* to send from the end of this step on */
    double time_s = step_left_s;
    size_t first = place.step + 1;
    const double period_bits = trace->sent_bits[trace->n];
    const double period_left_bits = period_bits - trace->sent_bits[first];
    if (bits_left > period_left_bits) {
        bits_left -= period_left_bits;
        const double periods = ceil(bits_left / period_bits) - 1.0; /* bits exactly at the end of one stay in it */
        bits_left -= periods * period_bits;
        time_s = trace->period_s - place.phase_s + periods * trace->period_s;
        first = 0;
    } else if (first == trace->n) {
        return time_s; /* a rounding remainder at the very end of the period */
    }
    const size_t last = step_that_sends(trace, first, trace->sent_bits[first] + bits_left);
    time_s += trace->start_s[last] - trace->start_s[first];
    if (trace->rate_bps[last] > 0.0) {
        time_s += (bits_left - (trace->sent_bits[last] - trace->sent_bits[first])) / trace->rate_bps[last];
    }
    return time_s; /* Eq. (6) */
}

double dvfo_trace_mean_bps(const struct dvfo_trace *trace)
{
    return trace->sent_bits[trace->n] / trace->period_s;
}

double dvfo_trace_highest_bps(const struct dvfo_trace *trace)
{
    double most_bps = 0.0;
    for (size_t i = 0; i < trace->n; i++) {
        most_bps = fmax(most_bps, trace->rate_bps[i]);
    }
    return most_bps;
}
