/* dvfo show: what is known about a board, a network, a trace. */
#include <string.h>

#include "bench/command.h"
#include "bench/show.h"
#include "sim/base/nearest.h"
#include "sim/base/text.h"

struct arguments {
    const char *kind, *name;
    const char *variant, *precision, *format, *trace_format;
    long input_px;
    uint64_t seed;
};

enum { KEY_INPUT = 512, KEY_VARIANT, KEY_PRECISION, KEY_FORMAT, KEY_TRACE_FORMAT, KEY_SEED };

static const struct argp_option options[] = {
    {"input", KEY_INPUT, "PX", 0, "network: side of the input image, or steps of a sequence", 1},
    {"variant", KEY_VARIANT, "V", 0, "network: one of the file's input variants, e.g. cifar", 1},
    {"precision", KEY_PRECISION, "P", 0, "network: fp32 (default), fp16 or int8, for the bytes moved", 1},
    {"trace-format", KEY_TRACE_FORMAT, "F", 0, "trace: take the file for this format", 2},
    {"seed", KEY_SEED, "N", 0, "trace: seed of a generator (default 1)", 2},
    {"format", KEY_FORMAT, "F", 0, "table (default), csv or json", 3},
    {0},
};

static const struct argp_option *option_of(int key)
{
    const struct argp_option *option = options;
    while (option->key != key) {
        option++;
    }
    return option;
}

static long long whole_number(struct argp_state *state, int key, const char *text, long long min)
{
    long long value = 0;
    if (!dvfo_text_integer(text, NULL, &value) || value < min) {
        argp_error(state, "--%s is '%s', expected a whole number from %lld", option_of(key)->name, text, min);
    }
    return value;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case KEY_INPUT:
        arguments->input_px = (long)whole_number(state, key, text, 1);
        return 0;
    case KEY_VARIANT:
        arguments->variant = text;
        return 0;
    case KEY_PRECISION:
        arguments->precision = text;
        return 0;
    case KEY_FORMAT:
        arguments->format = text;
        return 0;
    case KEY_TRACE_FORMAT:
        arguments->trace_format = text;
        return 0;
    case KEY_SEED:
        arguments->seed = (uint64_t)whole_number(state, key, text, 0);
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num >= 2) {
            argp_error(state, "unexpected argument '%s'", text);
        }
        *(state->arg_num == 0 ? &arguments->kind : &arguments->name) = text;
        return 0;
    case ARGP_KEY_END:
        if (state->arg_num < 2) {
            argp_error(state, "expected what to show and its name, e.g. 'dvfo show network resnet-18'");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = "board NAME\nnetwork NAME\ncloud NAME\ntrace TRACE",
    .doc = "Show what is known about a board, a network, a cloud or a trace. NAME may also be the path of a file."
           "\v"
           "Examples:\n"
           "  dvfo show board jetson-tx2\n"
           "  dvfo show network resnet-18\n"
           "  dvfo show network efficientnet-b0 --variant cifar --precision fp16\n"
           "  dvfo show network ./mine.yaml --input 160 --format csv\n"
           "  dvfo show trace model:4g-up --seed 3\n\n"
           "Of a network: each layer's class, shapes, work (2 per multiply-add),\n"
           "parameters and bytes moved. 'fused' layers run in the kernel of the layer\n"
           "before; after a 'cut' one tensor holds everything still needed; the 'split'\n"
           "is where DVFO divides the work. csv and json hold the layers only.\n",
};

static dvfo_status show(struct dvfo_ctx *ctx, const struct arguments *arguments)
{
    static const char *const kinds[] = {"board", "network", "cloud", "trace"};
    dvfo_table_format format;
    DVFO_TRY(dvfo_table_format_of(ctx, arguments->format, &format));
    if (strcmp(arguments->kind, "board") == 0) {
        return dvfo_show_board(ctx, arguments->name, format);
    }
    if (strcmp(arguments->kind, "network") == 0) {
        return dvfo_show_network(ctx, arguments->name, arguments->input_px, arguments->variant, arguments->precision,
                                 format);
    }
    if (strcmp(arguments->kind, "cloud") == 0) {
        return dvfo_show_cloud(ctx, arguments->name, format);
    }
    if (strcmp(arguments->kind, "trace") == 0) {
        return dvfo_show_trace(ctx, arguments->name, arguments->trace_format, arguments->seed, format);
    }
    const char *near = dvfo_nearest(arguments->kind, kinds, sizeof kinds / sizeof kinds[0]);
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "'%s' can't be shown, expected board, network, cloud or trace%s%s%s",
                     arguments->kind, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct arguments arguments = {.precision = "fp32", .format = "table", .seed = 1};
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &arguments));
    return show(ctx, &arguments);
}

const struct dvfo_command dvfo_command_show = {"show", "show a board, a network, a cloud or a trace", run};
