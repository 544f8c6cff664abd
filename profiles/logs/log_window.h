/* The part of a tegrastats log in which a run was going: what clocks it ran at and what it drew.
 *
 * The run is the longest stretch in which the GPU was busy; when the run's duration is known, the last one that is long
 * enough, and of it the end (before it TensorRT may have built the engine). Samples at both ends that lie half inside,
 * or in which clocks and load had not yet come up, are left out. */
#ifndef DVFO_LOG_WINDOW_H
#define DVFO_LOG_WINDOW_H

#include "profiles/cost.h"
#include "profiles/logs/tegrastats.h"

enum { DVFO_LOG_WINDOW_SAMPLES = 3 }; /* fewer say nothing */

struct dvfo_log_window {
    size_t first, last;        /* samples of the log, inclusive */
    struct dvfo_clocks clocks; /* held meanwhile, as the board's table has them [Hz]; NaN: not shown */
    double busy[DVFO_DOMAINS]; /* mean load: cores' worth, share of time, share of bandwidth; NaN: not shown */
    int cores;                 /* online */
    double rail_w[DVFO_TEGRASTATS_MAX_NAMES]; /* (rails of the log) mean */
    double module_w;
    double module_error_w; /* standard error of that mean */
};

/** Find the run and what held during it.
 *  @param duration_s  of the run; NaN: not known
 *  @param given       clocks stated by the user, NaN where not; the log must agree within 3 %
 *  @return  DVFO_BAD_INPUT when there is no such stretch, when GPU or memory clock didn't hold, or when a clock is
 *           neither shown nor given; single samples off the clock are told in a note */
dvfo_status dvfo_log_window_find(struct dvfo_ctx *ctx, const struct dvfo_tegrastats *log,
                                 const struct dvfo_board *board, double duration_s, const struct dvfo_clocks *given,
                                 struct dvfo_log_window *out);

/** The entry of a board's table that a clock in whole MHz stands for; the clock itself when none is near. */
double dvfo_log_window_snap_hz(const struct dvfo_clock_domain *domain, double hz);

#endif
