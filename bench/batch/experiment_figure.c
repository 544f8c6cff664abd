#include "bench/batch/experiment_figure.h"

#include <string.h>

#include "bench/batch/experiment_table.h"
#include "dvfo_sources.h"
#include "plots/drawing.h"
#include "plots/figure.h"
#include "sim/base/text.h"

const char *dvfo_experiment_figure_name(const struct dvfo_plan *plan)
{
    return plan->draws != NULL ? plan->draws : plan->figure.template != NULL ? plan->id : NULL;
}

/* ---- a table as a figure ---- */

static dvfo_status feed(struct dvfo_ctx *ctx, void *user, FILE *csv)
{
    return dvfo_experiment_print_rows(ctx, user, DVFO_TABLE_CSV, csv);
}

static void name_values(const struct dvfo_plan *plan, const char *key, char names[DVFO_DRAWING_NAMES])
{
    const struct dvfo_plan_list values = dvfo_plan_values(plan, key);
    for (size_t i = 0; i < values.count; i++) {
        dvfo_drawing_add_name(names, values.entry[i]);
    }
}

dvfo_status dvfo_experiment_draw(struct dvfo_ctx *ctx, const struct dvfo_gathered *gathered, const char *folder,
                                 const volatile sig_atomic_t *stop)
{
    const struct dvfo_plan *plan = gathered->plan;
    struct dvfo_rows rows;
    struct dvfo_drawing drawing = {
        .template = plan->figure.template, .name = plan->id, .folder = folder, .feed = feed, .stop = stop};
    char traces[DVFO_DRAWING_NAMES] = "", etas[DVFO_DRAWING_NAMES] = "";
    DVFO_TRY(dvfo_rows_make(ctx, gathered, &rows));
    drawing.user = &rows;
    name_values(plan, "board", drawing.boards);
    name_values(plan, "network", drawing.networks);
    name_values(plan, "trace", traces);
    name_values(plan, "eta", etas);
    for (size_t i = 0; i < plan->policies.count; i++) {
        dvfo_drawing_add_name(drawing.policies, plan->policies.entry[i]);
    }
    dvfo_drawing_set(&drawing, "traces", traces);
    dvfo_drawing_set(&drawing, "etas", etas);
    for (size_t i = 0; i < plan->figure.settings; i++) {
        dvfo_drawing_set(&drawing, plan->figure.setting[i].key, plan->figure.setting[i].value);
    }
    const dvfo_status status = dvfo_drawing_make(ctx, &drawing);
    dvfo_rows_free(&rows);
    return status;
}

/* ---- a figure with numbers of its own ---- */

static dvfo_status load_for(struct dvfo_ctx *ctx, const struct dvfo_plan *plan, const struct dvfo_figure *figure,
                            struct dvfo_setting *setting, struct dvfo_figure_subject *subject)
{
    for (size_t i = 0; i < plan->options; i++) {
        DVFO_TRY(dvfo_setting_set(ctx, setting, plan->option[i].key, plan->option[i].value));
        subject->has_requests = subject->has_requests || strcmp(plan->option[i].key, "requests") == 0;
    }
    subject->has_trace = setting->trace != NULL;
    return dvfo_figure_load(ctx, figure, setting);
}

