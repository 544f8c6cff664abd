/* Runs on one grid. */
#include <math.h>
#include <string.h>

#include "profiles/kernel.h"
#include "profiles/layer_attach.h"
#include "profiles/logs/join.h"
#include "sim/base/hash.h"
#include "sim/base/units.h"

#define AGREE 0.2 /* runs at the same clocks may differ by this share */

enum { SOURCE_SIZE = 256, FILES_PER_RUN = 4 };

/* What one point of the grid was made from so far. */
struct seen {
    size_t runs, requests, activities; /* numbers behind each mean */
    const char *name;                  /* of the latest file */
};

struct joining {
    const struct dvfo_run_subject *subject;
    const struct dvfo_logged_run *runs;
    size_t count;
    const struct dvfo_layer_profile *earlier;
    struct dvfo_layer_profile *profile;
    struct seen *seen; /* (points) */
};

/* ---- the grid ---- */

/* Enter a clock into an ascending list of distinct ones. */
static void enter(double hz[], size_t *levels, double value)
{
    size_t i = *levels;
    for (size_t k = 0; k < *levels; k++) {
        if (hz[k] == value) {
            return;
        }
    }
    for (; i > 0 && hz[i - 1] > value; i--) {
        hz[i] = hz[i - 1];
    }
    hz[i] = value;
    (*levels)++;
}

static dvfo_status create(struct dvfo_ctx *ctx, struct joining *j)
{
    const struct dvfo_run_subject *subject = j->subject;
    size_t levels[DVFO_DOMAINS] = {0};
    double *hz[DVFO_DOMAINS] = {NULL};
    dvfo_status status = DVFO_OK;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        const size_t earlier = j->earlier != NULL ? j->earlier->levels[d] : 0;
        hz[d] = calloc(j->count + earlier, sizeof *hz[d]);
        status = hz[d] == NULL ? dvfo_fail_no_memory(ctx) : status;
        for (size_t i = 0; i < earlier && hz[d] != NULL; i++) {
            enter(hz[d], &levels[d], j->earlier->hz[d][i]);
        }
        for (size_t i = 0; i < j->count && hz[d] != NULL; i++) {
            enter(hz[d], &levels[d], j->runs[i].clocks.hz[d]);
        }
    }
    if (status == DVFO_OK) {
        const double *const axes[DVFO_DOMAINS] = {hz[DVFO_CPU], hz[DVFO_GPU], hz[DVFO_MEM]};
        status = dvfo_layer_profile_create(ctx, subject->board, subject->runtime, subject->network, levels, axes,
                                           DVFO_MEASURED, "trtexec", &j->profile);
    }
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        free(hz[d]);
    }
    j->seen = status == DVFO_OK ? calloc(j->profile->points, sizeof *j->seen) : NULL;
    return status == DVFO_OK && j->seen == NULL ? dvfo_fail_no_memory(ctx) : status;
}

/* ---- an earlier profile ---- */

static bool same_board_file(const struct dvfo_layer_profile *earlier, const struct dvfo_board *board)
{
    return earlier->made_from_count > 0 && strcmp(earlier->made_from[0].sha256, board->sha256) == 0;
}

/* A number that somebody measured, or a part of one: not what the closed form filled in. That is known exactly, as long
 * as the board's file is the same; of another board's file, what might be a part of a measured sum is kept. */
static bool was_measured(const struct joining *j, size_t layer, double value, double closed_s)
{
    const dvfo_standing standing = j->earlier->standing[layer];
    if (isnan(value) || !dvfo_kernel_exists(&j->subject->network->layers[layer])) {
        return false;
    }
    const bool computed = same_board_file(j->earlier, j->subject->board) && fabs(value - closed_s) <= 1e-9 * closed_s;
    return standing == DVFO_MEASURED || (standing == DVFO_CALIBRATED && !computed);
}

