#include "readers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/live/session.h"
#include "policies/policies.h"
#include "profiles/calibrate/measurement.h"
#include "profiles/hardware/snapshot.h"
#include "profiles/logs/layer_match.h"
#include "profiles/logs/log_window.h"
#include "sim/trial.h"
#include "traces/format.h"

/* What a reader lets through must be good to work with: some requests on it, by a policy that asks for every cost. */
static dvfo_status run_on(struct dvfo_ctx *ctx, const struct dvfo_board *board, const struct dvfo_network *network)
{
    static const char *const names[] = {"edge-only", "oracle-dvfo"};
    struct dvfo_cloud_profile *cloud = NULL;
    struct dvfo_trace *trace = NULL;
    dvfo_status status = dvfo_cloud_profile_load(ctx, "rtx-3080", &cloud);
    status = status == DVFO_OK ? dvfo_trace_open(ctx, "const:5Mbps", NULL, 1, &trace) : status;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && status == DVFO_OK; i++) {
        struct dvfo_trial trial = dvfo_trial_default();
        trial.scenario.board = board;
        trial.scenario.runtime = &board->runtime[0];
        trial.scenario.network = network;
        trial.scenario.cloud = cloud;
        trial.scenario.p_max_w = board->p_max_w.value;
        trial.trace = trace;
        trial.workload.requests = 3;
        status = dvfo_policy_find(ctx, names[i], &trial.policy, &trial.policy_argument);
        status = status == DVFO_OK ? dvfo_trial_run(ctx, &trial) : status;
    }
    dvfo_trace_free(trace);
    dvfo_cloud_profile_free(cloud);
    return status;
}

static dvfo_status read_board(struct dvfo_ctx *ctx, const char *bytes, size_t size)
{
    struct dvfo_board *board = NULL;
    struct dvfo_network *network = NULL;
    dvfo_status status = dvfo_board_from_memory(ctx, "board.yaml", bytes, size, &board);
    if (status == DVFO_OK) {
        status = dvfo_network_load(ctx, DVFO_SOURCE_DIR "/tests/data/small-network.yaml", 0, NULL, &network);
        status = status == DVFO_OK ? run_on(ctx, board, network) : status;
    }
    dvfo_network_free(network);
    dvfo_board_free(board);
    return status;
}

static dvfo_status read_network(struct dvfo_ctx *ctx, const char *bytes, size_t size)
{
    struct dvfo_board *board = NULL;
    struct dvfo_network *network = NULL;
    dvfo_status status = dvfo_network_from_memory(ctx, "network.yaml", bytes, size, &network);
    if (status == DVFO_OK && network->n < 200) {
        status = dvfo_board_load(ctx, DVFO_SOURCE_DIR "/tests/data/small-board.yaml", &board);
        status = status == DVFO_OK ? run_on(ctx, board, network) : status;
    }
    dvfo_network_free(network);
    dvfo_board_free(board);
    return status;
}

static dvfo_status read_trace(struct dvfo_ctx *ctx, const char *bytes, size_t size)
{
    struct dvfo_trace *trace = NULL;
    struct dvfo_text text;
    DVFO_TRY(dvfo_text_from_memory(ctx, "trace", bytes, size, &text));
    const dvfo_status status = dvfo_format_read(ctx, &text, "trace", NULL, DVFO_DIRECTION_DEFAULT, &trace);
    dvfo_text_free(&text);
    if (status == DVFO_OK) {
        (void)dvfo_trace_send_time_s(trace, 0.5, 1e5);
    }
    dvfo_trace_free(trace);
    return status;
}

static dvfo_status read_points(struct dvfo_ctx *ctx, const char *bytes, size_t size)
{
    struct dvfo_measurements measurements = {0};
    const dvfo_status status = dvfo_measurements_from_memory(ctx, "points.csv", bytes, size, false, &measurements);
    dvfo_measurements_free(&measurements);
    return status;
}

static dvfo_status read_rails(struct dvfo_ctx *ctx, const char *bytes, size_t size)
{
    struct dvfo_measurements measurements = {0};
    const dvfo_status status = dvfo_measurements_from_memory(ctx, "rails.csv", bytes, size, true, &measurements);
    dvfo_measurements_free(&measurements);
    return status;
}

static dvfo_status read_tegrastats(struct dvfo_ctx *ctx, const char *bytes, size_t size)
{
    static const struct dvfo_clocks unknown = {{NAN, NAN, NAN}};
    struct dvfo_tegrastats *log = NULL;
    struct dvfo_board *board = NULL;
    struct dvfo_log_window window;
    dvfo_status status = dvfo_tegrastats_from_memory(ctx, "log", bytes, size, 1.0, &log);
    status = status == DVFO_OK ? dvfo_board_load(ctx, "jetson-nano", &board) : status;
    status = status == DVFO_OK ? dvfo_tegrastats_check(ctx, log, board) : status;
    status = status == DVFO_OK ? dvfo_log_window_find(ctx, log, board, NAN, &unknown, &window) : status;
    dvfo_board_free(board);
    dvfo_tegrastats_free(log);
    return status;
}

