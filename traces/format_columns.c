/* Columns of bare numbers, separated by blanks, without a header: the log of the Ghent and Oslo campaigns (six
 * columns), and three formats of two columns, told apart by their numbers:
 *
 *   oboe    rows come in pairs of one value, the start and the end of a chunk, and the stamps are milliseconds: every
 *           pair is equal and stamps lie at least 10 units apart on the average (two rows from 0 on are cooked)
 *   zhuge   stamps in seconds are the ends of intervals of nominally 0.2 s: the median distance lies below 0.5 and the
 *           first stamp is not 0 (no interval ends there)
 *   cooked  all others; recordings of this format step by 1 or 5 s
 *
 * Only a zhuge recording thinned to steps of half a second or more would be misread; --trace-format settles that. */
#include "traces/format.h"

#include <math.h>
#include <string.h>

#include "sim/base/units.h"

#define OBOE_MIN_MEAN_STEP 10.0 /* ms; chunks take hundreds of them */
#define ZHUGE_STEP_S 0.2
#define ZHUGE_MAX_MEDIAN_STEP_S 0.5

enum { MAX_COLUMNS = 8 };

static bool two_columns(const struct dvfo_format_probe *probe)
{
    return probe->column_count == 2 && !probe->commas && probe->rows > 0;
}

static bool recognise_oboe(const struct dvfo_format_probe *probe)
{
    const size_t rows = probe->rows - probe->rows % 2;
    if (!two_columns(probe) || rows < 2 || (rows == 2 && probe->value[0][0] == 0.0)) {
        return false;
    }
    for (size_t i = 0; i < rows; i += 2) {
        if (probe->value[i][1] != probe->value[i + 1][1]) {
            return false;
        }
    }
    return probe->value[rows - 1][0] - probe->value[0][0] >= OBOE_MIN_MEAN_STEP * (double)(rows - 1);
}

