#include "profiles/hardware/control.h"

#include <math.h>
#include <string.h>

#include "profiles/hardware/pace.h"
#include "sim/base/text.h"
#include "sim/base/units.h"

#define WAIT_S 5.0
#define LOOK_S 0.01
#define TYPED_HZ 0.05e6   /* "921.6" may stand for 921600001 Hz */
#define CLOSE_ENOUGH 0.01 /* a measured CPU clock is a count over a short time */
#define FAR 0.03
#define HOT_C 80.0

enum { STEADY_LOOKS = 3 };

static const char *const called[DVFO_DOMAINS] = {"CPU", "GPU", "memory"};

struct dvfo_control dvfo_control_default(struct dvfo_hardware *hardware)
{
    return (struct dvfo_control){.hardware = hardware, .wait_s = WAIT_S, .file = {.descriptor = -1}};
}

/* What somebody left: give it back now, or go on from it. */
static dvfo_status take_over(struct dvfo_ctx *ctx, struct dvfo_control *control, bool keep)
{
    control->kept = control->snapshot.n > 0 && keep;
    if (control->snapshot.n == 0 || keep) {
        return DVFO_OK;
    }
    dvfo_note(ctx, "clocks that an earlier dvfo left behind are given back first (%s)", DVFO_CONTROL_FILE);
    if (dvfo_snapshot_restore(ctx, &control->hardware->sysfs, &control->snapshot) != DVFO_OK) {
        return dvfo_fail(ctx, DVFO_FAILED,
                         "what an earlier dvfo left behind can't all be given back; when the clocks are known to be "
                         "right, remove %s%s",
                         control->hardware->sysfs.root, DVFO_CONTROL_FILE);
    }
    control->snapshot.n = 0;
    return DVFO_OK;
}

dvfo_status dvfo_control_begin(struct dvfo_ctx *ctx, struct dvfo_control *control, const bool domains[DVFO_DOMAINS],
                               bool keep)
{
    const struct dvfo_hardware *hardware = control->hardware;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        control->domain[d] = domains[d];
        if (domains[d] && hardware->clock[d].level_count == 0) {
            return dvfo_fail(ctx, DVFO_FAILED, "the %s clock can't be set: %s", called[d], hardware->clock[d].missing);
        }
    }
    if (control->dry) {
        DVFO_TRY(dvfo_snapshot_file_peek(ctx, &hardware->sysfs, DVFO_CONTROL_FILE, &control->snapshot));
        DVFO_TRY(take_over(ctx, control, keep));
        return dvfo_snapshot_take(ctx, hardware, domains, &control->snapshot);
    }
    DVFO_TRY(dvfo_snapshot_file_open(ctx, &hardware->sysfs, DVFO_CONTROL_FILE, &control->file, &control->snapshot));
    dvfo_status status = take_over(ctx, control, keep);
    const bool left = control->snapshot.n > 0;
    if (status == DVFO_OK) {
        status = dvfo_snapshot_take(ctx, hardware, domains, &control->snapshot);
        status = status == DVFO_OK ? dvfo_snapshot_file_save(ctx, &control->file, &control->snapshot) : status;
    }
    if (status != DVFO_OK) { /* nothing of ours was written yet: what others left is all that is to be given back */
        dvfo_snapshot_file_close(&control->file, !left);
        control->snapshot.n = 0;
    }
    return status;
}

/* The upper limit as it was before us; as the kernel shows it now where we have no snapshot. */
static double scaler_limit_hz(const struct dvfo_control *control, const struct dvfo_scaler *scaler)
{
    char path[DVFO_SYSFS_PATH_SIZE];
    long long value = 0;
    dvfo_scaler_path(scaler, scaler->form->highest, path);
    const char *before = dvfo_snapshot_find(&control->snapshot, path);
    const bool told = before != NULL
                          ? dvfo_text_integer(before, NULL, &value)
                          : dvfo_sysfs_read_integer(NULL, &control->hardware->sysfs, path, &value) == DVFO_OK;
    return told ? (double)value * scaler->form->hz_per_unit : INFINITY;
}

double dvfo_control_limit_hz(const struct dvfo_control *control, dvfo_domain domain)
{
    const struct dvfo_hardware *hardware = control->hardware;
    const struct dvfo_hardware_clock *clock = &hardware->clock[domain];
    double limit_hz = clock->level_count > 0 ? clock->level_hz[clock->level_count - 1] : 0.0;
    if (domain == DVFO_CPU) {
        for (size_t i = 0; i < hardware->policy_count; i++) {
            limit_hz = fmin(limit_hz, scaler_limit_hz(control, &hardware->policy[i]));
        }
    } else if (domain == DVFO_GPU && clock->level_count > 0) {
        limit_hz = fmin(limit_hz, scaler_limit_hz(control, &hardware->gpu));
    } else if (domain == DVFO_MEM && hardware->emc != NULL) {
        limit_hz = fmin(limit_hz, dvfo_emc_cap_hz(&hardware->sysfs, hardware->emc));
    }
    return limit_hz;
}

