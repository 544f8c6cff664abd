#include "profiles/calibrate/measurement.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profiles/calibrate/csv.h"
#include "sim/base/output.h"
#include "sim/base/units.h"

#define POINT_COLUMNS                                                                                                  \
    "board,runtime,precision,network,input_px,batch,cpu_cores,cpu_mhz,gpu_mhz,mem_mhz,latency_ms,power_mw"
#define RAIL_COLUMNS                                                                                                   \
    "board,runtime,precision,network,input_px,cpu_mhz,gpu_mhz,mem_mhz,cpu_busy,gpu_busy,mem_busy,period_ms,rail,"      \
    "power_mw,samples"

/* Bounds that only catch slips: a clock in Hz, a power in W. */
#define MAX_MHZ 10000.0
#define MAX_MS 1e7
#define MAX_MW 1e6
#define MAX_PX 100000.0

static const char *const clock_columns[DVFO_DOMAINS] = {"cpu_mhz", "gpu_mhz", "mem_mhz"};
static const char *const busy_columns[DVFO_DOMAINS] = {"cpu_busy", "gpu_busy", "mem_busy"};

struct dvfo_measurement dvfo_measurement_default(void)
{
    return (struct dvfo_measurement){.batch = 1,
                                     .clocks = {{NAN, NAN, NAN}},
                                     .latency_s = NAN,
                                     .power_w = NAN,
                                     .busy = {NAN, NAN, NAN},
                                     .period_s = NAN,
                                     .samples = NAN};
}

dvfo_status dvfo_measurements_add(struct dvfo_ctx *ctx, struct dvfo_measurements *measurements,
                                  const struct dvfo_measurement *row)
{
    if (measurements->n == measurements->capacity) {
        const size_t capacity = measurements->capacity == 0 ? 64 : 2 * measurements->capacity;
        struct dvfo_measurement *grown = realloc(measurements->row, capacity * sizeof *grown);
        if (grown == NULL) {
            return dvfo_fail_no_memory(ctx);
        }
        measurements->row = grown;
        measurements->capacity = capacity;
    }
    measurements->row[measurements->n++] = *row;
    return DVFO_OK;
}

void dvfo_measurements_free(struct dvfo_measurements *measurements)
{
    free(measurements->row);
    *measurements = (struct dvfo_measurements){0};
}

static dvfo_status read_name(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, const char *column, bool needed,
                             char out[DVFO_MEASUREMENT_NAME_SIZE])
{
    const char *text = dvfo_csv_text(csv, column);
    if (needed && text[0] == '\0') {
        return dvfo_csv_fail(ctx, csv, "'%s' is empty, expected a name", column);
    }
    if (strlen(text) >= DVFO_MEASUREMENT_NAME_SIZE) {
        return dvfo_csv_fail(ctx, csv, "'%s' is '%.60s', expected at most %d characters", column, text,
                             DVFO_MEASUREMENT_NAME_SIZE - 1);
    }
    strcpy(out, text);
    return DVFO_OK;
}

/* A whole number that may be empty. */
static dvfo_status read_whole(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, const char *column, double min,
                              double max, long otherwise, long *out)
{
    double value = 0.0;
    DVFO_TRY(dvfo_csv_number(ctx, csv, column, min, max, &value));
    if (!isnan(value) && value != floor(value)) {
        return dvfo_csv_fail(ctx, csv, "'%s' is %g, expected a whole number", column, value);
    }
    *out = isnan(value) ? otherwise : (long)value;
    return DVFO_OK;
}

/* What both forms share: who ran what at which clocks. */
static dvfo_status read_subject(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, bool network_needed,
                                struct dvfo_measurement *row)
{
    *row = dvfo_measurement_default();
    row->line = csv->lines.number;
    DVFO_TRY(read_name(ctx, csv, "board", true, row->board));
    DVFO_TRY(read_name(ctx, csv, "runtime", network_needed, row->runtime));
    DVFO_TRY(read_name(ctx, csv, "precision", network_needed, row->precision));
    DVFO_TRY(read_name(ctx, csv, "network", network_needed, row->network));
    DVFO_TRY(read_whole(ctx, csv, "input_px", 0.0, MAX_PX, 0, &row->input_px));
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        DVFO_TRY(dvfo_csv_number(ctx, csv, clock_columns[d], 1e-3, MAX_MHZ, &row->clocks.hz[d]));
        row->clocks.hz[d] = round(row->clocks.hz[d] * DVFO_HZ_PER_MHZ);
    }
    DVFO_TRY(dvfo_csv_number(ctx, csv, "power_mw", 1e-3, MAX_MW, &row->power_w));
    row->power_w *= DVFO_W_PER_MW;
    return DVFO_OK;
}

