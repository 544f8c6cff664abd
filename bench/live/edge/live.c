#include "bench/live/edge/live.h"

#include <string.h>

#include "bench/live/edge/life.h"
#include "policies/nn/matrix.h"

/* ---- what is opened ---- */

static dvfo_status open_network(struct dvfo_ctx *ctx, struct dvfo_live *live)
{
    if (live->def.command != NULL) {
        return DVFO_OK;
    }
    DVFO_TRY(dvfo_edge_network_load(ctx, live->def.network_file, &live->network));
    DVFO_TRY(dvfo_images_load(ctx, live->def.images, &live->images));
    const struct dvfo_map *map = dvfo_edge_network_map(live->network);
    live->full_right = malloc((size_t)live->images.count);
    live->remote = calloc((size_t)map->classes, sizeof *live->remote);
    if (live->full_right == NULL || live->remote == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    memset(live->full_right, -1, (size_t)live->images.count);
    return DVFO_OK;
}

/* Straight to it once: through a shaped link it would only be said that someone hung up. */
static dvfo_status try_server(struct dvfo_ctx *ctx, const struct dvfo_live *live)
{
    struct dvfo_client_def def = dvfo_client_def_default();
    struct dvfo_client *client = NULL;
    def.address = live->def.server;
    def.key = live->def.key;
    def.fingerprint = dvfo_edge_network_fingerprint(live->network);
    DVFO_TRY(dvfo_client_connect(ctx, &def, &client));
    dvfo_client_free(client);
    return DVFO_OK;
}

static dvfo_status open_link(struct dvfo_ctx *ctx, struct dvfo_live *live)
{
    struct dvfo_uplink_def uplink = dvfo_uplink_def_default();
    if (live->def.server == NULL) {
        return DVFO_OK;
    }
    if (live->def.shape != NULL) {
        DVFO_TRY(try_server(ctx, live));
        struct dvfo_shaper_def shaper = dvfo_shaper_def_default();
        shaper.server = live->def.server;
        shaper.trace = live->def.shape;
        shaper.rtt_s = live->def.rtt_s;
        live->frame_extra_byte = shaper.overhead_byte;
        DVFO_TRY(dvfo_shaper_open(ctx, &shaper, &live->shaper));
    }
    uplink.client.address = live->shaper != NULL ? dvfo_shaper_address(live->shaper) : live->def.server;
    uplink.client.key = live->def.key;
    uplink.client.fingerprint = dvfo_edge_network_fingerprint(live->network);
    uplink.seed = live->def.seed;
    return dvfo_uplink_open(ctx, &uplink, &live->uplink);
}

static dvfo_status open_parts(struct dvfo_ctx *ctx, struct dvfo_live *live)
{
    dvfo_matrix_use_threads(1); /* the device's own; others of the process think and listen */
    DVFO_TRY(open_network(ctx, live));
    DVFO_TRY(open_link(ctx, live));
    return dvfo_rig_open(ctx, &live->def.rig, &live->rig); /* last: from here on there is something to give back */
}

dvfo_status dvfo_live_create(struct dvfo_ctx *ctx, const struct dvfo_live_def *def, struct dvfo_live **out)
{
    *out = NULL;
    DVFO_REQUIRE((def->command != NULL) != (def->network_file != NULL && def->images != NULL));
    DVFO_REQUIRE(def->command == NULL || def->server == NULL);
    struct dvfo_live *live = calloc(1, sizeof *live);
    if (live == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    live->def = *def;
    const dvfo_status status = open_parts(ctx, live);
    if (status != DVFO_OK) {
        dvfo_live_free(NULL, live);
        return status;
    }
    *out = live;
    return DVFO_OK;
}

dvfo_status dvfo_live_free(struct dvfo_ctx *ctx, struct dvfo_live *live)
{
    if (live == NULL) {
        return DVFO_OK;
    }
    const dvfo_status status = dvfo_rig_close(ctx, live->rig);
    dvfo_uplink_free(live->uplink);
    dvfo_shaper_free(live->shaper);
    dvfo_edge_network_free(live->network);
    dvfo_images_free(&live->images);
    free(live->full_right);
    free(live->remote);
    free(live);
    return status;
}

dvfo_status dvfo_live_close(struct dvfo_ctx *ctx, struct dvfo_live *live, dvfo_status status)
{
    struct dvfo_ctx closing = {.note = ctx->note, .note_user = ctx->note_user};
    const dvfo_status closed = dvfo_live_free(&closing, live);
    if (closed == DVFO_OK) {
        return status;
    }
    if (status != DVFO_OK) {
        dvfo_note(ctx, "%s", ctx->message);
    }
    return dvfo_fail(ctx, closed, "%s", closing.message);
}

/* ---- what results rest on ---- */

const char *dvfo_live_network_sha256(const struct dvfo_live *live)
{
    return live->network != NULL ? dvfo_edge_network_sha256(live->network) : "";
}

const char *dvfo_live_images_sha256(const struct dvfo_live *live)
{
    return live->images.hash;
}

static void describe_link(const struct dvfo_live *live, FILE *file)
{
    fprintf(file, "cloud %s, ", live->def.server);
    if (live->shaper != NULL) {
        fprintf(file, "link shaped by %s with a round trip of %g ms\n", live->def.shape->name, 1e3 * live->def.rtt_s);
    } else {
        fputs("link as the network is\n", file);
    }
}

void dvfo_live_describe(const struct dvfo_live *live, FILE *file)
{
    fprintf(file, "live: %s\n", dvfo_rig_sentence(live->rig));
    if (live->def.command != NULL) {
        fprintf(file, "each request is the command: %s\n", live->def.command);
    } else {
        fprintf(file, "network %s, %ld images of %s, whose accuracy it is\n", live->def.network_file,
                live->images.count, live->def.images);
    }
    if (live->uplink != NULL) {
        describe_link(live, file);
    } else {
        fputs("no cloud: nothing is sent\n", file);
    }
}

void dvfo_live_tell(const struct dvfo_live *live, FILE *file)
{
    struct dvfo_rig_look look;
    dvfo_rig_look(live->rig, &look);
    fprintf(file,
            "clocks were set %ld times, %ld refused in part, %ld not held in part; the ceiling was reached %ld times\n",
            look.changes, look.refused, look.clamped, look.heats);
    if (live->uplink != NULL) {
        const struct dvfo_uplink_counts counts = dvfo_uplink_counts(live->uplink);
        fprintf(
            file,
            "cloud: %lu answers, %lu too late, %lu refused, %ld not sent in time; the connection was lost %lu times; "
            "round trip of a handshake %.3g ms\n",
            counts.answers, counts.timeouts, counts.refusals, live->unreachable, counts.losses,
            1e3 * dvfo_uplink_rtt_s(live->uplink));
    }
}
