#include "bench/live/wire.h"

#include <string.h>

#include "sim/base/status.h"

struct dvfo_wire_reader dvfo_wire_read(const uint8_t *bytes, size_t size)
{
    return (struct dvfo_wire_reader){bytes, size, false};
}

const uint8_t *dvfo_wire_take_bytes(struct dvfo_wire_reader *reader, size_t size)
{
    if (reader->overrun || size > reader->left) {
        reader->overrun = true;
        return NULL;
    }
    const uint8_t *at = reader->at;
    reader->at += size;
    reader->left -= size;
    return at;
}

uint64_t dvfo_wire_take(struct dvfo_wire_reader *reader, size_t bytes)
{
    const uint8_t *at = dvfo_wire_take_bytes(reader, bytes);
    uint64_t value = 0;
    for (size_t i = 0; at != NULL && i < bytes; i++) {
        value |= (uint64_t)at[i] << (8 * i);
    }
    return value;
}

float dvfo_wire_take_float(struct dvfo_wire_reader *reader)
{
    const uint32_t bits = (uint32_t)dvfo_wire_take(reader, sizeof bits);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

bool dvfo_wire_is_spent(const struct dvfo_wire_reader *reader)
{
    return !reader->overrun && reader->left == 0;
}

struct dvfo_wire_writer dvfo_wire_write(uint8_t *bytes, size_t room)
{
    return (struct dvfo_wire_writer){bytes, room, 0};
}

uint8_t *dvfo_wire_put_room(struct dvfo_wire_writer *writer, size_t size)
{
    DVFO_REQUIRE(size <= writer->room - writer->size);
    uint8_t *at = writer->bytes + writer->size;
    writer->size += size;
    return at;
}

void dvfo_wire_put(struct dvfo_wire_writer *writer, uint64_t value, size_t bytes)
{
    uint8_t *at = dvfo_wire_put_room(writer, bytes);
    for (size_t i = 0; i < bytes; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

void dvfo_wire_put_float(struct dvfo_wire_writer *writer, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    dvfo_wire_put(writer, bits, sizeof bits);
}

void dvfo_wire_put_bytes(struct dvfo_wire_writer *writer, const void *from, size_t size)
{
    uint8_t *at = dvfo_wire_put_room(writer, size);
    if (size > 0) {
        memcpy(at, from, size);
    }
}
