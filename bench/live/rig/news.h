/* What happened under a run, as sentences: kept by the rig's thread, fetched by whoever prints. */
#ifndef DVFO_RIG_NEWS_H
#define DVFO_RIG_NEWS_H

#include <stdbool.h>
#include <stddef.h>

enum { DVFO_RIG_NEWS_SIZE = 512, DVFO_RIG_NEWS_KEPT = 16 };

struct dvfo_rig_news {
    size_t first, count; /* of the ring below */
    long dropped;        /* nobody fetched them in time */
    char text[DVFO_RIG_NEWS_KEPT][DVFO_RIG_NEWS_SIZE];
};

/** Keep a sentence; the oldest goes when there is no room. */
void dvfo_rig_news_add(struct dvfo_rig_news *news, const char *sentence);

/** Fetch the oldest. @return false when there is none */
bool dvfo_rig_news_next(struct dvfo_rig_news *news, char text[DVFO_RIG_NEWS_SIZE]);

/* Reasons that were told already. Two sentences that differ in digits only have the same reason: the same file refuses
 * one clock after the other. */
struct dvfo_rig_told {
    size_t count;
    char reason[DVFO_RIG_NEWS_KEPT][DVFO_RIG_NEWS_SIZE];
};

/** Is this reason new? Then it is kept. After so many as there is room for, none is. */
bool dvfo_rig_told_first(struct dvfo_rig_told *told, const char *sentence);

#endif
