#include "fake_board_parts.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fake_scaler *fake_board_scaler(struct fake_board *board, int policy)
{
    return &board->scaler[policy < 0 ? board->scalers - 1 : (size_t)policy];
}

static long long highest_level(const long long level[], size_t levels, long long at_most)
{
    long long found = level[0];
    for (size_t i = 0; i < levels; i++) {
        found = level[i] <= at_most ? level[i] : found;
    }
    return found;
}

/* Where a governor leaves an idle clock. */
static long long target_of(const struct fake_board *board, const struct fake_scaler *scaler)
{
    long long target = strcmp(scaler->governor, "userspace") == 0     ? scaler->set
                       : strcmp(scaler->governor, "performance") == 0 ? scaler->highest
                                                                      : scaler->lowest;
    target = target < scaler->lowest ? scaler->lowest : target > scaler->highest ? scaler->highest : target;
    if (scaler->gpu && board->railgate == 1) {
        target = scaler->level[0];
    }
    if (scaler->gpu && board->gpu_cap > 0 && target > board->gpu_cap) {
        target = board->gpu_cap;
    }
    return highest_level(scaler->level, scaler->levels, target);
}

static long long emc_target(const struct fake_board *board)
{
    const bool ours = board->kind == FAKE_NANO ? board->emc_state == 1 : board->emc_locked == 1;
    const long long wanted = ours ? board->emc_asked : 1600000000; /* of the kernel's own requests */
    return highest_level(board->emc_level, board->emc_levels, wanted);
}

/* What a file that can be written reads, as the kernel shows it. */
void fake_board_text_of(const struct fake_board *board, const char *path, char out[64])
{
    const char *name = path;
    for (size_t i = 0; i < board->scalers; i++) {
        const struct fake_scaler *scaler = &board->scaler[i];
        const size_t length = strlen(scaler->folder);
        if (strncmp(path, scaler->folder, length) != 0) {
            continue;
        }
        const bool userspace = strcmp(scaler->governor, "userspace") == 0;
        name = path + length;
        if (strcmp(name, scaler->gpu ? "governor" : "scaling_governor") == 0) {
            snprintf(out, 64, "%s", scaler->governor);
        } else if (strcmp(name, scaler->gpu ? "userspace/set_freq" : "scaling_setspeed") == 0) {
            snprintf(out, 64, userspace ? "%lld" : "<unsupported>", scaler->set);
        } else {
            snprintf(out, 64, "%lld", strstr(name, "min") != NULL ? scaler->lowest : scaler->highest);
        }
        return;
    }
    name = strrchr(path, '/') + 1;
    snprintf(out, 64, "%lld",
             strcmp(name, "railgate_enable") == 0   ? board->railgate
             : strcmp(name, "mrq_rate_locked") == 0 ? board->emc_locked
             : strcmp(name, "rate") == 0            ? board->emc_now
             : strcmp(name, "clk_update_rate") == 0 ? board->emc_asked
                                                    : board->emc_state);
}

void fake_board_show_file(const struct fake_board *board, const char *path)
{
    char text[64];
    fake_board_text_of(board, path, text);
    fake_board_put(board, path, text);
}

/* The clock of a devfreq's governor userspace is there only while that governor is; where the kernel runs apart,
 * always: it would come too late for who writes the governor and then the clock at once. */
void fake_board_show_scaler(const struct fake_board *board, const struct fake_scaler *scaler)
{
    static const char *const cpu[] = {"scaling_min_freq", "scaling_max_freq", "scaling_governor", "scaling_setspeed"};
    static const char *const gpu[] = {"min_freq", "max_freq", "governor", "userspace/set_freq"};
    char path[512];
    for (size_t f = 0; f < 4; f++) {
        snprintf(path, sizeof path, "%s%s", scaler->folder, scaler->gpu ? gpu[f] : cpu[f]);
        fake_board_show_file(board, path);
    }
    if (scaler->gpu && strcmp(scaler->governor, "userspace") != 0 && !board->apart) {
        snprintf(path, sizeof path, "%s%suserspace/set_freq", board->root, scaler->folder);
        unlink(path);
    }
}

/* The BPMP's rate is both asked and measured. A kernel apart leaves it as it is asked when that is what holds: whoever
 * writes it next could come between our reading and writing. */
static void show_rate(struct fake_board *board)
{
    static const char path[] = BPMP "clk/emc/rate";
    char now[64];
    fake_board_get(board, path, now, sizeof now);
    if (board->apart && (strcmp(now, board->emc_text) != 0 || strtoll(now, NULL, 10) == board->emc_now)) {
        return;
    }
    fake_board_put_number(board, path, "", board->emc_now);
    snprintf(board->emc_text, sizeof board->emc_text, "%lld", board->emc_now);
}

