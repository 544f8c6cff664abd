#include "profiles/logs/log_window.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

#include "sim/base/units.h"

#define BUSY_AT_LEAST 0.2 /* load of a GPU that runs inferences, whatever the others are */
#define BUSY_SHARE 0.5    /* of the load that a tenth of the samples exceeds */
#define SETTLED_LOAD 0.9  /* of the middle load: the ramp at both ends lies below */
#define HELD 0.03         /* a clock further from the middle has moved */
#define MOVED_SAMPLES 0.1 /* more of them, and the clock didn't hold */
#define SNAP 0.015        /* tegrastats cuts MHz off and measures some clocks */
#define SHORT_OF 0.5      /* a stretch this much shorter than the run isn't the run */

static const char *const clock_names[DVFO_DOMAINS] = {"CPU", "GPU", "memory"};

/* A log and room for one number per sample. */
struct view {
    const struct dvfo_tegrastats *log;
    double *value;
};

double dvfo_log_window_snap_hz(const struct dvfo_clock_domain *domain, double hz)
{
    double best_hz = hz, best = SNAP;
    for (size_t i = 0; i < domain->level_count; i++) {
        const double off = fabs(domain->level_hz[i] / hz - 1.0);
        if (off <= best) {
            best = off;
            best_hz = domain->level_hz[i];
        }
    }
    return best_hz;
}

/* ---- quantities of one sample ---- */

/* The core that works most is the one that runs the inference. */
static double cpu_clock_hz(const struct dvfo_tegrastats *log, const struct dvfo_tegrastats_sample *sample)
{
    double hz = NAN, most = -1.0;
    for (size_t i = 0; i < log->cores; i++) {
        if (!isnan(sample->cpu_hz[i]) && sample->cpu_load[i] > most) {
            most = sample->cpu_load[i];
            hz = sample->cpu_hz[i];
        }
    }
    return hz;
}

static double clock_of(const struct dvfo_tegrastats *log, size_t i, int domain)
{
    const struct dvfo_tegrastats_sample *sample = &log->sample[i];
    return domain == DVFO_CPU ? cpu_clock_hz(log, sample) : domain == DVFO_GPU ? sample->gpu_hz : sample->mem_hz;
}

static double load_of(const struct dvfo_tegrastats *log, size_t i, int domain)
{
    const struct dvfo_tegrastats_sample *sample = &log->sample[i];
    if (domain != DVFO_CPU) {
        return domain == DVFO_GPU ? sample->gpu_load : sample->mem_load;
    }
    double cores = 0.0;
    for (size_t core = 0; core < log->cores; core++) {
        cores += isnan(sample->cpu_load[core]) ? 0.0 : sample->cpu_load[core];
    }
    return cores;
}

/* ---- the stretch ---- */

/* A quantile of what `of` says over the samples first..last that it isn't NaN in; NaN when there are none. */
static double quantile(const struct view *view, size_t first, size_t last, int domain,
                       double (*of)(const struct dvfo_tegrastats *log, size_t i, int domain), double q)
{
    size_t n = 0;
    for (size_t i = first; i <= last; i++) {
        const double value = of(view->log, i, domain);
        if (!isnan(value)) {
            view->value[n++] = value;
        }
    }
    gsl_sort(view->value, 1, n);
    return n == 0 ? (double)NAN : gsl_stats_quantile_from_sorted_data(view->value, 1, n, q);
}

static double interval_s(const struct dvfo_tegrastats *log)
{
    return log->n > 1 ? (log->sample[log->n - 1].time_s - log->sample[0].time_s) / (double)(log->n - 1) : 0.0;
}

/* From half an interval before the first sample to half an interval behind the last. */
static double stretch_s(const struct dvfo_tegrastats *log, size_t first, size_t last)
{
    return log->sample[last].time_s - log->sample[first].time_s + interval_s(log);
}

/* The next stretch of busy samples from `from` on; a single idle one inside doesn't end it. False when there is none.
 */
static bool next_stretch(const struct dvfo_tegrastats *log, double threshold, size_t from, size_t *first, size_t *last)
{
    size_t i = from;
    while (i < log->n && !(log->sample[i].gpu_load >= threshold)) {
        i++;
    }
    *first = *last = i;
    for (; i < log->n && i <= *last + 2; i++) {
        *last = log->sample[i].gpu_load >= threshold ? i : *last;
    }
    return *first < log->n;
}

