/* Trials in a live world: a small network, a server in this process, this machine's clocks left alone. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "bench/live/edge/edge_network.h"
#include "bench/live/edge/live.h"
#include "live_fixture.h"
#include "policies/attention/augment.h"
#include "policies/nn/train/classify.h"
#include "policies/policies.h"
#include "sim/sample.h"

enum { IMAGES = 12, ROWS = 64 };

static struct live_network network;
static struct dvfo_images images;
static char image_file[] = "/tmp/dvfo-images-XXXXXX";
static struct dvfo_board *board;
static struct dvfo_network *described;
static struct dvfo_cloud_profile *cloud;
static struct dvfo_ctx ctx;

static void make(void)
{
    live_network_make(&network);
    cr_assert_eq(dvfo_images_create(&ctx, IMAGES, &images), DVFO_OK);
    uint64_t state = 7;
    for (size_t i = 0; i < (size_t)IMAGES * DVFO_IMAGE_SIZE; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        images.pixels[i] = (uint8_t)(state >> 56);
    }
    for (int i = 0; i < IMAGES; i++) {
        images.label[i] = (uint8_t)i;
    }
    strcpy(image_file, "/tmp/dvfo-images-XXXXXX");
    close(mkstemp(image_file));
    cr_assert_eq(dvfo_images_save(&ctx, &images, image_file), DVFO_OK, "%s", ctx.message);
    cr_assert_eq(dvfo_board_load(&ctx, "host", &board), DVFO_OK);
    cr_assert_eq(dvfo_network_load(&ctx, "collaborative", 0, NULL, &described), DVFO_OK);
    cr_assert_eq(dvfo_cloud_profile_load(&ctx, "rtx-3080", &cloud), DVFO_OK);
}

static void remove_all(void)
{
    dvfo_cloud_profile_free(cloud);
    dvfo_network_free(described);
    dvfo_board_free(board);
    dvfo_images_free(&images);
    unlink(image_file);
    live_network_remove(&network);
}

TestSuite(live_trials, .init = make, .fini = remove_all);

/* ---- worlds ---- */

static struct dvfo_live_def world_of(const char *server)
{
    struct dvfo_live_def def = {.network_file = network.path,
                                .images = image_file,
                                .server = server,
                                .rtt_s = 0.002,
                                .rig = dvfo_rig_def_default(board),
                                .seed = 1};
    def.rig.fixed = true;
    return def;
}

struct rows {
    long count;
    struct dvfo_request_row at[ROWS];
    void (*also)(long count); /* called after each row; NULL: nothing is done */
};

static void on_request(void *user, const struct dvfo_request_row *row)
{
    struct rows *rows = user;
    cr_assert(rows->count < ROWS);
    rows->at[rows->count++] = *row;
    if (rows->also != NULL) {
        rows->also(rows->count);
    }
}

static struct dvfo_trial trial_of(const char *policy, long requests, const struct dvfo_trace *trace)
{
    struct dvfo_trial trial = dvfo_trial_default();
    trial.scenario.board = board;
    trial.scenario.network = described;
    trial.scenario.cloud = cloud;
    trial.trace = trace;
    trial.workload.requests = requests;
    cr_assert_eq(dvfo_board_runtime(&ctx, board, NULL, NULL, &trial.scenario.runtime), DVFO_OK);
    cr_assert_eq(dvfo_policy_find(&ctx, policy, &trial.policy, &trial.policy_argument), DVFO_OK, "%s", ctx.message);
    return trial;
}

/* A world of its own for one trial. */
static dvfo_status run(const struct dvfo_live_def *def, struct dvfo_trial *trial, struct rows *rows)
{
    struct dvfo_live *live = NULL;
    const struct dvfo_probe probe = {.user = rows, .request = on_request};
    trial->probe = &probe;
    cr_assert_eq(dvfo_live_create(&ctx, def, &live), DVFO_OK, "%s", ctx.message);
    const dvfo_status status = dvfo_live_run(&ctx, live, trial);
    cr_expect_eq(dvfo_live_free(NULL, live), DVFO_OK);
    trial->probe = NULL;
    return status;
}

