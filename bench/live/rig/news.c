#include "bench/live/rig/news.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

void dvfo_rig_news_add(struct dvfo_rig_news *news, const char *sentence)
{
    if (news->count == DVFO_RIG_NEWS_KEPT) {
        news->first = (news->first + 1) % DVFO_RIG_NEWS_KEPT;
        news->count--;
        news->dropped++;
    }
    const size_t place = (news->first + news->count++) % DVFO_RIG_NEWS_KEPT;
    snprintf(news->text[place], DVFO_RIG_NEWS_SIZE, "%s", sentence);
}

bool dvfo_rig_news_next(struct dvfo_rig_news *news, char text[DVFO_RIG_NEWS_SIZE])
{
    if (news->count == 0) {
        return false;
    }
    memcpy(text, news->text[news->first], DVFO_RIG_NEWS_SIZE);
    news->first = (news->first + 1) % DVFO_RIG_NEWS_KEPT;
    news->count--;
    return true;
}

/* The sentence without its numbers. */
static void write_reason(const char *sentence, char reason[DVFO_RIG_NEWS_SIZE])
{
    size_t used = 0;
    for (const char *c = sentence; *c != '\0' && used + 1 < DVFO_RIG_NEWS_SIZE; c++) {
        if (!isdigit((unsigned char)*c) && *c != '.') {
            reason[used++] = *c;
        }
    }
    reason[used] = '\0';
}

bool dvfo_rig_told_first(struct dvfo_rig_told *told, const char *sentence)
{
    char reason[DVFO_RIG_NEWS_SIZE];
    write_reason(sentence, reason);
    for (size_t i = 0; i < told->count; i++) {
        if (strcmp(told->reason[i], reason) == 0) {
            return false;
        }
    }
    if (told->count == DVFO_RIG_NEWS_KEPT) {
        return false;
    }
    strcpy(told->reason[told->count++], reason);
    return true;
}
