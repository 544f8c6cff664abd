/* A report: what came out of experiments, as one HTML file that needs nothing else (figures lie in it), and as Markdown
 * with the figures beside it. Claims with verdicts, each experiment with its figure, its comparison, what it rests on
 * and the command that makes it again. */
#ifndef DVFO_REPORT_H
#define DVFO_REPORT_H

#include "bench/batch/claims.h"

/* An experiment as the report has it. */
struct dvfo_report_part {
    const struct dvfo_plan *plan;
    struct dvfo_gathered gathered; /* of a plan of trials that was run; else empty; owned */
    char missing[512];             /* why there are no results; "" when there are */
};

struct dvfo_report {
    const char *folder;                      /* report.html, report.md, figures/; borrowed, as all of these */
    const char *results;                     /* folder of results */
    const struct dvfo_plan_changes *changes; /* size and values that all commands need */
    const char *reference;                   /* numbers of others; NULL: none */
    size_t parts;
    struct dvfo_report_part *part;
    struct dvfo_claims claims;
};

/** Write both files. The figures are drawn already, as FOLDER/figures/NAME.svg; one that isn't there is told in its
 *  place. */
dvfo_status dvfo_report_write(struct dvfo_ctx *ctx, const struct dvfo_report *report);

/** The claims alone, as an aligned table without sources. */
dvfo_status dvfo_report_print_claims(struct dvfo_ctx *ctx, const struct dvfo_report *report, FILE *file);

#endif
