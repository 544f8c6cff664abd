#include "plots/figure.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "plots/pdf_date.h"
#include "sim/base/nearest.h"
#include "sim/base/output.h"

extern char **environ;

const struct dvfo_figure *const *dvfo_figures(void)
{
    static const struct dvfo_figure *const list[] = {&dvfo_figure_clock_sensitivity,
                                                     &dvfo_figure_bandwidth_sweep,
                                                     &dvfo_figure_layer_profile,
                                                     &dvfo_figure_fidelity,
                                                     &dvfo_figure_learning_curves,
                                                     &dvfo_figure_adaptation,
                                                     &dvfo_figure_accuracy,
                                                     &dvfo_figure_fusion,
                                                     &dvfo_figure_payload,
                                                     &dvfo_figure_lambda_sweep,
                                                     &dvfo_figure_channel_importance,
                                                     &dvfo_figure_overhead,
                                                     NULL};
    return list;
}

dvfo_status dvfo_figure_find(struct dvfo_ctx *ctx, const char *name, const struct dvfo_figure **out)
{
    const char *names[32];
    size_t count = 0;
    for (const struct dvfo_figure *const *f = dvfo_figures(); *f != NULL; f++) {
        if (strcmp((*f)->name, name) == 0) {
            *out = *f;
            return DVFO_OK;
        }
        names[count++] = (*f)->name;
    }
    const char *near = dvfo_nearest(name, names, count);
    return near != NULL ? dvfo_fail(ctx, DVFO_BAD_INPUT, "unknown figure '%s'; did you mean '%s'?", name, near)
                        : dvfo_fail(ctx, DVFO_BAD_INPUT, "unknown figure '%s'; 'dvfo plot --help' lists them", name);
}

bool dvfo_figure_takes(const struct dvfo_figure *figure, const char *option)
{
    for (const char *const *taken = figure->takes; *taken != NULL; taken++) {
        if (strcmp(*taken, option) == 0) {
            return true;
        }
    }
    return false;
}

dvfo_status dvfo_figure_check(struct dvfo_ctx *ctx, const struct dvfo_figure *figure,
                              const struct dvfo_setting *setting)
{
    const struct {
        size_t most, found;
        const char *what;
    } rows[] = {
        {figure->most_networks, setting->network_count, "networks"},
        {figure->most_policies, setting->policy_count, "policies"},
        {figure->most_columns, setting->board_count * setting->network_count, "columns (boards times networks)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].most > 0 && rows[i].found > rows[i].most) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s shows at most %zu %s at once, found %zu", figure->name,
                             rows[i].most, rows[i].what, rows[i].found);
        }
    }
    return DVFO_OK;
}

/* FOLDER/NAME.SUFFIX */
static dvfo_status output_name(struct dvfo_ctx *ctx, const char *folder, const char *name, const char *suffix,
                               char path[DVFO_PATH_SIZE])
{
    if (snprintf(path, DVFO_PATH_SIZE, "%s/%s.%s", folder, name, suffix) >= DVFO_PATH_SIZE) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "an output path is longer than %d characters", DVFO_PATH_SIZE - 1);
    }
    return DVFO_OK;
}

static dvfo_status write_csv(struct dvfo_ctx *ctx, const struct dvfo_figure *figure,
                             const struct dvfo_figure_subject *subject, const char *path)
{
    struct dvfo_output output;
    DVFO_TRY(dvfo_output_begin(ctx, path, &output));
    FILE *csv = fopen(output.temporary, "w");
    dvfo_status status = csv == NULL ? dvfo_fail(ctx, DVFO_FAILED, "%s: cannot be written: %s", path, strerror(errno))
                                     : figure->feed(ctx, subject, csv);
    if (csv != NULL) {
        struct dvfo_ctx closing = {0};
        const dvfo_status closed = dvfo_output_close(&closing, csv, path);
        if (status == DVFO_OK && closed != DVFO_OK) {
            status = dvfo_fail(ctx, closed, "%s", closing.message);
        }
    }
    if (status == DVFO_OK) {
        status = dvfo_output_commit(ctx, &output);
    }
    dvfo_output_abandon(&output);
    return status;
}

/* Names, separated by blanks: gnuplot's word() takes them apart. */
enum { NAMES_SIZE = 2048 };

static void add_name(char names[NAMES_SIZE], const char *name)
{
    const size_t length = strlen(names);
    snprintf(names + length, NAMES_SIZE - length, "%s%s", length > 0 ? " " : "", name);
}

static void list_boards(const struct dvfo_setting *setting, char names[NAMES_SIZE])
{
    names[0] = '\0';
    for (size_t i = 0; i < setting->board_count; i++) {
        add_name(names, setting->board[i]->name);
    }
}

static void list_networks(const struct dvfo_setting *setting, char names[NAMES_SIZE])
{
    names[0] = '\0';
    for (size_t i = 0; i < setting->network_count; i++) {
        add_name(names, setting->network[i]->name);
    }
}

static void list_policies(const struct dvfo_setting *setting, char names[NAMES_SIZE])
{
    names[0] = '\0';
    for (size_t i = 0; i < setting->policy_count; i++) {
        add_name(names, setting->policy_name[i]);
    }
}

