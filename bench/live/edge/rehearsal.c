#include "bench/live/edge/rehearsal.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "bench/live/address.h"
#include "bench/live/clock.h"
#include "bench/live/edge/edge_network.h"
#include "bench/live/network_file.h"
#include "bench/live/uplink/shaper.h"
#include "bench/live/uplink/uplink.h"
#include "bench/measure.h"
#include "dvfo_version.h"
#include "policies/nn/interval.h"
#include "policies/nn/matrix.h"
#include "profiles/attention.h"
#include "profiles/layer_profile.h"
#include "sim/base/output.h"

enum { ASKED = 200, ASKED_BEFORE = 20, SHARE_TENTHS = 4 };

/* What is rehearsed: the plain network layer by layer, and the attention module. */
struct rehearsal {
    const struct dvfo_rehearsal_def *def;
    struct dvfo_network_file file;
    struct dvfo_collaborative_pass *pass; /* of one image */
    float *image;                         /* (3, 32, 32) zeros: no layer's time depends on its numbers */
    struct dvfo_measure_run run;
    struct dvfo_measured attention;
};

struct dvfo_rehearsal_def dvfo_rehearsal_def_default(void)
{
    return (struct dvfo_rehearsal_def){.seconds = 5.0};
}

static dvfo_status path_in(struct dvfo_ctx *ctx, const char *folder, const char *name, char path[DVFO_PATH_SIZE])
{
    return snprintf(path, DVFO_PATH_SIZE, "%s/%s", folder, name) < DVFO_PATH_SIZE
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "the path of --rehearse is longer than %d characters",
                           DVFO_PATH_SIZE - 1);
}

/* ---- the plain network: its base, then its tail ---- */

static const struct dvfo_stack_mode plain_mode = {.setting = 0, .width = 1, .learning = false};

static void begin_network(void *user)
{
    (void)user;
}

/* Layer number `i` of those that have a kernel: what is fused into it runs with it. */
static void run_kernel(struct rehearsal *rehearsal, size_t i)
{
    const struct dvfo_collaborative *net = &rehearsal->file.schooling->net;
    const size_t base = (size_t)net->stack[DVFO_PIECE_BASE].def.count;
    const dvfo_collaborative_piece piece = i < base ? DVFO_PIECE_BASE : DVFO_PIECE_PLAIN;
    const int layer = (int)(i < base ? i : i - base);
    struct dvfo_stack_pass *pass = rehearsal->pass->stack[piece];
    const struct dvfo_collaborative_span *span = &net->span[piece];
    if (layer == 0) {
        dvfo_stack_begin(pass, plain_mode, 1, piece == DVFO_PIECE_BASE ? rehearsal->image : rehearsal->pass->base);
    }
    const float *made = dvfo_stack_step(pass, layer, rehearsal->file.schooling->parameters + span->at,
                                        rehearsal->file.schooling->statistics + span->statistics);
    if (i + 1 == base) {
        rehearsal->pass->base = made;
    }
}

static bool has_kernel(void *user, size_t i)
{
    const struct rehearsal *rehearsal = user;
    return dvfo_kernel_exists(&rehearsal->run.entry[0].network->layers[i]);
}

static void run_layer(void *user, size_t i)
{
    struct rehearsal *rehearsal = user;
    size_t kernel = 0;
    for (size_t k = 0; k < i; k++) {
        kernel += has_kernel(user, k);
    }
    if (has_kernel(user, i)) {
        run_kernel(rehearsal, kernel);
    }
}

static dvfo_status check_layers(struct dvfo_ctx *ctx, const struct rehearsal *rehearsal,
                                const struct dvfo_network *network)
{
    const struct dvfo_collaborative *net = &rehearsal->file.schooling->net;
    const double macs =
        dvfo_stack_macs(&net->stack[DVFO_PIECE_BASE], 1) + dvfo_stack_macs(&net->stack[DVFO_PIECE_PLAIN], 1);
    double described = 0.0;
    size_t kernels = 0;
    for (size_t i = 0; i < network->n; i++) {
        described += network->layers[i].macs;
        kernels += dvfo_kernel_exists(&network->layers[i]);
    }
    const int layers = net->stack[DVFO_PIECE_BASE].def.count + net->stack[DVFO_PIECE_PLAIN].def.count;
    return (size_t)layers == kernels && fabs(macs / described - 1.0) < 1e-6
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT,
                           "%s: has %d layers and %.6g multiply-adds, expected %zu and %.6g as the network %s has",
                           rehearsal->def->network_file, layers, macs, kernels, described, network->name);
}

