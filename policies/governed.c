/* Policies that leave the clocks to governors, as a board does out of the box: a CPU governor of the kernel, podgov for
 * the GPU, actmon for the memory. Requests are computed on the device. Each governor polls on its own period; one tick
 * serves whichever is due. */
#include "policies/governed.h"

#include <math.h>

#include "sim/base/text.h"
#include "sim/base/units.h"

#define SCHEDULER_TICK_S 4e-3 /* CONFIG_HZ=250 of L4T: while a core runs, schedutil is asked at least that often */
#define TICK_SLACK_S 1e-9     /* ticks are sums of periods: equal times may differ in the last bits */

enum { LEAST_THRESHOLD_PERCENT = 11 }; /* MIN_FREQUENCY_UP_THRESHOLD */

/* Busy and wall time since the meter was last read [s]. */
static struct dvfo_busy_meter read_meter(struct dvfo_busy_meter *meter, const struct dvfo_observation *seen,
                                         dvfo_domain domain)
{
    const struct dvfo_busy_meter now = {.time_s = seen->time_s, .busy_s = seen->busy_s[domain]};
    const struct dvfo_busy_meter passed = {.time_s = now.time_s - meter->time_s, .busy_s = now.busy_s - meter->busy_s};
    *meter = now;
    return passed;
}

static int cpu_step(struct dvfo_governed *state, const struct dvfo_observation *seen, int level)
{
    const struct dvfo_clock_domain *clock = &state->board->clock[DVFO_CPU];
    const struct dvfo_busy_meter passed = read_meter(&state->meter[DVFO_CPU], seen, DVFO_CPU);
    const int load_percent = dvfo_cpufreq_load_percent(passed.busy_s, passed.time_s);
    switch (state->rule) {
    case DVFO_CPU_ONDEMAND:
        return dvfo_cpufreq_ondemand(clock, state->up_threshold_percent, load_percent);
    case DVFO_CPU_CONSERVATIVE:
        return dvfo_conservative_step(&state->conservative, clock, level, load_percent);
    case DVFO_CPU_SCHEDUTIL:
        return dvfo_schedutil_step(&state->schedutil, clock, level, seen->time_s, passed.busy_s, passed.time_s);
    }
    return level;
}

static int gpu_step(struct dvfo_governed *state, const struct dvfo_observation *seen, int level)
{
    const struct dvfo_busy_meter passed = read_meter(&state->meter[DVFO_GPU], seen, DVFO_GPU);
    return dvfo_podgov_step(&state->podgov, &state->board->clock[DVFO_GPU], level, seen->time_s, passed.busy_s,
                            passed.time_s);
}

/* A board's counters don't tell whose traffic it was. The model's CPU work moves no bytes (Eq. (1)), so all of it is
 * the GPU's, and the monitor of CPU traffic stays silent. */
static int mem_step(struct dvfo_governed *state, const struct dvfo_observation *seen, int level, int cpu_level)
{
    const struct dvfo_clock_domain *clock = &state->board->clock[DVFO_MEM];
    const struct dvfo_busy_meter passed = read_meter(&state->meter[DVFO_MEM], seen, DVFO_MEM);
    const double busy_share = passed.time_s > 0.0 ? fmin(passed.busy_s / passed.time_s, 1.0) : 0.0;
    const long activity_khz[DVFO_ACTMON_MONITORS] = {
        [DVFO_ACTMON_ALL] = lround(busy_share * clock->level_hz[level] / DVFO_HZ_PER_KHZ),
    };
    const long cpu_khz = lround(state->board->clock[DVFO_CPU].level_hz[cpu_level] / DVFO_HZ_PER_KHZ);
    return dvfo_actmon_step(&state->actmon, clock, level, activity_khz, cpu_khz);
}

