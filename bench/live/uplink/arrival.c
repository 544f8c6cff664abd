#include "bench/live/uplink/arrival.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "bench/live/clock.h"

/* A stamp that is further back than this isn't believed: somebody has set the date meanwhile. */
#define OLDEST_S 0.05

void dvfo_arrival_stamp(int socket)
{
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes);
}

static double seconds_between(const struct timespec *from, const struct timespec *to)
{
    return (double)(to->tv_sec - from->tv_sec) + 1e-9 * (double)(to->tv_nsec - from->tv_nsec);
}

/* How long ago it was by the stamp, which is of the date; 0 without one. */
static double age_s(struct msghdr *message)
{
    struct timespec stamp, now;
    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at != NULL; at = CMSG_NXTHDR(message, at)) {
        if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SO_TIMESTAMPNS && at->cmsg_len >= CMSG_LEN(sizeof stamp)) {
            memcpy(&stamp, CMSG_DATA(at), sizeof stamp);
            clock_gettime(CLOCK_REALTIME, &now);
            const double age = seconds_between(&stamp, &now);
            return age > 0.0 && age < OLDEST_S ? age : 0.0;
        }
    }
    return 0.0;
}

ssize_t dvfo_arrival_receive(int socket, uint8_t *bytes, size_t room, double *came_s)
{
    union {
        struct cmsghdr header; /* for its alignment */
        uint8_t bytes[256];
    } control;
    struct iovec part = {.iov_base = bytes, .iov_len = room};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    const ssize_t got = recvmsg(socket, &message, 0);
    if (got > 0) {
        *came_s = dvfo_live_now_s() - age_s(&message);
    }
    return got;
}
