#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <math.h>
#include <string.h>

#include "traces/format.h"
#include "traces/statistics.h"
#include "traces/writer.h"

static dvfo_status read_bytes(struct dvfo_ctx *ctx, const char *bytes, const char *format, dvfo_direction direction,
                              struct dvfo_trace **out)
{
    struct dvfo_text text;
    *out = NULL;
    dvfo_status status = dvfo_text_from_memory(ctx, "t", bytes, strlen(bytes), &text);
    if (status == DVFO_OK) {
        status = dvfo_format_read(ctx, &text, "t", format, direction, out);
        dvfo_text_free(&text);
    }
    return status;
}

/* One small sample of each format in its own quirks, and the steps it means. */
enum { MAX_STEPS = 8 };

struct step {
    double start_s, rate_bps;
};

static const struct sample {
    const char *format;
    dvfo_direction direction;
    const char *bytes;
    size_t n;
    struct step steps[MAX_STEPS];
    double period_s;
} samples[] = {
    /* two opportunities at 0, a hole, one each at 3 and 4 ms (joined), the last stamp falls into the ms before it */
    {"mahimahi",
     DVFO_DIRECTION_DEFAULT,
     "0\n0\n3\n4\n7\n",
     5,
     {{0.0, 24e6}, {0.001, 0.0}, {0.003, 12e6}, {0.005, 0.0}, {0.006, 12e6}},
     0.007},
    /* the last stamp directly behind another one: both in the last millisecond; begins late */
    {"mahimahi", DVFO_DIRECTION_DEFAULT, "2\n3\n3", 2, {{0.0, 0.0}, {0.002, 36e6}}, 0.003},
    {"sabre",
     DVFO_DIRECTION_DEFAULT,
     "[{\"duration_ms\": 1013, \"bandwidth_kbps\": 1285, \"latency_ms\": 100},\n"
     " {\"duration_ms\": 61000, \"bandwidth_kbps\": 0, \"latency_ms\": 100},\n"
     " {\"duration_ms\": 500.5, \"bandwidth_kbps\": 900}]",
     3,
     {{0.0, 1285e3}, {1.013, 0.0}, {62.013, 900e3}},
     62.5135},
    /* 8 Gbit/s for one step can't be: the one before is held, so the steps join */
    {"alphartc",
     DVFO_DIRECTION_DEFAULT,
     "{\"type\": \"video\", \"downlink\": {}, \"uplink\": {\"trace_pattern\": [{\"duration\": 200, \"capacity\": 0},"
     "{\"capacity\": 1720.5, \"duration\": 200.0, \"loss\": 0.1}, {\"capacity\": 8039999, \"duration\": 100}]}}",
     2,
     {{0.0, 0.0}, {0.2, 1720.5e3}},
     0.5},
    {"alphartc",
     DVFO_DIRECTION_DOWNLOAD,
     "{\"downlink\": {\"trace_pattern\": [{\"duration\": 200, \"capacity\": 7}]},"
     " \"uplink\": {\"trace_pattern\": [{\"duration\": 200, \"capacity\": 5}]}}",
     1,
     {{0.0, 7e3}},
     0.2},
    /* 1000 bytes in 800 ms, then 500 in 1000 ms */
    {"ghent-log",
     DVFO_DIRECTION_DEFAULT,
     "1450274031248 800 51.06 3.73 1000 800\n1450274032248 1800 51.06 3.73 500 1000\n",
     2,
     {{0.0, 10e3}, {0.8, 4e3}},
     1.8},
    /* row 0 is never used; row i holds until its stamp */
    {"cooked", DVFO_DIRECTION_DEFAULT, "0.0\t9.5\n1.01\t2.5\n2.02\t0.5\n", 2, {{0.0, 2.5e6}, {1.01, 0.5e6}}, 2.02},
    /* begins at 1, a repeated stamp, a step of 2 s */
    {"cooked", DVFO_DIRECTION_DEFAULT, "1.0 48\n2.0 61\n2.0 83\n4.0 25\n", 2, {{0.0, 61e6}, {1.0, 25e6}}, 3.0},
    /* a later piece: the stamp ends its interval, the first is nominal, the row after a gap covers it */
    {"zhuge",
     DVFO_DIRECTION_DEFAULT,
     "1200.25 14\n1200.5 13\n1200.75 12\n1230.75 0.5\n",
     4,
     {{0.0, 14e6}, {0.2, 13e6}, {0.45, 12e6}, {0.7, 0.5e6}},
     30.7},
    {"walk", DVFO_DIRECTION_DEFAULT, "1,1000\r\n2,0\r\n3,500", 3, {{0.0, 8000.0}, {1.0, 0.0}, {2.0, 4000.0}}, 3.0},
    /* chunks of 459 and 400 ms; from 100 to 200 kbit/s along a line over 200 ms: two pieces at 125 and 175 */
    {"oboe",
     DVFO_DIRECTION_DEFAULT,
     "15.0 100\n474.0 100\n674.0 200\n1074.0 200\n",
     4,
     {{0.0, 100e3}, {0.459, 125e3}, {0.559, 175e3}, {0.659, 200e3}},
     1.059},
    /* two rows in the first second (mean 30), an idle one and a missing value passed over, second 2 missing (held) */
    {"ucc-5g",
     DVFO_DIRECTION_DEFAULT,
     "Timestamp,Longitude,NetworkMode,DL_bitrate,UL_bitrate,State\n"
     "2019.12.31_23.59.59,-8.4,5G,20,1,D\n2019.12.31_23.59.59,-8.4,5G,40,1,D\n2019.12.31_23.59.59,-8.4,5G,0,1,I\n"
     "2020.01.01_00.00.00,-8.4,5G,-,1,D\n2020.01.01_00.00.01,-8.4,5G,70,1,D\n",
     2,
     {{0.0, 30e3}, {2.0, 70e3}},
     3.0},
    /* seconds 2 and 3 are missing (held), then _start restarts (joined on) */
    {"iperf",
     DVFO_DIRECTION_DEFAULT,
     "parent_file,_start,_end,_seconds,bits_per_second,rtt\na,0.01,1.01,1.0,100.0,-1\na,1.01,2.01,1.0,200.0,-1\n"
     "a,4.01,5.01,1.0,300.0,-1\na,0.0,1.0,1.0,400.0,-1\n",
     5,
     {{0.0, 100.0}, {1.0, 200.0}, {2.0, 200.0}, {4.0, 300.0}, {5.0, 400.0}},
     6.0},
    /* uplink by default; one second missing is held, four begin a new run */
    {"starlink-autobahn",
     DVFO_DIRECTION_DEFAULT,
     "timestamp_start_dl,timestamp_end_dl,download,timestamp_start_ul,timestamp_end_ul,upload\n"
     "2024-04-19 16:23:00.001039872,x,100,2024-04-19 16:23:00.000116224,x,1\n"
     "2024-04-19 16:23:02.001039872,x,200,2024-04-19 16:23:02.000116224,x,2\n"
     "2024-04-19 16:23:07.001039872,x,300,2024-04-19 16:23:06.999999999,x,3\n",
     4,
     {{0.0, 1e6}, {1.0, 1e6}, {2.0, 2e6}, {3.0, 3e6}},
     4.0},
    {"starlink-autobahn",
     DVFO_DIRECTION_DOWNLOAD,
     "timestamp_start_dl,timestamp_end_dl,download,timestamp_start_ul,timestamp_end_ul,upload\n"
     "2024-04-19 16:23:00.001039872,x,100,2024-04-19 16:23:00.000116224,x,1\n",
     1,
     {{0.0, 100e6}},
     1.0},
    /* several drives, the second one earlier */
    {"starlink-drive",
     DVFO_DIRECTION_DEFAULT,
     "time,throughput,speed\n2023-04-20 13:57:01 CDT,14,0.9\n2023-04-20 13:57:02 CDT,15,0.9\n"
     "2023-04-18 13:57:02 CDT,16,0.9\n",
     3,
     {{0.0, 14e6}, {1.0, 15e6}, {2.0, 16e6}},
     3.0},
    {"csv",
     DVFO_DIRECTION_DEFAULT,
     "start_s,rate_mbps,filled\n0,1.5,0\n2,1.5,1\n2.5,0,0\n4,,\n",
     3,
     {{0.0, 1.5e6}, {2.0, 1.5e6}, {2.5, 0.0}},
     4.0},
};

