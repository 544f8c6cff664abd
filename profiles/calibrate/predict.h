/* What a board's profile says of a measured point: the model side of every fit and every check. */
#ifndef DVFO_PREDICT_H
#define DVFO_PREDICT_H

#include "profiles/calibrate/measurement.h"

enum { DVFO_PREDICT_MAX_NETWORKS = 64 };

/* Networks that measurements name, loaded once per input size. Zero-initialise; dvfo_predict_networks_free. */
struct dvfo_predict_networks {
    size_t n;
    struct {
        char name[DVFO_MEASUREMENT_NAME_SIZE];
        long input_px;
        struct dvfo_network *network;
    } entry[DVFO_PREDICT_MAX_NETWORKS];
};

dvfo_status dvfo_predict_network(struct dvfo_ctx *ctx, struct dvfo_predict_networks *networks,
                                 const struct dvfo_measurement *row, const struct dvfo_network **out);
void dvfo_predict_networks_free(struct dvfo_predict_networks *networks);

/** Clocks of a row; those not stated: the CPU's lowest when it rests, the top of the table otherwise. */
struct dvfo_clocks dvfo_predict_clocks(const struct dvfo_board *board, const struct dvfo_measurement *row);

struct dvfo_prediction {
    double latency_s;                 /* of one request; NaN where no network is named */
    double utilisation[DVFO_DOMAINS]; /* of Eq. (2) */
    double power_w;                   /* of the row's rail; of the module for a point or a module rail; NaN for a rail
                                         that the board doesn't have */
};

/** Where a network is named, Eq. (1) says what it does to the domains: over the row's period, or back to back;
 * otherwise the row's own utilisations count. Eq. (2) then gives the power. */
dvfo_status dvfo_predict(struct dvfo_ctx *ctx, const struct dvfo_board *board, const struct dvfo_runtime *runtime,
                         struct dvfo_predict_networks *networks, const struct dvfo_measurement *row,
                         struct dvfo_prediction *out);

/** Index of the rail that a row names: of the board, rail_count + 1 for the whole module, SIZE_MAX for one that the
 * board doesn't have. */
size_t dvfo_predict_rail(const struct dvfo_board *board, const char *name);

/** Power of that rail [W] at clocks and utilisations. */
double dvfo_predict_rail_w(const struct dvfo_board *board, size_t rail, const struct dvfo_clocks *clocks,
                           const double utilisation[DVFO_DOMAINS]);

#endif
