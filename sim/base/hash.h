/* SHA-256 (nettle): which bytes a result was made from. */
#ifndef DVFO_HASH_H
#define DVFO_HASH_H

#include <stddef.h>

/** SHA-256 of `size` bytes as 64 hexadecimal digits and a NUL. */
void dvfo_hash_sha256_hex(const void *bytes, size_t size, char hex[65]);

#endif
