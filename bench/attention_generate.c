/* dvfo attention generate: a data set of textured shapes in CIFAR-100's format. */
#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/attention_verbs.h"
#include "bench/interrupt.h"
#include "bench/progress.h"
#include "dvfo_version.h"
#include "policies/attention/motif.h"
#include "policies/attention/textured_shapes.h"
#include "sim/base/output.h"
#include "sim/base/text.h"

#define MAX_STRENGTH 4.0

/* As typed; borrowed from argv. */
struct options {
    const char *out, *train, *test, *seed, *strength;
};

enum { KEY_OUT = 256, KEY_TRAIN, KEY_TEST, KEY_SEED, KEY_STRENGTH, KEY_END };

static const struct argp_option options_of_generate[] = {
    {"out", KEY_OUT, "FOLDER", 0, "folder to write into; made if it isn't there", 1},
    {"images", KEY_TRAIN, "N", 0, "images to learn from (default 25000)", 2},
    {"test", KEY_TEST, "N", 0, "images to be judged on (default 5000)", 2},
    {"seed", KEY_SEED, "N", 0, "seed of all random streams (default 1)", 2},
    {"strength", KEY_STRENGTH, "X", 0, "of noise, occlusion, distraction, shift, dimming: 0 to 4 (default 1)", 2},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    const char **const fields[] = {&options->out, &options->train, &options->test, &options->seed, &options->strength};
    if (key >= KEY_OUT && key < KEY_END) {
        *fields[key - KEY_OUT] = text;
        return 0;
    }
    if (key == ARGP_KEY_ARG) {
        argp_error(state, "unexpected argument '%s'", text);
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
    .options = options_of_generate,
    .parser = parse_option,
    .doc = "Draw images of textured shapes in a hundred classes, ten shapes by ten textures, into FOLDER/train.bin and "
           "FOLDER/test.bin in the binary format of CIFAR-100."
           "\v"
           "Examples:\n"
           "  dvfo attention generate --out images/\n"
           "  dvfo attention generate --images 2000 --test 500 --seed 7 --out small/\n"
           "  dvfo attention generate --strength 0 --images 100 --test 100 --out clean/\n\n"
           "The class is told by shape and texture alone: colours, angle, scale, place, background, occluding bars and "
           "blobs, contrast and noise are chance. Every image depends on seed, file and its index only: more images "
           "leave the earlier ones as they are, and the same options give the same bytes. FOLDER/generated.json says "
           "how the set was made and names the SHA-256 of both files.\n\n"
           "CIFAR-100 itself (https://www.cs.toronto.edu/~kriz/cifar.html, \"binary version\") has the same form.\n",
};

/* ---- options ---- */

struct task {
    const char *folder;
    long train, test;
    struct dvfo_textured_shapes_def def;
};

static dvfo_status choose_count(struct dvfo_ctx *ctx, const char *option, const char *text, long *count)
{
    long long value = *count;
    if (text != NULL && (!dvfo_text_integer(text, NULL, &value) || value < 1 || value > DVFO_IMAGES_MAX)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s is '%s', expected a whole number from 1 to %d", option, text,
                         DVFO_IMAGES_MAX);
    }
    *count = (long)value;
    return DVFO_OK;
}

static dvfo_status choose_def(struct dvfo_ctx *ctx, const struct options *options, struct dvfo_textured_shapes_def *def)
{
    long long seed = 1;
    if (options->seed != NULL && (!dvfo_text_integer(options->seed, NULL, &seed) || seed < 0)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--seed is '%s', expected a whole number from 0", options->seed);
    }
    *def = dvfo_textured_shapes_def_default();
    def->seed = (uint64_t)seed;
    if (options->strength != NULL && (!dvfo_text_number(options->strength, NULL, &def->strength) ||
                                      !(def->strength >= 0.0 && def->strength <= MAX_STRENGTH))) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--strength is '%s', expected a number from 0 to %g", options->strength,
                         MAX_STRENGTH);
    }
    return DVFO_OK;
}

static dvfo_status read_options(struct dvfo_ctx *ctx, const struct options *options, struct task *task)
{
    *task = (struct task){.folder = options->out, .train = 25000, .test = 5000};
    if (options->out == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "'dvfo attention generate' needs --out; see 'dvfo attention generate --help'");
    }
    DVFO_TRY(choose_count(ctx, "images", options->train, &task->train));
    DVFO_TRY(choose_count(ctx, "test", options->test, &task->test));
    return choose_def(ctx, options, &task->def);
}

/* ---- files ---- */

static dvfo_status path_in(struct dvfo_ctx *ctx, const char *folder, const char *name, char path[DVFO_PATH_SIZE])
{
    return snprintf(path, DVFO_PATH_SIZE, "%s/%s", folder, name) < DVFO_PATH_SIZE
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "the path of --out is longer than %d characters", DVFO_PATH_SIZE - 16);
}

/* Can all be written? Told before the images are drawn, not after. */
static dvfo_status check_outputs(struct dvfo_ctx *ctx, const char *folder)
{
    static const char *const names[] = {"train.bin", "test.bin", "generated.json"};
    if (folder[0] == '\0') {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--out is empty, expected a folder");
    }
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: cannot be made: %s", folder, strerror(errno));
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[DVFO_PATH_SIZE];
        struct dvfo_output output;
        DVFO_TRY(path_in(ctx, folder, names[i], path));
        DVFO_TRY(dvfo_output_begin(ctx, path, &output));
        dvfo_output_abandon(&output);
    }
    return DVFO_OK;
}

