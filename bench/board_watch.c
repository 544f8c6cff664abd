/* dvfo board watch: clocks, loads, rails and temperatures as they change. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "bench/board_verbs.h"
#include "bench/interrupt.h"
#include "bench/table.h"
#include "profiles/hardware/pace.h"
#include "sim/base/units.h"

/* As typed; borrowed from argv. */
struct options {
    const char *root, *board, *interval, *samples, *format;
};

enum { KEY_ROOT = 256, KEY_BOARD, KEY_INTERVAL, KEY_SAMPLES, KEY_FORMAT };

static const struct argp_option options_of_watch[] = {
    {"interval", KEY_INTERVAL, "S", 0, "between two rows (default 1)", 0},
    {"samples", KEY_SAMPLES, "N", 0, "end after so many rows (default: go on until Ctrl-C)", 0},
    {"format", KEY_FORMAT, "F", 0, "table (default), csv or json", 0},
    {"root", KEY_ROOT, "DIR", 0, DVFO_BOARD_ROOT_TEXT, 1},
    {"board", KEY_BOARD, "NAME", 0, DVFO_BOARD_NAME_TEXT, 1},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    const char **const fields[] = {&options->root, &options->board, &options->interval, &options->samples,
                                   &options->format};
    if (key >= KEY_ROOT && key <= KEY_FORMAT) {
        *fields[key - KEY_ROOT] = text;
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
    .options = options_of_watch,
    .parser = parse_option,
    .doc = "Print a row of readings per interval: clocks as measured [MHz], cores' worth of CPU work, load of the GPU "
           "(0 to 1), power of each rail [W], temperature of each zone [degree C]."
           "\v"
           "Examples:\n"
           "  sudo dvfo board watch\n"
           "  sudo dvfo board watch --interval 0.2 --samples 50 --format csv > idle.csv\n",
};

enum { MAX_COLUMNS = 1 + DVFO_DOMAINS + 2 + DVFO_RAILS_MAX + DVFO_HARDWARE_MAX_ZONES, NAME_SIZE = 48 };

/* One row; names stand still while values change. */
struct row {
    size_t n;
    char name[MAX_COLUMNS][NAME_SIZE];
    double value[MAX_COLUMNS];
};

static void name_columns(const struct dvfo_hardware *hardware, struct row *row)
{
    static const char *const first[] = {"time_s", "cpu_mhz", "gpu_mhz", "mem_mhz", "cpu_busy", "gpu_load"};
    row->n = 0;
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) {
        snprintf(row->name[row->n++], NAME_SIZE, "%s", first[i]);
    }
    for (size_t i = 0; i < hardware->rail_count; i++) {
        snprintf(row->name[row->n++], NAME_SIZE, "%s_w", hardware->rail[i].name);
    }
    for (size_t i = 0; i < hardware->zone_count; i++) {
        snprintf(row->name[row->n++], NAME_SIZE, "%s_c", hardware->zone[i].name);
    }
}

/* @param cpu  what /proc/stat counted at the row before; moved on */
static void read_row(const struct dvfo_hardware *hardware, double time_s, struct dvfo_cpu_time *cpu, struct row *row)
{
    const struct dvfo_clocks clocks = dvfo_hardware_clocks(hardware);
    const struct dvfo_cpu_time now = dvfo_hardware_cpu_time(hardware);
    size_t n = 0;
    row->value[n++] = time_s;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        row->value[n++] = clocks.hz[d] / DVFO_HZ_PER_MHZ;
    }
    row->value[n++] = dvfo_hardware_cpu_busy(hardware, *cpu, now);
    row->value[n++] = dvfo_hardware_gpu_load(hardware);
    for (size_t i = 0; i < hardware->rail_count; i++) {
        double power_w = NAN;
        const bool read = dvfo_rails_read(NULL, &hardware->sysfs, &hardware->rail[i], &power_w) == DVFO_OK;
        row->value[n++] = read ? power_w : (double)NAN;
    }
    for (size_t i = 0; i < hardware->zone_count; i++) {
        row->value[n++] = dvfo_hardware_temperature_c(hardware, i);
    }
    *cpu = now;
}

/* Rows come one by one, so that they can be followed: the columns of a table are as wide as their names. */
static int width_of(const char *name)
{
    return (int)fmax(8.0, (double)strlen(name));
}

