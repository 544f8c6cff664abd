/* dvfo plot: a figure by its name, with everything it needs run on the way. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/command.h"
#include "bench/interrupt.h"
#include "plots/figure.h"

struct arguments {
    struct dvfo_setting setting;
    const char *figure, *folder, *measured;
    bool given[64]; /* by the setting's options: did the user give it? */
};

enum { KEY_MEASURED = 512 }; /* beyond the setting's */

static const struct argp_option options[] = {
    {"measured", KEY_MEASURED, "PATH", 0, "file or folder of measurements (default: those that are shipped)", 5},
    {"out", 'o', "FOLDER", 0, "where FIGURE.csv, .svg, .png and .pdf go (made if missing; default: here)", 5},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = arguments;
        return 0;
    case 'o':
        arguments->folder = text;
        return 0;
    case KEY_MEASURED:
        arguments->measured = text;
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

/* The setting reads its options as ever; which ones there are is noted on the way. */
static error_t note_option(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    for (size_t i = 0; i < sizeof arguments->given && dvfo_setting_argp.options[i].name != NULL; i++) {
        arguments->given[i] |= dvfo_setting_argp.options[i].key == key;
    }
    state->input = &arguments->setting;
    const error_t error = dvfo_setting_argp.parser(key, text, state);
    state->input = arguments;
    return error;
}

/* "    options: --board, --network, ...", in lines that argp has no need to wrap. */
static void describe_options(const struct dvfo_figure *figure, FILE *file)
{
    int column = fprintf(file, "    options:");
    for (const char *const *option = figure->takes; *option != NULL; option++) {
        const char *const after = option[1] != NULL ? "," : "";
        if (column + (int)strlen(*option) + 4 > 75) {
            column = fprintf(file, "\n            ") - 1;
        }
        column += fprintf(file, " --%s%s", *option, after);
    }
    fputs("\n", file);
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
        fprintf(file, "  %s\n    %s\n", (*f)->name, (*f)->summary);
        describe_options(*f, file);
    }
    fputs("\nExamples:\n"
          "  dvfo plot clock-sensitivity --board jetson-tx2\n"
          "  dvfo plot bandwidth-sweep --policy edge-best,oracle-all --out figures\n"
          "  dvfo plot learning-curves --eta 0.8\n"
          "  dvfo plot adaptation --policy edge-best,oracle-dvfo,dvfo:agent.h5\n"
          "  dvfo plot fidelity --board jetson-tx2 --measured measurements/\n"
          "  dvfo plot accuracy --accuracy accuracy.h5 --out figures\n"
          "  dvfo plot lambda-sweep --accuracy-floor 2\n"
          "  dvfo plot overhead --board jetson-nano,xavier-nx --trace const:20Mbps\n\n"
          "The CSV beside each picture holds the numbers as drawn.\n",
          file);
    fclose(file);
    return help;
}

static dvfo_status check_taken(struct dvfo_ctx *ctx, const struct dvfo_figure *figure, const char *option)
{
    return dvfo_figure_takes(figure, option)
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s has no effect on %s; 'dvfo plot --help' shows what has", option,
                           figure->name);
}

/* An option without effect would be taken for one with it. */
static dvfo_status check_given(struct dvfo_ctx *ctx, const struct arguments *arguments,
                               const struct dvfo_figure *figure)
{
    for (size_t i = 0; i < sizeof arguments->given; i++) {
        const char *option = dvfo_setting_argp.options[i].name;
        if (option == NULL) {
            break;
        }
        if (arguments->given[i]) {
            DVFO_TRY(check_taken(ctx, figure, option));
        }
    }
    return arguments->measured != NULL ? check_taken(ctx, figure, "measured") : DVFO_OK;
}

static bool is_given(const struct arguments *arguments, const char *name)
{
    for (size_t i = 0; dvfo_setting_argp.options[i].name != NULL; i++) {
        if (strcmp(dvfo_setting_argp.options[i].name, name) == 0) {
            return arguments->given[i];
        }
    }
    return false;
}

static dvfo_status make_folder(struct dvfo_ctx *ctx, const char *folder)
{
    return mkdir(folder, 0777) == 0 || errno == EEXIST
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "folder '%s': cannot be made: %s", folder, strerror(errno));
}

static dvfo_status plot(struct dvfo_ctx *ctx, struct arguments *arguments)
{
    const struct dvfo_figure *figure = NULL;
    struct dvfo_setting *setting = &arguments->setting;
    DVFO_TRY(dvfo_figure_find(ctx, arguments->figure, &figure));
    DVFO_TRY(check_given(ctx, arguments, figure));
    const bool has_trace = setting->trace != NULL;
    DVFO_TRY(dvfo_figure_load(ctx, figure, setting));
    DVFO_TRY(make_folder(ctx, arguments->folder));
    const struct dvfo_figure_subject subject = {.setting = setting,
                                                .has_trace = has_trace,
                                                .has_requests = is_given(arguments, "requests"),
                                                .measured = arguments->measured,
                                                .stop = dvfo_interrupt_catch()};
    DVFO_TRY(dvfo_figure_make(ctx, figure, &subject, arguments->folder));
    static const char *const suffixes[] = {"svg", "png", "pdf", "csv"};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        printf("%s/%s.%s\n", arguments->folder, figure->name, suffixes[i]);
    }
    return DVFO_OK;
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    const struct argp noting = {.options = dvfo_setting_argp.options, .parser = note_option};
    const struct argp_child children[] = {{.argp = &noting}, {0}};
    const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "FIGURE",
        .doc = "Draw a figure: run what it needs, write its numbers, its SVG, its PNG and its PDF.\v",
        .children = children,
        .help_filter = describe,
    };
    struct arguments arguments = {.setting = dvfo_setting_default(), .folder = "."};
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
