/* A program that chooses its kernels as ours do, and then tells what it was given: arguments, kernel, variable, input.
 */
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/blas_kernel.h"

int main(int argc, char **argv)
{
    dvfo_blas_kernel_choose(argv);
    const char *variable = getenv("OPENBLAS_CORETYPE"), *other = getenv("OTHER");
    for (int i = 1; i < argc; i++) {
        printf("[%s]", argv[i]);
    }
    printf(" kernel=%s variable=%s other=%s input=", openblas_get_corename(), variable != NULL ? variable : "none",
           other != NULL ? other : "none");
    for (int c = getchar(); c != EOF; c = getchar()) {
        putchar(c);
    }
    return 7;
}
