#include "profiles/hardware/collect_setting.h"

#include <math.h>
#include <regex.h>
#include <string.h>
#include <unistd.h>

#include "profiles/hardware/child.h"
#include "profiles/hardware/collect_folder.h"
#include "profiles/hardware/pace.h"
#include "profiles/logs/trtexec.h"
#include "sim/base/text.h"
#include "sim/base/units.h"

#define LOOK_S 0.01
#define GRACE_S 2.0 /* between asking a command to end and ending it */

enum { MAX_LOG_BYTES = 64 << 20, VARIABLE_SIZE = 64 };

/* A run of the command. */
struct run {
    double wall_s;
    bool counted; /* the line from which power counts was seen, or none was asked for */
    struct dvfo_meter meter;
};

struct dvfo_measurement dvfo_collect_setting_row(const struct dvfo_hardware *hardware,
                                                 const struct dvfo_collect_def *def, const struct dvfo_clocks *setting)
{
    struct dvfo_measurement row = dvfo_measurement_default();
    snprintf(row.board, sizeof row.board, "%s", hardware->type->name);
    snprintf(row.runtime, sizeof row.runtime, "%s", def->runtime != NULL ? def->runtime : "");
    snprintf(row.precision, sizeof row.precision, "%s", def->precision != NULL ? def->precision : "");
    snprintf(row.network, sizeof row.network, "%s", def->network != NULL ? def->network : "");
    row.input_px = def->input_px;
    row.batch = (int)def->batch;
    row.cpu_cores = hardware->cpu_online;
    row.clocks = *setting;
    return row;
}

