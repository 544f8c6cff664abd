#include "bench/live/edge/counters.h"

#include <math.h>
#include <string.h>

void dvfo_counters_read(struct dvfo_counters *counters, double at_s, const double busy_s[DVFO_DOMAINS])
{
    if (at_s <= counters->at_s) {
        return;
    }
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        counters->rate[d] = (busy_s[d] - counters->busy_s[d]) / (at_s - counters->at_s);
    }
    memcpy(counters->busy_s, busy_s, sizeof counters->busy_s);
    counters->at_s = at_s;
}

double dvfo_counters_at(struct dvfo_counters *counters, dvfo_domain domain, double now_s)
{
    const double since_s = fmax(now_s - counters->at_s, 0.0);
    const double by_now_s = counters->busy_s[domain] + counters->rate[domain] * since_s;
    counters->told_s[domain] = fmax(counters->told_s[domain], by_now_s);
    return counters->told_s[domain];
}
