/* A board: an edge device as data (profiles/boards/NAME.yaml).
 *
 * Clock tables, voltage lines, rails, cost coefficients per runtime, radio, clock-change times, thermal constants.
 * Every coefficient is a quantity that knows its standing: measured, calibrated (fitted to measurements), documented (a
 * data sheet, a kernel table) or an assumption with a reason and a low and a high value. Nothing here is tuned to a
 * paper. */
#ifndef DVFO_BOARD_H
#define DVFO_BOARD_H

#include "profiles/network.h"
#include "profiles/quantity.h"
#include "profiles/runtime.h"
#include "sim/base/status.h"
#include "sim/base/text.h"

typedef enum dvfo_domain { DVFO_CPU, DVFO_GPU, DVFO_MEM, DVFO_DOMAINS } dvfo_domain;

const char *dvfo_domain_name(dvfo_domain domain); /* "cpu", "gpu", "mem" */

enum { DVFO_MAX_LEVELS = 32, DVFO_MAX_RAILS = 8, DVFO_MAX_RUNTIMES = 8 };

/* One clock domain. V(f) is a floor and a line, relative to the voltage at the top clock:
 * v(f) = floor for f <= knee, then linear up to 1 at the top of the table. */
struct dvfo_clock_domain {
    size_t level_count;
    double level_hz[DVFO_MAX_LEVELS]; /* ascending: all entries of the board's own table */
    char *level_source;
    double calibrated_min_hz;       /* measurements reach from here ... */
    double calibrated_max_hz;       /* ... to here; agents choose levels inside. The whole table by default */
    struct dvfo_quantity v_floor;   /* relative voltage at and below the knee, in (0, 1] */
    struct dvfo_quantity v_knee_hz; /* clock up to which the floor holds */
    struct dvfo_quantity change_s;  /* from the request of a new clock until it holds */
    struct dvfo_quantity stall_s;   /* within that, work stands still */
};

/* A rail as the board reports it, Eq. (2), written at the top clock so that coefficients are watts one can picture:
 * P = base + sum over domains of ((clock_w + dynamic_w * u) * (f / f_top) * v^2 + static_w * v),  v = v(f). */
struct dvfo_rail {
    char *name;    /* "VDD_SYS_GPU" */
    bool inferred; /* not reported by the board: a difference of reported ones */
    struct dvfo_quantity base_w;
    struct dvfo_quantity dynamic_w[DVFO_DOMAINS]; /* a_d f_top V_top^2 */
    struct dvfo_quantity clock_w[DVFO_DOMAINS];   /* the same for the clock tree: drawn without work */
    struct dvfo_quantity static_w[DVFO_DOMAINS];  /* s_d V_top */
};

struct dvfo_radio {
    struct dvfo_quantity send_w; /* while bytes are on their way */
    struct dvfo_quantity wait_w; /* while an answer is awaited */
};

struct dvfo_thermal {
    struct dvfo_quantity resistance_k_per_w, capacity_j_per_k, ambient_c, trip_c;
};

struct dvfo_board {
    char *name, *title, *path;
    char sha256[DVFO_SHA256_HEX_SIZE];
    struct dvfo_clock_domain clock[DVFO_DOMAINS];
    int cpu_cores;
    struct dvfo_quantity peak_byte_per_cycle; /* of the memory bus: u_M = bytes / (peak * f_M * t) */
    size_t rail_count;
    struct dvfo_rail rail[DVFO_MAX_RAILS]; /* measured rails first */
    struct dvfo_quantity other_base_w;     /* module power not on any rail: base + conversion * sum of rails */
    struct dvfo_quantity other_conversion;
    struct dvfo_quantity p_max_w; /* Eq. (9): measured largest module power */
    struct dvfo_quantity nameplate_w;
    struct dvfo_radio radio;
    struct dvfo_thermal thermal;
    size_t runtime_count;
    struct dvfo_runtime runtime[DVFO_MAX_RUNTIMES]; /* the first is the default */
};

/** Load profiles/boards/NAME.yaml (or a path of the user's). */
dvfo_status dvfo_board_load(struct dvfo_ctx *ctx, const char *name, struct dvfo_board **out);

/** The same from memory; `name` stands for the file in messages. */
dvfo_status dvfo_board_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                   struct dvfo_board **out);
void dvfo_board_free(struct dvfo_board *board);

/** The runtime of that name and precision; either may be NULL (first that fits). Fails naming what the board has. */
dvfo_status dvfo_board_runtime(struct dvfo_ctx *ctx, const struct dvfo_board *board, const char *runtime,
                               const char *precision, const struct dvfo_runtime **out);

#endif
