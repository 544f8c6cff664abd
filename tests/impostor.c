#include "impostor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/live/address.h"
#include "bench/live/request.h"
#include "live_fixture.h"

enum { MOST_CLASSES = 128, ANSWER_ROOM = 4096 };

static void welcome(const struct impostor *impostor, int peer, impostor_trick trick)
{
    uint8_t frame[DVFO_SMALL_MOST_BYTE];
    struct dvfo_welcome welcome = {.shares = DVFO_SHARES_ALL, .in_flight = impostor->in_flight, .map = impostor->map};
    welcome.map.classes += trick == IMPOSTOR_HAS_ANOTHER_MAP;
    const size_t size = dvfo_welcome_encode(&welcome, frame);
    frame[4] = (uint8_t)(frame[4] + (trick == IMPOSTOR_HAS_ANOTHER_VERSION)); /* where the version is */
    live_peer_send(peer, frame, size);
}

static void answer(const struct impostor *impostor, int peer, uint64_t id, impostor_trick trick)
{
    uint8_t frame[ANSWER_ROOM];
    float logits[MOST_CLASSES];
    struct dvfo_answer answer = {.batch = 1, .queue_ns = 1000, .compute_ns = 2000, .classes = impostor->map.classes};
    for (int k = 0; k < MOST_CLASSES; k++) {
        logits[k] = (float)id + (float)k;
    }
    logits[1] = trick == IMPOSTOR_SAYS_NAN ? NAN : trick == IMPOSTOR_SAYS_INFINITY ? INFINITY : logits[1];
    answer.classes += trick == IMPOSTOR_HAS_MORE_CLASSES;
    answer.compute_ns = trick == IMPOSTOR_TOOK_AN_HOUR ? UINT64_C(3600000000000) : answer.compute_ns;
    const uint64_t named = trick == IMPOSTOR_TAKES_ANOTHER_ID ? id + 1000 : id;
    const size_t size = dvfo_answer_encode(&answer, named, logits, 1, frame);
    frame[size - 1] = (uint8_t)(frame[size - 1] ^ (trick == IMPOSTOR_FLIPS_A_BIT));
    live_peer_send(peer, frame, size);
}

static void refuse(int peer, uint64_t id)
{
    uint8_t frame[DVFO_SMALL_MOST_BYTE];
    live_peer_send(peer, frame, dvfo_error_encode(DVFO_COMPLAINT_BUSY, id, "not today", frame));
}

/* @return false: the connection ends */
static bool trick_request(const struct impostor *impostor, int peer, uint64_t id, uint64_t before, impostor_trick trick)
{
    uint8_t small[DVFO_SMALL_MOST_BYTE];
    switch (trick) {
    case IMPOSTOR_IS_SILENT:
        return true;
    case IMPOSTOR_IS_LATE:
        if (before != 0) {
            answer(impostor, peer, before, trick);
            answer(impostor, peer, id, trick);
        }
        return true;
    case IMPOSTOR_CLOSES:
        return false;
    case IMPOSTOR_SAYS_BYE:
        live_peer_send(peer, small, dvfo_bye_encode(small));
        return true;
    case IMPOSTOR_IS_BUSY:
        if (id % 2 == 0) {
            refuse(peer, id);
            return true;
        }
        break;
    case IMPOSTOR_REFUSES_ANOTHER:
        refuse(peer, id + 1);
        return true;
    case IMPOSTOR_TALKS_GARBAGE:
        memset(small, 'x', sizeof small);
        live_peer_send(peer, small, sizeof small);
        return true;
    case IMPOSTOR_WELCOMES_AGAIN:
        welcome(impostor, peer, trick);
        return true;
    case IMPOSTOR_ANSWERS_TWICE:
        answer(impostor, peer, id, trick);
        break;
    default:
        break;
    }
    answer(impostor, peer, id, trick);
    return true;
}

static void talk(const struct impostor *impostor, int peer, impostor_trick trick)
{
    const size_t room = dvfo_live_request_bytes(&impostor->map, 10) + DVFO_SMALL_MOST_BYTE;
    uint8_t *bytes = malloc(room);
    DVFO_REQUIRE(bytes != NULL);
    struct dvfo_live_frame frame;
    uint64_t before = 0;
    bool goes_on = live_peer_receive(peer, bytes, room, &frame); /* hello */
    if (goes_on) {
        welcome(impostor, peer, trick);
    }
    while (goes_on && live_peer_receive(peer, bytes, room, &frame) && frame.type == DVFO_MESSAGE_REQUEST) {
        goes_on = trick_request(impostor, peer, frame.id, before, trick);
        before = frame.id;
    }
    free(bytes);
}

static void *serve(void *user)
{
    struct impostor *impostor = user;
    for (int i = 0;; i++) {
        const int peer = accept(impostor->listener, NULL, NULL);
        if (peer < 0) {
            return NULL;
        }
        talk(impostor, peer, impostor->tricks[i < impostor->count ? i : impostor->count - 1]);
        close(peer);
    }
}

void impostor_start(struct impostor *impostor, const struct dvfo_map *map, const impostor_trick *tricks, int count)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    DVFO_REQUIRE(map->classes < MOST_CLASSES);
    signal(SIGPIPE, SIG_IGN); /* as main has it */
    *impostor = (struct impostor){.tricks = tricks, .count = count, .map = *map, .in_flight = 16};
    DVFO_REQUIRE(dvfo_address_parse(NULL, "127.0.0.1:0", &address) == DVFO_OK);
    impostor->listener = socket(AF_INET, SOCK_STREAM, 0);
    DVFO_REQUIRE(bind(impostor->listener, (struct sockaddr *)&address, dvfo_address_size(&address)) == 0);
    DVFO_REQUIRE(listen(impostor->listener, 16) == 0);
    DVFO_REQUIRE(getsockname(impostor->listener, (struct sockaddr *)&address, &size) == 0);
    dvfo_address_text(&address, impostor->address);
    DVFO_REQUIRE(pthread_create(&impostor->thread, NULL, serve, impostor) == 0);
}

void impostor_stop(struct impostor *impostor)
{
    shutdown(impostor->listener, SHUT_RDWR); /* accept ends */
    pthread_join(impostor->thread, NULL);
    close(impostor->listener);
}
