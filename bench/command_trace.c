/* dvfo trace info|convert|generate. */
#include <errno.h>
#include <string.h>

#include "bench/command.h"
#include "bench/table.h"
#include "bench/verbs.h"
#include "sim/base/output.h"
#include "sim/base/units.h"
#include "traces/format.h"
#include "traces/generator.h"
#include "traces/statistics.h"
#include "traces/writer.h"

/* What the three verbs take, as typed; borrowed from argv. */
struct options {
    const char *format;       /* of the table */
    const char *trace_format; /* to force, or NULL */
    const char *to;
    const char *out; /* NULL: standard output */
    const char *duration;
    const char *seed;
    char **names; /* files, or the class */
    int name_count;
};

enum { KEY_TRACE_FORMAT = 256, KEY_TO, KEY_OUT, KEY_DURATION, KEY_SEED, KEY_FORMAT };

#define OPTION_SEED                                                                                                    \
    {                                                                                                                  \
        "seed", KEY_SEED, "N", 0, "seed of a generator (default 1)", 0                                                 \
    }
#define OPTION_TRACE_FORMAT                                                                                            \
    {                                                                                                                  \
        "trace-format", KEY_TRACE_FORMAT, "NAME", 0, "read files as this format, whatever they look like", 0           \
    }
#define OPTION_TO                                                                                                      \
    {                                                                                                                  \
        "to", KEY_TO, "FORM", 0, "csv (default), cooked or mahimahi", 0                                                \
    }
#define OPTION_OUT                                                                                                     \
    {                                                                                                                  \
        "out", KEY_OUT, "FILE", 0, "write there instead of to standard output", 0                                      \
    }

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_FORMAT:
        options->format = argument;
        return 0;
    case KEY_TRACE_FORMAT:
        options->trace_format = argument;
        return 0;
    case KEY_TO:
        options->to = argument;
        return 0;
    case KEY_OUT:
        options->out = argument;
        return 0;
    case KEY_DURATION:
        options->duration = argument;
        return 0;
    case KEY_SEED:
        options->seed = argument;
        return 0;
    case ARGP_KEY_ARGS:
        options->names = state->argv + state->next;
        options->name_count = state->argc - state->next;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The lists of formats and classes at the end of a help text; NULL-safe as argp frees what isn't `text`. */
static char *list_names(int key, const char *text, void *input)
{
    (void)input;
    if (key != ARGP_KEY_HELP_EXTRA) {
        return (char *)(uintptr_t)text; /* argp's own type: unchanged text goes back as it came */
    }
    char *list = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&list, &size);
    if (file == NULL) {
        return NULL;
    }
    fputs("Formats:\n", file);
    for (size_t i = 0; dvfo_formats[i] != NULL; i++) {
        fprintf(file, "  %-18s %s\n", dvfo_formats[i]->name, dvfo_formats[i]->summary);
    }
    fputs("Classes of generators:\n", file);
    for (size_t i = 0; dvfo_generators[i].name != NULL; i++) {
        fprintf(file, "  %-18s %s\n", dvfo_generators[i].name, dvfo_generators[i].source);
    }
    return fclose(file) == 0 ? list : NULL;
}

static dvfo_status parse_seed(struct dvfo_ctx *ctx, const char *text, uint64_t *out)
{
    long long seed = 0;
    if (!dvfo_text_integer(text, NULL, &seed) || seed < 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--seed is '%s', expected a whole number from 0", text);
    }
    *out = (uint64_t)seed;
    return DVFO_OK;
}

static const char *const info_columns[] = {"file",
                                           "duration_s",
                                           "mean_mbps",
                                           "median_mbps",
                                           "p5_mbps",
                                           "p95_mbps",
                                           "coefficient_of_variation",
                                           "lag1s_autocorrelation",
                                           "fraction_1s_below_0.5mbps",
                                           NULL};

static dvfo_status add_info_row(struct dvfo_ctx *ctx, const struct options *options, const char *spec, uint64_t seed,
                                struct dvfo_table *table)
{
    struct dvfo_trace *trace = NULL;
    struct dvfo_trace_statistics statistics;
    DVFO_TRY(dvfo_trace_open(ctx, spec, options->trace_format, seed, &trace));
    const dvfo_status status = dvfo_trace_statistics_of(ctx, trace, &statistics);
    dvfo_trace_free(trace);
    DVFO_TRY(status);
    dvfo_table_text(table, spec);
    dvfo_table_number(table, statistics.duration_s, 5);
    dvfo_table_number(table, statistics.mean_bps / DVFO_BPS_PER_MBPS, 4);
    dvfo_table_number(table, statistics.median_bps / DVFO_BPS_PER_MBPS, 4);
    dvfo_table_number(table, statistics.p5_bps / DVFO_BPS_PER_MBPS, 4);
    dvfo_table_number(table, statistics.p95_bps / DVFO_BPS_PER_MBPS, 4);
    dvfo_table_number(table, statistics.coefficient_of_variation, 3);
    dvfo_table_number(table, statistics.lag1s_autocorrelation, 3);
    dvfo_table_number(table, statistics.fraction_1s_below_half_mbps, 3);
    return DVFO_OK;
}

