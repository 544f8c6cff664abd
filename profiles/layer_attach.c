#include "profiles/layer_attach.h"

#include <math.h>
#include <string.h>

#include "profiles/kernel.h"
#include "profiles/layer_interpolation.h"

static const char *name_of(const struct dvfo_layer_profile *profile)
{
    return profile->path != NULL ? profile->path : "the layer profile";
}

static dvfo_status check_layer(struct dvfo_ctx *ctx, const struct dvfo_network *network,
                               const struct dvfo_layer_profile *profile, size_t i)
{
    const struct dvfo_layer *layer = &network->layers[i];
    if (strcmp(profile->layer_name[i], layer->name) != 0 || profile->op[i] != layer->op) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: layer %zu is '%s' (%s), but that of %s is '%s' (%s)",
                         name_of(profile), i, profile->layer_name[i], dvfo_op_name(profile->op[i]), network->name,
                         layer->name, dvfo_op_name(layer->op));
    }
    for (size_t p = 0; p < profile->points && !dvfo_kernel_exists(layer); p++) {
        if (profile->gpu_s.value[p * profile->n + i] > 0.0) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT,
                             "%s: layer '%s' takes %g s, expected 0: in %s it has no kernel of its own (its time "
                             "belongs to the layer that does its work)",
                             name_of(profile), layer->name, profile->gpu_s.value[p * profile->n + i], network->name);
        }
    }
    return DVFO_OK;
}

static dvfo_status check_network(struct dvfo_ctx *ctx, const struct dvfo_network *network,
                                 const struct dvfo_layer_profile *profile)
{
    const struct dvfo_shape a = profile->input, b = network->input;
    if (strcmp(profile->network, network->name) != 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: is of the network %s, expected %s", name_of(profile),
                         profile->network, network->name);
    }
    if (a.channels != b.channels || a.height != b.height || a.width != b.width) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: is of %s with an input of %ldx%ldx%ld, expected %ldx%ldx%ld",
                         name_of(profile), network->name, a.channels, a.height, a.width, b.channels, b.height, b.width);
    }
    if (profile->n != network->n) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: has %zu layers, but %s has %zu", name_of(profile), profile->n,
                         network->name, network->n);
    }
    for (size_t i = 0; i < network->n; i++) {
        DVFO_TRY(check_layer(ctx, network, profile, i));
    }
    return DVFO_OK;
}

dvfo_status dvfo_layer_profile_check(struct dvfo_ctx *ctx, const struct dvfo_board *board,
                                     const struct dvfo_network *network, const struct dvfo_layer_profile *profile)
{
    const struct dvfo_runtime *runtime = NULL;
    struct dvfo_ctx local = {0};
    if (strcmp(profile->board, board->name) != 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: is of the board %s, expected %s", name_of(profile), profile->board,
                         board->name);
    }
    if (dvfo_board_runtime(&local, board, profile->runtime, profile->precision, &runtime) != DVFO_OK) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: %s", name_of(profile), local.message);
    }
    return check_network(ctx, network, profile);
}

/* ---- tables ---- */

static double *copy_values(const double *value, size_t count)
{
    double *copy = malloc(count * sizeof *copy);
    if (copy != NULL) {
        memcpy(copy, value, count * sizeof *copy);
    }
    return copy;
}

/* The closed form over the grid, cost by cost. */
struct closed_form {
    double *gpu_s, *cpu_s, *moved_byte; /* (points * n) */
    double *request_s, *activity;       /* (points) */
};

static bool allocate(struct closed_form *closed, size_t points, size_t n)
{
    closed->gpu_s = malloc(points * n * sizeof(double));
    closed->cpu_s = malloc(points * n * sizeof(double));
    closed->moved_byte = malloc(points * n * sizeof(double));
    closed->request_s = malloc(points * sizeof(double));
    closed->activity = malloc(points * sizeof(double));
    return closed->gpu_s && closed->cpu_s && closed->moved_byte && closed->request_s && closed->activity;
}

static dvfo_status compute_closed(struct dvfo_ctx *ctx, const struct dvfo_runtime *runtime,
                                  const struct dvfo_network *network, const struct dvfo_layer_profile *profile,
                                  struct closed_form *closed)
{
    struct dvfo_runtime *plain = malloc(sizeof *plain); /* the same without what is attached to it */
    struct dvfo_layer_parts *parts = malloc(network->n * sizeof *parts);
    if (plain == NULL || parts == NULL || !allocate(closed, profile->points, profile->n)) {
        free(parts);
        free(plain);
        return dvfo_fail_no_memory(ctx);
    }
    *plain = *runtime;
    plain->tables_count = 0;
    for (size_t p = 0; p < profile->points; p++) {
        const struct dvfo_clocks clocks = dvfo_layer_profile_clocks(profile, p);
        struct dvfo_request_parts request;
        dvfo_cost_parts(plain, network, &clocks, parts, &request);
        for (size_t i = 0; i < network->n; i++) {
            closed->gpu_s[p * profile->n + i] = parts[i].gpu_s;
            closed->cpu_s[p * profile->n + i] = parts[i].cpu_s;
            closed->moved_byte[p * profile->n + i] = parts[i].moved_byte;
        }
        closed->request_s[p] = request.time_s;
        closed->activity[p] = request.activity;
    }
    free(parts);
    free(plain);
    return DVFO_OK;
}

