/* An impostor: a server that shakes hands as the protocol says, and then does what it shouldn't. Each of its
 * connections has a trick of its own, the last one's serving all that follow. */
#ifndef DVFO_TEST_IMPOSTOR_H
#define DVFO_TEST_IMPOSTOR_H

#include <pthread.h>

#include "bench/live/messages.h"

typedef enum impostor_trick {
    IMPOSTOR_ANSWERS,   /* as it should: logit k of request i is i + k */
    IMPOSTOR_IS_SILENT, /* reads requests, and that is all */
    IMPOSTOR_IS_LATE,   /* answers a request when the next one has come */
    IMPOSTOR_CLOSES,    /* in the middle of a request */
    IMPOSTOR_SAYS_BYE,
    IMPOSTOR_IS_BUSY, /* refuses every other request */
    IMPOSTOR_SAYS_NAN,
    IMPOSTOR_SAYS_INFINITY,
    IMPOSTOR_HAS_MORE_CLASSES,
    IMPOSTOR_TAKES_ANOTHER_ID,
    IMPOSTOR_ANSWERS_TWICE,
    IMPOSTOR_REFUSES_ANOTHER,
    IMPOSTOR_TOOK_AN_HOUR,
    IMPOSTOR_TALKS_GARBAGE,
    IMPOSTOR_WELCOMES_AGAIN,
    IMPOSTOR_FLIPS_A_BIT,
    IMPOSTOR_HAS_ANOTHER_MAP, /* says its welcome */
    IMPOSTOR_HAS_ANOTHER_VERSION,
} impostor_trick;

struct impostor {
    const impostor_trick *tricks; /* (count) borrowed */
    int count;
    struct dvfo_map map;
    unsigned in_flight;
    int listener;
    char address[64];
    pthread_t thread;
};

/** @param tricks  of its connections, one after another; borrowed */
void impostor_start(struct impostor *impostor, const struct dvfo_map *map, const impostor_trick *tricks, int count);

/** To be called when nobody is connected any more. */
void impostor_stop(struct impostor *impostor);

#endif
