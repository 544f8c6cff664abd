/* The threads of uplinks, a shaper and a server for ThreadSanitizer to watch: devices ask, give up and seek while the
 * server goes and comes back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/live/clock.h"
#include "bench/live/uplink/shaper.h"
#include "bench/live/uplink/uplink.h"
#include "live_fixture.h"
#include "policies/nn/matrix.h"

enum { DEVICES = 3, REQUESTS = 40, MOST_CLASSES = 128 };

struct device {
    struct dvfo_shaper *shaper;
    const struct live_network *network;
    pthread_t thread;
    long answers;
};

static struct dvfo_uplink *open_uplink(const struct device *device)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_uplink *uplink = NULL;
    struct dvfo_uplink_def def = dvfo_uplink_def_default();
    def.client.address = dvfo_shaper_address(device->shaper);
    def.client.timeout_s = 60.0;
    def.first_backoff_s = def.longest_backoff_s = 0.005;
    if (dvfo_uplink_open(&ctx, &def, &uplink) != DVFO_OK) {
        fprintf(stderr, "%s\n", ctx.message);
        abort();
    }
    return uplink;
}

static void *ask_all(void *user)
{
    struct device *device = user;
    struct dvfo_uplink *uplink = open_uplink(device);
    const struct dvfo_collaborative_pass *pass = device->network->pass;
    float logits[MOST_CLASSES];
    char text[DVFO_UPLINK_NEWS_TEXT];
    for (uint64_t id = 0; id < REQUESTS; id++) {
        struct dvfo_uplink_answer answer = {.logits = logits};
        struct dvfo_uplink_sent sent;
        dvfo_shaper_seek(device->shaper, (double)id);
        if (dvfo_uplink_await(uplink, dvfo_live_now_s() + 0.5) &&
            dvfo_uplink_send(uplink, 5, id, pass->kept, pass->attended, &sent)) {
            const double patience_s = id % 8 == 7 ? 0.0 : 10.0;
            const dvfo_uplink_outcome outcome = dvfo_uplink_hear(uplink, id, dvfo_live_now_s() + patience_s, &answer);
            device->answers += outcome == DVFO_UPLINK_ANSWERED;
            if (outcome == DVFO_UPLINK_TIMED_OUT) {
                dvfo_uplink_give_up(uplink);
            }
        }
        dvfo_uplink_next_news(uplink, text);
        (void)dvfo_uplink_counts(uplink);
        (void)dvfo_shaper_counts(device->shaper);
    }
    dvfo_uplink_free(uplink);
    return NULL;
}

int main(void)
{
    struct live_network network;
    struct live_server live;
    struct dvfo_trace *trace = NULL;
    struct dvfo_shaper *shaper = NULL;
    struct device device[DEVICES];
    char address[64];
    long answers = 0;
    dvfo_matrix_use_threads(1);
    live_network_make(&network);
    live_network_split(&network, 1, 5); /* only read from now on */
    struct dvfo_server_def server = live_server_def(&network);
    live_server_start(&live, &server);
    memcpy(address, live.address, sizeof address);
    struct dvfo_shaper_def def = dvfo_shaper_def_default();
    def.server = address;
    if (dvfo_trace_open(NULL, "const:50Mbps", NULL, 1, &trace) != DVFO_OK) {
        return 1;
    }
    def.trace = trace;
    if (dvfo_shaper_open(NULL, &def, &shaper) != DVFO_OK) {
        return 1;
    }
    for (int i = 0; i < DEVICES; i++) {
        device[i] = (struct device){.shaper = shaper, .network = &network};
        if (pthread_create(&device[i].thread, NULL, ask_all, &device[i]) != 0) {
            return 1;
        }
    }
    usleep(100000);
    live_server_stop(&live);
    server.listen = address;
    live_server_start(&live, &server);
    for (int i = 0; i < DEVICES; i++) {
        pthread_join(device[i].thread, NULL);
        answers += device[i].answers;
    }
    dvfo_shaper_free(shaper);
    dvfo_trace_free(trace);
    live_server_stop(&live);
    live_network_remove(&network);
    if (answers < DEVICES * REQUESTS / 4) {
        fprintf(stderr, "threads_uplink: %ld answers, expected at least a quarter of %d\n", answers,
                DEVICES * REQUESTS);
        return 1;
    }
    return 0;
}
