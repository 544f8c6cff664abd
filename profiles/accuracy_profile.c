#include "profiles/accuracy_profile.h"

#include <math.h>
#include <string.h>

#include "profiles/accuracy_profile_format.h"

#define IN_PART(member) offsetof(struct dvfo_accuracy_table, member)
#define OF_ALL(member) offsetof(struct dvfo_accuracy_profile, member)
#define SPLIT_AXES                                                                                                     \
    {                                                                                                                  \
        DVFO_AXIS_SEED, DVFO_AXIS_SELECTION, DVFO_AXIS_CODING, DVFO_AXIS_SHARE, DVFO_AXIS_LAMBDA                       \
    }

const struct dvfo_accuracy_dataset dvfo_accuracy_datasets[] = {
    {NULL, "full", "1", "accuracy of the full network", {DVFO_AXIS_SEED}, DVFO_ACCURACY_F64, IN_PART(full), false, 1.0},
    {NULL,
     "full_int8",
     "1",
     "accuracy of the full network whose feature map at the split went through int8",
     {DVFO_AXIS_SEED},
     DVFO_ACCURACY_F64,
     IN_PART(full_int8),
     false,
     1.0},
    {NULL,
     "little",
     "1",
     "accuracy of the little network",
     {DVFO_AXIS_SEED},
     DVFO_ACCURACY_F64,
     IN_PART(little),
     false,
     1.0},
    {NULL, "split", "1", "accuracy of the split network", SPLIT_AXES, DVFO_ACCURACY_F64, IN_PART(split), true, 1.0},
    {NULL,
     "fusion",
     "1",
     "accuracy of the split network by way of fusion, attention and int8",
     {DVFO_AXIS_SEED, DVFO_AXIS_FUSION, DVFO_AXIS_SHARE},
     DVFO_ACCURACY_F64,
     IN_PART(fusion),
     true,
     1.0},
    {NULL,
     "importance",
     "1",
     "importance of the channels of a request, descending; first seed",
     {DVFO_AXIS_REQUEST, DVFO_AXIS_CHANNEL},
     DVFO_ACCURACY_F32,
     IN_PART(importance),
     false,
     1.0},
    {NULL,
     "difficulty",
     "1",
     "rank of a request among all of the part: 0 the easiest, 1 the hardest",
     {DVFO_AXIS_REQUEST},
     DVFO_ACCURACY_F32,
     IN_PART(difficulty),
     false,
     1.0},
    {NULL,
     "score",
     "1",
     "how likely the little network is right about a request, says its predictor; first seed",
     {DVFO_AXIS_REQUEST},
     DVFO_ACCURACY_F32,
     IN_PART(score),
     false,
     1.0},
    {NULL,
     "right_full",
     "1",
     "is the full network right? first seed",
     {DVFO_AXIS_REQUEST},
     DVFO_ACCURACY_U8,
     IN_PART(right_full),
     false,
     1.0},
    {NULL,
     "right_full_int8",
     "1",
     "is it right, its feature map at the split through int8? first seed",
     {DVFO_AXIS_REQUEST},
     DVFO_ACCURACY_U8,
     IN_PART(right_full_int8),
     false,
     1.0},
    {NULL,
     "right_little",
     "1",
     "is the little network right? first seed",
     {DVFO_AXIS_REQUEST},
     DVFO_ACCURACY_U8,
     IN_PART(right_little),
     false,
     1.0},
    {NULL,
     "right_split",
     "1",
     "is the split network right, attention and int8? first seed",
     {DVFO_AXIS_REQUEST, DVFO_AXIS_SHARE, DVFO_AXIS_LAMBDA},
     DVFO_ACCURACY_U8,
     IN_PART(right_split),
     false,
     1.0},
    {"/payload",
     "bits_per_value",
     "bit",
     "size of the payload per value of the feature map that is sent",
     {DVFO_AXIS_SEED, DVFO_AXIS_CODING, DVFO_AXIS_SHARE},
     DVFO_ACCURACY_F64,
     OF_ALL(bits_per_value),
     true,
     64.0},
    {"/payload",
     "fusion_s",
     "s",
     "time of fusion per request",
     {DVFO_AXIS_FUSION},
     DVFO_ACCURACY_F64,
     OF_ALL(fusion_s),
     true,
     100.0},
    {"/examples",
     "image",
     "1",
     "images of the data set: red, green, blue",
     {DVFO_AXIS_EXAMPLE, DVFO_AXIS_COLOUR, DVFO_AXIS_ROW, DVFO_AXIS_COLUMN},
     DVFO_ACCURACY_U8,
     OF_ALL(example),
     false,
     255.0},
    {"/examples",
     "importance",
     "1",
     "importance of their channels, in the order of the channels; first seed",
     {DVFO_AXIS_EXAMPLE, DVFO_AXIS_CHANNEL},
     DVFO_ACCURACY_F32,
     OF_ALL(example_importance),
     false,
     1.0},
    {"/examples",
     "label",
     "1",
     "their class",
     {DVFO_AXIS_EXAMPLE},
     DVFO_ACCURACY_I32,
     OF_ALL(example_label),
     false,
     INT32_MAX},
    {0},
};

