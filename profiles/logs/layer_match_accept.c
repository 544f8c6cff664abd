/* Whether a profile is of the network that it is said to be of. */
#include "profiles/logs/layer_match.h"

#include <string.h>
#include "sim/base/data_path.h"
#include "sim/base/units.h"

#define MOST_UNMATCHED 0.15 /* of the profile's time, and of the closed form's time of our layers */
#define CLEARLY_BETTER 0.9  /* what another network must reach to be named */
#define SLIP 30.0           /* a factor between measured and computed time that only a wrong unit explains */

/* The shape that the engine reads, from the first layer with that many channels. */
static const struct dvfo_trtexec_shape *input_of(const struct dvfo_layer_match_def *def)
{
    for (size_t i = 0; def->layers != NULL && i < def->layers->n; i++) {
        const struct dvfo_trtexec_shape *in = &def->layers->layer[i].in;
        if (in->rank == 4 && in->size[1] == def->network->input.channels) {
            return in;
        }
    }
    return NULL;
}

static dvfo_status check_input(struct dvfo_ctx *ctx, const struct dvfo_layer_match_def *def)
{
    const struct dvfo_trtexec_shape *in = input_of(def);
    const struct dvfo_shape *ours = &def->network->input;
    if (in == NULL || !def->network->image_input) {
        return DVFO_OK;
    }
    if (in->size[2] > 0 && in->size[3] > 0 && (in->size[2] != ours->height || in->size[3] != ours->width)) {
        return dvfo_fail(
            ctx, DVFO_BAD_INPUT, "%s: reads images of %ldx%ld, expected %ldx%ld as %s has here; give --input %ld",
            def->layers->name, in->size[2], in->size[3], ours->height, ours->width, def->network->name, in->size[2]);
    }
    if (in->size[0] > 0 && in->size[0] != def->batch) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: was built for batch %ld, expected %ld as --batch says",
                         def->layers->name, in->size[0], def->batch);
    }
    return DVFO_OK;
}

/* Layer information of the same engine knows the profile's kernels by their names. */
static dvfo_status check_engine(struct dvfo_ctx *ctx, const struct dvfo_layer_match_def *def)
{
    size_t known = 0;
    if (def->layers == NULL) {
        return DVFO_OK;
    }
    for (size_t k = 0; k < def->profile->n; k++) {
        size_t i = 0;
        while (i < def->layers->n && strcmp(def->layers->layer[i].name, def->profile->layer[k].name) != 0) {
            i++;
        }
        known += i < def->layers->n;
    }
    return 2 * known >= def->profile->n
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT,
                           "%s: names %zu of the %zu layers of %s, expected the layers of the same engine",
                           def->layers->name, known, def->profile->n, def->profile->name);
}

/* How much of a profile and of a network belong together, 0 to 1. */
static double score_of(const struct dvfo_layer_match *match)
{
    return (1.0 - match->unmatched_s / match->total_s) * (1.0 - match->missing);
}

static dvfo_status score_network(struct dvfo_ctx *ctx, const struct dvfo_layer_match_def *def, const char *name,
                                 double *score)
{
    const struct dvfo_trtexec_shape *in = input_of(def);
    struct dvfo_layer_match_def other = *def;
    struct dvfo_network *network = NULL;
    struct dvfo_layer_match match = {0};
    const long side = in != NULL && in->size[2] > 0 && in->size[2] == in->size[3] ? in->size[2] : 0;
    DVFO_TRY(dvfo_network_load(ctx, name, side, NULL, &network));
    other.network = network;
    const dvfo_status status = dvfo_layer_match_create(ctx, &other, &match);
    *score = status == DVFO_OK ? score_of(&match) : 0.0;
    dvfo_layer_match_free(&match);
    dvfo_network_free(network);
    return status;
}

/* The network among those that we know that fits best, if it fits well; "" otherwise. Networks that can't be loaded at
 * that size are not asked. */
static dvfo_status guess(struct dvfo_ctx *ctx, const struct dvfo_layer_match_def *def, char name[64])
{
    char **names = NULL;
    size_t count = 0;
    double best = CLEARLY_BETTER;
    name[0] = '\0';
    DVFO_TRY(dvfo_data_names(ctx, "profiles/networks", ".yaml", &names, &count));
    for (size_t i = 0; i < count; i++) {
        struct dvfo_ctx silent = {0};
        double score = 0.0;
        if (score_network(&silent, def, names[i], &score) == DVFO_OK && score >= best) {
            best = score;
            snprintf(name, 64, "%s", names[i]);
        }
    }
    dvfo_data_names_free(names, count);
    return DVFO_OK;
}

static dvfo_status refuse(struct dvfo_ctx *ctx, const struct dvfo_layer_match_def *def,
                          const struct dvfo_layer_match *match)
{
    char name[64];
    DVFO_TRY(guess(ctx, def, name));
    const char *file = def->profile->name, *network = def->network->name;
    const double unmatched = 100.0 * match->unmatched_s / match->total_s, missing = 100.0 * match->missing;
    if (name[0] != '\0') {
        return dvfo_fail(
            ctx, DVFO_BAD_INPUT,
            "%s: is not of %s: %.0f %% of its time and %.0f %% of the network's work have no counterpart; it "
            "fits %s",
            file, network, unmatched, missing, name);
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT,
                     "%s: can't be matched to %s: %.0f %% of its time and %.0f %% of the network's work have no "
                     "counterpart%s",
                     file, network, unmatched, missing,
                     def->layers == NULL || !def->layers->detailed
                         ? "; give --layer-info of an engine built with --profilingVerbosity=detailed"
                         : "");
}

static dvfo_status check_units(struct dvfo_ctx *ctx, const struct dvfo_layer_match_def *def,
                               const struct dvfo_layer_match *match)
{
    double closed_s = 0.0;
    for (size_t i = 0; i < match->n; i++) {
        closed_s += match->layer[i].closed_s;
    }
    const double ratio = match->total_s / ((double)def->batch * closed_s);
    if (ratio > 1.0 / SLIP && ratio < SLIP) {
        return DVFO_OK;
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT,
                     "%s: its layers take %.4g ms together, expected about %.4g for %s at these clocks%s",
                     def->profile->name, match->total_s / DVFO_S_PER_MS, (double)def->batch * closed_s / DVFO_S_PER_MS,
                     def->network->name,
                     ratio < 1.0 && ratio * 1e3 > 1.0 / SLIP ? "; is it in s instead of ms?"
                     : ratio > 1.0 && ratio / 1e3 < SLIP     ? "; is it in us instead of ms?"
                                                             : "");
}

dvfo_status dvfo_layer_match_accept(struct dvfo_ctx *ctx, const struct dvfo_layer_match_def *def,
                                    const struct dvfo_layer_match *match)
{
    DVFO_TRY(check_engine(ctx, def));
    DVFO_TRY(check_input(ctx, def)); /* first: the wrong size is the likely reason for a poor match */
    if (match->unmatched_s > MOST_UNMATCHED * match->total_s || match->missing > MOST_UNMATCHED) {
        return refuse(ctx, def, match);
    }
    return check_units(ctx, def, match);
}
