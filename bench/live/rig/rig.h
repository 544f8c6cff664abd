/* The rig: the board under a live run, its clocks, its energy, its heat.
 *
 * A run asks for entries of the profile's clock tables and goes on at once; a thread of the rig's writes them in the
 * safe order (profiles/hardware/control.h), looks whether they hold, and every sample_s reads power, clocks and load
 * (heat every fifth time). Reading and writing take turns in one thread: a setting that waits for its clocks to hold
 * keeps no reading from its time, and a reading delays a setting by the few milliseconds that it takes itself.
 *
 * Nothing but clocks of the kernel's own table is set, none above the power mode's limit, and CPU and GPU come down in
 * steps when the board gets hot (ceiling.h). What the kernel refuses or clamps doesn't end the run: it goes on under
 * the clocks that hold, which are what dvfo_rig_look tells. Closing gives everything back; what a killed run left, the
 * next rig that sets clocks gives back first.
 *
 * Whatever machine it is, a rig opens: what can't be set or measured is told by dvfo_rig_sentence. It refuses only what
 * would spoil a run: the profile of another board, clocks that another dvfo has, clocks that an earlier one left and
 * that can't be given back. */
#ifndef DVFO_RIG_H
#define DVFO_RIG_H

#include <signal.h>

#include "bench/live/rig/account.h"
#include "bench/live/rig/news.h"
#include "profiles/board.h"
#include "profiles/hardware/sysfs.h"

struct dvfo_rig_def {
    const struct dvfo_board *board; /* the profile; a board of dvfo_hardware_types; borrowed until dvfo_rig_close */
    const char *root;               /* tree of /sys and /proc; "/" */
    bool fixed;                     /* leave all clocks alone; false */
    double ceiling_c;               /* hottest zone at which clocks are taken down; NaN: the board's trip_c less 5 K */
    double step_s;                  /* between steps of the ceiling; 1 */
    double wait_s;                  /* longest for clocks to hold; 1 */
    double sample_s;                /* between readings; 0.02 */
    FILE *dry_run;                  /* print what would be written, as a shell takes it, and write nothing; NULL */
    const volatile sig_atomic_t *stop;  /* ends dvfo_rig_settle when non-zero; borrowed, NULL */
    const struct dvfo_sysfs_hook *hook; /* between us and the files, used by one thread at a time; borrowed, NULL */
    void *hook_user;
};

struct dvfo_rig_def dvfo_rig_def_default(const struct dvfo_board *board);

struct dvfo_rig;

/** Find the board, take its clocks and first readings. Notes what of the profile the kernel doesn't have.
 *  @return DVFO_BAD_INPUT for another board than the profile's, DVFO_FAILED while another process has the clocks */
dvfo_status dvfo_rig_open(struct dvfo_ctx *ctx, const struct dvfo_rig_def *def, struct dvfo_rig **out);

/** Give every clock back, whatever happened meanwhile. NULL is welcome.
 *  @return DVFO_FAILED when not all came back; 'dvfo board set --restore' tries again */
dvfo_status dvfo_rig_close(struct dvfo_ctx *ctx, struct dvfo_rig *rig);

/** Wish for these entries of the profile's tables. The latest wish wins; one equal to the last costs nothing. */
void dvfo_rig_ask(struct dvfo_rig *rig, const int level[DVFO_DOMAINS]);

/** Wait until the last wish holds, or is known not to: then the news tell.
 *  @return DVFO_INTERRUPTED when told to stop */
dvfo_status dvfo_rig_settle(struct dvfo_ctx *ctx, struct dvfo_rig *rig);

struct dvfo_rig_look {
    double time_s;                  /* of the last reading, on the monotonic clock */
    int level[DVFO_DOMAINS];        /* in force as measured: the nearest entries; levels.h for what can't be read */
    int asked[DVFO_DOMAINS];        /* wished for last; before the first wish those in force */
    double busy_s[DVFO_DOMAINS];    /* counters since opening, as load.h has them */
    bool busy_told[DVFO_DOMAINS];   /* false: that counter stands at 0 */
    double temperature_c;           /* hottest zone; NaN when none tells */
    bool capped;                    /* heat, or blindness, holds clocks below what is asked */
    long changes, refused, clamped; /* settings so far; of them refused in part, not held in part (hand.h) */
    long heats;                     /* times that the ceiling was reached */
};

void dvfo_rig_look(struct dvfo_rig *rig, struct dvfo_rig_look *look);

/** The energy account at `now_s` of dvfo_pace_now_s, now or a moment ago: nothing is known of times before the last
 *  reading, they count as it. A stretch between two of them was measured throughout when
 *  dvfo_rig_energy_measured says so; otherwise the caller models it. */
void dvfo_rig_energy(struct dvfo_rig *rig, double now_s, struct dvfo_rig_energy *energy);

/** Name of a rail or counter of the account. Borrowed. */
const char *dvfo_rig_rail_name(const struct dvfo_rig *rig, size_t rail);

/** Is this clock ours to set? */
bool dvfo_rig_controls(const struct dvfo_rig *rig, dvfo_domain domain);

/** What is controlled and measured, and why the rest isn't. Borrowed. */
const char *dvfo_rig_sentence(const struct dvfo_rig *rig);

/** Fetch what happened, a sentence at a time. @return false when there is nothing new */
bool dvfo_rig_next_news(struct dvfo_rig *rig, char text[DVFO_RIG_NEWS_SIZE]);

#endif
