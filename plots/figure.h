/* A figure: what feeds it and which template draws it.
 *
 * Each figure is a descriptor: it makes a CSV (the numbers as drawn, kept beside the picture), and plots/NAME.gp turns
 * that into SVG, PNG and PDF. A new figure is one file, one template and one line in the list. */
#ifndef DVFO_FIGURE_H
#define DVFO_FIGURE_H

#include <signal.h>

#include "bench/setting.h"

/* What a figure is made from; everything borrowed. */
struct dvfo_figure_subject {
    const struct dvfo_setting *setting; /* loaded */
    bool has_trace, has_requests;       /* the user chose one, and how many */
    const char *measured;               /* file or folder of measurements; NULL: those that are shipped */
    const volatile sig_atomic_t *stop;  /* non-zero: give up */
};

struct dvfo_figure {
    const char *name, *summary;
    const char *boards, *networks, *policies; /* what it shows when the user doesn't choose; no networks: it runs
                                                 no trials, only the boards of the setting are loaded; no boards
                                                 either: it draws the accuracy profile alone */
    const char *trace;                        /* likewise; NULL: the setting's default */
    const char *const *takes;                 /* options of `dvfo plot` that matter to it; NULL at the end */
    size_t most_networks, most_policies, most_columns; /* that a reader can tell apart; 0: any number. A column is a
                                                          board with a network */
    /** Write the CSV, header line included. */
    dvfo_status (*feed)(struct dvfo_ctx *ctx, const struct dvfo_figure_subject *subject, FILE *csv);
};

/** All figures, NULL at the end. */
const struct dvfo_figure *const *dvfo_figures(void);

/** By name, with the nearest suggestion otherwise. */
dvfo_status dvfo_figure_find(struct dvfo_ctx *ctx, const char *name, const struct dvfo_figure **out);

/** Does an option, by its long name, matter to the figure? */
bool dvfo_figure_takes(const struct dvfo_figure *figure, const char *option);

/** Fill in what the figure shows when the user doesn't choose, load it, and refuse more than a reader can tell apart.
 */
dvfo_status dvfo_figure_load(struct dvfo_ctx *ctx, const struct dvfo_figure *figure, struct dvfo_setting *setting);

/** Feed and draw: FOLDER/NAME.csv, NAME.svg, NAME.png, NAME.pdf, each whole or not at all. */
dvfo_status dvfo_figure_make(struct dvfo_ctx *ctx, const struct dvfo_figure *figure,
                             const struct dvfo_figure_subject *subject, const char *folder);

extern const struct dvfo_figure dvfo_figure_clock_sensitivity;
extern const struct dvfo_figure dvfo_figure_bandwidth_sweep;
extern const struct dvfo_figure dvfo_figure_layer_profile;
extern const struct dvfo_figure dvfo_figure_fidelity;
extern const struct dvfo_figure dvfo_figure_learning_curves;
extern const struct dvfo_figure dvfo_figure_adaptation;
extern const struct dvfo_figure dvfo_figure_accuracy;
extern const struct dvfo_figure dvfo_figure_fusion;
extern const struct dvfo_figure dvfo_figure_payload;
extern const struct dvfo_figure dvfo_figure_lambda_sweep;
extern const struct dvfo_figure dvfo_figure_channel_importance;
extern const struct dvfo_figure dvfo_figure_overhead;
extern const struct dvfo_figure dvfo_figure_sim_vs_live;

#endif