/* A profile, or the layer information beside the sample of one. */
static dvfo_status match_layers(struct dvfo_ctx *ctx, const struct dvfo_trtexec_profile *profile,
                                const struct dvfo_trtexec_layers *layers)
{
    struct dvfo_board *board = NULL;
    struct dvfo_network *network = NULL;
    struct dvfo_layer_match match = {0};
    dvfo_status status = dvfo_board_load(ctx, DVFO_SOURCE_DIR "/tests/data/small-board.yaml", &board);
    status = status == DVFO_OK
                 ? dvfo_network_load(ctx, DVFO_SOURCE_DIR "/tests/data/small-network.yaml", 0, NULL, &network)
                 : status;
    if (status == DVFO_OK) {
        const struct dvfo_layer_match_def def = {
            .profile = profile,
            .layers = layers,
            .network = network,
            .runtime = &board->runtime[0],
            .clocks = {{2e9, 1e9, 1e9}},
            .batch = 1,
        };
        status = dvfo_layer_match_create(ctx, &def, &match);
    }
    dvfo_layer_match_free(&match);
    dvfo_network_free(network);
    dvfo_board_free(board);
    return status;
}

static dvfo_status read_trtexec_profile(struct dvfo_ctx *ctx, const char *bytes, size_t size)
{
    struct dvfo_trtexec_profile *profile = NULL;
    dvfo_status status = dvfo_trtexec_profile_from_memory(ctx, "p.json", bytes, size, &profile);
    status = status == DVFO_OK ? match_layers(ctx, profile, NULL) : status;
    dvfo_trtexec_profile_free(profile);
    return status;
}

static dvfo_status read_trtexec_layers(struct dvfo_ctx *ctx, const char *bytes, size_t size)
{
    struct dvfo_trtexec_profile *profile = NULL;
    struct dvfo_trtexec_layers *layers = NULL;
    dvfo_status status = dvfo_trtexec_layers_from_memory(ctx, "l.json", bytes, size, &layers);
    if (status == DVFO_OK) {
        status = dvfo_trtexec_profile_load(ctx, DVFO_SOURCE_DIR "/tests/data/small-trtexec-profile.json", &profile);
    }
    status = status == DVFO_OK ? match_layers(ctx, profile, layers) : status;
    dvfo_trtexec_profile_free(profile);
    dvfo_trtexec_layers_free(layers);
    return status;
}

static dvfo_status read_trtexec_times(struct dvfo_ctx *ctx, const char *bytes, size_t size)
{
    struct dvfo_trtexec_times *times = NULL;
    const dvfo_status status = dvfo_trtexec_times_from_memory(ctx, "t.json", bytes, size, &times);
    dvfo_trtexec_times_free(times);
    return status;
}

static int take_write(void *user, const char *path, const char *text)
{
    (void)user;
    return path[0] == '/' && text[0] != '\0' ? 0 : 1;
}

static bool give_read(void *user, const char *path, char text[DVFO_SYSFS_TEXT_SIZE])
{
    (void)user;
    (void)path;
    strcpy(text, "510000000");
    return true;
}

