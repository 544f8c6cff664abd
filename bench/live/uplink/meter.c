#include "bench/live/uplink/meter.h"

#include <string.h>

/* A whole header. @return is it a request's? */
static bool read_header(struct dvfo_meter *meter)
{
    struct dvfo_live_frame frame;
    dvfo_complaint complaint;
    meter->have = 0;
    meter->lost = dvfo_live_frame_peek(NULL, meter->header, &frame, &complaint) != DVFO_OK;
    meter->left = meter->lost ? 0 : frame.size;
    return !meter->lost && frame.type == DVFO_MESSAGE_REQUEST;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

long dvfo_meter_pass(struct dvfo_meter *meter, const uint8_t *bytes, size_t size)
{
    long requests = 0;
    while (size > 0 && !meter->lost) {
        const bool inside = meter->left > 0;
        const size_t step = smaller(size, inside ? meter->left : sizeof meter->header - meter->have);
        if (inside) {
            meter->left -= step;
        } else {
            memcpy(meter->header + meter->have, bytes, step);
            meter->have += step;
            requests += meter->have == sizeof meter->header && read_header(meter);
        }
        bytes += step;
        size -= step;
    }
    return requests;
}
