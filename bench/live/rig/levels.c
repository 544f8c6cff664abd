#include "bench/live/rig/levels.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "sim/base/units.h"

#define SAME_HZ 0.05e6 /* "921.6" may stand for 921600001 Hz */

const char *dvfo_rig_called(dvfo_domain domain)
{
    static const char *const called[DVFO_DOMAINS] = {"CPU", "GPU", "memory"};
    return called[domain];
}

static bool is_host(const struct dvfo_hardware *hardware)
{
    return hardware->type->module_rail == NULL;
}

/* The entry of the kernel's table for a clock of the profile's: the same, else the next lower one, else the lowest. */
static double match(const struct dvfo_hardware_clock *clock, double hz)
{
    const double nearest_hz = clock->level_hz[dvfo_scaler_nearest(clock->level_hz, clock->level_count, hz)];
    double lower_hz = clock->level_hz[0];
    for (size_t i = 0; i < clock->level_count; i++) {
        lower_hz = clock->level_hz[i] <= hz ? clock->level_hz[i] : lower_hz;
    }
    return fabs(nearest_hz - hz) <= SAME_HZ ? nearest_hz : lower_hz;
}

static void match_domain(struct dvfo_ctx *ctx, struct dvfo_rig_levels *levels, const struct dvfo_hardware_clock *clock,
                         dvfo_domain d)
{
    const struct dvfo_clock_domain *table = &levels->board->clock[d];
    size_t missed = 0, first = 0;
    for (size_t i = table->level_count; i-- > 0;) {
        levels->hz[d][i] = match(clock, table->level_hz[i]);
        if (fabs(levels->hz[d][i] - table->level_hz[i]) > SAME_HZ) {
            missed++;
            first = i;
        }
    }
    if (missed > 0) {
        dvfo_note(ctx,
                  "%zu of the %zu %s clocks of the profile %s are not in this kernel's table (%s): the next lower one "
                  "is set, for %.10g MHz it is %.10g",
                  missed, table->level_count, dvfo_rig_called(d), levels->board->name, clock->source,
                  table->level_hz[first] / DVFO_HZ_PER_MHZ, levels->hz[d][first] / DVFO_HZ_PER_MHZ);
    }
}

/* The file that tells whether a clock can be written at all. */
static void first_file(const struct dvfo_hardware *hardware, dvfo_domain domain, char path[DVFO_SYSFS_PATH_SIZE])
{
    if (domain == DVFO_MEM) {
        snprintf(path, DVFO_SYSFS_PATH_SIZE, "%s", dvfo_emc_step(&hardware->sysfs, hardware->emc, 0));
    } else {
        const struct dvfo_scaler *scaler = domain == DVFO_GPU ? &hardware->gpu : &hardware->policy[0];
        dvfo_scaler_path(scaler, scaler->form->highest, path);
    }
}

static void refuse(struct dvfo_rig_levels *levels, dvfo_domain d, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void refuse(struct dvfo_rig_levels *levels, dvfo_domain d, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(levels->why[d], sizeof levels->why[d], format, arguments);
    va_end(arguments);
    levels->held[d] = false;
}

/* Is there a clock to set, and may we? Otherwise the reason is kept. */
static void find_hold(struct dvfo_rig_levels *levels, const struct dvfo_hardware *hardware, dvfo_domain d)
{
    const dvfo_domain clock = levels->clock[d];
    char path[DVFO_SYSFS_PATH_SIZE];
    levels->held[d] = true;
    if (hardware->clock[clock].level_count == 0) {
        refuse(levels, d, "%s", hardware->clock[clock].missing);
        return;
    }
    if (levels->board->clock[d].level_count < 2) {
        refuse(levels, d, "the profile %s has one clock", levels->board->name);
        return;
    }
    first_file(hardware, clock, path);
    const int reason = dvfo_sysfs_write_trouble(&hardware->sysfs, path);
    if (reason != 0) {
        refuse(levels, d, "%s%s: cannot be written: %s%s", hardware->sysfs.root, path, strerror(reason),
               dvfo_sysfs_hint(reason, path));
    }
}

struct dvfo_rig_levels dvfo_rig_levels_match(struct dvfo_ctx *ctx, const struct dvfo_board *board,
                                             const struct dvfo_hardware *hardware, bool fixed)
{
    struct dvfo_rig_levels levels = {.board = board};
    for (dvfo_domain d = DVFO_CPU; d < DVFO_DOMAINS; d++) {
        levels.clock[d] = d == DVFO_GPU && is_host(hardware) ? DVFO_CPU : d;
        if (fixed) {
            refuse(&levels, d, "as asked");
            continue;
        }
        find_hold(&levels, hardware, d);
        if (levels.held[d]) {
            match_domain(ctx, &levels, &hardware->clock[levels.clock[d]], d);
        }
    }
    return levels;
}

void dvfo_rig_levels_domains(const struct dvfo_rig_levels *levels, bool domains[DVFO_DOMAINS])
{
    memset(domains, 0, DVFO_DOMAINS * sizeof domains[0]);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        domains[levels->clock[d]] = domains[levels->clock[d]] || levels->held[d];
    }
}

struct dvfo_clocks dvfo_rig_levels_clocks(const struct dvfo_rig_levels *levels, const int level[DVFO_DOMAINS])
{
    struct dvfo_clocks clocks = {{NAN, NAN, NAN}};
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        double *hz = &clocks.hz[levels->clock[d]];
        *hz = levels->held[d] ? fmax(*hz, levels->hz[d][level[d]]) : *hz; /* fmax passes NaN over */
    }
    return clocks;
}

void dvfo_rig_levels_nearest(const struct dvfo_rig_levels *levels, const struct dvfo_clocks *measured,
                             const int asked[DVFO_DOMAINS], int level[DVFO_DOMAINS])
{
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        const struct dvfo_clock_domain *table = &levels->board->clock[d];
        const double hz = measured->hz[levels->clock[d]];
        const int untold = levels->held[d] ? asked[d] : (int)table->level_count - 1;
        level[d] = isnan(hz) ? untold : (int)dvfo_scaler_nearest(table->level_hz, table->level_count, hz);
    }
}
