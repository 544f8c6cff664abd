/* Ctrl-C and termination: a flag that long work looks at, so that what is there can be kept. */
#ifndef DVFO_INTERRUPT_H
#define DVFO_INTERRUPT_H

#include <signal.h>

/** Catch SIGINT and SIGTERM from now on. @return the flag; non-zero after one came. A second signal ends at once. */
const volatile sig_atomic_t *dvfo_interrupt_catch(void);

/** A signal that sets the flag however often it comes, for a thread of ours to send to the one that works.
 *  @return its number */
int dvfo_interrupt_catch_own(void);

/** Set the flag ourselves: going on would be in vain. */
void dvfo_interrupt_raise(void);

#endif