void fake_board_show_clocks(struct fake_board *board)
{
    for (size_t i = 0; i < board->scalers; i++) {
        const struct fake_scaler *scaler = &board->scaler[i];
        fake_board_put_number(board, scaler->folder, scaler->gpu ? "cur_freq" : "cpuinfo_cur_freq", scaler->now);
        if (!scaler->gpu) {
            fake_board_put_number(board, scaler->folder, "scaling_cur_freq", scaler->now);
        }
    }
    if (board->kind == FAKE_NANO) {
        fake_board_put_number(board, "/sys/kernel/debug/clk/emc/", "clk_rate", board->emc_now);
        fake_board_put_number(board, OVERRIDE, "clk_rate", board->emc_now);
    } else {
        show_rate(board);
    }
}

/* Watts of each rail follow the clocks, by a line that tests can compute. */
void fake_board_show_rails(const struct fake_board *board)
{
    const struct fake_scaler *cpu = &board->scaler[0], *gpu = &board->scaler[board->scalers - 1];
    const double cpu_w = 0.2 + 1.0 * (double)cpu->now / (double)cpu->level[cpu->levels - 1];
    const double gpu_w = 0.1 + 4.0 * (double)gpu->now / (double)gpu->level[gpu->levels - 1];
    const double mem_w = 0.3 + 1.0 * (double)board->emc_now / (double)board->emc_level[board->emc_levels - 1];
    for (size_t m = 0; m < 2 && fake_specs[board->kind].monitor[m] != NULL; m++) {
        for (int r = 0; r < 4 && fake_specs[board->kind].rails[m][r] != NULL; r++) {
            const char *name = fake_specs[board->kind].rails[m][r];
            const double power_w = strstr(name, "_IN") != NULL    ? 1.0 + cpu_w + gpu_w + mem_w
                                   : strstr(name, "GPU") != NULL  ? gpu_w
                                   : strstr(name, "CPU") != NULL  ? cpu_w
                                   : strstr(name, "WIFI") != NULL ? 0.0
                                                                  : mem_w;
            char folder[160], file[64];
            snprintf(folder, sizeof folder, "%s/", fake_specs[board->kind].monitor[m]);
            if (board->kind == FAKE_NX_5) {
                snprintf(file, sizeof file, "in%d_input", r + 1);
                fake_board_put_number(board, folder, file, 5000);
                snprintf(file, sizeof file, "curr%d_input", r + 1);
                fake_board_put_number(board, folder, file, llround(power_w / 5.0 * 1000.0 * board->rail_unit));
            } else {
                snprintf(file, sizeof file, "in_power%d_input", r);
                fake_board_put_number(board, folder, file, llround(power_w * 1000.0 * board->rail_unit));
            }
        }
    }
}

void fake_board_tick(struct fake_board *board)
{
    bool moved = false;
    const double time_s = fake_board_now_s();
    for (size_t i = 0; i < board->scalers; i++) {
        struct fake_scaler *scaler = &board->scaler[i];
        if (scaler->due_s != 0.0 && time_s >= scaler->due_s) {
            scaler->now = target_of(board, scaler);
            scaler->due_s = 0.0;
            moved = true;
        }
    }
    if (board->emc_due_s != 0.0 && time_s >= board->emc_due_s) {
        board->emc_now = emc_target(board);
        board->emc_due_s = 0.0;
        moved = true;
    }
    if (moved) {
        fake_board_show_clocks(board);
        fake_board_show_rails(board);
    }
}

void fake_board_set_moving(struct fake_board *board)
{
    const double due_s = fake_board_now_s() + board->delay_s;
    for (size_t i = 0; i < board->scalers; i++) {
        struct fake_scaler *scaler = &board->scaler[i];
        scaler->due_s = scaler->now != target_of(board, scaler) && scaler->due_s == 0.0 ? due_s : scaler->due_s;
    }
    board->emc_due_s = board->emc_now != emc_target(board) && board->emc_due_s == 0.0 ? due_s : board->emc_due_s;
}

static bool has_word(const char *words, const char *word)
{
    const size_t length = strlen(word);
    for (const char *found = strstr(words, word); found != NULL; found = strstr(found + 1, word)) {
        if ((found == words || found[-1] == ' ') && (found[length] == ' ' || found[length] == '\0')) {
            return true;
        }
    }
    return false;
}

static int write_limits(const struct fake_board *board, struct fake_scaler *scaler, bool upper, long long value)
{
    const bool clamps = board->kind == FAKE_NX_5;
    const long long top = scaler->level[scaler->levels - 1];
    value = value < scaler->level[0] ? scaler->level[0] : value > top ? top : value;
    value = highest_level(scaler->level, scaler->levels, value);
    if (!clamps && (upper ? value < scaler->lowest : value > scaler->highest)) {
        return EINVAL;
    }
    if (upper) {
        scaler->highest = value;
    } else {
        scaler->asked_lowest = value;
    }
    scaler->lowest = scaler->asked_lowest < scaler->highest ? scaler->asked_lowest : scaler->highest;
    return 0;
}

