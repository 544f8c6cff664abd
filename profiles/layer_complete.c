/* Filling what a layer profile leaves open: times from Eq. (1), energies from Eq. (2) over these times. */
#include "profiles/layer_profile.h"

#include <math.h>
#include <string.h>

#include "profiles/kernel.h"
#include "profiles/layer_attach.h"
#include "profiles/layer_interpolation.h"
#include "profiles/layer_standing.h"
#include "profiles/power.h"

enum { SOURCE_SIZE = 256 };

enum cost {
    GPU_S,
    CPU_S,
    MOVED_BYTE,
    LAYER_S,
    GPU_J,
    CPU_J,
    REST_J,
    REQUEST_S, /* from here on: of the request */
    REQUEST_GPU_J,
    REQUEST_CPU_J,
    REQUEST_REST_J,
    COSTS
};

/* The columns of one cost: a layer's over all points, or the request's. A column without any number is open. */
struct columns {
    struct dvfo_layer_cost *cost;
    size_t width;
    bool *open; /* (width) */
    bool all_open;
};

struct completion {
    const struct dvfo_board *board;
    const struct dvfo_runtime *runtime;
    const struct dvfo_network *network;
    const struct dvfo_layer_tables *attached; /* to the runtime, of this network; NULL: the closed form */
    struct dvfo_layer_profile *profile;
    struct columns columns[COSTS];
};

static bool is_open(const struct columns *columns, size_t points, size_t column)
{
    for (size_t p = 0; p < points; p++) {
        if (!isnan(columns->cost->value[p * columns->width + column])) {
            return false;
        }
    }
    return true;
}

static dvfo_status find_open(struct dvfo_ctx *ctx, struct completion *c)
{
    struct dvfo_layer_profile *profile = c->profile;
    struct dvfo_layer_cost *const costs[COSTS] = {
        &profile->gpu_s,         &profile->cpu_s,         &profile->moved_byte,    &profile->layer_s,
        &profile->gpu_j,         &profile->cpu_j,         &profile->rest_j,        &profile->request_s,
        &profile->request_gpu_j, &profile->request_cpu_j, &profile->request_rest_j};
    for (int i = 0; i < COSTS; i++) {
        struct columns *columns = &c->columns[i];
        columns->cost = costs[i];
        columns->width = i >= REQUEST_S ? 1 : profile->n;
        columns->open = calloc(columns->width, sizeof *columns->open);
        columns->all_open = true;
        if (columns->open == NULL) {
            return dvfo_fail_no_memory(ctx);
        }
        for (size_t k = 0; k < columns->width; k++) {
            columns->open[k] = is_open(columns, profile->points, k);
            columns->all_open &= columns->open[k];
        }
    }
    return DVFO_OK;
}

static void fill(struct completion *c, enum cost cost, size_t point, size_t column, double value)
{
    struct columns *columns = &c->columns[cost];
    if (columns->open[column]) {
        columns->cost->value[point * columns->width + column] = value;
    }
}

/* ---- times and traffic ---- */

static dvfo_status fill_parts(struct dvfo_ctx *ctx, struct completion *c)
{
    struct dvfo_layer_parts *parts = malloc(c->profile->n * sizeof *parts);
    if (parts == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t p = 0; p < c->profile->points; p++) {
        const struct dvfo_clocks clocks = dvfo_layer_profile_clocks(c->profile, p);
        struct dvfo_request_parts request;
        dvfo_cost_parts(c->runtime, c->network, &clocks, parts, &request);
        fill(c, REQUEST_S, p, 0, request.time_s);
        if (c->profile->activity.value[p] == 1.0) {
            c->profile->activity.value[p] = request.activity; /* of the attached profile */
        }
        for (size_t i = 0; i < c->profile->n; i++) {
            fill(c, GPU_S, p, i, parts[i].gpu_s);
            fill(c, CPU_S, p, i, parts[i].cpu_s);
            fill(c, MOVED_BYTE, p, i, parts[i].moved_byte);
        }
    }
    free(parts);
    return DVFO_OK;
}

/* ---- energies ---- */

/* From one piece of a schedule to the next. */
struct stretch {
    double dt_s;
    struct dvfo_busy busy;
};