static dvfo_status make_ratios(struct dvfo_ctx *ctx, const struct dvfo_clock_grid *grid,
                               const struct dvfo_layer_cost *cost, size_t width, double *closed,
                               struct dvfo_layer_ratios *out)
{
    DVFO_TRY(dvfo_layer_ratios_create(ctx, grid, width, copy_values(cost->value, grid->points * width), closed, out));
    out->standing = cost->standing;
    out->source = dvfo_text_copy(cost->source);
    return out->source != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

/* Takes the closed form's arrays over, one by one. */
static dvfo_status make_all_ratios(struct dvfo_ctx *ctx, const struct dvfo_layer_profile *profile,
                                   struct closed_form *closed, struct dvfo_layer_tables *tables)
{
    const struct {
        const struct dvfo_layer_cost *cost;
        size_t width;
        double **closed;
        struct dvfo_layer_ratios *ratios;
    } rows[] = {
        {&profile->gpu_s, profile->n, &closed->gpu_s, &tables->gpu_s},
        {&profile->cpu_s, profile->n, &closed->cpu_s, &tables->cpu_s},
        {&profile->moved_byte, profile->n, &closed->moved_byte, &tables->moved_byte},
        {&profile->request_s, 1, &closed->request_s, &tables->request_s},
        {&profile->activity, 1, &closed->activity, &tables->activity},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double *const mine = *rows[i].closed;
        *rows[i].closed = NULL;
        DVFO_TRY(make_ratios(ctx, &tables->grid, rows[i].cost, rows[i].width, mine, rows[i].ratios));
    }
    return DVFO_OK;
}

static dvfo_status fill_tables(struct dvfo_ctx *ctx, const struct dvfo_runtime *runtime,
                               const struct dvfo_network *network, const struct dvfo_layer_profile *profile,
                               struct closed_form *closed, struct dvfo_layer_tables *tables)
{
    const double *const hz[DVFO_DOMAINS] = {profile->hz[DVFO_CPU], profile->hz[DVFO_GPU], profile->hz[DVFO_MEM]};
    tables->n = profile->n;
    tables->input = profile->input;
    tables->network = dvfo_text_copy(profile->network);
    tables->standing = malloc(profile->n * sizeof *tables->standing);
    if (tables->network == NULL || tables->standing == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    memcpy(tables->standing, profile->standing, profile->n * sizeof *tables->standing);
    DVFO_TRY(dvfo_clock_grid_create(ctx, profile->levels, hz, &tables->grid));
    DVFO_TRY(compute_closed(ctx, runtime, network, profile, closed));
    return make_all_ratios(ctx, profile, closed, tables);
}

dvfo_status dvfo_layer_tables_create(struct dvfo_ctx *ctx, const struct dvfo_runtime *runtime,
                                     const struct dvfo_network *network, const struct dvfo_layer_profile *profile,
                                     struct dvfo_layer_tables **out)
{
    struct closed_form closed = {0};
    struct dvfo_layer_tables *tables = calloc(1, sizeof *tables);
    *out = NULL;
    if (tables == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    const dvfo_status status = fill_tables(ctx, runtime, network, profile, &closed, tables);
    free(closed.gpu_s);
    free(closed.cpu_s);
    free(closed.moved_byte);
    free(closed.request_s);
    free(closed.activity);
    if (status != DVFO_OK) {
        dvfo_layer_tables_free(tables);
        return status;
    }
    *out = tables;
    return DVFO_OK;
}

/* ---- attaching ---- */

/* Numbers made of another calibration stand as they are; whoever expects the present one should know. */
static void note_other_board(struct dvfo_ctx *ctx, const struct dvfo_board *board,
                             const struct dvfo_layer_profile *profile)
{
    for (size_t i = 0; i < profile->made_from_count; i++) {
        const struct dvfo_layer_input *input = &profile->made_from[i];
        if (strcmp(input->kind, "board") == 0 && strcmp(input->sha256, board->sha256) != 0) {
            dvfo_note(ctx, "%s: was made with another version of the file of %s; what it computed from that stands",
                      name_of(profile), board->name);
        }
    }
}

static bool is_same_network(const struct dvfo_layer_tables *tables, const struct dvfo_layer_profile *profile)
{
    return strcmp(tables->network, profile->network) == 0 && tables->input.channels == profile->input.channels &&
           tables->input.height == profile->input.height && tables->input.width == profile->input.width;
}

dvfo_status dvfo_board_attach_layers(struct dvfo_ctx *ctx, struct dvfo_board *board, const struct dvfo_network *network,
                                     const struct dvfo_layer_profile *profile)
{
    const struct dvfo_runtime *found = NULL;
    DVFO_TRY(dvfo_layer_profile_check(ctx, board, network, profile));
    DVFO_TRY(dvfo_board_runtime(ctx, board, profile->runtime, profile->precision, &found));
    struct dvfo_runtime *runtime = &board->runtime[found - board->runtime];
    for (size_t i = 0; i < runtime->tables_count; i++) {
        if (is_same_network(runtime->tables[i], profile)) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT,
                             "%s: is a second profile of %s on %s with %s %s, expected one of each", name_of(profile),
                             network->name, board->name, runtime->name, runtime->precision);
        }
    }
    if (runtime->tables_count == DVFO_MAX_LAYER_TABLES) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: is one layer profile too many, expected at most %d",
                         name_of(profile), DVFO_MAX_LAYER_TABLES);
    }
    DVFO_TRY(dvfo_layer_tables_create(ctx, runtime, network, profile, &runtime->tables[runtime->tables_count]));
    runtime->tables_count++;
    note_other_board(ctx, board, profile);
    return DVFO_OK;
}