char *dvfo_collect_setting_command(const char *command, const char *out)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (file == NULL) {
        return NULL;
    }
    for (const char *mark = strstr(command, "{out}"); mark != NULL; mark = strstr(command, "{out}")) {
        fprintf(file, "%.*s%s", (int)(mark - command), command, out);
        command = mark + strlen("{out}");
    }
    fputs(command, file);
    if (fclose(file) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* Has the log said `text` since *from? A text may be cut by the end of what is there so far. */
static bool log_says(const char *path, const char *text, long *from)
{
    char part[65536];
    FILE *file = fopen(path, "rb");
    size_t got = 0;
    if (file != NULL && fseek(file, *from, SEEK_SET) == 0) {
        got = fread(part, 1, sizeof part - 1, file);
    }
    if (file != NULL) {
        fclose(file);
    }
    for (size_t i = 0; i < got; i++) { /* so that strstr sees all */
        part[i] = part[i] == '\0' ? ' ' : part[i];
    }
    part[got] = '\0';
    const size_t overlap = strlen(text) - 1;
    *from += got > overlap ? (long)(got - overlap) : 0;
    return strstr(part, text) != NULL;
}

/* Sample until `ended` says so. */
static dvfo_status watch_child(struct dvfo_ctx *ctx, const struct dvfo_collect_def *def, const char *log,
                               struct dvfo_child *child, struct run *run)
{
    double next_s = child->begun_s;
    long read_up_to = 0;
    while (!dvfo_child_poll(child)) {
        const double now_s = dvfo_pace_now_s();
        if (now_s - child->begun_s > def->timeout_s) {
            return dvfo_fail(ctx, DVFO_FAILED, "the command was ended after %g s (--timeout)", def->timeout_s);
        }
        if (!run->counted && log_says(log, def->power_line, &read_up_to)) {
            run->counted = true;
            run->meter = dvfo_meter_begin(run->meter.hardware);
            next_s = now_s;
        }
        if (now_s >= next_s) {
            DVFO_TRY(dvfo_meter_read(ctx, &run->meter));
            next_s = now_s + def->sample_s;
        }
        if (!dvfo_pace_sleep(LOOK_S, def->stop)) {
            return dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted");
        }
    }
    run->wall_s = child->ended_s - child->begun_s;
    return DVFO_OK;
}

/* The last line of a log that isn't blank; "" when there is none. */
static void read_last_line(const char *path, char line[160])
{
    struct dvfo_text text = {0};
    line[0] = '\0';
    if (dvfo_text_load(NULL, path, MAX_LOG_BYTES, &text) == DVFO_OK) {
        struct dvfo_lines lines = dvfo_lines_of(&text);
        for (const char *next = dvfo_lines_next(&lines); next != NULL; next = dvfo_lines_next(&lines)) {
            if (next[strspn(next, " \t")] != '\0') {
                snprintf(line, 160, "%s", next);
            }
        }
    }
    dvfo_text_free(&text);
}

static dvfo_status check_end(struct dvfo_ctx *ctx, const struct dvfo_child *child, const char *log)
{
    char how[48], line[160];
    if (child->code == 0) {
        return DVFO_OK;
    }
    snprintf(how, sizeof how, child->signal != 0 ? "was ended by signal %d" : "ended with exit code %d",
             child->signal != 0 ? child->signal : child->code);
    read_last_line(log, line);
    return dvfo_fail(ctx, DVFO_FAILED, "the command %s%s%s%s", how, line[0] != '\0' ? ", saying '" : "", line,
                     line[0] != '\0' ? "'" : "");
}

static dvfo_status run_command(struct dvfo_ctx *ctx, const struct dvfo_collect_def *def, const char *out,
                               const char *log, const struct dvfo_clocks *setting, struct run *run)
{
    struct dvfo_child child;
    char mhz[DVFO_DOMAINS][VARIABLE_SIZE], path[DVFO_PATH_SIZE + 16];
    static const char *const names[DVFO_DOMAINS] = {"DVFO_CPU_MHZ", "DVFO_GPU_MHZ", "DVFO_MEM_MHZ"};
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        const bool left = isnan(setting->hz[d]);
        snprintf(mhz[d], sizeof mhz[d], "%s=%.*g", names[d], left ? 1 : 10,
                 left ? 0.0 : setting->hz[d] / DVFO_HZ_PER_MHZ);
    }
    snprintf(path, sizeof path, "DVFO_OUT=%s", out);
    const char *const variables[] = {mhz[DVFO_CPU], mhz[DVFO_GPU], mhz[DVFO_MEM], path, NULL};
    char *command = dvfo_collect_setting_command(def->command, out);
    if (command == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    dvfo_status status = dvfo_child_start(ctx, command, log, variables, &child);
    if (status == DVFO_OK) {
        status = watch_child(ctx, def, log, &child, run);
        dvfo_child_end(&child, GRACE_S);
        status = status == DVFO_OK ? check_end(ctx, &child, log) : status;
    }
    free(command);
    return status;
}

/* Without a command: the board as it is. */
static dvfo_status watch_board(struct dvfo_ctx *ctx, const struct dvfo_collect_def *def, struct run *run)
{
    const double begun_s = dvfo_pace_now_s();
    for (double left_s = def->seconds; left_s > 0.0; left_s = begun_s + def->seconds - dvfo_pace_now_s()) {
        DVFO_TRY(dvfo_meter_read(ctx, &run->meter));
        if (!dvfo_pace_sleep(fmin(left_s, def->sample_s), def->stop)) {
            return dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted");
        }
    }
    return dvfo_meter_read(ctx, &run->meter);
}

/* The last match of the expression's group. */
static dvfo_status read_latency_line(struct dvfo_ctx *ctx, const char *pattern, const char *log, double *latency_s)
{
    regex_t expression;
    struct dvfo_text text = {0};
    DVFO_REQUIRE(regcomp(&expression, pattern, REG_EXTENDED) == 0); /* checked before the sweep began */
    dvfo_status status = dvfo_text_load(ctx, log, MAX_LOG_BYTES, &text);
    struct dvfo_lines lines = dvfo_lines_of(&text);
    *latency_s = NAN;
    for (const char *line = NULL; status == DVFO_OK && (line = dvfo_lines_next(&lines)) != NULL;) {
        regmatch_t match[2];
        double ms = 0.0;
        if (regexec(&expression, line, 2, match, 0) != 0 || match[1].rm_so < 0) {
            continue;
        }
        const char *end = NULL;
        if (!dvfo_text_number(line + match[1].rm_so, &end, &ms) || end != line + match[1].rm_eo) {
            status = dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: '%.*s' is no latency in ms", log, lines.number,
                               (int)(match[1].rm_eo - match[1].rm_so), line + match[1].rm_so);
        }
        *latency_s = ms * DVFO_S_PER_MS;
    }
    if (status == DVFO_OK && isnan(*latency_s)) {
        status = dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: has no line like '%s'", log, pattern);
    }
    dvfo_text_free(&text);
    regfree(&expression);
    return status;
}

static dvfo_status read_times(struct dvfo_ctx *ctx, const char *path, double *latency_s)
{
    struct dvfo_trtexec_times *times = NULL;
    DVFO_TRY(dvfo_trtexec_times_load(ctx, path, &times));
    *latency_s = times->latency_s;
    dvfo_trtexec_times_free(times);
    return DVFO_OK;
}

/* A request can't take longer than the run that it was part of: units mistaken by 1000 are caught here. */
static dvfo_status check_latency(struct dvfo_ctx *ctx, double latency_s, double wall_s)
{
    if (isnan(latency_s) || (latency_s > 0.0 && latency_s <= wall_s)) {
        return DVFO_OK;
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT,
                     "the latency is %g ms, but the whole command took %g ms; is it in another unit than ms?",
                     latency_s / DVFO_S_PER_MS, wall_s / DVFO_S_PER_MS);
}

