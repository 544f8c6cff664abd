#include "profiles/layer_profile.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "dvfo_version.h"
#include "profiles/layer_attach.h"
#include "profiles/layer_interpolation.h"
#include "profiles/layer_standing.h"
#include "profiles/power.h"

#define MAX_COST_S 1e3
#define MAX_COST_J 1e6
#define MAX_BYTE 1e13
#define MAX_ACTIVITY 10.0
#define COST(member) offsetof(struct dvfo_layer_profile, member)

const struct dvfo_layer_cost_kind dvfo_layer_cost_kinds[] = {
    {"latency/gpu", "s", "time of the layer's kernel", COST(gpu_s), true, false, false, MAX_COST_S},
    {"latency/gpu_low", "s", "lower end of the interval of /latency/gpu", COST(gpu_low_s), true, true, false,
     MAX_COST_S},
    {"latency/gpu_high", "s", "upper end of the interval of /latency/gpu", COST(gpu_high_s), true, true, false,
     MAX_COST_S},
    {"latency/cpu", "s", "time of the launch of the layer's kernel", COST(cpu_s), true, false, false, MAX_COST_S},
    {"latency/layer", "s", "from the end of the layer before to its own: its kernel, and its launch where not hidden",
     COST(layer_s), true, false, false, MAX_COST_S},
    {"latency/request", "s", "once per request, before the first layer: host work and fixed time", COST(request_s),
     false, false, false, MAX_COST_S},
    {"energy/gpu", "J", "energy of the GPU over /latency/layer", COST(gpu_j), true, false, false, MAX_COST_J},
    {"energy/cpu", "J", "energy of the CPU over /latency/layer", COST(cpu_j), true, false, false, MAX_COST_J},
    {"energy/rest", "J", "energy of the rest of the module over /latency/layer: memory, base, conversion", COST(rest_j),
     true, false, false, MAX_COST_J},
    {"energy/request_gpu", "J", "energy of the GPU over /latency/request", COST(request_gpu_j), false, false, false,
     MAX_COST_J},
    {"energy/request_cpu", "J", "energy of the CPU over /latency/request", COST(request_cpu_j), false, false, false,
     MAX_COST_J},
    {"energy/request_rest", "J", "energy of the rest of the module over /latency/request", COST(request_rest_j), false,
     false, false, MAX_COST_J},
    {"traffic/moved", "byte", "memory traffic of the layer", COST(moved_byte), true, false, false, MAX_BYTE},
    {"activity/gpu", "1", "factor on the GPU's utilisation that makes the power model meet measured power",
     COST(activity), false, false, true, MAX_ACTIVITY},
    {0},
};

struct dvfo_layer_cost *dvfo_layer_profile_cost(struct dvfo_layer_profile *profile,
                                                const struct dvfo_layer_cost_kind *kind)
{
    return (struct dvfo_layer_cost *)(void *)((char *)profile + kind->offset);
}

const struct dvfo_layer_cost *dvfo_layer_profile_cost_of(const struct dvfo_layer_profile *profile,
                                                         const struct dvfo_layer_cost_kind *kind)
{
    return (const struct dvfo_layer_cost *)(const void *)((const char *)profile + kind->offset);
}

size_t dvfo_layer_profile_values(const struct dvfo_layer_profile *profile, const struct dvfo_layer_cost_kind *kind)
{
    return kind->per_layer ? profile->points * profile->n : profile->points;
}

/* A view of its axes; borrowed. */
static struct dvfo_clock_grid grid_of(const struct dvfo_layer_profile *profile)
{
    struct dvfo_clock_grid grid = {.points = profile->points};
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        grid.levels[d] = profile->levels[d];
        grid.hz[d] = profile->hz[d];
    }
    return grid;
}

struct dvfo_clocks dvfo_layer_profile_clocks(const struct dvfo_layer_profile *profile, size_t point)
{
    const struct dvfo_clock_grid grid = grid_of(profile);
    return dvfo_clock_grid_at(&grid, point);
}

