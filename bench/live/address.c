#include "bench/live/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "sim/base/text.h"

enum { MOST_PORT = 65535, LOOPBACK_NET = 127 };

static dvfo_status refuse(struct dvfo_ctx *ctx, const char *text)
{
    return dvfo_fail(ctx, DVFO_BAD_INPUT,
                     "'%s' isn't an IP address and a port, expected one like 127.0.0.1:7433 or "
                     "[::1]:7433",
                     text);
}

dvfo_status dvfo_address_parse(struct dvfo_ctx *ctx, const char *text, struct sockaddr_storage *out)
{
    const char *colon = strrchr(text, ':');
    const bool bracketed = text[0] == '[';
    char host[DVFO_ADDRESS_TEXT];
    long long port = 0;
    memset(out, 0, sizeof *out);
    if (colon == NULL || !dvfo_text_integer(colon + 1, NULL, &port) || port < 0 || port > MOST_PORT ||
        (bracketed && (colon == text || colon[-1] != ']'))) {
        return refuse(ctx, text);
    }
    const int length = (int)(colon - text) - (bracketed ? 2 : 0);
    if (length < 1 || snprintf(host, sizeof host, "%.*s", length, text + bracketed) >= (int)sizeof host) {
        return refuse(ctx, text);
    }
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    if (!bracketed && inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
        memcpy(out, &v4, sizeof v4);
        return DVFO_OK;
    }
    if (bracketed && inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
        memcpy(out, &v6, sizeof v6);
        return DVFO_OK;
    }
    return refuse(ctx, text);
}

bool dvfo_address_is_loopback(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
    }
    struct sockaddr_in v4;
    memcpy(&v4, address, sizeof v4);
    return ntohl(v4.sin_addr.s_addr) >> 24 == LOOPBACK_NET;
}

struct dvfo_address_owner dvfo_address_owner(const struct sockaddr_storage *address)
{
    struct dvfo_address_owner owner = {.bytes = {[10] = 0xff, [11] = 0xff}};
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    if (address->ss_family == AF_INET6) {
        memcpy(&v6, address, sizeof v6);
        memcpy(owner.bytes, &v6.sin6_addr, sizeof owner.bytes);
        if (!IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
            memset(owner.bytes + 8, 0, 8);
        }
        return owner;
    }
    memcpy(&v4, address, sizeof v4);
    memcpy(owner.bytes + 12, &v4.sin_addr, 4);
    return owner;
}

void dvfo_address_text(const struct sockaddr_storage *address, char text[DVFO_ADDRESS_TEXT])
{
    char host[INET6_ADDRSTRLEN] = "?";
    if (address->ss_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
        snprintf(text, DVFO_ADDRESS_TEXT, "[%s]:%u", host, ntohs(v6.sin6_port));
        return;
    }
    struct sockaddr_in v4;
    memcpy(&v4, address, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
    snprintf(text, DVFO_ADDRESS_TEXT, "%s:%u", host, ntohs(v4.sin_port));
}

socklen_t dvfo_address_size(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}
