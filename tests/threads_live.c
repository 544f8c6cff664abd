/* A server's two threads and its clients' for ThreadSanitizer to watch: all are answered, then it is stopped by another
 * thread. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "live_fixture.h"
#include "policies/nn/matrix.h"

enum { CLIENTS = 6, REQUESTS = 20 };

struct device {
    const struct live_server *live;
    struct live_network *network;
    pthread_t thread;
    long answers;
};

static void *ask_all(void *user)
{
    struct device *device = user;
    struct dvfo_client *client = live_client(device->live);
    for (uint64_t id = 0; id < REQUESTS; id++) {
        live_network_ask(device->network, client, 5, id);
        if (id % 4 == 3) { /* some at once */
            for (int i = 0; i < 4; i++) {
                device->answers += live_hear(client).kind == DVFO_REPLY_ANSWER;
            }
        }
    }
    const int rude = live_peer(device->live); /* and someone who goes with a request on its way */
    size_t size;
    uint8_t *frame = live_network_frame(device->network, 5, 1, &size);
    live_peer_greet(rude);
    live_peer_send(rude, frame, size);
    close(rude);
    free(frame);
    dvfo_client_free(client);
    return NULL;
}

int main(void)
{
    struct live_network network;
    struct live_server live;
    struct device device[CLIENTS];
    long answers = 0;
    dvfo_matrix_use_threads(1);
    live_network_make(&network);
    live_network_split(&network, 1, 5); /* only read from now on */
    struct dvfo_server_def def = live_server_def(&network);
    live_server_start(&live, &def);
    for (int i = 0; i < CLIENTS; i++) {
        device[i] = (struct device){.live = &live, .network = &network};
        if (pthread_create(&device[i].thread, NULL, ask_all, &device[i]) != 0) {
            return 1;
        }
    }
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(device[i].thread, NULL);
        answers += device[i].answers;
    }
    live_server_stop(&live);
    live_network_remove(&network);
    if (answers != CLIENTS * REQUESTS) {
        fprintf(stderr, "threads_live: %ld answers, expected %d\n", answers, CLIENTS * REQUESTS);
        return 1;
    }
    return 0;
}