/* What the network says of an image when both sides are in one process. */
static long class_of(long image, int share_tenths, double lambda)
{
    static float seen[DVFO_IMAGE_SIZE];
    struct dvfo_collaborative_pass *pass = network.pass;
    int best = 0;
    dvfo_augment_image(images.pixels + image * DVFO_IMAGE_SIZE, NULL, 1, 0, seen);
    if (share_tenths == 0) {
        dvfo_collaborative_look(pass, 1, seen);
        dvfo_collaborative_answer_plain(pass, pass->base);
        dvfo_classify_best(network.map.classes, 1, pass->plain, &best);
        return best;
    }
    struct dvfo_fuser fusion = network.schooling->net.fusion;
    fusion.lambda = (float)lambda;
    dvfo_collaborative_extract(pass, 1, seen);
    dvfo_collaborative_attend(pass, network.schooling->order, NULL);
    dvfo_collaborative_split(pass, share_tenths, DVFO_CODING_INT8, NULL);
    dvfo_collaborative_answer(pass, share_tenths);
    if (share_tenths < 10) {
        dvfo_collaborative_fuse(pass, &fusion);
    }
    dvfo_classify_best(network.map.classes, 1, share_tenths < 10 ? pass->fused : pass->remote, &best);
    return best;
}

/* ---- the device's part of the network ---- */

Test(live_trials, the_device_computes_what_the_whole_network_does)
{
    struct dvfo_edge_network *edge = NULL;
    double importance[DVFO_IMPORTANCES];
    cr_assert_eq(dvfo_edge_network_load(&ctx, network.path, &edge), DVFO_OK, "%s", ctx.message);
    for (long image = 0; image < IMAGES; image++) {
        dvfo_edge_network_show(edge, images.pixels + image * DVFO_IMAGE_SIZE);
        cr_expect_eq(dvfo_edge_network_full(edge), class_of(image, 0, 0.5));
        for (int share = 1; share <= 10; share++) {
            const long expected = class_of(image, share, 0.3);
            dvfo_edge_network_attend(edge, importance);
            const struct dvfo_edge_payload payload = dvfo_edge_network_split(edge, share);
            const size_t C = (size_t)network.map.channels;
            cr_expect_arr_eq(payload.kept, network.pass->kept, C * sizeof(float));
            dvfo_edge_network_tail(edge, share);
            cr_expect_eq(dvfo_edge_network_fuse(edge, share, 0.3, network.pass->remote), expected, "image %ld, %d",
                         image, share);
            cr_expect(importance[0] >= 0.25 && importance[0] <= importance[1] && importance[1] <= importance[2] &&
                          importance[2] <= 1.0 + 1e-6,
                      "ranked by importance, the first quarter holds a quarter at least");
        }
    }
    dvfo_edge_network_free(edge);
}

/* ---- trials ---- */

Test(live_trials, a_device_alone_gives_what_the_plain_network_says)
{
    const struct dvfo_live_def def = world_of(NULL);
    struct dvfo_trial trial = trial_of("edge-only", 30, NULL);
    struct rows rows = {0};
    cr_assert_eq(run(&def, &trial, &rows), DVFO_OK, "%s", ctx.message);
    const struct dvfo_trial_results *results = &trial.results;
    cr_expect_eq(results->requests, 30);
    cr_expect_eq(results->placed[DVFO_PLACE_EDGE], 30);
    cr_expect_eq(results->energy_source, DVFO_ENERGY_MODELLED);
    cr_expect(results->balance_error < 1e-9, "%g", results->balance_error);
    cr_expect(results->latency_s > 0.0 && results->latency_p95_s >= results->latency_p50_s);
    long right = 0;
    for (long i = 0; i < rows.count; i++) {
        const struct dvfo_request_row *row = &rows.at[i];
        const long image = dvfo_sample_row(trial.seed, i, IMAGES);
        cr_expect_eq(row->accuracy == 1.0, class_of(image, 0, 0.5) == images.label[image]);
        cr_expect(row->share == 0.0 && row->uplink_byte == 0.0 && !row->timed_out && !row->measured);
        cr_expect(row->end_s >= row->start_s && row->start_s >= row->arrival_s);
        right += row->accuracy == 1.0;
    }
    cr_expect(fabs(results->accuracy - (double)right / 30.0) < 1e-12);
    cr_expect(results->accuracy_loss == 0.0);
}

