#include "bench/micro/mm1.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

#include "sim/base/random.h"
#include "sim/event_queue.h"

/* 30 batches of a million customers at load 0.9: each 33,333 long, while the queue forgets within some hundreds. */
enum { BATCHES = 30, FIRST_LINE = 1024 };

struct dvfo_mm1 {
    struct dvfo_event_queue *queue;
    gsl_rng *gaps, *services; /* a stream each, so that the n-th gap and the n-th service are the same in any order */
    double mean_gap_s, mean_service_s;
    uint64_t customers, arrived, served;
    double *arrived_s;  /* (line_size) the waiting line, the one being served first; a ring */
    uint64_t line_size; /* a power of two */
    uint64_t batch_end; /* customers served when the present batch ends */
    size_t batch;
    double batch_sum_s[BATCHES];
    bool out_of_memory;
};

struct dvfo_mm1_def dvfo_mm1_def_default(void)
{
    return (struct dvfo_mm1_def){.customers = 1000000, .arrival_rate_hz = 0.9, .service_rate_hz = 1.0, .seed = 1};
}

/* As gsl_ran_exponential, whose log1p(-u) takes 40 % of the whole run. u is a multiple of 2^-32, so 1 - u is exact, and
 * the plain logarithm gives the same in a fraction of the time. */
static inline double exponential(const gsl_rng *rng, double mean)
{
    return -mean * log(1.0 - gsl_rng_uniform(rng));
}

static uint64_t batch_end(uint64_t customers, size_t batch)
{
    return customers * (batch + 1) / BATCHES;
}

dvfo_status dvfo_mm1_create(struct dvfo_ctx *ctx, const struct dvfo_mm1_def *def, struct dvfo_mm1 **out)
{
    *out = NULL;
    DVFO_REQUIRE(def->customers >= 1000 && 0.0 < def->arrival_rate_hz && def->arrival_rate_hz < def->service_rate_hz);
    struct dvfo_mm1 *mm1 = calloc(1, sizeof *mm1);
    if (mm1 == NULL || dvfo_event_queue_create(ctx, &mm1->queue) != DVFO_OK) {
        goto no_memory;
    }
    mm1->gaps = dvfo_random_stream(def->seed, 0, "gaps");
    mm1->services = dvfo_random_stream(def->seed, 0, "services");
    mm1->arrived_s = malloc(FIRST_LINE * sizeof *mm1->arrived_s);
    if (mm1->gaps == NULL || mm1->services == NULL || mm1->arrived_s == NULL) {
        goto no_memory;
    }
    mm1->line_size = FIRST_LINE;
    mm1->customers = def->customers;
    mm1->mean_gap_s = 1.0 / def->arrival_rate_hz;
    mm1->mean_service_s = 1.0 / def->service_rate_hz;
    mm1->batch_end = batch_end(def->customers, 0);
    *out = mm1;
    return DVFO_OK;

no_memory:
    dvfo_mm1_free(mm1);
    return dvfo_fail_no_memory(ctx);
}

void dvfo_mm1_free(struct dvfo_mm1 *mm1)
{
    if (mm1 != NULL) {
        free(mm1->arrived_s);
        if (mm1->services != NULL) {
            gsl_rng_free(mm1->services);
        }
        if (mm1->gaps != NULL) {
            gsl_rng_free(mm1->gaps);
        }
        dvfo_event_queue_free(mm1->queue);
        free(mm1);
    }
}

static void on_departure(void *subject, uint64_t argument);

static void schedule_in(struct dvfo_mm1 *mm1, double delay_s, dvfo_event_action action)
{
    const double time_s = dvfo_event_queue_now_s(mm1->queue) + delay_s;
    mm1->out_of_memory |= dvfo_event_queue_schedule(mm1->queue, time_s, 0, action, mm1, 0) == 0;
}

