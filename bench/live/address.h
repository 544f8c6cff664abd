/* An address to listen on or to go to: "127.0.0.1:7433", "[::1]:0". */
#ifndef DVFO_ADDRESS_H
#define DVFO_ADDRESS_H

#include <stdint.h>
#include <sys/socket.h>

#include "sim/base/status.h"

enum { DVFO_ADDRESS_TEXT = 64 };

/** DVFO_BAD_INPUT unless it is an IP address and a port; names aren't looked up. */
dvfo_status dvfo_address_parse(struct dvfo_ctx *ctx, const char *text, struct sockaddr_storage *out);

/** Does only this machine reach it? */
bool dvfo_address_is_loopback(const struct sockaddr_storage *address);

/* Whose an address is: the same for all that one host, or one customer's network, can easily come from. */
struct dvfo_address_owner {
    uint8_t bytes[16]; /* an IPv6 address's first 64 bits, an IPv4 address as IPv6 maps it */
};

struct dvfo_address_owner dvfo_address_owner(const struct sockaddr_storage *address);

void dvfo_address_text(const struct sockaddr_storage *address, char text[DVFO_ADDRESS_TEXT]);

socklen_t dvfo_address_size(const struct sockaddr_storage *address);

#endif