Test(formats, each_sample_is_recognised_by_its_content_and_gives_the_steps_it_means)
{
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        const struct sample *sample = &samples[i];
        struct dvfo_ctx ctx = {0};
        struct dvfo_trace *trace = NULL;
        cr_expect(read_bytes(&ctx, sample->bytes, NULL, sample->direction, &trace) == DVFO_OK, "%s: %s", sample->format,
                  ctx.message);
        if (trace == NULL) {
            continue;
        }
        cr_expect_str_eq(trace->format, sample->format);
        cr_expect(trace->n == sample->n, "%s (%zu): %zu steps", sample->format, i, trace->n);
        cr_expect_float_eq(trace->period_s, sample->period_s, 1e-9, "%s: %.12g", sample->format, trace->period_s);
        for (size_t k = 0; k < sample->n && k < trace->n; k++) {
            cr_expect_float_eq(trace->start_s[k], sample->steps[k].start_s, 1e-9, "%s (%zu): step %zu at %.12g",
                               sample->format, i, k, trace->start_s[k]);
            cr_expect_float_eq(trace->rate_bps[k], sample->steps[k].rate_bps, 1e-3, "%s (%zu): step %zu rate %.12g",
                               sample->format, i, k, trace->rate_bps[k]);
        }
        dvfo_trace_free(trace);
    }
}