static struct stretch piece(const struct dvfo_schedule *schedule, size_t i)
{
    struct stretch s = {schedule->piece[i].end_s, schedule->piece[i].busy};
    if (i > 0) {
        s.dt_s -= schedule->piece[i - 1].end_s;
        for (int d = 0; d < DVFO_DOMAINS; d++) {
            s.busy.s[d] -= schedule->piece[i - 1].busy.s[d];
        }
    }
    return s;
}

static double module_j(const struct dvfo_power *power, const struct stretch *s)
{
    double energy_j = 0.0;
    for (size_t r = 0; r < power->rail_count; r++) {
        energy_j += power->idle_w[r] * s->dt_s;
        for (int d = 0; d < DVFO_DOMAINS; d++) {
            energy_j += power->busy_w[r][d] * s->busy.s[d];
        }
    }
    return energy_j;
}

static double domain_j(const struct dvfo_board *board, dvfo_domain domain, const struct dvfo_clocks *clocks,
                       const struct stretch *s)
{
    const struct dvfo_domain_power power = dvfo_power_of_domain(board, domain, clocks->hz[domain]);
    return power.idle_w * s->dt_s + power.busy_w * s->busy.s[domain];
}

/* @param first  the cost of the GPU's part; those of CPU and rest follow it in the list */
static void fill_energy(struct completion *c, enum cost first, size_t point, size_t column, const struct stretch *s)
{
    const struct dvfo_clocks clocks = dvfo_layer_profile_clocks(c->profile, point);
    const struct dvfo_power power = dvfo_power_at(c->board, &clocks);
    const double gpu_j = domain_j(c->board, DVFO_GPU, &clocks, s), cpu_j = domain_j(c->board, DVFO_CPU, &clocks, s);
    fill(c, first, point, column, gpu_j);
    fill(c, first + 1, point, column, cpu_j);
    fill(c, first + 2, point, column, fmax(module_j(&power, s) - gpu_j - cpu_j, 0.0));
}

/* The pieces of a schedule are the request's and then those of layers with a kernel; others cost nothing. What wasn't
 * measured at a point stays open there. */
static void fill_point(struct completion *c, size_t point, const struct dvfo_schedule *schedule)
{
    const struct stretch request = piece(schedule, 0), nothing = {0};
    if (!isnan(c->profile->request_s.value[point])) {
        fill_energy(c, REQUEST_GPU_J, point, 0, &request);
    }
    size_t next = 1;
    for (size_t i = 0; i < c->profile->n; i++) {
        const bool has_kernel = dvfo_kernel_exists(&c->network->layers[i]);
        const struct stretch s = has_kernel ? piece(schedule, next++) : nothing;
        if (!isnan(c->profile->gpu_s.value[point * c->profile->n + i])) {
            fill(c, LAYER_S, point, i, s.dt_s);
            fill_energy(c, GPU_J, point, i, &s);
        }
    }
}

