/* A request in the system, and the list of them.
 *
 * Requests live in slots of a pool and hang together in order of arrival; a slot's number is what events carry. What a
 * request does next on the device is its step; pure functions say which work a step is. */
#ifndef DVFO_REQUEST_H
#define DVFO_REQUEST_H

#include "sim/device.h"
#include "sim/event_queue.h"

/* What a request does on the device. X(enumerator, name on the timeline) */
#define DVFO_STEP_LIST(X)                                                                                              \
    X(DECIDE, "decide") /* the request waits for its decision */                                                       \
    X(FULL, "whole network")                                                                                           \
    X(HEAD, "head")                                                                                                    \
    X(ATTENTION, "attention")                                                                                          \
    X(PREFIX, "head to the cut")                                                                                       \
    X(LITTLE, "little network")                                                                                        \
    X(PREPARE, "prepare to send") /* quantise, or encode */                                                            \
    X(TAIL, "local tail")                                                                                              \
    X(FUSE, "fuse")                                                                                                    \
    X(REST, "rest, locally") /* what is left when the remote answer didn't come */

typedef enum dvfo_request_step {
#define DVFO_STEP_ENUM(name, text) DVFO_STEP_##name,
    DVFO_STEP_LIST(DVFO_STEP_ENUM)
#undef DVFO_STEP_ENUM
} dvfo_request_step;

const char *dvfo_request_step_name(dvfo_request_step step);

/* Where its remote side stands. */
typedef enum dvfo_remote {
    DVFO_REMOTE_NONE,
    DVFO_REMOTE_ON_LINK, /* in the link's line, or being sent */
    DVFO_REMOTE_AWAITED, /* sent, no answer yet */
    DVFO_REMOTE_ANSWERED,
    DVFO_REMOTE_GIVEN_UP, /* timed out */
} dvfo_remote;

#define DVFO_NO_REQUEST UINT32_MAX

struct dvfo_request {
    long index;
    double arrival_s, start_s;
    double trace_offset_s; /* trace time = simulated time + offset */
    double energy_j;
    double right, right_full; /* is its answer right, and would the full network's be? Known at the end; else NaN */
    struct dvfo_decision decision;
    bool started;    /* taken up by the device: its decision holds */
    bool local_done; /* nothing left to do on the device before the join */
    bool measured;   /* its energy is: in a live world alone */
    bool appeals;    /* APPEAL: the score was low, the cloud's answer counts */
    long row;        /* of the accuracy profile: what its input is like; -1: nothing is known */
    dvfo_request_step step;
    dvfo_remote remote;
    double handed_over_s, sending_since_s, send_s; /* of its transfer */
    double uplink_byte;
    double rate_bps;             /* mean rate its bytes met; NaN until they are through */
    dvfo_event_id network_event; /* end of sending, then the answer */
    dvfo_event_id timeout_event;
    uint32_t older, newer; /* neighbours in order of arrival */
};

struct dvfo_requests {
    struct dvfo_request *slot; /* (size); owned; moves when it grows */
    uint32_t *ready;           /* (size) a heap of slots that wait for the device, the oldest request first; owned */
    uint32_t ready_count;
    uint32_t size, free_slot;
    uint32_t oldest, newest;
    int count;
};

void dvfo_requests_init(struct dvfo_requests *requests);
void dvfo_requests_free(struct dvfo_requests *requests);

/** Add a request behind all others. @return its slot; DVFO_NO_REQUEST when memory is out */
uint32_t dvfo_requests_add(struct dvfo_requests *requests, const struct dvfo_request *request);
void dvfo_requests_remove(struct dvfo_requests *requests, uint32_t slot);

/** The request's step waits for the device. Once at a time. Cost: O(log waiting). */
void dvfo_requests_queue(struct dvfo_requests *requests, uint32_t slot);

/** Take out the oldest request that waits for the device; DVFO_NO_REQUEST when none does. Cost: O(log waiting). */
uint32_t dvfo_requests_next(struct dvfo_requests *requests);

/** Step with which a placement begins. */
dvfo_request_step dvfo_request_first_step(dvfo_place place);

/** Work of the request's step. @param decision_cycles  that its decision takes on the CPU */
struct dvfo_job dvfo_request_job(const struct dvfo_scenario *scenario, const struct dvfo_request *request,
                                 double decision_cycles);

/** Whether a local tail runs beside the remote path: a split that keeps something. */
bool dvfo_request_has_tail(const struct dvfo_request *request);

/** Share sent: of the feature maps; 1 for whole inputs and activations, 0 on the edge; APPEAL: 1 if it appealed. */
double dvfo_request_share(const struct dvfo_request *request);

#endif
