#include "plots/drawing.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "plots/pdf_date.h"
#include "sim/base/output.h"

extern char **environ;

/* FOLDER/NAME.SUFFIX */
static dvfo_status output_name(struct dvfo_ctx *ctx, const char *folder, const char *name, const char *suffix,
                               char path[DVFO_PATH_SIZE])
{
    if (snprintf(path, DVFO_PATH_SIZE, "%s/%s.%s", folder, name, suffix) >= DVFO_PATH_SIZE) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "an output path is longer than %d characters", DVFO_PATH_SIZE - 1);
    }
    return DVFO_OK;
}

void dvfo_drawing_add_name(char names[DVFO_DRAWING_NAMES], const char *name)
{
    const size_t length = strlen(names);
    snprintf(names + length, DVFO_DRAWING_NAMES - length, "%s%s", length > 0 ? " " : "", name);
}

void dvfo_drawing_set(struct dvfo_drawing *drawing, const char *name, const char *value)
{
    DVFO_REQUIRE(drawing->variables < DVFO_DRAWING_VARIABLES);
    char *to = drawing->variable[drawing->variables].name;
    snprintf(to, DVFO_DRAWING_NAME, "DVFO_%s", name);
    for (char *c = to; *c != '\0'; c++) {
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    }
    drawing->variable[drawing->variables++].value = value;
}

/* Run gnuplot on the template; what it needs to know goes in by environment variables, so no path is ever quoted. */
static dvfo_status run_gnuplot(struct dvfo_ctx *ctx, const struct dvfo_drawing *drawing, const char *template,
                               const char *csv, const char *terminal, const char *picture)
{
    char style[DVFO_PATH_SIZE], legend[DVFO_PATH_SIZE], log_axis[DVFO_PATH_SIZE], answers[DVFO_PATH_SIZE];
    DVFO_TRY(dvfo_data_path(ctx, "figure style", "plots", "style", ".gp", style));
    DVFO_TRY(dvfo_data_path(ctx, "figure legend", "plots", "legend", ".gp", legend));
    DVFO_TRY(dvfo_data_path(ctx, "figure axis", "plots", "log-axis", ".gp", log_axis));
    DVFO_TRY(dvfo_data_path(ctx, "figure panels", "plots", "answers", ".gp", answers));
    const struct {
        const char *name, *value;
    } variables[] = {
        {"DVFO_CSV", csv},
        {"DVFO_TERMINAL", terminal},
        {"DVFO_PICTURE", picture},
        {"DVFO_STYLE", style},
        {"DVFO_BOARDS", drawing->boards},
        {"DVFO_NETWORKS", drawing->networks},
        {"DVFO_POLICIES", drawing->policies},
        {"DVFO_LEGEND", legend},
        {"DVFO_LOG_AXIS", log_axis},
        {"DVFO_ANSWERS", answers},
    };
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        setenv(variables[i].name, variables[i].value, 1);
    }
    for (size_t i = 0; i < drawing->variables; i++) {
        setenv(drawing->variable[i].name, drawing->variable[i].value, 1);
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
    if (drawing->stop != NULL && *drawing->stop != 0) { /* Ctrl-C reaches gnuplot too */
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

static dvfo_status draw(struct dvfo_ctx *ctx, const struct dvfo_drawing *drawing, const char *csv,
                        const struct format *format)
{
    char template[DVFO_PATH_SIZE], picture[DVFO_PATH_SIZE];
    struct dvfo_output output;
    DVFO_TRY(dvfo_data_path(ctx, "figure template", "plots", drawing->template, ".gp", template));
    DVFO_TRY(output_name(ctx, drawing->folder, drawing->name, format->suffix, picture));
    DVFO_TRY(dvfo_output_begin(ctx, picture, &output));
    dvfo_status status = run_gnuplot(ctx, drawing, template, csv, format->terminal, output.temporary);
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

dvfo_status dvfo_drawing_make(struct dvfo_ctx *ctx, const struct dvfo_drawing *drawing)
{
    char csv[DVFO_PATH_SIZE];
    DVFO_TRY(output_name(ctx, drawing->folder, drawing->name, "csv", csv));
    DVFO_TRY(dvfo_output_write(ctx, csv, drawing->feed, drawing->user));
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        DVFO_TRY(draw(ctx, drawing, csv, &formats[i]));
    }
    return DVFO_OK;
}
