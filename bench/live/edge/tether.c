#include "bench/live/edge/tether.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "bench/interrupt.h"
#include "bench/live/uplink/quiet_thread.h"

struct dvfo_tether {
    pthread_t thread, caller;
    int wake[2]; /* closed at its writing end: nobody needs the thread any more */
    int signal;
};

/* @return false once the input has closed */
static bool swallow_input(void)
{
    char bytes[256];
    const ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
    return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

static void *watch(void *user)
{
    struct dvfo_tether *tether = user;
    struct pollfd ends[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = tether->wake[0], .events = POLLIN}};
    for (;;) {
        if (poll(ends, 2, -1) < 0 && errno != EINTR) {
            return NULL;
        }
        if (ends[1].revents != 0) {
            return NULL;
        }
        if (ends[0].revents != 0 && !swallow_input()) {
            break;
        }
    }
    pthread_kill(tether->caller, tether->signal);
    return NULL;
}

dvfo_status dvfo_tether_create(struct dvfo_ctx *ctx, struct dvfo_tether **out)
{
    *out = NULL;
    struct dvfo_tether *tether = calloc(1, sizeof *tether);
    if (tether == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    tether->caller = pthread_self();
    tether->signal = dvfo_interrupt_catch_own();
    if (pipe(tether->wake) != 0) {
        free(tether);
        return dvfo_fail(ctx, DVFO_FAILED, "no pipe can be opened: %s", strerror(errno));
    }
    if (!dvfo_quiet_thread_start(&tether->thread, watch, tether)) {
        close(tether->wake[0]);
        close(tether->wake[1]);
        free(tether);
        return dvfo_fail(ctx, DVFO_FAILED, "no thread can be started that watches standard input");
    }
    *out = tether;
    return DVFO_OK;
}

void dvfo_tether_free(struct dvfo_tether *tether)
{
    if (tether == NULL) {
        return;
    }
    close(tether->wake[1]);
    pthread_join(tether->thread, NULL);
    close(tether->wake[0]);
    free(tether);
}
