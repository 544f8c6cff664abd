#include "bench/live/service.h"

#include <string.h>

#include "bench/live/connection.h"

static uint64_t nanoseconds(double seconds)
{
    return (uint64_t)(seconds * 1e9);
}

static dvfo_status set_terms(struct dvfo_ctx *ctx, const char *network_file, const struct dvfo_limits *limits,
                             const struct dvfo_key *key, struct dvfo_service *service)
{
    const struct dvfo_map *map = dvfo_tail_map(service->tail);
    const size_t largest = dvfo_live_request_bytes(map, 10) - DVFO_PROTOCOL_HEADER_BYTE;
    if (largest > (size_t)limits->message_byte) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "%s: a whole feature map takes %zu bytes, expected at most %ld of a message (--max-message)",
                         network_file, largest, limits->message_byte);
    }
    service->most = limits->connections;
    service->most_per_address = dvfo_limits_per_address(limits);
    service->terms =
        (struct dvfo_session_terms){.map = *map,
                                    .key = key,
                                    .most_payload = largest > DVFO_SMALL_MOST_BYTE ? largest : DVFO_SMALL_MOST_BYTE,
                                    .in_flight = (int)limits->in_flight,
                                    .requests_per_s = limits->requests_per_s,
                                    .handshake_ns = nanoseconds(limits->handshake_s),
                                    .idle_ns = nanoseconds(limits->idle_s)};
    memcpy(service->terms.fingerprint, dvfo_tail_fingerprint(service->tail), DVFO_FINGERPRINT_BYTE);
    return DVFO_OK;
}

dvfo_status dvfo_service_open(struct dvfo_ctx *ctx, const char *network_file, const struct dvfo_limits *limits,
                              const struct dvfo_key *key, struct dvfo_service *service)
{
    DVFO_TRY(dvfo_tail_load(ctx, network_file, (int)limits->batch, &service->tail));
    DVFO_TRY(set_terms(ctx, network_file, limits, key, service));
    DVFO_TRY(dvfo_served_init(ctx, &service->lately));
    DVFO_TRY(dvfo_served_init(ctx, &service->whole));
    DVFO_TRY(dvfo_live_job_pool_create(ctx, &service->terms.map, (int)limits->waiting, &service->pool));
    const struct dvfo_batcher_def batcher = {.loop = service->loop,
                                             .tail = service->tail,
                                             .most = (int)limits->batch,
                                             .wait_us = limits->batch_wait_us,
                                             .done = dvfo_connection_answer,
                                             .user = service};
    return dvfo_batcher_create(ctx, &batcher, &service->batcher);
}

void dvfo_service_close(struct dvfo_service *service)
{
    dvfo_batcher_close(service->batcher);
    service->batcher = NULL;
}

void dvfo_service_free(struct dvfo_service *service)
{
    dvfo_live_job_pool_free(&service->pool);
    dvfo_served_free(&service->whole);
    dvfo_served_free(&service->lately);
    dvfo_tail_free(service->tail);
}
