/* Matrix products: the one place that knows BLAS.
 *
 * Matrices lie row by row; a view says where one begins and how far its rows are apart, so that a part of a larger
 * array is a matrix too. Threads are those of OpenBLAS, and are the process's. */
#ifndef DVFO_MATRIX_H
#define DVFO_MATRIX_H

#include <stdbool.h>

struct dvfo_matrix {
    const float *at; /* (rows, columns) as it lies in memory; borrowed */
    long rows, columns;
    long step;       /* elements from one row to the next */
    bool transposed; /* taken as (columns, rows) */
};

/** rows x columns without gaps. */
struct dvfo_matrix dvfo_matrix_of(const float *at, long rows, long columns);
/** The same with `step` elements from row to row. */
struct dvfo_matrix dvfo_matrix_strided(const float *at, long rows, long columns, long step);
struct dvfo_matrix dvfo_matrix_transposed(struct dvfo_matrix matrix);

/** C (M, N) = alpha A (M, K) B (K, N) + beta C. Dimensions stay below 2^31.
 *  @param c       (M, N), rows `c_step` apart; overlaps neither a nor b
 *  Cost: 2 M N K FLOP. A single column runs as a matrix by a vector. */
void dvfo_matrix_multiply(float alpha, struct dvfo_matrix a, struct dvfo_matrix b, float beta, float *c, long c_step);

/** How many threads products use from now on, at least 1. */
void dvfo_matrix_use_threads(int threads);

/** The kernel that BLAS chose for this processor: "SkylakeX", "Zen", "ARMV8". */
const char *dvfo_matrix_kernel(void);

#endif
