/* dvfo plot: a figure by its name, with everything it needs run on the way. */
#include <string.h>

#include "bench/command.h"
#include "bench/interrupt.h"
#include "plots/figure.h"

struct arguments {
    struct dvfo_setting setting;
    const char *figure, *folder;
};

static const struct argp_option options[] = {
    {"out", 'o', "FOLDER", 0, "where FIGURE.csv, .svg and .png go (default: here)", 5},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->setting;
        return 0;
    case 'o':
        arguments->folder = text;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->figure != NULL) {
            argp_error(state, "unexpected argument '%s'", text);
        }
        arguments->figure = text;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The figures stand in the help text as the list has them. */
static char *describe(int key, const char *text, void *input)
{
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC) {
        return (char *)text;
    }
    char *help = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&help, &size);
    if (file == NULL) {
        return (char *)text;
    }
    fputs("Figures:\n", file);
    for (const struct dvfo_figure *const *f = dvfo_figures(); *f != NULL; f++) {
        fprintf(file, "  %-18s %s\n", (*f)->name, (*f)->summary);
    }
    fputs("\nExamples:\n"
          "  dvfo plot clock-sensitivity --board jetson-tx2\n"
          "  dvfo plot bandwidth-sweep --network inception-v4 --policy edge-best,cloud-only,oracle-all --out figures\n\n"
          "The CSV beside each picture holds the numbers as drawn.\n",
          file);
    fclose(file);
    return help;
}

static dvfo_status plot(struct dvfo_ctx *ctx, struct arguments *arguments)
{
    const struct dvfo_figure *figure = NULL;
    struct dvfo_setting *setting = &arguments->setting;
    DVFO_TRY(dvfo_figure_find(ctx, arguments->figure, &figure));
    setting->boards = setting->boards != NULL ? setting->boards : figure->boards;
    setting->networks = setting->networks != NULL ? setting->networks : figure->networks;
    setting->policies = setting->policies != NULL ? setting->policies : figure->policies;
    DVFO_TRY(dvfo_setting_load(ctx, setting));
    DVFO_TRY(dvfo_figure_make(ctx, figure, setting, dvfo_interrupt_catch(), arguments->folder));
    printf("%s/%s.svg\n%s/%s.png\n%s/%s.csv\n", arguments->folder, figure->name, arguments->folder, figure->name,
           arguments->folder, figure->name);
    return DVFO_OK;
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    static const struct argp_child children[] = {{.argp = &dvfo_setting_argp}, {0}};
    const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "FIGURE",
        .doc = "Draw a figure: run what it needs, write its numbers, its SVG and its PNG.\v",
        .children = children,
        .help_filter = describe,
    };
    struct arguments arguments = {.setting = dvfo_setting_default(), .folder = "."};
    arguments.setting.base.workload.requests = 200; /* a mean over a constant link needs no more */
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &arguments));
    const dvfo_status status =
        arguments.figure == NULL
            ? dvfo_fail(ctx, DVFO_BAD_INPUT, "which figure? e.g. 'dvfo plot %s'", dvfo_figures()[0]->name)
            : plot(ctx, &arguments);
    dvfo_setting_free(&arguments.setting);
    return status;
}

const struct dvfo_command dvfo_command_plot = {
    .name = "plot", .summary = "draw a figure, with its numbers beside it", .run = run};
