/* Logs with a header and a row for about every second: phones (ucc-5g), iPerf3 (iperf), Starlink on the road.
 *
 * iperf and the Starlink tables have rows of one second and gaps between them. Nobody measured during a gap, so it
 * isn't an outage: a short one, up to a limit per format, is bridged by holding the last rate and marked as such; a
 * longer one, or time that goes back, begins another run, which is joined on directly. */
#include "traces/format.h"

#include <math.h>
#include <string.h>

#include "sim/base/units.h"

enum { MAX_FIELDS = 64, MAX_NEEDED = 4 };

/* Where the needed columns stand in the header. */
struct table {
    struct dvfo_lines lines;
    const char *const *needed; /* names, NULL at the end */
    size_t index[MAX_NEEDED];
    char *value[MAX_NEEDED]; /* of the current row, in the order of `needed` */
};

static dvfo_status open_table(struct dvfo_ctx *ctx, struct dvfo_text *text, const struct dvfo_steps *steps,
                              const char *const needed[], struct table *table)
{
    *table = (struct table){.lines = dvfo_lines_of(text), .needed = needed};
    char *fields[MAX_FIELDS];
    char *line = dvfo_lines_next(&table->lines);
    while (line != NULL && line[strspn(line, " \t")] == '\0') {
        line = dvfo_lines_next(&table->lines);
    }
    const size_t count = line != NULL ? dvfo_text_split(line, ',', fields, MAX_FIELDS) : 0;
    for (size_t k = 0; needed[k] != NULL; k++) {
        size_t i = 0;
        while (i < count && i < MAX_FIELDS && strcmp(fields[i], needed[k]) != 0) {
            i++;
        }
        if (i == count || i == MAX_FIELDS) {
            return dvfo_steps_fail(ctx, steps, table->lines.number > 0 ? table->lines.number : 1,
                                   "the header has no column '%s'", needed[k]);
        }
        table->index[k] = i;
    }
    return DVFO_OK;
}

/* The next row that isn't blank; *found false at the end. */
static dvfo_status next_row(struct dvfo_ctx *ctx, const struct dvfo_steps *steps, struct table *table, bool *found)
{
    *found = false;
    for (char *line = dvfo_lines_next(&table->lines); line != NULL; line = dvfo_lines_next(&table->lines)) {
        char *fields[MAX_FIELDS];
        const size_t count = dvfo_text_split(line, ',', fields, MAX_FIELDS);
        if (count == 1 && fields[0][0] == '\0') {
            continue;
        }
        for (size_t k = 0; table->needed[k] != NULL; k++) {
            if (table->index[k] >= count) {
                return dvfo_steps_fail(ctx, steps, table->lines.number, "has %zu column%s, expected '%s' in column %zu",
                                       count, count == 1 ? "" : "s", table->needed[k], table->index[k] + 1);
            }
            table->value[k] = fields[table->index[k]];
        }
        *found = true;
        return DVFO_OK;
    }
    return DVFO_OK;
}

