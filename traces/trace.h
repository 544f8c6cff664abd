/* A trace: what a link can carry over time.
 *
 * Whatever the format of a recording, it becomes the same thing here: a step function of rate over one period, which
 * then repeats. Zero rate (an outage) is allowed, a period that carries nothing at all is not, so every transfer ends.
 * The integral of the rate is kept at every step, so that "how long do these bytes take from now" is one search. */
#ifndef DVFO_TRACE_H
#define DVFO_TRACE_H

#include <stdint.h>

#include "sim/base/status.h"
#include "sim/base/text.h"

#define DVFO_TRACE_MAX_BPS 100e9 /* faster links are taken for a mistake in the file */

struct dvfo_trace {
    char *name;                        /* as the user gave it: a path, "const:5Mbps", "model:wifi"; owned */
    char *format;                      /* reader or generator that made it, e.g. "mahimahi", "model"; owned */
    char sha256[DVFO_SHA256_HEX_SIZE]; /* of the file; of the name and seed for const and model */
    size_t n;                          /* steps, >= 1 */
    double *start_s;                   /* (n) start of each step; start_s[0] = 0, strictly increasing; owned */
    double *rate_bps;                  /* (n) rate on [start_s[i], start_s[i+1]); >= 0, finite; owned */
    double *sent_bits; /* (n + 1) integral of the rate from 0 to each start, and over the period; owned */
    double period_s;   /* > start_s[n-1]; the trace repeats after it */
    bool *filled;      /* (n) steps where nothing was measured and the last rate is held, left out by the
                          statistics; NULL when there are none; owned */
};

/** Build a trace from its steps; the arrays are copied.
 *  @return DVFO_BAD_INPUT when a rule of the struct above is broken, or when the period carries nothing */
dvfo_status dvfo_trace_create(struct dvfo_ctx *ctx, const char *name, const char *format, size_t n,
                              const double *start_s, const double *rate_bps, double period_s, struct dvfo_trace **out);
void dvfo_trace_free(struct dvfo_trace *trace);

/** Open what a user may write after --trace: a file of any supported format (recognised by content), "const:5Mbps", or
 *  "model:wifi" (a generator). "FILE:download" and "FILE:upload" choose a direction of a two-direction recording
 *  (default: upload).
 *  @param format  name of a format to force, or NULL
 *  @param seed    for generators only */
dvfo_status dvfo_trace_open(struct dvfo_ctx *ctx, const char *spec, const char *format, uint64_t seed,
                            struct dvfo_trace **out);

/** Rate at `t_s` >= 0 [bit/s], the trace repeated. Cost: O(log n). */
double dvfo_trace_rate_bps(const struct dvfo_trace *trace, double t_s);

/** Integral of the rate from 0 to `t_s` >= 0 [bit]. Cost: O(log n). */
double dvfo_trace_sent_bits(const struct dvfo_trace *trace, double t_s);

/** Time until `bits` are through when sending begins at `t0_s`: solves Eq. (6), integral of B(t) dt = bits.
 *  Zero bits take no time. Cost: O(log n). */
double dvfo_trace_send_time_s(const struct dvfo_trace *trace, double t0_s, double bits);

/** Mean rate over one period [bit/s]. */
double dvfo_trace_mean_bps(const struct dvfo_trace *trace);

/** Highest rate [bit/s]. */
double dvfo_trace_highest_bps(const struct dvfo_trace *trace);

#endif
