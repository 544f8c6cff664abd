/* What a log may hold, physically: bounds wide enough for any module, narrow enough to catch a unit that is wrong by
 * 1000. */
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <string.h>

#include "profiles/logs/tegrastats.h"
#include "sim/base/units.h"

#define MODULE_MIN_W 0.3
#define MODULE_MAX_W 60.0

enum { LIST_SIZE = 400 };

/* JetPack 3 writes short names on TX2. */
static const struct {
    const char *theirs, *ours;
} aliases[] = {
    {"VDD_CPU", "VDD_SYS_CPU"}, {"VDD_GPU", "VDD_SYS_GPU"}, {"VDD_SOC", "VDD_SYS_SOC"}, {"VDD_DDR", "VDD_SYS_DDR"}};

static bool board_has_rail(const struct dvfo_board *board, const char *name)
{
    for (size_t i = 0; i < board->rail_count; i++) {
        if (!board->rail[i].inferred && strcmp(board->rail[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void rename_rails(struct dvfo_tegrastats *log, const struct dvfo_board *board)
{
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
        const size_t found = dvfo_tegrastats_rail(log, aliases[i].theirs);
        if (found < log->rails && dvfo_tegrastats_rail(log, aliases[i].ours) == log->rails &&
            board_has_rail(board, aliases[i].ours)) {
            snprintf(log->rail[found], sizeof log->rail[found], "%s", aliases[i].ours);
        }
    }
}

/* The module's input is not in a board's file: its name goes with that of the other rails. */
static const char *module_rail_of(const struct dvfo_board *board)
{
    return board->rail_count > 0 && strncmp(board->rail[0].name, "POM_5V", strlen("POM_5V")) == 0 ? "POM_5V_IN"
                                                                                                  : "VDD_IN";
}

static void append(char list[LIST_SIZE], const char *name)
{
    const size_t length = strlen(list);
    snprintf(list + length, LIST_SIZE - length, "%s%s", length == 0 ? "" : ", ", name);
}

/* Every rail of the board is in the log. Without the module's input, or without any of the others, the log is of no
 * use; a single other rail that is missing costs its own numbers only. */
static dvfo_status check_rails(struct dvfo_ctx *ctx, const struct dvfo_tegrastats *log, const struct dvfo_board *board)
{
    char expected[LIST_SIZE] = "", missing[LIST_SIZE] = "", found[LIST_SIZE] = "";
    const char *module = module_rail_of(board);
    size_t present = 0;
    const bool has_module = dvfo_tegrastats_rail(log, module) < log->rails;
    append(expected, module);
    if (!has_module) {
        append(missing, module);
    }
    for (size_t i = 0; i < board->rail_count; i++) {
        if (!board->rail[i].inferred) {
            const bool there = dvfo_tegrastats_rail(log, board->rail[i].name) < log->rails;
            append(expected, board->rail[i].name);
            present += there;
            if (!there) {
                append(missing, board->rail[i].name);
            }
        }
    }
    for (size_t i = 0; i < log->rails; i++) {
        append(found, log->rail[i]);
    }
    if (missing[0] == '\0') {
        return DVFO_OK;
    }
    const char *what = log->rails == 0 ? "no rails" : found;
    if (!has_module || present == 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "%s: lacks %s, found %s, expected %s of %s; is it a log of another board, or taken without "
                         "permission to read the power monitor?",
                         log->name, missing, what, expected, board->name);
    }
    dvfo_note(ctx, "%s: lacks %s, found %s, expected %s of %s; what is missing is left out", log->name, missing, what,
              expected, board->name);
    return DVFO_OK;
}

/* The middle of one rail's readings [W]. */
static dvfo_status median_w(struct dvfo_ctx *ctx, const struct dvfo_tegrastats *log, size_t rail, double *out)
{
    double *values = malloc(log->n * sizeof *values);
    if (values == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < log->n; i++) {
        values[i] = log->sample[i].rail_w[rail];
    }
    *out = gsl_stats_median(values, 1, log->n);
    free(values);
    return DVFO_OK;
}

static dvfo_status check_power(struct dvfo_ctx *ctx, const struct dvfo_tegrastats *log)
{
    const size_t module = dvfo_tegrastats_module_rail(log);
    double typical_w = 0.0;
    DVFO_TRY(median_w(ctx, log, module, &typical_w));
    if (typical_w < MODULE_MIN_W || typical_w > MODULE_MAX_W) {
        const bool in_w = typical_w * 1e3 >= MODULE_MIN_W && typical_w * 1e3 <= MODULE_MAX_W;
        const bool in_uw = typical_w / 1e3 >= MODULE_MIN_W && typical_w / 1e3 <= MODULE_MAX_W;
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: %s is %.4g W in the middle of its readings, expected %g to %g%s",
                         log->name, log->sample[0].line, log->rail[module], typical_w, MODULE_MIN_W, MODULE_MAX_W,
                         in_w    ? "; are the rails in W instead of mW?"
                         : in_uw ? "; are the rails in uW instead of mW?"
                                 : "");
    }
    for (size_t i = 0; i < log->n; i++) {
        for (size_t rail = 0; rail < log->rails; rail++) {
            const double power_w = log->sample[i].rail_w[rail];
            if (power_w < 0.0 || power_w > MODULE_MAX_W) {
                return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: %s is %.4g W, expected 0 to %g", log->name,
                                 log->sample[i].line, log->rail[rail], power_w, MODULE_MAX_W);
            }
        }
    }
    return DVFO_OK;
}

/* A clock outside half of the lowest to twice the highest entry of the board's table. */
static dvfo_status check_clock(struct dvfo_ctx *ctx, const struct dvfo_tegrastats *log, int line, const char *what,
                               const struct dvfo_clock_domain *domain, const char *board, double *hz)
{
    const double min_hz = 0.5 * domain->level_hz[0], max_hz = 2.0 * domain->level_hz[domain->level_count - 1];
    if (*hz <= 0.0) {
        *hz = NAN; /* switched off for the moment */
    }
    if (isnan(*hz) || (*hz >= min_hz && *hz <= max_hz)) {
        return DVFO_OK;
    }
    static const struct {
        double factor;
        const char *hint;
    } units[] = {{1e-3, "; is it in kHz instead of MHz?"},
                 {1e-6, "; is it in Hz instead of MHz?"},
                 {1e3, "; is it in GHz instead of MHz?"}};
    const char *hint = "";
    for (size_t i = 0; i < sizeof units / sizeof units[0] && hint[0] == '\0'; i++) {
        const double meant_hz = *hz * units[i].factor;
        hint = meant_hz >= min_hz && meant_hz <= max_hz ? units[i].hint : hint;
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: the %s clock is %.10g MHz, expected %.4g to %.4g on %s%s", log->name,
                     line, what, *hz / DVFO_HZ_PER_MHZ, min_hz / DVFO_HZ_PER_MHZ, max_hz / DVFO_HZ_PER_MHZ, board,
                     hint);
}

static dvfo_status check_clocks(struct dvfo_ctx *ctx, struct dvfo_tegrastats *log, const struct dvfo_board *board)
{
    for (size_t i = 0; i < log->n; i++) {
        struct dvfo_tegrastats_sample *s = &log->sample[i];
        for (size_t core = 0; core < log->cores; core++) {
            DVFO_TRY(check_clock(ctx, log, s->line, "CPU", &board->clock[DVFO_CPU], board->name, &s->cpu_hz[core]));
        }
        DVFO_TRY(check_clock(ctx, log, s->line, "GPU", &board->clock[DVFO_GPU], board->name, &s->gpu_hz));
        DVFO_TRY(check_clock(ctx, log, s->line, "memory", &board->clock[DVFO_MEM], board->name, &s->mem_hz));
    }
    return DVFO_OK;
}

dvfo_status dvfo_tegrastats_check(struct dvfo_ctx *ctx, struct dvfo_tegrastats *log, const struct dvfo_board *board)
{
    if (log->cores > (size_t)board->cpu_cores) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: lists %zu cores, expected at most the %d of %s", log->name,
                         log->sample[0].line, log->cores, board->cpu_cores, board->name);
    }
    rename_rails(log, board);
    DVFO_TRY(check_rails(ctx, log, board));
    DVFO_TRY(check_power(ctx, log));
    return check_clocks(ctx, log, board);
}