/* All the time of a run is charged, and never more than the profile's power at full load. */
Test(live_trials, modelled_energy_lies_between_rest_and_full_load)
{
    const struct dvfo_live_def def = world_of(NULL);
    struct dvfo_trial trial = trial_of("edge-only", 30, NULL);
    struct rows rows = {0};
    cr_assert_eq(run(&def, &trial, &rows), DVFO_OK, "%s", ctx.message);
    const struct dvfo_clocks clocks = {
        {board->clock[0].level_hz[0], board->clock[1].level_hz[0], board->clock[2].level_hz[0]}};
    const struct dvfo_power power = dvfo_power_at(board, &clocks);
    double rest_w = 0.0, full_w = 0.0;
    for (size_t r = 0; r < power.rail_count; r++) {
        rest_w += power.idle_w[r];
        full_w += power.idle_w[r] + power.busy_w[r][0] + power.busy_w[r][1] + power.busy_w[r][2];
    }
    cr_expect(trial.results.power_w > rest_w && trial.results.power_w <= full_w * (1.0 + 1e-9), "%g in %g..%g",
              trial.results.power_w, rest_w, full_w);
    double sum_j = 0.0;
    for (long i = 0; i < rows.count; i++) {
        sum_j += rows.at[i].energy_j;
    }
    cr_expect(fabs(sum_j - trial.results.request_j) < 1e-9 * sum_j);
}

Test(live_trials, a_share_that_is_sent_is_answered_by_the_cloud)
{
    struct live_server server;
    const struct dvfo_server_def serves = live_server_def(&network);
    live_server_start(&server, &serves);
    const struct dvfo_live_def def = world_of(server.address);
    const char *const policies[] = {"fixed:max/max/max/0.4", "fixed:max/max/max/1"};
    const int tenths[] = {4, 10};
    for (int p = 0; p < 2; p++) {
        struct dvfo_trial trial = trial_of(policies[p], 25, NULL);
        struct rows rows = {0};
        cr_assert_eq(run(&def, &trial, &rows), DVFO_OK, "%s", ctx.message);
        cr_expect_eq(trial.results.placed[DVFO_PLACE_SPLIT], 25);
        cr_expect_eq(trial.results.timeouts, 0);
        cr_expect(trial.results.balance_error < 1e-9, "%g", trial.results.balance_error);
        cr_expect(trial.results.rail_j[trial.results.rails - 1] > 0.0, "the radio is modelled");
        for (long i = 0; i < rows.count; i++) {
            const long image = dvfo_sample_row(trial.seed, i, IMAGES);
            cr_expect_eq(rows.at[i].accuracy == 1.0,
                         class_of(image, tenths[p], trial.scenario.lambda) == images.label[image]);
            cr_expect_eq((size_t)rows.at[i].uplink_byte, dvfo_live_request_bytes(&network.map, tenths[p]));
        }
    }
    live_server_stop(&server);
}

