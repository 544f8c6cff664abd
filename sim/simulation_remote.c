/* The remote side of a simulation: the link's line, Eq. (6), the cloud, Eq. (7), the timeout. */
#include "sim/simulation_state.h"

static void on_sent(void *subject, uint64_t argument);

static void start_sending(struct dvfo_simulation *sim)
{
    const uint32_t slot = dvfo_link_current(&sim->link);
    struct dvfo_request *request = dvfo_simulation_request(sim, slot);
    request->sending_since_s = dvfo_simulation_now_s(sim);
    const double send_s =
        dvfo_link_send_s(&sim->link, dvfo_simulation_now_s(sim) + request->trace_offset_s, request->uplink_byte);
    request->network_event = dvfo_simulation_schedule(sim, send_s, PRIORITY_NETWORK, on_sent, slot);
}

/* Sent, or given up: the next in line begins. */
static void leave_link(struct dvfo_simulation *sim, uint32_t slot)
{
    const bool was_sending = dvfo_link_current(&sim->link) == slot;
    dvfo_link_leave(&sim->link, slot);
    if (was_sending && !dvfo_link_is_idle(&sim->link)) {
        start_sending(sim);
    }
}

static void on_answer(void *subject, uint64_t argument)
{
    struct dvfo_simulation *sim = subject;
    const uint32_t slot = (uint32_t)argument;
    struct dvfo_request *request = dvfo_simulation_request(sim, slot);
    dvfo_simulation_charge(sim);
    sim->awaited--;
    request->remote = DVFO_REMOTE_ANSWERED;
    dvfo_event_queue_cancel(sim->queue, request->timeout_event);
    dvfo_simulation_try_join(sim, slot);
    dvfo_simulation_dispatch(sim);
}

static void on_sent(void *subject, uint64_t argument)
{
    struct dvfo_simulation *sim = subject;
    const uint32_t slot = (uint32_t)argument;
    struct dvfo_request *request = dvfo_simulation_request(sim, slot);
    dvfo_simulation_charge(sim);
    const double sending_s = dvfo_simulation_now_s(sim) - request->sending_since_s;
    request->send_s = dvfo_simulation_now_s(sim) - request->handed_over_s;
    request->remote = DVFO_REMOTE_AWAITED;
    sim->awaited++;
    if (sending_s > 0.0) {
        request->rate_bps = 8.0 * request->uplink_byte / sending_s;
        sim->bandwidth_bps = request->rate_bps;
        sim->bandwidth_trace_s = dvfo_simulation_now_s(sim) + request->trace_offset_s;
        sim->transfers++;
        dvfo_narrator_counter(&sim->narrator, DVFO_COUNTER_BANDWIDTH_BPS, request->sending_since_s, sim->bandwidth_bps);
    }
    dvfo_narrator_span(&sim->narrator, DVFO_TRACK_RADIO, "send", request->sending_since_s, dvfo_simulation_now_s(sim),
                       request->index);
    double begin_s = 0.0;
    const double service_s = dvfo_scenario_cloud_s(sim->scenario, &request->decision);
    const double half_trip_s = 0.5 * sim->def->rtt_s;
    const double end_s = dvfo_cloud_serve(&sim->cloud, dvfo_simulation_now_s(sim) + half_trip_s, service_s, &begin_s);
    dvfo_narrator_span(&sim->narrator, DVFO_TRACK_CLOUD, "serve", begin_s, end_s, request->index);
    request->network_event = dvfo_simulation_schedule(sim, end_s + half_trip_s - dvfo_simulation_now_s(sim),
                                                      PRIORITY_NETWORK, on_answer, slot);
    leave_link(sim, slot);
}

/* Bytes of an unfinished transfer that the link has carried: none while it stands in line. */
static double byte_through(const struct dvfo_simulation *sim, uint32_t slot)
{
    const struct dvfo_request *request = dvfo_simulation_request(sim, slot);
    if (dvfo_link_current(&sim->link) != slot) {
        return 0.0;
    }
    const double from_s = request->sending_since_s + request->trace_offset_s;
    return dvfo_link_byte_between(&sim->link, from_s, dvfo_simulation_now_s(sim) + request->trace_offset_s);
}

/* The answer is too late: forget the remote side, end locally. */
static void on_timeout(void *subject, uint64_t argument)
{
    struct dvfo_simulation *sim = subject;
    const uint32_t slot = (uint32_t)argument;
    struct dvfo_request *request = dvfo_simulation_request(sim, slot);
    dvfo_simulation_charge(sim);
    dvfo_event_queue_cancel(sim->queue, request->network_event);
    if (request->remote == DVFO_REMOTE_AWAITED) {
        sim->awaited--;
    } else {
        request->send_s = dvfo_simulation_now_s(sim) - request->handed_over_s;
        request->uplink_byte = byte_through(sim, slot);
        if (dvfo_link_current(&sim->link) == slot) {
            dvfo_narrator_span(&sim->narrator, DVFO_TRACK_RADIO, "send, given up", request->sending_since_s,
                               dvfo_simulation_now_s(sim), request->index);
        }
        leave_link(sim, slot);
    }
    request->remote = DVFO_REMOTE_GIVEN_UP;
    if (request->local_done) {
        dvfo_simulation_end_locally(sim, slot);
    }
    dvfo_simulation_dispatch(sim);
}

void dvfo_simulation_hand_over(struct dvfo_simulation *sim, uint32_t slot)
{
    struct dvfo_request *request = dvfo_simulation_request(sim, slot);
    request->uplink_byte = dvfo_scenario_payload_byte(sim->scenario, &request->decision);
    request->handed_over_s = dvfo_simulation_now_s(sim);
    request->remote = DVFO_REMOTE_ON_LINK;
    request->timeout_event = dvfo_simulation_schedule(sim, sim->def->timeout_s, PRIORITY_TIMEOUT, on_timeout, slot);
    const bool was_idle = dvfo_link_is_idle(&sim->link);
    if (!dvfo_link_join(&sim->link, slot)) {
        dvfo_simulation_give_up(sim);
    } else if (was_idle) {
        start_sending(sim);
    }
}
