#include "sim/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/hash.h"
#include "sim/base/units.h"

static dvfo_status check_text(struct dvfo_ctx *ctx, const struct dvfo_text *text);

/* The whole of a file that is one. */
static dvfo_status read_whole(struct dvfo_ctx *ctx, const char *path, size_t max_bytes, struct dvfo_text *out)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: is %s, expected a regular file", path,
                         S_ISDIR(info.st_mode) ? "a folder" : "not a regular file");
    }
    if ((size_t)info.st_size > max_bytes) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: is %.1f MiB, expected at most %.0f MiB", path,
                         (double)info.st_size / DVFO_BYTES_PER_MIB, (double)max_bytes / DVFO_BYTES_PER_MIB);
    }
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
    }
    dvfo_status status = DVFO_OK;
    out->name = dvfo_text_copy(path);
    out->bytes = malloc((size_t)info.st_size + 1);
    if (out->name == NULL || out->bytes == NULL) {
        status = dvfo_fail_no_memory(ctx);
    } else {
        out->size = fread(out->bytes, 1, (size_t)info.st_size, file);
        out->bytes[out->size] = '\0';
        status =
            ferror(file) ? dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: cannot be read: %s", path, strerror(errno)) : DVFO_OK;
    }
    fclose(file);
    return status;
}

static dvfo_status load(struct dvfo_ctx *ctx, const char *path, size_t max_bytes, bool any_bytes, struct dvfo_text *out)
{
    memset(out, 0, sizeof *out);
    dvfo_status status = read_whole(ctx, path, max_bytes, out);
    if (status == DVFO_OK && !any_bytes) {
        status = check_text(ctx, out);
    }
    if (status != DVFO_OK) {
        dvfo_text_free(out);
        return status;
    }
    dvfo_hash_sha256_hex(out->bytes, out->size, out->sha256);
    return DVFO_OK;
}

dvfo_status dvfo_text_load(struct dvfo_ctx *ctx, const char *path, size_t max_bytes, struct dvfo_text *out)
{
    return load(ctx, path, max_bytes, false, out);
}

dvfo_status dvfo_text_load_bytes(struct dvfo_ctx *ctx, const char *path, size_t max_bytes, struct dvfo_text *out)
{
    return load(ctx, path, max_bytes, true, out);
}

dvfo_status dvfo_text_bytes_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                        struct dvfo_text *out)
{
    memset(out, 0, sizeof *out);
    out->name = dvfo_text_copy(name);
    out->bytes = malloc(size + 1);
    if (out->name == NULL || out->bytes == NULL) {
        dvfo_text_free(out);
        return dvfo_fail_no_memory(ctx);
    }
    memcpy(out->bytes, bytes, size);
    out->bytes[size] = '\0';
    out->size = size;
    dvfo_hash_sha256_hex(out->bytes, out->size, out->sha256);
    return DVFO_OK;
}

dvfo_status dvfo_text_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                  struct dvfo_text *out)
{
    DVFO_TRY(dvfo_text_bytes_from_memory(ctx, name, bytes, size, out));
    const dvfo_status status = check_text(ctx, out);
    if (status != DVFO_OK) {
        dvfo_text_free(out);
    }
    return status;
}

static dvfo_status check_text(struct dvfo_ctx *ctx, const struct dvfo_text *text)
{
    if (text->size == 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: is empty", text->name);
    }
    const char *nul = memchr(text->bytes, '\0', text->size);
    if (nul != NULL) {
        int line = 1;
        for (const char *c = text->bytes; c < nul; c++) {
            line += *c == '\n';
        }
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: holds a NUL byte, expected a text file", text->name, line);
    }
    return DVFO_OK;
}

void dvfo_text_free(struct dvfo_text *text)
{
    if (text != NULL) {
        free(text->name);
        free(text->bytes);
        memset(text, 0, sizeof *text);
    }
}

struct dvfo_lines dvfo_lines_of(struct dvfo_text *text)
{
    return (struct dvfo_lines){.next = text->bytes, .end = text->bytes + text->size, .number = 0};
}

char *dvfo_lines_next(struct dvfo_lines *lines)
{
    char *line = lines->next;
    if (line == NULL || line >= lines->end) {
        return NULL;
    }
    char *newline = memchr(line, '\n', (size_t)(lines->end - line));
    char *last = newline != NULL ? newline : lines->end;
    lines->next = newline != NULL ? newline + 1 : NULL;
    *last = '\0';
    if (last > line && last[-1] == '\r') {
        last[-1] = '\0';
    }
    lines->number++;
    return line;
}

/* strtod would follow the locale and take "nan" and "0x1p3"; the span below admits plain decimals only. The program
 * never calls setlocale, so strtod reads a dot. */
bool dvfo_text_number(const char *s, const char **end, double *out)
{
    const size_t span = strspn(s, "+-.0123456789eE");
    if (span == 0 || span > 64) {
        return false;
    }
    char digits[65];
    memcpy(digits, s, span);
    digits[span] = '\0';
    char *stop = NULL;
    const double value = strtod(digits, &stop);
    if (stop == digits || !isfinite(value)) {
        return false;
    }
    const char *rest = s + (stop - digits);
    if (end == NULL && *rest != '\0') {
        return false;
    }
    if (end != NULL) {
        *end = rest;
    }
    *out = value;
    return true;
}

bool dvfo_text_integer(const char *s, const char **end, long long *out)
{
    if (!isdigit((unsigned char)s[0]) && !((s[0] == '-' || s[0] == '+') && isdigit((unsigned char)s[1]))) {
        return false;
    }
    char *stop = NULL;
    errno = 0;
    const long long value = strtoll(s, &stop, 10);
    if (errno != 0 || (end == NULL && *stop != '\0')) {
        return false;
    }
    if (end != NULL) {
        *end = stop;
    }
    *out = value;
    return true;
}

static char *trim(char *field)
{
    while (*field == ' ' || *field == '\t') {
        field++;
    }
    size_t length = strlen(field);
    while (length > 0 && (field[length - 1] == ' ' || field[length - 1] == '\t')) {
        field[--length] = '\0';
    }
    if (length >= 2 && field[0] == '"' && field[length - 1] == '"') {
        field[length - 1] = '\0';
        field++;
    }
    return field;
}

size_t dvfo_text_split(char *line, char separator, char *fields[], size_t max)
{
    size_t count = 0;
    if (separator == ' ') {
        char *place = NULL;
        for (char *word = strtok_r(line, " \t", &place); word != NULL; word = strtok_r(NULL, " \t", &place)) {
            if (count < max) {
                fields[count] = word;
            }
            count++;
        }
        return count;
    }
    for (char *start = line; start != NULL; count++) {
        bool quoted = false;
        char *stop = start;
        while (*stop != '\0' && (quoted || *stop != separator)) {
            quoted ^= *stop == '"';
            stop++;
        }
        char *next = *stop == '\0' ? NULL : stop + 1;
        *stop = '\0';
        if (count < max) {
            fields[count] = trim(start);
        }
        start = next;
    }
    return count;
}

char *dvfo_text_copy(const char *s)
{
    const size_t size = strlen(s) + 1;
    char *copy = malloc(size);
    if (copy != NULL) {
        memcpy(copy, s, size);
    }
    return copy;
}
