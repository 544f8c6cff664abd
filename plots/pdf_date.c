#include "plots/pdf_date.h"

#include <errno.h>
#include <string.h>

#include "sim/base/output.h"

static const char mark[] = "/CreationDate (D:"; /* year to second follow, then the zone */
static const char constant[] = "19700101000000";

/* Stand behind the next mark; false when there is none. */
static bool find_mark(FILE *pdf)
{
    size_t met = 0;
    int c = 0;
    while (mark[met] != '\0' && (c = getc(pdf)) != EOF) {
        met = c == mark[met] ? met + 1 : c == mark[0] ? 1 : 0; /* its first character stands nowhere else in it */
    }
    return mark[met] == '\0';
}

/* Behind a mark: write the constant over a date; false when there is none or it can't be written. */
static bool fix_here(FILE *pdf)
{
    char date[sizeof constant] = "";
    const long at = ftell(pdf);
    return at >= 0 && fread(date, 1, sizeof date - 1, pdf) == sizeof date - 1 &&
           strspn(date, "0123456789") == sizeof date - 1 && fseek(pdf, at, SEEK_SET) == 0 &&
           fwrite(constant, 1, sizeof constant - 1, pdf) == sizeof constant - 1;
}

dvfo_status dvfo_pdf_fix_date(struct dvfo_ctx *ctx, const char *picture, const char *path)
{
    FILE *pdf = fopen(path, "r+b");
    if (pdf == NULL) {
        return dvfo_fail(ctx, DVFO_FAILED, "%s: cannot be opened: %s", picture, strerror(errno));
    }
    const bool fixed = find_mark(pdf) && fix_here(pdf);
    DVFO_TRY(dvfo_output_close(ctx, pdf, picture));
    return fixed ? DVFO_OK
                 : dvfo_fail(ctx, DVFO_FAILED,
                             "%s: its date isn't in plain text (cairo 1.18 compresses it) and can't be made constant: "
                             "the same inputs would give other bytes",
                             picture);
}