/* What it lets through is given back to files that aren't there. */
static dvfo_status read_clocks(struct dvfo_ctx *ctx, const char *bytes, size_t size)
{
    static const struct dvfo_sysfs_hook hook = {.write = take_write, .read = give_read};
    struct dvfo_sysfs sysfs = {.hook = &hook};
    struct dvfo_snapshot snapshot;
    char *text = malloc(size + 1);
    if (text == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    memcpy(text, bytes, size);
    text[size] = '\0';
    dvfo_status status = dvfo_snapshot_parse(ctx, "clocks.json", text, &snapshot);
    status = status == DVFO_OK ? dvfo_snapshot_restore(ctx, &sysfs, &snapshot) : status;
    free(text);
    return status;
}

/* There with LeakSanitizer only: what HDF5 1.10 itself loses of a spoilt file isn't counted. */
extern void __lsan_disable(void) __attribute__((weak));
extern void __lsan_enable(void) __attribute__((weak));

static dvfo_status read_accuracy_bytes(struct dvfo_ctx *ctx, const char *bytes, size_t size,
                                       struct dvfo_accuracy_profile **out)
{
    if (__lsan_disable != NULL) {
        __lsan_disable();
    }
    const dvfo_status status = dvfo_accuracy_profile_from_memory(ctx, "accuracy.h5", bytes, size, out);
    if (__lsan_enable != NULL) {
        __lsan_enable();
    }
    return status;
}

/* What it lets through has floors, rows and a threshold. */
static dvfo_status read_accuracy(struct dvfo_ctx *ctx, const char *bytes, size_t size)
{
    struct dvfo_accuracy_profile *profile = NULL;
    DVFO_TRY(read_accuracy_bytes(ctx, bytes, size, &profile));
    struct dvfo_scenario_def def = dvfo_scenario_def_default();
    double threshold = 0.0;
    def.accuracy = profile;
    (void)dvfo_accuracy_floor_of(&def);
    const dvfo_status status = dvfo_accuracy_profile_threshold(ctx, profile, DVFO_PART_VALIDATION, 0.01, &threshold);
    const long last = profile->size.requests[DVFO_PART_TEST] - 1;
    (void)dvfo_accuracy_profile_right_split(profile, DVFO_PART_TEST, last, 9, 0.97);
    dvfo_accuracy_profile_free(profile);
    return status;
}

/* ---- what the live server is told ---- */

static const struct dvfo_session_terms live_terms = {
    .map = {4, 2, 2, 3}, .most_payload = 1024, .in_flight = 4, .requests_per_s = 1e6};

static void use_request(const struct dvfo_live_request *request)
{
    float values[16];
    dvfo_live_request_values(request, &live_terms.map, 4, values);
}

/* A connection's bytes, in portions as a network might bring them. */
static dvfo_status read_live_stream(struct dvfo_ctx *ctx, const char *bytes, size_t size)
{
    struct dvfo_session session;
    struct dvfo_turn turn = {.kind = DVFO_TURN_WAIT};
    uint8_t said[DVFO_SMALL_MOST_BYTE];
    dvfo_status status = dvfo_session_open(ctx, &live_terms, 0, &session);
    for (size_t at = 0, portion = 1; status == DVFO_OK && at < size; portion = portion % 97 + 13) {
        size_t room;
        uint8_t *to = dvfo_session_room(&session, &room);
        portion = portion < size - at ? portion : size - at;
        portion = portion < room ? portion : room;
        DVFO_REQUIRE(portion > 0);
        memcpy(to, bytes + at, portion);
        dvfo_session_filled(&session, portion);
        at += portion;
        do {
            turn = dvfo_session_next(&session, at, said);
            if (turn.kind == DVFO_TURN_ASK) {
                use_request(&turn.request);
                dvfo_session_settle(&session, turn.id, at);
            }
            if (turn.kind == DVFO_TURN_END) {
                status = dvfo_fail(ctx, DVFO_BAD_INPUT, "stream: %s", dvfo_complaint_text(turn.complaint));
            }
        } while (turn.kind != DVFO_TURN_WAIT);
    }
    dvfo_session_close(&session);
    return status;
}

/* A type and a payload; header and checksum are right, so that what is behind them is met. */
static dvfo_status read_live_message(struct dvfo_ctx *ctx, const char *bytes, size_t size)
{
    union {
        struct dvfo_hello hello;
        struct dvfo_welcome welcome;
        struct dvfo_proof proof;
        struct dvfo_live_request request;
        struct dvfo_answer answer;
        struct dvfo_error error;
    } held;
    struct dvfo_live_frame frame = {.type = size > 0 ? (dvfo_message)(bytes[0] & 7) : DVFO_MESSAGE_BYE,
                                    .payload = (const uint8_t *)bytes + 1,
                                    .size = size > 0 ? size - 1 : 0};
    float logits[3];
    switch (frame.type) {
    case DVFO_MESSAGE_HELLO:
        return dvfo_hello_decode(ctx, &frame, &held.hello);
    case DVFO_MESSAGE_WELCOME:
        return dvfo_welcome_decode(ctx, &frame, &held.welcome);
    case DVFO_MESSAGE_PROOF:
        return dvfo_proof_decode(ctx, &frame, &held.proof);
    case DVFO_MESSAGE_REQUEST:
        DVFO_TRY(dvfo_live_request_decode(ctx, &frame, &live_terms.map, &held.request));
        use_request(&held.request);
        return DVFO_OK;
    case DVFO_MESSAGE_ANSWER:
        DVFO_TRY(dvfo_answer_decode(ctx, &frame, &live_terms.map, &held.answer));
        dvfo_answer_logits(&held.answer, logits);
        return DVFO_OK;
    case DVFO_MESSAGE_ERROR:
        return dvfo_error_decode(ctx, &frame, &held.error);
    default:
        return dvfo_bye_decode(ctx, &frame);
    }
}

const struct reader readers[] = {
    {"board", "small-board.yaml", read_board},
    {"network", "small-network.yaml", read_network},
    {"trace-csv", "small-trace.csv", read_trace},
    {"trace-mahimahi", "small-trace.up", read_trace},
    {"trace-json", "small-trace.json", read_trace},
    {"points", "small-points.csv", read_points},
    {"rails", "small-rails.csv", read_rails},
    {"tegrastats", "small-tegrastats.log", read_tegrastats},
    {"trtexec-profile", "small-trtexec-profile.json", read_trtexec_profile},
    {"trtexec-layers", "small-trtexec-layers.json", read_trtexec_layers},
    {"trtexec-times", "small-trtexec-times.json", read_trtexec_times},
    {"clocks", "small-clocks.json", read_clocks},
    {"accuracy", "small-accuracy.h5", read_accuracy},
    {"live-stream", "small-live-stream.bin", read_live_stream},
    {"live-message", "small-live-message.bin", read_live_message},
    {0},
};