static int compare_numbers(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool recognise_zhuge(const struct dvfo_format_probe *probe)
{
    if (!two_columns(probe) || probe->rows < 2 || probe->value[0][0] <= 0.0) {
        return false;
    }
    double step_s[DVFO_PROBE_ROWS];
    const size_t n = probe->rows - 1;
    for (size_t i = 0; i < n; i++) {
        step_s[i] = probe->value[i + 1][0] - probe->value[i][0];
    }
    qsort(step_s, n, sizeof step_s[0], compare_numbers);
    return step_s[n / 2] < ZHUGE_MAX_MEDIAN_STEP_S;
}

static bool recognise_log(const struct dvfo_format_probe *probe)
{
    return probe->column_count == 6 && !probe->commas && probe->rows > 0;
}

struct row {
    int line; /* 0: there is none */
    double value[MAX_COLUMNS];
};

/* The next row that isn't blank, exactly `columns` numbers; line 0 at the end of the text. */
static dvfo_status next_row(struct dvfo_ctx *ctx, const struct dvfo_steps *steps, struct dvfo_lines *lines,
                            size_t columns, struct row *row)
{
    static const char *const what[MAX_COLUMNS] = {"column 1", "column 2", "column 3", "column 4",
                                                  "column 5", "column 6", "column 7", "column 8"};
    row->line = 0;
    for (char *line = dvfo_lines_next(lines); line != NULL; line = dvfo_lines_next(lines)) {
        char *field[MAX_COLUMNS];
        const size_t found = dvfo_text_split(line, ' ', field, MAX_COLUMNS);
        if (found == 0) {
            continue;
        }
        if (found != columns) {
            return dvfo_steps_fail(ctx, steps, lines->number, "has %zu column%s, expected %zu numbers", found,
                                   found == 1 ? "" : "s", columns);
        }
        row->line = lines->number;
        for (size_t i = 0; i < columns; i++) {
            DVFO_TRY(dvfo_format_number(ctx, steps, lines->number, what[i], field[i], &row->value[i]));
        }
        return DVFO_OK;
    }
    return DVFO_OK;
}

static dvfo_status fail_backwards(struct dvfo_ctx *ctx, const struct dvfo_steps *steps, const struct row *row,
                                  double before)
{
    return dvfo_steps_fail(ctx, steps, row->line, "the time goes back from %.9g to %.9g, expected it to rise", before,
                           row->value[0]);
}

static dvfo_status fail_short(struct dvfo_ctx *ctx, const struct dvfo_steps *steps, const struct dvfo_lines *lines)
{
    return dvfo_steps_fail(ctx, steps, lines->number > 0 ? lines->number : 1, "ends here, expected at least two rows");
}

/* Pensieve's player: row i holds on (t[i-1], t[i]], row 0 only says where the time begins. A repeated stamp holds for
 * no time and is passed over. */
static dvfo_status read_cooked(struct dvfo_ctx *ctx, struct dvfo_text *text, dvfo_direction direction,
                               struct dvfo_steps *steps)
{
    (void)direction;
    struct dvfo_lines lines = dvfo_lines_of(text);
    struct row row;
    DVFO_TRY(next_row(ctx, steps, &lines, 2, &row));
    const double begin_s = row.value[0];
    double before_s = begin_s;
    while (row.line != 0) {
        DVFO_TRY(next_row(ctx, steps, &lines, 2, &row));
        if (row.line == 0) {
            break;
        }
        const double t_s = row.value[0];
        if (t_s < before_s) {
            return fail_backwards(ctx, steps, &row, before_s);
        }
        if (t_s > before_s) {
            DVFO_TRY(dvfo_steps_hold(ctx, steps, row.line, t_s - begin_s, row.value[1] * DVFO_BPS_PER_MBPS));
        }
        before_s = t_s;
    }
    return steps->n > 0 ? DVFO_OK : fail_short(ctx, steps, &lines);
}

/* Stamps are the ends of intervals. A later piece of a long recording doesn't begin at 0: its first interval is taken
 * as the nominal one. A row after a gap covers the whole gap. */
static dvfo_status read_zhuge(struct dvfo_ctx *ctx, struct dvfo_text *text, dvfo_direction direction,
                              struct dvfo_steps *steps)
{
    (void)direction;
    struct dvfo_lines lines = dvfo_lines_of(text);
    struct row row;
    DVFO_TRY(next_row(ctx, steps, &lines, 2, &row));
    const double begin_s = row.value[0] - ZHUGE_STEP_S;
    double before_s = begin_s;
    while (row.line != 0) {
        if (!(row.value[0] > before_s)) {
            return fail_backwards(ctx, steps, &row, before_s);
        }
        before_s = row.value[0];
        DVFO_TRY(dvfo_steps_hold(ctx, steps, row.line, before_s - begin_s, row.value[1] * DVFO_BPS_PER_MBPS));
        DVFO_TRY(next_row(ctx, steps, &lines, 2, &row));
    }
    return steps->n > 0 ? DVFO_OK : fail_short(ctx, steps, &lines);
}

/* From one chunk's end to the next one's start the rate goes along a straight line; here in pieces of 100 ms (100 at
 * most), each at the mean of its part, so that the integral is exact. */
static dvfo_status add_ramp(struct dvfo_ctx *ctx, struct dvfo_steps *steps, const struct row *from,
                            const struct row *to, double begin_ms)
{
    const double length_ms = to->value[0] - from->value[0];
    const double pieces = fmin(ceil(length_ms / 100.0), 100.0);
    for (double k = 0.0; k < pieces; k++) {
        const double middle = (k + 0.5) / pieces;
        const double rate_kbps = from->value[1] + middle * (to->value[1] - from->value[1]);
        const double end_ms = k + 1.0 < pieces ? from->value[0] + (k + 1.0) / pieces * length_ms : to->value[0];
        DVFO_TRY(dvfo_steps_hold(ctx, steps, to->line, (end_ms - begin_ms) / 1000.0, rate_kbps * DVFO_BPS_PER_KBPS));
    }
    return DVFO_OK;
}

/* Pairs (t1, b), (t2, b) in ms and kbit/s: one chunk at the average rate b. No loop rule is stated; it wraps. */
static dvfo_status read_oboe(struct dvfo_ctx *ctx, struct dvfo_text *text, dvfo_direction direction,
                             struct dvfo_steps *steps)
{
    (void)direction;
    struct dvfo_lines lines = dvfo_lines_of(text);
    struct row first;
    struct row last = {0};
    DVFO_TRY(next_row(ctx, steps, &lines, 2, &first));
    const double begin_ms = first.value[0];
    while (first.line != 0) {
        if (last.line != 0) {
            if (first.value[0] < last.value[0]) {
                return fail_backwards(ctx, steps, &first, last.value[0]);
            }
            DVFO_TRY(add_ramp(ctx, steps, &last, &first, begin_ms));
        }
        DVFO_TRY(next_row(ctx, steps, &lines, 2, &last));
        if (last.line == 0 || last.value[1] != first.value[1]) {
            return dvfo_steps_fail(ctx, steps, first.line,
                                   "begins a chunk at %g kbit/s, expected a second row with the same rate",
                                   first.value[1]);
        }
        if (last.value[0] < first.value[0]) {
            return fail_backwards(ctx, steps, &last, first.value[0]);
        }
        if (last.value[0] > first.value[0]) {
            DVFO_TRY(dvfo_steps_hold(ctx, steps, last.line, (last.value[0] - begin_ms) / 1000.0,
                                     last.value[1] * DVFO_BPS_PER_KBPS));
        }
        DVFO_TRY(next_row(ctx, steps, &lines, 2, &first));
    }
    return steps->n > 0 ? DVFO_OK : fail_short(ctx, steps, &lines);
}

/* Column 5 is the bytes received during the column 6 milliseconds before the row; column 2 the time since the start. */
static dvfo_status read_log(struct dvfo_ctx *ctx, struct dvfo_text *text, dvfo_direction direction,
                            struct dvfo_steps *steps)
{
    (void)direction;
    struct dvfo_lines lines = dvfo_lines_of(text);
    struct row row;
    double before_ms = -1.0;
    double end_ms = 0.0;
    DVFO_TRY(next_row(ctx, steps, &lines, 6, &row));
    while (row.line != 0) {
        const double t_ms = row.value[1];
        const double bytes = row.value[4];
        const double duration_ms = row.value[5];
        if (t_ms < before_ms) {
            return dvfo_steps_fail(ctx, steps, row.line, "the time goes back from %.9g to %.9g ms, expected it to rise",
                                   before_ms, t_ms);
        }
        if (!(duration_ms > 0.0)) {
            return dvfo_steps_fail(ctx, steps, row.line, "column 6 is %g, expected a duration above 0 ms", duration_ms);
        }
        before_ms = t_ms;
        end_ms += duration_ms;
        DVFO_TRY(dvfo_steps_hold(ctx, steps, row.line, end_ms / 1000.0,
                                 bytes * DVFO_BITS_PER_BYTE / (duration_ms * DVFO_S_PER_MS)));
        DVFO_TRY(next_row(ctx, steps, &lines, 6, &row));
    }
    return steps->n > 0 ? DVFO_OK : fail_short(ctx, steps, &lines);
}

const struct dvfo_format dvfo_format_cooked = {
    .name = "cooked",
    .summary = "s, Mbit/s (Pensieve, Lumos5G): a row holds until its stamp",
    .recognise = two_columns,
    .read = read_cooked,
};

const struct dvfo_format dvfo_format_zhuge = {
    .name = "zhuge",
    .summary = "s, Mbit/s each 0.2 s: the stamp ends its interval",
    .recognise = recognise_zhuge,
    .read = read_zhuge,
};

const struct dvfo_format dvfo_format_oboe = {
    .name = "oboe",
    .summary = "ms, kbit/s in pairs: start and end of a chunk",
    .recognise = recognise_oboe,
    .read = read_oboe,
};

const struct dvfo_format dvfo_format_ghent_log = {
    .name = "ghent-log",
    .summary = "six columns (Ghent, Oslo): bytes in the 5th, ms in the 6th",
    .recognise = recognise_log,
    .read = read_log,
};