static int write_scaler(const struct fake_board *board, struct fake_scaler *scaler, const char *name, const char *text)
{
    const long long value = strtoll(text, NULL, 10);
    if (strcmp(name, scaler->gpu ? "min_freq" : "scaling_min_freq") == 0) {
        return write_limits(board, scaler, false, value);
    }
    if (strcmp(name, scaler->gpu ? "max_freq" : "scaling_max_freq") == 0) {
        return write_limits(board, scaler, true, value);
    }
    if (strcmp(name, scaler->gpu ? "governor" : "scaling_governor") == 0) {
        if (!has_word(scaler->governors, text)) {
            return EINVAL;
        }
        snprintf(scaler->governor, sizeof scaler->governor, "%s", text);
        scaler->set = scaler->now;
        return 0;
    }
    if (strcmp(name, scaler->gpu ? "userspace/set_freq" : "scaling_setspeed") == 0) {
        if (strcmp(scaler->governor, "userspace") != 0) {
            return EINVAL;
        }
        scaler->set = highest_level(scaler->level, scaler->levels, value);
        return 0;
    }
    return EACCES; /* nobody writes the others */
}

static int write_emc(struct fake_board *board, const char *path, const char *text)
{
    const long long value = strtoll(text, NULL, 10);
    if (board->kind == FAKE_NANO && strcmp(path, OVERRIDE "clk_update_rate") == 0) {
        board->emc_asked = value;
    } else if (board->kind == FAKE_NANO && strcmp(path, OVERRIDE "clk_state") == 0) {
        board->emc_state = value;
    } else if (board->kind != FAKE_NANO && strcmp(path, BPMP "clk/emc/mrq_rate_locked") == 0) {
        board->emc_asked = value == 1 && board->emc_locked == 0 ? board->emc_now : board->emc_asked;
        board->emc_locked = value;
    } else if (board->kind != FAKE_NANO && strcmp(path, BPMP "clk/emc/rate") == 0) {
        board->emc_asked = value;
    } else if (board->kind != FAKE_NANO && strcmp(path, BPMP "clk/emc/state") == 0) {
        board->emc_state = value;
    } else {
        return EACCES;
    }
    return 0;
}

void fake_board_show_switches(const struct fake_board *board)
{
    fake_board_put_number(board, fake_specs[board->kind].railgate, "", board->railgate);
    if (board->kind == FAKE_NANO) {
        fake_board_put_number(board, OVERRIDE, "clk_update_rate", board->emc_asked);
        fake_board_put_number(board, OVERRIDE, "clk_state", board->emc_state);
    } else {
        fake_board_put_number(board, BPMP "clk/emc/", "mrq_rate_locked", board->emc_locked);
        fake_board_put_number(board, BPMP "clk/emc/", "state", board->emc_state);
    }
}

static int take(struct fake_board *board, const char *path, const char *text)
{
    if (board->denied != NULL && strstr(path, board->denied) != NULL) {
        return EACCES;
    }
    if (strcmp(path, fake_specs[board->kind].railgate) == 0) {
        board->railgate = strtoll(text, NULL, 10);
        return 0;
    }
    for (size_t i = 0; i < board->scalers; i++) {
        const size_t length = strlen(board->scaler[i].folder);
        if (strncmp(path, board->scaler[i].folder, length) == 0) {
            return write_scaler(board, &board->scaler[i], path + length, text);
        }
    }
    return write_emc(board, path, text);
}

/* The cores of a policy share one folder, whichever name it is reached by. */
static void follow_core(const struct fake_board *board, const char *path, char followed[192])
{
    int core = 0, length = 0;
    snprintf(followed, 192, "%s", path);
    if (sscanf(path, CPU "cpu%d/cpufreq/%n", &core, &length) == 1 && length > 0) {
        snprintf(followed, 192, CPU "cpu%d/cpufreq/%s", fake_board_head_of(board->kind, core), path + length);
    }
}

/* Take one write into the record and the state. */
int fake_board_take(struct fake_board *board, const char *path, const char *text)
{
    char followed[192];
    follow_core(board, path, followed);
    const int reason = take(board, followed, text);
    cr_assert(board->n < FAKE_MAX_WRITES);
    struct fake_write *write = &board->write[board->n++];
    snprintf(write->path, sizeof write->path, "%s", path);
    snprintf(write->text, sizeof write->text, "%s", text);
    write->refused = reason != 0;
    return reason;
}

int fake_board_write(struct fake_board *board, const char *path, const char *text)
{
    const int reason = fake_board_take(board, path, text);
    bool shown = false;
    for (size_t i = 0; i < board->scalers; i++) {
        if (strncmp(path, board->scaler[i].folder, strlen(board->scaler[i].folder)) == 0) {
            fake_board_show_scaler(board, &board->scaler[i]);
            shown = true;
        }
    }
    if (!shown) {
        fake_board_show_switches(board);
        fake_board_show_clocks(board);
    }
    fake_board_set_moving(board);
    fake_board_tick(board);
    return reason;
}

static int hooked_write(void *user, const char *path, const char *text)
{
    return fake_board_write(user, path, text);
}

void fake_board_hook(struct fake_board *board, struct dvfo_sysfs *sysfs)
{
    static const struct dvfo_sysfs_hook hook = {.write = hooked_write};
    sysfs->hook = &hook;
    sysfs->hook_user = board;
}
