/* A shaper: a path on this machine that carries a device's bytes at a trace's rate, so that a live run meets the link
 * that a simulated one meets.
 *
 * A thread relays connections between a port of 127.0.0.1 and the server. What the device says stands in one line,
 * in the order in which it came, and gets through as the integral of B(t) says, Eq. (6); an outage holds it. Half a
 * round trip later it is handed to the server, and what the server says comes back half a round trip later, at no rate.
 * Who closes its connection gives up what stands in line: the next in line begins at once, as in sim/link.h.
 *
 * Bytes are counted as the simulator counts them: 64 (header_byte) and the body per transfer. A frame with a request is
 * the body and 28 bytes (docs/protocol.md), so 36 are added to each, in place of the headers of TCP and IP: the same
 * share then costs the same bytes to the last one. Hello, proof and bye, of which the simulator knows nothing, cost
 * their own bytes: 58, 56 and 24.
 *
 * It holds at most 512 KiB of a connection that goes to the server and 128 KiB of what comes back, and reads no more
 * until there is room again; what a sender's socket takes beyond that is the kernel's.
 *
 * Never early, and late by how long threads take to wake, its own and the server's: frames of 8 KiB at 1 to 100 Mbit/s
 * by 0.1 to 0.2 ms (median), on two cores of a virtual machine where others worked too; when they kept both cores busy
 * one frame in twenty waited for a turn of the scheduler, up to 3 ms. */
#ifndef DVFO_SHAPER_H
#define DVFO_SHAPER_H

#include "sim/base/status.h"
#include "traces/trace.h"

struct dvfo_shaper_def {
    const char *server;             /* address that it forwards to; borrowed while opening */
    const struct dvfo_trace *trace; /* borrowed until dvfo_shaper_free */
    double rtt_s;                   /* 2e-3, half each way; 0 to 10 */
    double overhead_byte;           /* beside each frame with a request; 36 */
};

struct dvfo_shaper_def dvfo_shaper_def_default(void);

struct dvfo_shaper;

/** Listen, and relay from now on; the trace begins now, at its 0. Whether the server is there shows when someone
 *  connects: without one the connection is closed.
 *  @return DVFO_BAD_INPUT when the address isn't one or the definition is out of its bounds */
dvfo_status dvfo_shaper_open(struct dvfo_ctx *ctx, const struct dvfo_shaper_def *def, struct dvfo_shaper **out);

/** Close all connections and stop. */
void dvfo_shaper_free(struct dvfo_shaper *shaper);

/** Where devices go instead of to the server: "127.0.0.1:41234". */
const char *dvfo_shaper_address(const struct dvfo_shaper *shaper);

/** From this moment on the trace is met from `trace_s` >= 0 on; from any thread. What is being sent goes on at the new
 *  place with what is left of it; what was given up before is out of the way. */
void dvfo_shaper_seek(struct dvfo_shaper *shaper, double trace_s);

struct dvfo_shaper_counts {
    double through_byte;      /* that got through by now, of the transfer under way too; added ones are among them */
    double given_up_byte;     /* that stood in line when their connection ended */
    size_t held_byte;         /* that it holds now, both ways */
    size_t most_held_byte;    /* most at once */
    unsigned long relayed;    /* connections taken */
    unsigned long turned_off; /* connections closed at once: there were too many, or no memory */
};

/** By now; from any thread. */
struct dvfo_shaper_counts dvfo_shaper_counts(struct dvfo_shaper *shaper);

#endif
