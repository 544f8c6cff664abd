/* Columns: one list says what a trial's row and a request's row hold, for the text table, the CSV and the HDF5 file. */
#ifndef DVFO_COLUMNS_H
#define DVFO_COLUMNS_H

#include "sim/trial.h"

struct dvfo_trial_column {
    const char *name, *units, *long_name;
    int digits;                                          /* significant, in text tables */
    bool essential;                                      /* shown in text tables; csv, json and HDF5 hold all */
    bool of_accuracy;                                    /* and there only with an accuracy profile */
    double (*value)(const struct dvfo_trial *trial);     /* a number, or NULL ... */
    const char *(*text)(const struct dvfo_trial *trial); /* ... for a text */
};

/* NULL-named last entry. `policy` is not among them: its name as typed is the setting's. */
extern const struct dvfo_trial_column dvfo_trial_columns[];

/** Name of a rail of results.rail_j: the board's, "other", "radio". */
const char *dvfo_trial_rail_name(const struct dvfo_trial *trial, size_t rail);

struct dvfo_request_column {
    const char *name, *units, *long_name;
    enum { DVFO_COLUMN_DOUBLE, DVFO_COLUMN_LONG, DVFO_COLUMN_INT, DVFO_COLUMN_BOOL, DVFO_COLUMN_PLACE } type;
    size_t offset; /* in struct dvfo_request_row */
};

extern const struct dvfo_request_column dvfo_request_columns[];

#endif