size_t dvfo_layer_profile_point(const struct dvfo_layer_profile *profile, const struct dvfo_clocks *clocks)
{
    size_t point = 0;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        size_t i = 0;
        while (i < profile->levels[d] && profile->hz[d][i] != clocks->hz[d]) {
            i++;
        }
        if (i == profile->levels[d]) {
            return profile->points;
        }
        point = point * profile->levels[d] + i;
    }
    return point;
}

void dvfo_layer_profile_free(struct dvfo_layer_profile *profile)
{
    if (profile == NULL) {
        return;
    }
    for (const struct dvfo_layer_cost_kind *kind = dvfo_layer_cost_kinds; kind->name != NULL; kind++) {
        free(dvfo_layer_profile_cost(profile, kind)->value);
        free(dvfo_layer_profile_cost(profile, kind)->source);
    }
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        free(profile->hz[d]);
    }
    for (size_t i = 0; profile->layer_name != NULL && i < profile->n; i++) {
        free(profile->layer_name[i]);
    }
    for (size_t i = 0; i < profile->made_from_count; i++) {
        free(profile->made_from[i].kind);
        free(profile->made_from[i].name);
    }
    free(profile->work_flop);
    free(profile->standing);
    free(profile->op);
    free(profile->layer_name);
    free(profile->path);
    free(profile->program);
    free(profile->network);
    free(profile->precision);
    free(profile->runtime);
    free(profile->board);
    free(profile);
}

/* ---- an empty one ---- */

static dvfo_status replace_text(struct dvfo_ctx *ctx, char **text, const char *by)
{
    char *copy = dvfo_text_copy(by);
    if (copy == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    free(*text);
    *text = copy;
    return DVFO_OK;
}

dvfo_status dvfo_layer_profile_set_program(struct dvfo_ctx *ctx, struct dvfo_layer_profile *profile,
                                           const char *program)
{
    return replace_text(ctx, &profile->program, program);
}

dvfo_status dvfo_layer_cost_set_standing(struct dvfo_ctx *ctx, struct dvfo_layer_cost *cost, dvfo_standing standing,
                                         const char *source)
{
    cost->standing = standing;
    return replace_text(ctx, &cost->source, source);
}

dvfo_status dvfo_layer_profile_add_input(struct dvfo_ctx *ctx, struct dvfo_layer_profile *profile, const char *kind,
                                         const char *name, const char *sha256)
{
    if (profile->made_from_count == DVFO_LAYER_PROFILE_INPUTS) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "a layer profile is made from more than %d files",
                         DVFO_LAYER_PROFILE_INPUTS);
    }
    struct dvfo_layer_input *input = &profile->made_from[profile->made_from_count++];
    *input = (struct dvfo_layer_input){.kind = dvfo_text_copy(kind), .name = dvfo_text_copy(name)};
    snprintf(input->sha256, sizeof input->sha256, "%s", sha256);
    return input->kind != NULL && input->name != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

static dvfo_status name_it(struct dvfo_ctx *ctx, const struct dvfo_board *board, const struct dvfo_runtime *runtime,
                           const struct dvfo_network *network, struct dvfo_layer_profile *profile)
{
    DVFO_TRY(replace_text(ctx, &profile->board, board->name));
    DVFO_TRY(replace_text(ctx, &profile->runtime, runtime->name));
    DVFO_TRY(replace_text(ctx, &profile->precision, runtime->precision));
    DVFO_TRY(replace_text(ctx, &profile->network, network->name));
    DVFO_TRY(replace_text(ctx, &profile->program, "dvfo " DVFO_VERSION));
    profile->input = network->input;
    DVFO_TRY(dvfo_layer_profile_add_input(ctx, profile, "board", board->name, board->sha256));
    return dvfo_layer_profile_add_input(ctx, profile, "network", network->name, network->sha256);
}