static dvfo_status measure_network(struct dvfo_ctx *ctx, struct rehearsal *rehearsal)
{
    struct dvfo_measure_run *run = &rehearsal->run;
    struct dvfo_measure_def def = dvfo_measure_def_default();
    DVFO_TRY(dvfo_network_load(ctx, "collaborative", 0, NULL, &run->entry[0].network));
    run->loaded = 1;
    const struct dvfo_network *network = run->entry[0].network;
    DVFO_TRY(check_layers(ctx, rehearsal, network));
    const struct dvfo_measure_subject subject = {network->name, network->n, rehearsal,
                                                 begin_network, run_layer,  has_kernel};
    def.seconds = rehearsal->def->seconds;
    def.narrow = 0.0; /* a pass takes a tenth of a millisecond: a narrow interval of a few is one moment's */
    struct dvfo_progress progress = dvfo_progress_begin("networks", 1.0);
    const dvfo_status status = dvfo_measure_run_next(ctx, run, &def, &subject, &progress);
    dvfo_progress_end(&progress);
    return status;
}

/* ---- the attention module ---- */

static bool always(void *user, size_t i)
{
    (void)user;
    (void)i;
    return true;
}

static void attend(void *user, size_t i)
{
    struct rehearsal *rehearsal = user;
    (void)i;
    dvfo_gate_forward(rehearsal->pass->gate,
                      rehearsal->file.schooling->parameters + rehearsal->file.schooling->net.span[DVFO_PIECE_GATE].at,
                      1, rehearsal->pass->base, rehearsal->pass->attended);
    dvfo_gate_importance(rehearsal->pass->gate, rehearsal->pass->score);
}

static dvfo_status measure_attention(struct dvfo_ctx *ctx, struct rehearsal *rehearsal)
{
    const struct dvfo_measure_subject subject = {"attention", 1, rehearsal, begin_network, attend, always};
    struct dvfo_measure_def def = dvfo_measure_def_default();
    def.seconds = rehearsal->def->seconds;
    def.narrow = 0.0;
    return dvfo_measure_subject(ctx, &subject, &def, &rehearsal->attention);
}

/* What it takes as a whole goes to its layers as the closed form has them among each other. */
static dvfo_status share_out(struct dvfo_ctx *ctx, const struct rehearsal *rehearsal, const struct dvfo_board *board,
                             const struct dvfo_network *module, struct dvfo_layer_profile *profile)
{
    const struct dvfo_clocks clocks = dvfo_layer_profile_clocks(profile, 0);
    struct dvfo_layer_parts parts[DVFO_MEASURE_MAX];
    struct dvfo_request_parts request;
    double sum_s = 0.0;
    DVFO_REQUIRE(module->n <= DVFO_MEASURE_MAX);
    dvfo_cost_parts(&board->runtime[0], module, &clocks, parts, &request);
    for (size_t i = 0; i < module->n; i++) {
        sum_s += parts[i].gpu_s;
    }
    for (size_t i = 0; i < module->n; i++) {
        profile->gpu_s.value[i] = parts[i].gpu_s * rehearsal->attention.whole_s.median / sum_s;
    }
    DVFO_TRY(dvfo_layer_cost_set_standing(ctx, &profile->gpu_s, DVFO_MEASURED,
                                          "the module timed as a whole, shared out by the closed form"));
    DVFO_TRY(dvfo_layer_profile_set_program(ctx, profile, "dvfo " DVFO_VERSION ", dvfo live --rehearse"));
    return dvfo_layer_profile_complete(ctx, board, &board->runtime[0], module, profile);
}

static dvfo_status write_attention(struct dvfo_ctx *ctx, const struct rehearsal *rehearsal,
                                   const struct dvfo_board *board, const struct dvfo_network *module)
{
    const size_t levels[DVFO_DOMAINS] = {1, 1, 1};
    const double *const hz[DVFO_DOMAINS] = {board->clock[DVFO_CPU].level_hz, board->clock[DVFO_GPU].level_hz,
                                            board->clock[DVFO_MEM].level_hz};
    struct dvfo_layer_profile *profile = NULL;
    char path[DVFO_PATH_SIZE];
    DVFO_TRY(path_in(ctx, rehearsal->def->folder, "attention.h5", path));
    DVFO_TRY(dvfo_layer_profile_create(ctx, board, &board->runtime[0], module, levels, hz, DVFO_MEASURED,
                                       "dvfo live --rehearse", &profile));
    dvfo_status status = share_out(ctx, rehearsal, board, module, profile);
    status = status == DVFO_OK ? dvfo_layer_profile_save(ctx, profile, path) : status;
    dvfo_layer_profile_free(profile);
    return status;
}

