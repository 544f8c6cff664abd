/* What a shaper is made of, without sockets and waiting: the link's times, and the meter that finds requests. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <string.h>

#include "bench/live/uplink/meter.h"
#include "bench/live/uplink/shaped_link.h"

static struct dvfo_trace *trace_of(size_t n, const double *start_s, const double *rate_bps, double period_s)
{
    struct dvfo_trace *trace = NULL;
    cr_assert(dvfo_trace_create(NULL, "made up", "test", n, start_s, rate_bps, period_s, &trace) == DVFO_OK);
    return trace;
}

static struct dvfo_trace *constant(double rate_bps)
{
    return trace_of(1, (const double[]){0.0}, &rate_bps, 1.0);
}

/* ---- the link ---- */

static char a_owner, b_owner;

static struct dvfo_parcel *parcel_of(double came_s, double byte, void *owner)
{
    struct dvfo_parcel *parcel = calloc(1, sizeof *parcel);
    parcel->came_s = came_s;
    parcel->link_byte = byte;
    parcel->owner = owner;
    return parcel;
}

/* Take what is due by a moment. @return since when it is through; NAN: nothing is */
static double through_s(struct dvfo_shaped_link *link, double now_s)
{
    struct dvfo_parcel *parcel = dvfo_shaped_link_take(link, now_s);
    const double due_s = parcel != NULL ? parcel->due_s : NAN;
    free(parcel);
    return due_s;
}

Test(shaped_link, bytes_stand_in_line_and_take_their_time)
{
    struct dvfo_trace *trace = constant(1e6);
    struct dvfo_shaped_link link;
    dvfo_shaped_link_init(&link, trace, 10.0);
    cr_expect(dvfo_shaped_link_due_s(&link) == INFINITY && isnan(through_s(&link, 1e9)));
    dvfo_shaped_link_join(&link, parcel_of(10.0, 1000.0, &a_owner));  /* 8 ms */
    dvfo_shaped_link_join(&link, parcel_of(10.001, 500.0, &b_owner)); /* 4 ms, behind it */
    dvfo_shaped_link_join(&link, parcel_of(10.5, 250.0, &a_owner));   /* 2 ms, from when it came */
    cr_expect(epsilon_eq(dbl, dvfo_shaped_link_due_s(&link), 10.008, 1e-12));
    cr_expect(isnan(through_s(&link, 10.0079)));
    cr_expect(epsilon_eq(dbl, dvfo_shaped_link_through_byte(&link, 10.004), 500.0, 1e-6));
    cr_expect(epsilon_eq(dbl, through_s(&link, 99.0), 10.008, 1e-12), "however late one looks");
    cr_expect(epsilon_eq(dbl, through_s(&link, 99.0), 10.012, 1e-12));
    cr_expect(epsilon_eq(dbl, through_s(&link, 99.0), 10.502, 1e-12));
    cr_expect(epsilon_eq(dbl, dvfo_shaped_link_through_byte(&link, 99.0), 1750.0, 1e-9));
    dvfo_trace_free(trace);
}

Test(shaped_link, steps_and_outages_are_those_of_the_trace)
{
    struct dvfo_trace *trace = trace_of(3, (const double[]){0.0, 0.5, 1.5}, (const double[]){1e6, 0.0, 4e6}, 2.0);
    struct dvfo_shaped_link link;
    dvfo_shaped_link_init(&link, trace, 100.0);
    /* 75000 bytes from 0.2 s on: 0.3e6 bits until 0.5, none until 1.5, the other 0.3e6 in 0.075 s */
    dvfo_shaped_link_join(&link, parcel_of(100.2, 75000.0, &a_owner));
    cr_expect(epsilon_eq(dbl, dvfo_shaped_link_due_s(&link), 101.575, 1e-9));
    cr_expect(epsilon_eq(dbl, dvfo_shaped_link_through_byte(&link, 101.4), 37500.0, 1e-6));
    cr_expect(epsilon_eq(dbl, through_s(&link, 102.0), 101.575, 1e-9));
    dvfo_trace_free(trace);
}