static dvfo_status run_info(struct dvfo_ctx *ctx, const struct options *options)
{
    dvfo_table_format format = DVFO_TABLE_TEXT;
    uint64_t seed = 0;
    DVFO_TRY(dvfo_table_format_of(ctx, options->format, &format));
    DVFO_TRY(parse_seed(ctx, options->seed, &seed));
    if (options->name_count == 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "no trace is given, expected 'dvfo trace info FILE...'");
    }
    struct dvfo_table *table = NULL;
    DVFO_TRY(dvfo_table_create(ctx, info_columns, &table));
    dvfo_status status = DVFO_OK;
    for (int i = 0; i < options->name_count && status == DVFO_OK; i++) {
        status = add_info_row(ctx, options, options->names[i], seed, table);
    }
    if (status == DVFO_OK) {
        status = dvfo_table_print(ctx, table, format, stdout);
    }
    dvfo_table_free(table);
    return status;
}

static dvfo_status write_to_stdout(struct dvfo_ctx *ctx, const struct dvfo_writer *writer,
                                   const struct dvfo_trace *trace)
{
    errno = 0;
    DVFO_TRY(writer->write(ctx, trace, stdout));
    if (fflush(stdout) != 0 || ferror(stdout)) {
        return errno == EPIPE ? dvfo_fail(ctx, DVFO_CLOSED_PIPE, "%s", dvfo_status_text(DVFO_CLOSED_PIPE))
                              : dvfo_fail(ctx, DVFO_FAILED, "the trace could not be written: %s", strerror(errno));
    }
    return DVFO_OK;
}

static dvfo_status write_to_file(struct dvfo_ctx *ctx, const struct dvfo_writer *writer, const struct dvfo_trace *trace,
                                 const char *path)
{
    struct dvfo_output output = {.temporary = ""};
    DVFO_TRY(dvfo_output_begin(ctx, path, &output));
    dvfo_status status = DVFO_OK;
    FILE *file = fopen(output.temporary, "w");
    if (file == NULL) {
        status = dvfo_fail(ctx, DVFO_FAILED, "%s: cannot be written: %s", path, strerror(errno));
    } else {
        const dvfo_status written = writer->write(ctx, trace, file);
        if (written != DVFO_OK) {
            fclose(file);
            status = written;
        } else {
            status = dvfo_output_close(ctx, file, path);
        }
    }
    if (status == DVFO_OK) {
        status = dvfo_output_commit(ctx, &output);
    }
    dvfo_output_abandon(&output);
    return status;
}

static dvfo_status write_trace(struct dvfo_ctx *ctx, const struct options *options, const struct dvfo_writer *writer,
                               const struct dvfo_trace *trace)
{
    return options->out == NULL ? write_to_stdout(ctx, writer, trace) : write_to_file(ctx, writer, trace, options->out);
}

static dvfo_status run_convert(struct dvfo_ctx *ctx, const struct options *options)
{
    const struct dvfo_writer *writer = NULL;
    uint64_t seed = 0;
    DVFO_TRY(dvfo_writer_find(ctx, options->to, &writer));
    DVFO_TRY(parse_seed(ctx, options->seed, &seed));
    if (options->name_count != 1) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%d traces are given, expected 'dvfo trace convert FILE'",
                         options->name_count);
    }
    struct dvfo_trace *trace = NULL;
    DVFO_TRY(dvfo_trace_open(ctx, options->names[0], options->trace_format, seed, &trace));
    const dvfo_status status = write_trace(ctx, options, writer, trace);
    dvfo_trace_free(trace);
    return status;
}

static dvfo_status run_generate(struct dvfo_ctx *ctx, const struct options *options)
{
    const struct dvfo_writer *writer = NULL;
    const struct dvfo_generator *generator = NULL;
    uint64_t seed = 0;
    double duration_s = DVFO_GENERATOR_DURATION_S;
    DVFO_TRY(dvfo_writer_find(ctx, options->to, &writer));
    DVFO_TRY(parse_seed(ctx, options->seed, &seed));
    if (options->duration != NULL && !dvfo_text_number(options->duration, NULL, &duration_s)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--duration is '%s', expected a number of seconds", options->duration);
    }
    if (options->name_count != 1) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%d classes are given, expected 'dvfo trace generate CLASS'",
                         options->name_count);
    }
    DVFO_TRY(dvfo_generator_find(ctx, options->names[0], &generator));
    struct dvfo_trace *trace = NULL;
    DVFO_TRY(dvfo_generator_draw(ctx, generator, options->names[0], duration_s, seed, &trace));
    const dvfo_status status = write_trace(ctx, options, writer, trace);
    dvfo_trace_free(trace);
    return status;
}

