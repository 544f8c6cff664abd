/* dvfo board info: which board this is, what its clocks, rails and sensors say, and what is missing. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "bench/board_verbs.h"
#include "bench/table.h"
#include "profiles/hardware/control.h"
#include "sim/base/units.h"

/* As typed; borrowed from argv. */
struct options {
    const char *root, *board, *format;
};

enum { KEY_ROOT = 256, KEY_BOARD, KEY_FORMAT };

static const struct argp_option options_of_info[] = {
    {"root", KEY_ROOT, "DIR", 0, DVFO_BOARD_ROOT_TEXT, 0},
    {"board", KEY_BOARD, "NAME", 0, DVFO_BOARD_NAME_TEXT, 0},
    {"format", KEY_FORMAT, "F", 0, "table (default), csv or json", 0},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    const char **const fields[] = {&options->root, &options->board, &options->format};
    if (key >= KEY_ROOT && key <= KEY_FORMAT) {
        *fields[key - KEY_ROOT] = text;
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
    .options = options_of_info,
    .parser = parse_option,
    .doc = "Tell which board this is and what it offers. Only reads; some clocks are told to root only."
           "\v"
           "Examples:\n"
           "  dvfo board info\n"
           "  dvfo board info --root copy-of-a-tree/ --format json\n",
};

/* "114.75 216.75 ..." */
static void write_levels(const double level_hz[], size_t count, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, "%s%.10g", i > 0 ? " " : "", level_hz[i] / DVFO_HZ_PER_MHZ);
    }
}

static void add_row(struct dvfo_table *table, const char *item, double value, const char *unit, double lowest,
                    double highest, const char *governor, const char *choices)
{
    dvfo_table_text(table, item);
    dvfo_table_number(table, value, 5);
    dvfo_table_text(table, unit);
    dvfo_table_number(table, lowest, 6);
    dvfo_table_number(table, highest, 6);
    dvfo_table_text(table, governor);
    dvfo_table_text(table, choices);
}

/* The CPU core whose folder speaks for a policy: "cpu2". */
static void write_policy_name(const struct dvfo_scaler *policy, char name[DVFO_SYSFS_NAME_SIZE])
{
    const char *cpu = strstr(policy->folder, "/cpu/") + strlen("/cpu/");
    snprintf(name, DVFO_SYSFS_NAME_SIZE, "%.*s", (int)strcspn(cpu, "/"), cpu);
}

static void add_scaler(const struct dvfo_hardware *hardware, const struct dvfo_scaler *scaler, const char *name,
                       struct dvfo_table *table)
{
    struct dvfo_scaler_state state;
    char levels[512];
    write_levels(scaler->level_hz, scaler->level_count, levels, sizeof levels);
    if (dvfo_scaler_read(NULL, &hardware->sysfs, scaler, &state) == DVFO_OK) {
        add_row(table, name, state.measured_hz / DVFO_HZ_PER_MHZ, "MHz", state.lowest_hz / DVFO_HZ_PER_MHZ,
                state.highest_hz / DVFO_HZ_PER_MHZ, state.governor, levels);
    } else {
        add_row(table, name, NAN, "MHz", NAN, NAN, "", levels);
    }
}

static void add_memory(const struct dvfo_hardware *hardware, struct dvfo_table *table)
{
    double lowest_hz = 0.0, highest_hz = 0.0;
    char levels[512];
    const struct dvfo_hardware_clock *clock = &hardware->clock[DVFO_MEM];
    write_levels(clock->level_hz, clock->level_count, levels, sizeof levels);
    dvfo_emc_range(&hardware->sysfs, hardware->emc, &lowest_hz, &highest_hz);
    highest_hz = fmin(highest_hz, dvfo_emc_cap_hz(&hardware->sysfs, hardware->emc));
    add_row(table, "mem", dvfo_hardware_clocks(hardware).hz[DVFO_MEM] / DVFO_HZ_PER_MHZ, "MHz",
            lowest_hz > 0.0 ? lowest_hz / DVFO_HZ_PER_MHZ : (double)NAN,
            isfinite(highest_hz) ? highest_hz / DVFO_HZ_PER_MHZ : (double)NAN, hardware->emc->name, levels);
}

static void fill_clocks(const struct dvfo_hardware *hardware, struct dvfo_table *table)
{
    char name[DVFO_SYSFS_NAME_SIZE];
    for (size_t i = 0; i < hardware->policy_count; i++) {
        write_policy_name(&hardware->policy[i], name);
        add_scaler(hardware, &hardware->policy[i], name, table);
    }
    if (hardware->clock[DVFO_GPU].level_count > 0) {
        add_scaler(hardware, &hardware->gpu, "gpu", table);
    }
    if (hardware->emc != NULL) {
        add_memory(hardware, table);
    }
}

/* @param whole  rows of the clocks' table, their last columns empty */
static void add_sensor(struct dvfo_table *table, bool whole, const char *name, double value, const char *unit)
{
    if (whole) {
        add_row(table, name, value, unit, NAN, NAN, "", "");
        return;
    }
    dvfo_table_text(table, name);
    dvfo_table_number(table, value, 4);
    dvfo_table_text(table, unit);
}

