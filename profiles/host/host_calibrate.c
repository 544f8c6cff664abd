#include "profiles/host/host_calibrate.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* One set of coefficients, made anew for each fit: a board knows nothing of the fit before. */
static dvfo_status fit_anew(struct dvfo_ctx *ctx, const char *text, const struct dvfo_host_sample samples[], size_t n,
                            size_t skip, struct dvfo_fit *fit, double *cost, struct dvfo_board **out)
{
    DVFO_TRY(dvfo_board_from_memory(ctx, "host.yaml", text, strlen(text), out));
    return dvfo_host_fit(ctx, *out, samples, n, skip, fit, cost);
}

static void count_layers(const struct dvfo_host_sample samples[], size_t n, struct dvfo_host_board_def *def)
{
    memset(def->layers, 0, sizeof def->layers);
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < samples[k].network->n; i++) {
            const struct dvfo_layer *layer = &samples[k].network->layers[i];
            def->layers[dvfo_host_fit_class(layer)] += dvfo_kernel_exists(layer);
        }
    }
}

static dvfo_status cost_of_tile(struct dvfo_ctx *ctx, struct dvfo_host_board_def *def,
                                const struct dvfo_host_sample samples[], size_t n, struct dvfo_fit *fit, double *cost)
{
    char *text = NULL;
    struct dvfo_board *board = NULL;
    DVFO_TRY(dvfo_host_board_text(ctx, def, &text));
    const dvfo_status status = fit_anew(ctx, text, samples, n, SIZE_MAX, fit, cost, &board);
    dvfo_board_free(board);
    free(text);
    return status;
}

/* Whole register blocks of output pixels: how large they are depends on the kernels that BLAS has for the processor. */
static dvfo_status choose_tile(struct dvfo_ctx *ctx, struct dvfo_host_board_def *def,
                               const struct dvfo_host_sample samples[], size_t n, struct dvfo_fit *fit)
{
    static const int tiles[] = {1, 4, 8, 16, 32, 64};
    double least = INFINITY;
    int best = 1;
    for (size_t i = 0; i < sizeof tiles / sizeof tiles[0]; i++) {
        double cost = 0.0;
        def->tile_pixels = tiles[i];
        DVFO_TRY(cost_of_tile(ctx, def, samples, n, fit, &cost));
        if (cost < least) {
            least = cost;
            best = tiles[i];
        }
    }
    def->tile_pixels = best;
    return DVFO_OK;
}

static dvfo_status judge_left_out(struct dvfo_ctx *ctx, const char *text, const struct dvfo_host_sample samples[],
                                  size_t n, struct dvfo_fit *fit, struct dvfo_host_verdict verdicts[])
{
    for (size_t k = 0; k < n; k++) {
        struct dvfo_board *board = NULL;
        double cost = 0.0;
        dvfo_status status = fit_anew(ctx, text, samples, n, k, fit, &cost, &board);
        status = status == DVFO_OK ? dvfo_host_fit_judge(ctx, board, &samples[k], &verdicts[k]) : status;
        dvfo_board_free(board);
        DVFO_TRY(status);
    }
    return DVFO_OK;
}

static dvfo_status calibrate(struct dvfo_ctx *ctx, struct dvfo_host_board_def *def,
                             const struct dvfo_host_sample samples[], size_t n, struct dvfo_host_calibration *out)
{
    double cost = 0.0;
    out->fit = calloc(1, sizeof *out->fit);
    out->left_out = n > 1 ? calloc(n, sizeof *out->left_out) : NULL;
    if (out->fit == NULL || (n > 1 && out->left_out == NULL)) {
        return dvfo_fail_no_memory(ctx);
    }
    count_layers(samples, n, def);
    DVFO_TRY(choose_tile(ctx, def, samples, n, out->fit));
    DVFO_TRY(dvfo_host_board_text(ctx, def, &out->text));
    if (n > 1) {
        DVFO_TRY(judge_left_out(ctx, out->text, samples, n, out->fit, out->left_out));
    }
    return fit_anew(ctx, out->text, samples, n, SIZE_MAX, out->fit, &cost, &out->board);
}

dvfo_status dvfo_host_calibrate(struct dvfo_ctx *ctx, struct dvfo_host_board_def *def,
                                const struct dvfo_host_sample samples[], size_t n, struct dvfo_host_calibration *out)
{
    *out = (struct dvfo_host_calibration){0};
    const dvfo_status status = calibrate(ctx, def, samples, n, out);
    if (status != DVFO_OK) {
        dvfo_host_calibration_free(out);
    }
    return status;
}

void dvfo_host_calibration_free(struct dvfo_host_calibration *calibration)
{
    free(calibration->left_out);
    free(calibration->fit);
    dvfo_board_free(calibration->board);
    free(calibration->text);
    *calibration = (struct dvfo_host_calibration){0};
}
