/* A tegrastats log: what a Jetson tells of itself while it works, one line per interval.
 *
 * Three dialects are read without being told which: Jetson Nano (POM_5V_* rails), Jetson TX2 (short rail names of
 * JetPack 3, VDD_SYS_* since), Xavier NX (a date before, "mW" behind). Loads come with or without a clock ("4%@204",
 * "99%@[1007]", "7%" when not run as root), cores may be "off", fields that are not known are passed over. Of each rail
 * the first number is taken, the reading of the moment; the second, an average since the start of tegrastats, is not.
 *
 * A log ends when tegrastats is stopped, often in the middle of a line: a last line that is cut off is left out with a
 * note. Anywhere else it means that lines are missing, and is refused. */
#ifndef DVFO_TEGRASTATS_H
#define DVFO_TEGRASTATS_H

#include "profiles/board.h"

enum { DVFO_TEGRASTATS_MAX_CORES = 16, DVFO_TEGRASTATS_MAX_NAMES = 16, DVFO_TEGRASTATS_NAME_SIZE = 24 };

struct dvfo_tegrastats_sample {
    int line;                                   /* in its file, from 1 */
    double time_s;                              /* since the first sample */
    double cpu_load[DVFO_TEGRASTATS_MAX_CORES]; /* (cores) share of one core, 0..1; NaN: off */
    double cpu_hz[DVFO_TEGRASTATS_MAX_CORES];   /* (cores) NaN: off or not shown */
    double gpu_load, gpu_hz;                    /* NaN: not shown */
    double mem_load, mem_hz;                    /* the same; load is the share of peak bandwidth */
    double rail_w[DVFO_TEGRASTATS_MAX_NAMES];   /* (rails) */
    double sensor_c[DVFO_TEGRASTATS_MAX_NAMES]; /* (sensors) NaN: not shown in this line */
};

struct dvfo_tegrastats {
    char *name;                        /* of the file, for messages */
    char sha256[DVFO_SHA256_HEX_SIZE]; /* of its bytes */
    bool dated;                        /* times come from dates, otherwise from the interval */
    size_t cores, rails, sensors;
    char rail[DVFO_TEGRASTATS_MAX_NAMES][DVFO_TEGRASTATS_NAME_SIZE];
    char sensor[DVFO_TEGRASTATS_MAX_NAMES][DVFO_TEGRASTATS_NAME_SIZE];
    size_t n;
    struct dvfo_tegrastats_sample *sample; /* (n) in the order of time */
};

/** Read a log.
 *  @param interval_s  between lines that carry no date [s], 0.01 to 60 (tegrastats' own default is 1 s)
 *  @param out         free with dvfo_tegrastats_free */
dvfo_status dvfo_tegrastats_load(struct dvfo_ctx *ctx, const char *path, double interval_s,
                                 struct dvfo_tegrastats **out);

/** The same from memory; `name` stands for the file in messages. */
dvfo_status dvfo_tegrastats_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                        double interval_s, struct dvfo_tegrastats **out);
void dvfo_tegrastats_free(struct dvfo_tegrastats *log);

/** Hold a log against the board that it should come from: rails get the names of the board's file (VDD_CPU becomes
 *  VDD_SYS_CPU), every rail of the board and the module's input are there, power and clocks are physically possible. A
 *  unit mistaken by 1000 is refused in a sentence that names the likely one. */
dvfo_status dvfo_tegrastats_check(struct dvfo_ctx *ctx, struct dvfo_tegrastats *log, const struct dvfo_board *board);

/** Index of a rail; log->rails when there is none. */
size_t dvfo_tegrastats_rail(const struct dvfo_tegrastats *log, const char *name);

/** Index of the rail that is the whole module's input: VDD_IN or POM_5V_IN; log->rails when there is none. */
size_t dvfo_tegrastats_module_rail(const struct dvfo_tegrastats *log);

#endif
