#include "bench/live/edge/edge_network.h"

#include "bench/live/network_file.h"
#include "policies/attention/augment.h"
#include "policies/nn/train/classify.h"
#include "sim/base/random.h"

enum { ALL_SHARES = 10 };

struct dvfo_edge_network {
    struct dvfo_network_file file;
    struct dvfo_collaborative_pass *pass; /* of one image */
    gsl_rng *chance;                      /* of a selection by chance */
    float *image;                         /* (3, 32, 32) as the network sees it */
    float *importance;                    /* (C) */
};

static dvfo_status make_room(struct dvfo_ctx *ctx, struct dvfo_edge_network *network)
{
    const struct dvfo_schooling *schooling = network->file.schooling;
    DVFO_TRY(dvfo_collaborative_pass_create(ctx, &schooling->net, 1, &network->pass));
    dvfo_collaborative_begin(network->pass, schooling->parameters, schooling->statistics, false);
    network->chance = dvfo_random_small_stream(schooling->def.seed, 0, "live");
    network->image = calloc(DVFO_IMAGE_SIZE, sizeof *network->image);
    network->importance = calloc((size_t)schooling->net.channels, sizeof *network->importance);
    return network->image != NULL && network->importance != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

dvfo_status dvfo_edge_network_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_edge_network **out)
{
    *out = NULL;
    struct dvfo_edge_network *network = calloc(1, sizeof *network);
    if (network == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    dvfo_status status = dvfo_network_file_load(ctx, path, &network->file);
    status = status == DVFO_OK ? make_room(ctx, network) : status;
    if (status != DVFO_OK) {
        dvfo_edge_network_free(network);
        return status;
    }
    *out = network;
    return DVFO_OK;
}

void dvfo_edge_network_free(struct dvfo_edge_network *network)
{
    if (network == NULL) {
        return;
    }
    free(network->importance);
    free(network->image);
    if (network->chance != NULL) {
        gsl_rng_free(network->chance);
    }
    dvfo_collaborative_pass_free(network->pass);
    dvfo_network_file_free(&network->file);
    free(network);
}

const struct dvfo_map *dvfo_edge_network_map(const struct dvfo_edge_network *network)
{
    return &network->file.map;
}

const uint8_t *dvfo_edge_network_fingerprint(const struct dvfo_edge_network *network)
{
    return network->file.fingerprint;
}

const char *dvfo_edge_network_sha256(const struct dvfo_edge_network *network)
{
    return network->file.sha256;
}

/* ---- steps of a request ---- */

static long best_of(const struct dvfo_edge_network *network, const float *logits)
{
    int best = 0;
    dvfo_classify_best(network->file.map.classes, 1, logits, &best);
    return best;
}

void dvfo_edge_network_show(struct dvfo_edge_network *network, const uint8_t *pixels)
{
    dvfo_augment_image(pixels, NULL, 1, 0, network->image);
}

long dvfo_edge_network_full(struct dvfo_edge_network *network)
{
    dvfo_collaborative_look(network->pass, 1, network->image);
    dvfo_collaborative_answer_plain(network->pass, network->pass->base);
    return best_of(network, network->pass->plain);
}

static int falling(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

void dvfo_edge_network_attend(struct dvfo_edge_network *network, double importance[DVFO_IMPORTANCES])
{
    dvfo_collaborative_extract(network->pass, 1, network->image);
    dvfo_collaborative_attend(network->pass, network->file.schooling->order, network->chance);
    dvfo_gate_importance(network->pass->gate, network->importance);
    qsort(network->importance, (size_t)network->file.map.channels, sizeof *network->importance, falling);
    for (int quarter = 0; quarter < DVFO_IMPORTANCES; quarter++) {
        importance[quarter] = dvfo_accuracy_held(network->importance, network->file.map.channels, quarter + 1);
    }
}

struct dvfo_edge_payload dvfo_edge_network_split(struct dvfo_edge_network *network, int share_tenths)
{
    dvfo_collaborative_split(network->pass, share_tenths, DVFO_CODING_INT8, NULL);
    return (struct dvfo_edge_payload){network->pass->kept, network->pass->attended};
}

void dvfo_edge_network_tail(struct dvfo_edge_network *network, int share_tenths)
{
    dvfo_collaborative_answer_here(network->pass, share_tenths);
}

long dvfo_edge_network_fuse(struct dvfo_edge_network *network, int share_tenths, double lambda, const float *remote)
{
    const struct dvfo_schooling *schooling = network->file.schooling;
    if (share_tenths == ALL_SHARES) {
        return best_of(network, remote);
    }
    struct dvfo_fuser fusion = schooling->net.fusion;
    fusion.lambda = (float)lambda;
    network->pass->remote = remote;
    dvfo_collaborative_fuse(network->pass, &fusion);
    return best_of(network, network->pass->fused);
}
