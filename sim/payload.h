/* The payload of a split: what the channels that go to the cloud become on their way, in bytes and in work of the
 * device's CPU, Eq. (8). The codings are those whose answers an accuracy profile holds:
 *
 *   float     4 bytes for each value, as it is
 *   int8      1 byte for each value, 8 bytes (scale, zero) for each channel
 *   codebook  3 bits for each value, packed; its 8 values are fitted once, both sides know them, and they aren't sent
 *   ...-entropy  the same bytes through Deflate: as many bits as were measured with the accuracy, by share
 *
 * and a bitmap says which channels they are. Measured sizes are those of one network's maps and are carried over to
 * others. Cycles are assumptions: 2 for each value to int8; 6 (3 to 15) to the codebook, seven compares in vectors and
 * three bits packed; Deflate 100 (50 to 500) for each byte that goes in. On an x86 server's core zlib took 43 to 112
 * at its lowest level, on made-up maps, and its sizes were within 6 % of those at the highest, which was measured
 * here and took 68 to 1,750. What the cloud does to read them isn't counted, whatever the coding. */
#ifndef DVFO_PAYLOAD_H
#define DVFO_PAYLOAD_H

#include "sim/base/status.h"

struct dvfo_scenario_def;

/** Bytes of a share of the split's channels, k = round(xi * channels), without the header of their transfer. */
double dvfo_payload_byte(const struct dvfo_scenario_def *def, int share_tenths);

/** CPU cycles that code them. */
double dvfo_payload_cycles(const struct dvfo_scenario_def *def, int share_tenths);

/** Bits of one value, beside what each channel takes. @param share_tenths  1..10 */
double dvfo_payload_bits(const struct dvfo_scenario_def *def, int share_tenths);

/** Is all known of the coding that a trial needs? @return DVFO_BAD_INPUT where the accuracy profile doesn't say how
 *  right its answers are, or how many bits Deflate leaves */
dvfo_status dvfo_payload_check(struct dvfo_ctx *ctx, const struct dvfo_scenario_def *def);

#endif
