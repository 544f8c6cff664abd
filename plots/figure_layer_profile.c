/* layer-profile: latency and energy of each layer of one network at the top clocks, and with one clock lowered at a
 * time. The profile is the one that the simulator runs from: the closed form, or files given with --layers. */
#include <math.h>
#include <string.h>

#include "plots/figure.h"
#include "profiles/layer_profile.h"

enum { LOWERED, TOP, ENDS };

/* A setting of the clocks that is drawn, by its place on the grid of two clocks per domain. */
struct shot {
    const char *name; /* in the CSV: which clock is lowered */
    size_t point;
};

/* Of the calibrated levels below the top, the one nearest to half the top clock; the top where there is none. */
static double lowered_hz(const struct dvfo_clock_domain *clock)
{
    const double top_hz = clock->level_hz[clock->level_count - 1], half_hz = top_hz / 2.0;
    double best_hz = top_hz;
    for (size_t i = 0; i + 1 < clock->level_count; i++) {
        const double hz = clock->level_hz[i];
        if (hz >= clock->calibrated_min_hz && fabs(hz - half_hz) < fabs(best_hz - half_hz)) {
            best_hz = hz;
        }
    }
    return best_hz;
}

/* Two clocks per domain where there are two. */
static dvfo_status make_profile(struct dvfo_ctx *ctx, const struct dvfo_scenario_def *def,
                                struct dvfo_layer_profile **out)
{
    double hz[DVFO_DOMAINS][ENDS];
    const double *axes[DVFO_DOMAINS];
    size_t levels[DVFO_DOMAINS];
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        const struct dvfo_clock_domain *clock = &def->board->clock[d];
        hz[d][TOP] = clock->level_hz[clock->level_count - 1];
        hz[d][LOWERED] = lowered_hz(clock);
        levels[d] = hz[d][LOWERED] < hz[d][TOP] ? 2 : 1;
        axes[d] = levels[d] == 2 ? hz[d] : &hz[d][TOP];
    }
    DVFO_TRY(dvfo_layer_profile_create(ctx, def->board, def->runtime, def->network, levels, axes, DVFO_CALIBRATED,
                                       "closed form", out));
    return dvfo_layer_profile_complete(ctx, def->board, def->runtime, def->network, *out);
}

/* The top clocks, and each lowered alone. @return how many */
static size_t list_shots(const struct dvfo_layer_profile *profile, struct shot shots[DVFO_DOMAINS + 1])
{
    const size_t top = profile->points - 1;
    const size_t step[DVFO_DOMAINS] = {[DVFO_CPU] = profile->levels[DVFO_GPU] * profile->levels[DVFO_MEM],
                                       [DVFO_GPU] = profile->levels[DVFO_MEM],
                                       [DVFO_MEM] = 1};
    size_t count = 0;
    shots[count++] = (struct shot){"top", top};
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        if (profile->levels[d] == 2) {
            shots[count++] = (struct shot){dvfo_domain_name((dvfo_domain)d), top - step[d]};
        }
    }
    return count;
}

/* One layer, or the request's own part, at one point. */
struct cost {
    const char *layer, *class;
    dvfo_standing standing;
    double gpu_s, latency_s, gpu_j, cpu_j, energy_j;
};

static struct cost cost_of_layer(const struct dvfo_layer_profile *p, size_t point, size_t layer)
{
    const size_t i = point * p->n + layer;
    return (struct cost){p->layer_name[layer], dvfo_op_name(p->op[layer]),
                         p->standing[layer],   p->gpu_s.value[i],
                         p->layer_s.value[i],  p->gpu_j.value[i],
                         p->cpu_j.value[i],    p->gpu_j.value[i] + p->cpu_j.value[i] + p->rest_j.value[i]};
}

static struct cost cost_of_request(const struct dvfo_layer_profile *p, size_t point)
{
    const double gpu_j = p->request_gpu_j.value[point], cpu_j = p->request_cpu_j.value[point];
    return (struct cost){"request",
                         "request",
                         p->request_s.standing,
                         0.0,
                         p->request_s.value[point],
                         gpu_j,
                         cpu_j,
                         gpu_j + cpu_j + p->request_rest_j.value[point]};
}

