/* A quantity: a number that knows how it came to be known.
 *
 * In a file it is a small map on one line, and `source` is always there:
 *   {value: 0.99, standing: calibrated, error: 0.02, source: "file, method"}
 *   {value: 1.2, standing: assumption, low: 0.6, high: 2.4, source: "the reason"}
 * Measured, calibrated, documented and assumed are never mixed up. An assumption has a low and a high value. Only what
 * was measured or calibrated has a standard error and a number of points. A calibrated one may have a low and a high
 * too: between them it was expected before any data were seen, and a fit holds it there (log-normal, 95 %) as far as
 * the data leave it open. */
#ifndef DVFO_QUANTITY_H
#define DVFO_QUANTITY_H

#include "sim/base/status.h"
#include "sim/base/yaml.h"

typedef enum dvfo_standing { DVFO_MEASURED, DVFO_CALIBRATED, DVFO_DOCUMENTED, DVFO_ASSUMPTION } dvfo_standing;

const char *dvfo_standing_name(dvfo_standing standing);

struct dvfo_quantity {
    double value;
    double error;     /* standard error of a measured or calibrated one, NaN when unknown */
    double low, high; /* of an assumption; what was expected of a calibrated one; NaN otherwise */
    long points;      /* measured values that a calibrated one rests on; 0 when unknown */
    dvfo_standing standing;
    char *source; /* file and method, or the reason of an assumption; owned by the board */
    int line;     /* where it stands in its file, from 1; 0 when it doesn't come from a file */
};

/** Demand `key` of `map` as a quantity; value, low and high lie in [min, max].
 *  @param out  free with dvfo_quantity_free, also after a failure (zero-initialise it before) */
dvfo_status dvfo_quantity_read(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, double min, double max,
                               struct dvfo_quantity *out);

/** The same for a node itself; `what` names it in messages. */
dvfo_status dvfo_quantity_of_node(struct dvfo_ctx *ctx, dvfo_yaml_node node, const char *what, double min, double max,
                                  struct dvfo_quantity *out);

/** A quantity made in the program: for coefficients that a description leaves out. */
dvfo_status dvfo_quantity_set(struct dvfo_ctx *ctx, double value, dvfo_standing standing, const char *source,
                              struct dvfo_quantity *out);
void dvfo_quantity_free(struct dvfo_quantity *quantity);

#endif
