/* The fields of one operator in a description: which there may be, what they mean, what they are when left out.
 *
 * A field is looked for in the entry, then in the file's `defaults` of that operator. Its value may name parameters of
 * the block it stands in. `norm` and `act` ask for layers of their own that are fused into the operator's kernel. */
#ifndef DVFO_NETWORK_FIELDS_H
#define DVFO_NETWORK_FIELDS_H

#include "profiles/network_graph.h"
#include "profiles/network_scope.h"

struct dvfo_fields {
    struct dvfo_ctx *ctx;
    const struct dvfo_scope *scope; /* parameters of the block around; borrowed */
    dvfo_yaml_node entry;
    dvfo_yaml_node defaults; /* of the file, null when it has none */
    const struct dvfo_operator *kind;
};

/** Read all fields of the entry.
 *  @param norm        kind NULL when no normalisation is asked for
 *  @param activation  kind NULL when no activation is asked for */
dvfo_status dvfo_fields_read(const struct dvfo_fields *fields, struct dvfo_layer_def *def, struct dvfo_layer_def *norm,
                             struct dvfo_layer_def *activation);

/** Demand that `defaults` names operators and fields that exist. */
dvfo_status dvfo_fields_check_defaults(struct dvfo_ctx *ctx, dvfo_yaml_node defaults);

/** Fail with the operator (`key` "op") or activation ("act") nearest to `word`. */
dvfo_status dvfo_fields_fail_operator(struct dvfo_ctx *ctx, dvfo_yaml_node node, const char *key, const char *word);

#endif
