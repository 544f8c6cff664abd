#include "bench/timeline.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "sim/base/output.h"

struct dvfo_timeline {
    struct dvfo_output output;
    FILE *file;
    int process; /* one per trial, from 1 */
};

static const char *const track_names[] = {
#define TRACK_NAME(name, text) text,
    DVFO_TRACK_LIST(TRACK_NAME)
#undef TRACK_NAME
};

dvfo_status dvfo_timeline_create(struct dvfo_ctx *ctx, const char *path, struct dvfo_timeline **out)
{
    *out = NULL;
    struct dvfo_timeline *timeline = calloc(1, sizeof *timeline);
    if (timeline == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    dvfo_status status = dvfo_output_begin(ctx, path, &timeline->output);
    if (status == DVFO_OK) {
        timeline->file = fopen(timeline->output.temporary, "w");
        if (timeline->file == NULL) {
            status = dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: cannot be written: %s", path, strerror(errno));
        }
    }
    if (status != DVFO_OK) {
        dvfo_timeline_free(timeline);
        return status;
    }
    fputs("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n", timeline->file);
    *out = timeline;
    return DVFO_OK;
}

/* A JSON string; names are ours or the user's. */
static void put_string(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            fprintf(file, "\\%c", *text);
        } else if ((unsigned char)*text < 0x20) {
            fprintf(file, "\\u%04x", *text);
        } else {
            fputc(*text, file);
        }
    }
    fputc('"', file);
}

void dvfo_timeline_begin_trial(struct dvfo_timeline *timeline, const char *name)
{
    const bool first = timeline->process++ == 0;
    fprintf(timeline->file,
            "%s{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%d,\"args\":{\"name\":", first ? "" : ",\n",
            timeline->process);
    put_string(timeline->file, name);
    fputs("}}", timeline->file);
    for (int track = 0; track < DVFO_TRACK_COUNT; track++) {
        fprintf(timeline->file,
                ",\n{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":%d,\"tid\":%d,\"args\":{\"name\":\"%s\"}}"
                ",\n{\"ph\":\"M\",\"name\":\"thread_sort_index\",\"pid\":%d,\"tid\":%d,\"args\":{\"sort_index\":%d}}",
                timeline->process, track + 1, track_names[track], timeline->process, track + 1, track);
    }
}

void dvfo_timeline_span(struct dvfo_timeline *timeline, dvfo_track track, const char *name, double begin_s,
                        double end_s, long request)
{
    FILE *file = timeline->file;
    fputs(",\n{\"ph\":\"X\",\"name\":", file);
    put_string(file, name);
    const double begin_ns = round(begin_s * 1e9), end_ns = round(end_s * 1e9); /* so that neighbours touch exactly */
    fprintf(file, ",\"pid\":%d,\"tid\":%d,\"ts\":%.3f,\"dur\":%.3f", timeline->process, (int)track + 1, begin_ns / 1e3,
            (end_ns - begin_ns) / 1e3); /* microseconds */
    if (request >= 0) {
        fprintf(file, ",\"args\":{\"request\":%ld}", request);
    }
    fputc('}', file);
}

void dvfo_timeline_counter(struct dvfo_timeline *timeline, dvfo_counter counter, double time_s, double value)
{
    const bool power = counter == DVFO_COUNTER_POWER_W;
    fprintf(timeline->file, ",\n{\"ph\":\"C\",\"name\":\"%s\",\"pid\":%d,\"ts\":%.3f,\"args\":{\"%s\":%.6g}}",
            power ? "power" : "bandwidth", timeline->process, time_s * 1e6, power ? "W" : "Mbit/s",
            power ? value : value / 1e6);
}

dvfo_status dvfo_timeline_commit(struct dvfo_ctx *ctx, struct dvfo_timeline *timeline)
{
    fputs("\n]}\n", timeline->file);
    dvfo_status status = dvfo_output_close(ctx, timeline->file, timeline->output.path);
    timeline->file = NULL;
    if (status == DVFO_OK) {
        status = dvfo_output_commit(ctx, &timeline->output);
    }
    dvfo_timeline_free(timeline);
    return status;
}

void dvfo_timeline_free(struct dvfo_timeline *timeline)
{
    if (timeline == NULL) {
        return;
    }
    if (timeline->file != NULL) {
        fclose(timeline->file);
    }
    dvfo_output_abandon(&timeline->output);
    free(timeline);
}
