#include "bench/interrupt.h"

#include <stddef.h>

/* The one piece of state a signal handler can reach: the C language offers no other place. */
static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

const volatile sig_atomic_t *dvfo_interrupt_catch(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    struct sigaction hangup;
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) { /* nohup means it */
        sigaction(SIGHUP, &action, NULL);
    }
    return &interrupted;
}

int dvfo_interrupt_catch_own(void)
{
    struct sigaction action = {.sa_handler = on_signal}; /* waiting is interrupted by it, too */
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    return SIGUSR1;
}

void dvfo_interrupt_raise(void)
{
    interrupted = 1;
}