/* The longest stretch, or the last of those that are as long as the run. */
static bool choose_stretch(const struct dvfo_tegrastats *log, double threshold, double duration_s, size_t *first,
                           size_t *last)
{
    size_t a = 0, b = 0;
    double best_s = -1.0;
    for (size_t from = 0; next_stretch(log, threshold, from, &a, &b); from = b + 1) {
        const double length_s = stretch_s(log, a, b);
        const bool long_enough = length_s >= duration_s; /* never of a duration that isn't known */
        if (long_enough || length_s > best_s) {
            best_s = long_enough ? duration_s : length_s;
            *first = a;
            *last = b;
        }
    }
    return best_s >= 0.0;
}

static dvfo_status find_stretch(struct dvfo_ctx *ctx, const struct view *view, double duration_s,
                                struct dvfo_log_window *window)
{
    const struct dvfo_tegrastats *log = view->log;
    const double high = quantile(view, 0, log->n - 1, DVFO_GPU, load_of, 0.9);
    if (isnan(high)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: shows no load of the GPU, expected GR3D_FREQ in every line",
                         log->name);
    }
    if (!choose_stretch(log, fmax(BUSY_AT_LEAST, BUSY_SHARE * high), duration_s, &window->first, &window->last)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: the GPU is never busy, expected the log of a run", log->name);
    }
    const double length_s = stretch_s(log, window->first, window->last);
    if (length_s < SHORT_OF * duration_s) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "%s: the GPU is busy for at most %.3g s, the run took %.3g; is it the log of another run, or "
                         "its interval another one than --interval says?",
                         log->name, length_s, duration_s);
    }
    while (stretch_s(log, window->first, window->last) > duration_s + interval_s(log)) {
        window->first++;
    }
    return DVFO_OK;
}

/* ---- ends ---- */

/* A sample of the ramp: load or a clock away from what they are in the middle of the run. */
static bool is_settled(const struct dvfo_tegrastats *log, size_t i, const double clock_hz[DVFO_DOMAINS], double load)
{
    bool settled = log->sample[i].gpu_load >= SETTLED_LOAD * load;
    for (int d = DVFO_GPU; d < DVFO_DOMAINS; d++) {
        const double hz = clock_of(log, i, d);
        settled = settled && !(fabs(hz / clock_hz[d] - 1.0) > HELD);
    }
    return settled;
}

static dvfo_status trim(struct dvfo_ctx *ctx, const struct view *view, struct dvfo_log_window *window)
{
    const struct dvfo_tegrastats *log = view->log;
    double clock_hz[DVFO_DOMAINS];
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        clock_hz[d] = quantile(view, window->first, window->last, d, clock_of, 0.5);
    }
    const double load = quantile(view, window->first, window->last, DVFO_GPU, load_of, 0.5);
    const size_t first = window->first, last = window->last;
    if (last >= first + 2) { /* the first and the last reach over the ends of the run */
        window->first++;
        window->last--;
    }
    while (window->first < window->last && !is_settled(log, window->first, clock_hz, load)) {
        window->first++;
    }
    while (window->first < window->last && !is_settled(log, window->last, clock_hz, load)) {
        window->last--;
    }
    if (window->last - window->first + 1 >= DVFO_LOG_WINDOW_SAMPLES) {
        return DVFO_OK;
    }
    if (last - first + 1 >= DVFO_LOG_WINDOW_SAMPLES + 2) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "%s:%d: clocks or load change during the run (lines %d to %d), expected a run at one setting; "
                         "lock the clocks, and give each setting a run of its own",
                         log->name, log->sample[first].line, log->sample[first].line, log->sample[last].line);
    }
    return dvfo_fail(
        ctx, DVFO_BAD_INPUT,
        "%s:%d: only %zu samples show the run (lines %d to %d), expected at least %d; run trtexec for longer "
        "(--duration) or tegrastats at a shorter interval",
        log->name, log->sample[first].line, last - first + 1, log->sample[first].line, log->sample[last].line,
        DVFO_LOG_WINDOW_SAMPLES + 2);
}

/* ---- clocks ---- */

