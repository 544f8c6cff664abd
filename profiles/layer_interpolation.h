/* Costs of a layer profile between and beyond the points of its grid.
 *
 * A table keeps, for each cost, the profile's value at every grid point beside what the closed form says there. A cost
 * at any clocks is the closed form's at these clocks times the ratio of the two, interpolated linearly in 1/f along
 * each axis and held at the edges. On a grid point the value itself is taken, for layers that are the ones measured: a
 * layer of another width has another closed form, and takes the ratio. A point that wasn't measured has the ratio of
 * the nearest one (by steps on the grid) that was; a layer that never was has the closed form. */
#ifndef DVFO_LAYER_INTERPOLATION_H
#define DVFO_LAYER_INTERPOLATION_H

#include "profiles/cost.h"

/* A grid of clocks; point (cpu, gpu, mem) has the index (cpu * levels[GPU] + gpu) * levels[MEM] + mem. */
struct dvfo_clock_grid {
    size_t levels[DVFO_DOMAINS]; /* of each axis, at least 1 */
    double *hz[DVFO_DOMAINS];    /* (levels) ascending */
    size_t points;               /* product of levels */
};

dvfo_status dvfo_clock_grid_create(struct dvfo_ctx *ctx, const size_t levels[DVFO_DOMAINS],
                                   const double *const hz[DVFO_DOMAINS], struct dvfo_clock_grid *out);
void dvfo_clock_grid_free(struct dvfo_clock_grid *grid);

/** Clocks of a point. */
struct dvfo_clocks dvfo_clock_grid_at(const struct dvfo_clock_grid *grid, size_t point);

/* One cost over the grid: (points, width) each. Where the closed form is 0, the ratio stands for the value itself. */
struct dvfo_layer_ratios {
    size_t width; /* layers, or 1 for a cost of the whole request */
    double *stored, *closed, *ratio;
    dvfo_standing standing;
    char *source;
};

/* One profile, as the cost model reads it. */
struct dvfo_layer_tables {
    char *network; /* name */
    struct dvfo_shape input;
    size_t n;                /* layers */
    dvfo_standing *standing; /* (n) of each layer's GPU part */
    struct dvfo_clock_grid grid;
    struct dvfo_layer_ratios gpu_s, cpu_s, moved_byte; /* per layer */
    struct dvfo_layer_ratios request_s, activity;      /* per request */
};

/** Take over `stored` and `closed` (points * width each, from malloc) and find the ratios; NaN in `stored` means not
 *  measured. They are freed after a failure too. */
dvfo_status dvfo_layer_ratios_create(struct dvfo_ctx *ctx, const struct dvfo_clock_grid *grid, size_t width,
                                     double *stored, double *closed, struct dvfo_layer_ratios *out);
void dvfo_layer_tables_free(struct dvfo_layer_tables *tables);

/* Where clocks lie in a table: found once per stretch of layers. */
struct dvfo_layer_corners {
    const struct dvfo_layer_tables *tables; /* NULL: no profile of this network, the closed form stands */
    size_t point[8];        /* grid points around: bit 2 of the index is the upper CPU clock, 1 GPU, 0 memory */
    double t[DVFO_DOMAINS]; /* from lower to upper, 0..1 in 1/f */
    bool on_point;          /* the clocks are those of point[0] */
};

/** Corners in the runtime's table of that network and input. */
struct dvfo_layer_corners dvfo_layer_corners_of(const struct dvfo_runtime *runtime, const struct dvfo_network *network,
                                                const struct dvfo_clocks *clocks);

/** A cost of layer `column` (0 for a cost of the request), given what the closed form says. No allocation. */
double dvfo_layer_corrected(const struct dvfo_layer_corners *at, const struct dvfo_layer_ratios *ratios, int column,
                            double closed);

#endif
