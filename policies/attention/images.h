/* Images with a class, in the binary format of CIFAR-100.
 *
 * A file is records without a header: one byte of coarse label (0 to 19), one of fine label (0 to 99), then 3072 bytes
 * of pixels: red, green and blue, each a plane of 32x32 row by row. CIFAR-100 itself (Krizhevsky 2009) is train.bin of
 * 50,000 records and test.bin of 10,000; any number from one on is read, so that generated sets may be smaller. Every
 * byte of a file is checked: what was loaded holds labels in range. */
#ifndef DVFO_IMAGES_H
#define DVFO_IMAGES_H

#include <stdint.h>

#include "sim/base/status.h"

enum {
    DVFO_IMAGE_SIDE = 32,
    DVFO_IMAGE_PLANES = 3, /* red, green, blue */
    DVFO_IMAGE_SIZE = DVFO_IMAGE_PLANES * DVFO_IMAGE_SIDE * DVFO_IMAGE_SIDE,
    DVFO_IMAGE_RECORD_SIZE = 2 + DVFO_IMAGE_SIZE,
    DVFO_IMAGE_CLASSES = 100,       /* fine */
    DVFO_IMAGE_COARSE_CLASSES = 20, /* of five fine ones each */
    DVFO_IMAGES_MAX = 1000000,      /* records of a file: 20 times CIFAR-100; more is a mistake */
};

/* Zero-initialise; owns its arrays. */
struct dvfo_images {
    long count;
    int classes;     /* DVFO_IMAGE_CLASSES */
    uint8_t *pixels; /* (count, 3, 32, 32) */
    uint8_t *label;  /* (count) fine */
    uint8_t *coarse; /* (count) */
    char hash[65];   /* SHA-256 of the file, hexadecimal; "" until loaded or saved */
};

/** Room for `count` images, all zero. @param count  1 to DVFO_IMAGES_MAX */
dvfo_status dvfo_images_create(struct dvfo_ctx *ctx, long count, struct dvfo_images *out);

/** Read a file whole.
 *  @param out  zeroed on failure; free with dvfo_images_free
 *  @return     DVFO_BAD_INPUT when the file is missing, unreadable, not regular, empty, not whole records, too large or
 *              holds a label out of range (says which record, from 0) */
dvfo_status dvfo_images_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_images *out);

/** Write the file, whole or not at all; `hash` becomes its SHA-256. Holds a second copy of the pixels meanwhile. */
dvfo_status dvfo_images_save(struct dvfo_ctx *ctx, struct dvfo_images *images, const char *path);

void dvfo_images_free(struct dvfo_images *images); /* NULL and zeroed welcome */

/* What is learnt from, and what it is judged on. */
struct dvfo_image_set {
    struct dvfo_images train, test;
};

/** Read FOLDER/train.bin and FOLDER/test.bin. @param out  zeroed on failure; free with dvfo_image_set_free */
dvfo_status dvfo_image_set_load(struct dvfo_ctx *ctx, const char *folder, struct dvfo_image_set *out);
void dvfo_image_set_free(struct dvfo_image_set *set); /* NULL and zeroed welcome */

#endif
