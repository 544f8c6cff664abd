/* A thread that no signal interrupts: Ctrl-C is for the one that waits for it. */
#ifndef DVFO_QUIET_THREAD_H
#define DVFO_QUIET_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/** @return false when the system has none left */
bool dvfo_quiet_thread_start(pthread_t *thread, void *(*run)(void *user), void *user);

#endif
