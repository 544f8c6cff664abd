#include "profiles/layer_interpolation.h"

#include <math.h>
#include <string.h>

dvfo_status dvfo_clock_grid_create(struct dvfo_ctx *ctx, const size_t levels[DVFO_DOMAINS],
                                   const double *const hz[DVFO_DOMAINS], struct dvfo_clock_grid *out)
{
    *out = (struct dvfo_clock_grid){.points = 1};
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        DVFO_REQUIRE(levels[d] > 0);
        out->levels[d] = levels[d];
        out->points *= levels[d];
        out->hz[d] = malloc(levels[d] * sizeof *out->hz[d]);
        if (out->hz[d] == NULL) {
            dvfo_clock_grid_free(out);
            return dvfo_fail_no_memory(ctx);
        }
        memcpy(out->hz[d], hz[d], levels[d] * sizeof *out->hz[d]);
    }
    return DVFO_OK;
}

void dvfo_clock_grid_free(struct dvfo_clock_grid *grid)
{
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        free(grid->hz[d]);
    }
    *grid = (struct dvfo_clock_grid){0};
}

/* Steps along each axis that a point stands at. */
static void place_of(const struct dvfo_clock_grid *grid, size_t point, size_t step[DVFO_DOMAINS])
{
    step[DVFO_MEM] = point % grid->levels[DVFO_MEM];
    step[DVFO_GPU] = point / grid->levels[DVFO_MEM] % grid->levels[DVFO_GPU];
    step[DVFO_CPU] = point / grid->levels[DVFO_MEM] / grid->levels[DVFO_GPU];
}

static size_t point_at(const struct dvfo_clock_grid *grid, const size_t step[DVFO_DOMAINS])
{
    return (step[DVFO_CPU] * grid->levels[DVFO_GPU] + step[DVFO_GPU]) * grid->levels[DVFO_MEM] + step[DVFO_MEM];
}

struct dvfo_clocks dvfo_clock_grid_at(const struct dvfo_clock_grid *grid, size_t point)
{
    size_t step[DVFO_DOMAINS];
    place_of(grid, point, step);
    struct dvfo_clocks clocks;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        clocks.hz[d] = grid->hz[d][step[d]];
    }
    return clocks;
}

/* ---- preparation ---- */

/* Points that wait to hand their ratio on to their neighbours. */
struct spreading {
    const struct dvfo_clock_grid *grid;
    double *ratio; /* (points, width) */
    size_t width, column;
    size_t *queue; /* (points) */
    size_t first, count;
};

static double *ratio_of(const struct spreading *s, size_t point)
{
    return &s->ratio[point * s->width + s->column];
}

/* The neighbour takes the ratio over, if it has none of its own. */
static void hand_on(struct spreading *s, double ratio, const size_t step[DVFO_DOMAINS])
{
    const size_t point = point_at(s->grid, step);
    if (isnan(*ratio_of(s, point))) {
        *ratio_of(s, point) = ratio;
        s->queue[s->count++] = point;
    }
}

/* Ratios spread from what is known, one step at a time, points in the order of their index. */
static void spread(struct spreading *s)
{
    s->first = s->count = 0;
    for (size_t p = 0; p < s->grid->points; p++) {
        if (!isnan(*ratio_of(s, p))) {
            s->queue[s->count++] = p;
        }
    }
    while (s->first < s->count) {
        const size_t point = s->queue[s->first++];
        const double ratio = *ratio_of(s, point);
        size_t step[DVFO_DOMAINS];
        place_of(s->grid, point, step);
        for (int d = 0; d < DVFO_DOMAINS; d++) {
            const size_t here = step[d];
            if (here > 0) {
                step[d] = here - 1;
                hand_on(s, ratio, step);
            }
            if (here + 1 < s->grid->levels[d]) {
                step[d] = here + 1;
                hand_on(s, ratio, step);
            }
            step[d] = here;
        }
    }
}

/* Nothing spreads where nothing is known: then the closed form stands. */
static void fill_unknown(struct dvfo_layer_ratios *ratios, size_t values)
{
    for (size_t i = 0; i < values; i++) {
        const double closed = ratios->closed[i];
        if (isnan(ratios->ratio[i])) {
            ratios->ratio[i] = closed > 0.0 ? 1.0 : 0.0;
        }
        if (isnan(ratios->stored[i])) {
            ratios->stored[i] = closed > 0.0 ? closed * ratios->ratio[i] : ratios->ratio[i];
        }
    }
}