/* Tell of samples off the clock; many of them on GPU or memory mean that the run has no clock. */
static dvfo_status check_held(struct dvfo_ctx *ctx, const struct dvfo_tegrastats *log,
                              const struct dvfo_log_window *window, int domain, double middle_hz)
{
    size_t moved = 0, where = 0;
    for (size_t i = window->last + 1; i-- > window->first;) {
        if (fabs(clock_of(log, i, domain) / middle_hz - 1.0) > HELD) {
            moved++;
            where = i;
        }
    }
    if (moved == 0) {
        return DVFO_OK;
    }
    const size_t samples = window->last - window->first + 1;
    char sentence[400];
    snprintf(
        sentence, sizeof sentence,
        "%.120s:%d: the %s clock is %.10g MHz, %.10g in the middle of the run (lines %d to %d); it is more than %g "
        "%% away in %zu of %zu samples",
        log->name, log->sample[where].line, clock_names[domain], clock_of(log, where, domain) / DVFO_HZ_PER_MHZ,
        middle_hz / DVFO_HZ_PER_MHZ, log->sample[window->first].line, log->sample[window->last].line, 100.0 * HELD,
        moved, samples);
    if (domain == DVFO_CPU || (double)moved <= MOVED_SAMPLES * (double)samples) {
        dvfo_note(ctx, "%s", sentence);
        return DVFO_OK;
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s; lock the clocks, for instance with jetson_clocks", sentence);
}

static dvfo_status find_clock(struct dvfo_ctx *ctx, const struct view *view, const struct dvfo_board *board,
                              const struct dvfo_clocks *given, int domain, struct dvfo_log_window *window)
{
    const struct dvfo_tegrastats *log = view->log;
    const double middle_hz = quantile(view, window->first, window->last, domain, clock_of, 0.5);
    const double given_hz = given->hz[domain];
    if (isnan(middle_hz) && isnan(given_hz)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "%s:%d: shows no %s clock (tegrastats was not run as root?); give it by --clocks CPU,GPU,MEM, "
                         "leaving empty what the log shows",
                         log->name, log->sample[window->first].line, clock_names[domain]);
    }
    if (!isnan(middle_hz)) {
        DVFO_TRY(check_held(ctx, log, window, domain, middle_hz));
    }
    if (fabs(middle_hz / given_hz - 1.0) > HELD) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: the %s clock is %.10g MHz during the run, --clocks says %.10g",
                         log->name, log->sample[window->first].line, clock_names[domain], middle_hz / DVFO_HZ_PER_MHZ,
                         given_hz / DVFO_HZ_PER_MHZ);
    }
    window->clocks.hz[domain] = dvfo_log_window_snap_hz(&board->clock[domain], isnan(given_hz) ? middle_hz : given_hz);
    return DVFO_OK;
}

/* ---- means ---- */

static void set_means(const struct view *view, struct dvfo_log_window *window)
{
    const struct dvfo_tegrastats *log = view->log;
    const size_t n = window->last - window->first + 1, module = dvfo_tegrastats_module_rail(log);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        for (size_t i = 0; i < n; i++) {
            view->value[i] = load_of(log, window->first + i, d);
        }
        window->busy[d] = gsl_stats_mean(view->value, 1, n); /* NaN as soon as one is */
    }
    for (size_t rail = 0; rail < log->rails; rail++) {
        for (size_t i = 0; i < n; i++) {
            view->value[i] = log->sample[window->first + i].rail_w[rail];
        }
        window->rail_w[rail] = gsl_stats_mean(view->value, 1, n);
        if (rail == module) {
            window->module_w = window->rail_w[rail];
            window->module_error_w = gsl_stats_sd(view->value, 1, n) / sqrt((double)n);
        }
    }
    for (size_t core = 0; core < log->cores; core++) {
        window->cores += !isnan(log->sample[(window->first + window->last) / 2].cpu_load[core]);
    }
}

static dvfo_status find(struct dvfo_ctx *ctx, const struct view *view, const struct dvfo_board *board,
                        double duration_s, const struct dvfo_clocks *given, struct dvfo_log_window *window)
{
    DVFO_TRY(find_stretch(ctx, view, duration_s, window));
    DVFO_TRY(trim(ctx, view, window));
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        DVFO_TRY(find_clock(ctx, view, board, given, d, window));
    }
    set_means(view, window);
    return DVFO_OK;
}

dvfo_status dvfo_log_window_find(struct dvfo_ctx *ctx, const struct dvfo_tegrastats *log,
                                 const struct dvfo_board *board, double duration_s, const struct dvfo_clocks *given,
                                 struct dvfo_log_window *out)
{
    const struct view view = {log, malloc(log->n * sizeof(double))};
    *out = (struct dvfo_log_window){.module_w = NAN, .module_error_w = NAN};
    const dvfo_status status =
        view.value == NULL ? dvfo_fail_no_memory(ctx) : find(ctx, &view, board, duration_s, given, out);
    free(view.value);
    return status;
}
