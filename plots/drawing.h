/* A drawing: numbers as a CSV, and what gnuplot makes of it by a template: FOLDER/NAME.csv, .svg, .png, .pdf, each
 * whole or not at all, of the same bytes for the same numbers. */
#ifndef DVFO_DRAWING_H
#define DVFO_DRAWING_H

#include <signal.h>

#include "sim/base/data_path.h"

enum { DVFO_DRAWING_NAMES = 2048, DVFO_DRAWING_VARIABLES = 24, DVFO_DRAWING_NAME = 48 };

struct dvfo_drawing {
    const char *template;              /* plots/TEMPLATE.gp */
    const char *name, *folder;         /* of the files */
    char boards[DVFO_DRAWING_NAMES];   /* separated by blanks, for the template: see dvfo_drawing_add_name */
    char networks[DVFO_DRAWING_NAMES]; /* likewise */
    char policies[DVFO_DRAWING_NAMES];
    size_t variables;
    struct {
        char name[DVFO_DRAWING_NAME]; /* DVFO_X */
        const char *value;
    } variable[DVFO_DRAWING_VARIABLES];                               /* more for the template: see dvfo_drawing_set */
    void *user;                                                       /* passed to `feed` */
    dvfo_status (*feed)(struct dvfo_ctx *ctx, void *user, FILE *csv); /* writes the CSV, header line included */
    const volatile sig_atomic_t *stop;                                /* non-zero: give up; may be NULL */
};

void dvfo_drawing_add_name(char names[DVFO_DRAWING_NAMES], const char *name);

/** A variable of the template: "x" becomes DVFO_X. @param value  borrowed */
void dvfo_drawing_set(struct dvfo_drawing *drawing, const char *name, const char *value);

dvfo_status dvfo_drawing_make(struct dvfo_ctx *ctx, const struct dvfo_drawing *drawing);

#endif