static dvfo_status find_latency(struct dvfo_ctx *ctx, const struct dvfo_collect_def *def, const char *times,
                                const char *log, double wall_s, double *latency_s)
{
    *latency_s = NAN;
    if (access(times, F_OK) == 0) {
        DVFO_TRY(read_times(ctx, times, latency_s));
    } else if (def->latency_line != NULL) {
        DVFO_TRY(read_latency_line(ctx, def->latency_line, log, latency_s));
    } else if (def->runs > 0) {
        *latency_s = wall_s / (double)def->runs;
    }
    return check_latency(ctx, *latency_s, wall_s);
}

static void add_rail(struct dvfo_collect_reading *out, const struct dvfo_meter *meter, const char *name)
{
    const struct dvfo_mean *mean = dvfo_meter_rail(meter, name);
    if (mean == NULL || mean->n == 0 || mean->mean <= 0.0) {
        return;
    }
    struct dvfo_measurement *row = &out->rail[out->rail_count++];
    *row = out->point;
    row->latency_s = NAN;
    snprintf(row->rail, sizeof row->rail, "%s", name);
    row->power_w = mean->mean;
    row->samples = (double)mean->n;
    row->busy[DVFO_CPU] = meter->cpu_busy;
    row->busy[DVFO_GPU] = dvfo_mean_of(&meter->gpu_load);
}

/* Rails of the board's own; monitors of the carrier board are not among them. */
static void add_power(struct dvfo_collect_reading *out, const struct dvfo_meter *meter)
{
    const struct dvfo_hardware_type *type = meter->hardware->type;
    add_rail(out, meter, type->module_rail);
    for (size_t i = 0; type->rails[i] != NULL; i++) {
        add_rail(out, meter, type->rails[i]);
    }
    const struct dvfo_mean *module = dvfo_meter_rail(meter, type->module_rail);
    const bool told = module != NULL && module->n > 0 && module->mean > 0.0;
    out->point.power_w = told ? module->mean : (double)NAN;
    out->power_spread_w = told ? dvfo_mean_spread(module) : (double)NAN;
}

static void show(const struct dvfo_collect_def *def, const char *out)
{
    char *command = def->command != NULL ? dvfo_collect_setting_command(def->command, out) : NULL;
    if (command != NULL) {
        fprintf(def->show, "%s\n", command);
    } else {
        fprintf(def->show, "sleep %g\n", def->seconds);
    }
    free(command);
}

/* Run and read, at clocks that hold. */
static dvfo_status measure_here(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware,
                                const struct dvfo_collect_def *def, const struct dvfo_clocks *setting, struct run *run,
                                struct dvfo_collect_reading *out)
{
    char name[DVFO_SWEEP_NAME_SIZE], stem[DVFO_PATH_SIZE], log[DVFO_PATH_SIZE], times[DVFO_PATH_SIZE];
    char layers[DVFO_PATH_SIZE];
    dvfo_sweep_name(setting, name);
    DVFO_TRY(dvfo_collect_folder_path(ctx, def, name, "", stem));
    DVFO_TRY(dvfo_collect_folder_path(ctx, def, name, ".log", log));
    DVFO_TRY(dvfo_collect_folder_path(ctx, def, name, ".times.json", times));
    DVFO_TRY(dvfo_collect_folder_path(ctx, def, name, ".json", layers));
    if (def->show != NULL) {
        show(def, stem);
        return DVFO_OK;
    }
    *run =
        (struct run){.counted = def->command == NULL || def->power_line == NULL, .meter = dvfo_meter_begin(hardware)};
    if (def->command == NULL) {
        return watch_board(ctx, def, run);
    }
    (void)unlink(times); /* of a run that failed: not to be taken for this one's */
    (void)unlink(layers);
    DVFO_TRY(run_command(ctx, def, stem, log, setting, run));
    out->profile = access(layers, F_OK) == 0;
    return find_latency(ctx, def, times, log, run->wall_s, &out->point.latency_s);
}

dvfo_status dvfo_collect_setting_measure(struct dvfo_ctx *ctx, struct dvfo_control *control,
                                         const struct dvfo_collect_def *def, const struct dvfo_clocks *setting,
                                         struct dvfo_collect_reading *out)
{
    struct run run;
    *out = (struct dvfo_collect_reading){.point = dvfo_collect_setting_row(control->hardware, def, setting)};
    DVFO_TRY(dvfo_control_set(ctx, control, setting));
    if (def->show == NULL && !dvfo_pace_sleep(def->settle_s, def->stop)) {
        return dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted");
    }
    DVFO_TRY(measure_here(ctx, control->hardware, def, setting, &run, out));
    if (def->show != NULL) {
        return DVFO_OK;
    }
    DVFO_TRY(dvfo_control_holds(ctx, control, setting));
    if (run.counted) {
        add_power(out, &run.meter);
    } else {
        dvfo_note(ctx, "the command never said '%s': its power is left empty", def->power_line);
    }
    return isnan(out->point.latency_s) && out->rail_count == 0
               ? dvfo_fail(ctx, DVFO_FAILED, "neither a latency nor a power was measured")
               : DVFO_OK;
}
