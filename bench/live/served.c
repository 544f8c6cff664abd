#include "bench/live/served.h"

#include <inttypes.h>

dvfo_status dvfo_served_init(struct dvfo_ctx *ctx, struct dvfo_served *served)
{
    *served = (struct dvfo_served){0};
    return dvfo_histogram_init(ctx, &served->latency_s);
}

void dvfo_served_free(struct dvfo_served *served)
{
    dvfo_histogram_free(&served->latency_s);
}

void dvfo_served_clear(struct dvfo_served *served)
{
    const struct dvfo_histogram latency_s = served->latency_s;
    *served = (struct dvfo_served){.latency_s = latency_s};
    dvfo_histogram_clear(&served->latency_s);
}

void dvfo_served_answer(struct dvfo_served *served, unsigned batch, double latency_s)
{
    served->answers++;
    served->batches += 1.0 / batch; /* its share of one */
    dvfo_histogram_add(&served->latency_s, latency_s);
}

void dvfo_served_text(const struct dvfo_served *served, uint64_t connections, char *text, size_t size)
{
    const int used = snprintf(text, size, "%" PRIu64 " connections, %" PRIu64 " requests, %" PRIu64 " refused",
                              connections, served->answers, served->refusals);
    if (served->answers > 0) {
        snprintf(text + used, size - (size_t)used, ", mean batch %.1f, p50 %.3g ms, p99 %.3g ms",
                 (double)served->answers / served->batches, 1e3 * dvfo_histogram_quantile(&served->latency_s, 0.5),
                 1e3 * dvfo_histogram_quantile(&served->latency_s, 0.99));
    }
}
