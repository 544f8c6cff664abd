/* A meter: finds where frames begin in a stream that somebody else reads, to count those that carry requests. What
 * isn't made of frames goes by uncounted. */
#ifndef DVFO_METER_H
#define DVFO_METER_H

#include "bench/live/protocol.h"

struct dvfo_meter {
    uint8_t header[DVFO_PROTOCOL_HEADER_BYTE];
    size_t have; /* of the next header */
    size_t left; /* of the payload under way */
    bool lost;   /* this is no stream of frames */
};

/** Let the next bytes of a stream go by. @param meter  zeroed at the stream's beginning
 *  @return  how many requests' headers ended among them */
long dvfo_meter_pass(struct dvfo_meter *meter, const uint8_t *bytes, size_t size);

#endif