Test(formats, every_format_has_a_sample_and_can_be_forced)
{
    for (size_t f = 0; dvfo_formats[f] != NULL; f++) {
        bool sampled = strcmp(dvfo_formats[f]->name, "round-trips") == 0;
        for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
            if (strcmp(samples[i].format, dvfo_formats[f]->name) == 0) {
                struct dvfo_ctx ctx = {0};
                struct dvfo_trace *trace = NULL;
                cr_expect(read_bytes(&ctx, samples[i].bytes, samples[i].format, samples[i].direction, &trace) ==
                              DVFO_OK,
                          "%s", ctx.message);
                dvfo_trace_free(trace);
                sampled = true;
            }
        }
        cr_expect(sampled, "%s", dvfo_formats[f]->name);
    }
}

Test(formats, what_nobody_measured_is_replayed_but_not_counted)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_trace *trace = NULL;
    struct dvfo_trace_statistics statistics;
    cr_assert(read_bytes(&ctx, "_start,_end,bits_per_second\n0,1,1000000\n4,5,3000000\n", NULL, DVFO_DIRECTION_DEFAULT,
                         &trace) == DVFO_OK);
    cr_expect_float_eq(dvfo_trace_rate_bps(trace, 3.5), 1e6, 1e-9);
    cr_expect_float_eq(trace->period_s, 5.0, 1e-12);
    cr_assert(dvfo_trace_statistics_of(&ctx, trace, &statistics) == DVFO_OK);
    cr_expect_float_eq(statistics.duration_s, 2.0, 1e-12);
    cr_expect_float_eq(statistics.mean_bps, 2e6, 1e-6);
    dvfo_trace_free(trace);
}