static int memory_floor(const struct dvfo_governed *state, int gpu_level)
{
    const struct dvfo_clock_domain *memory = &state->board->clock[DVFO_MEM];
    if (!state->gpu_holds_memory) {
        return 0;
    }
    const long top_khz = lround(memory->level_hz[memory->level_count - 1] / DVFO_HZ_PER_KHZ);
    const long floor_khz = dvfo_podgov_memory_floor_khz(&state->board->clock[DVFO_GPU], gpu_level, top_khz);
    return dvfo_cpufreq_entry(memory, floor_khz, DVFO_RELATION_L);
}

static void start(struct dvfo_governed *state, const struct dvfo_observation *seen, const int level[DVFO_DOMAINS])
{
    const struct dvfo_clock_domain *clock = state->board->clock;
    state->conservative = dvfo_conservative_at(&clock[DVFO_CPU], level[DVFO_CPU]);
    state->schedutil = dvfo_schedutil_at_rest(&clock[DVFO_CPU]);
    state->podgov = dvfo_podgov_start(&clock[DVFO_GPU], level[DVFO_GPU], seen->time_s);
    state->actmon = dvfo_actmon_start(&clock[DVFO_MEM], level[DVFO_MEM]);
    state->actmon_level = level[DVFO_MEM];
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        read_meter(&state->meter[d], seen, (dvfo_domain)d);
        state->due_s[d] = seen->time_s + state->period_s[d];
    }
    state->started = true;
}

static bool falls_due(struct dvfo_governed *state, dvfo_domain domain, double now_s)
{
    if (now_s + TICK_SLACK_S < state->due_s[domain]) {
        return false;
    }
    state->due_s[domain] += state->period_s[domain];
    return true;
}

/* Every governor whose poll is due has its say. */
static void poll(struct dvfo_governed *state, const struct dvfo_observation *seen, int level[DVFO_DOMAINS])
{
    if (falls_due(state, DVFO_CPU, seen->time_s) && !state->leaves[DVFO_CPU]) {
        level[DVFO_CPU] = cpu_step(state, seen, level[DVFO_CPU]);
    }
    if (falls_due(state, DVFO_GPU, seen->time_s) && !state->leaves[DVFO_GPU]) {
        level[DVFO_GPU] = gpu_step(state, seen, level[DVFO_GPU]);
    }
    if (falls_due(state, DVFO_MEM, seen->time_s) && !state->leaves[DVFO_MEM]) {
        state->actmon_level = mem_step(state, seen, level[DVFO_MEM], level[DVFO_CPU]);
    }
    if (state->leaves[DVFO_MEM]) {
        return;
    }
    const int floor_level = memory_floor(state, level[DVFO_GPU]);
    level[DVFO_MEM] = state->actmon_level > floor_level ? state->actmon_level : floor_level;
}

double dvfo_governed_tick(struct dvfo_governed *state, const struct dvfo_observation *seen, int level[DVFO_DOMAINS])
{
    if (state->started) {
        poll(state, seen, level);
    } else {
        start(state, seen, level);
    }
    const double due_s = fmin(state->due_s[DVFO_CPU], fmin(state->due_s[DVFO_GPU], state->due_s[DVFO_MEM]));
    return fmax(due_s - seen->time_s, TICK_SLACK_S);
}

static double tick(void *state, const struct dvfo_observation *seen, int level[DVFO_DOMAINS])
{
    return dvfo_governed_tick(state, seen, level);
}

static void stay_on_device(void *block, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    (void)block;
    (void)seen;
    decision->place = DVFO_PLACE_EDGE; /* clocks stay as the ticks left them */
}

void dvfo_governed_prepare(struct dvfo_governed *state, const struct dvfo_board *board, dvfo_cpu_rule rule)
{
    *state = (struct dvfo_governed){
        .board = board,
        .rule = rule,
        .up_threshold_percent = DVFO_ONDEMAND_UP_THRESHOLD_PERCENT,
        .period_s = {[DVFO_CPU] = rule == DVFO_CPU_SCHEDUTIL ? SCHEDULER_TICK_S : DVFO_CPUFREQ_SAMPLING_S,
                     [DVFO_GPU] = DVFO_PODGOV_POLLING_S,
                     [DVFO_MEM] = DVFO_ACTMON_POLLING_S},
    };
}

