/* dvfo_micro: times the rows of the table below on one core of this machine.
 *
 * Each row first runs once untimed: that warms the machine and its answer is verified. Then it runs again and again
 * from fresh state; the fastest run is reported, the others only had more company. */
#include <argp.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "bench/blas_kernel.h"
#include "bench/command.h"
#include "bench/micro/row.h"
#include "bench/table.h"

static const struct dvfo_micro_row *const rows[] = {
    &dvfo_micro_mm1,
    &dvfo_micro_requests,
    &dvfo_micro_sgemm,
    &dvfo_micro_branching_update,
    &dvfo_micro_branching_update_256,
    &dvfo_micro_learner_update,
    &dvfo_micro_environment_steps,
    &dvfo_micro_training_loop,
    &dvfo_micro_convolutions,
    &dvfo_micro_fusion_sum,
    &dvfo_micro_fusion_dense,
    &dvfo_micro_fusion_convolution,
    &dvfo_micro_batch_one_worker,
    &dvfo_micro_batch_two_workers,
    NULL,
};

enum { SGEMM_RUNS = 5 };

struct settings {
    const char *only; /* NULL: all rows */
    const char *format;
    int runs;
};

static const struct argp_option options[] = {
    {"only", 'o', "NAME", 0, "only this row", 0},
    {"runs", 'n', "N", 0, "timed runs of each row; the fastest counts (default 7)", 0},
    {"format", 'f', "table|csv|json", 0, "of the result (default table)", 0},
    {0},
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct settings *settings = state->input;
    switch (key) {
    case 'o':
        settings->only = value;
        return 0;
    case 'n':
        settings->runs = atoi(value);
        if (settings->runs < 1) {
            argp_error(state, "--runs is '%s', expected a number from 1", value);
        }
        return 0;
    case 'f':
        settings->format = value;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .doc = "Times the event queue and what is built on it, what learns, and batches, each answer verified first.",
};

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* "model name : AMD ..." of the first core, "unknown" where the kernel tells none. */
static void read_machine(char *machine, size_t size)
{
    snprintf(machine, size, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[256];
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');
        if (colon != NULL && strncmp(line, "model name", strlen("model name")) == 0) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(machine, size, "%s", colon + 2);
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

static const char *compiler(void)
{
#ifdef __clang__
    return __VERSION__; /* says Clang itself */
#else
    return "gcc " __VERSION__;
#endif
}

struct timing {
    double done, fastest_s;
    double work_flop; /* per unit; 0: none */
    char answer[160];
};

/* One run from fresh state, with the answer verified where `answer` is wanted; the time covers `run` alone. */
static dvfo_status run_once(struct dvfo_ctx *ctx, const struct dvfo_micro_row *row, struct timing *timing, bool verify)
{
    void *state = NULL;
    DVFO_TRY(row->create(ctx, &state));
    const double begin_s = seconds_now();
    timing->done = row->run(state);
    const double time_s = seconds_now() - begin_s;
    timing->fastest_s = verify ? INFINITY : fmin(timing->fastest_s, time_s);
    dvfo_status status = isnan(timing->done) ? dvfo_fail_no_memory(ctx) : DVFO_OK;
    if (status == DVFO_OK && verify) {
        status = row->verify(ctx, state, timing->answer, sizeof timing->answer);
        timing->work_flop = row->work_flop != NULL ? row->work_flop(state) : 0.0;
    }
    row->free(state);
    return status;
}

/* "...; 95 GFLOP/s, 65 % of sgemm's" */
static void tell_share(struct timing *timing, const struct timing *sgemm)
{
    const double rate = timing->work_flop * timing->done / timing->fastest_s, limit = sgemm->done / sgemm->fastest_s;
    const size_t used = strlen(timing->answer);
    snprintf(timing->answer + used, sizeof timing->answer - used, "; %.0f GFLOP/s, %.0f %% of sgemm's", 1e-9 * rate,
             100.0 * rate / limit);
}

static dvfo_status time_row(struct dvfo_ctx *ctx, const struct dvfo_micro_row *row, int runs, struct timing *timing)
{
    struct timing sgemm;
    fprintf(stderr, "dvfo_micro: %s: %s\n", row->name, row->summary);
    DVFO_TRY(run_once(ctx, row, timing, true));
    if (timing->work_flop > 0.0) {
        DVFO_TRY(run_once(ctx, &dvfo_micro_sgemm, &sgemm, true));
    }
    for (int i = 0; i < runs; i++) {
        DVFO_TRY(run_once(ctx, row, timing, false));
        for (int k = 0; k < SGEMM_RUNS && timing->work_flop > 0.0; k++) { /* in turn: both have the same company */
            DVFO_TRY(run_once(ctx, &dvfo_micro_sgemm, &sgemm, false));
        }
    }
    if (timing->work_flop > 0.0) {
        tell_share(timing, &sgemm);
    }
    return DVFO_OK;
}

static dvfo_status fill_table(struct dvfo_ctx *ctx, const struct settings *settings, bool with_machine,
                              const char *machine, struct dvfo_table *table)
{
    size_t found = 0;
    for (size_t i = 0; rows[i] != NULL; i++) {
        if (settings->only != NULL && strcmp(settings->only, rows[i]->name) != 0) {
            continue;
        }
        struct timing timing;
        DVFO_TRY(time_row(ctx, rows[i], settings->runs, &timing));
        found++;
        dvfo_table_text(table, rows[i]->name);
        dvfo_table_text(table, rows[i]->unit);
        dvfo_table_integer(table, (long long)timing.done);
        dvfo_table_integer(table, settings->runs);
        dvfo_table_number(table, timing.fastest_s, 4);
        dvfo_table_number(table, timing.done / timing.fastest_s, 4);
        dvfo_table_text(table, timing.answer);
        if (with_machine) {
            dvfo_table_text(table, machine);
            dvfo_table_text(table, compiler());
        }
    }
    return found > 0
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "no row '%s'; 'dvfo_micro' without --only runs all", settings->only);
}

int main(int argc, char **argv)
{
    dvfo_blas_kernel_choose(argv);
    gsl_set_error_handler_off();
    argp_err_exit_status = 2;
    struct dvfo_ctx ctx = {0};
    struct dvfo_table *table = NULL;
    struct settings settings = {.runs = 7, .format = "table"};
    dvfo_table_format format = DVFO_TABLE_TEXT;
    char machine[128];
    read_machine(machine, sizeof machine);

    dvfo_status status = dvfo_command_parse(&ctx, &argp, argc, argv, &settings);
    if (status == DVFO_OK) {
        status = dvfo_table_format_of(&ctx, settings.format, &format);
    }
    if (status == DVFO_OK) {
        /* for people the machine is a line above the table, for programs it is in every row */
        const bool with_machine = format != DVFO_TABLE_TEXT;
        const char *names[] = {"row",       "unit",       "done",   "runs",
                               "fastest_s", "per_second", "answer", with_machine ? "machine" : NULL,
                               "compiler",  NULL};
        status = dvfo_table_create(&ctx, names, &table);
        if (status == DVFO_OK) {
            status = fill_table(&ctx, &settings, with_machine, machine, table);
        }
    }
    if (status == DVFO_OK) {
        if (format == DVFO_TABLE_TEXT) {
            printf("%s, one core, %s\n", machine, compiler());
        }
        status = dvfo_table_print(&ctx, table, format, stdout);
    }
    if (status != DVFO_OK) {
        fprintf(stderr, "dvfo_micro: %s\n", ctx.message);
    }
    dvfo_table_free(table);
    return dvfo_status_exit_code(status);
}