/* Days from 1970-01-01 of the proleptic Gregorian calendar. */
static long long days_of(long long year, long long month, long long day)
{
    const long long y = year - (month <= 2); /* years begin in March, so the leap day is the last */
    const long long day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return 365 * y + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

static bool digits(const char *s, size_t count, long long low, long long high, long long *out)
{
    *out = 0;
    for (size_t i = 0; i < count; i++) {
        if (s[i] < '0' || s[i] > '9') {
            return false;
        }
        *out = 10 * *out + (s[i] - '0');
    }
    return *out >= low && *out <= high;
}

/* "2024-04-19 16:23:00.001", "2023-04-20 13:57:01 CDT", "2019.12.16_11.49.59": seconds from 1970 as if in UTC. Only
 * differences are used; the zone of a file is taken to be one. */
static bool stamp_s(const char *text, double *out)
{
    long long year, month, day, hour, minute, second;
    if (strlen(text) < 19 || !digits(text, 4, 1900, 9999, &year) || !digits(text + 5, 2, 1, 12, &month) ||
        !digits(text + 8, 2, 1, 31, &day) || !digits(text + 11, 2, 0, 23, &hour) ||
        !digits(text + 14, 2, 0, 59, &minute) || !digits(text + 17, 2, 0, 60, &second)) {
        return false;
    }
    double fraction = 0.0;
    if (text[19] == '.') {
        double digit_s = 0.1;
        for (const char *c = text + 20; *c >= '0' && *c <= '9'; c++, digit_s /= 10.0) {
            fraction += digit_s * (*c - '0');
        }
    }
    *out = (double)(86400 * days_of(year, month, day) + 3600 * hour + 60 * minute + second) + fraction;
    return true;
}

static dvfo_status need_stamp(struct dvfo_ctx *ctx, const struct dvfo_steps *steps, int line, const char *field,
                              double *out)
{
    if (!stamp_s(field, out)) {
        char shown[48];
        return dvfo_steps_fail(ctx, steps, line, "the time is '%s', expected year, month, day, hour, minute, second",
                               dvfo_format_shown(field, shown));
    }
    return DVFO_OK;
}

/* Rows of nominally equal length with gaps and several runs. */
struct runs {
    double max_fill_s; /* longer gaps begin a new run */
    double expected_s; /* where the next row should start, in the file's time */
    int count;
};

static dvfo_status add_row(struct dvfo_ctx *ctx, struct dvfo_steps *steps, struct runs *runs, int line, double start_s,
                           double duration_s, double rate_bps)
{
    const double gap_s = start_s - runs->expected_s;
    if (runs->count == 0 || gap_s < -0.5 || gap_s > runs->max_fill_s) {
        runs->count++;
    } else if (gap_s > 0.5) {
        DVFO_TRY(dvfo_steps_fill(ctx, steps, line, steps->end_s + gap_s));
    }
    runs->expected_s = start_s + duration_s;
    return dvfo_steps_hold(ctx, steps, line, steps->end_s + duration_s, rate_bps);
}

static dvfo_status finish_runs(struct dvfo_ctx *ctx, const struct dvfo_steps *steps, const struct runs *runs,
                               const struct table *table)
{
    if (steps->n == 0) {
        return dvfo_steps_fail(ctx, steps, table->lines.number > 0 ? table->lines.number : 1,
                               "ends here, expected rows below the header");
    }
    if (runs->count > 1) {
        dvfo_note(ctx, "%s: %d runs are joined end to end", steps->name, runs->count);
    }
    return DVFO_OK;
}

static bool recognise_iperf(const struct dvfo_format_probe *probe)
{
    return probe->commas && dvfo_format_probe_has(probe, "_start") && dvfo_format_probe_has(probe, "bits_per_second");
}

static dvfo_status read_iperf(struct dvfo_ctx *ctx, struct dvfo_text *text, dvfo_direction direction,
                              struct dvfo_steps *steps)
{
    (void)direction;
    static const char *const needed[] = {"_start", "_end", "bits_per_second", NULL};
    struct runs runs = {.max_fill_s = 60.0}; /* one test goes on; rows lack where the streams' reports didn't match */
    struct table table;
    bool found = false;
    DVFO_TRY(open_table(ctx, text, steps, needed, &table));
    DVFO_TRY(next_row(ctx, steps, &table, &found));
    while (found) {
        const int line = table.lines.number;
        double start_s = 0.0;
        double end_s = 0.0;
        double rate_bps = 0.0;
        DVFO_TRY(dvfo_format_number(ctx, steps, line, "_start", table.value[0], &start_s));
        DVFO_TRY(dvfo_format_number(ctx, steps, line, "_end", table.value[1], &end_s));
        DVFO_TRY(dvfo_format_number(ctx, steps, line, "bits_per_second", table.value[2], &rate_bps));
        DVFO_TRY(add_row(ctx, steps, &runs, line, start_s, end_s - start_s, rate_bps));
        DVFO_TRY(next_row(ctx, steps, &table, &found));
    }
    return finish_runs(ctx, steps, &runs, &table);
}

/* Rows of one second, stamp and Mbit/s in the first two needed columns. The stamps drift by a millisecond a row and a
 * run's last interval may be cut short; the source averages over rows, so each counts as a whole second. */
static dvfo_status read_seconds(struct dvfo_ctx *ctx, struct dvfo_text *text, const char *const needed[],
                                struct dvfo_steps *steps)
{
    struct runs runs = {.max_fill_s = 3.5}; /* the sources count gaps from 4 s on as gaps between runs */
    struct table table;
    bool found = false;
    DVFO_TRY(open_table(ctx, text, steps, needed, &table));
    DVFO_TRY(next_row(ctx, steps, &table, &found));
    while (found) {
        const int line = table.lines.number;
        double start_s = 0.0;
        double rate_mbps = 0.0;
        DVFO_TRY(need_stamp(ctx, steps, line, table.value[0], &start_s));
        DVFO_TRY(dvfo_format_number(ctx, steps, line, needed[1], table.value[1], &rate_mbps));
        DVFO_TRY(add_row(ctx, steps, &runs, line, round(start_s), 1.0, rate_mbps * DVFO_BPS_PER_MBPS));
        DVFO_TRY(next_row(ctx, steps, &table, &found));
    }
    return finish_runs(ctx, steps, &runs, &table);
}

static bool recognise_autobahn(const struct dvfo_format_probe *probe)
{
    return probe->commas && dvfo_format_probe_has(probe, "timestamp_start_ul") &&
           dvfo_format_probe_has(probe, "timestamp_start_dl");
}

static dvfo_status read_autobahn(struct dvfo_ctx *ctx, struct dvfo_text *text, dvfo_direction direction,
                                 struct dvfo_steps *steps)
{
    static const char *const up[] = {"timestamp_start_ul", "upload", NULL};
    static const char *const down[] = {"timestamp_start_dl", "download", NULL};
    return read_seconds(ctx, text, direction == DVFO_DIRECTION_DOWNLOAD ? down : up, steps);
}

static bool recognise_drive(const struct dvfo_format_probe *probe)
{
    return probe->commas && dvfo_format_probe_has(probe, "time") && dvfo_format_probe_has(probe, "throughput");
}

static dvfo_status read_drive(struct dvfo_ctx *ctx, struct dvfo_text *text, dvfo_direction direction,
                              struct dvfo_steps *steps)
{
    (void)direction;
    static const char *const needed[] = {"time", "throughput", NULL};
    return read_seconds(ctx, text, needed, steps);
}

static bool recognise_ucc(const struct dvfo_format_probe *probe)
{
    return probe->commas && dvfo_format_probe_has(probe, "Timestamp") && dvfo_format_probe_has(probe, "DL_bitrate");
}

/* The rows of one second. */
struct second {
    int line;
    double t_s;
    double sum_kbps;
    int count;
};

/* The mean of a second's rows holds until the next second that has some. */
static dvfo_status close_second(struct dvfo_ctx *ctx, struct dvfo_steps *steps, const struct second *second,
                                double until_s, double begin_s)
{
    return dvfo_steps_hold(ctx, steps, second->line, until_s - begin_s,
                           second->sum_kbps / second->count * DVFO_BPS_PER_KBPS);
}

static dvfo_status ucc_row(struct dvfo_ctx *ctx, struct dvfo_steps *steps, const struct table *table,
                           struct second *second, double *begin_s)
{
    const int line = table->lines.number;
    if (strcmp(table->value[2], "I") == 0 || strcmp(table->value[1], "-") == 0) {
        return DVFO_OK; /* an idle phone or a missing value says nothing about the link */
    }
    double t_s = 0.0;
    double rate_kbps = 0.0;
    DVFO_TRY(need_stamp(ctx, steps, line, table->value[0], &t_s));
    DVFO_TRY(dvfo_format_number(ctx, steps, line, "DL_bitrate", table->value[1], &rate_kbps));
    if (rate_kbps < 0.0) {
        return dvfo_steps_fail(ctx, steps, line, "DL_bitrate is %g kbit/s, expected 0 or more", rate_kbps);
    }
    if (second->count == 0) {
        *begin_s = t_s;
    } else if (t_s < second->t_s) {
        return dvfo_steps_fail(ctx, steps, line, "the time goes back by %g s, expected it to rise", second->t_s - t_s);
    } else if (t_s > second->t_s) {
        DVFO_TRY(close_second(ctx, steps, second, t_s, *begin_s));
        second->count = 0;
    }
    const double sum_kbps = second->count == 0 ? 0.0 : second->sum_kbps;
    *second = (struct second){line, t_s, sum_kbps + rate_kbps, second->count + 1};
    return DVFO_OK;
}

static dvfo_status read_ucc(struct dvfo_ctx *ctx, struct dvfo_text *text, dvfo_direction direction,
                            struct dvfo_steps *steps)
{
    static const char *const needed[] = {"Timestamp", "DL_bitrate", "State", NULL};
    if (direction == DVFO_DIRECTION_UPLOAD) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "%s: its UL_bitrate is requests and acknowledgements of a download, not the "
                         "capacity of the uplink; expected the name without ':upload'",
                         steps->name);
    }
    struct table table;
    struct second second = {0};
    double begin_s = 0.0;
    bool found = false;
    DVFO_TRY(open_table(ctx, text, steps, needed, &table));
    DVFO_TRY(next_row(ctx, steps, &table, &found));
    while (found) {
        DVFO_TRY(ucc_row(ctx, steps, &table, &second, &begin_s));
        DVFO_TRY(next_row(ctx, steps, &table, &found));
    }
    if (second.count == 0) {
        return dvfo_steps_fail(ctx, steps, table.lines.number,
                               "ends here, expected rows with a DL_bitrate while downloading");
    }
    return close_second(ctx, steps, &second, second.t_s + 1.0, begin_s);
}

