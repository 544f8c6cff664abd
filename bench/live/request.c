#include "bench/live/request.h"

#include <math.h>
#include <string.h>

#include "bench/live/wire.h"
#include "policies/attention/quantise.h"
#include "policies/attention/selection.h"

enum { HEAD_BYTE = 4, RANGE_BYTE = 8, SHARES = 10 };

static size_t bitmap_byte(const struct dvfo_map *map)
{
    return (size_t)(map->channels + 7) / 8;
}

static size_t pixels_of(const struct dvfo_map *map)
{
    return (size_t)(map->height * map->width);
}

static size_t payload_byte(const struct dvfo_map *map, long sent)
{
    return HEAD_BYTE + bitmap_byte(map) + (size_t)sent * (RANGE_BYTE + pixels_of(map));
}

size_t dvfo_live_request_bytes(const struct dvfo_map *map, int share_tenths)
{
    return DVFO_PROTOCOL_HEADER_BYTE + payload_byte(map, dvfo_selection_sent(map->channels, share_tenths));
}

/* ---- to bytes ---- */

static void put_bitmap(const struct dvfo_map *map, const float *kept, uint8_t *bitmap)
{
    memset(bitmap, 0, bitmap_byte(map));
    for (long c = 0; c < map->channels; c++) {
        if (!(kept[c] > 0.0f)) {
            bitmap[c / 8] = (uint8_t)(bitmap[c / 8] | 1u << (c % 8));
        }
    }
}

size_t dvfo_live_request_encode(const struct dvfo_map *map, int share_tenths, uint64_t id, const float *kept,
                                const float *values, uint8_t *frame)
{
    const long sent = dvfo_selection_sent(map->channels, share_tenths);
    const size_t pixels = pixels_of(map), size = payload_byte(map, sent);
    struct dvfo_wire_writer writer = dvfo_wire_write(frame + DVFO_PROTOCOL_HEADER_BYTE, size);
    dvfo_wire_put(&writer, (uint64_t)share_tenths, 2);
    dvfo_wire_put(&writer, (uint64_t)sent, 2);
    put_bitmap(map, kept, dvfo_wire_put_room(&writer, bitmap_byte(map)));
    uint8_t *const ranges = dvfo_wire_put_room(&writer, (size_t)sent * RANGE_BYTE);
    struct dvfo_wire_writer range = dvfo_wire_write(ranges, (size_t)sent * RANGE_BYTE);
    for (long c = 0; c < map->channels; c++) {
        if (!(kept[c] > 0.0f)) {
            float low, scale;
            dvfo_quantise_int8((long)pixels, values + (size_t)c * pixels, dvfo_wire_put_room(&writer, pixels), &low,
                               &scale);
            dvfo_wire_put_float(&range, low);
            dvfo_wire_put_float(&range, scale);
        }
    }
    DVFO_REQUIRE(writer.size == size && range.size == range.room); /* else other channels go than this share's */
    return dvfo_live_frame_seal(frame, DVFO_MESSAGE_REQUEST, id, size);
}

/* ---- from bytes ---- */

static bool is_sent(const struct dvfo_live_request *request, long c)
{
    return (request->bitmap[c / 8] >> (c % 8) & 1) != 0;
}

static dvfo_status check_bitmap(struct dvfo_ctx *ctx, const struct dvfo_map *map,
                                const struct dvfo_live_request *request)
{
    long named = 0;
    for (long c = 0; c < 8 * (long)bitmap_byte(map); c++) {
        named += is_sent(request, c);
        if (is_sent(request, c) && c >= map->channels) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "a request sends channel %ld, expected 0 to %ld", c,
                             map->channels - 1);
        }
    }
    return named == request->sent
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "a request names %ld channels and sends %ld", named, request->sent);
}

static dvfo_status check_ranges(struct dvfo_ctx *ctx, const struct dvfo_live_request *request)
{
    struct dvfo_wire_reader reader = dvfo_wire_read(request->ranges, (size_t)request->sent * RANGE_BYTE);
    for (long i = 0; i < request->sent; i++) {
        const float low = dvfo_wire_take_float(&reader), scale = dvfo_wire_take_float(&reader);
        if (!isfinite(low) || !isfinite(scale) || scale < 0.0f) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT,
                             "channel %ld of those sent has zero %g and scale %g, expected finite ones and no negative "
                             "scale",
                             i, (double)low, (double)scale);
        }
    }
    return DVFO_OK;
}

dvfo_status dvfo_live_request_decode(struct dvfo_ctx *ctx, const struct dvfo_live_frame *frame,
                                     const struct dvfo_map *map, struct dvfo_live_request *out)
{
    struct dvfo_wire_reader reader = dvfo_wire_read(frame->payload, frame->size);
    const unsigned share = (unsigned)dvfo_wire_take(&reader, 2), sent = (unsigned)dvfo_wire_take(&reader, 2);
    if (share < 1 || share > SHARES) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "a request is at a share of %u tenths, expected 1 to %d", share, SHARES);
    }
    if ((long)sent != dvfo_selection_sent(map->channels, (int)share)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "a request at a share of %u tenths sends %u channels, expected %ld of %ld", share, sent,
                         dvfo_selection_sent(map->channels, (int)share), map->channels);
    }
    if (frame->size != payload_byte(map, sent)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "a request holds %zu bytes, expected %zu for %u channels", frame->size,
                         payload_byte(map, sent), sent);
    }
    out->share_tenths = (int)share;
    out->sent = sent;
    out->bitmap = dvfo_wire_take_bytes(&reader, bitmap_byte(map));
    out->ranges = dvfo_wire_take_bytes(&reader, sent * (size_t)RANGE_BYTE);
    out->values = dvfo_wire_take_bytes(&reader, sent * pixels_of(map));
    DVFO_TRY(check_bitmap(ctx, map, out));
    return check_ranges(ctx, out);
}

void dvfo_live_request_values(const struct dvfo_live_request *request, const struct dvfo_map *map, size_t step,
                              float *values)
{
    const size_t pixels = pixels_of(map);
    const uint8_t *q = request->values;
    struct dvfo_wire_reader ranges = dvfo_wire_read(request->ranges, (size_t)request->sent * RANGE_BYTE);
    for (long c = 0; c < map->channels; c++, values += step) {
        if (!is_sent(request, c)) {
            memset(values, 0, pixels * sizeof *values);
            continue;
        }
        const float low = dvfo_wire_take_float(&ranges), scale = dvfo_wire_take_float(&ranges);
        dvfo_quantise_int8_back((long)pixels, q, low, scale, values);
        q += pixels;
    }
}
