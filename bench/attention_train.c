/* dvfo attention train: a collaborative network learns its lessons and becomes a file after every epoch. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/attention_verbs.h"
#include "bench/interrupt.h"
#include "bench/progress.h"
#include "bench/table.h"
#include "bench/threads.h"
#include "policies/attention/images.h"
#include "policies/attention/jury.h"
#include "policies/attention/schooling_file.h"
#include "policies/nn/matrix.h"
#include "sim/base/output.h"
#include "sim/base/text.h"

enum { MOST_SET = 32 };

/* As typed; borrowed from argv. */
struct options {
    const char *data, *out, *seed, *selection, *fusion, *start_from, *threads, *format;
    const char *set[MOST_SET];
    size_t sets;
    bool resume, quick;
};

enum {
    KEY_DATA = 256,
    KEY_OUT,
    KEY_SEED,
    KEY_SELECTION,
    KEY_FUSION,
    KEY_START,
    KEY_THREADS,
    KEY_FORMAT,
    KEY_TEXTS,
    KEY_SET,
    KEY_RESUME,
    KEY_QUICK
};

static const struct argp_option options_of_train[] = {
    {"data", KEY_DATA, "FOLDER", 0, "with train.bin in CIFAR-100's format", 1},
    {"out", KEY_OUT, "FILE.h5", 0, "the network; written anew after every epoch", 1},
    {"seed", KEY_SEED, "N", 0, "seed of all random streams (default 1)", 2},
    {"selection", KEY_SELECTION, "HOW", 0,
     "what ranks channels: attention (default), magnitude, random, gradient, none", 2},
    {"fusion", KEY_FUSION, "HOW", 0, "sum-fixed (default), sum-learnt, dense, convolution", 2},
    {"start-from", KEY_START, "FILE.h5", 0, "take the full network from there and learn the rest", 2},
    {"set", KEY_SET, "NAME=VALUE", 0, "change a value, e.g. epochs_split=4, rate_full=0.1, size=0.5; may be repeated",
     2},
    {"quick", KEY_QUICK, NULL, 0, "a network of a quarter of the channels for a few epochs", 2},
    {"resume", KEY_RESUME, NULL, 0, "go on with --out where it was interrupted", 2},
    {"threads", KEY_THREADS, "N", 0, "at once (default: as many as there are cores); the result is the same", 2},
    {"format", KEY_FORMAT, "HOW", 0, "of the table at the end: table (default), csv or json", 2},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    const char **const fields[] = {&options->data,   &options->out,        &options->seed,    &options->selection,
                                   &options->fusion, &options->start_from, &options->threads, &options->format};
    if (key >= KEY_DATA && key < KEY_TEXTS) {
        *fields[key - KEY_DATA] = text;
        return 0;
    }
    switch (key) {
    case KEY_SET:
        if (options->sets == MOST_SET) {
            argp_error(state, "--set may be given %d times", MOST_SET);
        }
        options->set[options->sets++] = text;
        return 0;
    case KEY_RESUME:
        options->resume = true;
        return 0;
    case KEY_QUICK:
        options->quick = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument '%s'", text);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options_of_train,
    .parser = parse_option,
    .doc = "Train a network that device and cloud run together at any share: first whole, then split, with attention "
           "choosing what stays; then the little network of AppealNet."
           "\v"
           "Examples:\n"
           "  dvfo attention generate --out images/\n"
           "  dvfo attention train --data images/ --out net.h5\n"
           "  dvfo attention train --data images/ --start-from net.h5 --selection random --out random.h5\n"
           "  dvfo attention train --data images/ --quick --out quick.h5\n\n"
           "The last fifth of train.bin is for validation and never learnt from; test.bin isn't looked at. Ctrl-C ends "
           "at once and keeps the network as of the last whole epoch: --resume goes on from there and becomes what it "
           "would have become. At the end a table tells the accuracy on the images for validation.\n",
};

/* ---- options ---- */

static dvfo_status set_word(struct dvfo_ctx *ctx, const char *name, const char *value, struct dvfo_schooling_def *def)
{
    char assignment[256];
    if (value == NULL) {
        return DVFO_OK;
    }
    snprintf(assignment, sizeof assignment, "%s=%.200s", name, value);
    return dvfo_schooling_def_set(ctx, def, assignment);
}

static void make_quick(struct dvfo_schooling_def *def)
{
    def->net.size = 0.25;
    def->epochs[DVFO_LEARN_FULL] = 4;
    def->epochs[DVFO_LEARN_SPLIT] = 4;
    def->epochs[DVFO_LEARN_LITTLE] = 2;
}

static dvfo_status make_def(struct dvfo_ctx *ctx, const struct options *options, struct dvfo_schooling_def *def)
{
    *def = dvfo_schooling_def_default();
    if (options->quick) {
        make_quick(def);
    }
    DVFO_TRY(set_word(ctx, "seed", options->seed, def));
    DVFO_TRY(set_word(ctx, "selection", options->selection, def));
    DVFO_TRY(set_word(ctx, "fusion", options->fusion, def));
    for (size_t i = 0; i < options->sets; i++) {
        DVFO_TRY(dvfo_schooling_def_set(ctx, def, options->set[i]));
    }
    return dvfo_schooling_def_check(ctx, "the network", def);
}

static dvfo_status check_options(struct dvfo_ctx *ctx, const struct options *options)
{
    if (options->data == NULL || options->out == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "'dvfo attention train' needs --data and --out; see 'dvfo attention train --help'");
    }
    if (options->resume && (options->sets > 0 || options->quick || options->start_from != NULL ||
                            options->seed != NULL || options->selection != NULL || options->fusion != NULL)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--resume goes on as %s was begun: no other choice can be made with it",
                         options->out);
    }
    struct dvfo_output output;
    DVFO_TRY(dvfo_output_begin(ctx, options->out, &output)); /* told now, not after the first epoch */
    dvfo_output_abandon(&output);
    return DVFO_OK;
}