Test(shaped_link, after_a_seek_what_is_left_goes_at_the_new_place)
{
    struct dvfo_trace *trace = trace_of(2, (const double[]){0.0, 1.0}, (const double[]){1e6, 4e6}, 2.0);
    struct dvfo_shaped_link link;
    dvfo_shaped_link_init(&link, trace, 0.0);
    dvfo_shaped_link_join(&link, parcel_of(0.0, 1000.0, &a_owner));
    dvfo_shaped_link_seek(&link, 0.004, 1.2); /* half is through; 500 bytes at 4 Mbit/s take 1 ms */
    cr_expect(epsilon_eq(dbl, dvfo_shaped_link_through_byte(&link, 0.0045), 750.0, 1e-6));
    cr_expect(epsilon_eq(dbl, through_s(&link, 1.0), 0.005, 1e-12));
    dvfo_shaped_link_seek(&link, 5.0, 0.5); /* an idle one */
    dvfo_shaped_link_join(&link, parcel_of(5.499, 1000.0, &a_owner));
    /* the trace is at 0.999: 1000 bits until 1, then 7000 at 4 Mbit/s */
    cr_expect(epsilon_eq(dbl, through_s(&link, 6.0), 5.5 + 7000.0 / 4e6, 1e-9));
    dvfo_trace_free(trace);
}

Test(shaped_link, who_leaves_makes_way)
{
    struct dvfo_trace *trace = constant(1e6);
    struct dvfo_shaped_link link;
    struct dvfo_parcels given_up = {0};
    struct dvfo_parcel *parcel;
    dvfo_shaped_link_init(&link, trace, 0.0);
    dvfo_shaped_link_join(&link, parcel_of(0.0, 1000.0, &a_owner));
    dvfo_shaped_link_join(&link, parcel_of(0.0, 2000.0, &b_owner));
    dvfo_shaped_link_join(&link, parcel_of(0.0, 4000.0, &a_owner));
    dvfo_shaped_link_leave(&link, &a_owner, 0.002, &given_up); /* 250 bytes of the first are through */
    cr_expect(epsilon_eq(dbl, link.given_up_byte, 4750.0, 1e-6));
    cr_expect(epsilon_eq(dbl, dvfo_shaped_link_through_byte(&link, 0.002), 250.0, 1e-6));
    cr_expect(epsilon_eq(dbl, through_s(&link, 1.0), 0.018, 1e-12));
    cr_expect(dvfo_shaped_link_due_s(&link) == INFINITY);
    dvfo_shaped_link_leave(&link, &b_owner, 0.1, &given_up); /* who has nothing in line may leave too */
    int count = 0;
    while ((parcel = dvfo_parcels_take(&given_up)) != NULL) {
        count++;
        free(parcel);
    }
    cr_expect_eq(count, 2);
    dvfo_trace_free(trace);
}

/* ---- the meter ---- */

static size_t frame_of(dvfo_message type, size_t payload, uint8_t *frame)
{
    memset(frame + DVFO_PROTOCOL_HEADER_BYTE, (int)type, payload);
    return dvfo_live_frame_seal(frame, type, 7, payload);
}

Test(meter, requests_are_counted_wherever_the_stream_is_cut)
{
    static uint8_t stream[4096];
    size_t size = frame_of(DVFO_MESSAGE_HELLO, 34, stream);
    for (int i = 0; i < 5; i++) {
        size += frame_of(DVFO_MESSAGE_REQUEST, (size_t)i * 100, stream + size);
    }
    size += frame_of(DVFO_MESSAGE_BYE, 0, stream + size);
    for (size_t step = 1; step <= size; step += step < 60 ? 1 : 97) {
        struct dvfo_meter meter = {0};
        long requests = 0;
        for (size_t at = 0; at < size; at += step) {
            requests += dvfo_meter_pass(&meter, stream + at, size - at < step ? size - at : step);
        }
        cr_expect(requests == 5 && !meter.lost, "in steps of %zu: %ld", step, requests);
    }
}

Test(meter, what_is_no_frame_goes_by)
{
    struct dvfo_meter meter = {0};
    uint8_t bytes[256];
    size_t size = frame_of(DVFO_MESSAGE_REQUEST, 10, bytes);
    bytes[size] = 'x'; /* where the next frame should begin */
    cr_expect_eq(dvfo_meter_pass(&meter, bytes, sizeof bytes), 1);
    cr_expect(meter.lost);
    cr_expect_eq(dvfo_meter_pass(&meter, bytes, size), 0);
}
