#include "fake_board_parts.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define RECORD "writes.txt" /* beside the tree's sys and proc */

struct watches {
    int inotify;
    size_t n;
    struct {
        int id;
        char folder[160]; /* below the root, with its '/' */
    } folder[16];
};

static void watch(const struct fake_board *board, struct watches *watches, const char *folder)
{
    char place[512];
    snprintf(place, sizeof place, "%s%s", board->root, folder);
    const int id = inotify_add_watch(watches->inotify, place, IN_CLOSE_WRITE);
    cr_assert(id >= 0, "%s", place);
    watches->folder[watches->n].id = id;
    snprintf(watches->folder[watches->n++].folder, sizeof watches->folder[0].folder, "%s", folder);
}

static void watch_all(const struct fake_board *board, struct watches *watches)
{
    char folder[192];
    watches->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    cr_assert(watches->inotify >= 0);
    for (size_t i = 0; i < board->scalers; i++) {
        watch(board, watches, board->scaler[i].folder);
        if (board->scaler[i].gpu) {
            snprintf(folder, sizeof folder, "%suserspace/", board->scaler[i].folder);
            watch(board, watches, folder);
        }
    }
    snprintf(folder, sizeof folder, "%s", fake_specs[board->kind].railgate);
    strrchr(folder, '/')[1] = '\0';
    watch(board, watches, folder);
    watch(board, watches, board->kind == FAKE_NANO ? OVERRIDE : BPMP "clk/emc/");
}

static void record(const struct fake_board *board, const struct fake_write *written)
{
    char place[512], line[320];
    snprintf(place, sizeof place, "%s/" RECORD, board->root);
    const int file = open(place, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    const int size = snprintf(line, sizeof line, "%s %s %d\n", written->path, written->text, written->refused);
    cr_assert(file >= 0 && write(file, line, (size_t)size) == size);
    close(file);
}

/* A write that is already in the file. Only what the kernel shows otherwise is written again: files beside it may have
 * been written meanwhile. */
static void handle_write(struct fake_board *board, const char *path)
{
    char text[64], shown[64];
    long long lowest[FAKE_MAX_SCALERS];
    fake_board_get(board, path, text, sizeof text);
    for (size_t i = 0; i < board->scalers; i++) {
        lowest[i] = board->scaler[i].lowest;
    }
    board->n = 0;
    (void)fake_board_take(board, path, text);
    record(board, &board->write[0]);
    if (strcmp(path, BPMP "clk/emc/rate") == 0) { /* reads what was asked until the clock has followed */
        snprintf(board->emc_text, sizeof board->emc_text, "%s", text);
        board->emc_due_s = fake_board_now_s() + board->delay_s;
        fake_board_set_moving(board);
        return;
    }
    fake_board_text_of(board, path, shown);
    if (strcmp(shown, text) != 0) {
        fake_board_put(board, path, shown);
    }
    for (size_t i = 0; i < board->scalers; i++) {
        char other[192];
        const struct fake_scaler *scaler = &board->scaler[i];
        snprintf(other, sizeof other, "%s%s", scaler->folder, scaler->gpu ? "min_freq" : "scaling_min_freq");
        if (scaler->lowest != lowest[i] && strcmp(other, path) != 0) { /* clamped by the upper limit */
            fake_board_show_file(board, other);
        }
    }
    fake_board_set_moving(board);
}

static void handle_events(struct fake_board *board, const struct watches *watches)
{
    char buffer[8192] __attribute__((aligned(8)));
    const ssize_t got = read(watches->inotify, buffer, sizeof buffer);
    for (ssize_t at = 0; at < got;) {
        const struct inotify_event *event = (const struct inotify_event *)(buffer + at);
        at += (ssize_t)(sizeof *event + event->len);
        for (size_t i = 0; i < watches->n; i++) {
            if (watches->folder[i].id == event->wd && event->len > 0 && event->name[0] != '.') {
                char path[192];
                snprintf(path, sizeof path, "%s%.30s", watches->folder[i].folder, event->name);
                handle_write(board, path);
                break;
            }
        }
    }
}

static void run_kernel(struct fake_board *board, const struct watches *watches)
{
    for (long long turn = 0;; turn++) {
        struct pollfd waiting = {.fd = watches->inotify, .events = POLLIN};
        (void)poll(&waiting, 1, 1);
        handle_events(board, watches);
        fake_board_tick(board);
        if (turn % 16 == 0) { /* the counters of /proc/stat go on: one core of the board's is busy */
            const long long ticks = turn / 16;
            char text[128];
            snprintf(text, sizeof text, "cpu  %lld 0 500 %lld 100 0 0 0 0 0", 1000 + ticks,
                     8000 + (fake_specs[board->kind].cores - 1) * ticks);
            fake_board_put(board, "/proc/stat", text);
        }
    }
}

void fake_board_start(struct fake_board *board)
{
    int ready[2];
    char word = 0;
    board->apart = true;
    fake_board_show_scaler(board, fake_board_scaler(board, -1));
    cr_assert(pipe(ready) == 0);
    board->process = fork();
    cr_assert(board->process >= 0);
    if (board->process == 0) {
        struct watches watches = {0};
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ready[0]);
        watch_all(board, &watches);
        cr_assert(write(ready[1], &word, 1) == 1);
        run_kernel(board, &watches);
    }
    close(ready[1]);
    cr_assert(read(ready[0], &word, 1) == 1);
    close(ready[0]);
}

