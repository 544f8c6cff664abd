/* dvfo attention evaluate: what trained networks answer rightly becomes an accuracy profile. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/attention_verbs.h"
#include "bench/interrupt.h"
#include "bench/progress.h"
#include "bench/seeds.h"
#include "bench/table.h"
#include "bench/threads.h"
#include "policies/attention/appraisal.h"
#include "policies/attention/schooling_def.h"
#include "policies/attention/schooling_file.h"
#include "policies/nn/matrix.h"
#include "sim/base/output.h"
#include "sim/base/text.h"

enum { MOST_NETWORKS = 256, TEXT_SIZE = 16384 };

/* As typed; borrowed from argv. */
struct options {
    const char *data, *out, *name, *command, *requests, *examples, *threads, *format;
    const char *network[MOST_NETWORKS];
    int networks;
};

enum { KEY_DATA = 256, KEY_OUT, KEY_NAME, KEY_COMMAND, KEY_REQUESTS, KEY_EXAMPLES, KEY_THREADS, KEY_FORMAT, KEY_END };

static const struct argp_option options_of_evaluate[] = {
    {"data", KEY_DATA, "FOLDER", 0, "images that the networks learnt from: train.bin and test.bin", 1},
    {"out", KEY_OUT, "FILE.h5", 0, "the accuracy profile, for --accuracy FILE.h5", 1},
    {"name", KEY_NAME, "NAME", 0, "of the profile (default: the last part of --data)", 2},
    {"command", KEY_COMMAND, "TEXT", 0, "how the file is made anew, to be noted in it", 2},
    {"requests", KEY_REQUESTS, "N", 0, "images of each part that simulated requests are drawn from (default 2000)", 2},
    {"examples", KEY_EXAMPLES, "N", 0, "test images to keep for a figure, 0 to 100 (default 8)", 2},
    {"threads", KEY_THREADS, "N", 0, "at once (default: as many as there are cores); the result is the same", 2},
    {"format", KEY_FORMAT, "HOW", 0, "of the table: table (default), csv or json", 2},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    const char **const fields[] = {&options->data,     &options->out,      &options->name,    &options->command,
                                   &options->requests, &options->examples, &options->threads, &options->format};
    if (key >= KEY_DATA && key < KEY_END) {
        *fields[key - KEY_DATA] = text;
        return 0;
    }
    if (key != ARGP_KEY_ARG) {
        return ARGP_ERR_UNKNOWN;
    }
    if (options->networks == MOST_NETWORKS) {
        argp_error(state, "more than %d networks", MOST_NETWORKS);
        return 0;
    }
    options->network[options->networks++] = text;
    return 0;
}

static const struct argp argp = {
    .options = options_of_evaluate,
    .parser = parse_option,
    .args_doc = "NETWORK.h5 ...",
    .doc = "Measure trained networks on images that they have not learnt from, at every share, weight of fusion and "
           "payload coding, and write an accuracy profile."
           "\v"
           "Examples:\n"
           "  dvfo attention evaluate --data images/ --out accuracy.h5 net.h5\n"
           "  dvfo attention evaluate --data images/ --out accuracy.h5 seed1.h5 seed2.h5 random1.h5 random2.h5\n"
           "  dvfo run -b xavier-nx -n vit-b16 --accuracy accuracy.h5\n\n"
           "Each seed has one network that selects by attention and fuses by the fixed sum; others of that seed are "
           "compared with it. Thresholds and floors are set on the last fifth of train.bin, simulated requests are "
           "images of test.bin. The table is of test.bin; intervals are over seeds (95 %, Student's t, paired).\n",
};

/* ---- options ---- */

static dvfo_status read_count(struct dvfo_ctx *ctx, const char *option, const char *text, long least, long most,
                              long *count)
{
    long long value = *count;
    if (text != NULL && (!dvfo_text_integer(text, NULL, &value) || value < least || value > most)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s is '%s', expected a whole number from %ld to %ld", option, text,
                         least, most);
    }
    *count = (long)value;
    return DVFO_OK;
}

static dvfo_status check_options(struct dvfo_ctx *ctx, const struct options *options)
{
    if (options->data == NULL || options->out == NULL || options->networks == 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "'dvfo attention evaluate' needs --data, --out and at least one network; see 'dvfo attention "
                         "evaluate --help'");
    }
    struct dvfo_output output;
    DVFO_TRY(dvfo_output_begin(ctx, options->out, &output)); /* told now, not after the work */
    dvfo_output_abandon(&output);
    return DVFO_OK;
}

