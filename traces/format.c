#include "traces/format.h"

#include <string.h>

#include "sim/base/nearest.h"

const struct dvfo_format *const dvfo_formats[] = {
    &dvfo_format_own,
    &dvfo_format_sabre,
    &dvfo_format_alphartc,
    &dvfo_format_ucc,
    &dvfo_format_iperf,
    &dvfo_format_autobahn,
    &dvfo_format_starlink_drive,
    &dvfo_format_round_trips,
    &dvfo_format_ghent_log,
    &dvfo_format_walk,
    &dvfo_format_mahimahi,
    &dvfo_format_oboe,
    &dvfo_format_zhuge,
    &dvfo_format_cooked,
    NULL,
};

enum { MAX_FORMATS = sizeof dvfo_formats / sizeof dvfo_formats[0] };

static void probe_text(const struct dvfo_text *text, struct dvfo_format_probe *probe);
static dvfo_status find_format(struct dvfo_ctx *ctx, const struct dvfo_text *text, const char *name,
                               const struct dvfo_format **out);

dvfo_status dvfo_format_read(struct dvfo_ctx *ctx, struct dvfo_text *text, const char *trace_name, const char *format,
                             dvfo_direction direction, struct dvfo_trace **out)
{
    *out = NULL;
    const struct dvfo_format *reader = NULL;
    DVFO_TRY(find_format(ctx, text, format, &reader));
    if (direction != DVFO_DIRECTION_DEFAULT && !reader->two_directions) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: the format %s holds one direction, expected the name without ':%s'",
                         text->name, reader->name, direction == DVFO_DIRECTION_UPLOAD ? "upload" : "download");
    }
    struct dvfo_steps steps = {.name = text->name};
    dvfo_status status = reader->read(ctx, text, direction, &steps);
    if (status == DVFO_OK) {
        status = dvfo_steps_finish(ctx, &steps, trace_name, reader->name, out);
    }
    if (status == DVFO_OK) {
        memcpy((*out)->sha256, text->sha256, sizeof text->sha256);
    }
    dvfo_steps_free(&steps);
    return status;
}

static dvfo_status find_format_by_name(struct dvfo_ctx *ctx, const char *name, const struct dvfo_format **out)
{
    const char *names[MAX_FORMATS];
    size_t count = 0;
    for (; dvfo_formats[count] != NULL; count++) {
        if (strcmp(dvfo_formats[count]->name, name) == 0) {
            *out = dvfo_formats[count];
            return DVFO_OK;
        }
        names[count] = dvfo_formats[count]->name;
    }
    const char *near = dvfo_nearest(name, names, count);
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "unknown trace format '%s'%s%s%s; 'dvfo trace info --help' lists them", name,
                     near != NULL ? "; did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "");
}

static dvfo_status find_format(struct dvfo_ctx *ctx, const struct dvfo_text *text, const char *name,
                               const struct dvfo_format **out)
{
    if (name != NULL) {
        return find_format_by_name(ctx, name, out);
    }
    struct dvfo_format_probe probe;
    probe_text(text, &probe);
    for (size_t i = 0; dvfo_formats[i] != NULL; i++) {
        if (dvfo_formats[i]->recognise(&probe)) {
            *out = dvfo_formats[i];
            return DVFO_OK;
        }
    }
    char shown[48];
    return dvfo_fail(ctx, DVFO_BAD_INPUT,
                     "%s:1: begins with '%s', expected a trace in a known format ('dvfo trace info --help' lists them)",
                     text->name, dvfo_format_shown(text->bytes, shown));
}

/* Copy a line without its end; false at the end of the text. */
static bool peek_line(const char **place, char *line, size_t size)
{
    const char *start = *place;
    if (*start == '\0') {
        return false;
    }
    const size_t length = strcspn(start, "\n");
    *place = start + length + (start[length] == '\n');
    size_t kept = length < size - 1 ? length : size - 1;
    memcpy(line, start, kept);
    while (kept > 0 && strchr(" \t\r", line[kept - 1]) != NULL) {
        kept--;
    }
    line[kept] = '\0';
    return true;
}

/* One or two leading numbers and a clean break after them. */
static bool row_of_numbers(const char *line, double value[2])
{
    const char *rest = line + strspn(line, " \t");
    value[1] = 0.0;
    if (!dvfo_text_number(rest, &rest, &value[0])) {
        return false;
    }
    if (*rest == '\0') {
        return true;
    }
    const size_t gap = strspn(rest, " \t,");
    return gap > 0 && dvfo_text_number(rest + gap, &rest, &value[1]) &&
           (*rest == '\0' || strchr(" \t,", *rest) != NULL);
}

static void probe_text(const struct dvfo_text *text, struct dvfo_format_probe *probe)
{
    *probe = (struct dvfo_format_probe){.line = ""};
    const char *place = text->bytes;
    while (probe->line[0] == '\0' && peek_line(&place, probe->line, sizeof probe->line)) {
    }
    char line[512];
    snprintf(line, sizeof line, "%.511s", probe->line);
    while (probe->rows < DVFO_PROBE_ROWS && row_of_numbers(line, probe->value[probe->rows])) {
        probe->rows++;
        if (!peek_line(&place, line, sizeof line)) {
            break;
        }
    }
    probe->commas = strchr(probe->line, ',') != NULL;
    probe->column_count = dvfo_text_split(probe->line, probe->commas ? ',' : ' ', probe->columns, DVFO_PROBE_COLUMNS);
}

bool dvfo_format_probe_has(const struct dvfo_format_probe *probe, const char *column)
{
    for (size_t i = 0; i < probe->column_count && i < DVFO_PROBE_COLUMNS; i++) {
        if (strcmp(probe->columns[i], column) == 0) {
            return true;
        }
    }
    return false;
}

dvfo_status dvfo_format_number(struct dvfo_ctx *ctx, const struct dvfo_steps *steps, int place, const char *what,
                               const char *field, double *out)
{
    if (!dvfo_text_number(field, NULL, out)) {
        char shown[48];
        return dvfo_steps_fail(ctx, steps, place, "%s is '%s', expected a number", what,
                               dvfo_format_shown(field, shown));
    }
    return DVFO_OK;
}

const char *dvfo_format_shown(const char *bytes, char shown[48])
{
    enum { KEPT = 40 };
    size_t n = 0;
    for (; n < KEPT && bytes[n] != '\0' && bytes[n] != '\n' && bytes[n] != '\r'; n++) {
        const unsigned char c = (unsigned char)bytes[n];
        shown[n] = (char)(c >= 0x20 && c < 0x7f ? c : '?');
    }
    strcpy(shown + n, n == KEPT ? "..." : "");
    return shown;
}
