#include "bench/live/tail.h"

#include <string.h>

#include "bench/live/network_file.h"
#include "bench/live/request.h"

struct dvfo_tail {
    struct dvfo_map map;
    uint8_t fingerprint[DVFO_FINGERPRINT_BYTE];
    struct dvfo_stack stack;
    struct dvfo_stack_pass *pass;
    float *parameters, *statistics; /* of the stack alone */
    float *in;                      /* (C, B, N) */
    int most;
};

/* ---- from a file ---- */

static float *copy_of(const float *from, size_t count)
{
    float *copy = malloc(count * sizeof *copy);
    return copy != NULL ? memcpy(copy, from, count * sizeof *copy) : NULL;
}

/* What a network's file holds beside the remote tail isn't kept. */
static dvfo_status take(struct dvfo_ctx *ctx, const struct dvfo_network_file *file, struct dvfo_tail *tail)
{
    const struct dvfo_schooling *schooling = file->schooling;
    const struct dvfo_collaborative *net = &schooling->net;
    const struct dvfo_collaborative_span *span = &net->span[DVFO_PIECE_REMOTE];
    tail->map = file->map;
    memcpy(tail->fingerprint, file->fingerprint, sizeof tail->fingerprint);
    tail->stack = net->stack[DVFO_PIECE_REMOTE];
    tail->parameters = copy_of(schooling->parameters + span->at, tail->stack.parameters);
    tail->statistics = copy_of(schooling->statistics + span->statistics, tail->stack.statistics);
    const size_t numbers = (size_t)(net->channels * net->height * net->width) * (size_t)tail->most;
    tail->in = calloc(numbers, sizeof *tail->in);
    if (tail->parameters == NULL || tail->statistics == NULL || tail->in == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    return dvfo_stack_pass_create(ctx, &tail->stack, tail->most, &tail->pass);
}

static dvfo_status read_tail(struct dvfo_ctx *ctx, const char *path, struct dvfo_tail *tail)
{
    struct dvfo_network_file file;
    DVFO_TRY(dvfo_network_file_load(ctx, path, &file));
    const dvfo_status status = take(ctx, &file, tail);
    dvfo_network_file_free(&file);
    return status;
}

dvfo_status dvfo_tail_load(struct dvfo_ctx *ctx, const char *path, int most, struct dvfo_tail **out)
{
    *out = NULL;
    struct dvfo_tail *tail = calloc(1, sizeof *tail);
    if (tail == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    tail->most = most;
    const dvfo_status status = read_tail(ctx, path, tail);
    if (status != DVFO_OK) {
        dvfo_tail_free(tail);
        return status;
    }
    *out = tail;
    return DVFO_OK;
}

void dvfo_tail_free(struct dvfo_tail *tail)
{
    if (tail != NULL) {
        dvfo_stack_pass_free(tail->pass);
        free(tail->in);
        free(tail->statistics);
        free(tail->parameters);
        free(tail);
    }
}

const struct dvfo_map *dvfo_tail_map(const struct dvfo_tail *tail)
{
    return &tail->map;
}

const uint8_t *dvfo_tail_fingerprint(const struct dvfo_tail *tail)
{
    return tail->fingerprint;
}

/* ---- at work ---- */

const float *dvfo_tail_run(struct dvfo_tail *tail, int share_tenths, int count,
                           const struct dvfo_live_request *const *requests)
{
    DVFO_REQUIRE(count >= 1 && count <= tail->most);
    const size_t pixels = (size_t)(tail->map.height * tail->map.width), step = (size_t)count * pixels;
    for (int i = 0; i < count; i++) {
        DVFO_REQUIRE(requests[i]->share_tenths == share_tenths);
        dvfo_live_request_values(requests[i], &tail->map, step, tail->in + (size_t)i * pixels);
    }
    const struct dvfo_stack_mode mode = {.setting = share_tenths - 1, .width = 1, .learning = false};
    return dvfo_stack_forward(tail->pass, tail->parameters, tail->statistics, mode, count, tail->in);
}
