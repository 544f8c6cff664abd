#include <math.h>

#include "bench/micro/row.h"
#include "policies/attention/fusion.h"
#include "policies/nn/matrix.h"
#include "sim/base/random.h"

enum { CLASSES = 100, REQUESTS = 20000 };

/* Two answers of a hundred classes become one, request by request. */
struct fusing {
    struct dvfo_fuser fuser;
    float *parameters; /* owned */
    float local[CLASSES], remote[CLASSES], out[CLASSES];
};

static void free_state(void *state)
{
    struct fusing *fusing = state;
    if (fusing != NULL) {
        free(fusing->parameters);
        free(fusing);
    }
}

static dvfo_status create(struct dvfo_ctx *ctx, dvfo_fusion kind, void **out)
{
    struct fusing *fusing = calloc(1, sizeof *fusing);
    gsl_rng *rng = dvfo_random_small_stream(1, 0, "fusion");
    if (fusing != NULL) {
        fusing->fuser = (struct dvfo_fuser){kind, CLASSES, 0.5f};
        fusing->parameters = calloc(dvfo_fusion_parameters(&fusing->fuser) + 1, sizeof(float));
    }
    if (fusing == NULL || rng == NULL || fusing->parameters == NULL) {
        gsl_rng_free(rng);
        free_state(fusing);
        return dvfo_fail_no_memory(ctx);
    }
    dvfo_matrix_use_threads(1);
    dvfo_fusion_initialise(&fusing->fuser, rng, fusing->parameters);
    for (int k = 0; k < CLASSES; k++) {
        fusing->local[k] = (float)gsl_rng_uniform(rng);
        fusing->remote[k] = (float)gsl_rng_uniform(rng);
    }
    gsl_rng_free(rng);
    *out = fusing;
    return DVFO_OK;
}

static dvfo_status create_sum(struct dvfo_ctx *ctx, void **out)
{
    return create(ctx, DVFO_FUSION_SUM_FIXED, out);
}

static dvfo_status create_dense(struct dvfo_ctx *ctx, void **out)
{
    return create(ctx, DVFO_FUSION_DENSE, out);
}

static dvfo_status create_convolution(struct dvfo_ctx *ctx, void **out)
{
    return create(ctx, DVFO_FUSION_CONVOLUTION, out);
}

static double run(void *state)
{
    struct fusing *fusing = state;
    for (int i = 0; i < REQUESTS; i++) {
        fusing->local[i % CLASSES] += 1e-6f; /* another request */
        dvfo_fusion_forward(&fusing->fuser, fusing->parameters, 1, fusing->local, fusing->remote, fusing->out);
    }
    return REQUESTS;
}

/* All begin as the mean. */
static dvfo_status verify(struct dvfo_ctx *ctx, void *state, char *answer, size_t size)
{
    const struct fusing *fusing = state;
    double off = 0.0;
    for (int k = 0; k < CLASSES; k++) {
        off = fmax(off, fabs((double)fusing->out[k] - 0.5 * (double)(fusing->local[k] + fusing->remote[k])));
    }
    snprintf(answer, size, "the mean of both answers to %.1g; %.0f multiply-adds", off,
             dvfo_fusion_macs(&fusing->fuser));
    return off < 1e-5 ? DVFO_OK : dvfo_fail(ctx, DVFO_FAILED, "%s", answer);
}

const struct dvfo_micro_row dvfo_micro_fusion_sum = {
    .name = "fusion_sum",
    .unit = "requests",
    .summary = "twenty thousand pairs of answers of 100 classes become one: weighted sum",
    .create = create_sum,
    .run = run,
    .verify = verify,
    .free = free_state,
};

const struct dvfo_micro_row dvfo_micro_fusion_dense = {
    .name = "fusion_dense",
    .unit = "requests",
    .summary = "the same through a dense layer",
    .create = create_dense,
    .run = run,
    .verify = verify,
    .free = free_state,
};

const struct dvfo_micro_row dvfo_micro_fusion_convolution = {
    .name = "fusion_convolution",
    .unit = "requests",
    .summary = "the same through a small layer that all classes share",
    .create = create_convolution,
    .run = run,
    .verify = verify,
    .free = free_state,
};