/* ---- texts ---- */

/* The last part of a path, without slashes behind it. */
static void last_part(const char *path, char *name, size_t size)
{
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/') {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/') {
        begin--;
    }
    snprintf(name, size, "%.*s", (int)(end - begin), path + begin);
}

static void describe(const struct dvfo_appraisal_def *def, char text[TEXT_SIZE])
{
    size_t used = 0;
    for (const struct dvfo_field *field = dvfo_schooling_fields; field->name != NULL; field++) {
        const double value = dvfo_field_number(field, &def->networks[0]->def);
        used += (size_t)(field->kind == DVFO_FIELD_CHOICE
                             ? snprintf(text + used, TEXT_SIZE - used, "%s: %s\n", field->name,
                                        field->choices[(size_t)value])
                             : snprintf(text + used, TEXT_SIZE - used, "%s: %g\n", field->name, value));
    }
    for (int i = 0; i < def->count && used + 128 < TEXT_SIZE; i++) {
        const struct dvfo_schooling_def *network = &def->networks[i]->def;
        used += (size_t)snprintf(text + used, TEXT_SIZE - used, "network: seed %llu, %s, %s\n",
                                 (unsigned long long)network->seed, dvfo_selection_name(network->net.selection),
                                 dvfo_fusion_name(network->net.fusion));
    }
}

static dvfo_status fill_texts(struct dvfo_ctx *ctx, const struct options *options, const struct dvfo_image_set *set,
                              const struct dvfo_appraisal_def *def, struct dvfo_accuracy_profile *profile)
{
    char name[64], standing[256], configuration[TEXT_SIZE];
    last_part(options->name != NULL ? options->name : options->data, name, sizeof name);
    snprintf(standing, sizeof standing,
             "measured on %ld images for validation and %ld for test, networks of %ld seeds trained on %ld others",
             def->part[DVFO_PART_VALIDATION].count, def->part[DVFO_PART_TEST].count, profile->size.seeds,
             def->learnt.count);
    describe(def, configuration);
    const char *text[DVFO_ACCURACY_TEXTS] = {
        [DVFO_ACCURACY_NAME] = name,
        [DVFO_ACCURACY_DATA] = name,
        [DVFO_ACCURACY_COMMAND] =
            options->command != NULL ? options->command : "dvfo attention evaluate, of networks as below",
        [DVFO_ACCURACY_STANDING] = standing,
        [DVFO_ACCURACY_TRAIN_SHA256] = set->train.hash,
        [DVFO_ACCURACY_TEST_SHA256] = set->test.hash,
        [DVFO_ACCURACY_CONFIGURATION] = configuration,
    };
    for (int i = 0; i < DVFO_ACCURACY_TEXTS; i++) {
        DVFO_TRY(dvfo_accuracy_profile_set_text(ctx, profile, (dvfo_accuracy_text)i, text[i]));
    }
    return dvfo_accuracy_profile_settle(ctx, profile);
}

/* ---- the table: of test images, points ---- */

typedef double measure_of(const struct dvfo_accuracy_profile *profile, long seed, int share, int which);

enum { MIDDLE_LAMBDA = 5 }; /* 0.5: what networks are trained for by default */

static double split_of(const struct dvfo_accuracy_profile *profile, long seed, int share, int selection)
{
    const struct dvfo_accuracy_table *test = &profile->part[DVFO_PART_TEST];
    return test
        ->split[dvfo_accuracy_split_index(seed, (dvfo_selection)selection, DVFO_CODING_INT8, share, MIDDLE_LAMBDA)];
}

static double coded_of(const struct dvfo_accuracy_profile *profile, long seed, int share, int coding)
{
    const struct dvfo_accuracy_table *test = &profile->part[DVFO_PART_TEST];
    return test
        ->split[dvfo_accuracy_split_index(seed, DVFO_SELECTION_ATTENTION, (dvfo_coding)coding, share, MIDDLE_LAMBDA)];
}

