/* nvhost_podgov: the GPU governor of L4T (drivers/devfreq/governor_pod_scaling.c of linux-tegra 4.9), as a pure rule.
 *
 * It aims at a load of 70 % with a proportional boost, jumps by a third of the top clock when an instantaneous load
 * exceeds 90 %, and smooths what it asks for. Loads are per mille, clocks whole MHz, divisions truncate, as in the
 * kernel. */
#ifndef DVFO_PODGOV_H
#define DVFO_PODGOV_H

#include "profiles/board.h"

#define DVFO_PODGOV_POLLING_S 25e-3 /* polling_ms of nvgpu's devfreq profile */

struct dvfo_podgov {
    /* settings, as Tegra K1 to X2 have them; Xavier taken as equal */
    long load_max;     /* [per mille] 900 */
    long load_target;  /* [per mille] 700 */
    long bias_percent; /* 80 */
    long smooth;       /* weight of the past in averages: 10 to 1 */
    long damp;         /* tenths of the new request against its average: 7 */
    long hold_us;      /* no change sooner after the last: 50 ms */
    /* memory */
    long idle;         /* [per mille] of the last period */
    long idle_avg;     /* [per mille]; begins at 0, as after boot */
    long freq_avg_mhz; /* begins at 0 too: the first damped requests are low */
    long previous_hz;  /* devfreq's previous_freq: what was asked for last, unrounded when the entry stayed the same */
    double last_change_s;
};

/** The governor as it starts at `now_s` with the clock of `level`. */
struct dvfo_podgov dvfo_podgov_start(const struct dvfo_clock_domain *clock, int level, double now_s);

/** One poll: a kernel was resident for `busy_s` of the `total_s` since the last one, at the clock of `level`.
 *  @return entry to ask for: the one at or above the damped request */
int dvfo_podgov_step(struct dvfo_podgov *gov, const struct dvfo_clock_domain *clock, int level, double now_s,
                     double busy_s, double total_s);

/** Memory clock that the GPU driver holds as a floor while the GPU is at `gpu_level` [kHz], gp10b_tegra_postscale():
 * three times the GPU's clock (4 GPU bytes per memory byte and clock, 75 % of it), nothing at the lowest entry. TX2's
 * rule; Nano and Xavier taken as equal. */
long dvfo_podgov_memory_floor_khz(const struct dvfo_clock_domain *gpu, int gpu_level, long memory_top_khz);

#endif