/* The schedule of the simulator itself, made of this profile's times. */
static dvfo_status fill_energies(struct dvfo_ctx *ctx, struct completion *c)
{
    struct dvfo_layer_tables *tables = NULL;
    struct dvfo_runtime *own = malloc(sizeof *own);
    if (own == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    *own = *c->runtime; /* borrows its texts */
    dvfo_status status = dvfo_layer_tables_create(ctx, c->runtime, c->network, c->profile, &tables);
    own->tables[0] = tables;
    own->tables_count = 1;
    for (size_t p = 0; p < c->profile->points && status == DVFO_OK; p++) {
        const struct dvfo_clocks clocks = dvfo_layer_profile_clocks(c->profile, p);
        struct dvfo_schedule schedule = {0};
        status =
            dvfo_schedule_create(ctx, c->board, own, c->network, 0, (int)c->network->n - 1, true, &clocks, &schedule);
        if (status == DVFO_OK) {
            fill_point(c, p, &schedule);
        }
        dvfo_schedule_free(&schedule);
    }
    dvfo_layer_tables_free(tables);
    free(own);
    return status;
}

/* ---- standings ---- */

static dvfo_status stand(struct dvfo_ctx *ctx, const struct columns *columns, dvfo_standing standing,
                         const char *source)
{
    return columns->all_open ? dvfo_layer_cost_set_standing(ctx, columns->cost, standing, source) : DVFO_OK;
}

static dvfo_status stand_as_attached(struct dvfo_ctx *ctx, struct completion *c)
{
    const struct dvfo_layer_tables *t = c->attached;
    for (size_t i = 0; i < c->profile->n; i++) {
        c->profile->standing[i] = c->columns[GPU_S].open[i] ? t->standing[i] : c->profile->standing[i];
    }
    DVFO_TRY(stand(ctx, &c->columns[GPU_S], t->gpu_s.standing, t->gpu_s.source));
    DVFO_TRY(stand(ctx, &c->columns[CPU_S], t->cpu_s.standing, t->cpu_s.source));
    DVFO_TRY(stand(ctx, &c->columns[MOVED_BYTE], t->moved_byte.standing, t->moved_byte.source));
    return stand(ctx, &c->columns[REQUEST_S], t->request_s.standing, t->request_s.source);
}

/* Of all layers together: the weakest that more than a tenth of the GPU's time at the highest clocks stands on, with
 * what is weaker still. */
static dvfo_standing standing_of_sum(const struct dvfo_layer_profile *profile)
{
    static const dvfo_standing order[] = {DVFO_ASSUMPTION, DVFO_CALIBRATED, DVFO_DOCUMENTED, DVFO_MEASURED};
    const double *gpu_s = &profile->gpu_s.value[(profile->points - 1) * profile->n];
    double sum_s = 0.0, so_far_s = 0.0;
    for (size_t i = 0; i < profile->n; i++) {
        sum_s += gpu_s[i];
    }
    for (size_t k = 0; k < sizeof order / sizeof order[0]; k++) {
        for (size_t i = 0; i < profile->n; i++) {
            so_far_s += profile->standing[i] == order[k] ? gpu_s[i] : 0.0;
        }
        if (so_far_s > DVFO_STANDING_MATTERS * sum_s) {
            return order[k];
        }
    }
    return DVFO_DOCUMENTED; /* no layer takes time */
}

/* As well known as the coefficients of Eq. (1), at the highest clocks of the grid. */
static dvfo_status stand_as_computed(struct dvfo_ctx *ctx, struct completion *c, dvfo_standing *layers)
{
    const struct dvfo_clocks top = dvfo_layer_profile_clocks(c->profile, c->profile->points - 1);
    const struct dvfo_runtime *runtime = c->runtime;
    dvfo_standing traffic = DVFO_DOCUMENTED;
    char source[SOURCE_SIZE];
    DVFO_TRY(dvfo_standing_of_layers(ctx, runtime, c->network, &top, layers, &traffic));
    for (size_t i = 0; i < c->profile->n; i++) {
        c->profile->standing[i] = c->columns[GPU_S].open[i] ? layers[i] : c->profile->standing[i];
    }
    snprintf(source, sizeof source, "Eq. (1), coefficients of %.60s, %.40s %.20s", c->board->name, runtime->name,
             runtime->precision);
    DVFO_TRY(stand(ctx, &c->columns[GPU_S], standing_of_sum(c->profile), source));
    DVFO_TRY(stand(ctx, &c->columns[CPU_S], runtime->launch_cycles.standing, source));
    DVFO_TRY(stand(ctx, &c->columns[MOVED_BYTE], traffic, "shapes, fusion and re-read operands of Eq. (1)"));
    return stand(ctx, &c->columns[REQUEST_S],
                 dvfo_standing_weaker(runtime->host_cycles.standing,
                                      dvfo_standing_weaker(runtime->fixed_s.standing, runtime->handover_s.standing)),
                 source);
}

static dvfo_standing activity_standing(const struct completion *c)
{
    dvfo_standing standing = DVFO_MEASURED;
    for (size_t i = 0; i < c->profile->n; i++) {
        if (dvfo_kernel_exists(&c->network->layers[i])) {
            standing = dvfo_standing_weaker(standing, c->runtime->activity[c->network->layers[i].op].standing);
        }
    }
    return standing;
}

/* A factor of 1 everywhere says that nobody measured power: Eq. (2) stands as the board's file has it. */
static dvfo_status stand_activity(struct dvfo_ctx *ctx, struct completion *c)
{
    struct dvfo_layer_cost *activity = &c->profile->activity;
    if (c->attached != NULL) {
        return dvfo_layer_cost_set_standing(ctx, activity, c->attached->activity.standing,
                                            c->attached->activity.source);
    }
    for (size_t p = 0; p < c->profile->points; p++) {
        if (activity->value[p] != 1.0) {
            return DVFO_OK;
        }
    }
    return dvfo_layer_cost_set_standing(ctx, activity, activity_standing(c), "1: no power measured");
}

/* Launches count where more than a tenth of the time at the highest clocks is theirs. */
static dvfo_standing layer_standing(const struct dvfo_layer_profile *profile)
{
    const size_t top = (profile->points - 1) * profile->n;
    double gpu_s = 0.0, layer_s = 0.0;
    for (size_t i = 0; i < profile->n; i++) {
        const bool known = !isnan(profile->gpu_s.value[top + i]) && !isnan(profile->layer_s.value[top + i]);
        gpu_s += known ? profile->gpu_s.value[top + i] : 0.0;
        layer_s += known ? profile->layer_s.value[top + i] : 0.0;
    }
    return layer_s - gpu_s > DVFO_STANDING_MATTERS * layer_s
               ? dvfo_standing_weaker(profile->gpu_s.standing, profile->cpu_s.standing)
               : profile->gpu_s.standing;
}

static dvfo_standing weakest(const dvfo_standing *standings, size_t count)
{
    dvfo_standing standing = DVFO_MEASURED;
    for (size_t i = 0; i < count; i++) {
        standing = dvfo_standing_weaker(standing, standings[i]);
    }
    return standing;
}

static dvfo_status stand_energies(struct dvfo_ctx *ctx, struct completion *c)
{
    const struct dvfo_layer_profile *profile = c->profile;
    const dvfo_standing layer = layer_standing(profile);
    const dvfo_standing gpu[] = {layer, profile->activity.standing, dvfo_standing_of_power(c->board, DVFO_GPU)};
    const dvfo_standing cpu[] = {layer, c->runtime->cpu_busy.standing, dvfo_standing_of_power(c->board, DVFO_CPU)};
    const dvfo_standing rest[] = {layer, dvfo_standing_of_power(c->board, DVFO_MEM), dvfo_standing_of_base(c->board)};
    const dvfo_standing request_s = profile->request_s.standing;
    char source[SOURCE_SIZE];
    snprintf(source, sizeof source, "Eq. (2) over the times of this profile, coefficients of %.60s", c->board->name);
    DVFO_TRY(stand(ctx, &c->columns[LAYER_S], layer, "latency/gpu and latency/cpu, one after the other"));
    DVFO_TRY(stand(ctx, &c->columns[GPU_J], weakest(gpu, 3), source));
    DVFO_TRY(stand(ctx, &c->columns[CPU_J], weakest(cpu, 3), source));
    DVFO_TRY(stand(ctx, &c->columns[REST_J], weakest(rest, 3), source));
    DVFO_TRY(stand(ctx, &c->columns[REQUEST_GPU_J], dvfo_standing_weaker(request_s, gpu[2]), source));
    DVFO_TRY(stand(ctx, &c->columns[REQUEST_CPU_J], dvfo_standing_weaker(request_s, cpu[2]), source));
    return stand(ctx, &c->columns[REQUEST_REST_J],
                 dvfo_standing_weaker(request_s, dvfo_standing_weaker(rest[1], rest[2])), source);
}

static dvfo_status stand_times(struct dvfo_ctx *ctx, struct completion *c)
{
    dvfo_standing *layers = malloc(c->profile->n * sizeof *layers);
    if (layers == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    dvfo_status status = c->attached != NULL ? stand_as_attached(ctx, c) : stand_as_computed(ctx, c, layers);
    status = status == DVFO_OK ? stand_activity(ctx, c) : status;
    free(layers);
    return status;
}

dvfo_status dvfo_layer_profile_complete(struct dvfo_ctx *ctx, const struct dvfo_board *board,
                                        const struct dvfo_runtime *runtime, const struct dvfo_network *network,
                                        struct dvfo_layer_profile *profile)
{
    DVFO_TRY(dvfo_layer_profile_check(ctx, board, network, profile));
    const struct dvfo_clocks top = dvfo_layer_profile_clocks(profile, profile->points - 1);
    struct completion c = {.board = board, .runtime = runtime, .network = network, .profile = profile};
    c.attached = dvfo_layer_corners_of(runtime, network, &top).tables;
    dvfo_status status = find_open(ctx, &c);
    status = status == DVFO_OK ? fill_parts(ctx, &c) : status;
    status = status == DVFO_OK ? stand_times(ctx, &c) : status;
    status = status == DVFO_OK ? fill_energies(ctx, &c) : status;
    status = status == DVFO_OK ? stand_energies(ctx, &c) : status;
    for (int i = 0; i < COSTS; i++) {
        free(c.columns[i].open);
    }
    return status;
}
