/* What `dvfo show` prints: one function per kind of thing. */
#ifndef DVFO_SHOW_H
#define DVFO_SHOW_H

#include <stdint.h>

#include "bench/table.h"

/** Layers of a network with class, shapes, work, parameters, bytes moved; the split, the cuts, the totals.
 *  @param input_px   side of the input [px] or steps of a sequence; 0 takes the default
 *  @param variant    input variant of the file, or NULL
 *  @param precision  "fp32", "fp16" or "int8": what an element takes in memory */
dvfo_status dvfo_show_network(struct dvfo_ctx *ctx, const char *name, long input_px, const char *variant,
                              const char *precision, dvfo_table_format format);

/** Clocks, power and cost coefficients of a board, each with its standing and source. */
dvfo_status dvfo_show_board(struct dvfo_ctx *ctx, const char *name, dvfo_table_format format);

/** Coefficients of a cloud server, each with its standing and source. */
dvfo_status dvfo_show_cloud(struct dvfo_ctx *ctx, const char *name, dvfo_table_format format);

/** Statistics of a trace: anything that --trace takes.
 *  @param trace_format  format to force, or NULL
 *  @param seed          for generators */
dvfo_status dvfo_show_trace(struct dvfo_ctx *ctx, const char *spec, const char *trace_format, uint64_t seed,
                            dvfo_table_format format);

#endif
