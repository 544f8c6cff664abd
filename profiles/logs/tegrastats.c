#include "profiles/logs/tegrastats.h"

#include <math.h>
#include <string.h>

#include "profiles/logs/tegrastats_line.h"

enum { MAX_LOG_BYTES = 64 << 20, SAMPLES_AT_FIRST = 64 };

/* A log that is being read. */
struct reader {
    struct dvfo_tegrastats *log;
    double interval_s;
    double start_s;   /* date of the first sample */
    double date_s;    /* of the latest */
    size_t same_date; /* samples that carry it: dates are whole seconds, intervals may be shorter */
    size_t capacity;
};

static dvfo_status fail_at(struct dvfo_ctx *ctx, const struct reader *reader, int line, const char *problem)
{
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: %s", reader->log->name, line, problem);
}

/* What a line lacks beside those before it; false when it is like them. */
static bool differs(const struct reader *reader, struct dvfo_tegrastats_line *line)
{
    const struct dvfo_tegrastats *log = reader->log;
    const size_t size = sizeof line->problem;
    if (log->n > 0 && line->cores != log->cores) {
        snprintf(line->problem, size, "lists %zu cores, expected %zu as before", line->cores, log->cores);
    } else if (log->n > 0 && isnan(line->date_s) == log->dated) {
        snprintf(line->problem, size, "has %s date, expected %s as before", log->dated ? "no" : "a",
                 log->dated ? "one" : "none");
    } else {
        for (size_t i = 0; i < log->rails && line->problem[0] == '\0'; i++) {
            const bool late = log->n > 0 && isnan(log->sample[log->n - 1].rail_w[i]);
            if (late || isnan(line->sample.rail_w[i])) {
                snprintf(line->problem, size, "%s the rail %s, expected the same rails in every line",
                         late ? "is the first with" : "ends before", log->rail[i]);
            }
        }
    }
    return line->problem[0] != '\0';
}

/* Samples of one and the same second are spread over it when the next second begins; until then they share it. */
static void spread(struct reader *reader)
{
    struct dvfo_tegrastats *log = reader->log;
    for (size_t k = 0; k < reader->same_date; k++) {
        log->sample[log->n - reader->same_date + k].time_s += (double)k / (double)reader->same_date;
    }
}

static bool set_time(struct reader *reader, struct dvfo_tegrastats_line *line)
{
    struct dvfo_tegrastats *log = reader->log;
    if (!log->dated) {
        line->sample.time_s = (double)log->n * reader->interval_s;
        return true;
    }
    if (log->n > 0 && line->date_s < reader->date_s) {
        snprintf(line->problem, sizeof line->problem, "is %g s earlier than the line before, expected time to go on",
                 reader->date_s - line->date_s);
        return false;
    }
    if (log->n == 0 || line->date_s > reader->date_s) {
        spread(reader);
        reader->same_date = 0;
    }
    reader->start_s = log->n == 0 ? line->date_s : reader->start_s;
    reader->date_s = line->date_s;
    line->sample.time_s = line->date_s - reader->start_s;
    reader->same_date++;
    return true;
}

static dvfo_status keep(struct dvfo_ctx *ctx, struct reader *reader, const struct dvfo_tegrastats_line *line)
{
    struct dvfo_tegrastats *log = reader->log;
    if (log->n == reader->capacity) {
        const size_t capacity = reader->capacity == 0 ? SAMPLES_AT_FIRST : 2 * reader->capacity;
        struct dvfo_tegrastats_sample *grown = realloc(log->sample, capacity * sizeof *grown);
        if (grown == NULL) {
            return dvfo_fail_no_memory(ctx);
        }
        log->sample = grown;
        reader->capacity = capacity;
    }
    log->sample[log->n++] = line->sample;
    log->cores = line->cores;
    return DVFO_OK;
}

/* One line. `*cut` tells that it can't be used, with the reason in line->problem. */
static dvfo_status read_line(struct dvfo_ctx *ctx, struct reader *reader, const char *text, int number,
                             struct dvfo_tegrastats_line *line, bool *cut)
{
    struct dvfo_tegrastats *log = reader->log;
    const size_t rails = log->rails, sensors = log->sensors;
    const bool whole = dvfo_tegrastats_line_read(text, log, line);
    line->sample.line = number;
    if (whole && log->n == 0) {
        log->dated = !isnan(line->date_s);
    }
    *cut = !whole || differs(reader, line) || !set_time(reader, line);
    if (*cut) {
        log->rails = rails; /* names that only this line has are forgotten with it */
        log->sensors = sensors;
        return DVFO_OK;
    }
    return keep(ctx, reader, line);
}

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t")] == '\0';
}

