/* beta achieved bandwidth [byte per memory cycle], p exponent, k launch cost [CPU cycles]. */
#include "profiles/cost.h"

#include <math.h>

#include "profiles/layer_interpolation.h"

/* x^p for the p that fits choose; whole ones without pow(). */
static double power_of(double x, double p)
{
    if (p == 2.0) {
        return x * x;
    }
    if (p == 3.0) {
        return x * x * x;
    }
    if (p == 4.0) {
        return (x * x) * (x * x);
    }
    return pow(x, p);
}

static double root_of(double x, double p)
{
    return p == 2.0 ? sqrt(x) : p == 3.0 ? cbrt(x) : p == 4.0 ? sqrt(sqrt(x)) : pow(x, 1.0 / p);
}

/* (a^p + b^p)^(1/p), written so that nothing overflows: the larger times (1 + ratio^p)^(1/p). */
static double join(double a, double b, double p)
{
    const double large = a > b ? a : b, small = a > b ? b : a;
    if (small <= 0.0) {
        return large;
    }
    if (p == 1.0) {
        return large + small;
    }
    const double rest = power_of(small / large, p);
    return rest < 1e-17 ? large : large * root_of(1.0 + rest, p);
}

/* The divisors of Eq. (1) at given clocks, found once per stretch. */
struct rates {
    double gpu_hz;
    double byte_per_s;      /* beta f_M, achieved */
    double peak_byte_per_s; /* of the bus */
    double p;
    double launch_s;
};

static struct rates rates_at(const struct dvfo_runtime *runtime, const struct dvfo_clocks *clocks)
{
    return (struct rates){
        .gpu_hz = clocks->hz[DVFO_GPU],
        .byte_per_s = runtime->byte_per_cycle.value * clocks->hz[DVFO_MEM],
        .p = runtime->exponent.value,
        .launch_s = dvfo_cost_launch_s(runtime, clocks),
    };
}

static double kernel_s(const struct dvfo_kernel *kernel, const struct rates *rates)
{
    return join(kernel->gpu_cycles / rates->gpu_hz, kernel->moved_byte / rates->byte_per_s, rates->p); /* Eq. (1) */
}

double dvfo_cost_kernel_s(const struct dvfo_runtime *runtime, const struct dvfo_kernel *kernel,
                          const struct dvfo_clocks *clocks)
{
    const struct rates rates = rates_at(runtime, clocks);
    return kernel_s(kernel, &rates);
}

double dvfo_cost_launch_s(const struct dvfo_runtime *runtime, const struct dvfo_clocks *clocks)
{
    return runtime->launch_cycles.value / clocks->hz[DVFO_CPU]; /* Eq. (1) */
}

/* Parts in closed form. */
static struct dvfo_layer_parts layer_parts(const struct dvfo_runtime *runtime, const struct rates *rates,
                                           const struct dvfo_layer *layer)
{
    const struct dvfo_kernel kernel = dvfo_kernel_of(runtime, layer);
    return (struct dvfo_layer_parts){
        .gpu_s = kernel_s(&kernel, rates),
        .cpu_s = rates->launch_s,
        .moved_byte = kernel.moved_byte,
    };
}

/* What a profile makes of them. */
static void correct_layer(const struct dvfo_layer_corners *at, int layer, struct dvfo_layer_parts *parts)
{
    const struct dvfo_layer_tables *tables = at->tables;
    parts->gpu_s = dvfo_layer_corrected(at, &tables->gpu_s, layer, parts->gpu_s);
    parts->cpu_s = dvfo_layer_corrected(at, &tables->cpu_s, layer, parts->cpu_s);
    parts->moved_byte = dvfo_layer_corrected(at, &tables->moved_byte, layer, parts->moved_byte);
}

static struct dvfo_request_parts request_parts(const struct dvfo_runtime *runtime, const struct dvfo_layer_corners *at,
                                               const struct dvfo_clocks *clocks)
{
    const double host_s = runtime->host_cycles.value / clocks->hz[DVFO_CPU];
    struct dvfo_request_parts parts = {host_s + runtime->fixed_s.value + runtime->handover_s.value, host_s, 1.0};
    if (at->tables != NULL) {
        const double closed_s = parts.time_s;
        parts.time_s = dvfo_layer_corrected(at, &at->tables->request_s, 0, closed_s);
        parts.host_s = closed_s > 0.0 ? host_s * (parts.time_s / closed_s) : 0.0; /* in the same proportion */
        parts.activity = dvfo_layer_corrected(at, &at->tables->activity, 0, 1.0);
    }
    return parts;
}