dvfo_status dvfo_experiment_figure_inputs(struct dvfo_ctx *ctx, const struct dvfo_plan *plan,
                                          char sha256[DVFO_SHA256_HEX_SIZE])
{
    struct dvfo_inputs inputs = {0};
    struct dvfo_plan_option option[DVFO_PLAN_OPTIONS];
    char *text = NULL, path[DVFO_PATH_SIZE];
    size_t size = 0, count = plan->options;
    FILE *file = open_memstream(&text, &size);
    if (file == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    memcpy(option, plan->option, count * sizeof *option);
    if (dvfo_data_path(NULL, "accuracy profile", "profiles/accuracy", "generated", ".h5", path) == DVFO_OK) {
        option[count++] = (struct dvfo_plan_option){"accuracy", "generated"};
    }
    fprintf(file, "figure: %s %s\n", plan->draws, DVFO_FIGURE_SOURCES_SHA256);
    const dvfo_status status = dvfo_inputs_write(ctx, &inputs, option, count, file);
    const dvfo_status hashed = dvfo_inputs_finish(ctx, file, &text, &size, sha256);
    dvfo_inputs_free(&inputs);
    return status != DVFO_OK ? status : hashed;
}

dvfo_status dvfo_experiment_draw_own(struct dvfo_ctx *ctx, const struct dvfo_plan *plan, const char *folder,
                                     const volatile sig_atomic_t *stop)
{
    static const volatile sig_atomic_t never = 0;
    const struct dvfo_figure *figure = NULL;
    struct dvfo_setting setting = dvfo_setting_default();
    struct dvfo_figure_subject subject = {.setting = &setting, .stop = stop != NULL ? stop : &never};
    DVFO_TRY(dvfo_figure_find(ctx, plan->draws, &figure));
    dvfo_status status = load_for(ctx, plan, figure, &setting, &subject);
    status = status == DVFO_OK ? dvfo_figure_make(ctx, figure, &subject, folder) : status;
    dvfo_setting_free(&setting);
    return status;
}

/* ---- its numbers as a table ---- */

enum { MOST_FIELDS = 48, DIGITS = 4 };

static dvfo_status begin_table(struct dvfo_ctx *ctx, char *line, size_t *columns, struct dvfo_table **out)
{
    char *field[MOST_FIELDS + 1] = {0};
    *columns = line == NULL ? 0 : dvfo_text_split(line, ',', field, MOST_FIELDS);
    DVFO_REQUIRE(*columns > 0 && *columns <= MOST_FIELDS);
    field[*columns] = NULL;
    return dvfo_table_create(ctx, (const char *const *)field, out);
}

static void add_line(struct dvfo_table *table, char *line, size_t columns)
{
    char *field[MOST_FIELDS] = {0};
    const size_t count = dvfo_text_split(line, ',', field, columns);
    for (size_t i = 0; i < columns; i++) {
        double value = 0.0;
        if (i < count && dvfo_text_number(field[i], NULL, &value)) {
            dvfo_table_number(table, value, DIGITS);
        } else {
            dvfo_table_text(table, i < count ? field[i] : "");
        }
    }
}

static dvfo_status print_lines(struct dvfo_ctx *ctx, struct dvfo_text *text, dvfo_table_format format, FILE *file)
{
    struct dvfo_table *table = NULL;
    struct dvfo_lines lines = dvfo_lines_of(text);
    size_t columns = 0;
    DVFO_TRY(begin_table(ctx, dvfo_lines_next(&lines), &columns, &table));
    for (char *line = NULL; (line = dvfo_lines_next(&lines)) != NULL;) {
        add_line(table, line, columns);
    }
    const dvfo_status status = dvfo_table_print(ctx, table, format, file);
    dvfo_table_free(table);
    return status;
}

static dvfo_status feed_own(struct dvfo_ctx *ctx, const struct dvfo_plan *plan, FILE *csv)
{
    static const volatile sig_atomic_t never = 0;
    const struct dvfo_figure *figure = NULL;
    struct dvfo_setting setting = dvfo_setting_default();
    struct dvfo_figure_subject subject = {.setting = &setting, .stop = ctx->stop != NULL ? ctx->stop : &never};
    DVFO_TRY(dvfo_figure_find(ctx, plan->draws, &figure));
    dvfo_status status = load_for(ctx, plan, figure, &setting, &subject);
    status = status == DVFO_OK ? figure->feed(ctx, &subject, csv) : status;
    dvfo_setting_free(&setting);
    return status;
}

dvfo_status dvfo_experiment_print_own(struct dvfo_ctx *ctx, const struct dvfo_plan *plan, dvfo_table_format format,
                                      FILE *file)
{
    char *bytes = NULL;
    size_t size = 0;
    struct dvfo_text text;
    FILE *csv = open_memstream(&bytes, &size);
    if (csv == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    dvfo_status status = feed_own(ctx, plan, csv);
    const bool written = fclose(csv) == 0;
    status = status == DVFO_OK && !written ? dvfo_fail_no_memory(ctx) : status;
    if (status == DVFO_OK && format == DVFO_TABLE_CSV) {
        fwrite(bytes, 1, size, file); /* main tells a full disk */
    } else if (status == DVFO_OK) {
        status = dvfo_text_from_memory(ctx, plan->draws, bytes, size, &text);
        if (status == DVFO_OK) {
            status = print_lines(ctx, &text, format, file);
            dvfo_text_free(&text);
        }
    }
    free(bytes);
    return status;
}