static void print_names(const struct row *row, dvfo_table_format format)
{
    if (format == DVFO_TABLE_JSON) {
        putchar('[');
        return;
    }
    for (size_t i = 0; i < row->n; i++) {
        if (format == DVFO_TABLE_CSV) {
            printf("%s%s", i == 0 ? "" : ",", row->name[i]);
        } else {
            printf("%s%*s", i == 0 ? "" : "  ", width_of(row->name[i]), row->name[i]);
        }
    }
    putchar('\n');
}

/* What can't be read is empty, "-" in a table for people and null in JSON. */
static void print_value(const char *name, double value, bool first, dvfo_table_format format)
{
    char text[32] = "";
    if (!isnan(value)) {
        snprintf(text, sizeof text, format == DVFO_TABLE_TEXT ? "%.3f" : "%.10g", value);
    }
    if (format == DVFO_TABLE_JSON) {
        printf("%s\"%s\": %s", first ? "" : ", ", name, text[0] != '\0' ? text : "null");
    } else if (format == DVFO_TABLE_CSV) {
        printf("%s%s", first ? "" : ",", text);
    } else {
        printf("%s%*s", first ? "" : "  ", width_of(name), text[0] != '\0' ? text : "-");
    }
}

static void print_row(const struct row *row, bool first, dvfo_table_format format)
{
    if (format == DVFO_TABLE_JSON) {
        fputs(first ? "\n  {" : ",\n  {", stdout);
    }
    for (size_t i = 0; i < row->n; i++) {
        print_value(row->name[i], row->value[i], i == 0, format);
    }
    fputs(format == DVFO_TABLE_JSON ? "}" : "\n", stdout);
}

static dvfo_status flush(struct dvfo_ctx *ctx)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return DVFO_OK;
    }
    return errno == EPIPE ? dvfo_fail(ctx, DVFO_CLOSED_PIPE, "%s", dvfo_status_text(DVFO_CLOSED_PIPE))
                          : dvfo_fail(ctx, DVFO_FAILED, "standard output could not be written: %s", strerror(errno));
}

static dvfo_status watch(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware, double interval_s, long samples,
                         dvfo_table_format format)
{
    const volatile sig_atomic_t *stop = dvfo_interrupt_catch();
    const double begun_s = dvfo_pace_now_s();
    struct dvfo_cpu_time cpu = dvfo_hardware_cpu_time(hardware);
    struct row row;
    dvfo_status status = DVFO_OK;
    name_columns(hardware, &row);
    print_names(&row, format);
    for (long i = 0; status == DVFO_OK && (samples == 0 || i < samples); i++) {
        read_row(hardware, dvfo_pace_now_s() - begun_s, &cpu, &row);
        print_row(&row, i == 0, format);
        status = flush(ctx);
        const double next_s = begun_s + (double)(i + 1) * interval_s;
        const bool last = samples > 0 && i + 1 == samples;
        if (status == DVFO_OK && !last && !dvfo_pace_sleep(next_s - dvfo_pace_now_s(), stop)) {
            status = dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted");
        }
    }
    if (format == DVFO_TABLE_JSON && status != DVFO_CLOSED_PIPE) {
        fputs("\n]\n", stdout);
    }
    return status;
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct options options = {.format = "table"};
    struct dvfo_hardware *hardware = NULL;
    dvfo_table_format format = DVFO_TABLE_TEXT;
    double interval_s = 1.0;
    long samples = 0;
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &options));
    DVFO_TRY(dvfo_table_format_of(ctx, options.format, &format));
    if (format != DVFO_TABLE_CSV && format != DVFO_TABLE_JSON && format != DVFO_TABLE_TEXT) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--format is '%s', expected table, csv or json for rows as they come",
                         options.format);
    }
    DVFO_TRY(dvfo_board_number(ctx, "interval", options.interval, 0.01, 3600.0, &interval_s));
    DVFO_TRY(dvfo_board_whole(ctx, "samples", options.samples, 1, 1000000000, &samples));
    DVFO_TRY(dvfo_board_open(ctx, options.root, options.board, &hardware));
    const dvfo_status status = watch(ctx, hardware, interval_s, samples, format);
    dvfo_hardware_free(hardware);
    return status;
}

const struct dvfo_command dvfo_board_watch = {"watch", "clocks, loads, rails and temperatures as they change", run};