static json_t *list_names(const char *(*name_of)(size_t), size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, json_string(name_of(i)));
    }
    return list;
}

static const char *outline_name(size_t i)
{
    return dvfo_outlines[i].name;
}

static const char *texture_name(size_t i)
{
    return dvfo_textures[i].name;
}

/* No time and no host: the same options give the same bytes. */
static json_t *describe(const struct task *task, const struct dvfo_image_set *set)
{
    const struct dvfo_textured_shapes_def *def = &task->def;
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:s, s:s, s:s, s:o, s:o}", "program",
                     "dvfo " DVFO_VERSION, "command", "dvfo attention generate", "seed", (json_int_t)def->seed,
                     "images", (json_int_t)task->train, "test", (json_int_t)task->test, "strength", def->strength,
                     "noise", def->noise, "occlusion", def->occlusion, "distractor", def->distractor, "jitter_px",
                     def->jitter_px, "dimming", def->dimming, "train.bin sha256", set->train.hash, "test.bin sha256",
                     set->test.hash, "class", "10 * shape + texture", "shapes", list_names(outline_name, DVFO_OUTLINES),
                     "textures", list_names(texture_name, DVFO_TEXTURES));
}

static dvfo_status write_json(struct dvfo_ctx *ctx, const json_t *root, const struct dvfo_output *output)
{
    FILE *file = fopen(output->temporary, "w");
    if (file == NULL) {
        return dvfo_fail(ctx, DVFO_FAILED, "%s: cannot be written: %s", output->path, strerror(errno));
    }
    (void)json_dumpf(root, file, JSON_INDENT(2) | JSON_REAL_PRECISION(6)); /* a failure stays in `file` */
    fputc('\n', file);
    return dvfo_output_close(ctx, file, output->path);
}

static dvfo_status write_description(struct dvfo_ctx *ctx, const struct task *task, const struct dvfo_image_set *set,
                                     const char *path)
{
    struct dvfo_output output = {0};
    json_t *root = describe(task, set);
    dvfo_status status = root != NULL ? dvfo_output_begin(ctx, path, &output) : dvfo_fail_no_memory(ctx);
    status = status == DVFO_OK ? write_json(ctx, root, &output) : status;
    status = status == DVFO_OK ? dvfo_output_commit(ctx, &output) : status;
    dvfo_output_abandon(&output);
    json_decref(root);
    return status;
}

static dvfo_status write_files(struct dvfo_ctx *ctx, const struct task *task, struct dvfo_image_set *set)
{
    char train[DVFO_PATH_SIZE], test[DVFO_PATH_SIZE], json[DVFO_PATH_SIZE];
    DVFO_TRY(path_in(ctx, task->folder, "train.bin", train));
    DVFO_TRY(path_in(ctx, task->folder, "test.bin", test));
    DVFO_TRY(path_in(ctx, task->folder, "generated.json", json));
    DVFO_TRY(dvfo_images_save(ctx, &set->train, train));
    DVFO_TRY(dvfo_images_save(ctx, &set->test, test));
    DVFO_TRY(write_description(ctx, task, set, json));
    printf("%s\n%s\n%s\n", train, test, json);
    return DVFO_OK;
}

/* ---- the command ---- */

static dvfo_status draw(struct dvfo_ctx *ctx, const struct task *task, const char *split, long before,
                        struct dvfo_progress *progress, struct dvfo_images *images)
{
    for (long i = 0; i < images->count; i += DVFO_IMAGE_CLASSES) {
        const long left = images->count - i, count = left < DVFO_IMAGE_CLASSES ? left : DVFO_IMAGE_CLASSES;
        if (*ctx->stop != 0) {
            return dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted after %ld of %ld images; nothing was written",
                             before + i, task->train + task->test);
        }
        DVFO_TRY(dvfo_textured_shapes_draw(ctx, &task->def, split, i, count, images));
        dvfo_progress_tell(progress, (double)(before + i + count), split);
    }
    return DVFO_OK;
}

static dvfo_status draw_set(struct dvfo_ctx *ctx, const struct task *task, struct dvfo_image_set *set)
{
    struct dvfo_progress progress = dvfo_progress_begin("images", (double)(task->train + task->test));
    dvfo_status status = draw(ctx, task, "train", 0, &progress, &set->train);
    status = status == DVFO_OK ? draw(ctx, task, "test", task->train, &progress, &set->test) : status;
    dvfo_progress_end(&progress);
    return status;
}

static dvfo_status generate(struct dvfo_ctx *ctx, const struct task *task, struct dvfo_image_set *set)
{
    DVFO_TRY(check_outputs(ctx, task->folder));
    DVFO_TRY(dvfo_images_create(ctx, task->train, &set->train));
    DVFO_TRY(dvfo_images_create(ctx, task->test, &set->test));
    DVFO_TRY(draw_set(ctx, task, set));
    return write_files(ctx, task, set);
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct options options = {0};
    struct task task;
    struct dvfo_image_set set = {0};
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &options));
    DVFO_TRY(read_options(ctx, &options, &task));
    ctx->stop = dvfo_interrupt_catch();
    const dvfo_status status = generate(ctx, &task, &set);
    dvfo_image_set_free(&set);
    return status;
}

const struct dvfo_command dvfo_attention_generate = {"generate", "draw textured shapes in CIFAR-100's format", run};
