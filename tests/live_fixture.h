/* What the tests of the live server share: a small network, feature maps that it splits, a server on a thread of its
 * own, and peers that don't keep to the protocol. What fails here stops the program. */
#ifndef DVFO_TEST_LIVE_FIXTURE_H
#define DVFO_TEST_LIVE_FIXTURE_H

#include <pthread.h>

#include "bench/live/client.h"
#include "bench/live/server.h"
#include "policies/attention/schooling.h"

/* A network whose weights were drawn and never learnt: what it answers is as exact. */
struct live_network {
    char path[64]; /* its file */
    struct dvfo_schooling *schooling;
    struct dvfo_collaborative_pass *pass; /* holds the last split: kept, attended, remote_in, remote */
    struct dvfo_map map;
};

void live_network_make(struct live_network *network);
void live_network_remove(struct live_network *network);

/** Split a map of noise; the pass then holds what the device sends and what the cloud must answer. */
void live_network_split(struct live_network *network, uint64_t seed, int share_tenths);

/** Ask what the last split asks. */
void live_network_ask(struct live_network *network, struct dvfo_client *client, int share_tenths, uint64_t id);

/** A frame that asks it; the caller frees it. */
uint8_t *live_network_frame(struct live_network *network, int share_tenths, uint64_t id, size_t *size);

struct live_server {
    struct dvfo_server *server;
    pthread_t thread;
    struct dvfo_ctx ctx; /* of its run, once stopped */
    char address[64];
};

/** A server of it on a free port of this machine, silent. */
struct dvfo_server_def live_server_def(const struct live_network *network);
void live_server_start(struct live_server *live, const struct dvfo_server_def *def);
/** Stop it and wait; ctx then holds its last sentence. */
void live_server_stop(struct live_server *live);

/** A client that has shaken hands. */
struct dvfo_client *live_client(const struct live_server *live);
/** The next reply, which must come. */
struct dvfo_reply live_hear(struct dvfo_client *client);
/** Is the server still there for others? */
void live_server_expect_alive(const struct live_server *live, struct live_network *network);

/* A socket without manners. */
int live_peer(const struct live_server *live);
/** @param from  an address of this machine, with port 0 */
int live_peer_from(const struct live_server *live, const char *from);
void live_peer_send(int peer, const void *bytes, size_t size);
/** A hello that is right, and the welcome. */
void live_peer_greet(int peer);
/** The next frame, into `bytes`. @return false: the other side is shut */
bool live_peer_receive(int peer, uint8_t *bytes, size_t room, struct dvfo_live_frame *frame);
/** Read until the server shuts its side; the complaint of the first error among it. */
dvfo_complaint live_peer_last_words(int peer);

#endif
