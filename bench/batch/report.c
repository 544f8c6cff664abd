#include "bench/batch/report.h"

#include <cblas.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "bench/batch/batch_parts.h"
#include "bench/batch/experiment_figure.h"
#include "bench/batch/experiment_table.h"
#include "bench/batch/reference.h"
#include "dvfo_version.h"
#include "sim/base/output.h"

/* Where text goes, and in which of the two languages. */
struct page {
    FILE *file;
    bool html;
};

static void put(const struct page *page, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (page->html ? *text : ' ') {
        case '<':
            fputs("&lt;", page->file);
            break;
        case '>':
            fputs("&gt;", page->file);
            break;
        case '&':
            fputs("&amp;", page->file);
            break;
        default:
            fputc(*text, page->file);
        }
    }
}

static void heading(const struct page *page, int level, const char *text)
{
    if (page->html) {
        fprintf(page->file, "<h%d>", level);
        put(page, text);
        fprintf(page->file, "</h%d>\n", level);
    } else {
        fprintf(page->file, "\n%.*s %s\n\n", level, "####", text);
    }
}

static void paragraph(const struct page *page, const char *text)
{
    if (text[0] == '\0') {
        return;
    }
    fputs(page->html ? "<p>" : "", page->file);
    put(page, text);
    fputs(page->html ? "</p>\n" : "\n\n", page->file);
}

static void begin_verbatim(const struct page *page)
{
    fputs(page->html ? "<pre>" : "```\n", page->file);
}

static void end_verbatim(const struct page *page)
{
    fputs(page->html ? "</pre>\n" : "```\n\n", page->file);
}

