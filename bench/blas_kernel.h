/* BLAS kernels that fit the processor.
 *
 * OpenBLAS chooses its kernels by the processor's model, and takes a model that is newer than itself for something
 * older: 0.3.21 runs SSE3 kernels (Prescott, 33 GFLOP/s) on a processor whose AVX-512 ones (SkylakeX) give 150. What a
 * processor can do stands in the flags of /proc/cpuinfo, and OPENBLAS_CORETYPE overrules the choice; but the choice is
 * made when the library is loaded, so the program starts itself anew with the variable set. Results say which kernels
 * they were made with. */
#ifndef DVFO_BLAS_KERNEL_H
#define DVFO_BLAS_KERNEL_H

/** Kernels that use more of the processor than `kernel` does.
 *  @param cpuinfo  path: "/proc/cpuinfo"
 *  @param kernel   name as OpenBLAS gives it
 *  @return         such a name; NULL when there are none, or the file can't be read or tells no flags */
const char *dvfo_blas_kernel_better(const char *cpuinfo, const char *kernel);

/** To be called first in main. Starts the program anew, once, with OPENBLAS_CORETYPE set to better kernels if there are
 *  any; arguments, environment and open files stay. Returns when there is nothing to be gained, when starting anew
 *  fails, and always when the variable is set: by us, or by a user, who knows better. */
void dvfo_blas_kernel_choose(char **argv);

#endif
