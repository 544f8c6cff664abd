#include "bench/curve_csv.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "sim/base/output.h"

static void print_cell(FILE *file, double value)
{
    if (isnan(value)) {
        fputc(',', file); /* an empty cell: there is none */
    } else {
        fprintf(file, "%.9g,", value);
    }
}

static void print_rows(const struct dvfo_curve *curve, FILE *file)
{
#define PRINT_NAME(member, units, what) fprintf(file, "%s,", #member);
    DVFO_CURVE_LIST(PRINT_NAME)
#undef PRINT_NAME
    fputs("wall_s\n", file);
    for (size_t i = 0; i < curve->count; i++) {
#define PRINT_CELL(member, units, what) print_cell(file, curve->point[i].member);
        DVFO_CURVE_LIST(PRINT_CELL)
#undef PRINT_CELL
        fprintf(file, "%.3f\n", curve->point[i].wall_s);
    }
}

dvfo_status dvfo_curve_write_csv(struct dvfo_ctx *ctx, const struct dvfo_curve *curve, const char *path)
{
    struct dvfo_output output;
    DVFO_TRY(dvfo_output_begin(ctx, path, &output));
    FILE *file = fopen(output.temporary, "w");
    dvfo_status status = DVFO_OK;
    if (file == NULL) {
        status = dvfo_fail(ctx, DVFO_FAILED, "%s: cannot be written: %s", path, strerror(errno));
    } else {
        print_rows(curve, file);
        status = dvfo_output_close(ctx, file, path);
    }
    status = status == DVFO_OK ? dvfo_output_commit(ctx, &output) : status;
    dvfo_output_abandon(&output);
    return status;
}
