/* Bytes on the wire: little endian whatever the machine, and every step checked against the end. */
#ifndef DVFO_WIRE_H
#define DVFO_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Walks over bytes that a stranger sent. Past their end it gives zeros and remembers that it did. */
struct dvfo_wire_reader {
    const uint8_t *at;
    size_t left;
    bool overrun;
};

struct dvfo_wire_reader dvfo_wire_read(const uint8_t *bytes, size_t size);

/** The next whole number. @param bytes  1..8 */
uint64_t dvfo_wire_take(struct dvfo_wire_reader *reader, size_t bytes);
/** The next IEEE 754 single. */
float dvfo_wire_take_float(struct dvfo_wire_reader *reader);
/** The next `size` bytes, borrowed from what is read; NULL when there are fewer. */
const uint8_t *dvfo_wire_take_bytes(struct dvfo_wire_reader *reader, size_t size);
/** Was there exactly what was taken? */
bool dvfo_wire_is_spent(const struct dvfo_wire_reader *reader);

/* Fills a buffer of ours. That there is room is a promise of the caller's. */
struct dvfo_wire_writer {
    uint8_t *bytes;
    size_t room, size;
};

struct dvfo_wire_writer dvfo_wire_write(uint8_t *bytes, size_t room);
void dvfo_wire_put(struct dvfo_wire_writer *writer, uint64_t value, size_t bytes);
void dvfo_wire_put_float(struct dvfo_wire_writer *writer, float value);
/** Room for the next `size` bytes, to be filled by the caller. */
uint8_t *dvfo_wire_put_room(struct dvfo_wire_writer *writer, size_t size);
void dvfo_wire_put_bytes(struct dvfo_wire_writer *writer, const void *from, size_t size);

#endif
