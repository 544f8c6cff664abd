/* A board's file with new numbers in it. A calibrated quantity stands on one line, {value: ..., standing: calibrated,
 * error: ..., points: ..., low: ..., high: ..., source: "..."}; only value, error and points change. */
#include "profiles/calibrate/fit.h"

#include <math.h>
#include <string.h>

#include "sim/base/text.h"

enum { MAX_BOARD_BYTES = 4 << 20, NUMBER_SIZE = 64 };

/* Growing text. */
struct out {
    char *bytes;
    size_t size, capacity;
    bool full;
};

static void put(struct out *out, const char *bytes, size_t size)
{
    if (out->size + size + 1 > out->capacity) {
        const size_t capacity = 2 * (out->size + size + 1);
        char *grown = realloc(out->bytes, capacity);
        if (grown == NULL) {
            out->full = true;
            return;
        }
        out->bytes = grown;
        out->capacity = capacity;
    }
    memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
    out->bytes[out->size] = '\0';
}

static void put_text(struct out *out, const char *text)
{
    put(out, text, strlen(text));
}

static const struct dvfo_quantity *quantity_at(const struct dvfo_fit *const fits[], size_t count, int line)
{
    for (size_t f = 0; f < count; f++) {
        for (size_t i = 0; i < fits[f]->coefficient_count; i++) {
            if (fits[f]->coefficient[i].quantity->line == line) {
                return fits[f]->coefficient[i].quantity;
            }
        }
    }
    return NULL;
}

/* Five digits of a value: more than any standard error of ours supports, few enough to read. */
static void put_number(struct out *out, const char *format, double value) __attribute__((format(printf, 2, 0)));

static void put_number(struct out *out, const char *format, double value)
{
    char text[NUMBER_SIZE];
    snprintf(text, sizeof text, format, value);
    put_text(out, text);
}

/* Inside double quotes of YAML. */
static void put_quoted(struct out *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            put_text(out, "\\");
        }
        put(out, (unsigned char)*text < ' ' ? " " : text, 1);
    }
}

static dvfo_status put_quantity(struct dvfo_ctx *ctx, struct out *out, const char *path, int number, const char *line,
                                const struct dvfo_quantity *quantity, const char *own)
{
    const char *value = strstr(line, "{value:");
    const char *source = value != NULL ? strstr(value, "source:") : NULL;
    if (source == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "%s:%d: a calibrated quantity must stand on one line, from '{value:' to "
                         "'source:', expected by the fit",
                         path, number);
    }
    put(out, line, (size_t)(value - line) + 1);
    put_number(out, "value: %.5g, standing: calibrated, ", quantity->value);
    if (isfinite(quantity->error)) {
        put_number(out, "error: %.2g, ", quantity->error);
    }
    if (quantity->points > 0) {
        put_number(out, "points: %.0f, ", (double)quantity->points);
    }
    if (isfinite(quantity->low)) {
        put_number(out, "low: %.5g, ", quantity->low);
        put_number(out, "high: %.5g, ", quantity->high);
    }
    if (own == NULL) {
        put_text(out, source);
        return DVFO_OK;
    }
    put_text(out, "source: \"");
    put_quoted(out, own);
    put_text(out, "\"}");
    return DVFO_OK;
}

dvfo_status dvfo_fit_rewrite(struct dvfo_ctx *ctx, const char *path, const struct dvfo_fit *const fits[], size_t count,
                             const char *own, char **out)
{
    *out = NULL;
    struct dvfo_text text;
    DVFO_TRY(dvfo_text_load(ctx, path, MAX_BOARD_BYTES, &text));
    struct out written = {0};
    dvfo_status status = DVFO_OK;
    struct dvfo_lines lines = dvfo_lines_of(&text);
    for (char *line = dvfo_lines_next(&lines); line != NULL && status == DVFO_OK; line = dvfo_lines_next(&lines)) {
        const struct dvfo_quantity *quantity = quantity_at(fits, count, lines.number);
        if (quantity != NULL && (own == NULL || quantity->points > 0)) {
            status = put_quantity(ctx, &written, path, lines.number, line, quantity, own);
        } else {
            put_text(&written, line);
        }
        put_text(&written, "\n");
    }
    dvfo_text_free(&text);
    if (status == DVFO_OK && written.full) {
        status = dvfo_fail_no_memory(ctx);
    }
    if (status != DVFO_OK) {
        free(written.bytes);
        return status;
    }
    *out = written.bytes;
    return DVFO_OK;
}
