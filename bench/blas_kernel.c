#include "bench/blas_kernel.h"

#include <cblas.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VARIABLE "OPENBLAS_CORETYPE"

enum { CPUINFO_BYTES = 1 << 14, PATH_BYTES = 4096 }; /* the first processor speaks for all */

/* Kernels by what they need, the most demanding first. */
static const struct {
    const char *flags[5];
    const char *kernels[8]; /* the first is taken where none of these runs */
} classes[] = {
    {{"avx512f", "avx512dq", "avx512bw", "avx512vl"}, {"SkylakeX", "Cooperlake", "Sapphirerapids"}},
    {{"avx2", "fma"}, {"Haswell", "Zen", "Excavator", "SkylakeX", "Cooperlake", "Sapphirerapids"}},
};

/* The flags of the first processor, " fpu vme ... ", into `flags`. */
static bool read_flags(const char *cpuinfo, char flags[CPUINFO_BYTES])
{
    FILE *file = fopen(cpuinfo, "r");
    if (file == NULL) {
        return false;
    }
    flags[fread(flags, 1, CPUINFO_BYTES - 2, file)] = '\0';
    fclose(file);
    const char *line = strstr(flags, "\nflags");
    const char *colon = line != NULL ? strchr(line, ':') : NULL;
    if (colon == NULL) {
        return false;
    }
    memmove(flags, colon + 1, strlen(colon + 1) + 1);
    flags[strcspn(flags, "\n")] = '\0';
    strcat(flags, " ");
    return true;
}

static bool has_all(const char *flags, const char *const wanted[])
{
    for (size_t i = 0; wanted[i] != NULL; i++) {
        char word[32];
        snprintf(word, sizeof word, " %s ", wanted[i]);
        if (strstr(flags, word) == NULL) {
            return false;
        }
    }
    return true;
}

static bool is_one_of(const char *kernel, const char *const kernels[])
{
    size_t i = 0;
    while (kernels[i] != NULL && strcmp(kernels[i], kernel) != 0) {
        i++;
    }
    return kernels[i] != NULL;
}

const char *dvfo_blas_kernel_better(const char *cpuinfo, const char *kernel)
{
    char flags[CPUINFO_BYTES];
    if (!read_flags(cpuinfo, flags)) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (has_all(flags, classes[i].flags)) {
            return is_one_of(kernel, classes[i].kernels) ? NULL : classes[i].kernels[0];
        }
    }
    return NULL;
}

void dvfo_blas_kernel_choose(char **argv)
{
    if (getenv(VARIABLE) != NULL) {
        return;
    }
    const char *better = dvfo_blas_kernel_better("/proc/cpuinfo", openblas_get_corename());
    char program[PATH_BYTES]; /* not the link itself: the process would be called "exe" */
    const ssize_t length = better != NULL ? readlink("/proc/self/exe", program, sizeof program - 1) : -1;
    if (length <= 0 || setenv(VARIABLE, better, 1) != 0) {
        return;
    }
    program[length] = '\0';
    execv(program, argv);
    unsetenv(VARIABLE); /* still here: the environment is as it was */
}
