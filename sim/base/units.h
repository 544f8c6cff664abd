/* Units. Everything inside is base SI (s, J, W, Hz, bit/s, byte); conversion happens where people write or read. */
#ifndef DVFO_UNITS_H
#define DVFO_UNITS_H

#define DVFO_HZ_PER_MHZ 1e6
#define DVFO_HZ_PER_KHZ 1e3
#define DVFO_BPS_PER_KBPS 1e3
#define DVFO_BPS_PER_MBPS 1e6
#define DVFO_BPS_PER_GBPS 1e9
#define DVFO_S_PER_MS 1e-3
#define DVFO_S_PER_US 1e-6
#define DVFO_W_PER_MW 1e-3
#define DVFO_BITS_PER_BYTE 8.0
#define DVFO_BYTES_PER_MIB 1048576.0

#endif