#define SIZE(name, member, least, most)                                                                                \
    {                                                                                                                  \
        name, offsetof(struct dvfo_accuracy_profile, member), least, most                                              \
    }

const struct dvfo_accuracy_size_kind dvfo_accuracy_sizes[] = {
    SIZE("classes", size.classes, 2, 1 << 20),
    SIZE("channels", size.channels, 1, DVFO_ACCURACY_MAX_CHANNELS),
    SIZE("height", size.height, 1, 1 << 16),
    SIZE("width", size.width, 1, 1 << 16),
    SIZE("seeds", size.seeds, 1, DVFO_ACCURACY_MAX_SEEDS),
    SIZE("validation_requests", size.requests[DVFO_PART_VALIDATION], 1, DVFO_ACCURACY_MAX_ROWS),
    SIZE("test_requests", size.requests[DVFO_PART_TEST], 1, DVFO_ACCURACY_MAX_ROWS),
    SIZE("examples", size.examples, 0, 1024),
    SIZE("validation_images", part[DVFO_PART_VALIDATION].images, 1, 1 << 30),
    SIZE("test_images", part[DVFO_PART_TEST].images, 1, 1 << 30),
    {0},
};

/* ---- names ---- */

#define NAME_OF(name, text) text,

const char *dvfo_accuracy_part_name(dvfo_accuracy_part part)
{
    return part == DVFO_PART_VALIDATION ? "validation" : "test";
}

const char *dvfo_accuracy_text_name(dvfo_accuracy_text text)
{
    static const char *const names[] = {DVFO_ACCURACY_TEXT_LIST(NAME_OF)};
    return names[text];
}

const char *dvfo_accuracy_axis_name(dvfo_accuracy_axis axis)
{
    static const char *const names[DVFO_AXES] = {
        [DVFO_AXIS_SEED] = "seed",       [DVFO_AXIS_SELECTION] = "selection",
        [DVFO_AXIS_CODING] = "coding",   [DVFO_AXIS_FUSION] = "fusion",
        [DVFO_AXIS_SHARE] = "share",     [DVFO_AXIS_LAMBDA] = "lambda",
        [DVFO_AXIS_REQUEST] = "request", [DVFO_AXIS_CHANNEL] = "channel",
        [DVFO_AXIS_EXAMPLE] = "example", [DVFO_AXIS_COLOUR] = "colour",
        [DVFO_AXIS_ROW] = "row",         [DVFO_AXIS_COLUMN] = "column",
    };
    return names[axis];
}

const char *const *dvfo_accuracy_axis_names(dvfo_accuracy_axis axis)
{
    static const char *const selections[] = {DVFO_SELECTION_LIST(NAME_OF)};
    static const char *const codings[] = {DVFO_CODING_LIST(NAME_OF)};
    static const char *const fusions[] = {DVFO_FUSION_LIST(NAME_OF)};
    return axis == DVFO_AXIS_SELECTION ? selections
           : axis == DVFO_AXIS_CODING  ? codings
           : axis == DVFO_AXIS_FUSION  ? fusions
                                       : NULL;
}

double dvfo_accuracy_axis_value(dvfo_accuracy_axis axis, size_t i)
{
    return (double)(axis == DVFO_AXIS_SHARE ? i + 1 : i) / 10.0;
}

