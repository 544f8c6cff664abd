#include "policies/nn/measure.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "policies/nn/matrix.h"
#include "sim/base/random.h"
#include "sim/base/units.h"

enum { FEWEST_PASSES = 10, MOST_PASSES = 2000, PEAK_RUNS = 5, PEAK_SIDE = 1024 };

struct dvfo_measure_def dvfo_measure_def_default(void)
{
    return (struct dvfo_measure_def){.seconds = 10.0, .narrow = 0.01, .warm_up = 2};
}

static double clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* All readings of a subject. */
struct readings {
    const volatile sig_atomic_t *stop; /* of the context */
    const struct dvfo_measure_subject *subject;
    const struct dvfo_measure_def *def;
    long passes, capacity;
    double *layer_s; /* (capacity, n) */
    double *whole_s; /* (capacity) */
};

static bool must_stop(const struct readings *readings)
{
    return readings->stop != NULL && *readings->stop != 0;
}

/* The clock is read after each layer that counts; what lies between two of them counts with the second, what comes
 * after the last with the last. layer_s (n) */
static void pass_by_layer(struct readings *readings, double *layer_s)
{
    const struct dvfo_measure_subject *subject = readings->subject;
    size_t last = 0;
    subject->begin(subject->user);
    memset(layer_s, 0, subject->n * sizeof *layer_s);
    double before_s = clock_s();
    for (size_t i = 0; i < subject->n && !must_stop(readings); i++) {
        subject->layer(subject->user, i);
        if (subject->counts(subject->user, i)) {
            const double now_s = clock_s();
            layer_s[i] = now_s - before_s;
            before_s = now_s;
            last = i;
        }
    }
    layer_s[last] += clock_s() - before_s;
}

static double pass_as_a_whole(struct readings *readings)
{
    const struct dvfo_measure_subject *subject = readings->subject;
    subject->begin(subject->user);
    const double before_s = clock_s();
    for (size_t i = 0; i < subject->n && !must_stop(readings); i++) {
        subject->layer(subject->user, i);
    }
    return clock_s() - before_s;
}

static dvfo_status grow(struct dvfo_ctx *ctx, struct readings *readings)
{
    if (readings->passes < readings->capacity) {
        return DVFO_OK;
    }
    const long capacity = readings->capacity == 0 ? 16 : 2 * readings->capacity;
    const size_t n = readings->subject->n;
    double *layer_s = realloc(readings->layer_s, (size_t)capacity * n * sizeof *layer_s);
    readings->layer_s = layer_s != NULL ? layer_s : readings->layer_s;
    double *whole_s = realloc(readings->whole_s, (size_t)capacity * sizeof *whole_s);
    readings->whole_s = whole_s != NULL ? whole_s : readings->whole_s;
    readings->capacity = layer_s != NULL && whole_s != NULL ? capacity : readings->capacity;
    return layer_s != NULL && whole_s != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

static dvfo_status pass(struct dvfo_ctx *ctx, struct readings *readings)
{
    DVFO_TRY(grow(ctx, readings));
    pass_by_layer(readings, readings->layer_s + (size_t)readings->passes * readings->subject->n);
    readings->whole_s[readings->passes] = pass_as_a_whole(readings);
    return must_stop(readings)
               ? dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted while measuring %s", readings->subject->name)
               : DVFO_OK;
}

/* `sorted` (passes): room for a copy. */
static bool is_enough(const struct readings *readings, double spent_s, double *sorted)
{
    const struct dvfo_measure_def *def = readings->def;
    const long passes = readings->passes;
    if (def->repetitions > 0) {
        return passes >= def->repetitions;
    }
    if (spent_s >= def->seconds || passes >= MOST_PASSES) {
        return passes > 0;
    }
    if (passes < FEWEST_PASSES || passes % FEWEST_PASSES != 0) {
        return false;
    }
    memcpy(sorted, readings->whole_s, (size_t)passes * sizeof *sorted);
    const struct dvfo_interval interval = dvfo_interval_of(sorted, (size_t)passes);
    return dvfo_interval_width(&interval) <= def->narrow;
}

static dvfo_status take_readings(struct dvfo_ctx *ctx, struct readings *readings, double *sorted)
{
    const struct dvfo_measure_def *def = readings->def;
    const double begun_s = clock_s();
    for (long i = 0; i < def->warm_up; i++) {
        DVFO_TRY(pass(ctx, readings));
        if (def->repetitions == 0 && clock_s() - begun_s > 0.5 * def->seconds) {
            break; /* a slow network is warm after one */
        }
    }
    for (double spent_s = 0.0; !is_enough(readings, spent_s, sorted);) {
        DVFO_TRY(pass(ctx, readings));
        readings->passes++;
        spent_s = clock_s() - begun_s;
        if (def->told != NULL) {
            def->told(def->user, spent_s, readings->passes);
        }
    }
    return DVFO_OK;
}

static dvfo_status summarise(struct dvfo_ctx *ctx, struct readings *readings, double *column, struct dvfo_measured *out)
{
    const size_t n = readings->subject->n, passes = (size_t)readings->passes;
    out->layer_s = calloc(n, sizeof *out->layer_s);
    if (out->layer_s == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    out->n = n;
    out->passes = readings->passes;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < passes; k++) {
            column[k] = readings->layer_s[k * n + i];
        }
        out->layer_s[i] = dvfo_interval_of(column, passes);
    }
    out->whole_s = dvfo_interval_of(readings->whole_s, passes);
    return DVFO_OK;
}