/* "2020-04-06 18:50:08.000000_365.0": time, underscore, milliseconds of a round trip. */
static bool recognise_round_trips(const struct dvfo_format_probe *probe)
{
    double t_s = 0.0;
    double rtt_ms = 0.0;
    const char *underscore = probe->column_count > 0 ? strchr(probe->columns[0], '_') : NULL;
    return underscore != NULL && underscore - probe->columns[0] >= 19 && stamp_s(probe->columns[0], &t_s) &&
           dvfo_text_number(underscore + 1, NULL, &rtt_ms);
}

static dvfo_status refuse_round_trips(struct dvfo_ctx *ctx, struct dvfo_text *text, dvfo_direction direction,
                                      struct dvfo_steps *steps)
{
    (void)text;
    (void)direction;
    return dvfo_steps_fail(ctx, steps, 1, "holds round-trip times, expected a trace of rates");
}

const struct dvfo_format dvfo_format_iperf = {
    .name = "iperf",
    .summary = "CSV with _start, _end, bits_per_second",
    .recognise = recognise_iperf,
    .read = read_iperf,
};

const struct dvfo_format dvfo_format_autobahn = {
    .name = "starlink-autobahn",
    .summary = "CSV with upload and download Mbit/s; runs are joined",
    .two_directions = true,
    .recognise = recognise_autobahn,
    .read = read_autobahn,
};

const struct dvfo_format dvfo_format_starlink_drive = {
    .name = "starlink-drive",
    .summary = "CSV with time, throughput Mbit/s; drives are joined",
    .recognise = recognise_drive,
    .read = read_drive,
};

const struct dvfo_format dvfo_format_ucc = {
    .name = "ucc-5g",
    .summary = "G-NetTrack CSV: DL_bitrate while downloading",
    .two_directions = true,
    .recognise = recognise_ucc,
    .read = read_ucc,
};

const struct dvfo_format dvfo_format_round_trips = {
    .name = "round-trips",
    .summary = "round-trip times, refused as a trace",
    .recognise = recognise_round_trips,
    .read = refuse_round_trips,
};
