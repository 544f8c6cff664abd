/* A crew: numbered tasks done by some threads.
 *
 * A task writes only what is its own, by its number; so what comes out doesn't depend on how many threads there are. */
#ifndef DVFO_CREW_H
#define DVFO_CREW_H

/** Do tasks 0 .. tasks-1; returns when all are done.
 *  @param threads  at most so many at once, this one included; where no more can be had, fewer do */
void dvfo_crew_run(int threads, int tasks, void (*work)(void *user, int task), void *user);

#endif