static void fill_sensors(const struct dvfo_hardware *hardware, bool whole, struct dvfo_table *table)
{
    for (size_t i = 0; i < hardware->rail_count; i++) {
        double power_w = NAN;
        (void)dvfo_rails_read(NULL, &hardware->sysfs, &hardware->rail[i], &power_w);
        add_sensor(table, whole, hardware->rail[i].name, power_w, "W");
    }
    for (size_t i = 0; i < hardware->zone_count; i++) {
        add_sensor(table, whole, hardware->zone[i].name, dvfo_hardware_temperature_c(hardware, i), "C");
    }
}

static void print_heading(const struct dvfo_hardware *hardware)
{
    printf("%s (%s)", hardware->type->name,
           hardware->model[0] != '\0'            ? hardware->model
           : hardware->type->module_rail == NULL ? "no Jetson"
                                                 : "told by its GPU");
    if (hardware->jetpack > 0) {
        printf(", JetPack %d", hardware->jetpack);
    }
    printf("%s%s", hardware->release[0] != '\0' ? ", L4T " : "", hardware->release);
    printf("%s%s", hardware->power_mode[0] != '\0' ? ", power mode " : "", hardware->power_mode);
    printf(", %d of %d cores on\n\n", hardware->cpu_online, hardware->cpu_count);
}

/* One line for each thing that isn't there, and what that prevents. @return how many */
static size_t print_missing(const struct dvfo_hardware *hardware, FILE *file)
{
    static const char *const called[DVFO_DOMAINS] = {"CPU", "GPU", "memory"};
    size_t lines = 0;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        if (hardware->clock[d].level_count == 0) {
            lines++;
            fprintf(file, "the %s clock can't be set (no --%s): %s\n", called[d], dvfo_domain_name((dvfo_domain)d),
                    hardware->clock[d].missing);
        }
    }
    if (hardware->type->module_rail != NULL && hardware->module_rail == NULL) {
        lines++;
        fprintf(file, "no rail %s: the power of the whole module can't be measured\n", hardware->type->module_rail);
    }
    for (size_t i = 0; hardware->type->rails[i] != NULL; i++) {
        bool found = false;
        for (size_t r = 0; r < hardware->rail_count; r++) {
            found = found || strcmp(hardware->rail[r].name, hardware->type->rails[i]) == 0;
        }
        if (!found) {
            lines++;
            fprintf(file, "no rail %s: its power can't be measured\n", hardware->type->rails[i]);
        }
    }
    if (hardware->sysfs.root[0] == '\0' && geteuid() != 0) {
        lines++;
        fprintf(file, "not root: clocks can't be set; run with sudo\n");
    }
    if (dvfo_sysfs_exists(&hardware->sysfs, DVFO_CONTROL_FILE)) {
        lines++;
        fprintf(file,
                "clocks are set by dvfo; 'dvfo board set --restore' gives back what was before, if nothing runs\n");
    }
    return lines;
}

/* Two tables for people, one for programs. */
static dvfo_status print_tables(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware, dvfo_table_format format)
{
    static const char *const columns[] = {"item", "value", "unit", "lowest", "highest", "governor", "choices", NULL};
    static const char *const sensors[] = {"sensor", "value", "unit", NULL};
    struct dvfo_table *table = NULL;
    const bool text = format == DVFO_TABLE_TEXT;
    DVFO_TRY(dvfo_table_create(ctx, columns, &table));
    fill_clocks(hardware, table);
    if (!text) {
        fill_sensors(hardware, true, table);
    }
    dvfo_status status = dvfo_table_print(ctx, table, format, stdout);
    dvfo_table_free(table);
    if (status != DVFO_OK || !text) {
        return status;
    }
    DVFO_TRY(dvfo_table_create(ctx, sensors, &table));
    fill_sensors(hardware, false, table);
    printf("\n");
    status = dvfo_table_print(ctx, table, format, stdout);
    dvfo_table_free(table);
    return status;
}

static dvfo_status print(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware, dvfo_table_format format)
{
    const bool text = format == DVFO_TABLE_TEXT;
    if (text) {
        print_heading(hardware);
    }
    DVFO_TRY(print_tables(ctx, hardware, format));
    if (text) {
        printf("\n");
    }
    if (print_missing(hardware, text ? stdout : stderr) == 0 && text) {
        printf("nothing is missing\n");
    }
    return DVFO_OK;
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct options options = {.format = "table"};
    dvfo_table_format format = DVFO_TABLE_TEXT;
    struct dvfo_hardware *hardware = NULL;
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &options));
    DVFO_TRY(dvfo_table_format_of(ctx, options.format, &format));
    DVFO_TRY(dvfo_board_open(ctx, options.root, options.board, &hardware));
    const dvfo_status status = print(ctx, hardware, format);
    dvfo_hardware_free(hardware);
    return status;
}

const struct dvfo_command dvfo_board_info = {"info", "which board this is, what it offers, what is missing", run};