/* What a printer of text makes, as it is. */
static dvfo_status verbatim(struct dvfo_ctx *ctx, const struct page *page, char *text)
{
    if (text == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    begin_verbatim(page);
    put(page, text);
    end_verbatim(page);
    free(text);
    return DVFO_OK;
}

/* ---- claims ---- */

static const struct dvfo_gathered *results_of(const struct dvfo_report *report, const char *experiment)
{
    for (size_t i = 0; i < report->parts; i++) {
        const struct dvfo_report_part *part = &report->part[i];
        if (experiment != NULL && strcmp(part->plan->id, experiment) == 0 && part->gathered.record != NULL) {
            return &part->gathered;
        }
    }
    return NULL;
}

static void write_ours(const struct dvfo_claim *claim, const struct dvfo_verdict *verdict, char text[96])
{
    const char *unit = claim->rule == DVFO_CLAIM_BELOW ? "points" : "%";
    if (isnan(verdict->ours.point)) {
        snprintf(text, 96, "-");
    } else if (isnan(verdict->ours.low)) {
        snprintf(text, 96, "%.3g %s", verdict->ours.point, unit);
    } else {
        snprintf(text, 96, "%.3g [%.3g, %.3g] %s", verdict->ours.point, verdict->ours.low, verdict->ours.high, unit);
    }
}

static void write_measured(const struct dvfo_claim *claim, char text[256])
{
    int length = snprintf(text, 256, "%s: %s of %s", claim->experiment, claim->measure, claim->subject);
    for (size_t i = 0; i < claim->against.count && length < 256; i++) {
        length += snprintf(text + length, (size_t)(256 - length), "%s%s", i == 0 ? " against " : ", ",
                           claim->against.entry[i]);
    }
}

static void put_row(const struct page *page, const char *const cells[], size_t count, bool head)
{
    fputs(page->html ? "<tr>" : "|", page->file);
    for (size_t i = 0; i < count; i++) {
        fputs(page->html ? (head ? "<th>" : "<td>") : " ", page->file);
        put(page, cells[i]);
        fputs(page->html ? (head ? "</th>" : "</td>") : " |", page->file);
    }
    fputs(page->html ? "</tr>\n" : "\n", page->file);
    if (head && !page->html) {
        fputc('|', page->file);
        for (size_t i = 0; i < count; i++) {
            fputs(" --- |", page->file);
        }
        fputc('\n', page->file);
    }
}

static dvfo_status put_claims(struct dvfo_ctx *ctx, const struct dvfo_report *report, const struct page *page)
{
    static const char *const names[] = {"claim", "source", "says", "we measured", "ours", "verdict", "why"};
    fputs(page->html ? "<table>\n" : "", page->file);
    put_row(page, names, 7, true);
    for (size_t i = 0; i < report->claims.count; i++) {
        const struct dvfo_claim *claim = &report->claims.claim[i];
        struct dvfo_verdict verdict;
        char ours[96], measured[256] = "-";
        DVFO_TRY(dvfo_claim_judge(ctx, claim, results_of(report, claim->experiment), &verdict));
        write_ours(claim, &verdict, ours);
        if (claim->rule != DVFO_CLAIM_UNTESTED) {
            write_measured(claim, measured);
        }
        const char *const cells[] = {claim->id, claim->source,   claim->says,   measured,
                                     ours,      verdict.verdict, verdict.reason};
        put_row(page, cells, 7, false);
    }
    fputs(page->html ? "</table>\n" : "\n", page->file);
    return DVFO_OK;
}

dvfo_status dvfo_report_print_claims(struct dvfo_ctx *ctx, const struct dvfo_report *report, FILE *file)
{
    static const char *const names[] = {"claim", "says", "ours", "verdict", NULL};
    struct dvfo_table *table = NULL;
    dvfo_status status = dvfo_table_create(ctx, names, &table);
    for (size_t i = 0; i < report->claims.count && status == DVFO_OK; i++) {
        const struct dvfo_claim *claim = &report->claims.claim[i];
        struct dvfo_verdict verdict;
        char ours[96];
        status = dvfo_claim_judge(ctx, claim, results_of(report, claim->experiment), &verdict);
        write_ours(claim, &verdict, ours);
        dvfo_table_text(table, claim->id);
        dvfo_table_text(table, claim->says);
        dvfo_table_text(table, ours);
        dvfo_table_text(table, verdict.verdict);
    }
    status = status == DVFO_OK ? dvfo_table_print(ctx, table, DVFO_TABLE_TEXT, file) : status;
    dvfo_table_free(table);
    return status;
}

/* ---- figures ---- */

/* The picture itself, without the head that only a file needs. */
static bool put_svg(FILE *file, const char *path)
{
    FILE *svg = fopen(path, "r");
    char line[4096];
    bool inside = false;
    while (svg != NULL && fgets(line, sizeof line, svg) != NULL) {
        inside |= strncmp(line, "<svg", 4) == 0;
        if (inside) {
            fputs(line, file);
        }
    }
    if (svg != NULL) {
        fclose(svg);
    }
    return inside;
}

static void put_figure(const struct page *page, const struct dvfo_report *report, const char *name)
{
    char path[DVFO_PATH_SIZE], sentence[256];
    snprintf(path, sizeof path, "%s/figures/%s.svg", report->folder, name);
    if (access(path, R_OK) != 0) {
        paragraph(page, "(The figure could not be drawn.)");
        return;
    }
    if (page->html) {
        fputs("<figure>\n", page->file);
        put_svg(page->file, path);
        fputs("</figure>\n", page->file);
    } else {
        fprintf(page->file, "![%s](figures/%s.png)\n\n", name, name);
    }
    snprintf(sentence, sizeof sentence, "Its numbers: figures/%s.csv; also as SVG, PNG, PDF.", name);
    paragraph(page, sentence);
}

/* ---- an experiment ---- */

static void put_verb(const struct page *page, const struct dvfo_report *report, const struct dvfo_plan *plan,
                     const char *verb)
{
    fprintf(page->file, "dvfo bench %s ", verb);
    dvfo_batch_print_plan(plan, page->file);
    dvfo_batch_print_changes(report->changes, report->results, page->file);
    fputc('\n', page->file);
}

static void put_command(const struct page *page, const struct dvfo_report *report, const struct dvfo_plan *plan)
{
    begin_verbatim(page);
    if (plan->draws != NULL) {
        fprintf(page->file, "dvfo plot %s", plan->draws);
        for (size_t i = 0; i < plan->options; i++) {
            fprintf(page->file, " --%s %s", plan->option[i].key, plan->option[i].value);
        }
        fputc('\n', page->file);
    } else {
        put_verb(page, report, plan, "run");
        put_verb(page, report, plan, "table");
    }
    end_verbatim(page);
}

static dvfo_status put_comparison(struct dvfo_ctx *ctx, const struct page *page, const struct dvfo_gathered *gathered)
{
    char *text = NULL;
    size_t size = 0;
    struct dvfo_comparison *comparison = calloc(1, sizeof *comparison);
    FILE *memory = comparison != NULL ? open_memstream(&text, &size) : NULL;
    dvfo_status status = memory != NULL ? dvfo_compare(ctx, gathered, NULL, comparison) : dvfo_fail_no_memory(ctx);
    status = status == DVFO_OK ? dvfo_experiment_print_comparison(ctx, comparison, DVFO_TABLE_TEXT, memory) : status;
    free(comparison);
    if (memory != NULL) {
        fclose(memory);
    }
    if (status != DVFO_OK) {
        free(text);
        return status;
    }
    return verbatim(ctx, page, text);
}

static dvfo_status put_conditions(struct dvfo_ctx *ctx, const struct page *page, const struct dvfo_gathered *gathered)
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    if (memory == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    dvfo_experiment_print_conditions(gathered, memory);
    fclose(memory);
    return verbatim(ctx, page, text);
}

static dvfo_status put_reference(struct dvfo_ctx *ctx, const struct page *page, const struct dvfo_report *report,
                                 const struct dvfo_gathered *gathered)
{
    char *text = NULL;
    size_t size = 0;
    struct dvfo_rows rows;
    if (report->reference == NULL) {
        return DVFO_OK;
    }
    DVFO_TRY(dvfo_rows_make(ctx, gathered, &rows));
    FILE *memory = open_memstream(&text, &size);
    const dvfo_status status = memory == NULL ? dvfo_fail_no_memory(ctx)
                                              : dvfo_reference_print(ctx, report->reference, gathered->plan->id, &rows,
                                                                     DVFO_TABLE_TEXT, memory);
    if (memory != NULL) {
        fclose(memory);
    }
    dvfo_rows_free(&rows);
    if (status != DVFO_OK || size == 0) {
        free(text);
        return status;
    }
    return verbatim(ctx, page, text);
}

static dvfo_status put_part(struct dvfo_ctx *ctx, const struct page *page, const struct dvfo_report *report,
                            const struct dvfo_report_part *part)
{
    const struct dvfo_plan *plan = part->plan;
    const char *figure = dvfo_experiment_figure_name(plan);
    heading(page, 2, plan->title);
    paragraph(page, plan->question);
    if (part->missing[0] != '\0') {
        paragraph(page, part->missing);
        return DVFO_OK;
    }
    if (figure != NULL) {
        put_figure(page, report, figure);
    }
    paragraph(page, plan->shows);
    if (part->gathered.record != NULL && plan->comparison.subject != NULL) {
        DVFO_TRY(put_comparison(ctx, page, &part->gathered));
    }
    if (part->gathered.record != NULL) {
        DVFO_TRY(put_reference(ctx, page, report, &part->gathered));
        DVFO_TRY(put_conditions(ctx, page, &part->gathered));
    }
    put_command(page, report, plan);
    return DVFO_OK;
}

/* ---- the whole ---- */

static const char style[] =
    "<style>body{font-family:sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem;color:#222;line-height:1.45}"
    "table{border-collapse:collapse;font-size:.85rem}td,th{border-bottom:1px solid #ccc;padding:.3rem .6rem;"
    "text-align:left;vertical-align:top}pre{background:#f6f6f6;padding:.7rem;overflow-x:auto;font-size:.78rem}"
    "figure{margin:1rem 0;overflow-x:auto}figure svg{max-width:100%;height:auto}h2{margin-top:2.5rem}</style>\n";

static void put_environment(const struct page *page, const struct dvfo_report *report)
{
    heading(page, 2, "Environment, and what was assumed");
    begin_verbatim(page);
    fprintf(page->file, "program    dvfo " DVFO_VERSION "\nsources    SHA-256 %s (sim, policies, profiles, traces)\n",
            dvfo_inputs_program());
    fprintf(page->file, "BLAS       OpenBLAS, kernel %s (agents are the same bytes on the same kernel)\n",
            openblas_get_corename());
    fprintf(page->file, "size       %s\nseeds      from 1 on, as many as each experiment says\n",
            report->changes->quick ? "quick" : "full");
    end_verbatim(page);
    paragraph(page,
              "Energy and latency are simulated on profiles that were calibrated on published measurements; how "
              "wrong they are on what no fit has seen stands under 'Predicted against measured'. Every "
              "coefficient that was assumed, with its reason and bounds, is listed by 'dvfo show board NAME'; "
              "'--set assume=low' or 'assume=high' runs an experiment at either bound. Accuracy of networks of "
              "ImageNet's size is carried over, as relative loss, from a network that was trained and measured here "
              "(docs/attention.md).");
}

static dvfo_status put_page(struct dvfo_ctx *ctx, const struct dvfo_report *report, const struct page *page)
{
    if (page->html) {
        fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>dvfo: report</title>\n",
              page->file);
        fputs(style, page->file);
        fputs("</head><body>\n", page->file);
    }
    heading(page, 1, "What came out");
    paragraph(page, "Claims in print beside our figures: mean over cells and seeds with 95 % intervals (stratified "
                    "bootstrap over seeds). Verdicts follow from rules that were fixed beforehand (bench/claims.yaml): "
                    "reproduced when the interval contains or exceeds the figure, in direction when it excludes 0.");
    DVFO_TRY(put_claims(ctx, report, page));
    for (size_t i = 0; i < report->parts; i++) {
        DVFO_TRY(put_part(ctx, page, report, &report->part[i]));
    }
    put_environment(page, report);
    fputs(page->html ? "</body></html>\n" : "", page->file);
    return DVFO_OK;
}

static dvfo_status put_markdown(struct dvfo_ctx *ctx, void *user, FILE *file)
{
    const struct page page = {file, false};
    return put_page(ctx, user, &page);
}

static dvfo_status put_html(struct dvfo_ctx *ctx, void *user, FILE *file)
{
    const struct page page = {file, true};
    return put_page(ctx, user, &page);
}

dvfo_status dvfo_report_write(struct dvfo_ctx *ctx, const struct dvfo_report *report)
{
    char path[DVFO_PATH_SIZE];
    snprintf(path, sizeof path, "%s/report.md", report->folder);
    DVFO_TRY(dvfo_output_write(ctx, path, put_markdown, (void *)report));
    snprintf(path, sizeof path, "%s/report.html", report->folder);
    return dvfo_output_write(ctx, path, put_html, (void *)report);
}