static double fused_of(const struct dvfo_accuracy_profile *profile, long seed, int share, int fusion)
{
    const struct dvfo_accuracy_table *test = &profile->part[DVFO_PART_TEST];
    return test->fusion[(seed * DVFO_FUSIONS + fusion) * DVFO_ACCURACY_SHARES + share - 1];
}

static double full_of(const struct dvfo_accuracy_profile *profile, long seed, int share, int which)
{
    (void)share;
    (void)which;
    return profile->part[DVFO_PART_TEST].full[seed];
}

/* Mean over the seeds of a measure, less attention's own where `less` isn't NULL. */
static struct dvfo_seeds points_of(const struct dvfo_accuracy_profile *profile, measure_of *measure, int share,
                                   int which, measure_of *less)
{
    double x[DVFO_ACCURACY_MAX_SEEDS];
    for (long seed = 0; seed < profile->size.seeds; seed++) {
        x[seed] = 100.0 * (measure(profile, seed, share, which) -
                           (less != NULL ? less(profile, seed, share, DVFO_SELECTION_ATTENTION) : 0.0));
    }
    return dvfo_seeds_of(x, (size_t)profile->size.seeds);
}

static void put(struct dvfo_table *table, struct dvfo_seeds points)
{
    dvfo_table_number(table, points.mean, 4);
    dvfo_table_number(table, points.half, 2);
}

static dvfo_status print_table(struct dvfo_ctx *ctx, const struct dvfo_accuracy_profile *profile,
                               dvfo_table_format format)
{
    static const char *const names[] = {"share_percent",
                                        "accuracy",
                                        "+-",
                                        "loss",
                                        "+-",
                                        "magnitude",
                                        "+-",
                                        "gradient",
                                        "+-",
                                        "random",
                                        "+-",
                                        "none",
                                        "+-",
                                        "sum-learnt",
                                        "+-",
                                        "dense",
                                        "+-",
                                        "convolution",
                                        "+-",
                                        "codebook",
                                        "+-",
                                        NULL};
    struct dvfo_table *table = NULL;
    DVFO_TRY(dvfo_table_create(ctx, names, &table));
    for (int share = 1; share <= DVFO_ACCURACY_SHARES; share++) {
        dvfo_table_integer(table, 10 * share);
        put(table, points_of(profile, split_of, share, DVFO_SELECTION_ATTENTION, NULL));
        put(table, points_of(profile, full_of, share, 0, split_of));
        put(table, points_of(profile, split_of, share, DVFO_SELECTION_MAGNITUDE, split_of));
        put(table, points_of(profile, split_of, share, DVFO_SELECTION_GRADIENT, split_of));
        put(table, points_of(profile, split_of, share, DVFO_SELECTION_RANDOM, split_of));
        put(table, points_of(profile, split_of, share, DVFO_SELECTION_NONE, split_of));
        put(table, points_of(profile, fused_of, share, DVFO_FUSION_SUM_LEARNT, split_of));
        put(table, points_of(profile, fused_of, share, DVFO_FUSION_DENSE, split_of));
        put(table, points_of(profile, fused_of, share, DVFO_FUSION_CONVOLUTION, split_of));
        put(table, points_of(profile, coded_of, share, DVFO_CODING_CODEBOOK, split_of));
    }
    const dvfo_status status = dvfo_table_print(ctx, table, format, stdout);
    dvfo_table_free(table);
    return status;
}

/* Share of all importance that the most important quarter of the channels holds: 25 % where attention ranks nothing. */
static double first_quarter(const struct dvfo_accuracy_profile *profile)
{
    const struct dvfo_accuracy_table *test = &profile->part[DVFO_PART_TEST];
    double sum = 0.0;
    for (long i = 0; i < profile->size.requests[DVFO_PART_TEST]; i++) {
        sum += (double)test->held[i * DVFO_ACCURACY_HELD];
    }
    return sum / (double)profile->size.requests[DVFO_PART_TEST];
}

static void print_notes(const struct options *options, const struct dvfo_accuracy_profile *profile)
{
    const struct dvfo_accuracy_table *test = &profile->part[DVFO_PART_TEST];
    const size_t seeds = (size_t)profile->size.seeds;
    printf("points on %ld test images at lambda 0.5, means over %zu seeds: full network %.2f, its map as int8 %.2f, "
           "little "
           "%.2f\n",
           test->images, seeds, 100.0 * dvfo_seeds_of(test->full, seeds).mean,
           100.0 * dvfo_seeds_of(test->full_int8, seeds).mean, 100.0 * dvfo_seeds_of(test->little, seeds).mean);
    printf("loss: what the full network has more; the columns behind it: difference to accuracy, of the same seed\n");
    printf("the most important quarter of the channels holds %.0f %% of the importance\n%s\n",
           100.0 * first_quarter(profile), options->out);
}

