/* A kernel: what running one layer asks of the GPU and of the memory, whatever the clocks. Left half of Eq. (1). */
#ifndef DVFO_KERNEL_H
#define DVFO_KERNEL_H

#include "profiles/runtime.h"

struct dvfo_kernel {
    double gpu_cycles; /* arithmetic, load and store, start and drain [GPU cycles] */
    double moved_byte; /* memory traffic, with operands fetched again [byte] */
};

/** Whether a layer has a kernel of its own: it isn't fused, and is more than another view of the same bytes. */
bool dvfo_kernel_exists(const struct dvfo_layer *layer);

/** The kernel of a layer that has one.
 *
 *  gpu_cycles = W' / (e pi) + Q / gamma + k_G,   moved = Q + r b W"
 *
 *  W' is the work as executed: rounded up to whole tiles, stretched by (K + K0) / K, or in Winograd's blocks where that
 *  is faster; W" the work of whole blocks, b the bytes of an element. With tiles and blocks of 1 x 1, K0, k_G and r
 *  zero, gamma infinite and no Winograd it is the plain Eq. (1). Three things stand here that the plain form lacks
 *  because the measurements ask for them: operands fetched again (without them the memory clock hardly matters to
 *  convolutions, and on TX2 it does; trtexec with VGG-19 moves 2.2 GB per image by the memory controller's own count,
 *  0.7 GB by shapes); what the GPU itself can load and store (at 114 MHz latency doesn't depend on the memory clock at
 *  all, dense layers included); cycles that every kernel takes (under TensorFlow a kernel of no work takes 0.3
 * million).
 */
struct dvfo_kernel dvfo_kernel_of(const struct dvfo_runtime *runtime, const struct dvfo_layer *layer);

#endif
