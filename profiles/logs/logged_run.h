/* One run of trtexec on a board, put together from what it wrote: layers with times, single inferences, and the
 * tegrastats log that was taken meanwhile. */
#ifndef DVFO_LOGGED_RUN_H
#define DVFO_LOGGED_RUN_H

#include "profiles/logs/layer_match.h"
#include "profiles/logs/log_window.h"

/* Files of a run; paths are borrowed, NULL where there is none. */
struct dvfo_run_files {
    const char *profile;       /* trtexec --exportProfile */
    const char *layers;        /* trtexec --exportLayerInfo */
    const char *times;         /* trtexec --exportTimes */
    const char *log;           /* tegrastats */
    double interval_s;         /* of the log, where its lines carry no date */
    struct dvfo_clocks clocks; /* as the user states them; NaN: the log shows them */
    double power_w;            /* of the module, measured otherwise than by a log; NaN: it wasn't */
    const char *power_source;  /* what measured it: "rail VDD_IN"; NULL without */
};

struct dvfo_run_files dvfo_run_files_default(void); /* nothing given; tegrastats' own interval of 1 s */

/* What was run; borrowed. */
struct dvfo_run_subject {
    const struct dvfo_board *board;
    const struct dvfo_runtime *runtime;
    const struct dvfo_network *network;
    long batch;
};

struct dvfo_logged_run {
    struct dvfo_trtexec_profile *profile; /* NULL where there is no file, as the next three */
    struct dvfo_trtexec_layers *layers;
    struct dvfo_trtexec_times *times;
    struct dvfo_tegrastats *log;
    struct dvfo_clocks clocks;     /* that it ran at */
    struct dvfo_log_window window; /* of the log */
    struct dvfo_layer_match match; /* of the profile */
    double latency_s;              /* median of one inference; NaN without times */
    double power_w;                /* of the module; NaN where it wasn't measured */
    const char *power_source;      /* what told it, borrowed: the log's name, or as the files' */
};

/** Read the files and join them: the log's stretch, its clocks, the layers. Every file is checked against the subject.
 *  @param out  free with dvfo_logged_run_free, also after a failure */
dvfo_status dvfo_logged_run_load(struct dvfo_ctx *ctx, const struct dvfo_run_subject *subject,
                                 const struct dvfo_run_files *files, struct dvfo_logged_run *out);

/** The same from files already read, which become the run's. */
dvfo_status dvfo_logged_run_join(struct dvfo_ctx *ctx, const struct dvfo_run_subject *subject,
                                 const struct dvfo_clocks *given, struct dvfo_logged_run *run);
void dvfo_logged_run_free(struct dvfo_logged_run *run);

/** The file to name when the run is spoken of. */
const char *dvfo_logged_run_name(const struct dvfo_logged_run *run);

#endif