static char *next_line(struct dvfo_lines *lines)
{
    char *line = dvfo_lines_next(lines);
    while (line != NULL && is_blank(line)) {
        line = dvfo_lines_next(lines);
    }
    return line;
}

/* All lines; one that can't be used is an error unless it is the last. */
static dvfo_status read_lines(struct dvfo_ctx *ctx, struct reader *reader, struct dvfo_text *text)
{
    struct dvfo_lines lines = dvfo_lines_of(text);
    struct dvfo_tegrastats_line line;
    for (const char *s = next_line(&lines); s != NULL;) {
        bool cut = false;
        const int number = lines.number;
        DVFO_TRY(read_line(ctx, reader, s, number, &line, &cut));
        s = next_line(&lines);
        if (cut && (s != NULL || reader->log->n == 0)) {
            return fail_at(ctx, reader, number, line.problem);
        }
        if (cut) {
            dvfo_note(ctx, "%s:%d: the last line %s; it is cut off and left out", reader->log->name, number,
                      line.problem);
        }
    }
    spread(reader);
    return reader->log->n > 0
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: holds no line, expected a log of tegrastats", reader->log->name);
}

static dvfo_status check_interval(struct dvfo_ctx *ctx, double interval_s)
{
    if (interval_s >= 0.01 && interval_s <= 60.0) {
        return DVFO_OK;
    }
    const bool slip = interval_s >= 10.0 && interval_s <= 60000.0;
    return slip
               ? dvfo_fail(ctx, DVFO_BAD_INPUT, "the interval of tegrastats is %g s, expected 0.01 to 60; %g ms are %g",
                           interval_s, interval_s, interval_s / 1000.0)
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "the interval of tegrastats is %g s, expected 0.01 to 60", interval_s);
}

/* `text` is used up. */
static dvfo_status read_log(struct dvfo_ctx *ctx, struct dvfo_text *text, double interval_s,
                            struct dvfo_tegrastats **out)
{
    *out = NULL;
    DVFO_TRY(check_interval(ctx, interval_s));
    struct dvfo_tegrastats *log = calloc(1, sizeof *log);
    if (log == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    struct reader reader = {.log = log, .interval_s = interval_s};
    memcpy(log->sha256, text->sha256, sizeof log->sha256);
    log->name = dvfo_text_copy(text->name);
    const dvfo_status status = log->name == NULL ? dvfo_fail_no_memory(ctx) : read_lines(ctx, &reader, text);
    if (status != DVFO_OK) {
        dvfo_tegrastats_free(log);
        return status;
    }
    *out = log;
    return DVFO_OK;
}

dvfo_status dvfo_tegrastats_load(struct dvfo_ctx *ctx, const char *path, double interval_s,
                                 struct dvfo_tegrastats **out)
{
    struct dvfo_text text;
    *out = NULL;
    DVFO_TRY(dvfo_text_load(ctx, path, MAX_LOG_BYTES, &text));
    const dvfo_status status = read_log(ctx, &text, interval_s, out);
    dvfo_text_free(&text);
    return status;
}

dvfo_status dvfo_tegrastats_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                        double interval_s, struct dvfo_tegrastats **out)
{
    struct dvfo_text text;
    *out = NULL;
    DVFO_TRY(dvfo_text_from_memory(ctx, name, bytes, size, &text));
    const dvfo_status status = read_log(ctx, &text, interval_s, out);
    dvfo_text_free(&text);
    return status;
}

void dvfo_tegrastats_free(struct dvfo_tegrastats *log)
{
    if (log != NULL) {
        free(log->sample);
        free(log->name);
        free(log);
    }
}

size_t dvfo_tegrastats_rail(const struct dvfo_tegrastats *log, const char *name)
{
    size_t i = 0;
    while (i < log->rails && strcmp(log->rail[i], name) != 0) {
        i++;
    }
    return i;
}

size_t dvfo_tegrastats_module_rail(const struct dvfo_tegrastats *log)
{
    const size_t vdd_in = dvfo_tegrastats_rail(log, "VDD_IN");
    return vdd_in < log->rails ? vdd_in : dvfo_tegrastats_rail(log, "POM_5V_IN");
}