/* ---- the network ---- */

static dvfo_status start(struct dvfo_ctx *ctx, const struct options *options, struct dvfo_schooling *schooling)
{
    struct dvfo_schooling *learnt = NULL;
    if (options->start_from == NULL) {
        return DVFO_OK;
    }
    DVFO_TRY(dvfo_schooling_load(ctx, options->start_from, &learnt));
    dvfo_status status = DVFO_OK;
    if (strcmp(learnt->images_sha256, schooling->images_sha256) != 0) {
        status = dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: learnt from other images than %s/train.bin", options->start_from,
                           options->data);
    }
    status = status == DVFO_OK ? dvfo_schooling_start_from(ctx, schooling, learnt) : status;
    dvfo_schooling_free(learnt);
    return status;
}

static dvfo_status begin(struct dvfo_ctx *ctx, const struct options *options, const struct dvfo_images *train,
                         struct dvfo_schooling **out)
{
    struct dvfo_schooling_def def;
    if (options->resume) {
        DVFO_TRY(dvfo_schooling_load(ctx, options->out, out));
        if (strcmp((*out)->images_sha256, train->hash) != 0) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: began to learn from other images than %s/train.bin",
                             options->out, options->data);
        }
        return DVFO_OK;
    }
    DVFO_TRY(make_def(ctx, options, &def));
    if (dvfo_schooling_learnt(train->count) < def.batch) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s/train.bin: has %ld images, expected at least %ld for batches of %ld",
                         options->data, train->count, (def.batch * 5 + 3) / 4, def.batch);
    }
    DVFO_TRY(dvfo_schooling_create(ctx, &def, out));
    memcpy((*out)->images_sha256, train->hash, sizeof(*out)->images_sha256);
    return start(ctx, options, *out);
}

/* ---- learning ---- */

struct watch {
    struct dvfo_progress progress;
    char what[64];
};

static void tell(void *user, long done, long images)
{
    struct watch *watch = user;
    (void)images;
    dvfo_progress_tell(&watch->progress, (double)done, watch->what);
}

static dvfo_status learn_epoch(struct dvfo_ctx *ctx, struct dvfo_schooling *schooling, const struct dvfo_images *train,
                               int threads)
{
    const long images = dvfo_schooling_learnt(train->count);
    const dvfo_lesson_kind lesson = schooling->lesson;
    const long epoch = schooling->epoch + 1, epochs = schooling->def.epochs[lesson];
    struct watch watch = {.progress = dvfo_progress_begin("images", (double)images)};
    snprintf(watch.what, sizeof watch.what, "%s %ld/%ld", dvfo_lesson_kind_name(lesson), epoch, epochs);
    const struct dvfo_schooling_room room = {threads, ctx->stop, tell, &watch};
    struct dvfo_schooling_report report;
    const double begun_s = dvfo_progress_clock_s();
    const dvfo_status status = dvfo_schooling_epoch(ctx, schooling, train, images, &room, &report);
    dvfo_progress_end(&watch.progress);
    if (status == DVFO_OK) {
        fprintf(stderr, "%-12s loss %.4f  %.0f images/s\n", watch.what, report.loss,
                (double)report.images / (dvfo_progress_clock_s() - begun_s));
    }
    return status;
}

