/* An executor: runs a network on this machine, layer by layer, fp32, batch 1.
 *
 * Weights are random (He initialisation from a named stream), for time and shapes don't depend on them. All parameters
 * lie in one block, all activations in another, planned so that tensors that are never needed together share memory;
 * running allocates nothing. One executor serves one thread; products inside may use several (dvfo_matrix_use_threads).
 */
#ifndef DVFO_EXECUTOR_H
#define DVFO_EXECUTOR_H

#include <stdint.h>

#include "profiles/network.h"

struct dvfo_executor_def {
    uint64_t seed; /* of the weights; 1 by default */
    bool keep_all; /* every tensor keeps memory of its own, to be looked at afterwards; off by default */
};

struct dvfo_executor_def dvfo_executor_def_default(void);

struct dvfo_executor;

/** @param network  borrowed until dvfo_executor_free
 *  @return         DVFO_BAD_INPUT when a layer has no kernel, DVFO_FAILED when the machine has too little memory */
dvfo_status dvfo_executor_create(struct dvfo_ctx *ctx, const struct dvfo_network *network,
                                 const struct dvfo_executor_def *def, struct dvfo_executor **out);
void dvfo_executor_free(struct dvfo_executor *executor);

/** Place the input, (channels, height, width) of the network's input; copied. Needed before each run: the memory of the
 *  input serves other tensors later on. */
void dvfo_executor_load(struct dvfo_executor *executor, const float *input);

/** Run all layers. */
void dvfo_executor_run(struct dvfo_executor *executor);

/** Run one layer; those before it must have run since the last load. A fused layer does nothing, its host does. */
void dvfo_executor_run_layer(struct dvfo_executor *executor, size_t layer);

/** Output of a layer, (channels, height, width). Valid until its memory serves another tensor; outputs of the network
 *  stay until the next run. */
const float *dvfo_executor_output(const struct dvfo_executor *executor, size_t layer);

/** Memory of parameters, activations and scratch [byte]. */
double dvfo_executor_size_byte(const struct dvfo_executor *executor);

#endif