/* "409.6 and 512", the table's neighbours of a clock that isn't in it; one of them at an end. */
static void write_neighbours(const struct dvfo_hardware_clock *clock, double hz, char out[64])
{
    size_t above = 0;
    while (above < clock->level_count && clock->level_hz[above] < hz) {
        above++;
    }
    const bool below = above > 0;
    int used = 0;
    if (below) {
        used = snprintf(out, 64, "%.10g", clock->level_hz[above - 1] / DVFO_HZ_PER_MHZ);
    }
    if (above < clock->level_count) {
        snprintf(out + used, 64 - (size_t)used, "%s%.10g", below ? " and " : "",
                 clock->level_hz[above] / DVFO_HZ_PER_MHZ);
    }
}

static dvfo_status check_clock(struct dvfo_ctx *ctx, const struct dvfo_control *control, dvfo_domain domain, double *hz)
{
    const struct dvfo_hardware_clock *clock = &control->hardware->clock[domain];
    if (clock->level_count == 0) {
        return dvfo_fail(ctx, DVFO_FAILED, "the %s clock can't be set: %s", called[domain], clock->missing);
    }
    const double level_hz = clock->level_hz[dvfo_scaler_nearest(clock->level_hz, clock->level_count, *hz)];
    if (!(fabs(level_hz - *hz) <= TYPED_HZ)) {
        char neighbours[64];
        write_neighbours(clock, *hz, neighbours);
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "the %s clock %.10g MHz is not in the board's table (%s), nearest: %s MHz", called[domain],
                         *hz / DVFO_HZ_PER_MHZ, clock->source, neighbours);
    }
    const double limit_hz = dvfo_control_limit_hz(control, domain);
    if (level_hz > limit_hz) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "the %s clock %.10g MHz lies above the limit in force, %.10g MHz (power mode%s%s, or heat); "
                         "choose another mode with 'nvpmodel -m'",
                         called[domain], level_hz / DVFO_HZ_PER_MHZ, limit_hz / DVFO_HZ_PER_MHZ,
                         control->hardware->power_mode[0] != '\0' ? " " : "", control->hardware->power_mode);
    }
    *hz = level_hz;
    return DVFO_OK;
}

dvfo_status dvfo_control_check(struct dvfo_ctx *ctx, const struct dvfo_control *control, struct dvfo_clocks *asked)
{
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        if (!isnan(asked->hz[d])) {
            DVFO_TRY(check_clock(ctx, control, (dvfo_domain)d, &asked->hz[d]));
        }
    }
    return DVFO_OK;
}

static dvfo_status plan_clock(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware, dvfo_domain domain, double hz,
                              struct dvfo_plan *plan)
{
    if (domain == DVFO_MEM) {
        dvfo_emc_plan(&hardware->sysfs, hardware->emc, hz, plan);
        return DVFO_OK;
    }
    if (domain == DVFO_GPU) {
        return dvfo_scaler_plan(ctx, &hardware->sysfs, &hardware->gpu, hz, plan);
    }
    for (size_t i = 0; i < hardware->policy_count; i++) {
        DVFO_TRY(dvfo_scaler_plan(ctx, &hardware->sysfs, &hardware->policy[i], hz, plan));
    }
    return DVFO_OK;
}

static dvfo_status plan_supply(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware, struct dvfo_plan *plan)
{
    char text[DVFO_SYSFS_TEXT_SIZE];
    if (hardware->railgate == NULL) {
        return DVFO_OK;
    }
    DVFO_TRY(dvfo_sysfs_read(ctx, &hardware->sysfs, hardware->railgate, text));
    if (strcmp(text, "0") != 0) {
        dvfo_plan_add(plan, hardware->railgate, "0");
    }
    return DVFO_OK;
}