Test(live_trials, a_shaped_link_is_never_faster_than_its_trace)
{
    struct live_server server;
    struct dvfo_trace *trace = NULL;
    const struct dvfo_server_def serves = live_server_def(&network);
    live_server_start(&server, &serves);
    cr_assert_eq(dvfo_trace_open(&ctx, "const:2Mbps", NULL, 1, &trace), DVFO_OK);
    struct dvfo_live_def def = world_of(server.address);
    def.shape = trace;
    struct dvfo_trial trial = trial_of("fixed:max/max/max/1", 20, trace);
    struct rows rows = {0};
    cr_assert_eq(run(&def, &trial, &rows), DVFO_OK, "%s", ctx.message);
    for (long i = 0; i < rows.count; i++) {
        const double least_s = 8.0 * rows.at[i].uplink_byte / 2e6 + def.rtt_s;
        cr_expect(rows.at[i].latency_s >= least_s - 1e-3, "%g < %g", rows.at[i].latency_s, least_s);
        cr_expect(!rows.at[i].timed_out);
    }
    cr_expect(fabs(trial.results.trace_mean_bps - 2e6) < 1.0);
    dvfo_trace_free(trace);
    live_server_stop(&server);
}

Test(live_trials, an_answer_that_does_not_come_is_computed_here)
{
    struct live_server server;
    struct dvfo_trace *trace = NULL;
    const struct dvfo_server_def serves = live_server_def(&network);
    live_server_start(&server, &serves);
    cr_assert_eq(dvfo_trace_open(&ctx, "const:50kbps", NULL, 1, &trace), DVFO_OK); /* 2 KiB take 0.3 s */
    struct dvfo_live_def def = world_of(server.address);
    def.shape = trace;
    struct dvfo_trial trial = trial_of("fixed:max/max/max/1", 4, trace);
    trial.scenario.timeout_s = 0.1;
    struct rows rows = {0};
    cr_assert_eq(run(&def, &trial, &rows), DVFO_OK, "%s", ctx.message);
    cr_expect_eq(trial.results.timeouts, 4);
    for (long i = 0; i < rows.count; i++) {
        const long image = dvfo_sample_row(trial.seed, i, IMAGES);
        cr_expect(rows.at[i].timed_out);
        cr_expect(rows.at[i].latency_s >= 0.1, "it was waited for: %g", rows.at[i].latency_s);
        cr_expect(rows.at[i].uplink_byte < (double)dvfo_live_request_bytes(&network.map, 10), "%g bytes got through",
                  rows.at[i].uplink_byte);
        cr_expect_eq(rows.at[i].accuracy == 1.0, class_of(image, 0, 0.5) == images.label[image]);
    }
    dvfo_trace_free(trace);
    live_server_stop(&server);
}

static struct live_server ending;

static void end_the_server(long count)
{
    if (count == 5) {
        live_server_stop(&ending);
    }
}

Test(live_trials, a_cloud_that_goes_away_costs_no_request)
{
    const struct dvfo_server_def serves = live_server_def(&network);
    live_server_start(&ending, &serves);
    const struct dvfo_live_def def = world_of(ending.address);
    struct dvfo_trial trial = trial_of("fixed:max/max/max/0.4", 15, NULL);
    trial.scenario.timeout_s = 0.05;
    struct rows rows = {.also = end_the_server};
    cr_assert_eq(run(&def, &trial, &rows), DVFO_OK, "%s", ctx.message);
    cr_expect_eq(trial.results.requests, 15);
    for (long i = 0; i < rows.count; i++) {
        cr_expect_eq(rows.at[i].timed_out, i >= 5, "request %ld", i);
        cr_expect(!isnan(rows.at[i].accuracy));
    }
}

/* Open arrivals come at their times, whatever the device does; who must wait is counted. */
Test(live_trials, open_arrivals_come_at_their_times)
{
    const struct dvfo_live_def def = world_of(NULL);
    struct dvfo_trial trial = trial_of("edge-only", 12, NULL);
    cr_assert_eq(dvfo_workload_parse(&ctx, "periodic:100", &trial.workload), DVFO_OK);
    struct rows rows = {0};
    cr_assert_eq(run(&def, &trial, &rows), DVFO_OK, "%s", ctx.message);
    for (long i = 1; i < rows.count; i++) {
        cr_expect(fabs(rows.at[i].arrival_s - rows.at[i - 1].arrival_s - 0.01) < 1e-9, "%g s apart",
                  rows.at[i].arrival_s - rows.at[i - 1].arrival_s);
        cr_expect(rows.at[i].start_s >= rows.at[i].arrival_s);
    }
    cr_expect(trial.results.gap_j > 0.0, "between them nobody is there");
}

