/* A live world's threads for ThreadSanitizer to watch: a policy that thinks while the device goes on and one that
 * governs clocks, a shaped link, a server that goes away and comes back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/live/edge/live.h"
#include "live_fixture.h"
#include "policies/policies.h"

enum { IMAGES = 4, REQUESTS = 40 };

static struct live_network network;
static struct live_server server;
static struct dvfo_ctx ctx;

/* Sends more and more, thinks for a while, looks at its clocks often. */
static void decide(void *state, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    (void)state;
    usleep(500);
    decision->place = DVFO_PLACE_SPLIT;
    decision->share_tenths = 1 + (int)(seen->request % 10);
}

static double tick(void *state, const struct dvfo_observation *seen, int level[DVFO_DOMAINS])
{
    (void)state;
    (void)seen;
    level[DVFO_CPU] = 0;
    return 0.001;
}

static double cycles(const void *state)
{
    (void)state;
    return 1e6;
}

static const struct dvfo_policy_type thinker = {.name = "thinker",
                                                .summary = "thinks and governs",
                                                .state_size = 1,
                                                .decide = decide,
                                                .tick = tick,
                                                .decision_cycles = cycles};

static void on_request(void *user, const struct dvfo_request_row *row)
{
    long *rows = user;
    (*rows)++;
    if (row->request == REQUESTS / 2) {
        live_server_stop(&server); /* from here on the device is alone */
    }
}

static void make_images(char path[])
{
    struct dvfo_images images;
    DVFO_REQUIRE(dvfo_images_create(&ctx, IMAGES, &images) == DVFO_OK);
    DVFO_REQUIRE(dvfo_images_save(&ctx, &images, path) == DVFO_OK);
    dvfo_images_free(&images);
}

int main(void)
{
    char images[] = "/tmp/dvfo-images-XXXXXX";
    struct dvfo_board *board = NULL;
    struct dvfo_network *described = NULL;
    struct dvfo_cloud_profile *cloud = NULL;
    struct dvfo_trace *trace = NULL;
    struct dvfo_live *live = NULL;
    long rows = 0;
    close(mkstemp(images));
    make_images(images);
    live_network_make(&network);
    const struct dvfo_server_def serves = live_server_def(&network);
    live_server_start(&server, &serves);
    DVFO_REQUIRE(dvfo_board_load(&ctx, "host", &board) == DVFO_OK);
    DVFO_REQUIRE(dvfo_network_load(&ctx, "collaborative", 0, NULL, &described) == DVFO_OK);
    DVFO_REQUIRE(dvfo_cloud_profile_load(&ctx, "rtx-3080", &cloud) == DVFO_OK);
    DVFO_REQUIRE(dvfo_trace_open(&ctx, "const:20Mbps", NULL, 1, &trace) == DVFO_OK);
    struct dvfo_live_def def = {.network_file = network.path,
                                .images = images,
                                .server = server.address,
                                .shape = trace,
                                .rtt_s = 0.002,
                                .rig = dvfo_rig_def_default(board),
                                .seed = 1};
    DVFO_REQUIRE(dvfo_live_create(&ctx, &def, &live) == DVFO_OK);
    const struct dvfo_probe probe = {.user = &rows, .request = on_request};
    struct dvfo_trial trial = dvfo_trial_default();
    trial.scenario.board = board;
    trial.scenario.network = described;
    trial.scenario.cloud = cloud;
    trial.scenario.timeout_s = 0.5;
    trial.trace = trace;
    trial.workload.requests = REQUESTS;
    trial.policy = &thinker;
    trial.probe = &probe;
    DVFO_REQUIRE(dvfo_board_runtime(&ctx, board, NULL, NULL, &trial.scenario.runtime) == DVFO_OK);
    const dvfo_status status = dvfo_live_run(&ctx, live, &trial);
    DVFO_REQUIRE(dvfo_live_free(&ctx, live) == DVFO_OK);
    dvfo_trace_free(trace);
    dvfo_cloud_profile_free(cloud);
    dvfo_network_free(described);
    dvfo_board_free(board);
    live_network_remove(&network);
    unlink(images);
    printf("%ld requests, %ld of them ended here\n", rows, trial.results.timeouts);
    return status == DVFO_OK && rows == REQUESTS && trial.results.timeouts >= REQUESTS / 2 - 2 ? 0 : 1;
}
