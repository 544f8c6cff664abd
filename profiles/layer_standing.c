#include "profiles/layer_standing.h"

#include <math.h>

#include "profiles/kernel.h"

#define NUDGE 1.01   /* of a coefficient ... */
#define NOTICED 1e-4 /* ... moves a cost by this share, if it stands behind it */

dvfo_standing dvfo_standing_weaker(dvfo_standing a, dvfo_standing b)
{
    static const int weakness[] = {
        [DVFO_MEASURED] = 0, [DVFO_DOCUMENTED] = 1, [DVFO_CALIBRATED] = 2, [DVFO_ASSUMPTION] = 3};
    return weakness[a] > weakness[b] ? a : b;
}

/* What Eq. (1) makes of a network with a coefficient at one value and at another. */
struct comparison {
    const struct dvfo_network *network;
    const struct dvfo_clocks *clocks;
    struct dvfo_runtime runtime; /* a copy, to be changed; borrows all texts */
    struct dvfo_layer_parts *base, *low, *high;
    dvfo_standing *layer, *traffic;
};

static void compute(const struct comparison *c, struct dvfo_layer_parts *parts)
{
    struct dvfo_request_parts request;
    dvfo_cost_parts(&c->runtime, c->network, c->clocks, parts, &request);
}

static void take(dvfo_standing standing, double base, double low, double high, dvfo_standing *out)
{
    const double least = standing == DVFO_ASSUMPTION ? DVFO_STANDING_MATTERS : NOTICED;
    if (!(fabs(high - low) <= least * base)) {
        *out = dvfo_standing_weaker(*out, standing);
    }
}

/* Does this coefficient of the copied runtime matter to a layer? Then the layer is known no better. */
static void try_coefficient(struct comparison *c, struct dvfo_quantity *quantity)
{
    const struct dvfo_quantity kept = *quantity;
    const bool assumed = kept.standing == DVFO_ASSUMPTION;
    quantity->value = assumed ? kept.low : kept.value;
    compute(c, c->low);
    quantity->value = assumed ? kept.high : NUDGE * kept.value;
    compute(c, c->high);
    *quantity = kept;
    for (size_t i = 0; i < c->network->n; i++) {
        take(kept.standing, c->base[i].gpu_s, c->low[i].gpu_s, c->high[i].gpu_s, &c->layer[i]);
        take(kept.standing, c->base[i].moved_byte, c->low[i].moved_byte, c->high[i].moved_byte, c->traffic);
    }
}

static void try_all(struct comparison *c)
{
    compute(c, c->base);
    for (int i = 0; i < DVFO_RUNTIME_TERMS; i++) {
        struct dvfo_quantity *quantity = dvfo_runtime_quantity(&c->runtime, &dvfo_runtime_terms[i]);
        for (int op = 0; op < (dvfo_runtime_terms[i].per_class ? DVFO_OP_COUNT : 1); op++) {
            try_coefficient(c, &quantity[op]);
        }
    }
}

dvfo_status dvfo_standing_of_layers(struct dvfo_ctx *ctx, const struct dvfo_runtime *runtime,
                                    const struct dvfo_network *network, const struct dvfo_clocks *clocks,
                                    dvfo_standing layer[], dvfo_standing *traffic)
{
    struct comparison *c = calloc(1, sizeof *c);
    struct dvfo_layer_parts *parts = calloc(3 * network->n, sizeof *parts);
    if (c == NULL || parts == NULL) {
        free(parts);
        free(c);
        return dvfo_fail_no_memory(ctx);
    }
    *traffic = DVFO_DOCUMENTED; /* shapes, at best */
    for (size_t i = 0; i < network->n; i++) {
        layer[i] = dvfo_kernel_exists(&network->layers[i]) ? DVFO_MEASURED : DVFO_DOCUMENTED;
    }
    *c = (struct comparison){.network = network,
                             .clocks = clocks,
                             .runtime = *runtime,
                             .base = parts,
                             .low = parts + network->n,
                             .high = parts + 2 * network->n,
                             .layer = layer,
                             .traffic = traffic};
    c->runtime.tables_count = 0; /* the closed form alone */
    try_all(c);
    free(parts);
    free(c);
    return DVFO_OK;
}

/* The weakest of some watts: an assumption counts when its band is more than a tenth of their sum. */
static dvfo_standing weakest(const struct dvfo_quantity *const w[], size_t count)
{
    double sum_w = 0.0;
    dvfo_standing standing = DVFO_MEASURED;
    for (size_t i = 0; i < count; i++) {
        sum_w += w[i]->value;
    }
    for (size_t i = 0; i < count; i++) {
        const bool assumed = w[i]->standing == DVFO_ASSUMPTION;
        const bool matters =
            assumed ? !(w[i]->high - w[i]->low <= DVFO_STANDING_MATTERS * sum_w) : w[i]->value > NOTICED * sum_w;
        standing = matters ? dvfo_standing_weaker(standing, w[i]->standing) : standing;
    }
    return standing;
}

dvfo_standing dvfo_standing_of_power(const struct dvfo_board *board, dvfo_domain domain)
{
    const struct dvfo_quantity *w[3 * DVFO_MAX_RAILS];
    size_t count = 0;
    for (size_t r = 0; r < board->rail_count; r++) {
        w[count++] = &board->rail[r].dynamic_w[domain];
        w[count++] = &board->rail[r].clock_w[domain];
        w[count++] = &board->rail[r].static_w[domain];
    }
    const dvfo_standing standing = weakest(w, count);
    const struct dvfo_quantity *const v_floor = &board->clock[domain].v_floor; /* below the top clock */
    const bool matters =
        v_floor->standing != DVFO_ASSUMPTION || !(v_floor->high - v_floor->low <= DVFO_STANDING_MATTERS);
    return matters ? dvfo_standing_weaker(standing, v_floor->standing) : standing;
}

dvfo_standing dvfo_standing_of_base(const struct dvfo_board *board)
{
    const struct dvfo_quantity *w[DVFO_MAX_RAILS + 1];
    size_t count = 0;
    for (size_t r = 0; r < board->rail_count; r++) {
        w[count++] = &board->rail[r].base_w;
    }
    w[count++] = &board->other_base_w;
    return dvfo_standing_weaker(weakest(w, count), board->other_conversion.standing);
}