/* Double the ring; customer n moves from place n mod size to n mod 2 size. */
static bool lengthen_line(struct dvfo_mm1 *mm1)
{
    const uint64_t size = 2 * mm1->line_size;
    double *line = malloc(size * sizeof *line);
    if (line == NULL) {
        return false;
    }
    for (uint64_t n = mm1->served; n < mm1->arrived; n++) {
        line[n & (size - 1)] = mm1->arrived_s[n & (mm1->line_size - 1)];
    }
    free(mm1->arrived_s);
    mm1->arrived_s = line;
    mm1->line_size = size;
    return true;
}

static void on_arrival(void *subject, uint64_t argument)
{
    (void)argument;
    struct dvfo_mm1 *mm1 = subject;
    if (mm1->arrived - mm1->served == mm1->line_size && !lengthen_line(mm1)) {
        mm1->out_of_memory = true;
        return;
    }
    mm1->arrived_s[mm1->arrived++ & (mm1->line_size - 1)] = dvfo_event_queue_now_s(mm1->queue);
    if (mm1->arrived < mm1->customers) {
        schedule_in(mm1, exponential(mm1->gaps, mm1->mean_gap_s), on_arrival);
    }
    if (mm1->arrived - mm1->served == 1) {
        schedule_in(mm1, exponential(mm1->services, mm1->mean_service_s), on_departure);
    }
}

static void on_departure(void *subject, uint64_t argument)
{
    (void)argument;
    struct dvfo_mm1 *mm1 = subject;
    const double arrived_s = mm1->arrived_s[mm1->served++ & (mm1->line_size - 1)];
    mm1->batch_sum_s[mm1->batch] += dvfo_event_queue_now_s(mm1->queue) - arrived_s;
    if (mm1->served == mm1->batch_end) {
        mm1->batch_end = batch_end(mm1->customers, ++mm1->batch);
    }
    if (mm1->arrived > mm1->served) {
        schedule_in(mm1, exponential(mm1->services, mm1->mean_service_s), on_departure);
    }
}

dvfo_status dvfo_mm1_run(struct dvfo_ctx *ctx, struct dvfo_mm1 *mm1)
{
    schedule_in(mm1, exponential(mm1->gaps, mm1->mean_gap_s), on_arrival);
    while (!mm1->out_of_memory && dvfo_event_queue_step(mm1->queue)) {
    }
    return mm1->out_of_memory ? dvfo_fail_no_memory(ctx) : DVFO_OK;
}

uint64_t dvfo_mm1_events(const struct dvfo_mm1 *mm1)
{
    return mm1->arrived + mm1->served;
}

double dvfo_mm1_mean_s(const struct dvfo_mm1 *mm1)
{
    double sum_s = 0.0;
    for (size_t b = 0; b < BATCHES; b++) {
        sum_s += mm1->batch_sum_s[b];
    }
    return sum_s / (double)mm1->served;
}

double dvfo_mm1_half_width_s(const struct dvfo_mm1 *mm1)
{
    double mean_s[BATCHES];
    uint64_t begin = 0;
    for (size_t b = 0; b < BATCHES; b++) {
        const uint64_t end = batch_end(mm1->customers, b);
        mean_s[b] = mm1->batch_sum_s[b] / (double)(end - begin);
        begin = end;
    }
    return gsl_cdf_tdist_Pinv(0.975, BATCHES - 1) * gsl_stats_sd(mean_s, 1, BATCHES) / sqrt(BATCHES);
}

double dvfo_mm1_lindley_mean_s(const struct dvfo_mm1_def *def)
{
    gsl_rng *gaps = dvfo_random_stream(def->seed, 0, "gaps");
    gsl_rng *services = dvfo_random_stream(def->seed, 0, "services");
    double time_s = 0.0, sum_s = gaps == NULL || services == NULL ? NAN : 0.0;
    for (uint64_t n = 0; n < def->customers && !isnan(sum_s); n++) {
        const double gap_s = exponential(gaps, 1.0 / def->arrival_rate_hz);
        time_s = fmax(0.0, time_s - gap_s) + exponential(services, 1.0 / def->service_rate_hz);
        sum_s += time_s;
    }
    if (services != NULL) {
        gsl_rng_free(services);
    }
    if (gaps != NULL) {
        gsl_rng_free(gaps);
    }
    return sum_s / (double)def->customers;
}