static dvfo_status copy_layers(struct dvfo_ctx *ctx, const struct dvfo_network *network, dvfo_standing standing,
                               struct dvfo_layer_profile *profile)
{
    profile->n = network->n;
    profile->layer_name = calloc(network->n, sizeof *profile->layer_name);
    profile->op = calloc(network->n, sizeof *profile->op);
    profile->standing = calloc(network->n, sizeof *profile->standing);
    profile->work_flop = calloc(network->n, sizeof *profile->work_flop);
    if (profile->layer_name == NULL || profile->op == NULL || profile->standing == NULL || profile->work_flop == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < network->n; i++) {
        profile->op[i] = network->layers[i].op;
        profile->standing[i] = standing;
        profile->work_flop[i] = network->layers[i].work_flop;
        DVFO_TRY(replace_text(ctx, &profile->layer_name[i], network->layers[i].name));
    }
    return DVFO_OK;
}

static dvfo_status copy_axes(struct dvfo_ctx *ctx, const size_t levels[DVFO_DOMAINS],
                             const double *const hz[DVFO_DOMAINS], struct dvfo_layer_profile *profile)
{
    struct dvfo_clock_grid grid;
    double values = (double)profile->n;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        values *= (double)levels[d];
    }
    if (values > DVFO_LAYER_PROFILE_VALUES) {
        return dvfo_fail(
            ctx, DVFO_BAD_INPUT,
            "a profile of %s at %zu x %zu x %zu clocks would have %.0f values, expected at most %d: choose "
            "fewer clocks",
            profile->network, levels[DVFO_CPU], levels[DVFO_GPU], levels[DVFO_MEM], values,
            (int)DVFO_LAYER_PROFILE_VALUES);
    }
    DVFO_TRY(dvfo_clock_grid_create(ctx, levels, hz, &grid)); /* its axes become the profile's */
    profile->points = grid.points;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        profile->levels[d] = grid.levels[d];
        profile->hz[d] = grid.hz[d];
    }
    return DVFO_OK;
}

static dvfo_status empty_cost(struct dvfo_ctx *ctx, const struct dvfo_layer_cost_kind *kind, dvfo_standing standing,
                              const char *source, struct dvfo_layer_profile *profile)
{
    struct dvfo_layer_cost *cost = dvfo_layer_profile_cost(profile, kind);
    const size_t values = dvfo_layer_profile_values(profile, kind);
    DVFO_TRY(dvfo_layer_cost_set_standing(ctx, cost, standing, source));
    if (kind->optional) {
        return DVFO_OK;
    }
    cost->value = malloc(values * sizeof *cost->value);
    for (size_t i = 0; cost->value != NULL && i < values; i++) {
        cost->value[i] = kind->always ? 1.0 : (double)NAN;
    }
    return cost->value != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

dvfo_status dvfo_layer_profile_create(struct dvfo_ctx *ctx, const struct dvfo_board *board,
                                      const struct dvfo_runtime *runtime, const struct dvfo_network *network,
                                      const size_t levels[DVFO_DOMAINS], const double *const hz[DVFO_DOMAINS],
                                      dvfo_standing standing, const char *source, struct dvfo_layer_profile **out)
{
    struct dvfo_layer_profile *profile = calloc(1, sizeof *profile);
    *out = NULL;
    if (profile == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    dvfo_status status = name_it(ctx, board, runtime, network, profile);
    status = status == DVFO_OK ? copy_layers(ctx, network, standing, profile) : status;
    status = status == DVFO_OK ? copy_axes(ctx, levels, hz, profile) : status;
    for (const struct dvfo_layer_cost_kind *kind = dvfo_layer_cost_kinds; status == DVFO_OK && kind->name != NULL;
         kind++) {
        status = empty_cost(ctx, kind, standing, source, profile);
    }
    if (status != DVFO_OK) {
        dvfo_layer_profile_free(profile);
        return status;
    }
    *out = profile;
    return DVFO_OK;
}
