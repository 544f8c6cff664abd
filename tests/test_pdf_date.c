#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "plots/pdf_date.h"

TestSuite(pdf_date, .init = command_make_folder, .fini = command_remove_folder, .timeout = 60);

static dvfo_status fix(struct dvfo_ctx *ctx, const char *bytes, size_t size)
{
    command_write("bytes", bytes, size);
    return dvfo_pdf_fix_date(ctx, "figure.pdf", "bytes");
}

/* What cairo 1.16 writes, cut down to what could be mistaken for the date. */
#define BEGIN "%PDF-1.5\n\0\xb5//Creation\n20261128125212\n<< /CreationDat/CreationDate (D:"
#define END "Z)\n>>\n/CreationDate (\nxref\n0000000107 00000 n\n%%EOF\n"

Test(pdf_date, becomes_constant_and_no_other_byte_changes)
{
    static const char drawn[] = BEGIN "20261128125212" END, expected[] = BEGIN "19700101000000" END;
    struct dvfo_ctx ctx = {0};
    cr_assert(fix(&ctx, drawn, sizeof drawn - 1) == DVFO_OK, "%s", ctx.message);
    char fixed[sizeof expected + 1];
    FILE *file = fopen("bytes", "rb");
    cr_assert(file != NULL && fread(fixed, 1, sizeof fixed, file) == sizeof expected - 1);
    fclose(file);
    cr_expect(memcmp(fixed, expected, sizeof expected - 1) == 0);
}

Test(pdf_date, a_file_without_a_date_is_refused)
{
    static const char *const rows[] = {
        "",
        "%PDF-1.5\n%%EOF\n",
        "<< /Type /ObjStm /Filter /FlateDecode >>\n%%EOF\n", /* cairo 1.18 */
        "/CreationDate (20261128125212Z)",
        "/CreationDate (D:2026112812521?Z)",
        "/CreationDate (D:2026112812521",
        "/CreationDate (D:",
        "/CreationDate",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dvfo_ctx ctx = {0};
        cr_expect(fix(&ctx, rows[i], strlen(rows[i])) == DVFO_FAILED, "%s", rows[i]);
        cr_expect(strstr(ctx.message, "figure.pdf: its date isn't in plain text") == ctx.message, "%s", ctx.message);
    }
}

Test(pdf_date, a_file_that_can_not_be_changed_is_told)
{
    struct dvfo_ctx ctx = {0};
    cr_expect(dvfo_pdf_fix_date(&ctx, "figure.pdf", "missing") == DVFO_FAILED);
    cr_expect_str_eq(ctx.message, "figure.pdf: cannot be opened: No such file or directory");
}
