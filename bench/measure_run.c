/* What `dvfo profile measure` does, step by step: the machine, its networks one after the other, what comes of them. */
#include <math.h>
#include <time.h>

#include "bench/measure.h"
#include "policies/nn/matrix.h"

/* ---- the machine ---- */

#define REST_S 1.0 /* watched at rest, for idle power */

static dvfo_status measure_rest(struct dvfo_ctx *ctx, struct dvfo_measure_run *run)
{
    const struct timespec rest = {.tv_sec = (time_t)REST_S};
    struct dvfo_host_power_mean mean;
    DVFO_TRY(dvfo_host_power_begin(ctx, &run->power, dvfo_progress_clock_s(), &mean));
    nanosleep(&rest, NULL);
    DVFO_TRY(dvfo_host_power_read(ctx, &run->power, &mean));
    run->def.idle_w = dvfo_host_power_mean_w(&run->power, &mean, dvfo_progress_clock_s());
    return DVFO_OK;
}

dvfo_status dvfo_measure_run_open(struct dvfo_ctx *ctx, const char *root, long threads, struct dvfo_measure_run *run)
{
    DVFO_TRY(dvfo_sysfs_open(ctx, root, &run->sysfs));
    run->power = dvfo_host_power_open(ctx, &run->sysfs);
    run->def = (struct dvfo_host_board_def){.machine = dvfo_machine_read(&run->sysfs),
                                            .threads = (int)threads,
                                            .kernel = dvfo_matrix_kernel(),
                                            .networks = run->networks,
                                            .idle_w = NAN,
                                            .busy_w = NAN,
                                            .no_sensor = run->power.rapl.missing};
    if (threads > run->def.machine.cores) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--threads is %ld, expected at most the %d cores of this machine",
                         threads, run->def.machine.cores);
    }
    dvfo_matrix_use_threads((int)threads);
    return DVFO_OK;
}

dvfo_status dvfo_measure_run_machine(struct dvfo_ctx *ctx, struct dvfo_measure_run *run)
{
    struct dvfo_peaks peaks;
    if (run->power.sensor[0] != '\0') {
        DVFO_TRY(measure_rest(ctx, run));
    } else {
        dvfo_note(ctx, "no power sensor: %s; power of the board is an assumption", run->power.rapl.missing);
    }
    DVFO_TRY(dvfo_measure_peaks(ctx, &peaks));
    run->def.flop_per_s = peaks.flop_per_s;
    run->def.byte_per_s = peaks.byte_per_s;
    return DVFO_OK;
}

/* ---- a network ---- */

/* Who is told of a pass: the bar, and the power sensor. */
struct listener {
    struct dvfo_ctx *ctx;
    struct dvfo_measure_run *run;
    struct dvfo_progress *progress;
    double seconds; /* of one network at most, as far as the bar knows */
    struct dvfo_host_power_mean power;
};

static void hear(void *user, double spent_s, long passes)
{
    struct listener *listener = user;
    const struct dvfo_measure_run *run = listener->run;
    (void)passes;
    (void)dvfo_host_power_read(NULL, &listener->run->power, &listener->power); /* a reading lost is no harm */
    dvfo_progress_tell(listener->progress, (double)run->n + fmin(spent_s / listener->seconds, 1.0),
                       run->entry[run->n].network->name);
}

static double own_cpu_s(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
}

static dvfo_status keep_medians(struct dvfo_ctx *ctx, struct dvfo_measure_entry *entry)
{
    const size_t n = entry->network->n;
    entry->layer_s = malloc(n * sizeof *entry->layer_s);
    if (entry->layer_s == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < n; i++) {
        entry->layer_s[i] = entry->measured.layer_s[i].median;
    }
    return DVFO_OK;
}