/* In the order of the header. A clock that can't be read counts as rising: only the order depends on it. */
static dvfo_status plan_setting(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware,
                                const struct dvfo_clocks *asked, struct dvfo_plan *plan)
{
    static const struct {
        dvfo_domain domain;
        bool falling;
    } order[] = {{DVFO_MEM, false}, {DVFO_CPU, true},  {DVFO_GPU, true},
                 {DVFO_CPU, false}, {DVFO_GPU, false}, {DVFO_MEM, true}};
    const struct dvfo_clocks now = dvfo_hardware_clocks(hardware);
    plan->n = 0;
    if (!isnan(asked->hz[DVFO_GPU])) {
        DVFO_TRY(plan_supply(ctx, hardware, plan));
    }
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        const dvfo_domain d = order[i].domain;
        const bool falling = asked->hz[d] < now.hz[d];
        if (!isnan(asked->hz[d]) && falling == order[i].falling) {
            DVFO_TRY(plan_clock(ctx, hardware, d, asked->hz[d], plan));
        }
    }
    return DVFO_OK;
}

/* Does a measured clock stand for that entry of the table? */
static bool stands_for(const struct dvfo_hardware_clock *clock, double measured_hz, double asked_hz)
{
    const double off = fabs(measured_hz - asked_hz) / asked_hz;
    const size_t nearest = dvfo_scaler_nearest(clock->level_hz, clock->level_count, measured_hz);
    return off <= CLOSE_ENOUGH || (off <= FAR && clock->level_hz[nearest] == asked_hz);
}

/* The first limit file that reads otherwise than it was written; NULL when all do as told. */
static const struct dvfo_scaler *find_clamped(const struct dvfo_hardware *hardware, dvfo_domain domain, double asked_hz,
                                              double *limit_hz)
{
    const struct dvfo_scaler *scaler = domain == DVFO_GPU ? &hardware->gpu : hardware->policy;
    const size_t count = domain == DVFO_GPU ? 1 : domain == DVFO_CPU ? hardware->policy_count : 0;
    for (size_t i = 0; i < count; i++) {
        struct dvfo_scaler_state state;
        if (dvfo_scaler_read(NULL, &hardware->sysfs, &scaler[i], &state) == DVFO_OK && state.highest_hz != asked_hz) {
            *limit_hz = state.highest_hz;
            return &scaler[i];
        }
    }
    return NULL;
}

/* Why a clock isn't what was asked, as far as the kernel tells. */
static void write_reason(const struct dvfo_hardware *hardware, dvfo_domain domain, double asked_hz, char *out,
                         size_t size)
{
    double limit_hz = 0.0;
    const struct dvfo_scaler *clamped = find_clamped(hardware, domain, asked_hz, &limit_hz);
    const double hottest_c = dvfo_hardware_hottest_c(hardware);
    if (clamped != NULL) {
        snprintf(out, size, "the kernel made %.10g MHz of it in %s/%s", limit_hz / DVFO_HZ_PER_MHZ, clamped->folder,
                 clamped->form->highest);
    } else if (hottest_c >= HOT_C) {
        snprintf(out, size, "its hottest sensor reads %.0f degree C: let it cool", hottest_c);
    } else {
        snprintf(out, size, "something else steers it: throttling, nvpmodel, jetson_clocks or another tool");
    }
}

/* The first clock that isn't as asked. @return DVFO_DOMAINS when all are */
static dvfo_domain find_missed(const struct dvfo_hardware *hardware, const struct dvfo_clocks *asked,
                               const struct dvfo_clocks *held)
{
    dvfo_domain d = DVFO_CPU;
    while (d < DVFO_DOMAINS && (isnan(asked->hz[d]) || stands_for(&hardware->clock[d], held->hz[d], asked->hz[d]))) {
        d++;
    }
    return d;
}

/* All policies must hold, and the measurement of all speaks for the slowest: look at each. */
static struct dvfo_clocks look(const struct dvfo_hardware *hardware, const struct dvfo_clocks *asked)
{
    struct dvfo_clocks held = dvfo_hardware_clocks(hardware);
    for (size_t i = 0; i < hardware->policy_count && !isnan(asked->hz[DVFO_CPU]); i++) {
        double hz = NAN;
        if (dvfo_scaler_measure(NULL, &hardware->sysfs, &hardware->policy[i], &hz) == DVFO_OK &&
            !stands_for(&hardware->clock[DVFO_CPU], hz, asked->hz[DVFO_CPU])) {
            held.hz[DVFO_CPU] = hz;
        }
    }
    return held;
}

