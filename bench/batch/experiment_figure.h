/* The figure of an experiment: its table drawn by the template that the plan names, or the figure that it draws. */
#ifndef DVFO_EXPERIMENT_FIGURE_H
#define DVFO_EXPERIMENT_FIGURE_H

#include "bench/batch/rows.h"
#include "bench/table.h"

/** FOLDER/ID.csv, .svg, .png, .pdf from gathered results. @param gathered  of a plan with a template */
dvfo_status dvfo_experiment_draw(struct dvfo_ctx *ctx, const struct dvfo_gathered *gathered, const char *folder,
                                 const volatile sig_atomic_t *stop);

/** The same of a plan that draws a figure with numbers of its own, under the figure's name. */
dvfo_status dvfo_experiment_draw_own(struct dvfo_ctx *ctx, const struct dvfo_plan *plan, const char *folder,
                                     const volatile sig_atomic_t *stop);

/** The numbers of such a figure as a table. @param format  csv: as the figure writes them */
dvfo_status dvfo_experiment_print_own(struct dvfo_ctx *ctx, const struct dvfo_plan *plan, dvfo_table_format format,
                                      FILE *file);

/** SHA-256 of all that a figure with numbers of its own is made from. */
dvfo_status dvfo_experiment_figure_inputs(struct dvfo_ctx *ctx, const struct dvfo_plan *plan,
                                          char sha256[DVFO_SHA256_HEX_SIZE]);

/** Name of the files without suffix; NULL when the plan has no figure. */
const char *dvfo_experiment_figure_name(const struct dvfo_plan *plan);

#endif