/* What is wrong with a file is told in one sentence: where, what was found, what was expected. */
static const struct {
    const char *format; /* forced, or NULL */
    dvfo_direction direction;
    const char *bytes, *message;
} mistakes[] = {
    {NULL, 0, "\n\n", "t:1: begins with '', expected a trace in a known format"},
    {NULL, 0, "hello, world\n", "t:1: begins with 'hello, world', expected a trace in a known format"},
    {NULL, 0, "\x1b[31m\xff\x01\n", "t:1: begins with '?[31m?\?', expected a trace"},
    {"mahimahy", 0, "0\n", "unknown trace format 'mahimahy'; did you mean 'mahimahi'?"},
    {NULL, DVFO_DIRECTION_DOWNLOAD, "0\n5\n",
     "t: the format mahimahi holds one direction, expected the name without ':download'"},
    {NULL, 0, "5\n3\n", "t:2: the time goes back from 5 to 3 ms"},
    {NULL, 0, "5\n-3\n", "t:2: holds '-3', expected one time in whole milliseconds"},
    {NULL, 0, "5\n6.5\n", "t:2: holds '6.5', expected one time in whole milliseconds"},
    {NULL, 0, "5\n6 7\n", "t:2: holds '6 7', expected one time"},
    {NULL, 0, "5\n99999999999999999999\n", "t:2: holds '99999999999999999999'"},
    {NULL, 0, "0\n0\n", "t:2: the last stamp is 0 ms"},
    {"mahimahi", 0, "\n", "t:1: holds no time stamps"},
    {NULL, 0, "[{\"duration_ms\": 10, \"bandwidth_kbps\": 5},\n{\"duration_ms\": 10, ]", "t:2: "},
    {NULL, 0, "[]", "t:1: is not an array of steps"},
    {NULL, 0, "[1]", "t: element 1: is not an object, expected one with 'duration_ms'"},
    {NULL, 0, "[{\"duration_ms\": 10}]", "t: element 1: 'bandwidth_kbps' is missing, expected a number"},
    {NULL, 0, "[{\"duration_ms\": 10, \"bandwidth_kbps\": \"5\"}]", "t: element 1: 'bandwidth_kbps' is not a number"},
    {NULL, 0, "[{\"duration_ms\": -1, \"bandwidth_kbps\": 5}]", "t: element 1: the duration is -1 ms"},
    {NULL, 0, "[{\"duration_ms\": 1, \"bandwidth_kbps\": -5}]",
     "t: element 1: the rate is -0.005 Mbit/s, expected 0 to"},
    {NULL, 0, "[{\"duration_ms\": 1, \"bandwidth_kbps\": 2e8}]",
     "t: element 1: the rate is 200000 Mbit/s, expected 0 to 100000"},
    {NULL, 0, "[{\"duration_ms\": 1e300, \"bandwidth_kbps\": 2}]", "t: step 1 goes from 0 to"},
    {NULL, 0, "[{\"duration_ms\": 1e999, \"bandwidth_kbps\": 2}]", "expected JSON"},
    {NULL, 0, "[{\"duration_ms\": NaN, \"bandwidth_kbps\": 2}]", "expected JSON"},
    {NULL, 0, "[{\"duration_ms\": 1, \"bandwidth_kbps\": 0}]", "t: carries nothing"},
    {NULL, 0, "[{\"duration_ms\": 0, \"bandwidth_kbps\": 7}]", "t: has no steps"},
    {NULL, 0, "{\"uplink\": 5}", "t:1: has no array 'uplink.trace_pattern'"},
    {NULL, 0, "{\"uplink\": {\"trace_pattern\": []}}", "t:1: has no array 'uplink.trace_pattern'"},
    {NULL, 0, "{\"uplink\": {\"trace_pattern\": [{\"duration\": 1, \"capacity\": 8e6}]}}",
     "t: element 1: the capacity is 8000 Mbit/s, expected the first step at most 1000"},
    {NULL, 0, "{\"uplink\": {\"trace_pattern\": [[]]}}", "t: element 1: is not an object"},
    {NULL, DVFO_DIRECTION_DOWNLOAD, "{\"uplink\": {\"trace_pattern\": []}}", "'downlink.trace_pattern'"},
    {NULL, 0, "0 5\n", "t:1: ends here, expected at least two rows"},
    {NULL, 0, "0 5\n1 6\n0.5 7\n", "t:3: the time goes back from 1 to 0.5"},
    {NULL, 0, "0 5\n1 6\n2 nan\n", "t:3: column 2 is 'nan', expected a number"},
    {NULL, 0, "0 5\n1 -6\n", "t:2: the rate is -6 Mbit/s, expected 0 to 100000"},
    {NULL, 0, "0 5\n1 6\n2\n", "t:3: has 1 column, expected 2 numbers"},
    {NULL, 0, "0 5\n1 2e5\n", "t:2: the rate is 200000 Mbit/s"},
    {NULL, 0, "0.2 5\n0.4 6\n0.3 7\n", "t:3: the time goes back from 0.4 to 0.3"},
    {NULL, 0, "15 5\n400 5\n500 6\n600 6\n700 8\n", "t:5: begins a chunk at 8 kbit/s, expected a second row"},
    {"oboe", 0, "15 5\n400 6\n", "t:1: begins a chunk at 5 kbit/s, expected a second row with the same rate"},
    {"oboe", 0, "15 5\n10 5\n", "t:2: the time goes back from 15 to 10"},
    {NULL, 0, "0 100 1 1 5 0\n", "t:1: column 6 is 0, expected a duration above 0 ms"},
    {NULL, 0, "0 100 1 1 5 5\n0 90 1 1 5 5\n", "t:2: the time goes back from 100 to 90 ms"},
    {NULL, 0, "1,5\n1,6\n", "t:2: the time goes from second 1 to 1, expected it to rise"},
    {NULL, 0, "1,5\n2\n", "t:2: has 1 column, expected second,bytes"},
    {NULL, 0, "1,5\n2,-7\n", "t:2: the rate is -5.6e-05 Mbit/s"},
    {NULL, 0, "start_s,rate_mbps\n0,5\n1,6\n", "t:3: ends here, expected a last row"},
    {NULL, 0, "start_s,rate_mbps\n1,5\n2,\n", "t:2: the first step starts at 1 s"},
    {NULL, 0, "start_s,rate_mbps\n0,5\n1,\n2,5\n", "t:4: stands after the row that ends the period"},
    {NULL, 0, "start_s,rate_mbps\n0,5\n0,\n", "t:2: the time goes from 0 to 0 s"},
    {NULL, 0, "time,throughput\n", "t:1: ends here, expected rows below the header"},
    {NULL, 0, "time,throughput\nyesterday,5\n", "t:2: the time is 'yesterday', expected year"},
    {NULL, 0, "time,throughput\n2023-13-20 13:57:01 CDT,5\n", "t:2: the time is '2023-13-20 13:57:01 CDT'"},
    {NULL, 0, "time,throughput\n2023-12-20 13:57:01 CDT\n", "t:2: has 1 column, expected 'throughput' in column 2"},
    {NULL, 0, "_start,bits_per_second\n0,5\n", "t:1: the header has no column '_end'"},
    {NULL, 0, "_start,_end,bits_per_second\n0,0,5\n", "t:2: the time goes from 0 to 0 s"},
    {NULL, 0, "_start,_end,bits_per_second\n0,1,2e11\n", "t:2: the rate is 200000 Mbit/s"},
    {NULL, DVFO_DIRECTION_UPLOAD, "Timestamp,DL_bitrate,State\n", "t: its UL_bitrate is requests and acknowledgements"},
    {NULL, 0, "Timestamp,DL_bitrate,State\n2019.12.31_23.59.59,5,I\n",
     "t:2: ends here, expected rows with a DL_bitrate"},
    {NULL, 0, "Timestamp,DL_bitrate,State\n2019.12.31_23.59.59,5,D\n2019.12.31_23.59.58,5,D\n",
     "t:3: the time goes back by 1 s"},
    {NULL, 0, "Timestamp,DL_bitrate,State\n2019.12.31_23.59.59,-5,D\n", "t:2: DL_bitrate is -5 kbit/s"},
    {NULL, 0, "2020-04-06 18:50:08.000000_365.0,2020-04-06 18:50:08.041000_41.0\n",
     "t:1: holds round-trip times, expected a trace of rates"},
};

