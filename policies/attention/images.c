#include "policies/attention/images.h"

#include <errno.h>
#include <string.h>

#include "sim/base/hash.h"
#include "sim/base/output.h"
#include "sim/base/text.h"

dvfo_status dvfo_images_create(struct dvfo_ctx *ctx, long count, struct dvfo_images *out)
{
    DVFO_REQUIRE(count >= 1 && count <= DVFO_IMAGES_MAX);
    *out = (struct dvfo_images){.count = count, .classes = DVFO_IMAGE_CLASSES};
    out->pixels = calloc((size_t)count, DVFO_IMAGE_SIZE);
    out->label = calloc((size_t)count, 1);
    out->coarse = calloc((size_t)count, 1);
    if (out->pixels == NULL || out->label == NULL || out->coarse == NULL) {
        dvfo_images_free(out);
        return dvfo_fail_no_memory(ctx);
    }
    return DVFO_OK;
}

void dvfo_images_free(struct dvfo_images *images)
{
    if (images != NULL) {
        free(images->pixels);
        free(images->label);
        free(images->coarse);
        memset(images, 0, sizeof *images);
    }
}

/* ---- loading ---- */

static dvfo_status check_size(struct dvfo_ctx *ctx, const struct dvfo_text *file)
{
    if (file->size == 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: is empty, expected records of %d bytes", file->name,
                         DVFO_IMAGE_RECORD_SIZE);
    }
    const size_t left_over = file->size % DVFO_IMAGE_RECORD_SIZE;
    if (left_over != 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "%s: has %zu bytes, expected records of %d bytes, but %zu are left over; truncated?",
                         file->name, file->size, DVFO_IMAGE_RECORD_SIZE, left_over);
    }
    return DVFO_OK;
}

static dvfo_status check_label(struct dvfo_ctx *ctx, const char *name, long record, const char *kind, int label,
                               int classes)
{
    return label < classes ? DVFO_OK
                           : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: record %ld has %s label %d, expected 0 to %d", name,
                                       record, kind, label, classes - 1);
}

/* Labels go to arrays of their own; pixels close up where they stand, so that a file is in memory only once. */
static dvfo_status take_records(struct dvfo_ctx *ctx, const char *name, uint8_t *bytes, struct dvfo_images *images)
{
    for (long i = 0; i < images->count; i++) {
        const uint8_t *record = bytes + (size_t)i * DVFO_IMAGE_RECORD_SIZE;
        images->coarse[i] = record[0];
        images->label[i] = record[1];
        DVFO_TRY(check_label(ctx, name, i, "coarse", images->coarse[i], DVFO_IMAGE_COARSE_CLASSES));
        DVFO_TRY(check_label(ctx, name, i, "fine", images->label[i], DVFO_IMAGE_CLASSES));
        memmove(bytes + (size_t)i * DVFO_IMAGE_SIZE, record + 2, DVFO_IMAGE_SIZE);
    }
    return DVFO_OK;
}

static dvfo_status take_file(struct dvfo_ctx *ctx, struct dvfo_text *file, struct dvfo_images *out)
{
    DVFO_TRY(check_size(ctx, file));
    out->count = (long)(file->size / DVFO_IMAGE_RECORD_SIZE);
    out->classes = DVFO_IMAGE_CLASSES;
    out->label = malloc((size_t)out->count);
    out->coarse = malloc((size_t)out->count);
    if (out->label == NULL || out->coarse == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    DVFO_TRY(take_records(ctx, file->name, (uint8_t *)file->bytes, out));
    memcpy(out->hash, file->sha256, sizeof out->hash);
    out->pixels = (uint8_t *)file->bytes;
    file->bytes = NULL;
    return DVFO_OK;
}

dvfo_status dvfo_images_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_images *out)
{
    struct dvfo_text file = {0};
    memset(out, 0, sizeof *out);
    DVFO_TRY(dvfo_text_load_bytes(ctx, path, (size_t)DVFO_IMAGES_MAX * DVFO_IMAGE_RECORD_SIZE, &file));
    const dvfo_status status = take_file(ctx, &file, out);
    dvfo_text_free(&file);
    if (status != DVFO_OK) {
        dvfo_images_free(out);
    }
    return status;
}

/* ---- saving ---- */

static uint8_t *records_of(const struct dvfo_images *images)
{
    uint8_t *bytes = malloc((size_t)images->count * DVFO_IMAGE_RECORD_SIZE);
    for (long i = 0; i < images->count && bytes != NULL; i++) {
        uint8_t *record = bytes + (size_t)i * DVFO_IMAGE_RECORD_SIZE;
        record[0] = images->coarse[i];
        record[1] = images->label[i];
        memcpy(record + 2, images->pixels + (size_t)i * DVFO_IMAGE_SIZE, DVFO_IMAGE_SIZE);
    }
    return bytes;
}

static dvfo_status write_bytes(struct dvfo_ctx *ctx, const struct dvfo_output *output, const uint8_t *bytes,
                               size_t size)
{
    FILE *file = fopen(output->temporary, "wb");
    if (file == NULL) {
        return dvfo_fail(ctx, DVFO_FAILED, "%s: cannot be written: %s", output->path, strerror(errno));
    }
    (void)fwrite(bytes, 1, size, file); /* a failure stays in `file` until it is closed */
    return dvfo_output_close(ctx, file, output->path);
}

dvfo_status dvfo_images_save(struct dvfo_ctx *ctx, struct dvfo_images *images, const char *path)
{
    const size_t size = (size_t)images->count * DVFO_IMAGE_RECORD_SIZE;
    struct dvfo_output output = {0};
    DVFO_TRY(dvfo_output_begin(ctx, path, &output));
    uint8_t *bytes = records_of(images);
    dvfo_status status = bytes != NULL ? write_bytes(ctx, &output, bytes, size) : dvfo_fail_no_memory(ctx);
    status = status == DVFO_OK ? dvfo_output_commit(ctx, &output) : status;
    if (status == DVFO_OK) {
        dvfo_hash_sha256_hex(bytes, size, images->hash);
    }
    dvfo_output_abandon(&output);
    free(bytes);
    return status;
}

/* ---- sets ---- */

static dvfo_status load_part(struct dvfo_ctx *ctx, const char *folder, const char *name, struct dvfo_images *out)
{
    char path[DVFO_PATH_SIZE];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= DVFO_PATH_SIZE) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the path of a folder of images is longer than %d characters",
                         DVFO_PATH_SIZE - 16);
    }
    return dvfo_images_load(ctx, path, out);
}

dvfo_status dvfo_image_set_load(struct dvfo_ctx *ctx, const char *folder, struct dvfo_image_set *out)
{
    memset(out, 0, sizeof *out);
    dvfo_status status = load_part(ctx, folder, "train.bin", &out->train);
    status = status == DVFO_OK ? load_part(ctx, folder, "test.bin", &out->test) : status;
    if (status != DVFO_OK) {
        dvfo_image_set_free(out);
    }
    return status;
}

void dvfo_image_set_free(struct dvfo_image_set *set)
{
    if (set != NULL) {
        dvfo_images_free(&set->train);
        dvfo_images_free(&set->test);
    }
}