void dvfo_cost_parts(const struct dvfo_runtime *runtime, const struct dvfo_network *network,
                     const struct dvfo_clocks *clocks, struct dvfo_layer_parts layer[],
                     struct dvfo_request_parts *request)
{
    const struct rates rates = rates_at(runtime, clocks);
    const struct dvfo_layer_corners at = dvfo_layer_corners_of(runtime, network, clocks);
    *request = request_parts(runtime, &at, clocks);
    for (size_t i = 0; i < network->n; i++) {
        layer[i] = (struct dvfo_layer_parts){0};
        if (dvfo_kernel_exists(&network->layers[i])) {
            layer[i] = layer_parts(runtime, &rates, &network->layers[i]);
        }
        if (dvfo_kernel_exists(&network->layers[i]) && at.tables != NULL) {
            correct_layer(&at, (int)i, &layer[i]);
        }
    }
}

/* One pass over a stretch: what is known after the pieces so far. */
struct walk {
    const struct dvfo_runtime *runtime;
    const struct dvfo_network *network;
    struct rates rates;
    struct dvfo_layer_corners at; /* in the profile of this network, if there is one */
    struct dvfo_request_parts request;
    double cpu_share;  /* cores busy while the GPU works */
    double launched_s; /* when the launch of the latest piece is done */
    double end_s;      /* when the latest piece has ended */
    struct dvfo_busy busy;
};

static void begin_walk(struct walk *walk, const struct dvfo_board *board, const struct dvfo_runtime *runtime,
                       const struct dvfo_network *network, const struct dvfo_clocks *clocks)
{
    *walk = (struct walk){.runtime = runtime, .network = network, .rates = rates_at(runtime, clocks)};
    walk->rates.peak_byte_per_s = board->peak_byte_per_cycle.value * clocks->hz[DVFO_MEM];
    walk->at = dvfo_layer_corners_of(runtime, network, clocks);
    walk->request = request_parts(runtime, &walk->at, clocks);
    const struct dvfo_clock_domain *cpu = &board->clock[DVFO_CPU];
    const double slower = cpu->level_hz[cpu->level_count - 1] / clocks->hz[DVFO_CPU];
    const double busy = runtime->cpu_busy.value;
    walk->cpu_share = runtime->wait == DVFO_WAIT_SPIN   ? busy
                      : runtime->wait == DVFO_WAIT_WORK ? fmin(busy * slower, fmax(busy, 1.0))
                                                        : 0.0;
}

/* Waiting for the GPU keeps a share of the CPU at work (dvfo_wait); launches are done by one core either way, and while
 * one is busy all the same it is that one. */
static void charge_cpu(struct walk *walk, double from_s, double launch_s)
{
    const bool blocks = walk->runtime->wait == DVFO_WAIT_BLOCK;
    walk->busy.s[DVFO_CPU] += blocks ? launch_s : walk->cpu_share * (walk->end_s - from_s);
}

/* What a request costs once, before its first kernel: work that keeps one core busy, and the fixed time. */
static void walk_request(struct walk *walk)
{
    const double host_s = walk->request.host_s;
    walk->end_s = host_s;
    charge_cpu(walk, 0.0, 0.0);
    walk->busy.s[DVFO_CPU] = fmax(walk->busy.s[DVFO_CPU], host_s);
    walk->end_s = walk->request.time_s;
    charge_cpu(walk, host_s, 0.0);
    walk->launched_s = walk->end_s;
}

/* Eq. (1) in a row: when a kernel that starts behind `end_s` has ended. */
static double end_of(const struct dvfo_runtime *runtime, double launch_s, double kernel_s, double *launched_s,
                     double end_s)
{
    if (runtime->combine == DVFO_COMBINE_SUM) {
        return end_s + launch_s + kernel_s;
    }
    *launched_s += launch_s; /* the CPU runs ahead of the GPU */
    return (*launched_s > end_s ? *launched_s : end_s) + kernel_s;
}

