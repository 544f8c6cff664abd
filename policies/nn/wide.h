/* DVFO_WIDE before a function: its loops are compiled for narrow and for wide vector registers, and the processor at
 * hand decides. Rounding is the same in each: no contraction, and compilers don't reorder sums.
 *
 * Not under sanitizers, which aren't at work yet when that decision is made; not with clang, which shows the deciding
 * functions to the linker under names that aren't ours. There it is one version, for any processor of its kind. */
#ifndef DVFO_WIDE_H
#define DVFO_WIDE_H

#if defined __x86_64__ && defined __gnu_linux__ && !defined __clang__ && !defined __SANITIZE_ADDRESS__ &&              \
    !defined __SANITIZE_THREAD__
#define DVFO_WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define DVFO_WIDE
#endif

#endif