void fake_board_stop(struct fake_board *board)
{
    if (board->process > 0) {
        kill(board->process, SIGKILL);
        waitpid(board->process, NULL, 0);
        board->process = 0;
    }
}

void fake_board_read_record(struct fake_board *board)
{
    char place[512];
    int refused = 0;
    snprintf(place, sizeof place, "%s/" RECORD, board->root);
    FILE *file = fopen(place, "r");
    board->n = 0;
    while (file != NULL && board->n < FAKE_MAX_WRITES &&
           fscanf(file, "%191s %63s %d", board->write[board->n].path, board->write[board->n].text, &refused) == 3) {
        board->write[board->n++].refused = refused != 0;
    }
    if (file != NULL) {
        fclose(file);
    }
}

/* "cpu0/scaling_max_freq", "gpu/max_freq", "emc/rate": enough to know a file by. */
static void write_short_name(const char *path, char out[64])
{
    const char *name = strrchr(path, '/') + 1;
    const char *cpu = strstr(path, "/cpu/cpu");
    const bool gpu = strstr(path, "devfreq") != NULL || strstr(path, "railgate") != NULL;
    if (cpu != NULL) {
        snprintf(out, 64, "%.4s/%s", cpu + strlen("/cpu/"), name);
    } else {
        snprintf(out, 64, "%s/%s", gpu ? "gpu" : "emc", name);
    }
}

void fake_board_sequence(const struct fake_board *board, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < board->n; i++) {
        char name[64];
        const size_t used = strlen(out);
        write_short_name(board->write[i].path, name);
        snprintf(out + used, size - used, "%s %s%s\n", name, board->write[i].text, board->write[i].refused ? " !" : "");
    }
}

void fake_board_state(const struct fake_board *board, char *out, size_t size)
{
    static const char *const cpu[] = {"scaling_min_freq", "scaling_max_freq", "scaling_governor", "scaling_setspeed"};
    static const char *const gpu[] = {"min_freq", "max_freq", "governor", "userspace/set_freq"};
    static const char *const nano[] = {OVERRIDE "clk_update_rate", OVERRIDE "clk_state", NULL};
    static const char *const bpmp[] = {BPMP "clk/emc/mrq_rate_locked", BPMP "clk/emc/state", NULL};
    char path[192], text[64];
    out[0] = '\0';
    for (size_t i = 0; i < board->scalers; i++) {
        for (size_t f = 0; f < 4; f++) { /* the last one has a meaning under the governor userspace only */
            if (f == 3 && strcmp(text, "userspace") != 0) {
                break;
            }
            snprintf(path, sizeof path, "%s%s", board->scaler[i].folder, board->scaler[i].gpu ? gpu[f] : cpu[f]);
            fake_board_get(board, path, text, sizeof text);
            const size_t used = strlen(out);
            snprintf(out + used, size - used, "%s %s\n", path, text);
        }
    }
    const char *const *emc = board->kind == FAKE_NANO ? nano : bpmp;
    for (size_t i = 0; i < 3; i++) {
        const char *place = i == 2 ? fake_specs[board->kind].railgate : emc[i];
        fake_board_get(board, place, text, sizeof text);
        const size_t used = strlen(out);
        snprintf(out + used, size - used, "%s %s\n", place, text);
    }
}