static dvfo_status ondemand_init(struct dvfo_ctx *ctx, void *block, const struct dvfo_policy_setup *setup)
{
    struct dvfo_governed *state = block;
    dvfo_governed_prepare(state, setup->board, DVFO_CPU_ONDEMAND);
    if (setup->argument == NULL) {
        return DVFO_OK;
    }
    long long percent = 0;
    if (!dvfo_text_integer(setup->argument, NULL, &percent) || percent < LEAST_THRESHOLD_PERCENT || percent > 100) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "policy 'ondemand:%s': expected a threshold from %d to 100 per cent",
                         setup->argument, LEAST_THRESHOLD_PERCENT);
    }
    state->up_threshold_percent = (int)percent;
    return DVFO_OK;
}

static dvfo_status conservative_init(struct dvfo_ctx *ctx, void *state, const struct dvfo_policy_setup *setup)
{
    dvfo_governed_prepare(state, setup->board, DVFO_CPU_CONSERVATIVE);
    return dvfo_policy_no_argument(ctx, setup, "conservative");
}

static dvfo_status schedutil_init(struct dvfo_ctx *ctx, void *state, const struct dvfo_policy_setup *setup)
{
    dvfo_governed_prepare(state, setup->board, DVFO_CPU_SCHEDUTIL);
    return dvfo_policy_no_argument(ctx, setup, "schedutil");
}

static dvfo_status l4t_default_init(struct dvfo_ctx *ctx, void *block, const struct dvfo_policy_setup *setup)
{
    struct dvfo_governed *state = block;
    dvfo_governed_prepare(state, setup->board, DVFO_CPU_SCHEDUTIL);
    state->gpu_holds_memory = true;
    return dvfo_policy_no_argument(ctx, setup, "l4t-default");
}

const struct dvfo_policy_type dvfo_policy_ondemand = {
    .name = "ondemand",
    .summary = "on the device; CPU clock by ondemand[:UP_THRESHOLD], GPU by podgov, memory by actmon",
    .sight = DVFO_SIGHT_WORLD,
    .state_size = sizeof(struct dvfo_governed),
    .init = ondemand_init,
    .decide = stay_on_device,
    .tick = tick,
};

const struct dvfo_policy_type dvfo_policy_conservative = {
    .name = "conservative",
    .summary = "on the device; CPU clock by conservative, GPU by podgov, memory by actmon",
    .sight = DVFO_SIGHT_WORLD,
    .state_size = sizeof(struct dvfo_governed),
    .init = conservative_init,
    .decide = stay_on_device,
    .tick = tick,
};

const struct dvfo_policy_type dvfo_policy_schedutil = {
    .name = "schedutil",
    .summary = "on the device; CPU clock by schedutil, GPU by podgov, memory by actmon",
    .sight = DVFO_SIGHT_WORLD,
    .state_size = sizeof(struct dvfo_governed),
    .init = schedutil_init,
    .decide = stay_on_device,
    .tick = tick,
};

/* What L4T ships. Besides the three governors of `schedutil`, its GPU driver holds a floor under the memory clock,
 * which follows the GPU's clock: where a GPU computes, memory is mostly at the top. */
const struct dvfo_policy_type dvfo_policy_l4t_default = {
    .name = "l4t-default",
    .summary = "on the device; clocks as L4T ships: schedutil, podgov, actmon, and the GPU driver's memory floor",
    .sight = DVFO_SIGHT_WORLD,
    .state_size = sizeof(struct dvfo_governed),
    .init = l4t_default_init,
    .decide = stay_on_device,
    .tick = tick,
};