/* The tail runs first, then the share goes: the link is met later. */
Test(live_trials, serial_composition_sends_when_the_tail_has_ended)
{
    struct live_server server;
    const struct dvfo_server_def serves = live_server_def(&network);
    live_server_start(&server, &serves);
    const struct dvfo_live_def def = world_of(server.address);
    struct dvfo_trial trial = trial_of("fixed:max/max/max/0.5", 10, NULL);
    trial.scenario.composition = DVFO_SERIAL;
    struct rows rows = {0};
    cr_assert_eq(run(&def, &trial, &rows), DVFO_OK, "%s", ctx.message);
    cr_expect_eq(trial.results.timeouts, 0);
    for (long i = 0; i < rows.count; i++) {
        const long image = dvfo_sample_row(trial.seed, i, IMAGES);
        cr_expect_eq(rows.at[i].accuracy == 1.0, class_of(image, 5, trial.scenario.lambda) == images.label[image]);
    }
    live_server_stop(&server);
}

/* ---- what a live world has no answer to ---- */

Test(live_trials, what_only_simulations_can_do_is_refused)
{
    static const struct {
        const char *policy, *says;
    } rows[] = {
        {"oracle-dvfo", "policy 'oracle-dvfo' must know the link beforehand"},
        {"cloud-only", "policy 'cloud-only' decided for 'cloud', which a live world can't do, expected edge"},
        {"fixed:max/max/max/0.4", "fixed: a share of 0.4 needs a cloud (--server), and none is named"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct dvfo_live_def def = world_of(NULL);
        struct dvfo_trial trial = trial_of(rows[i].policy, 3, NULL);
        struct rows none = {0};
        cr_expect_eq(run(&def, &trial, &none), DVFO_BAD_INPUT, "%s", rows[i].policy);
        cr_expect(strstr(ctx.message, rows[i].says) != NULL, "%s", ctx.message);
    }
}

/* ---- a command of the user's ---- */

static struct dvfo_live_def command_of(const char *command)
{
    struct dvfo_live_def def = world_of(NULL);
    def.network_file = def.images = NULL;
    def.command = command;
    def.command_log = "/tmp/dvfo-test-command.log";
    return def;
}

Test(live_trials, a_command_is_timed_request_by_request)
{
    const struct dvfo_live_def def = command_of("test \"$DVFO_REQUEST\" -ge 0 && sleep 0.02");
    struct dvfo_trial trial = trial_of("edge-only", 3, NULL);
    struct rows rows = {0};
    cr_assert_eq(run(&def, &trial, &rows), DVFO_OK, "%s", ctx.message);
    for (long i = 0; i < rows.count; i++) {
        cr_expect(rows.at[i].latency_s >= 0.02, "%g", rows.at[i].latency_s);
        cr_expect(isnan(rows.at[i].accuracy));
    }
    unlink(def.command_log);
}

Test(live_trials, a_command_that_fails_ends_the_run_with_its_last_words)
{
    const struct dvfo_live_def def = command_of("echo one; echo no such engine >&2; exit 3");
    struct dvfo_trial trial = trial_of("edge-only", 3, NULL);
    struct rows rows = {0};
    cr_assert_eq(run(&def, &trial, &rows), DVFO_FAILED);
    cr_expect(strstr(ctx.message, "ended with code 3, expected 0") != NULL, "%s", ctx.message);
    cr_expect(strstr(ctx.message, "no such engine") != NULL, "%s", ctx.message);
    unlink(def.command_log);
}