double dvfo_cost_request_s(const struct dvfo_runtime *runtime, const double kernel_s[], size_t n,
                           const struct dvfo_clocks *clocks)
{
    const double launch_s = dvfo_cost_launch_s(runtime, clocks);
    double end_s =
        runtime->host_cycles.value / clocks->hz[DVFO_CPU] + runtime->fixed_s.value + runtime->handover_s.value;
    double launched_s = end_s;
    for (size_t i = 0; i < n; i++) {
        end_s = end_of(runtime, launch_s, kernel_s[i], &launched_s, end_s);
    }
    return end_s;
}

static void walk_layer(struct walk *walk, int index)
{
    const struct dvfo_runtime *runtime = walk->runtime;
    const struct dvfo_layer *layer = &walk->network->layers[index];
    struct dvfo_layer_parts parts = layer_parts(runtime, &walk->rates, layer);
    if (walk->at.tables != NULL) {
        correct_layer(&walk->at, index, &parts);
    }
    const double from_s = walk->end_s;
    walk->end_s = end_of(runtime, parts.cpu_s, parts.gpu_s, &walk->launched_s, from_s);
    charge_cpu(walk, from_s, parts.cpu_s);
    walk->busy.s[DVFO_GPU] += parts.gpu_s * runtime->activity[layer->op].value * walk->request.activity;
    walk->busy.s[DVFO_MEM] += parts.moved_byte / walk->rates.peak_byte_per_s;
}

static size_t count_pieces(const struct dvfo_network *network, int first, int last, bool with_request)
{
    size_t n = with_request && first <= last;
    for (int i = first; i <= last; i++) {
        n += dvfo_kernel_exists(&network->layers[i]);
    }
    return n;
}

static void store(struct dvfo_schedule *schedule, const struct walk *walk)
{
    schedule->piece[schedule->n++] = (struct dvfo_piece){walk->end_s, walk->busy};
}

dvfo_status dvfo_schedule_create(struct dvfo_ctx *ctx, const struct dvfo_board *board,
                                 const struct dvfo_runtime *runtime, const struct dvfo_network *network, int first,
                                 int last, bool with_request, const struct dvfo_clocks *clocks,
                                 struct dvfo_schedule *out)
{
    *out = (struct dvfo_schedule){0};
    const size_t pieces = count_pieces(network, first, last, with_request);
    if (pieces == 0) {
        return DVFO_OK;
    }
    out->piece = malloc(pieces * sizeof *out->piece);
    if (out->piece == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    struct walk walk;
    begin_walk(&walk, board, runtime, network, clocks);
    if (with_request) {
        walk_request(&walk);
        store(out, &walk);
    }
    for (int i = first; i <= last; i++) {
        if (dvfo_kernel_exists(&network->layers[i])) {
            walk_layer(&walk, i);
            store(out, &walk);
        }
    }
    out->time_s = walk.end_s;
    out->total = walk.busy;
    return DVFO_OK;
}

double dvfo_cost_stretch_s(const struct dvfo_board *board, const struct dvfo_runtime *runtime,
                           const struct dvfo_network *network, int first, int last, bool with_request,
                           const struct dvfo_clocks *clocks, struct dvfo_busy *busy)
{
    struct walk walk;
    begin_walk(&walk, board, runtime, network, clocks);
    if (with_request && first <= last) {
        walk_request(&walk);
    }
    for (int i = first; i <= last; i++) {
        if (dvfo_kernel_exists(&network->layers[i])) {
            walk_layer(&walk, i);
        }
    }
    *busy = walk.busy;
    return walk.end_s;
}

void dvfo_schedule_free(struct dvfo_schedule *schedule)
{
    free(schedule->piece);
    *schedule = (struct dvfo_schedule){0};
}

struct dvfo_busy dvfo_schedule_busy_until(const struct dvfo_schedule *schedule, double t_s)
{
    return dvfo_schedule_busy_in(schedule, dvfo_schedule_piece_at(schedule, 0, t_s), t_s);
}

double dvfo_schedule_rescale_s(const struct dvfo_schedule *from, const struct dvfo_schedule *to, double t_s)
{
    return dvfo_schedule_rescale_in_s(from, to, dvfo_schedule_piece_at(from, 0, t_s), t_s);
}