static dvfo_status keep_attention(struct dvfo_ctx *ctx, const struct rehearsal *rehearsal)
{
    const struct dvfo_network *network = rehearsal->run.entry[0].network;
    struct dvfo_network *module = NULL;
    struct dvfo_board *board = NULL;
    char path[DVFO_PATH_SIZE];
    DVFO_TRY(path_in(ctx, rehearsal->def->folder, "host.yaml", path));
    DVFO_TRY(dvfo_board_load(ctx, path, &board));
    dvfo_status status = dvfo_attention_network(ctx, network->layers[network->split].out, &module);
    if (status == DVFO_OK) {
        memcpy(module->sha256, network->sha256, sizeof module->sha256); /* of the map that it attends to */
        status = write_attention(ctx, rehearsal, board, module);
    }
    dvfo_network_free(module);
    dvfo_board_free(board);
    return status;
}

/* ---- the cloud ---- */

/* On this machine a server is met through a shaped link, which is one more program on the way: so it is rehearsed, at a
 * rate that is known and that takes hardly any time. */
#define NEAR_LINK "const:1Gbps"
#define NEAR_BPS 1e9
#define REST_NS 5000000 /* between requests: a link that is waited for lets processors rest, and they wake slowly */

static bool is_near(const char *server)
{
    struct sockaddr_storage address;
    return dvfo_address_parse(NULL, server, &address) == DVFO_OK && dvfo_address_is_loopback(&address);
}

/* What it takes on the server, as that says. Of one on this machine all of the time until the answer but what the link
 * itself takes: systems and threads wake on the way, and the simulator knows nothing of them. */
static double service_s(const struct rehearsal *rehearsal, const struct dvfo_uplink_sent *sent,
                        const struct dvfo_uplink_answer *answer)
{
    const struct dvfo_shaper_def shaper = dvfo_shaper_def_default();
    const double link_s = 8.0 * ((double)sent->byte + shaper.overhead_byte) / NEAR_BPS + shaper.rtt_s;
    return is_near(rehearsal->def->server) ? fmax(answer->came_s - sent->handed_over_s - link_s, 0.0)
                                           : answer->queue_s + answer->compute_s;
}

static dvfo_status ask(struct dvfo_ctx *ctx, struct rehearsal *rehearsal, struct dvfo_uplink *uplink, double *took_s)
{
    for (uint64_t i = 0; i < ASKED_BEFORE + ASKED; i++) {
        const struct timespec rest = {.tv_nsec = REST_NS};
        struct dvfo_uplink_answer answer = {0};
        struct dvfo_uplink_sent sent;
        nanosleep(&rest, NULL);
        const bool goes =
            dvfo_uplink_send(uplink, SHARE_TENTHS, i + 1, rehearsal->pass->kept, rehearsal->pass->attended, &sent);
        const dvfo_uplink_outcome outcome =
            goes ? dvfo_uplink_hear(uplink, i + 1, dvfo_live_now_s() + 5.0, &answer) : DVFO_UPLINK_LOST;
        if (outcome != DVFO_UPLINK_ANSWERED) {
            return dvfo_fail(ctx, DVFO_FAILED, "%s: a request was %s%s%s, expected an answer", rehearsal->def->server,
                             dvfo_uplink_outcome_name(outcome), answer.sentence[0] != '\0' ? ": " : "",
                             answer.sentence);
        }
        if (i >= ASKED_BEFORE) {
            took_s[i - ASKED_BEFORE] = service_s(rehearsal, &sent, &answer);
        }
    }
    return DVFO_OK;
}

static dvfo_status write_cloud(struct dvfo_ctx *ctx, const struct rehearsal *rehearsal,
                               const struct dvfo_interval *took_s)
{
    char path[DVFO_PATH_SIZE];
    struct dvfo_output output;
    DVFO_TRY(path_in(ctx, rehearsal->def->folder, "cloud.yaml", path));
    DVFO_TRY(dvfo_output_begin(ctx, path, &output));
    FILE *file = fopen(output.temporary, "w");
    dvfo_status status = DVFO_FAILED;
    if (file != NULL) {
        fprintf(
            file,
            "# Written by `dvfo live --rehearse`.\nname: rehearsed\n"
            "title: \"the server at %s, as this machine meets it\"\nservers: 1\n"
            "t0_s: {value: %.6g, standing: measured, source: \"median of %d requests at a share of %d %%, %s; 95 %% "
            "interval %.4g to %.4g s\"}\n"
            "flop_per_s: {value: 1e15, standing: documented, source: \"what it computes stands in t0_s: it is the "
            "same tail at every share\"}\n",
            rehearsal->def->server, took_s->median, ASKED, 10 * SHARE_TENTHS,
            is_near(rehearsal->def->server)
                ? "until the answer came, through a shaped link on this machine and without its time"
                : "as the server says",
            took_s->low, took_s->high);
        status = dvfo_output_close(ctx, file, path);
    } else {
        status = dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: cannot be written", path);
    }
    status = status == DVFO_OK ? dvfo_output_commit(ctx, &output) : status;
    dvfo_output_abandon(&output);
    return status;
}