const char *dvfo_selection_name(dvfo_selection selection)
{
    return dvfo_accuracy_axis_names(DVFO_AXIS_SELECTION)[selection];
}

const char *dvfo_coding_name(dvfo_coding coding)
{
    return dvfo_accuracy_axis_names(DVFO_AXIS_CODING)[coding];
}

dvfo_coding dvfo_coding_of_name(const char *name)
{
    int coding = 0;
    while (coding < DVFO_CODINGS && strcmp(dvfo_coding_name((dvfo_coding)coding), name) != 0) {
        coding++;
    }
    return (dvfo_coding)coding;
}

dvfo_coding dvfo_coding_plain(dvfo_coding coding)
{
    return coding == DVFO_CODING_INT8_ENTROPY       ? DVFO_CODING_INT8
           : coding == DVFO_CODING_CODEBOOK_ENTROPY ? DVFO_CODING_CODEBOOK
                                                    : coding;
}

const char *dvfo_fusion_name(dvfo_fusion fusion)
{
    return dvfo_accuracy_axis_names(DVFO_AXIS_FUSION)[fusion];
}

/* ---- sizes ---- */

long dvfo_accuracy_size_of(const struct dvfo_accuracy_profile *profile, const struct dvfo_accuracy_size_kind *kind)
{
    long size = 0;
    memcpy(&size, (const char *)profile + kind->offset, sizeof size);
    return size;
}

size_t dvfo_accuracy_axis_size(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                               dvfo_accuracy_axis axis)
{
    static const size_t fixed[DVFO_AXES] = {
        [DVFO_AXIS_SELECTION] = DVFO_SELECTIONS,    [DVFO_AXIS_CODING] = DVFO_CODINGS,
        [DVFO_AXIS_FUSION] = DVFO_FUSIONS,          [DVFO_AXIS_SHARE] = DVFO_ACCURACY_SHARES,
        [DVFO_AXIS_LAMBDA] = DVFO_ACCURACY_LAMBDAS, [DVFO_AXIS_COLOUR] = DVFO_ACCURACY_COLOURS,
        [DVFO_AXIS_ROW] = DVFO_ACCURACY_PIXELS,     [DVFO_AXIS_COLUMN] = DVFO_ACCURACY_PIXELS,
    };
    const struct dvfo_accuracy_size *size = &profile->size;
    return axis == DVFO_AXIS_SEED      ? (size_t)size->seeds
           : axis == DVFO_AXIS_REQUEST ? (size_t)size->requests[part]
           : axis == DVFO_AXIS_CHANNEL ? (size_t)size->channels
           : axis == DVFO_AXIS_EXAMPLE ? (size_t)size->examples
                                       : fixed[axis];
}

int dvfo_accuracy_rank(const struct dvfo_accuracy_dataset *dataset)
{
    int rank = 0;
    while (rank < DVFO_ACCURACY_RANK && dataset->axis[rank] != DVFO_AXIS_END) {
        rank++;
    }
    return rank;
}

size_t dvfo_accuracy_count(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                           const struct dvfo_accuracy_dataset *dataset)
{
    size_t count = 1;
    for (int i = 0; i < dvfo_accuracy_rank(dataset); i++) {
        count *= dvfo_accuracy_axis_size(profile, part, dataset->axis[i]);
    }
    return count;
}

size_t dvfo_accuracy_type_size(dvfo_accuracy_type type)
{
    static const size_t size[] = {sizeof(double), sizeof(float), sizeof(uint8_t), sizeof(int32_t)};
    return size[type];
}

bool dvfo_accuracy_has_part(const struct dvfo_accuracy_dataset *dataset, dvfo_accuracy_part part)
{
    return dataset->group == NULL || part == DVFO_PART_VALIDATION;
}

const char *dvfo_accuracy_group(dvfo_accuracy_part part, const struct dvfo_accuracy_dataset *dataset)
{
    return dataset->group != NULL ? dataset->group : part == DVFO_PART_VALIDATION ? "/validation" : "/test";
}

/* ---- memory ---- */

/* Where the pointer to a dataset's values is. */
static const char *place_of(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                            const struct dvfo_accuracy_dataset *dataset)
{
    const char *base = dataset->group != NULL ? (const char *)profile : (const char *)&profile->part[part];
    return base + dataset->offset;
}

