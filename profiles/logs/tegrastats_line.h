/* One line of a tegrastats log, in any of its dialects. */
#ifndef DVFO_TEGRASTATS_LINE_H
#define DVFO_TEGRASTATS_LINE_H

#include "profiles/logs/tegrastats.h"

enum { DVFO_TEGRASTATS_PROBLEM_SIZE = 200 };

/* What a line holds beside its sample. */
struct dvfo_tegrastats_line {
    struct dvfo_tegrastats_sample sample;
    double date_s; /* seconds since 1970 on the board's own clock; NaN without a date */
    size_t cores;
    size_t rails;                               /* found in this line */
    char problem[DVFO_TEGRASTATS_PROBLEM_SIZE]; /* why the line can't be used; "" when it can */
};

/** Read one line; names of rails and sensors that are new are added to those of `log`.
 *  @return  false with line->problem when the line isn't whole or not of tegrastats */
bool dvfo_tegrastats_line_read(const char *text, struct dvfo_tegrastats *log, struct dvfo_tegrastats_line *line);

#endif
