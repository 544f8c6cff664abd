#include "policies/nn/matrix.h"

#include <cblas.h>

#include "sim/base/status.h"

struct dvfo_matrix dvfo_matrix_of(const float *at, long rows, long columns)
{
    return dvfo_matrix_strided(at, rows, columns, columns);
}

struct dvfo_matrix dvfo_matrix_strided(const float *at, long rows, long columns, long step)
{
    return (struct dvfo_matrix){at, rows, columns, step, false};
}

struct dvfo_matrix dvfo_matrix_transposed(struct dvfo_matrix matrix)
{
    matrix.transposed = !matrix.transposed;
    return matrix;
}

static enum CBLAS_TRANSPOSE order_of(struct dvfo_matrix matrix)
{
    return matrix.transposed ? CblasTrans : CblasNoTrans;
}

void dvfo_matrix_multiply(float alpha, struct dvfo_matrix a, struct dvfo_matrix b, float beta, float *c, long c_step)
{
    const long M = a.transposed ? a.columns : a.rows, K = a.transposed ? a.rows : a.columns;
    const long N = b.transposed ? b.rows : b.columns;
    DVFO_REQUIRE(K == (b.transposed ? b.columns : b.rows));
    if (N == 1) {
        cblas_sgemv(CblasRowMajor, order_of(a), (int)a.rows, (int)a.columns, alpha, a.at, (int)a.step, b.at,
                    b.transposed ? 1 : (int)b.step, beta, c, (int)c_step);
        return;
    }
    cblas_sgemm(CblasRowMajor, order_of(a), order_of(b), (int)M, (int)N, (int)K, alpha, a.at, (int)a.step, b.at,
                (int)b.step, beta, c, (int)c_step);
}

void dvfo_matrix_use_threads(int threads)
{
    openblas_set_num_threads(threads);
}

const char *dvfo_matrix_kernel(void)
{
    return openblas_get_corename();
}
