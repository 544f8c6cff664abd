/* What layers cost: Eq. (1), from one layer to a whole stretch of a network.
 *
 * A schedule is a stretch of layers at fixed clocks: when each layer ends, and how busy the domains were until then.
 * The simulator keeps one per (stretch, clocks), runs it as a single piece of work, and needs the inside only when a
 * clock changes in the middle of it. */
#ifndef DVFO_COST_H
#define DVFO_COST_H

#include "profiles/board.h"
#include "profiles/kernel.h"
#include "profiles/network.h"

/* Clocks as frequencies [Hz], by domain. */
struct dvfo_clocks {
    double hz[DVFO_DOMAINS];
};

/** Eq. (1): time of one kernel [s], t_exec = ((gpu_cycles / f_G)^p + (moved / (beta f_M))^p)^(1/p). */
double dvfo_cost_kernel_s(const struct dvfo_runtime *runtime, const struct dvfo_kernel *kernel,
                          const struct dvfo_clocks *clocks);

/** Eq. (1), second half: time to launch one kernel [s], k / f_C. */
double dvfo_cost_launch_s(const struct dvfo_runtime *runtime, const struct dvfo_clocks *clocks);

/* What one layer costs at some clocks; all 0 for a layer without a kernel. */
struct dvfo_layer_parts {
    double gpu_s;      /* its kernel */
    double cpu_s;      /* the kernel's launch */
    double moved_byte; /* memory traffic, re-read operands included */
};

/* What a request costs once, before its first layer. */
struct dvfo_request_parts {
    double time_s;   /* of all of it */
    double host_s;   /* of that, work that keeps one core busy */
    double activity; /* factor on u_G of all its layers */
};

/** The parts of a network at clocks, as its schedules have them: Eq. (1), corrected by the layer profile attached to
 *  the runtime, if there is one of this network. @param layer  (n) written */
void dvfo_cost_parts(const struct dvfo_runtime *runtime, const struct dvfo_network *network,
                     const struct dvfo_clocks *clocks, struct dvfo_layer_parts layer[],
                     struct dvfo_request_parts *request);

/* How busy the domains were, as integrals over time [s]: of u_C, u_G (with activity factors), u_M of Eq. (2). */
struct dvfo_busy {
    double s[DVFO_DOMAINS];
};

/* A piece of a stretch: a layer with a kernel, or before all of them what a request costs once. Both counted from the
 * start of the stretch, and side by side in memory: there are too many schedules for a fast cache. */
struct dvfo_piece {
    double end_s;
    struct dvfo_busy busy; /* until then */
};

/* A stretch of layers at fixed clocks. */
struct dvfo_schedule {
    double time_s; /* of the whole stretch: end of the last piece, 0 when empty */
    struct dvfo_busy total;
    size_t n;
    struct dvfo_piece *piece; /* (n) in order of time; owned */
};

/** Cost of layers first..last (inclusive; empty when last < first). `with_request` adds what a request costs once, the
 *  runtime's fixed time and its host cycles / f_C, before the first layer. Cost: O(layers), one allocation.
 *  @param out  written; free with dvfo_schedule_free */
dvfo_status dvfo_schedule_create(struct dvfo_ctx *ctx, const struct dvfo_board *board,
                                 const struct dvfo_runtime *runtime, const struct dvfo_network *network, int first,
                                 int last, bool with_request, const struct dvfo_clocks *clocks,
                                 struct dvfo_schedule *out);

/** The end of the same stretch alone, without its inside: for planners that try thousands of clocks. No allocation.
 *  @param busy  written: busy integrals of the whole stretch
 *  @return      time [s]; equal to time_s of the schedule */
double dvfo_cost_stretch_s(const struct dvfo_board *board, const struct dvfo_runtime *runtime,
                           const struct dvfo_network *network, int first, int last, bool with_request,
                           const struct dvfo_clocks *clocks, struct dvfo_busy *busy);

/** Time of a request [s] whose kernels take `kernel_s` one after the other: the end of dvfo_cost_stretch_s over a whole
 *  network in closed form. For fits, where kernels stay the same while the CPU clock changes. */
double dvfo_cost_request_s(const struct dvfo_runtime *runtime, const double kernel_s[], size_t n,
                           const struct dvfo_clocks *clocks);

void dvfo_schedule_free(struct dvfo_schedule *schedule);

/** First piece that hasn't ended at `t_s`; n when all have. The search walks from the piece `near`: who goes through a
 *  schedule remembers where it was. Cost: O(pieces passed). */
static inline size_t dvfo_schedule_piece_at(const struct dvfo_schedule *schedule, size_t near, double t_s)
{
    size_t piece = near;
    while (piece > 0 && schedule->piece[piece - 1].end_s > t_s) {
        piece--;
    }
    while (piece < schedule->n && schedule->piece[piece].end_s <= t_s) {
        piece++;
    }
    return piece;
}

static inline double dvfo_schedule_piece_start_s(const struct dvfo_schedule *schedule, size_t piece)
{
    return piece == 0 ? 0.0 : schedule->piece[piece - 1].end_s;
}

/** Share of a piece that is done at t_s. */
static inline double dvfo_schedule_share_done(const struct dvfo_schedule *schedule, size_t piece, double t_s)
{
    const double start_s = dvfo_schedule_piece_start_s(schedule, piece);
    return (t_s - start_s) / (schedule->piece[piece].end_s - start_s);
}

/** Busy integrals from the start until `t_s` in [0, time_s]: linear within a layer.
 *  @param piece  dvfo_schedule_piece_at of t_s */
static inline struct dvfo_busy dvfo_schedule_busy_in(const struct dvfo_schedule *schedule, size_t piece, double t_s)
{
    struct dvfo_busy busy = {{0.0, 0.0, 0.0}};
    if (t_s <= 0.0) {
        return busy;
    }
    if (piece == schedule->n) {
        return schedule->total;
    }
    if (piece > 0) {
        busy = schedule->piece[piece - 1].busy;
    }
    const double share = dvfo_schedule_share_done(schedule, piece, t_s);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        busy.s[d] += share * (schedule->piece[piece].busy.s[d] - busy.s[d]);
    }
    return busy;
}

/** Where the same work stands at other clocks: time `t_s` on `from` becomes the time on `to` at which as much of the
 *  same layer is done (Eq. (5): work left is rescaled). Both must be the same stretch.
 *  @param piece  dvfo_schedule_piece_at of t_s on `from` */
static inline double dvfo_schedule_rescale_in_s(const struct dvfo_schedule *from, const struct dvfo_schedule *to,
                                                size_t piece, double t_s)
{
    DVFO_REQUIRE(from->n == to->n);
    if (t_s <= 0.0 || from->n == 0) {
        return 0.0;
    }
    if (piece == from->n) {
        return to->time_s;
    }
    const double from_start_s = dvfo_schedule_piece_start_s(from, piece);
    const double to_start_s = dvfo_schedule_piece_start_s(to, piece);
    if (from_start_s == to_start_s && from->piece[piece].end_s == to->piece[piece].end_s) {
        return t_s; /* same clocks: exact, not merely near */
    }
    const double share = dvfo_schedule_share_done(from, piece, t_s);
    return to_start_s + share * (to->piece[piece].end_s - to_start_s); /* Eq. (5) */
}

/** The two above for who doesn't know the piece. Cost: O(n). */
struct dvfo_busy dvfo_schedule_busy_until(const struct dvfo_schedule *schedule, double t_s);
double dvfo_schedule_rescale_s(const struct dvfo_schedule *from, const struct dvfo_schedule *to, double t_s);

#endif
