/* What `dvfo profile measure` holds: networks measured on this machine, and the board made of them. */
#ifndef DVFO_BENCH_MEASURE_H
#define DVFO_BENCH_MEASURE_H

#include "bench/progress.h"
#include "bench/table.h"
#include "policies/nn/measure.h"
#include "profiles/host/host_calibrate.h"
#include "profiles/host/host_power.h"

enum { DVFO_MEASURE_MAX = 32 }; /* networks */

struct dvfo_measure_entry {
    struct dvfo_network *network;
    struct dvfo_measured measured;
    double *layer_s; /* (n) medians */
    double power_w;  /* mean while it ran; NaN without a sensor */
    double others;   /* cores that other programs kept busy meanwhile; NaN when not told */
};

struct dvfo_measure_run {
    struct dvfo_sysfs sysfs;
    struct dvfo_host_power power;
    struct dvfo_host_board_def def; /* machine, threads, peaks, power */
    char networks[64];              /* "12 networks" or the name of one */
    long input_px;                  /* as asked for; 0: each network's own */
    size_t loaded, n;               /* networks; the first n of them are measured */
    struct dvfo_measure_entry entry[DVFO_MEASURE_MAX];
    struct dvfo_host_calibration calibration;
};

/** Look at the machine; networks are loaded into entries afterwards, by the caller. @param root  NULL: "/" */
dvfo_status dvfo_measure_run_open(struct dvfo_ctx *ctx, const char *root, long threads, struct dvfo_measure_run *run);

/** Its power at rest, where there is a sensor, and its peaks. */
dvfo_status dvfo_measure_run_machine(struct dvfo_ctx *ctx, struct dvfo_measure_run *run);

/** Measure the next network that is loaded.
 *  @param subject  how its layers are run; NULL: on the plain executor */
dvfo_status dvfo_measure_run_next(struct dvfo_ctx *ctx, struct dvfo_measure_run *run,
                                  const struct dvfo_measure_def *def, const struct dvfo_measure_subject *subject,
                                  struct dvfo_progress *progress);

/** All are measured: power, who else was at work, the board's coefficients. */
dvfo_status dvfo_measure_run_settle(struct dvfo_ctx *ctx, struct dvfo_measure_run *run);
void dvfo_measure_run_free(struct dvfo_measure_run *run); /* zeroed welcome */

/** Tables of layers, networks and the fit; csv and json hold the layers alone. */
dvfo_status dvfo_measure_print(struct dvfo_ctx *ctx, const struct dvfo_measure_run *run, dvfo_table_format format);

/** Write host.yaml, host.csv and NETWORK.h5 for each network into a folder; each whole or not at all. */
dvfo_status dvfo_measure_write(struct dvfo_ctx *ctx, const struct dvfo_measure_run *run, const char *folder);

#endif
