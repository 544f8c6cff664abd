/* DVFO_WIDE before a function: its loops are compiled for narrow and for wide vector registers, and the processor at
 * hand decides. Rounding is the same in each: no contraction, and compilers don't reorder sums. Sanitizers run before
 * that decision can be made, so under them there is one version. */
#ifndef DVFO_WIDE_H
#define DVFO_WIDE_H

#if defined __x86_64__ && defined __gnu_linux__ && !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
#define DVFO_WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#endif

#ifdef __has_feature /* how clang tells of its sanitizers */
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#undef DVFO_WIDE
#endif
#endif

#ifndef DVFO_WIDE
#define DVFO_WIDE
#endif

#endif
