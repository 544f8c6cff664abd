/* A tether: a run that ends, as after Ctrl-C, when whoever asked for it goes away.
 *
 * A runner on another machine holds the other end of our standard input (over ssh) and says nothing; the input closes
 * when it lets go, when it is killed and when its connection is lost, and then clocks have to be given back. */
#ifndef DVFO_TETHER_H
#define DVFO_TETHER_H

#include "sim/base/status.h"

struct dvfo_tether;

/** Watch standard input from now on; what comes in is thrown away.
 *  Once it has closed, the flag of interrupt.h is set, by a signal to the calling thread.
 *  @return DVFO_FAILED when there is no thread to be had */
dvfo_status dvfo_tether_create(struct dvfo_ctx *ctx, struct dvfo_tether **out);
void dvfo_tether_free(struct dvfo_tether *tether); /* NULL welcome */

#endif
