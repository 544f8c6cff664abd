/* mahimahi (mm-link): one integer per line, the millisecond of one opportunity to deliver 1500 bytes.
 *
 * An opportunity at millisecond t gives its 12 000 bits during [t, t+1) ms. mm-link repeats the trace with the LAST
 * stamp as its period L, so an opportunity at L falls together with the 0 of the next round; it is put into [L-1, L),
 * the last millisecond before, so that a round carries all its opportunities and each is at most 1 ms early. */
#include "traces/format.h"

#include "sim/base/units.h"

#define OPPORTUNITY_BITS (1500 * DVFO_BITS_PER_BYTE)
#define MAX_STAMP_MS 100000000000LL /* three years */

static bool recognise(const struct dvfo_format_probe *probe)
{
    long long stamp = 0;
    return probe->column_count == 1 && probe->rows > 0 && dvfo_text_integer(probe->columns[0], NULL, &stamp);
}

/* The opportunities of one millisecond, known when a later one appears. */
struct millisecond {
    long long t_ms;
    long long count;
    int line; /* of the last opportunity */
};

static dvfo_status add_millisecond(struct dvfo_ctx *ctx, struct dvfo_steps *steps, const struct millisecond *ms)
{
    const double start_s = (double)ms->t_ms / 1000.0;
    if (start_s > steps->end_s) {
        DVFO_TRY(dvfo_steps_hold(ctx, steps, ms->line, start_s, 0.0));
    }
    const double rate_bps = (double)ms->count * OPPORTUNITY_BITS * 1000.0; /* within one millisecond */
    return dvfo_steps_hold(ctx, steps, ms->line, (double)(ms->t_ms + 1) / 1000.0, rate_bps);
}

/* The last two milliseconds are still open: those of the last stamp join the one before it. */
static dvfo_status add_last(struct dvfo_ctx *ctx, struct dvfo_steps *steps, struct millisecond *before,
                            const struct millisecond *last)
{
    if (last->t_ms == 0) {
        return dvfo_steps_fail(ctx, steps, last->line,
                               "the last stamp is 0 ms, expected the period of the trace there");
    }
    if (before->count > 0 && before->t_ms < last->t_ms - 1) {
        DVFO_TRY(add_millisecond(ctx, steps, before));
        before->count = 0;
    }
    const struct millisecond end = {last->t_ms - 1, before->count + last->count, last->line};
    return add_millisecond(ctx, steps, &end);
}

static dvfo_status read_line(struct dvfo_ctx *ctx, struct dvfo_steps *steps, char *line, struct millisecond *before,
                             struct millisecond *last, int number)
{
    long long stamp_ms = 0;
    char *field[1] = {NULL};
    char shown[48];
    dvfo_format_shown(line, shown);
    const size_t fields = dvfo_text_split(line, ' ', field, 1);
    if (fields == 0) {
        return DVFO_OK; /* a blank line */
    }
    if (fields > 1 || !dvfo_text_integer(field[0], NULL, &stamp_ms) || stamp_ms < 0 || stamp_ms > MAX_STAMP_MS) {
        return dvfo_steps_fail(ctx, steps, number, "holds '%s', expected one time in whole milliseconds, 0 to %lld",
                               shown, MAX_STAMP_MS);
    }
    if (last->count > 0 && stamp_ms < last->t_ms) {
        return dvfo_steps_fail(ctx, steps, number,
                               "the time goes back from %lld to %lld ms, expected it to rise or stay", last->t_ms,
                               stamp_ms);
    }
    if (last->count > 0 && stamp_ms > last->t_ms) {
        if (before->count > 0) {
            DVFO_TRY(add_millisecond(ctx, steps, before));
        }
        *before = *last;
        last->count = 0;
    }
    *last = (struct millisecond){stamp_ms, last->count + 1, number};
    return DVFO_OK;
}

static dvfo_status read(struct dvfo_ctx *ctx, struct dvfo_text *text, dvfo_direction direction,
                        struct dvfo_steps *steps)
{
    (void)direction;
    struct dvfo_lines lines = dvfo_lines_of(text);
    struct millisecond before = {0, 0, 0};
    struct millisecond last = {0, 0, 0};
    for (char *line = dvfo_lines_next(&lines); line != NULL; line = dvfo_lines_next(&lines)) {
        DVFO_TRY(read_line(ctx, steps, line, &before, &last, lines.number));
    }
    if (last.count == 0) {
        return dvfo_steps_fail(ctx, steps, 1, "holds no time stamps, expected one per line");
    }
    return add_last(ctx, steps, &before, &last);
}

const struct dvfo_format dvfo_format_mahimahi = {
    .name = "mahimahi",
    .summary = "ms of each 1500-byte opportunity; the last is the period",
    .recognise = recognise,
    .read = read,
};