/* Noise as an image would have it: numbers within -1 .. 1. */
static float *draw_input(const struct dvfo_network *network)
{
    const size_t n = (size_t)dvfo_shape_elements(network->input);
    gsl_rng *rng = dvfo_random_stream(1, 0, "nn input");
    float *input = malloc(n * sizeof *input);
    for (size_t i = 0; rng != NULL && input != NULL && i < n; i++) {
        input[i] = (float)(2.0 * gsl_rng_uniform(rng) - 1.0);
    }
    if (rng == NULL) {
        free(input);
        return NULL;
    }
    gsl_rng_free(rng);
    return input;
}

dvfo_status dvfo_measure_subject(struct dvfo_ctx *ctx, const struct dvfo_measure_subject *subject,
                                 const struct dvfo_measure_def *def, struct dvfo_measured *out)
{
    struct readings readings = {.stop = ctx->stop, .subject = subject, .def = def};
    const long most = def->repetitions > MOST_PASSES ? def->repetitions : MOST_PASSES;
    double *column = malloc((size_t)most * sizeof *column);
    *out = (struct dvfo_measured){0};
    dvfo_status status = column != NULL ? take_readings(ctx, &readings, column) : dvfo_fail_no_memory(ctx);
    status = status == DVFO_OK ? summarise(ctx, &readings, column, out) : status;
    free(readings.whole_s);
    free(readings.layer_s);
    free(column);
    return status;
}

/* A network on the plain executor. */
struct executed {
    const struct dvfo_network *network;
    struct dvfo_executor *executor;
    float *input;
};

static void load_input(void *user)
{
    struct executed *executed = user;
    dvfo_executor_load(executed->executor, executed->input);
}

static void run_layer(void *user, size_t i)
{
    dvfo_executor_run_layer(((struct executed *)user)->executor, i);
}

static bool has_kernel(void *user, size_t i)
{
    const struct dvfo_layer *layer = &((struct executed *)user)->network->layers[i];
    return !layer->fused && layer->op != DVFO_OP_VIEW;
}

dvfo_status dvfo_measure_network(struct dvfo_ctx *ctx, const struct dvfo_network *network,
                                 const struct dvfo_measure_def *def, struct dvfo_measured *out)
{
    const struct dvfo_executor_def executor_def = dvfo_executor_def_default();
    struct executed executed = {.network = network, .input = draw_input(network)};
    const struct dvfo_measure_subject subject = {network->name, network->n, &executed,
                                                 load_input,    run_layer,  has_kernel};
    *out = (struct dvfo_measured){0};
    dvfo_status status = executed.input != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
    status = status == DVFO_OK ? dvfo_executor_create(ctx, network, &executor_def, &executed.executor) : status;
    status = status == DVFO_OK ? dvfo_measure_subject(ctx, &subject, def, out) : status;
    dvfo_executor_free(executed.executor);
    free(executed.input);
    return status;
}

void dvfo_measured_free(struct dvfo_measured *measured)
{
    free(measured->layer_s);
    *measured = (struct dvfo_measured){0};
}

double dvfo_measured_sum_s(const struct dvfo_measured *measured)
{
    double sum_s = 0.0;
    for (size_t i = 0; i < measured->n; i++) {
        sum_s += measured->layer_s[i].median;
    }
    return sum_s;
}

static double fastest_product(const float *a, const float *b, float *c)
{
    const struct dvfo_matrix left = dvfo_matrix_of(a, PEAK_SIDE, PEAK_SIDE);
    const struct dvfo_matrix right = dvfo_matrix_of(b, PEAK_SIDE, PEAK_SIDE);
    double fastest_s = INFINITY;
    for (int i = 0; i < PEAK_RUNS; i++) {
        const double before_s = clock_s();
        dvfo_matrix_multiply(1.0f, left, right, 0.0f, c, PEAK_SIDE);
        fastest_s = fmin(fastest_s, clock_s() - before_s);
    }
    return 2.0 * PEAK_SIDE * PEAK_SIDE * (double)PEAK_SIDE / fastest_s;
}

/* Bytes per second of copying `size` bytes, long enough to be told from the clock. */
static double fastest_copy(char *to, const char *from, size_t size, size_t largest)
{
    const size_t times = largest / size;
    double fastest_s = INFINITY;
    for (int i = 0; i < PEAK_RUNS; i++) {
        const double before_s = clock_s();
        for (size_t k = 0; k < times; k++) {
            memcpy(to, from, size);
            __asm__ volatile("" : : "r"(to) : "memory"); /* so that no copy is found to be unneeded */
        }
        fastest_s = fmin(fastest_s, clock_s() - before_s);
    }
    return 2.0 * (double)(size * times) / fastest_s;
}

dvfo_status dvfo_measure_peaks(struct dvfo_ctx *ctx, struct dvfo_peaks *out)
{
    const size_t largest = 128 * (size_t)DVFO_BYTES_PER_MIB, numbers = largest / sizeof(float);
    float *from = malloc(largest), *to = malloc(largest);
    if (from == NULL || to == NULL) {
        free(from);
        free(to);
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < numbers; i++) {
        from[i] = to[i] = (float)(i % 7) - 3.0f;
    }
    *out = (struct dvfo_peaks){0};
    static const size_t parts[] = {128, 8, 1};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const size_t size = largest / parts[i];
        out->byte_per_s = fmax(out->byte_per_s, fastest_copy((char *)to, (const char *)from, size, largest));
    }
    out->flop_per_s = fastest_product(from, from + PEAK_SIDE * PEAK_SIDE, to);
    free(to);
    free(from);
    return DVFO_OK;
}
