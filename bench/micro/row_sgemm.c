#include <math.h>

#include "bench/micro/row.h"
#include "policies/nn/matrix.h"

enum { SIZE = 1024 };

/* One product of two square matrices: what the BLAS at hand can do, and what others are measured against. */
struct sgemm {
    float a[SIZE * SIZE], b[SIZE * SIZE], c[SIZE * SIZE];
};

static dvfo_status create(struct dvfo_ctx *ctx, void **out)
{
    struct sgemm *sgemm = malloc(sizeof *sgemm);
    if (sgemm == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (long i = 0; i < SIZE * SIZE; i++) {
        sgemm->a[i] = (float)(i % 17) - 8.0f; /* whole numbers: sums are exact in any order */
        sgemm->b[i] = (float)(i % 13) - 6.0f;
        sgemm->c[i] = 0.0f;
    }
    *out = sgemm;
    return DVFO_OK;
}

static double run(void *state)
{
    struct sgemm *sgemm = state;
    dvfo_matrix_use_threads(1);
    dvfo_matrix_multiply(1.0f, dvfo_matrix_of(sgemm->a, SIZE, SIZE), dvfo_matrix_of(sgemm->b, SIZE, SIZE), 0.0f,
                         sgemm->c, SIZE);
    return 2.0 * SIZE * SIZE * (double)SIZE;
}

static dvfo_status verify(struct dvfo_ctx *ctx, void *state, char *answer, size_t size)
{
    const struct sgemm *sgemm = state;
    snprintf(answer, size, "kernels %s, %d x %d", dvfo_matrix_kernel(), (int)SIZE, (int)SIZE);
    for (long i = 0; i < SIZE * SIZE; i += 9973) {
        double sum = 0.0;
        for (long k = 0; k < SIZE; k++) {
            sum += (double)sgemm->a[i / SIZE * SIZE + k] * (double)sgemm->b[k * SIZE + i % SIZE];
        }
        if ((double)sgemm->c[i] != sum) {
            return dvfo_fail(ctx, DVFO_FAILED, "%s: number %ld is %g, expected %g", answer, i, (double)sgemm->c[i],
                             sum);
        }
    }
    return DVFO_OK;
}

const struct dvfo_micro_row dvfo_micro_sgemm = {
    .name = "sgemm",
    .unit = "FLOP",
    .summary = "one product of two matrices of 1024 x 1024, the limit of what learns",
    .create = create,
    .run = run,
    .verify = verify,
    .free = free,
};
