/* A probe: who watches a simulation. All hooks may be NULL; a watched run and an unwatched one give the same results.
 */
#ifndef DVFO_PROBE_H
#define DVFO_PROBE_H

#include "sim/world.h"

/* One finished request, as it stands in the result file. */
struct dvfo_request_row {
    long request;
    double arrival_s;
    double start_s; /* the device takes it up */
    double end_s;
    double latency_s; /* end - arrival */
    double energy_j;  /* its own: all power while the device works for it, or waits for it */
    double cost_j;    /* Eq. (9) of the two */
    dvfo_place place;
    double share; /* of the feature maps sent, 0..1; 1 for whole inputs and activations */
    int cut;      /* layer after which the activation was sent, -1 otherwise */
    double uplink_byte;
    double send_s;   /* on the link, queueing included; 0 when nothing was sent */
    double trace_s;  /* time of the trace at which the device took it up */
    double rate_bps; /* mean rate its bytes met; NaN when nothing was sent to the end */
    bool timed_out;
    double accuracy; /* 1: its answer was right; 0..1 for splits between measured weights; NaN: nothing is known */
    double hz[DVFO_DOMAINS]; /* clocks decided for it */
    bool measured;           /* its energy was, by the board's sensors; else it is modelled */
};

/* Tracks of a timeline. X(enumerator, name) */
#define DVFO_TRACK_LIST(X)                                                                                             \
    X(CPU_CLOCK, "CPU clock")                                                                                          \
    X(GPU_CLOCK, "GPU clock")                                                                                          \
    X(MEM_CLOCK, "memory clock")                                                                                       \
    X(DEVICE, "device")                                                                                                \
    X(RADIO, "radio")                                                                                                  \
    X(CLOUD, "cloud")                                                                                                  \
    X(AGENT, "agent")

typedef enum dvfo_track {
#define DVFO_TRACK_ENUM(name, text) DVFO_TRACK_##name,
    DVFO_TRACK_LIST(DVFO_TRACK_ENUM)
#undef DVFO_TRACK_ENUM
        DVFO_TRACK_COUNT
} dvfo_track;

typedef enum dvfo_counter { DVFO_COUNTER_POWER_W, DVFO_COUNTER_BANDWIDTH_BPS, DVFO_COUNTER_COUNT } dvfo_counter;

struct dvfo_probe {
    void *user; /* borrowed, passed to the hooks */
    void (*request)(void *user, const struct dvfo_request_row *row);
    void (*span)(void *user, dvfo_track track, const char *name, double begin_s, double end_s, long request);
    void (*counter)(void *user, dvfo_counter counter, double time_s, double value);
};

#endif
