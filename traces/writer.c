#include "traces/writer.h"

#include <math.h>
#include <string.h>

#include "sim/base/units.h"
#include "traces/format.h"

#define OPPORTUNITY_BITS (1500 * DVFO_BITS_PER_BYTE)
#define ROUNDING_BITS 1.0  /* of the sum over all steps before; a whole packet must not miss its millisecond by it */
#define BYTES_PER_LINE 9.0 /* of a stamp below 28 hours and its line end */

static dvfo_status write_csv(struct dvfo_ctx *ctx, const struct dvfo_trace *trace, FILE *file);
static dvfo_status write_cooked(struct dvfo_ctx *ctx, const struct dvfo_trace *trace, FILE *file);
static dvfo_status write_mahimahi(struct dvfo_ctx *ctx, const struct dvfo_trace *trace, FILE *file);

const struct dvfo_writer dvfo_writers[] = {
    {"csv", "start_s,rate_mbps; keeps everything", write_csv},
    {"cooked", "seconds and Mbit/s, as Pensieve's player reads them", write_cooked},
    {"mahimahi", "milliseconds of 1500-byte opportunities, for mm-link", write_mahimahi},
    {NULL, NULL, NULL},
};

dvfo_status dvfo_writer_find(struct dvfo_ctx *ctx, const char *name, const struct dvfo_writer **out)
{
    for (size_t i = 0; dvfo_writers[i].name != NULL; i++) {
        if (strcmp(dvfo_writers[i].name, name) == 0) {
            *out = &dvfo_writers[i];
            return DVFO_OK;
        }
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "--to is '%s', expected csv, cooked or mahimahi", name);
}

/* Fewest digits that read back as the same double. */
static void print_number(FILE *file, double value)
{
    char text[32];
    int digits = 6;
    do {
        snprintf(text, sizeof text, "%.*g", digits, value);
    } while (strtod(text, NULL) != value && digits++ < 17);
    fputs(text, file);
}

static void print_pair(FILE *file, double a, char between, double b)
{
    print_number(file, a);
    fputc(between, file);
    print_number(file, b);
}

static dvfo_status write_csv(struct dvfo_ctx *ctx, const struct dvfo_trace *trace, FILE *file)
{
    (void)ctx;
    fputs(trace->filled != NULL ? "start_s,rate_mbps,filled\n" : "start_s,rate_mbps\n", file);
    for (size_t i = 0; i < trace->n; i++) {
        print_pair(file, trace->start_s[i], ',', trace->rate_bps[i] / DVFO_BPS_PER_MBPS);
        if (trace->filled != NULL) {
            fputs(trace->filled[i] ? ",1" : ",0", file);
        }
        fputc('\n', file);
    }
    print_number(file, trace->period_s);
    fputs(trace->filled != NULL ? ",,\n" : ",\n", file);
    return DVFO_OK;
}

/* Row i holds until its stamp; row 0 only says that time begins at 0. */
static dvfo_status write_cooked(struct dvfo_ctx *ctx, const struct dvfo_trace *trace, FILE *file)
{
    (void)ctx;
    print_pair(file, 0.0, '\t', trace->rate_bps[0] / DVFO_BPS_PER_MBPS);
    fputc('\n', file);
    for (size_t i = 0; i < trace->n; i++) {
        const double end_s = i + 1 < trace->n ? trace->start_s[i + 1] : trace->period_s;
        print_pair(file, end_s, '\t', trace->rate_bps[i] / DVFO_BPS_PER_MBPS);
        fputc('\n', file);
    }
    return DVFO_OK;
}

/* The millisecond during which the k-th opportunity is complete; bits through exactly at its end still belong to it. */
static double millisecond_of(const struct dvfo_trace *trace, size_t step, double bits)
{
    const double end_s = step + 1 < trace->n ? trace->start_s[step + 1] : trace->period_s;
    const double t_s = trace->start_s[step] + (bits - trace->sent_bits[step]) / trace->rate_bps[step];
    return fmax(ceil(fmin(t_s, end_s) / DVFO_S_PER_MS - 1e-3) - 1.0, 0.0);
}

static dvfo_status write_mahimahi(struct dvfo_ctx *ctx, const struct dvfo_trace *trace, FILE *file)
{
    const double period_ms = round(trace->period_s / DVFO_S_PER_MS);
    const double count = fmax(round(trace->sent_bits[trace->n] / OPPORTUNITY_BITS), 1.0);
    if (period_ms < 1.0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: lasts %g s, expected at least a millisecond for mahimahi",
                         trace->name, trace->period_s);
    }
    if (count * BYTES_PER_LINE > (double)DVFO_FORMAT_MAX_BYTES) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: would take %.3g lines in mahimahi, expected at most %.3g; use csv",
                         trace->name, count, (double)DVFO_FORMAT_MAX_BYTES / BYTES_PER_LINE);
    }
    size_t step = 0;
    for (double k = 1.0; k < count; k++) {
        const double bits = k * OPPORTUNITY_BITS;
        while (trace->sent_bits[step + 1] < bits - ROUNDING_BITS && step + 1 < trace->n) {
            step++;
        }
        fprintf(file, "%.0f\n", fmin(millisecond_of(trace, step, bits), period_ms - 1.0));
    }
    fprintf(file, "%.0f\n", period_ms);
    return DVFO_OK;
}
