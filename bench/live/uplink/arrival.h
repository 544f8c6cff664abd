/* Arrival: reading from a socket, and when the kernel got what is read. A thread wakes some tens of microseconds after
 * that, which would count as time on the link. */
#ifndef DVFO_ARRIVAL_H
#define DVFO_ARRIVAL_H

#include <stdint.h>
#include <sys/types.h>

/** Have a socket's bytes stamped from now on; where the kernel won't, they come when they are read. */
void dvfo_arrival_stamp(int socket);

/** As recv. @param came_s  written when something came: when its last byte did, by dvfo_live_now_s; never later than
 * now */
ssize_t dvfo_arrival_receive(int socket, uint8_t *bytes, size_t room, double *came_s);

#endif