static const struct argp_option info_options[] = {
    {"format", KEY_FORMAT, "FORMAT", 0, "table (default), csv or json", 0},
    OPTION_TRACE_FORMAT,
    OPTION_SEED,
    {0},
};

static const struct argp_option convert_options[] = {OPTION_TO, OPTION_OUT, OPTION_TRACE_FORMAT, OPTION_SEED, {0}};

static const struct argp_option generate_options[] = {
    {"duration", KEY_DURATION, "SECONDS", 0, "length of the trace (default 3600)", 0},
    OPTION_TO,
    OPTION_OUT,
    OPTION_SEED,
    {0},
};

static const struct argp info_argp = {
    .options = info_options,
    .parser = parse_option,
    .args_doc = "TRACE...",
    .doc = "Figures of traces, on their 1-s averages; time that nobody measured is left out.\v"
           "TRACE is a file in one of the formats below, recognised by content; FILE:download takes the other "
           "direction of "
           "one that has two. const:5Mbps and model:CLASS work too.\n\n"
           "Examples:\n"
           "  dvfo trace info drive.up home.csv\n"
           "  dvfo trace info throughput.csv:download --format csv\n"
           "  dvfo trace info model:wifi --seed 3\n",
    .help_filter = list_names,
};

static const struct argp convert_argp = {
    .options = convert_options,
    .parser = parse_option,
    .args_doc = "TRACE",
    .doc = "Write a trace in another form.\v"
           "csv keeps everything; cooked is what Pensieve's player reads; mahimahi is for mm-link, in packets of 1500 "
           "bytes "
           "and whole milliseconds.\n\n"
           "Examples:\n"
           "  dvfo trace convert drive.json --to mahimahi --out drive.up\n"
           "  dvfo trace convert throughput.csv:upload --to csv\n",
    .help_filter = list_names,
};

static const struct argp generate_argp = {
    .options = generate_options,
    .parser = parse_option,
    .args_doc = "CLASS",
    .doc = "Draw a trace from a model fitted to recordings; the same seed gives the same trace.\v"
           "Examples:\n"
           "  dvfo trace generate wifi --duration 600 --seed 3 --out wifi.csv\n"
           "  dvfo trace generate 4g-up --to mahimahi --out 4g.up\n",
    .help_filter = list_names,
};

static dvfo_status run_verb(struct dvfo_ctx *ctx, const struct argp *argp, int argc, char **argv,
                            dvfo_status (*run)(struct dvfo_ctx *ctx, const struct options *options))
{
    struct options options = {.format = "table", .to = dvfo_writers[0].name, .seed = "1"};
    DVFO_TRY(dvfo_command_parse(ctx, argp, argc, argv, &options));
    return run(ctx, &options);
}

static dvfo_status info(struct dvfo_ctx *ctx, int argc, char **argv)
{
    return run_verb(ctx, &info_argp, argc, argv, run_info);
}

static dvfo_status convert(struct dvfo_ctx *ctx, int argc, char **argv)
{
    return run_verb(ctx, &convert_argp, argc, argv, run_convert);
}

static dvfo_status generate(struct dvfo_ctx *ctx, int argc, char **argv)
{
    return run_verb(ctx, &generate_argp, argc, argv, run_generate);
}

static const struct dvfo_command verb_info = {"info", "figures of traces: mean, percentiles, autocorrelation", info};
static const struct dvfo_command verb_convert = {"convert", "write a trace as csv, cooked or mahimahi", convert};
static const struct dvfo_command verb_generate = {"generate", "draw a trace from a fitted model", generate};

static const struct dvfo_verbs verbs = {
    .command = "trace",
    .about = "Traces: what a link carries over time.",
    .examples = "  dvfo trace info drive.up\n"
                "  dvfo trace convert drive.json --to mahimahi --out drive.up\n"
                "  dvfo trace generate wifi --duration 600 --seed 3 --out wifi.csv\n",
    .verbs = (const struct dvfo_command *const[]){&verb_info, &verb_convert, &verb_generate, NULL},
};

static dvfo_status run_trace(struct dvfo_ctx *ctx, int argc, char **argv)
{
    return dvfo_verbs_run(ctx, &verbs, argc, argv);
}

const struct dvfo_command dvfo_command_trace = {"trace", "figures of network traces, conversion, generators",
                                                run_trace};