static dvfo_status read_point(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, struct dvfo_measurement *row)
{
    long batch = 1, cores = 0;
    DVFO_TRY(read_subject(ctx, csv, true, row));
    DVFO_TRY(read_whole(ctx, csv, "batch", 1.0, 1e6, 1, &batch));
    DVFO_TRY(read_whole(ctx, csv, "cpu_cores", 0.0, 1024.0, 0, &cores));
    row->batch = (int)batch;
    row->cpu_cores = (int)cores;
    DVFO_TRY(dvfo_csv_number(ctx, csv, "latency_ms", 1e-6, MAX_MS, &row->latency_s));
    row->latency_s *= DVFO_S_PER_MS;
    return DVFO_OK;
}

static dvfo_status read_rail_state(struct dvfo_ctx *ctx, const struct dvfo_csv *csv, struct dvfo_measurement *row)
{
    DVFO_TRY(read_subject(ctx, csv, false, row));
    DVFO_TRY(read_name(ctx, csv, "rail", true, row->rail));
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        DVFO_TRY(dvfo_csv_number(ctx, csv, busy_columns[d], 0.0, 64.0, &row->busy[d]));
    }
    DVFO_TRY(dvfo_csv_number(ctx, csv, "period_ms", 1e-6, MAX_MS, &row->period_s));
    row->period_s *= DVFO_S_PER_MS;
    return dvfo_csv_number(ctx, csv, "samples", 0.0, 1e12, &row->samples);
}

static dvfo_status read_rows(struct dvfo_ctx *ctx, struct dvfo_csv *csv, bool rails,
                             struct dvfo_measurements *measurements)
{
    bool more = true;
    for (;;) {
        DVFO_TRY(dvfo_csv_next(ctx, csv, &more));
        if (!more) {
            return DVFO_OK;
        }
        struct dvfo_measurement row;
        DVFO_TRY(rails ? read_rail_state(ctx, csv, &row) : read_point(ctx, csv, &row));
        DVFO_TRY(dvfo_measurements_add(ctx, measurements, &row));
    }
}

static const char *const point_needs[] = {"board",   "runtime", "precision", "network",    "input_px", "batch",
                                          "cpu_mhz", "gpu_mhz", "mem_mhz",   "latency_ms", "power_mw", NULL};
static const char *const rail_needs[] = {"board",    "network",  "cpu_mhz", "gpu_mhz",  "mem_mhz", "cpu_busy",
                                         "gpu_busy", "mem_busy", "rail",    "power_mw", NULL};

static dvfo_status load(struct dvfo_ctx *ctx, const char *path, bool rails, struct dvfo_measurements *measurements)
{
    struct dvfo_csv csv;
    dvfo_status status = dvfo_csv_open(ctx, path, rails ? rail_needs : point_needs, &csv);
    if (status == DVFO_OK) {
        status = read_rows(ctx, &csv, rails, measurements);
    }
    dvfo_csv_close(&csv);
    return status;
}

dvfo_status dvfo_measurements_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_measurements *measurements)
{
    return load(ctx, path, false, measurements);
}

dvfo_status dvfo_measurements_load_rails(struct dvfo_ctx *ctx, const char *path, struct dvfo_measurements *measurements)
{
    return load(ctx, path, true, measurements);
}

dvfo_status dvfo_measurements_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                          bool rails, struct dvfo_measurements *measurements)
{
    struct dvfo_csv csv;
    dvfo_status status = dvfo_csv_from_memory(ctx, name, bytes, size, rails ? rail_needs : point_needs, &csv);
    if (status == DVFO_OK) {
        status = read_rows(ctx, &csv, rails, measurements);
    }
    dvfo_csv_close(&csv);
    return status;
}

/* A number of a column and the separator before it; nothing when not measured. */
static void write_number(FILE *file, double value)
{
    if (isnan(value)) {
        fputc(',', file);
    } else {
        fprintf(file, ",%.10g", value);
    }
}

static void write_whole(FILE *file, long value)
{
    if (value == 0) {
        fputc(',', file);
    } else {
        fprintf(file, ",%ld", value);
    }
}