Test(formats, each_mistake_is_told_with_its_place_what_was_found_and_what_was_expected)
{
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_trace *trace = NULL;
        cr_expect(read_bytes(&ctx, mistakes[i].bytes, mistakes[i].format, mistakes[i].direction, &trace) ==
                      DVFO_BAD_INPUT,
                  "%s", mistakes[i].bytes);
        cr_expect(strstr(ctx.message, mistakes[i].message) != NULL, "got '%s', expected '%s'", ctx.message,
                  mistakes[i].message);
        cr_expect(trace == NULL);
        dvfo_trace_free(trace);
    }
}

/* Whatever the first bytes of a sample are cut to or changed to, reading ends, and ends in a trace or a sentence. */
Test(formats, cut_and_changed_samples_never_do_harm)
{
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        char bytes[1024];
        const size_t size = strlen(samples[i].bytes);
        cr_assert(size < sizeof bytes);
        for (size_t cut = 1; cut < size; cut++) {
            for (int change = 0; change < 2; change++) {
                memcpy(bytes, samples[i].bytes, size + 1);
                bytes[cut] = change ? "-9,e\n"[cut % 5] : '\0';
                for (int forced = 0; forced < 2; forced++) {
                    struct dvfo_ctx ctx = {0};
                    struct dvfo_trace *trace = NULL;
                    const dvfo_status status =
                        read_bytes(&ctx, bytes, forced ? samples[i].format : NULL, DVFO_DIRECTION_DEFAULT, &trace);
                    cr_expect((status == DVFO_OK) == (trace != NULL));
                    cr_expect((status == DVFO_OK) == (ctx.message[0] == '\0'));
                    dvfo_trace_free(trace);
                }
            }
        }
    }
}

