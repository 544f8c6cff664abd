/* Parameters of a block and the arithmetic on them: "$width*4", "($stride == 1) & ($in == $out)".
 *
 * Inside a block a scalar may name the block's parameters. Whole numbers only: + - * / % (division drops the rest),
 * == != < > <= >= giving 0 or 1, & and |, round brackets. A file that needs more than that says the number. */
#ifndef DVFO_NETWORK_SCOPE_H
#define DVFO_NETWORK_SCOPE_H

#include "sim/base/yaml.h"

enum { DVFO_SCOPE_MAX = 24, DVFO_SCOPE_TEXT_SIZE = 64 };

struct dvfo_scope {
    int count;
    struct dvfo_parameter {
        char name[32];
        char text[DVFO_SCOPE_TEXT_SIZE]; /* a number, a word, or an expression already evaluated */
    } parameter[DVFO_SCOPE_MAX];
};

/** Add a parameter; `node` is where it stands, for the message. */
dvfo_status dvfo_scope_add(struct dvfo_ctx *ctx, dvfo_yaml_node node, struct dvfo_scope *scope, const char *name,
                           const char *text);

/** Text of a scalar: the value of a parameter when it is "$name" alone, a number when it is an expression with
 *  parameters, as it stands otherwise. */
dvfo_status dvfo_scope_text(struct dvfo_ctx *ctx, const struct dvfo_scope *scope, dvfo_yaml_node node, const char *what,
                            char text[DVFO_SCOPE_TEXT_SIZE]);

/** A whole number in [min, max], written or computed. */
dvfo_status dvfo_scope_integer(struct dvfo_ctx *ctx, const struct dvfo_scope *scope, dvfo_yaml_node node,
                               const char *what, long min, long max, long *out);

#endif
