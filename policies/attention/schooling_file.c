#include "policies/attention/schooling_file.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "dvfo_version.h"
#include "policies/attention/schooling_def.h"
#include "policies/nn/fields_file.h"
#include "policies/nn/matrix.h"
#include "sim/base/hdf.h"

#define SCHEMA "dvfo-collaborative-network"
#define MAX_FILE_BYTE ((size_t)1 << 30)

enum { SCHEMA_VERSION = 1 };

static const char *const lessons[] = {"full", "split", "little", "done", NULL};

static const struct dvfo_field progress_fields[] = {
    {"lesson", DVFO_FIELD_CHOICE, offsetof(struct dvfo_schooling, lesson), 0, DVFO_LEARN_KINDS, "at hand", lessons},
    {"epoch", DVFO_FIELD_WHOLE, offsetof(struct dvfo_schooling, epoch), 0, 10000, "of it, the next one", NULL},
    {"given_full", DVFO_FIELD_SWITCH, offsetof(struct dvfo_schooling, given[DVFO_LEARN_FULL]), 0, 1, "learnt elsewhere",
     NULL},
    {"given_little", DVFO_FIELD_SWITCH, offsetof(struct dvfo_schooling, given[DVFO_LEARN_LITTLE]), 0, 1,
     "learnt elsewhere", NULL},
    {NULL, 0, 0, 0, 0, NULL, NULL},
};

/* Blocks of numbers, by what they are. */
struct part {
    const char *name, *long_name;
    size_t count;
    float *values;
};

enum { PARTS = 4 };

static void list_parts(const struct dvfo_schooling *schooling, struct part parts[PARTS])
{
    const struct dvfo_collaborative *net = &schooling->net;
    parts[0] = (struct part){"parameters", "weights, scales, shifts", net->parameters, schooling->parameters};
    parts[1] = (struct part){"velocity", "momentum of their descent", net->parameters, schooling->velocity};
    parts[2] = (struct part){"statistics", "running means and variances", net->statistics, schooling->statistics};
    parts[3] = (struct part){"order", "importance by integrated gradients", (size_t)net->channels, schooling->order};
}

/* ---- writing ---- */

static bool write_fields(hid_t file, const struct dvfo_schooling *schooling)
{
    const hid_t at = H5Gopen2(file, "/network", H5P_DEFAULT);
    const bool written = at >= 0 && dvfo_fields_save(at, dvfo_schooling_fields, &schooling->def) &&
                         dvfo_fields_save(at, progress_fields, schooling) &&
                         dvfo_hdf_put_text(at, "images_sha256", schooling->images_sha256);
    H5Gclose(at);
    return written;
}

static bool write_part(hid_t file, const struct part *part)
{
    char path[64];
    snprintf(path, sizeof path, "/network/%s", part->name);
    return dvfo_hdf_put_block(file,
                              &(struct dvfo_hdf_block){.path = path,
                                                       .rank = 1,
                                                       .size = {part->count},
                                                       .type = H5T_NATIVE_FLOAT,
                                                       .units = "1",
                                                       .long_name = part->long_name},
                              part->values);
}

static bool write_file(const void *contents, const char *path)
{
    const struct dvfo_schooling *schooling = contents;
    const hid_t file = dvfo_hdf_create(path);
    if (file < 0) {
        return false;
    }
    struct part parts[PARTS];
    list_parts(schooling, parts);
    bool written = dvfo_hdf_put_text(file, "title", "a network that device and cloud run together") &&
                   dvfo_hdf_put_text(file, "schema", SCHEMA) &&
                   dvfo_hdf_put_integer(file, "schema_version", SCHEMA_VERSION) &&
                   dvfo_hdf_put_text(file, "program", "dvfo " DVFO_VERSION) &&
                   dvfo_hdf_put_text(file, "blas_kernel", dvfo_matrix_kernel()) &&
                   dvfo_hdf_put_group(file, "/network", "definition, numbers, and how far it has learnt") &&
                   write_fields(file, schooling);
    for (int i = 0; written && i < PARTS; i++) {
        written = write_part(file, &parts[i]);
    }
    return H5Fclose(file) >= 0 && written;
}