static struct dvfo_trace *write_and_read(const struct dvfo_trace *trace, const struct dvfo_writer *writer)
{
    char *bytes = NULL;
    size_t size = 0;
    struct dvfo_ctx ctx = {0};
    struct dvfo_trace *back = NULL;
    FILE *file = open_memstream(&bytes, &size);
    cr_assert(file != NULL);
    cr_assert(writer->write(&ctx, trace, file) == DVFO_OK, "%s", ctx.message);
    fclose(file);
    cr_assert(read_bytes(&ctx, bytes, NULL, DVFO_DIRECTION_DEFAULT, &back) == DVFO_OK, "%s: %s", writer->name,
              ctx.message);
    cr_expect_str_eq(back->format, writer->name);
    free(bytes);
    return back;
}

/* csv and cooked keep every bit; mahimahi at most one opportunity and what flows in a millisecond at each end. */
static void expect_same_volume(const struct dvfo_trace *a, const struct dvfo_trace *b, const char *form)
{
    const bool packets = strcmp(form, "mahimahi") == 0;
    cr_expect_float_eq(a->period_s, b->period_s, packets ? 5.001e-4 : 1e-9, "%s", form);
    for (int i = 1; i <= 1000; i++) {
        const double t_s = 0.999 * a->period_s * i / 1000.0;
        const double bits = dvfo_trace_sent_bits(a, t_s);
        const double slack = packets ? 2.0 * 12000.0 + 1e-3 * dvfo_trace_rate_bps(a, t_s) : 1e-9 * (bits + 1.0);
        cr_expect_float_eq(dvfo_trace_sent_bits(b, t_s), bits, slack, "%s at %g s: %.12g, not %.12g", form, t_s,
                           dvfo_trace_sent_bits(b, t_s), bits);
    }
}

Test(writers, every_form_is_read_back_as_the_same_trace)
{
    static const char *const specs[] = {"const:5Mbps", "model:3g-down", "model:wifi"};
    for (size_t s = 0; s < sizeof specs / sizeof specs[0]; s++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_trace *trace = NULL;
        cr_assert(dvfo_trace_open(&ctx, specs[s], NULL, 3, &trace) == DVFO_OK);
        for (const struct dvfo_writer *writer = dvfo_writers; writer->name != NULL; writer++) {
            struct dvfo_trace *back = write_and_read(trace, writer);
            expect_same_volume(trace, back, writer->name);
            dvfo_trace_free(back);
        }
        dvfo_trace_free(trace);
    }
}

Test(writers, opportunities_survive_another_round_unchanged)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_trace *trace = NULL;
    char bytes[4096] = "0\n0\n3\n4\n4\n4\n7\n";
    for (int t_ms = 831; t_ms < 9000; t_ms += 7 + t_ms % 31) { /* sums of 0.001 s are not exact */
        snprintf(bytes + strlen(bytes), sizeof bytes - strlen(bytes), "%d\n", t_ms);
    }
    strcat(bytes, "9100\n9100\n");
    cr_assert(read_bytes(&ctx, bytes, NULL, DVFO_DIRECTION_DEFAULT, &trace) == DVFO_OK);
    struct dvfo_trace *back = write_and_read(trace, dvfo_writers + 2);
    cr_assert(back->n == trace->n, "%zu steps, not %zu", back->n, trace->n);
    for (size_t i = 0; i < trace->n; i++) {
        cr_expect(back->start_s[i] == trace->start_s[i] && back->rate_bps[i] == trace->rate_bps[i], "step %zu", i);
    }
    dvfo_trace_free(back);
    dvfo_trace_free(trace);
}

