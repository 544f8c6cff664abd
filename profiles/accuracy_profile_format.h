/* The HDF5 form of an accuracy profile, what writer, reader and checks share.
 *
 *   root attributes  title, schema, schema_version, program (that wrote the file), the texts of DVFO_ACCURACY_TEXT_LIST
 *                    but the configuration, and the sizes: classes, channels, height, width, seeds,
 *                    validation_requests, test_requests, examples, validation_images, test_images
 *   /origin          configuration: its lines
 *   /axes            selection, coding, fusion (names), share, lambda (numbers): dimension scales
 *   /validation, /test, /payload, /examples
 *                    the datasets of dvfo_accuracy_datasets; /examples is left out when there are none
 * Every dataset has units and long_name, and the name of each of its axes; texts have a fixed length. HDF5's own
 * structures and all values carry checksums (the format of HDF5 1.10): a damaged file is told, not read. */
#ifndef DVFO_ACCURACY_PROFILE_FORMAT_H
#define DVFO_ACCURACY_PROFILE_FORMAT_H

#include "profiles/accuracy_profile.h"

#define DVFO_ACCURACY_SCHEMA "dvfo-accuracy-profile"

enum { DVFO_ACCURACY_SCHEMA_VERSION = 1, DVFO_ACCURACY_RANK = 5, DVFO_ACCURACY_LINE = 500 };

typedef enum dvfo_accuracy_axis {
    DVFO_AXIS_END, /* no further axis */
    DVFO_AXIS_SEED,
    DVFO_AXIS_SELECTION,
    DVFO_AXIS_CODING,
    DVFO_AXIS_FUSION,
    DVFO_AXIS_SHARE,
    DVFO_AXIS_LAMBDA,
    DVFO_AXIS_REQUEST,
    DVFO_AXIS_CHANNEL,
    DVFO_AXIS_EXAMPLE,
    DVFO_AXIS_COLOUR,
    DVFO_AXIS_ROW,
    DVFO_AXIS_COLUMN,
    DVFO_AXES
} dvfo_accuracy_axis;

typedef enum dvfo_accuracy_type {
    DVFO_ACCURACY_F64,
    DVFO_ACCURACY_F32,
    DVFO_ACCURACY_U8,
    DVFO_ACCURACY_I32
} dvfo_accuracy_type;

/* One dataset: where its values lie, what they are, what they may be. */
struct dvfo_accuracy_dataset {
    const char *group; /* NULL: one of each part, below /validation and /test */
    const char *name, *units, *long_name;
    dvfo_accuracy_axis axis[DVFO_ACCURACY_RANK];
    dvfo_accuracy_type type;
    size_t offset; /* of its pointer, in the profile or in the table of a part */
    bool optional; /* may be NaN anywhere */
    double most;   /* no value is below 0 or above this */
};

extern const struct dvfo_accuracy_dataset dvfo_accuracy_datasets[]; /* `name` NULL at the end */

/* Sizes of the root, by name. */
struct dvfo_accuracy_size_kind {
    const char *name;
    size_t offset; /* of a long in the profile */
    long least, most;
};

extern const struct dvfo_accuracy_size_kind dvfo_accuracy_sizes[]; /* `name` NULL at the end */

long dvfo_accuracy_size_of(const struct dvfo_accuracy_profile *profile, const struct dvfo_accuracy_size_kind *kind);

const char *dvfo_accuracy_axis_name(dvfo_accuracy_axis axis);
const char *dvfo_accuracy_text_name(dvfo_accuracy_text text);

/** Names along an axis of names, and how many; NULL for others. */
const char *const *dvfo_accuracy_axis_names(dvfo_accuracy_axis axis);

/** Values along an axis of numbers: shares 0.1 .. 1, weights 0 .. 1. */
double dvfo_accuracy_axis_value(dvfo_accuracy_axis axis, size_t i);

/** Length along an axis. */
size_t dvfo_accuracy_axis_size(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                               dvfo_accuracy_axis axis);

/** Number of axes. */
int dvfo_accuracy_rank(const struct dvfo_accuracy_dataset *dataset);

/** Number of values. @param part  of no interest where the dataset is in no part */
size_t dvfo_accuracy_count(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                           const struct dvfo_accuracy_dataset *dataset);

size_t dvfo_accuracy_type_size(dvfo_accuracy_type type);

/** Its values; NULL when there are none. */
void *dvfo_accuracy_values(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                           const struct dvfo_accuracy_dataset *dataset);

/** Whether there is such a part of the dataset: one that is in no part counts once. */
bool dvfo_accuracy_has_part(const struct dvfo_accuracy_dataset *dataset, dvfo_accuracy_part part);

/** Group it is in: "/validation". */
const char *dvfo_accuracy_group(dvfo_accuracy_part part, const struct dvfo_accuracy_dataset *dataset);

/** Allocate all arrays for the sizes that are set. */
dvfo_status dvfo_accuracy_allocate(struct dvfo_ctx *ctx, struct dvfo_accuracy_profile *profile);

/** Sizes, texts and values are fit to be used; `name` of the file for messages. */
dvfo_status dvfo_accuracy_check_sizes(struct dvfo_ctx *ctx, const struct dvfo_accuracy_profile *profile,
                                      const char *name);
dvfo_status dvfo_accuracy_check(struct dvfo_ctx *ctx, const struct dvfo_accuracy_profile *profile, const char *name);

/** The rest of dvfo_accuracy_profile_settle, once checked. */
dvfo_status dvfo_accuracy_derive(struct dvfo_ctx *ctx, struct dvfo_accuracy_profile *profile);

#endif
