/* What the parts of a fake board share: fake_board_tree.c (files), fake_board_kernel.c (state and writes),
 * fake_board_process.c (the kernel as a process). */
#ifndef DVFO_FAKE_BOARD_PARTS_H
#define DVFO_FAKE_BOARD_PARTS_H

#include "fake_board.h"

#define CPU "/sys/devices/system/cpu/"
#define BPMP "/sys/kernel/debug/bpmp/debug/"
#define OVERRIDE "/sys/kernel/debug/clk/override.emc/"

/* A board as its system shows it. */
struct fake_spec {
    const char *model, *compatible, *release, *power_modes;
    const long long *cpu, *gpu, *emc; /* kHz, Hz, Hz; 0 at the end */
    int cores;
    const char *gpu_folder; /* of its devfreq device */
    const char *load, *railgate;
    const char *monitor[2]; /* folders of the INA3221 */
    const char *rails[2][4];
    const char *cpu_governors, *gpu_governors;
};

extern const struct fake_spec fake_specs[]; /* by enum fake_kind */

double fake_board_now_s(void);
int fake_board_head_of(enum fake_kind kind, int core); /* the core that speaks for a core's policy */

/* ---- files ---- */
void fake_board_make_folders(const char *path);
void fake_board_put_bytes(const struct fake_board *board, const char *path, const char *bytes, size_t size);
void fake_board_put_number(const struct fake_board *board, const char *folder, const char *name, long long value);

/* ---- what the kernel shows ---- */
void fake_board_text_of(const struct fake_board *board, const char *path, char out[64]); /* of a file that is written */
void fake_board_show_file(const struct fake_board *board, const char *path);
void fake_board_show_scaler(const struct fake_board *board, const struct fake_scaler *scaler);
void fake_board_show_clocks(struct fake_board *board);
void fake_board_show_rails(const struct fake_board *board);
void fake_board_show_switches(const struct fake_board *board);

/* ---- what the kernel does ---- */
int fake_board_take(struct fake_board *board, const char *path, const char *text); /* a write, into record and state */
void fake_board_set_moving(struct fake_board *board);                              /* clocks begin to follow */
void fake_board_tick(struct fake_board *board); /* clocks whose time has come have followed */

#endif