static dvfo_status measure_entry(struct dvfo_ctx *ctx, const struct dvfo_measure_def *def,
                                 const struct dvfo_measure_subject *subject, struct listener *listener)
{
    struct dvfo_measure_run *run = listener->run;
    struct dvfo_measure_entry *entry = &run->entry[run->n];
    const double begun_s = dvfo_progress_clock_s(), own_s = own_cpu_s(), busy_s = dvfo_machine_busy_s(&run->sysfs);
    DVFO_TRY(dvfo_host_power_begin(ctx, &run->power, begun_s, &listener->power));
    DVFO_TRY(subject != NULL ? dvfo_measure_subject(ctx, subject, def, &entry->measured)
                             : dvfo_measure_network(ctx, entry->network, def, &entry->measured));
    const double end_s = dvfo_progress_clock_s();
    DVFO_TRY(dvfo_host_power_read(ctx, &run->power, &listener->power));
    entry->power_w = dvfo_host_power_mean_w(&run->power, &listener->power, end_s);
    entry->others = (dvfo_machine_busy_s(&run->sysfs) - busy_s - (own_cpu_s() - own_s)) / (end_s - begun_s);
    return keep_medians(ctx, entry);
}

dvfo_status dvfo_measure_run_next(struct dvfo_ctx *ctx, struct dvfo_measure_run *run,
                                  const struct dvfo_measure_def *def, const struct dvfo_measure_subject *subject,
                                  struct dvfo_progress *progress)
{
    struct listener listener = {.ctx = ctx, .run = run, .progress = progress, .seconds = def->seconds};
    struct dvfo_measure_def heard = *def;
    heard.told = hear;
    heard.user = &listener;
    dvfo_progress_tell(progress, (double)run->n, run->entry[run->n].network->name);
    DVFO_TRY(measure_entry(ctx, &heard, subject, &listener));
    run->n++;
    return DVFO_OK;
}

/* ---- what comes of them ---- */

/* Mean over the networks, when the sensor counted anything at rest and at work. */
static void settle_power(struct dvfo_ctx *ctx, struct dvfo_measure_run *run)
{
    double sum_w = 0.0;
    for (size_t k = 0; k < run->n; k++) {
        sum_w += run->entry[k].power_w;
    }
    run->def.busy_w = sum_w / (double)run->n;
    if (!isnan(run->def.idle_w) && !isnan(run->def.busy_w)) {
        run->def.sensor = run->power.sensor;
    } else if (run->power.sensor[0] != '\0') {
        run->def.no_sensor = "its sensor counts nothing";
        dvfo_note(ctx, "%s counted nothing; power of the board is an assumption", run->power.sensor);
    }
}

#define COMPANY 0.1 /* cores that others may keep busy without a word */

static void tell_company(struct dvfo_ctx *ctx, const struct dvfo_measure_run *run)
{
    const struct dvfo_measure_entry *most = &run->entry[0];
    for (size_t k = 1; k < run->n; k++) {
        most = run->entry[k].others > most->others ? &run->entry[k] : most;
    }
    if (most->others > COMPANY) {
        dvfo_note(
            ctx,
            "other programs kept %.1f of %d cores busy while %s was measured; on a quiet machine times are shorter",
            most->others, run->def.machine.cores, most->network->name);
    }
}

static dvfo_status calibrate(struct dvfo_ctx *ctx, struct dvfo_measure_run *run)
{
    struct dvfo_host_sample samples[DVFO_MEASURE_MAX];
    for (size_t k = 0; k < run->n; k++) {
        samples[k] = (struct dvfo_host_sample){run->entry[k].network, run->entry[k].layer_s};
    }
    if (run->n > 1) {
        snprintf(run->networks, sizeof run->networks, "%zu networks", run->n);
    } else {
        snprintf(run->networks, sizeof run->networks, "%.60s", run->entry[0].network->name);
    }
    return dvfo_host_calibrate(ctx, &run->def, samples, run->n, &run->calibration);
}

dvfo_status dvfo_measure_run_settle(struct dvfo_ctx *ctx, struct dvfo_measure_run *run)
{
    settle_power(ctx, run);
    tell_company(ctx, run);
    return calibrate(ctx, run);
}

void dvfo_measure_run_free(struct dvfo_measure_run *run)
{
    dvfo_host_calibration_free(&run->calibration);
    for (size_t k = 0; k < run->loaded; k++) {
        free(run->entry[k].layer_s);
        dvfo_measured_free(&run->entry[k].measured);
        dvfo_network_free(run->entry[k].network);
    }
}
