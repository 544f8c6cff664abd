/* Formats of recordings: descriptors in one list.
 *
 * A format is recognised by what the file holds, never by its name. Those with a header or JSON keys say who they are;
 * columns of bare numbers are told apart by the numbers, by the rule stated at each reader. Where content can't tell,
 * the user forces a format by its name. A new format is one descriptor and one line in the list. */
#ifndef DVFO_FORMAT_H
#define DVFO_FORMAT_H

#include "sim/base/text.h"
#include "traces/steps.h"
#include "traces/trace.h"

#define DVFO_FORMAT_MAX_BYTES ((size_t)64 << 20) /* larger files are refused */

/* Of a recording with two directions. */
typedef enum dvfo_direction { DVFO_DIRECTION_DEFAULT, DVFO_DIRECTION_UPLOAD, DVFO_DIRECTION_DOWNLOAD } dvfo_direction;

enum { DVFO_PROBE_ROWS = 256, DVFO_PROBE_COLUMNS = 64 };

/* The beginning of a file as recognition sees it. */
struct dvfo_format_probe {
    char line[2048];                   /* first line that isn't blank, split at its separator */
    char *columns[DVFO_PROBE_COLUMNS]; /* of that line */
    size_t column_count;
    bool commas;                      /* what separates them, otherwise blanks */
    size_t rows;                      /* rows of numbers from that line on, up to the first that isn't one */
    double value[DVFO_PROBE_ROWS][2]; /* their first two columns (the second 0 where there is one column) */
};

struct dvfo_format {
    const char *name;    /* for --trace-format */
    const char *summary; /* one line: layout, loop rule */
    bool two_directions; /* "FILE:download" has a meaning */
    bool (*recognise)(const struct dvfo_format_probe *probe);
    /** Add all steps; the last end is the period. `text` is used up (split in place). */
    dvfo_status (*read)(struct dvfo_ctx *ctx, struct dvfo_text *text, dvfo_direction direction,
                        struct dvfo_steps *steps);
};

/** All formats, NULL at the end; the first that recognises a file reads it. */
extern const struct dvfo_format *const dvfo_formats[];

/** Read a text as a trace.
 *  @param trace_name  what the trace will be called
 *  @param format      name to force, or NULL to recognise */
dvfo_status dvfo_format_read(struct dvfo_ctx *ctx, struct dvfo_text *text, const char *trace_name, const char *format,
                             dvfo_direction direction, struct dvfo_trace **out);

/** Does the first line name this column? */
bool dvfo_format_probe_has(const struct dvfo_format_probe *probe, const char *column);

/** A field of line `place` as a number, or a sentence that names `what` was expected. */
dvfo_status dvfo_format_number(struct dvfo_ctx *ctx, const struct dvfo_steps *steps, int place, const char *what,
                               const char *field, double *out);

/** Printable beginning of what a file holds, for messages. */
const char *dvfo_format_shown(const char *bytes, char shown[48]);

extern const struct dvfo_format dvfo_format_own;
extern const struct dvfo_format dvfo_format_mahimahi;
extern const struct dvfo_format dvfo_format_sabre;
extern const struct dvfo_format dvfo_format_alphartc;
extern const struct dvfo_format dvfo_format_ghent_log;
extern const struct dvfo_format dvfo_format_oboe;
extern const struct dvfo_format dvfo_format_zhuge;
extern const struct dvfo_format dvfo_format_cooked;
extern const struct dvfo_format dvfo_format_walk;
extern const struct dvfo_format dvfo_format_ucc;
extern const struct dvfo_format dvfo_format_iperf;
extern const struct dvfo_format dvfo_format_autobahn;
extern const struct dvfo_format dvfo_format_starlink_drive;
extern const struct dvfo_format dvfo_format_round_trips; /* recognised, never read */

#endif
