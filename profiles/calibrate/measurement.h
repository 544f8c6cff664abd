/* Measured points: what `dvfo profile fit` and `validate` read.
 *
 * Two files per board, both CSV with columns found by name, an empty field meaning "not measured":
 *   BOARD.csv, latency and module power, one row per point:
 *     board,runtime,precision,network,input_px,batch,cpu_cores,cpu_mhz,gpu_mhz,mem_mhz,latency_ms,power_mw
 *   BOARD-rails.csv, one row per rail of a state; without a network it is a state known by its utilisations alone:
 *     board,runtime,precision,network,input_px,cpu_mhz,gpu_mhz,mem_mhz,cpu_busy,gpu_busy,mem_busy,period_ms,rail,power_mw,samples
 *   cpu_busy counts cores, gpu_busy is the share of time with a kernel resident, mem_busy the share of peak bandwidth;
 * where a network is named, what is empty comes from the cost model. The rail "VDD_IN" or "POM_5V_IN" is the whole
 * module. */
#ifndef DVFO_MEASUREMENT_H
#define DVFO_MEASUREMENT_H

#include "profiles/board.h"
#include "profiles/cost.h"

enum { DVFO_MEASUREMENT_NAME_SIZE = 32 };

struct dvfo_measurement {
    char board[DVFO_MEASUREMENT_NAME_SIZE], runtime[DVFO_MEASUREMENT_NAME_SIZE];
    char precision[DVFO_MEASUREMENT_NAME_SIZE], network[DVFO_MEASUREMENT_NAME_SIZE]; /* "" when there is none */
    long input_px;                                                                   /* 0: the network's own default */
    int batch;
    int cpu_cores;                         /* 0: not stated */
    struct dvfo_clocks clocks;             /* NaN where free or unknown */
    double latency_s;                      /* NaN: not measured */
    double power_w;                        /* whole module, or of `rail`; NaN: not measured */
    char rail[DVFO_MEASUREMENT_NAME_SIZE]; /* of a rails file; "" otherwise */
    double busy[DVFO_DOMAINS];             /* of a rails file; NaN: not measured */
    double period_s;                       /* of a rails file: between requests; NaN: back to back */
    double samples;                        /* readings behind the mean; NaN: not stated */
    int line;                              /* in its file */
};

struct dvfo_measurements {
    size_t n, capacity;
    struct dvfo_measurement *row;
};

/** Add rows of a latency-and-power file. @param measurements zero-initialise before the first; dvfo_measurements_free
 */
dvfo_status dvfo_measurements_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_measurements *measurements);
/** Add rows of a rails file. */
dvfo_status dvfo_measurements_load_rails(struct dvfo_ctx *ctx, const char *path,
                                         struct dvfo_measurements *measurements);

/** The two forms from memory, for tests. */
dvfo_status dvfo_measurements_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                          bool rails, struct dvfo_measurements *measurements);

dvfo_status dvfo_measurements_add(struct dvfo_ctx *ctx, struct dvfo_measurements *measurements,
                                  const struct dvfo_measurement *row);
void dvfo_measurements_free(struct dvfo_measurements *measurements);

/** A row with everything "not measured". */
struct dvfo_measurement dvfo_measurement_default(void);

/** Write in the form that is read above; whole or not at all. */
dvfo_status dvfo_measurements_save(struct dvfo_ctx *ctx, const struct dvfo_measurements *measurements, bool rails,
                                   const char *path);

/** Add rows at the end of such a file, made with its heading where it is missing, and wait until they are on the disk:
 *  what was measured is kept whatever happens next. All rows go in one write.
 *  @return DVFO_BAD_INPUT for a file with other columns */
dvfo_status dvfo_measurements_append(struct dvfo_ctx *ctx, const struct dvfo_measurement rows[], size_t n, bool rails,
                                     const char *path);

#endif
