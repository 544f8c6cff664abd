/* W work [FLOP], Q traffic [byte], K depth of the reduction, e efficiency of the class, pi peak [FLOP per GPU cycle],
 * gamma load and store of the GPU [byte per GPU cycle], r elements fetched again per FLOP. */
#include "profiles/kernel.h"

#include <math.h>

bool dvfo_kernel_exists(const struct dvfo_layer *layer)
{
    return !layer->fused && layer->op != DVFO_OP_VIEW;
}

/* A dense layer over several steps of a sequence is a matrix product and runs as a pointwise convolution does; over one
 * it is matrix by vector, which is what the class `dense` was measured with. */
static dvfo_op executed_op(const struct dvfo_layer *layer)
{
    const bool steps = (double)layer->out.height * (double)layer->out.width > 1.0;
    return layer->op == DVFO_OP_DENSE && steps ? DVFO_OP_CONV_POINTWISE : layer->op;
}

static double padded(double count, double step)
{
    return ceil(count / step) * step / count;
}

/* Work of a product in whole tiles of output pixels by output channels, as a multiple of the work itself. */
static double tiled(const struct dvfo_layer *layer, const struct dvfo_quantity *pixels,
                    const struct dvfo_quantity *channels)
{
    return padded((double)layer->out.height * (double)layer->out.width, pixels->value) *
           padded((double)layer->out.channels, channels->value);
}

/* K: multiply-adds behind one output element. */
static double reduction_depth(const struct dvfo_layer *layer)
{
    return layer->work_flop / 2.0 / dvfo_shape_elements(layer->out);
}

static double direct_flop(const struct dvfo_runtime *runtime, const struct dvfo_layer *layer, dvfo_op op)
{
    const double depth = reduction_depth(layer);
    return layer->work_flop * tiled(layer, &runtime->tile_pixels, &runtime->tile_channels) *
           (depth + runtime->depth.value) / depth / runtime->efficiency[op].value;
}

struct dvfo_kernel dvfo_kernel_of(const struct dvfo_runtime *runtime, const struct dvfo_layer *layer)
{
    const dvfo_op op = executed_op(layer);
    const bool product = op <= DVFO_OP_CONV_OTHER && layer->work_flop > 0.0;
    const double blocks = product ? tiled(layer, &runtime->block_pixels, &runtime->block_channels) : 1.0;
    double flop = product ? direct_flop(runtime, layer, op) : layer->work_flop / runtime->efficiency[op].value;
    if (op == DVFO_OP_CONV_3X3 && runtime->winograd.value > 0.0) {
        flop = fmin(flop, layer->work_flop * blocks / runtime->winograd.value);
    }
    const double traffic_byte = dvfo_layer_traffic_byte(layer, runtime->bytes_per_element);
    return (struct dvfo_kernel){
        .gpu_cycles = flop / runtime->flop_per_cycle.value + traffic_byte / runtime->gpu_byte_per_cycle.value +
                      runtime->kernel_cycles.value,
        .moved_byte = traffic_byte + runtime->reread[op].value * runtime->bytes_per_element * layer->work_flop * blocks,
    };
}