void *dvfo_accuracy_values(const struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                           const struct dvfo_accuracy_dataset *dataset)
{
    void *values = NULL;
    memcpy(&values, place_of(profile, part, dataset), sizeof values);
    return values;
}

/* Numbers begin as NaN: not measured. */
static void fill(void *values, dvfo_accuracy_type type, size_t count)
{
    for (size_t i = 0; i < count && type == DVFO_ACCURACY_F64; i++) {
        ((double *)values)[i] = (double)NAN;
    }
    for (size_t i = 0; i < count && type == DVFO_ACCURACY_F32; i++) {
        ((float *)values)[i] = NAN;
    }
}

static dvfo_status allocate(struct dvfo_ctx *ctx, struct dvfo_accuracy_profile *profile, dvfo_accuracy_part part,
                            const struct dvfo_accuracy_dataset *dataset)
{
    const size_t count = dvfo_accuracy_count(profile, part, dataset);
    if (count == 0) {
        return DVFO_OK;
    }
    void *values = calloc(count, dvfo_accuracy_type_size(dataset->type));
    if (values == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    fill(values, dataset->type, count);
    const size_t offset = (size_t)(place_of(profile, part, dataset) - (const char *)profile);
    memcpy((char *)profile + offset, &values, sizeof values);
    return DVFO_OK;
}

dvfo_status dvfo_accuracy_allocate(struct dvfo_ctx *ctx, struct dvfo_accuracy_profile *profile)
{
    for (const struct dvfo_accuracy_dataset *dataset = dvfo_accuracy_datasets; dataset->name != NULL; dataset++) {
        for (int part = 0; part < DVFO_PARTS; part++) {
            if (dvfo_accuracy_has_part(dataset, (dvfo_accuracy_part)part)) {
                DVFO_TRY(allocate(ctx, profile, (dvfo_accuracy_part)part, dataset));
            }
        }
    }
    return DVFO_OK;
}

dvfo_status dvfo_accuracy_profile_create(struct dvfo_ctx *ctx, const struct dvfo_accuracy_size *size,
                                         struct dvfo_accuracy_profile **out)
{
    *out = NULL;
    struct dvfo_accuracy_profile *profile = calloc(1, sizeof *profile);
    if (profile == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    profile->size = *size;
    for (int part = 0; part < DVFO_PARTS; part++) {
        profile->part[part].images = size->requests[part];
    }
    dvfo_status status = dvfo_accuracy_check_sizes(ctx, profile, "accuracy profile");
    for (int i = 0; i < DVFO_ACCURACY_TEXTS && status == DVFO_OK; i++) {
        status = dvfo_accuracy_profile_set_text(ctx, profile, (dvfo_accuracy_text)i, "");
    }
    status = status == DVFO_OK ? dvfo_accuracy_allocate(ctx, profile) : status;
    if (status != DVFO_OK) {
        dvfo_accuracy_profile_free(profile);
        return status;
    }
    *out = profile;
    return DVFO_OK;
}

void dvfo_accuracy_profile_free(struct dvfo_accuracy_profile *profile)
{
    if (profile == NULL) {
        return;
    }
    for (const struct dvfo_accuracy_dataset *dataset = dvfo_accuracy_datasets; dataset->name != NULL; dataset++) {
        for (int part = 0; part < DVFO_PARTS; part++) {
            if (dvfo_accuracy_has_part(dataset, (dvfo_accuracy_part)part)) {
                free(dvfo_accuracy_values(profile, (dvfo_accuracy_part)part, dataset));
            }
        }
    }
    for (int part = 0; part < DVFO_PARTS; part++) {
        free(profile->part[part].held);
        free(profile->part[part].score_ranked);
    }
    for (int i = 0; i < DVFO_ACCURACY_TEXTS; i++) {
        free(profile->text[i]);
    }
    free(profile->path);
    free(profile);
}

dvfo_status dvfo_accuracy_profile_set_text(struct dvfo_ctx *ctx, struct dvfo_accuracy_profile *profile,
                                           dvfo_accuracy_text which, const char *text)
{
    char *copy = dvfo_text_copy(text);
    if (copy == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    free(profile->text[which]);
    profile->text[which] = copy;
    return DVFO_OK;
}