static void write_cost(const struct dvfo_layer_profile *p, const struct shot *shot, size_t index,
                       const struct cost *cost, const struct cost *top, FILE *csv)
{
    const struct dvfo_clocks clocks = dvfo_layer_profile_clocks(p, shot->point);
    fprintf(csv, "%s,%s,%s,%.6g,%.6g,%.6g,%zu,%s,%s,%s,", p->board, p->network, shot->name, clocks.hz[DVFO_CPU] / 1e6,
            clocks.hz[DVFO_GPU] / 1e6, clocks.hz[DVFO_MEM] / 1e6, index, cost->layer, cost->class,
            dvfo_standing_name(cost->standing));
    fprintf(csv, "%.6g,%.6g,%.6g,%.6g,%.6g,%.6g,%.6g\n", 1e3 * cost->gpu_s, 1e3 * cost->latency_s, 1e3 * cost->gpu_j,
            1e3 * cost->cpu_j, 1e3 * cost->energy_j, cost->latency_s / top->latency_s, cost->energy_j / top->energy_j);
}

/* Layers without a kernel cost nothing and aren't drawn. */
static void write_shot(const struct dvfo_layer_profile *p, const struct shot *shot, size_t top, FILE *csv)
{
    const struct cost request = cost_of_request(p, shot->point), request_top = cost_of_request(p, top);
    size_t index = 0;
    if (request_top.latency_s > 0.0) {
        write_cost(p, shot, index, &request, &request_top, csv);
    }
    for (size_t i = 0; i < p->n; i++) {
        const struct cost here = cost_of_layer(p, shot->point, i), at_top = cost_of_layer(p, top, i);
        if (at_top.latency_s > 0.0) {
            write_cost(p, shot, ++index, &here, &at_top, csv);
        }
    }
}

static dvfo_status write_pair(struct dvfo_ctx *ctx, const struct dvfo_scenario_def *def, FILE *csv)
{
    struct dvfo_layer_profile *profile = NULL;
    const dvfo_status status = make_profile(ctx, def, &profile);
    if (status == DVFO_OK) {
        struct shot shots[DVFO_DOMAINS + 1];
        const size_t count = list_shots(profile, shots);
        for (size_t i = 0; i < count; i++) {
            write_shot(profile, &shots[i], profile->points - 1, csv);
        }
    }
    dvfo_layer_profile_free(profile);
    return status;
}

static dvfo_status feed(struct dvfo_ctx *ctx, const struct dvfo_figure_subject *subject, FILE *csv)
{
    const struct dvfo_setting *setting = subject->setting;
    fputs("board,network,lowered,cpu_mhz,gpu_mhz,mem_mhz,index,layer,class,standing,gpu_ms,latency_ms,gpu_mj,cpu_mj,"
          "energy_mj,latency_relative,energy_relative\n",
          csv);
    dvfo_status status = DVFO_OK;
    for (size_t i = 0; i < dvfo_setting_trial_count(setting) && status == DVFO_OK; i++) {
        struct dvfo_trial trial;
        status = dvfo_setting_trial(ctx, setting, i, &trial);
        status = status == DVFO_OK ? write_pair(ctx, &trial.scenario, csv) : status;
    }
    return status;
}

/* One request on the device, layer by layer: nothing of a workload, a link, a cloud or a cost. */
static const char *const takes[] = {"board",   "network", "runtime", "precision", "input",
                                    "variant", "layers",  "assume",  NULL};

const struct dvfo_figure dvfo_figure_layer_profile = {
    .name = "layer-profile",
    .summary = "latency and energy of each layer, with each clock lowered alone",
    .boards = "jetson-tx2",
    .networks = "mobilenet-v2",
    .policies = "edge-only",
    .takes = takes,
    .most_networks = 1,
    .most_columns = 1,
    .feed = feed,
};
