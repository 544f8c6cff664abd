#include "live_fixture.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/live/address.h"
#include "policies/attention/schooling_file.h"

enum { PATIENCE_S = 60 }; /* a test that waits so long has failed */

/* ---- the network ---- */

void live_network_make(struct live_network *network)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_schooling_def def = dvfo_schooling_def_default();
    def.net.size = 0.25;
    memset(network, 0, sizeof *network);
    strcpy(network->path, "/tmp/dvfo-live-XXXXXX");
    const int file = mkstemp(network->path);
    DVFO_REQUIRE(file >= 0);
    close(file);
    DVFO_REQUIRE(dvfo_schooling_create(&ctx, &def, &network->schooling) == DVFO_OK);
    network->schooling->lesson = DVFO_LEARN_KINDS; /* so it says */
    DVFO_REQUIRE(dvfo_schooling_save(&ctx, network->schooling, network->path) == DVFO_OK);
    const struct dvfo_collaborative *net = &network->schooling->net;
    network->map = (struct dvfo_map){net->channels, net->height, net->width, net->def.classes};
    DVFO_REQUIRE(dvfo_collaborative_pass_create(&ctx, net, 1, &network->pass) == DVFO_OK);
    dvfo_collaborative_begin(network->pass, network->schooling->parameters, network->schooling->statistics, false);
}

void live_network_remove(struct live_network *network)
{
    unlink(network->path);
    dvfo_collaborative_pass_free(network->pass);
    dvfo_schooling_free(network->schooling);
}

static float noise(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (float)(*state >> 40) * 0x1p-24f;
}

void live_network_split(struct live_network *network, uint64_t seed, int share_tenths)
{
    static _Thread_local float image[DVFO_IMAGE_PLANES * DVFO_IMAGE_SIDE * DVFO_IMAGE_SIDE];
    uint64_t state = seed;
    for (size_t i = 0; i < sizeof image / sizeof *image; i++) {
        image[i] = noise(&state);
    }
    dvfo_collaborative_extract(network->pass, 1, image);
    dvfo_collaborative_attend(network->pass, NULL, NULL);
    dvfo_collaborative_split(network->pass, share_tenths, DVFO_CODING_INT8, NULL);
    dvfo_collaborative_answer(network->pass, share_tenths);
}

void live_network_ask(struct live_network *network, struct dvfo_client *client, int share_tenths, uint64_t id)
{
    struct dvfo_ctx ctx = {0};
    DVFO_REQUIRE(dvfo_client_ask(&ctx, client, share_tenths, id, network->pass->kept, network->pass->attended) ==
                 DVFO_OK);
}

uint8_t *live_network_frame(struct live_network *network, int share_tenths, uint64_t id, size_t *size)
{
    uint8_t *frame = malloc(dvfo_live_request_bytes(&network->map, share_tenths));
    DVFO_REQUIRE(frame != NULL);
    *size =
        dvfo_live_request_encode(&network->map, share_tenths, id, network->pass->kept, network->pass->attended, frame);
    return frame;
}

/* ---- the server ---- */

struct dvfo_server_def live_server_def(const struct live_network *network)
{
    struct dvfo_server_def def = dvfo_server_def_default();
    def.network_file = network->path;
    def.listen = "127.0.0.1:0";
    def.metrics_s = 0.0;
    def.limits.per_address = 100000;                                             /* all of a test's come from one */
    def.limits.handshake_s = def.limits.idle_s = def.limits.stop_s = PATIENCE_S; /* slow machines too */
    return def;
}

static void *serve(void *user)
{
    struct live_server *live = user;
    DVFO_REQUIRE(dvfo_server_run(&live->ctx, live->server) == DVFO_INTERRUPTED);
    return NULL;
}

void live_server_start(struct live_server *live, const struct dvfo_server_def *def)
{
    memset(live, 0, sizeof *live);
    signal(SIGPIPE, SIG_IGN); /* as main has it */
    const dvfo_status status = dvfo_server_create(&live->ctx, def, &live->server);
    if (status != DVFO_OK) {
        fprintf(stderr, "%s\n", live->ctx.message);
        abort();
    }
    snprintf(live->address, sizeof live->address, "%s", dvfo_server_address(live->server));
    DVFO_REQUIRE(pthread_create(&live->thread, NULL, serve, live) == 0);
}

void live_server_stop(struct live_server *live)
{
    dvfo_server_stop(live->server);
    pthread_join(live->thread, NULL);
    dvfo_server_free(live->server);
}