static void take_point(struct joining *j, size_t from, const struct dvfo_layer_parts parts[])
{
    const struct dvfo_layer_profile *earlier = j->earlier;
    const struct dvfo_clocks clocks = dvfo_layer_profile_clocks(earlier, from);
    const size_t to = dvfo_layer_profile_point(j->profile, &clocks);
    bool any = false;
    for (size_t i = 0; i < earlier->n; i++) {
        const double value = earlier->gpu_s.value[from * earlier->n + i];
        if (was_measured(j, i, value, parts[i].gpu_s)) {
            j->profile->gpu_s.value[to * earlier->n + i] = value;
            j->profile->standing[i] = earlier->standing[i];
            any = true;
        }
    }
    if (!any) {
        return;
    }
    j->seen[to] = (struct seen){.runs = 1, .name = earlier->path};
    if (earlier->request_s.standing == DVFO_MEASURED && !isnan(earlier->request_s.value[from])) {
        j->profile->request_s.value[to] = earlier->request_s.value[from];
        j->seen[to].requests = 1;
    }
    if (earlier->activity.standing == DVFO_MEASURED && earlier->activity.value[from] != 1.0) {
        j->profile->activity.value[to] = earlier->activity.value[from];
        j->seen[to].activities = 1;
    }
}

static dvfo_status take_earlier(struct dvfo_ctx *ctx, struct joining *j)
{
    const struct dvfo_run_subject *subject = j->subject;
    struct dvfo_layer_parts *parts = calloc(subject->network->n, sizeof *parts);
    struct dvfo_request_parts request;
    if (parts == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t p = 0; p < j->earlier->points; p++) {
        const struct dvfo_clocks clocks = dvfo_layer_profile_clocks(j->earlier, p);
        dvfo_cost_parts(subject->runtime, subject->network, &clocks, parts, &request);
        take_point(j, p, parts);
    }
    free(parts);
    return DVFO_OK;
}

static dvfo_status check_earlier(struct dvfo_ctx *ctx, const struct dvfo_run_subject *subject,
                                 const struct dvfo_layer_profile *earlier)
{
    DVFO_TRY(dvfo_layer_profile_check(ctx, subject->board, subject->network, earlier));
    if (strcmp(earlier->runtime, subject->runtime->name) != 0 ||
        strcmp(earlier->precision, subject->runtime->precision) != 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: is of %s %s, expected %s %s", earlier->path, earlier->runtime,
                         earlier->precision, subject->runtime->name, subject->runtime->precision);
    }
    if (!same_board_file(earlier, subject->board)) {
        dvfo_note(ctx, "%s: was made with another file of %s; what it computed from that for single layers stays",
                  earlier->path, subject->board->name);
    }
    return DVFO_OK;
}

/* ---- runs ---- */

/* Kernels that both know must take the same time together. */
static dvfo_status check_agreement(struct dvfo_ctx *ctx, const struct joining *j, const struct dvfo_logged_run *run,
                                   size_t point)
{
    const double *before = &j->profile->gpu_s.value[point * j->profile->n];
    double before_s = 0.0, now_s = 0.0;
    for (size_t i = 0; i < j->profile->n; i++) {
        const double time_s = run->match.layer[i].time_s;
        const bool both = !isnan(before[i]) && !isnan(time_s);
        before_s += both ? before[i] : 0.0;
        now_s += both ? time_s : 0.0;
    }
    if (fabs(now_s - before_s) <= AGREE * fmin(now_s, before_s)) {
        return DVFO_OK;
    }
    const struct dvfo_clocks *clocks = &run->clocks;
    return dvfo_fail(
        ctx, DVFO_BAD_INPUT,
        "%s and %s contradict each other: their layers take %.4g and %.4g ms at CPU %.10g, GPU %.10g, memory "
        "%.10g MHz, expected times within %g %%",
        dvfo_logged_run_name(run), j->seen[point].name, now_s / DVFO_S_PER_MS, before_s / DVFO_S_PER_MS,
        clocks->hz[DVFO_CPU] / DVFO_HZ_PER_MHZ, clocks->hz[DVFO_GPU] / DVFO_HZ_PER_MHZ,
        clocks->hz[DVFO_MEM] / DVFO_HZ_PER_MHZ, 100.0 * AGREE);
}

/* The mean with one number more. */
static void add_to_mean(double *mean, size_t *count, double value)
{
    if (!isnan(value)) {
        *mean = *count == 0 ? value : *mean + (value - *mean) / (double)(*count + 1);
        (*count)++;
    }
}

static void widen(struct joining *j, size_t at, double before_s, double time_s)
{
    double *low = &j->profile->gpu_low_s.value[at], *high = &j->profile->gpu_high_s.value[at];
    *low = fmin(isnan(*low) ? before_s : *low, time_s);
    *high = fmax(isnan(*high) ? before_s : *high, time_s);
}

