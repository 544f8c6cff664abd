/* A Jetson's tree in a folder, with a kernel behind it that reacts to writes.
 *
 * The files, names and units of the three boards as their systems have them: JetPack 4 on all, JetPack 5 on the NX too
 * (other places, hwmon rails, limits that are clamped where JetPack 4 refuses them). The kernel rounds clocks to its
 * table, refuses a lower limit above the upper, a governor it doesn't have, a clock without the governor for it; a GPU
 * whose supply may go off stays at its lowest clock; an EMC clock that isn't locked goes back to where the kernel wants
 * it; clocks follow after a delay, rails follow clocks.
 *
 * It stands either in the same process, as a hook in a struct dvfo_sysfs: then a refused write fails with its errno, at
 * once; or as a process of its own that watches the folder: then a refused write is taken back, as far as plain files
 * can show it, and dvfo is the real program. Both record every write in order. */
#ifndef DVFO_FAKE_BOARD_H
#define DVFO_FAKE_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "profiles/hardware/sysfs.h"

enum fake_kind { FAKE_NANO, FAKE_TX2, FAKE_NX_4, FAKE_NX_5 };
enum { FAKE_MAX_WRITES = 2048, FAKE_MAX_SCALERS = 4, FAKE_MAX_LEVELS = 32 };

struct fake_scaler { /* a cpufreq policy or a devfreq device */
    bool gpu;
    char folder[128];
    long long level[FAKE_MAX_LEVELS]; /* in the files' unit, ascending */
    size_t levels;
    const char *governors;
    char governor[32];
    long long lowest, highest, set, now; /* `set` of the governor userspace */
    long long asked_lowest;              /* JetPack 5 keeps what was asked, and shows what is in force */
    double due_s;                        /* when `now` becomes the target; 0: nothing under way */
};

struct fake_write {
    char path[192], text[64];
    bool refused;
};

struct fake_board {
    enum fake_kind kind;
    char root[256];
    size_t scalers;
    struct fake_scaler scaler[FAKE_MAX_SCALERS]; /* CPU policies, then the GPU */
    long long railgate;
    long long emc_level[FAKE_MAX_LEVELS]; /* Hz */
    size_t emc_levels;
    long long emc_locked, emc_state, emc_asked, emc_now;
    double emc_due_s;
    char emc_text[64]; /* what the file of an EMC clock that is written and read back held when we last saw it */
    /* what goes wrong; set before the kernel runs */
    double delay_s;     /* until a clock follows */
    long long gpu_cap;  /* heat: the GPU never runs above [Hz]; 0 for no cap */
    const char *denied; /* part of a path that needs another user; NULL for none (in the same process only) */
    double rail_unit;   /* 1; 1000 makes rails read in uW where mW are expected */
    /* record */
    size_t n;
    struct fake_write write[FAKE_MAX_WRITES];
    bool apart;    /* a process of its own, which sees writes after they were made */
    pid_t process; /* 0: none */
};

/** Build the tree below `root`, which is made. */
void fake_board_build(struct fake_board *board, enum fake_kind kind, const char *root);

/** Put the kernel between a sysfs and its files. */
void fake_board_hook(struct fake_board *board, struct dvfo_sysfs *sysfs);

/** One write, as the kernel takes it. @return 0 or an errno */
int fake_board_write(struct fake_board *board, const char *path, const char *text);

/** Let the kernel run as a process; it ends with the test. */
void fake_board_start(struct fake_board *board);
void fake_board_stop(struct fake_board *board);

/** Read what the process has recorded so far into `write`. */
void fake_board_read_record(struct fake_board *board);

/** The record as lines "FILE TEXT" (the last parts of paths; "!" behind what was refused), for comparing. */
void fake_board_sequence(const struct fake_board *board, char *out, size_t size);

/** Texts of all files that can be written, for comparing before and after. */
void fake_board_state(const struct fake_board *board, char *out, size_t size);

/** Make a file with this text (and its folders), or replace it. */
void fake_board_put(const struct fake_board *board, const char *path, const char *text);
void fake_board_remove(const struct fake_board *board, const char *path); /* a file or a whole folder */
void fake_board_get(const struct fake_board *board, const char *path, char *text, size_t size); /* "" when missing */

/** The clock's scaler: index of a CPU policy, or -1 for the GPU. */
struct fake_scaler *fake_board_scaler(struct fake_board *board, int policy);

#endif