Test(writers, filled_time_stays_filled_in_csv)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_trace *trace = NULL;
    cr_assert(read_bytes(&ctx, "_start,_end,bits_per_second\n0,1,1000000\n4,5,3000000\n", NULL, DVFO_DIRECTION_DEFAULT,
                         &trace) == DVFO_OK);
    struct dvfo_trace *back = write_and_read(trace, dvfo_writers);
    cr_assert(back->n == 3 && back->filled != NULL);
    cr_expect(!back->filled[0] && back->filled[1] && !back->filled[2]);
    dvfo_trace_free(back);
    dvfo_trace_free(trace);
}

/* The public recordings, where a machine has them: $DVFO_TRACE_DIR/stats.csv names the files and their figures. */
enum { FIGURES = 8, STATS_COLUMNS = 12 };

static const char *const figure_names[FIGURES] = {"duration", "mean", "median",     "p5",
                                                  "p95",      "cv",   "autocorrel", "below 0.5"};

/* The table is rounded to three decimals (duration one, fraction four); 0.5 % or its last digit, whichever is more. */
static double allowed(size_t figure, double expected)
{
    return fmax(0.005 * fabs(expected), figure == 0 ? 0.051 : 5.001e-4);
}

static void figures_of(const struct dvfo_trace_statistics *s, double figure[FIGURES])
{
    const double values[FIGURES] = {
        s->duration_s,    s->mean_bps / 1e6,           s->median_bps / 1e6,      s->p5_bps / 1e6,
        s->p95_bps / 1e6, s->coefficient_of_variation, s->lag1s_autocorrelation, s->fraction_1s_below_half_mbps};
    memcpy(figure, values, sizeof values);
}

static void compare_with_row(const char *folder, char *fields[STATS_COLUMNS], double worst[FIGURES])
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, fields[0]);
    struct dvfo_ctx ctx = {0};
    struct dvfo_trace *trace = NULL;
    struct dvfo_trace_statistics statistics;
    cr_assert(dvfo_trace_open(&ctx, path, NULL, 1, &trace) == DVFO_OK, "%s", ctx.message);
    cr_assert(dvfo_trace_statistics_of(&ctx, trace, &statistics) == DVFO_OK, "%s", ctx.message);
    double figure[FIGURES];
    figures_of(&statistics, figure);
    for (size_t i = 0; i < FIGURES; i++) {
        double expected = 0.0;
        cr_assert(dvfo_text_number(fields[3 + i], NULL, &expected), "%s", fields[3 + i]);
        const double error = fabs(figure[i] - expected);
        cr_expect(error <= allowed(i, expected), "%s (%s): %s is %.5f, stats.csv has %g", fields[0], trace->format,
                  figure_names[i], figure[i], expected);
        worst[i] = fmax(worst[i], error / allowed(i, expected));
    }
    dvfo_trace_free(trace);
}

Test(recordings, statistics_agree_with_the_published_table)
{
    const char *folder = getenv("DVFO_TRACE_DIR");
    if (folder == NULL) {
        cr_skip_test("DVFO_TRACE_DIR names no folder of recordings");
    }
    char path[4096];
    snprintf(path, sizeof path, "%s/stats.csv", folder);
    struct dvfo_ctx ctx = {0};
    struct dvfo_text table;
    cr_assert(dvfo_text_load(&ctx, path, 1 << 20, &table) == DVFO_OK, "%s", ctx.message);
    struct dvfo_lines lines = dvfo_lines_of(&table);
    dvfo_lines_next(&lines);
    double worst[FIGURES] = {0};
    for (char *line = dvfo_lines_next(&lines); line != NULL; line = dvfo_lines_next(&lines)) {
        char *fields[STATS_COLUMNS];
        cr_assert(dvfo_text_split(line, ',', fields, STATS_COLUMNS) >= 11, "stats.csv:%d", lines.number);
        compare_with_row(folder, fields, worst);
    }
    for (size_t i = 0; i < FIGURES; i++) {
        cr_log_info("worst disagreement of %s: %.3f of what is allowed", figure_names[i], worst[i]);
    }
    dvfo_text_free(&table);
}