static void add_layers(struct joining *j, const struct dvfo_logged_run *run, size_t point)
{
    for (size_t i = 0; i < j->profile->n; i++) {
        const size_t at = point * j->profile->n + i;
        const struct dvfo_matched_layer *layer = &run->match.layer[i];
        double *value = &j->profile->gpu_s.value[at];
        size_t count = isnan(*value) ? 0 : j->seen[point].runs;
        if (count > 0 && !isnan(layer->time_s)) {
            widen(j, at, *value, layer->time_s);
        }
        add_to_mean(value, &count, layer->time_s);
        if (layer->shared) {
            j->profile->standing[i] = DVFO_CALIBRATED; /* the sum is measured, its parts are the closed form's */
        }
    }
}

/* An interval for every number, open where there was one run only. */
static dvfo_status open_intervals(struct dvfo_ctx *ctx, struct dvfo_layer_profile *profile)
{
    struct dvfo_layer_cost *const costs[] = {&profile->gpu_low_s, &profile->gpu_high_s};
    const size_t values = profile->points * profile->n;
    for (size_t k = 0; k < 2; k++) {
        costs[k]->value = malloc(values * sizeof *costs[k]->value);
        if (costs[k]->value == NULL) {
            return dvfo_fail_no_memory(ctx);
        }
        for (size_t i = 0; i < values; i++) {
            costs[k]->value[i] = NAN;
        }
        DVFO_TRY(dvfo_layer_cost_set_standing(ctx, costs[k], DVFO_MEASURED, "range of repeated runs"));
    }
    return DVFO_OK;
}

static dvfo_status add_run(struct dvfo_ctx *ctx, struct joining *j, const struct dvfo_logged_run *run)
{
    const size_t point = dvfo_layer_profile_point(j->profile, &run->clocks);
    struct seen *seen = &j->seen[point];
    struct dvfo_join_solution solution;
    DVFO_TRY(dvfo_join_solve(ctx, j->subject, run, &solution));
    if (seen->runs > 0) {
        DVFO_TRY(check_agreement(ctx, j, run, point));
        dvfo_note(ctx, "%s: has the clocks of %s and agrees with it; the mean of both is taken",
                  dvfo_logged_run_name(run), seen->name);
        if (j->profile->gpu_low_s.value == NULL) {
            DVFO_TRY(open_intervals(ctx, j->profile));
        }
    }
    add_layers(j, run, point);
    add_to_mean(&j->profile->request_s.value[point], &seen->requests, solution.request_s);
    add_to_mean(&j->profile->activity.value[point], &seen->activities, solution.activity);
    seen->runs++;
    seen->name = dvfo_logged_run_name(run);
    return DVFO_OK;
}

/* ---- where it comes from ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* "trtexec --exportProfile: a.json and 3 more" */
static void source_of(const struct joining *j, const char *what, const char *first, char source[SOURCE_SIZE])
{
    const size_t more = j->count - 1 + (j->earlier != NULL);
    const int length = snprintf(source, SOURCE_SIZE, "%s: %.120s", what, base_name(first));
    if (more > 0 && length > 0 && length < SOURCE_SIZE) {
        snprintf(source + length, SOURCE_SIZE - (size_t)length, " and %zu more", more);
    }
}

static dvfo_status set_sources(struct dvfo_ctx *ctx, struct joining *j)
{
    struct dvfo_layer_profile *profile = j->profile;
    const struct dvfo_logged_run *with_times = NULL, *with_power = NULL;
    char source[SOURCE_SIZE];
    for (size_t i = j->count; i-- > 0;) {
        with_times = j->runs[i].times != NULL ? &j->runs[i] : with_times;
        with_power = !isnan(j->runs[i].power_w) ? &j->runs[i] : with_power;
    }
    source_of(j, "trtexec --exportProfile", j->runs[0].profile->name, source);
    DVFO_TRY(dvfo_layer_cost_set_standing(ctx, &profile->gpu_s, DVFO_MEASURED, source));
    source_of(j, "latency of trtexec --exportTimes less the layers",
              with_times != NULL ? with_times->times->name : "earlier runs", source);
    DVFO_TRY(dvfo_layer_cost_set_standing(ctx, &profile->request_s, DVFO_MEASURED, source));
    source_of(j, "module power", with_power != NULL ? with_power->power_source : "earlier runs", source);
    return dvfo_layer_cost_set_standing(ctx, &profile->activity, DVFO_MEASURED, source);
}