dvfo_status dvfo_schooling_save(struct dvfo_ctx *ctx, const struct dvfo_schooling *schooling, const char *path)
{
    return dvfo_hdf_save(ctx, path, "the network", write_file, schooling);
}

/* ---- reading ---- */

static dvfo_status check_schema(const struct dvfo_hdf_reader *r)
{
    char schema[DVFO_HDF_TEXT + 1];
    long long version = 0;
    DVFO_TRY(dvfo_hdf_text(r, r->file, "", "schema", schema));
    DVFO_TRY(dvfo_hdf_integers(r, "schema_version", 1, &version));
    if (strcmp(schema, SCHEMA) != 0 || version != SCHEMA_VERSION) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: is '%.60s' version %lld, expected '" SCHEMA "' version %d",
                         r->name, schema, version, (int)SCHEMA_VERSION);
    }
    return DVFO_OK;
}

static dvfo_status read_fields(const struct dvfo_hdf_reader *r, hid_t at, struct dvfo_schooling *read)
{
    char hash[DVFO_HDF_TEXT + 1];
    DVFO_TRY(dvfo_fields_load(r, at, "/network", dvfo_schooling_fields, &read->def));
    DVFO_TRY(dvfo_fields_load(r, at, "/network", progress_fields, read));
    DVFO_TRY(dvfo_hdf_text(r, at, "/network", "images_sha256", hash));
    snprintf(read->images_sha256, sizeof read->images_sha256, "%.64s", hash);
    return dvfo_schooling_def_check(r->ctx, r->name, &read->def);
}

static dvfo_status read_part(const struct dvfo_hdf_reader *r, const struct part *part)
{
    const hsize_t size = part->count;
    DVFO_TRY(dvfo_hdf_block(r, "/network", part->name, 1, &size, H5T_NATIVE_FLOAT, part->values));
    for (size_t i = 0; i < part->count; i++) {
        if (!isfinite(part->values[i])) {
            return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '/network/%s' holds %g", r->name, part->name,
                             (double)part->values[i]);
        }
    }
    return DVFO_OK;
}

static dvfo_status read_file(const struct dvfo_hdf_reader *r, struct dvfo_schooling **out)
{
    struct dvfo_schooling read = {0};
    hid_t at = -1;
    DVFO_TRY(check_schema(r));
    DVFO_TRY(dvfo_hdf_group(r, "/network", &at));
    const dvfo_status status = read_fields(r, at, &read);
    H5Gclose(at);
    DVFO_TRY(status);
    DVFO_TRY(dvfo_schooling_create(r->ctx, &read.def, out));
    struct dvfo_schooling *schooling = *out;
    schooling->lesson = read.lesson;
    schooling->epoch = read.epoch;
    memcpy(schooling->given, read.given, sizeof read.given);
    memcpy(schooling->images_sha256, read.images_sha256, sizeof read.images_sha256);
    struct part parts[PARTS];
    list_parts(schooling, parts);
    for (int i = 0; i < PARTS; i++) {
        DVFO_TRY(read_part(r, &parts[i]));
    }
    return DVFO_OK;
}

static dvfo_status read_bytes(struct dvfo_ctx *ctx, const struct dvfo_text *bytes, struct dvfo_schooling **out)
{
    struct dvfo_hdf_reader r;
    *out = NULL;
    dvfo_hdf_begin();
    DVFO_TRY(dvfo_hdf_open(ctx, bytes, "a collaborative network", &r));
    const dvfo_status status = read_file(&r, out);
    H5Fclose(r.file);
    if (status != DVFO_OK) {
        dvfo_schooling_free(*out);
        *out = NULL;
    }
    return status;
}

dvfo_status dvfo_schooling_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                       struct dvfo_schooling **out)
{
    struct dvfo_text text;
    *out = NULL;
    DVFO_TRY(dvfo_text_bytes_from_memory(ctx, name, bytes, size, &text));
    const dvfo_status status = read_bytes(ctx, &text, out);
    dvfo_text_free(&text);
    return status;
}

dvfo_status dvfo_schooling_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_schooling **out)
{
    struct dvfo_text text;
    *out = NULL;
    DVFO_TRY(dvfo_text_load_bytes(ctx, path, MAX_FILE_BYTE, &text));
    const dvfo_status status = read_bytes(ctx, &text, out);
    dvfo_text_free(&text);
    return status;
}