/* @param address  of the server, or of a shaped link to it */
static dvfo_status measure_at(struct dvfo_ctx *ctx, struct rehearsal *rehearsal, const char *address)
{
    struct dvfo_uplink_def def = dvfo_uplink_def_default();
    struct dvfo_uplink *uplink = NULL;
    double took_s[ASKED];
    def.client.address = address;
    def.client.key = rehearsal->def->key;
    def.client.fingerprint = rehearsal->file.fingerprint;
    DVFO_TRY(dvfo_uplink_open(ctx, &def, &uplink));
    dvfo_selection_keep(rehearsal->file.map.channels, 1,
                        dvfo_selection_sent(rehearsal->file.map.channels, SHARE_TENTHS), rehearsal->pass->score,
                        rehearsal->pass->kept, NULL);
    const dvfo_status status = ask(ctx, rehearsal, uplink, took_s);
    dvfo_uplink_free(uplink);
    if (status != DVFO_OK) {
        return status;
    }
    const struct dvfo_interval interval = dvfo_interval_of(took_s, ASKED);
    return write_cloud(ctx, rehearsal, &interval);
}

static dvfo_status measure_shaped(struct dvfo_ctx *ctx, struct rehearsal *rehearsal)
{
    struct dvfo_shaper_def def = dvfo_shaper_def_default();
    struct dvfo_shaper *shaper = NULL;
    struct dvfo_trace *trace = NULL;
    DVFO_TRY(dvfo_trace_open(ctx, NEAR_LINK, NULL, 1, &trace));
    def.server = rehearsal->def->server;
    def.trace = trace;
    dvfo_status status = dvfo_shaper_open(ctx, &def, &shaper);
    status = status == DVFO_OK ? measure_at(ctx, rehearsal, dvfo_shaper_address(shaper)) : status;
    dvfo_shaper_free(shaper);
    dvfo_trace_free(trace);
    return status;
}

static dvfo_status measure_cloud(struct dvfo_ctx *ctx, struct rehearsal *rehearsal)
{
    if (rehearsal->def->server == NULL) {
        return DVFO_OK;
    }
    return is_near(rehearsal->def->server) ? measure_shaped(ctx, rehearsal)
                                           : measure_at(ctx, rehearsal, rehearsal->def->server);
}

/* ---- all of it ---- */

static dvfo_status make_room(struct dvfo_ctx *ctx, struct rehearsal *rehearsal)
{
    const struct dvfo_schooling *schooling = rehearsal->file.schooling;
    DVFO_TRY(dvfo_collaborative_pass_create(ctx, &schooling->net, 1, &rehearsal->pass));
    dvfo_collaborative_begin(rehearsal->pass, schooling->parameters, schooling->statistics, false);
    rehearsal->image = calloc(DVFO_IMAGE_SIZE, sizeof *rehearsal->image);
    return rehearsal->image != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

static dvfo_status rehearse(struct dvfo_ctx *ctx, struct rehearsal *rehearsal)
{
    const struct dvfo_rehearsal_def *def = rehearsal->def;
    struct dvfo_measure_run *run = &rehearsal->run;
    DVFO_TRY(dvfo_network_file_load(ctx, def->network_file, &rehearsal->file));
    DVFO_TRY(make_room(ctx, rehearsal));
    DVFO_TRY(dvfo_measure_run_open(ctx, def->root, 1, run));
    DVFO_TRY(dvfo_measure_run_machine(ctx, run));
    DVFO_TRY(measure_network(ctx, rehearsal));
    DVFO_TRY(measure_attention(ctx, rehearsal));
    DVFO_TRY(dvfo_measure_run_settle(ctx, run));
    DVFO_TRY(dvfo_measure_write(ctx, run, def->folder));
    DVFO_TRY(keep_attention(ctx, rehearsal));
    return measure_cloud(ctx, rehearsal);
}

dvfo_status dvfo_rehearse(struct dvfo_ctx *ctx, const struct dvfo_rehearsal_def *def)
{
    struct rehearsal *rehearsal = calloc(1, sizeof *rehearsal);
    if (rehearsal == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    rehearsal->def = def;
    dvfo_matrix_use_threads(1);
    const dvfo_status status = rehearse(ctx, rehearsal);
    dvfo_measured_free(&rehearsal->attention);
    dvfo_measure_run_free(&rehearsal->run);
    dvfo_collaborative_pass_free(rehearsal->pass);
    free(rehearsal->image);
    dvfo_network_file_free(&rehearsal->file);
    free(rehearsal);
    return status;
}