dvfo_status dvfo_layer_ratios_create(struct dvfo_ctx *ctx, const struct dvfo_clock_grid *grid, size_t width,
                                     double *stored, double *closed, struct dvfo_layer_ratios *out)
{
    const size_t values = grid->points * width;
    *out = (struct dvfo_layer_ratios){.width = width, .stored = stored, .closed = closed};
    out->ratio = malloc(values * sizeof *out->ratio);
    struct spreading s = {.grid = grid, .ratio = out->ratio, .width = width};
    s.queue = malloc(grid->points * sizeof *s.queue);
    if (stored == NULL || closed == NULL || out->ratio == NULL || s.queue == NULL) {
        free(s.queue);
        return dvfo_fail_no_memory(ctx); /* what there is stays in `out`, for dvfo_layer_tables_free */
    }
    for (size_t i = 0; i < values; i++) {
        out->ratio[i] = closed[i] > 0.0 ? stored[i] / closed[i] : stored[i];
    }
    for (s.column = 0; s.column < width; s.column++) {
        spread(&s);
    }
    fill_unknown(out, values);
    free(s.queue);
    return DVFO_OK;
}

static void free_ratios(struct dvfo_layer_ratios *ratios)
{
    free(ratios->stored);
    free(ratios->closed);
    free(ratios->ratio);
    free(ratios->source);
}

void dvfo_layer_tables_free(struct dvfo_layer_tables *tables)
{
    if (tables == NULL) {
        return;
    }
    free_ratios(&tables->gpu_s);
    free_ratios(&tables->cpu_s);
    free_ratios(&tables->moved_byte);
    free_ratios(&tables->request_s);
    free_ratios(&tables->activity);
    dvfo_clock_grid_free(&tables->grid);
    free(tables->standing);
    free(tables->network);
    free(tables);
}

/* ---- reading ---- */

static const struct dvfo_layer_tables *tables_of(const struct dvfo_runtime *runtime, const struct dvfo_network *network)
{
    for (size_t i = 0; i < runtime->tables_count; i++) {
        const struct dvfo_layer_tables *tables = runtime->tables[i];
        const struct dvfo_shape a = tables->input, b = network->input;
        if (tables->n == network->n && a.channels == b.channels && a.height == b.height && a.width == b.width &&
            strcmp(tables->network, network->name) == 0) {
            return tables;
        }
    }
    return NULL;
}

/* The highest entry at or below f; the lowest of all when none is. @return t towards the next one, 0 at the edges */
static double find_step(const double *hz, size_t levels, double f_hz, size_t *step)
{
    size_t i = 0;
    while (i + 1 < levels && hz[i + 1] <= f_hz) {
        i++;
    }
    *step = i;
    if (f_hz <= hz[i] || i + 1 == levels) {
        return 0.0;
    }
    return (1.0 / hz[i] - 1.0 / f_hz) / (1.0 / hz[i] - 1.0 / hz[i + 1]);
}

struct dvfo_layer_corners dvfo_layer_corners_of(const struct dvfo_runtime *runtime, const struct dvfo_network *network,
                                                const struct dvfo_clocks *clocks)
{
    struct dvfo_layer_corners at = {.tables = tables_of(runtime, network)};
    if (at.tables == NULL) {
        return at;
    }
    const struct dvfo_clock_grid *grid = &at.tables->grid;
    size_t low[DVFO_DOMAINS];
    at.on_point = true;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        at.t[d] = find_step(grid->hz[d], grid->levels[d], clocks->hz[d], &low[d]);
        at.on_point &= clocks->hz[d] == grid->hz[d][low[d]];
    }
    for (unsigned corner = 0; corner < 8; corner++) {
        size_t step[DVFO_DOMAINS];
        for (int d = 0; d < DVFO_DOMAINS; d++) {
            const bool upper = (corner >> (DVFO_MEM - d) & 1U) != 0 && at.t[d] > 0.0;
            step[d] = low[d] + (upper ? 1 : 0);
        }
        at.point[corner] = point_at(grid, step);
    }
    return at;
}

/* Equal ends give exactly themselves, whatever t: a profile made of the closed form is the closed form. */
static double between(double low, double high, double t)
{
    return low + t * (high - low);
}

double dvfo_layer_corrected(const struct dvfo_layer_corners *at, const struct dvfo_layer_ratios *ratios, int column,
                            double closed)
{
    const size_t first = at->point[0] * ratios->width + (size_t)column;
    if (at->on_point && closed == ratios->closed[first]) {
        return ratios->stored[first];
    }
    double ratio[8];
    for (int i = 0; i < 8; i++) {
        ratio[i] = ratios->ratio[at->point[i] * ratios->width + (size_t)column];
    }
    for (int i = 0; i < 4; i++) {
        ratio[i] = between(ratio[2 * i], ratio[2 * i + 1], at->t[DVFO_MEM]);
    }
    for (int i = 0; i < 2; i++) {
        ratio[i] = between(ratio[2 * i], ratio[2 * i + 1], at->t[DVFO_GPU]);
    }
    const double here = between(ratio[0], ratio[1], at->t[DVFO_CPU]);
    return closed > 0.0 ? closed * here : here;
}