/* Run gnuplot on the template; what it needs to know goes in by environment variables, so no path is ever quoted. */
static dvfo_status run_gnuplot(struct dvfo_ctx *ctx, const struct dvfo_figure_subject *subject, const char *template,
                               const char *csv, const char *terminal, const char *picture)
{
    char style[DVFO_PATH_SIZE], legend[DVFO_PATH_SIZE], log_axis[DVFO_PATH_SIZE], answers[DVFO_PATH_SIZE];
    char boards[NAMES_SIZE], networks[NAMES_SIZE], policies[NAMES_SIZE];
    DVFO_TRY(dvfo_data_path(ctx, "figure style", "plots", "style", ".gp", style));
    DVFO_TRY(dvfo_data_path(ctx, "figure legend", "plots", "legend", ".gp", legend));
    DVFO_TRY(dvfo_data_path(ctx, "figure axis", "plots", "log-axis", ".gp", log_axis));
    DVFO_TRY(dvfo_data_path(ctx, "figure panels", "plots", "answers", ".gp", answers));
    list_boards(subject->setting, boards);
    list_networks(subject->setting, networks);
    list_policies(subject->setting, policies);
    const struct {
        const char *name, *value;
    } variables[] = {
        {"DVFO_CSV", csv},           {"DVFO_TERMINAL", terminal}, {"DVFO_PICTURE", picture},   {"DVFO_STYLE", style},
        {"DVFO_BOARDS", boards},     {"DVFO_NETWORKS", networks}, {"DVFO_POLICIES", policies}, {"DVFO_LEGEND", legend},
        {"DVFO_LOG_AXIS", log_axis}, {"DVFO_ANSWERS", answers},
    };
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        setenv(variables[i].name, variables[i].value, 1);
    }
    setenv("TZ", "UTC0", 1);                                  /* the date in a PDF is as long as its zone makes it */
    char *argv[] = {"gnuplot", "-d", (char *)template, NULL}; /* -d: nothing of the user's own start-up files */
    pid_t child = 0;
    const int failed = posix_spawnp(&child, "gnuplot", NULL, NULL, argv, environ);
    if (failed != 0) {
        return dvfo_fail(ctx, DVFO_FAILED, "gnuplot cannot be started (%s): install gnuplot-nox; the numbers are in %s",
                         strerror(failed), csv);
    }
    int state = 0;
    while (waitpid(child, &state, 0) < 0 && errno == EINTR) {
    }
    if (*subject->stop != 0) { /* Ctrl-C reaches gnuplot too */
        return dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted while drawing; the numbers are in %s", csv);
    }
    return WIFEXITED(state) && WEXITSTATUS(state) == 0
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_FAILED, "gnuplot failed on %s; the numbers are in %s", template, csv);
}

/* What a figure is drawn as. */
struct format {
    const char *suffix, *terminal;
    const char *end; /* a whole file has it among its last bytes */
    /* make constant what would differ from one drawing to the next; NULL: nothing does */
    dvfo_status (*fix)(struct dvfo_ctx *ctx, const char *picture, const char *path);
};

static const struct format formats[] = {
    {.suffix = "svg", .terminal = "svg", .end = "</svg>"},
    {.suffix = "png", .terminal = "pngcairo", .end = "IEND"},
    {.suffix = "pdf", .terminal = "pdfcairo", .end = "%%EOF", .fix = dvfo_pdf_fix_date},
};

/* gnuplot doesn't notice a full disk: a whole picture ends as its format says. */
static dvfo_status check_end(struct dvfo_ctx *ctx, const char *picture, const char *path, const char *end)
{
    char tail[16] = "";
    FILE *file = fopen(path, "rb");
    size_t got = 0;
    if (file != NULL) {
        got = fseek(file, -(long)(sizeof tail - 1), SEEK_END) == 0 ? fread(tail, 1, sizeof tail - 1, file) : 0;
        fclose(file);
    }
    for (size_t i = 0; i + strlen(end) <= got; i++) {
        if (memcmp(tail + i, end, strlen(end)) == 0) {
            return DVFO_OK;
        }
    }
    return dvfo_fail(ctx, DVFO_FAILED, "%s: gnuplot left it unfinished (is the disk full?)", picture);
}

static dvfo_status draw(struct dvfo_ctx *ctx, const struct dvfo_figure *figure,
                        const struct dvfo_figure_subject *subject, const char *csv, const char *folder,
                        const struct format *format)
{
    char template[DVFO_PATH_SIZE], picture[DVFO_PATH_SIZE];
    struct dvfo_output output;
    DVFO_TRY(dvfo_data_path(ctx, "figure template", "plots", figure->name, ".gp", template));
    DVFO_TRY(output_name(ctx, folder, figure->name, format->suffix, picture));
    DVFO_TRY(dvfo_output_begin(ctx, picture, &output));
    dvfo_status status = run_gnuplot(ctx, subject, template, csv, format->terminal, output.temporary);
    if (status == DVFO_OK) {
        status = check_end(ctx, picture, output.temporary, format->end);
    }
    if (status == DVFO_OK && format->fix != NULL) {
        status = format->fix(ctx, picture, output.temporary);
    }
    if (status == DVFO_OK) {
        status = dvfo_output_commit(ctx, &output);
    }
    dvfo_output_abandon(&output);
    return status;
}

dvfo_status dvfo_figure_make(struct dvfo_ctx *ctx, const struct dvfo_figure *figure,
                             const struct dvfo_figure_subject *subject, const char *folder)
{
    char csv[DVFO_PATH_SIZE];
    DVFO_TRY(output_name(ctx, folder, figure->name, "csv", csv));
    DVFO_TRY(write_csv(ctx, figure, subject, csv));
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        DVFO_TRY(draw(ctx, figure, subject, csv, folder, &formats[i]));
    }
    return DVFO_OK;
}