/* ---- the command ---- */

static void tell(void *user, int done, int networks)
{
    (void)networks;
    dvfo_progress_tell(user, done, "evaluate");
}

static dvfo_status evaluate(struct dvfo_ctx *ctx, const struct options *options, const struct dvfo_image_set *set,
                            struct dvfo_appraisal_def *def, dvfo_table_format format)
{
    struct dvfo_accuracy_profile *profile = NULL;
    struct dvfo_progress progress = dvfo_progress_begin("networks", def->count);
    def->progress = tell;
    def->user = &progress;
    dvfo_status status = dvfo_appraisal_make(ctx, def, &profile);
    dvfo_progress_end(&progress);
    status = status == DVFO_OK ? fill_texts(ctx, options, set, def, profile) : status;
    status = status == DVFO_OK ? dvfo_accuracy_profile_save(ctx, profile, options->out) : status;
    status = status == DVFO_OK ? print_table(ctx, profile, format) : status;
    if (status == DVFO_OK && format == DVFO_TABLE_TEXT) {
        print_notes(options, profile);
    }
    dvfo_accuracy_profile_free(profile);
    return status;
}

static dvfo_status load_networks(struct dvfo_ctx *ctx, const struct options *options, const struct dvfo_image_set *set,
                                 struct dvfo_schooling **networks)
{
    for (int i = 0; i < options->networks; i++) {
        DVFO_TRY(dvfo_schooling_load(ctx, options->network[i], &networks[i]));
        if (strcmp(networks[i]->images_sha256, set->train.hash) != 0) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: learnt from other images than %s/train.bin", options->network[i],
                             options->data);
        }
    }
    return DVFO_OK;
}

static dvfo_status run_on(struct dvfo_ctx *ctx, struct options *options, const struct dvfo_image_set *set)
{
    struct dvfo_schooling *networks[MOST_NETWORKS] = {NULL};
    const long learnt = dvfo_schooling_learnt(set->train.count);
    struct dvfo_appraisal_def def = {
        .networks = networks,
        .names = options->network,
        .count = options->networks,
        .part = {[DVFO_PART_VALIDATION] = {&set->train, learnt, set->train.count - learnt},
                 [DVFO_PART_TEST] = {&set->test, 0, set->test.count}},
        .learnt = {&set->train, 0, learnt},
        .requests = 2000,
        .examples = set->test.count < 8 ? set->test.count : 8,
        .stop = ctx->stop,
    };
    dvfo_table_format format = DVFO_TABLE_TEXT;
    DVFO_TRY(read_count(ctx, "requests", options->requests, 1, DVFO_ACCURACY_MAX_ROWS, &def.requests));
    DVFO_TRY(read_count(ctx, "examples", options->examples, 0, set->test.count < 100 ? set->test.count : 100,
                        &def.examples));
    DVFO_TRY(dvfo_threads_of(ctx, options->threads, &def.threads));
    if (options->format != NULL) {
        DVFO_TRY(dvfo_table_format_of(ctx, options->format, &format));
    }
    dvfo_status status = load_networks(ctx, options, set, networks);
    status = status == DVFO_OK ? evaluate(ctx, options, set, &def, format) : status;
    for (int i = 0; i < options->networks; i++) {
        dvfo_schooling_free(networks[i]);
    }
    return status;
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct options options = {0};
    struct dvfo_image_set set = {0};
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &options));
    DVFO_TRY(check_options(ctx, &options));
    ctx->stop = dvfo_interrupt_catch();
    dvfo_matrix_use_threads(1); /* of BLAS: images are spread over threads already */
    DVFO_TRY(dvfo_image_set_load(ctx, options.data, &set));
    const dvfo_status status = run_on(ctx, &options, &set);
    dvfo_image_set_free(&set);
    return status;
}

const struct dvfo_command dvfo_attention_evaluate = {"evaluate", "an accuracy profile from trained networks", run};
