/* Verbs of `dvfo bench`, and the tables of `dvfo bench table`. */
#ifndef DVFO_BENCH_VERBS_H
#define DVFO_BENCH_VERBS_H

#include "bench/command.h"

extern const struct dvfo_command dvfo_bench_list;   /* dvfo bench list */
extern const struct dvfo_command dvfo_bench_run;    /* dvfo bench run */
extern const struct dvfo_command dvfo_bench_table;  /* dvfo bench table */
extern const struct dvfo_command dvfo_bench_plot;   /* dvfo bench plot */
extern const struct dvfo_command dvfo_bench_report; /* dvfo bench report */
extern const struct dvfo_command dvfo_bench_merge;  /* dvfo bench merge */

extern const struct dvfo_command dvfo_table_regret; /* dvfo bench table regret */

#endif