/* ---- peers ---- */

struct dvfo_client *live_client(const struct live_server *live)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_client_def def = dvfo_client_def_default();
    struct dvfo_client *client = NULL;
    def.address = live->address;
    def.timeout_s = PATIENCE_S;
    if (dvfo_client_connect(&ctx, &def, &client) != DVFO_OK) {
        fprintf(stderr, "%s\n", ctx.message);
        abort();
    }
    return client;
}

struct dvfo_reply live_hear(struct dvfo_client *client)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_reply reply;
    if (dvfo_client_hear(&ctx, client, PATIENCE_S, &reply) != DVFO_OK) {
        fprintf(stderr, "%s\n", ctx.message);
        abort();
    }
    DVFO_REQUIRE(reply.kind != DVFO_REPLY_NONE);
    return reply;
}

void live_server_expect_alive(const struct live_server *live, struct live_network *network)
{
    struct dvfo_client *client = live_client(live);
    live_network_split(network, 1, 5);
    live_network_ask(network, client, 5, 1);
    DVFO_REQUIRE(live_hear(client).kind == DVFO_REPLY_ANSWER);
    dvfo_client_free(client);
}

int live_peer(const struct live_server *live)
{
    return live_peer_from(live, "127.0.0.1:0");
}

int live_peer_from(const struct live_server *live, const char *from)
{
    struct sockaddr_storage address, own;
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    DVFO_REQUIRE(dvfo_address_parse(NULL, live->address, &address) == DVFO_OK);
    const int peer = socket(address.ss_family, SOCK_STREAM, 0);
    DVFO_REQUIRE(peer >= 0 && dvfo_address_parse(NULL, from, &own) == DVFO_OK);
    DVFO_REQUIRE(bind(peer, (const struct sockaddr *)&own, dvfo_address_size(&own)) == 0);
    DVFO_REQUIRE(connect(peer, (const struct sockaddr *)&address, dvfo_address_size(&address)) == 0);
    setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return peer;
}

void live_peer_send(int peer, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        const ssize_t sent = send(peer, at, size, MSG_NOSIGNAL);
        if (sent <= 0) {
            return; /* the server has had enough: that is what is tested */
        }
        at += sent;
        size -= (size_t)sent;
    }
}

static bool receive_all(int peer, uint8_t *bytes, size_t size)
{
    return recv(peer, bytes, size, MSG_WAITALL) == (ssize_t)size;
}

bool live_peer_receive(int peer, uint8_t *bytes, size_t room, struct dvfo_live_frame *frame)
{
    struct dvfo_ctx ctx = {0};
    dvfo_complaint complaint;
    if (!receive_all(peer, bytes, DVFO_PROTOCOL_HEADER_BYTE)) {
        return false;
    }
    DVFO_REQUIRE(dvfo_live_frame_decode(&ctx, bytes, DVFO_PROTOCOL_HEADER_BYTE, room - DVFO_PROTOCOL_HEADER_BYTE, frame,
                                        &complaint) == DVFO_OK);
    const size_t whole = DVFO_PROTOCOL_HEADER_BYTE + frame->size;
    if (!receive_all(peer, bytes + DVFO_PROTOCOL_HEADER_BYTE, frame->size)) {
        return false;
    }
    DVFO_REQUIRE(dvfo_live_frame_decode(&ctx, bytes, whole, room, frame, &complaint) == DVFO_OK);
    return true;
}

void live_peer_greet(int peer)
{
    uint8_t bytes[DVFO_SMALL_MOST_BYTE];
    struct dvfo_live_frame frame;
    const struct dvfo_hello hello = {.shares = DVFO_SHARES_ALL};
    live_peer_send(peer, bytes, dvfo_hello_encode(&hello, bytes));
    DVFO_REQUIRE(live_peer_receive(peer, bytes, sizeof bytes, &frame) && frame.type == DVFO_MESSAGE_WELCOME);
}

dvfo_complaint live_peer_last_words(int peer)
{
    uint8_t bytes[4096];
    struct dvfo_live_frame frame;
    dvfo_complaint first = DVFO_COMPLAINT_NONE;
    while (live_peer_receive(peer, bytes, sizeof bytes, &frame)) {
        struct dvfo_error error;
        if (frame.type == DVFO_MESSAGE_ERROR && dvfo_error_decode(NULL, &frame, &error) == DVFO_OK) {
            first = first == DVFO_COMPLAINT_NONE ? error.complaint : first;
        }
    }
    close(peer);
    return first;
}