/* A file of a run; borrowed. */
struct source_file {
    const char *kind, *name, *sha256;
};

static size_t files_of(const struct dvfo_logged_run *run, struct source_file files[FILES_PER_RUN])
{
    size_t n = 0;
    files[n++] = (struct source_file){"trtexec profile", run->profile->name, run->profile->sha256};
    if (run->layers != NULL) {
        files[n++] = (struct source_file){"trtexec layers", run->layers->name, run->layers->sha256};
    }
    if (run->times != NULL) {
        files[n++] = (struct source_file){"trtexec times", run->times->name, run->times->sha256};
    }
    if (run->log != NULL) {
        files[n++] = (struct source_file){"tegrastats log", run->log->name, run->log->sha256};
    }
    return n;
}

/* More files than a profile lists are told as one, by the hash of their hashes. */
static dvfo_status add_many(struct dvfo_ctx *ctx, struct joining *j, size_t total)
{
    char *hashes = calloc(total, DVFO_SHA256_HEX_SIZE), name[SOURCE_SIZE], sha256[DVFO_SHA256_HEX_SIZE];
    size_t length = 0;
    if (hashes == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < j->count; i++) {
        struct source_file files[FILES_PER_RUN];
        const size_t n = files_of(&j->runs[i], files);
        for (size_t k = 0; k < n; k++) {
            memcpy(hashes + length, files[k].sha256, strlen(files[k].sha256));
            length += strlen(files[k].sha256);
        }
    }
    dvfo_hash_sha256_hex(hashes, length, sha256);
    free(hashes);
    snprintf(name, sizeof name, "%.120s and %zu more", base_name(j->runs[0].profile->name), total - 1);
    return dvfo_layer_profile_add_input(ctx, j->profile, "trtexec and tegrastats files", name, sha256);
}

static dvfo_status add_inputs(struct dvfo_ctx *ctx, struct joining *j)
{
    struct dvfo_layer_profile *profile = j->profile;
    struct source_file files[FILES_PER_RUN];
    size_t total = 0;
    if (j->earlier != NULL) {
        DVFO_TRY(dvfo_layer_profile_add_input(ctx, profile, "earlier profile", base_name(j->earlier->path),
                                              j->earlier->sha256));
    }
    for (size_t i = 0; i < j->count; i++) {
        total += files_of(&j->runs[i], files);
    }
    if (profile->made_from_count + total > DVFO_LAYER_PROFILE_INPUTS) {
        return add_many(ctx, j, total);
    }
    for (size_t i = 0; i < j->count; i++) {
        const size_t n = files_of(&j->runs[i], files);
        for (size_t k = 0; k < n; k++) {
            DVFO_TRY(
                dvfo_layer_profile_add_input(ctx, profile, files[k].kind, base_name(files[k].name), files[k].sha256));
        }
    }
    return DVFO_OK;
}

/* ---- all of it ---- */

static dvfo_status join(struct dvfo_ctx *ctx, struct joining *j)
{
    if (j->earlier != NULL) {
        DVFO_TRY(check_earlier(ctx, j->subject, j->earlier));
    }
    DVFO_TRY(create(ctx, j));
    if (j->earlier != NULL) {
        DVFO_TRY(take_earlier(ctx, j));
    }
    for (size_t i = 0; i < j->count; i++) {
        DVFO_TRY(add_run(ctx, j, &j->runs[i]));
    }
    DVFO_TRY(set_sources(ctx, j));
    DVFO_TRY(add_inputs(ctx, j));
    return dvfo_layer_profile_complete(ctx, j->subject->board, j->subject->runtime, j->subject->network, j->profile);
}

dvfo_status dvfo_join_profile(struct dvfo_ctx *ctx, const struct dvfo_run_subject *subject,
                              const struct dvfo_logged_run runs[], size_t count,
                              const struct dvfo_layer_profile *earlier, struct dvfo_layer_profile **out)
{
    struct joining j = {.subject = subject, .runs = runs, .count = count, .earlier = earlier};
    *out = NULL;
    const dvfo_status status = join(ctx, &j);
    free(j.seen);
    if (status != DVFO_OK) {
        dvfo_layer_profile_free(j.profile);
        return status;
    }
    *out = j.profile;
    return DVFO_OK;
}