static void write_row(FILE *file, const struct dvfo_measurement *row, bool rails)
{
    fprintf(file, "%s,%s,%s,%s", row->board, row->runtime, row->precision, row->network);
    write_whole(file, row->input_px);
    if (!rails) {
        write_whole(file, row->batch);
        write_whole(file, row->cpu_cores);
    }
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        write_number(file, row->clocks.hz[d] / DVFO_HZ_PER_MHZ);
    }
    if (rails) {
        for (int d = 0; d < DVFO_DOMAINS; d++) {
            write_number(file, row->busy[d]);
        }
        write_number(file, row->period_s / DVFO_S_PER_MS);
        fprintf(file, ",%s", row->rail);
    } else {
        write_number(file, row->latency_s / DVFO_S_PER_MS);
    }
    write_number(file, row->power_w / DVFO_W_PER_MW);
    if (rails) {
        write_number(file, row->samples);
    }
    fputc('\n', file);
}

dvfo_status dvfo_measurements_save(struct dvfo_ctx *ctx, const struct dvfo_measurements *measurements, bool rails,
                                   const char *path)
{
    struct dvfo_output output = {0};
    DVFO_TRY(dvfo_output_begin(ctx, path, &output));
    FILE *file = fopen(output.temporary, "w");
    dvfo_status status = DVFO_OK;
    if (file == NULL) {
        status = dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: cannot be written", path);
    } else {
        fputs(rails ? RAIL_COLUMNS "\n" : POINT_COLUMNS "\n", file);
        for (size_t i = 0; i < measurements->n; i++) {
            write_row(file, &measurements->row[i], rails);
        }
        status = dvfo_output_close(ctx, file, path);
    }
    status = status == DVFO_OK ? dvfo_output_commit(ctx, &output) : status;
    dvfo_output_abandon(&output);
    return status;
}

/* The rows as text, after the heading when `headed`; NULL when memory is out. */
static char *write_text(const struct dvfo_measurement rows[], size_t n, bool rails, bool headed, size_t *size)
{
    char *text = NULL;
    FILE *memory = open_memstream(&text, size);
    if (memory == NULL) {
        return NULL;
    }
    if (headed) {
        fputs(rails ? RAIL_COLUMNS "\n" : POINT_COLUMNS "\n", memory);
    }
    for (size_t i = 0; i < n; i++) {
        write_row(memory, &rows[i], rails);
    }
    if (fclose(memory) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static bool has_heading(int file, bool rails)
{
    static const char points[] = POINT_COLUMNS "\n", of_rails[] = RAIL_COLUMNS "\n";
    const char *heading = rails ? of_rails : points;
    char found[sizeof of_rails + sizeof points];
    const size_t size = strlen(heading);
    return pread(file, found, size, 0) == (ssize_t)size && memcmp(found, heading, size) == 0;
}

/* What doesn't fit whole is taken back. */
static dvfo_status append_text(struct dvfo_ctx *ctx, int file, off_t end, const char *text, size_t size,
                               const char *path)
{
    const ssize_t written = write(file, text, size);
    if (written == (ssize_t)size && fsync(file) == 0) {
        return DVFO_OK;
    }
    const bool part = written >= 0 && written < (ssize_t)size;
    const int reason = errno;
    const bool whole = ftruncate(file, end) == 0;
    return dvfo_fail(ctx, DVFO_FAILED, "%s: writing failed: %s%s", path, part ? "no space left" : strerror(reason),
                     whole ? "" : "; its last row is cut off");
}

dvfo_status dvfo_measurements_append(struct dvfo_ctx *ctx, const struct dvfo_measurement rows[], size_t n, bool rails,
                                     const char *path)
{
    struct stat info;
    const int file = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0 || fstat(file, &info) != 0) {
        return dvfo_fail(ctx, DVFO_FAILED, "%s: cannot be written: %s", path, strerror(errno));
    }
    dvfo_status status = DVFO_OK;
    const bool fresh = info.st_size == 0;
    if (!fresh && !has_heading(file, rails)) {
        status = dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:1: has other columns, expected %s", path,
                           rails ? RAIL_COLUMNS : POINT_COLUMNS);
    } else {
        size_t size = 0;
        char *text = write_text(rows, n, rails, fresh, &size);
        status = text != NULL ? append_text(ctx, file, info.st_size, text, size, path) : dvfo_fail_no_memory(ctx);
        free(text);
    }
    close(file);
    return status;
}
