#include "sim/link.h"

void dvfo_link_init(struct dvfo_link *link, const struct dvfo_trace *trace)
{
    *link = (struct dvfo_link){.trace = trace};
}

void dvfo_link_free(struct dvfo_link *link)
{
    free(link->line);
    link->line = NULL;
}

static uint32_t *place(const struct dvfo_link *link, uint32_t i)
{
    return &link->line[(link->head + i) % link->capacity];
}

uint32_t dvfo_link_current(const struct dvfo_link *link)
{
    DVFO_REQUIRE(link->count > 0);
    return *place(link, 0);
}

static bool grow(struct dvfo_link *link)
{
    const uint32_t capacity = link->capacity == 0 ? 16 : 2 * link->capacity;
    uint32_t *line = malloc(capacity * sizeof *line);
    if (line == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < link->count; i++) {
        line[i] = *place(link, i);
    }
    free(link->line);
    link->line = line;
    link->capacity = capacity;
    link->head = 0;
    return true;
}

bool dvfo_link_join(struct dvfo_link *link, uint32_t transfer)
{
    if (link->count == link->capacity && !grow(link)) {
        return false;
    }
    *place(link, link->count++) = transfer;
    return true;
}

void dvfo_link_leave(struct dvfo_link *link, uint32_t transfer)
{
    if (dvfo_link_current(link) == transfer) {
        link->head = (link->head + 1) % link->capacity;
        link->count--;
        return;
    }
    uint32_t i = 1;
    while (i < link->count && *place(link, i) != transfer) {
        i++;
    }
    DVFO_REQUIRE(i < link->count);
    for (; i + 1 < link->count; i++) {
        *place(link, i) = *place(link, i + 1);
    }
    link->count--;
}

double dvfo_link_send_s(const struct dvfo_link *link, double trace_s, double bytes)
{
    return dvfo_trace_send_time_s(link->trace, trace_s, 8.0 * bytes); /* Eq. (6) */
}

double dvfo_link_byte_between(const struct dvfo_link *link, double from_s, double to_s)
{
    return (dvfo_trace_sent_bits(link->trace, to_s) - dvfo_trace_sent_bits(link->trace, from_s)) / 8.0;
}