static dvfo_status learn(struct dvfo_ctx *ctx, const struct options *options, const struct dvfo_images *train,
                         int threads, struct dvfo_schooling *schooling)
{
    dvfo_status status = DVFO_OK;
    long epochs = 0;
    while (status == DVFO_OK && schooling->lesson < DVFO_LEARN_KINDS) {
        status = learn_epoch(ctx, schooling, train, threads);
        if (status == DVFO_OK) {
            status = dvfo_schooling_save(ctx, schooling, options->out);
            epochs++;
        }
    }
    if (status == DVFO_INTERRUPTED && (epochs > 0 || options->resume)) {
        return dvfo_fail(ctx, status, "interrupted; %s is as of the last whole epoch, --resume goes on from there",
                         options->out);
    }
    return epochs == 0 && status == DVFO_OK ? dvfo_schooling_save(ctx, schooling, options->out) : status;
}

/* ---- what came out ---- */

static dvfo_status fill_table(struct dvfo_table *table, const struct dvfo_schooling *schooling,
                              const struct dvfo_jury_votes *votes)
{
    const double images = (double)votes->images;
    const int steps = (int)schooling->def.net.steps;
    const double mine[] = {0.0, (double)votes->full / images, NAN, NAN};
    for (int share = 0; share <= DVFO_ACCURACY_SHARES; share++) {
        const long *by_lambda = share > 0 ? votes->split[DVFO_CODING_INT8][share - 1] : NULL;
        const bool local = share > 0 && share < DVFO_ACCURACY_SHARES;
        dvfo_table_integer(table, 10 * share);
        dvfo_table_number(table,
                          share == DVFO_ACCURACY_SHARES ? NAN
                          : share == 0                  ? 1.0
                                       : (double)dvfo_collaborative_width(&schooling->net, share) / steps,
                          3);
        dvfo_table_number(table, local ? (double)by_lambda[DVFO_ACCURACY_LAMBDAS - 1] / images : NAN, 4);
        dvfo_table_number(table, share > 0 ? (double)by_lambda[0] / images : NAN, 4);
        dvfo_table_number(table, share > 0 ? (double)votes->fused[share - 1] / images : mine[1], 4);
    }
    return DVFO_OK;
}

static dvfo_status print_table(struct dvfo_ctx *ctx, const struct options *options, dvfo_table_format format,
                               const struct dvfo_images *train, int threads, const struct dvfo_schooling *schooling)
{
    static const char *const names[] = {"share_percent", "local_width", "local", "remote", "accuracy", NULL};
    const long learnt = dvfo_schooling_learnt(train->count);
    const struct dvfo_jury_def jury = {.network = schooling,
                                       .images = {train, learnt, train->count - learnt},
                                       .learnt = {train, 0, learnt},
                                       .whole = true,
                                       .threads = threads,
                                       .stop = ctx->stop};
    struct dvfo_jury_votes votes;
    struct dvfo_table *table = NULL;
    (void)options;
    DVFO_TRY(dvfo_jury_vote(ctx, &jury, &votes));
    DVFO_TRY(dvfo_table_create(ctx, names, &table));
    dvfo_status status = fill_table(table, schooling, &votes);
    status = status == DVFO_OK ? dvfo_table_print(ctx, table, format, stdout) : status;
    if (status == DVFO_OK && format == DVFO_TABLE_TEXT) {
        printf("on %ld images for validation; little network %.4f\n%s\n", votes.images,
               (double)votes.little / (double)votes.images, options->out);
    }
    dvfo_table_free(table);
    return status;
}

static dvfo_status train_network(struct dvfo_ctx *ctx, const struct options *options, dvfo_table_format format,
                                 const struct dvfo_images *train, int threads)
{
    struct dvfo_schooling *schooling = NULL;
    dvfo_status status = begin(ctx, options, train, &schooling);
    status = status == DVFO_OK ? learn(ctx, options, train, threads, schooling) : status;
    status = status == DVFO_OK ? print_table(ctx, options, format, train, threads, schooling) : status;
    dvfo_schooling_free(schooling);
    return status;
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct options options = {0};
    struct dvfo_images train = {0};
    char path[DVFO_PATH_SIZE];
    dvfo_table_format format = DVFO_TABLE_TEXT;
    int threads = 1;
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &options));
    DVFO_TRY(check_options(ctx, &options));
    DVFO_TRY(dvfo_threads_of(ctx, options.threads, &threads));
    if (options.format != NULL) {
        DVFO_TRY(dvfo_table_format_of(ctx, options.format, &format));
    }
    ctx->stop = dvfo_interrupt_catch();
    dvfo_matrix_use_threads(1); /* of BLAS: shards are spread over threads already */
    if (snprintf(path, sizeof path, "%s/train.bin", options.data) >= (int)sizeof path) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the path of --data is longer than %d characters", DVFO_PATH_SIZE - 16);
    }
    DVFO_TRY(dvfo_images_load(ctx, path, &train));
    const dvfo_status status = train_network(ctx, &options, format, &train, threads);
    dvfo_images_free(&train);
    return status;
}

const struct dvfo_command dvfo_attention_train = {"train", "a network that device and cloud run together learns", run};
