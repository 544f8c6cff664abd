/* Tables of our own and of the campus walks: comma-separated, seconds in the first column.
 *
 * Ours has the header start_s,rate_mbps (and filled, where the recording had gaps), one row per step, and a last row
 * with an empty rate, whose start is the end of the period. */
#include "traces/format.h"

#include "sim/base/units.h"

enum { OWN_COLUMNS = 3 };

static bool recognise_own(const struct dvfo_format_probe *probe)
{
    return probe->commas && dvfo_format_probe_has(probe, "start_s") && dvfo_format_probe_has(probe, "rate_mbps");
}

/* A step whose end is known when the next row comes. */
struct open_step {
    int line; /* 0: none */
    double rate_bps;
    bool filled;
};

static dvfo_status own_row(struct dvfo_ctx *ctx, struct dvfo_steps *steps, int line, char *fields[OWN_COLUMNS],
                           size_t count, struct open_step *step)
{
    double start_s = 0.0;
    double rate_mbps = 0.0;
    double filled = 0.0;
    DVFO_TRY(dvfo_format_number(ctx, steps, line, "start_s", fields[0], &start_s));
    if (step->line == 0 && start_s != 0.0) {
        return dvfo_steps_fail(ctx, steps, line, "the first step starts at %g s, expected 0", start_s);
    }
    if (step->line != 0) {
        DVFO_TRY(step->filled && steps->n > 0 ? dvfo_steps_fill(ctx, steps, step->line, start_s)
                                              : dvfo_steps_hold(ctx, steps, step->line, start_s, step->rate_bps));
    }
    if (fields[1][0] == '\0') {
        step->line = 0; /* the end of the period */
        return DVFO_OK;
    }
    DVFO_TRY(dvfo_format_number(ctx, steps, line, "rate_mbps", fields[1], &rate_mbps));
    if (count == OWN_COLUMNS) {
        DVFO_TRY(dvfo_format_number(ctx, steps, line, "filled", fields[2], &filled));
    }
    *step = (struct open_step){line, rate_mbps * DVFO_BPS_PER_MBPS, filled != 0.0};
    return DVFO_OK;
}

static dvfo_status read_own(struct dvfo_ctx *ctx, struct dvfo_text *text, dvfo_direction direction,
                            struct dvfo_steps *steps)
{
    (void)direction;
    struct dvfo_lines lines = dvfo_lines_of(text);
    struct open_step step = {0, 0.0, false};
    bool header = true;
    bool ended = false;
    for (char *line = dvfo_lines_next(&lines); line != NULL; line = dvfo_lines_next(&lines)) {
        char *fields[OWN_COLUMNS];
        const size_t count = dvfo_text_split(line, ',', fields, OWN_COLUMNS);
        if (count == 1 && fields[0][0] == '\0') {
            continue;
        }
        if (header) {
            header = false;
            continue;
        }
        if (count < 2 || count > OWN_COLUMNS || ended) {
            return dvfo_steps_fail(ctx, steps, lines.number, "%s",
                                   ended ? "stands after the row that ends the period" : "expected start_s,rate_mbps");
        }
        DVFO_TRY(own_row(ctx, steps, lines.number, fields, count, &step));
        ended = step.line == 0;
    }
    if (!ended) {
        return dvfo_steps_fail(ctx, steps, lines.number > 0 ? lines.number : 1,
                               "ends here, expected a last row 'END,' with the end of the period in seconds");
    }
    return DVFO_OK;
}

/* Two whole numbers with a comma between them and nothing above them. */
static bool recognise_walk(const struct dvfo_format_probe *probe)
{
    return probe->commas && probe->column_count == 2 && probe->rows > 0;
}

/* second,bytes: the row holds for the second that ends at its number, so a missing number is a second without a row. */
static dvfo_status walk_row(struct dvfo_ctx *ctx, struct dvfo_steps *steps, int line, char *fields[2], double *begin_s)
{
    double second = 0.0;
    double bytes = 0.0;
    DVFO_TRY(dvfo_format_number(ctx, steps, line, "the second", fields[0], &second));
    DVFO_TRY(dvfo_format_number(ctx, steps, line, "the bytes of a second", fields[1], &bytes));
    if (steps->n == 0) {
        *begin_s = second - 1.0;
    } else if (!(second - *begin_s > steps->end_s)) {
        return dvfo_steps_fail(ctx, steps, line, "the time goes from second %.9g to %.9g, expected it to rise",
                               steps->end_s + *begin_s, second);
    } else if (second - 1.0 - *begin_s > steps->end_s) {
        DVFO_TRY(dvfo_steps_fill(ctx, steps, line, second - 1.0 - *begin_s));
    }
    return dvfo_steps_hold(ctx, steps, line, second - *begin_s, bytes * DVFO_BITS_PER_BYTE);
}

static dvfo_status read_walk(struct dvfo_ctx *ctx, struct dvfo_text *text, dvfo_direction direction,
                             struct dvfo_steps *steps)
{
    (void)direction;
    struct dvfo_lines lines = dvfo_lines_of(text);
    double begin_s = 0.0;
    for (char *line = dvfo_lines_next(&lines); line != NULL; line = dvfo_lines_next(&lines)) {
        char *fields[2];
        const size_t count = dvfo_text_split(line, ',', fields, 2);
        if (count == 1 && fields[0][0] == '\0') {
            continue;
        }
        if (count != 2) {
            return dvfo_steps_fail(ctx, steps, lines.number, "has %zu column%s, expected second,bytes", count,
                                   count == 1 ? "" : "s");
        }
        DVFO_TRY(walk_row(ctx, steps, lines.number, fields, &begin_s));
    }
    if (steps->n == 0) {
        return dvfo_steps_fail(ctx, steps, 1, "holds no rows, expected second,bytes");
    }
    return DVFO_OK;
}

const struct dvfo_format dvfo_format_own = {
    .name = "csv",
    .summary = "our own: start_s,rate_mbps, the last row ends the period",
    .recognise = recognise_own,
    .read = read_own,
};

const struct dvfo_format dvfo_format_walk = {
    .name = "walk",
    .summary = "second,bytes without a header (campus walks)",
    .recognise = recognise_walk,
    .read = read_walk,
};
