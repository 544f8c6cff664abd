#define _GNU_SOURCE /* POLLRDHUP */
#include "bench/live/uplink/relay.h"

#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "bench/live/address.h"
#include "bench/live/clock.h"
#include "bench/live/uplink/arrival.h"

enum { UP_PARCELS = 32, DOWN_PARCELS = 8 };

/* ---- from the beginning to the end ---- */

/* Small messages go at once. */
static void hurry(int socket)
{
    const int yes = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

static void end_cloud(struct dvfo_relay *relay)
{
    if (!relay->cloud_ended) {
        relay->cloud_ended = true;
        relay->ends_s = dvfo_live_now_s() + relay->route->half_trip_s;
    }
}

/* That nobody is there shows later. */
static bool connect_to_cloud(struct dvfo_relay *relay)
{
    const struct sockaddr_storage *server = &relay->route->server;
    relay->cloud = socket(server->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (relay->cloud < 0) {
        return false;
    }
    hurry(relay->cloud);
    dvfo_arrival_stamp(relay->cloud);
    const bool done = connect(relay->cloud, (const struct sockaddr *)server, dvfo_address_size(server)) == 0;
    relay->connecting = !done && errno == EINPROGRESS;
    if (!done && !relay->connecting) {
        end_cloud(relay);
    }
    return true;
}

struct dvfo_relay *dvfo_relay_open(struct dvfo_route *route, int device)
{
    struct dvfo_relay *relay = calloc(1, sizeof *relay);
    if (relay == NULL) {
        close(device);
        return NULL;
    }
    relay->route = route;
    relay->device = device;
    relay->cloud = -1;
    relay->up = dvfo_parcels_make(&relay->free_up, UP_PARCELS, relay);
    relay->down = dvfo_parcels_make(&relay->free_down, DOWN_PARCELS, relay);
    hurry(device);
    dvfo_arrival_stamp(device);
    if (relay->up == NULL || relay->down == NULL || !connect_to_cloud(relay)) {
        dvfo_relay_free(relay, dvfo_live_now_s());
        return NULL;
    }
    return relay;
}

/* Parcels that nobody will read go back to their pool. */
static void drop(struct dvfo_relay *relay, struct dvfo_parcels *line, struct dvfo_parcels *pool)
{
    for (const struct dvfo_parcel *parcel = line->first; parcel != NULL; parcel = parcel->next) {
        relay->route->held_byte -= parcel->size;
    }
    dvfo_parcels_move(pool, line);
}

static void leave_link(struct dvfo_relay *relay, double now_s)
{
    struct dvfo_parcels given_up = {0};
    dvfo_shaped_link_leave(&relay->route->link, relay, now_s, &given_up);
    drop(relay, &given_up, &relay->free_up);
}

static void close_device(struct dvfo_relay *relay)
{
    if (relay->device >= 0) {
        close(relay->device);
        relay->device = -1;
    }
}

void dvfo_relay_free(struct dvfo_relay *relay, double now_s)
{
    leave_link(relay, now_s);
    drop(relay, &relay->going, &relay->free_up);
    drop(relay, &relay->coming, &relay->free_down);
    close_device(relay);
    if (relay->cloud >= 0) {
        close(relay->cloud);
    }
    free(relay->down);
    free(relay->up);
    free(relay);
}

/* The device has closed its side: what stands in line is given up, what is through still arrives. */
static void lose_device(struct dvfo_relay *relay)
{
    close_device(relay);
    leave_link(relay, dvfo_live_now_s());
    drop(relay, &relay->coming, &relay->free_down);
}

bool dvfo_relay_is_over(const struct dvfo_relay *relay, double now_s)
{
    const bool heard_out = relay->cloud_ended && relay->coming.first == NULL && now_s >= relay->ends_s;
    const bool nothing_goes = relay->cloud_ended || relay->connecting || relay->up_stuck || relay->going.first == NULL;
    return heard_out || (relay->device < 0 && nothing_goes);
}

/* ---- reading ---- */

void dvfo_relay_ask_for(const struct dvfo_relay *relay, struct pollfd polls[2])
{
    const bool to_read_device = relay->free_up.first != NULL && !relay->cloud_ended;
    const bool to_read_cloud = relay->free_down.first != NULL && relay->device >= 0 && !relay->connecting;
    const bool to_write_cloud = relay->connecting || relay->up_stuck;
    const int device = (to_read_device ? POLLIN : 0) | (relay->down_stuck ? POLLOUT : 0) | POLLRDHUP;
    const int cloud = (to_read_cloud ? POLLIN : 0) | (to_write_cloud ? POLLOUT : 0);
    polls[0] = (struct pollfd){.fd = relay->device, .events = (short)device};
    polls[1] = (struct pollfd){.fd = relay->cloud_ended ? -1 : relay->cloud, .events = (short)cloud};
}

/* @return what recv says; a parcel that got something isn't in the pool any more */
static ssize_t read_parcel(struct dvfo_relay *relay, int socket, struct dvfo_parcels *pool, struct dvfo_parcel **out)
{
    struct dvfo_route *route = relay->route;
    struct dvfo_parcel *parcel = pool->first;
    const ssize_t got = dvfo_arrival_receive(socket, parcel->bytes, sizeof parcel->bytes, &parcel->came_s);
    if (got > 0) {
        *out = dvfo_parcels_take(pool);
        parcel->size = (size_t)got;
        parcel->gone = 0;
        route->held_byte += parcel->size;
        route->most_held_byte = route->held_byte > route->most_held_byte ? route->held_byte : route->most_held_byte;
    }
    return got;
}

static bool is_patient(ssize_t got)
{
    return got < 0 && (errno == EAGAIN || errno == EINTR);
}

static void read_device(struct dvfo_relay *relay)
{
    struct dvfo_parcel *parcel;
    const ssize_t got = read_parcel(relay, relay->device, &relay->free_up, &parcel);
    if (got > 0) {
        const long requests = dvfo_meter_pass(&relay->meter, parcel->bytes, parcel->size);
        parcel->link_byte = (double)parcel->size + (double)requests * relay->route->overhead_byte;
        dvfo_shaped_link_join(&relay->route->link, parcel);
    } else if (!is_patient(got)) {
        lose_device(relay);
    }
}

static void read_cloud(struct dvfo_relay *relay)
{
    struct dvfo_parcel *parcel;
    const ssize_t got = read_parcel(relay, relay->cloud, &relay->free_down, &parcel);
    if (got > 0) {
        parcel->due_s = parcel->came_s + relay->route->half_trip_s;
        dvfo_parcels_put(&relay->coming, parcel);
    } else if (!is_patient(got)) {
        end_cloud(relay);
    }
}

static void hear_cloud(struct dvfo_relay *relay, int events)
{
    int reason = 0;
    socklen_t size = sizeof reason;
    if (relay->connecting && events != 0) {
        relay->connecting = false;
        if (getsockopt(relay->cloud, SOL_SOCKET, SO_ERROR, &reason, &size) != 0 || reason != 0) {
            end_cloud(relay);
        }
        return;
    }
    relay->up_stuck = relay->up_stuck && (events & (POLLOUT | POLLERR | POLLHUP)) == 0;
    if ((events & (POLLIN | POLLERR | POLLHUP)) == 0) {
        return;
    }
    if (relay->device >= 0 && relay->free_down.first != NULL) {
        read_cloud(relay);
    } else if ((events & (POLLERR | POLLHUP)) != 0) {
        end_cloud(relay);
    }
}

void dvfo_relay_read(struct dvfo_relay *relay, const struct pollfd polls[2])
{
    const int device = relay->device >= 0 ? polls[0].revents : 0;
    relay->down_stuck = relay->down_stuck && (device & POLLOUT) == 0;
    if ((device & (POLLRDHUP | POLLERR | POLLHUP)) != 0) {
        lose_device(relay);
    } else if ((device & POLLIN) != 0 && relay->free_up.first != NULL) {
        read_device(relay);
    }
    if (!relay->cloud_ended) {
        hear_cloud(relay, polls[1].revents);
    }
}

void dvfo_relay_look(struct dvfo_relay *relay)
{
    struct pollfd device = {.fd = relay->device, .events = POLLRDHUP};
    if (poll(&device, 1, 0) > 0) {
        lose_device(relay);
    }
}

/* ---- writing ---- */

void dvfo_relay_forward(struct dvfo_relay *relay, struct dvfo_parcel *parcel)
{
    parcel->due_s += relay->route->half_trip_s;
    dvfo_parcels_put(&relay->going, parcel);
}

/* Hand over the parcels of a line that are due. @return false: the peer is gone */
static bool write_due(struct dvfo_relay *relay, int socket, double now_s, struct dvfo_parcels *line,
                      struct dvfo_parcels *pool, bool *stuck)
{
    while (!*stuck && line->first != NULL && line->first->due_s <= now_s) {
        struct dvfo_parcel *parcel = line->first;
        const ssize_t sent = send(socket, parcel->bytes + parcel->gone, parcel->size - parcel->gone, MSG_NOSIGNAL);
        if (sent < 0 && !is_patient(sent)) {
            return false;
        }
        parcel->gone += sent > 0 ? (size_t)sent : 0;
        *stuck = parcel->gone < parcel->size;
        if (!*stuck) {
            relay->route->held_byte -= parcel->size;
            dvfo_parcels_put(pool, dvfo_parcels_take(line));
        }
    }
    return true;
}

void dvfo_relay_deliver(struct dvfo_relay *relay, double now_s)
{
    if (relay->cloud_ended) {
        drop(relay, &relay->going, &relay->free_up);
    } else if (!relay->connecting &&
               !write_due(relay, relay->cloud, now_s, &relay->going, &relay->free_up, &relay->up_stuck)) {
        end_cloud(relay);
    }
    if (relay->device >= 0 &&
        !write_due(relay, relay->device, now_s, &relay->coming, &relay->free_down, &relay->down_stuck)) {
        lose_device(relay);
    }
}

double dvfo_relay_due_s(const struct dvfo_relay *relay)
{
    const bool goes = relay->going.first != NULL && !relay->up_stuck && !relay->connecting;
    const bool comes = relay->coming.first != NULL && !relay->down_stuck;
    const double going_s = goes ? relay->going.first->due_s : INFINITY;
    const double coming_s = comes ? relay->coming.first->due_s : INFINITY;
    const double ends_s = relay->cloud_ended && relay->coming.first == NULL ? relay->ends_s : INFINITY;
    return fmin(fmin(going_s, coming_s), ends_s);
}