static dvfo_status fail_to_hold(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware, dvfo_domain d,
                                const struct dvfo_clocks *asked, const struct dvfo_clocks *held)
{
    char reason[DVFO_HARDWARE_SENTENCE_SIZE];
    const struct dvfo_hardware_clock *clock = &hardware->clock[d];
    write_reason(hardware, d, asked->hz[d], reason, sizeof reason);
    if (isnan(held->hz[d])) {
        return dvfo_fail(ctx, DVFO_FAILED, "the %s clock can't be read, asked %.10g MHz", called[d],
                         asked->hz[d] / DVFO_HZ_PER_MHZ);
    }
    return dvfo_fail(ctx, DVFO_FAILED, "the %s clock holds %.10g MHz (table step %.10g), asked %.10g: %s", called[d],
                     held->hz[d] / DVFO_HZ_PER_MHZ,
                     clock->level_hz[dvfo_scaler_nearest(clock->level_hz, clock->level_count, held->hz[d])] /
                         DVFO_HZ_PER_MHZ,
                     asked->hz[d] / DVFO_HZ_PER_MHZ, reason);
}

dvfo_status dvfo_control_holds(struct dvfo_ctx *ctx, const struct dvfo_control *control,
                               const struct dvfo_clocks *asked)
{
    const struct dvfo_clocks held = look(control->hardware, asked);
    const dvfo_domain missed = control->dry ? DVFO_DOMAINS : find_missed(control->hardware, asked, &held);
    return missed == DVFO_DOMAINS ? DVFO_OK : fail_to_hold(ctx, control->hardware, missed, asked, &held);
}

/* A clock holds when it reads so several times in a row: on its way it may pass by. */
static dvfo_status wait_until_held(struct dvfo_ctx *ctx, const struct dvfo_control *control,
                                   const struct dvfo_clocks *asked)
{
    const double until_s = dvfo_pace_now_s() + control->wait_s;
    for (int steady = 0; steady < STEADY_LOOKS;) {
        const dvfo_status status = dvfo_control_holds(ctx, control, asked);
        steady = status == DVFO_OK ? steady + 1 : 0;
        if (status != DVFO_OK && dvfo_pace_now_s() > until_s) {
            return status;
        }
        if (!dvfo_pace_sleep(LOOK_S, control->stop)) {
            return dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted");
        }
    }
    return DVFO_OK;
}

/* @param clocks  become those of the table */
static dvfo_status write_clocks(struct dvfo_ctx *ctx, const struct dvfo_control *control, struct dvfo_clocks *clocks)
{
    struct dvfo_plan plan;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        DVFO_REQUIRE(isnan(clocks->hz[d]) || control->domain[d]);
    }
    DVFO_TRY(dvfo_control_check(ctx, control, clocks));
    DVFO_TRY(plan_setting(ctx, control->hardware, clocks, &plan));
    return dvfo_plan_run(ctx, &control->hardware->sysfs, &plan);
}

dvfo_status dvfo_control_write(struct dvfo_ctx *ctx, struct dvfo_control *control, const struct dvfo_clocks *asked)
{
    struct dvfo_clocks clocks = *asked;
    return write_clocks(ctx, control, &clocks);
}

dvfo_status dvfo_control_set(struct dvfo_ctx *ctx, struct dvfo_control *control, const struct dvfo_clocks *asked)
{
    struct dvfo_clocks clocks = *asked;
    DVFO_TRY(write_clocks(ctx, control, &clocks));
    return control->dry ? DVFO_OK : wait_until_held(ctx, control, &clocks);
}

dvfo_status dvfo_control_end(struct dvfo_ctx *ctx, struct dvfo_control *control)
{
    const dvfo_status status = dvfo_snapshot_restore(ctx, &control->hardware->sysfs, &control->snapshot);
    if (status != DVFO_OK && control->file.descriptor >= 0) {
        (void)dvfo_fail(ctx, status, "not all clocks could be given back; 'dvfo board set --restore' tries again (%s)",
                        control->file.path);
    }
    control->snapshot.n = 0;
    dvfo_snapshot_file_close(&control->file, status == DVFO_OK);
    return status;
}

void dvfo_control_leave(struct dvfo_control *control)
{
    dvfo_snapshot_file_close(&control->file, false);
}

dvfo_status dvfo_control_recover(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, bool *found)
{
    struct dvfo_snapshot_file file;
    struct dvfo_snapshot left;
    *found = dvfo_sysfs_exists(sysfs, DVFO_CONTROL_FILE);
    if (!*found) {
        return DVFO_OK;
    }
    DVFO_TRY(dvfo_snapshot_file_open(ctx, sysfs, DVFO_CONTROL_FILE, &file, &left));
    *found = left.n > 0;
    const dvfo_status status = dvfo_snapshot_restore(ctx, sysfs, &left);
    dvfo_snapshot_file_close(&file, status == DVFO_OK);
    return status;
}
