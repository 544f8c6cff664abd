/* A program that chooses its kernels as ours do, and then tells what it was given: arguments, kernel, the library that
 * multiplies, variable, input. It uses GSL, too, which brings a library of its own for products. */
#include <cblas.h>
#include <dlfcn.h>
#include <gsl/gsl_rng.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/blas_kernel.h"

int main(int argc, char **argv)
{
    dvfo_blas_kernel_choose(argv);
    const char *variable = getenv("OPENBLAS_CORETYPE"), *other = getenv("OTHER");
    Dl_info info = {0};
    gsl_rng_free(NULL);
    (void)dladdr((void *)(size_t)cblas_sgemm, &info);
    for (int i = 1; i < argc; i++) {
        printf("[%s]", argv[i]);
    }
    printf(" kernel=%s library=%s variable=%s other=%s input=", openblas_get_corename(), info.dli_fname,
           variable != NULL ? variable : "none", other != NULL ? other : "none");
    for (int c = getchar(); c != EOF; c = getchar()) {
        putchar(c);
    }
    return 7;
}
