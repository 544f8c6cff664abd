/* The account of a trial in a live world, by what its requests do. */
#include <string.h>

#include "bench/live/edge/life.h"

/* What the profile says of the work so far; sensors that don't count a domain leave that to it. */
static void count(struct life *life)
{
    pthread_mutex_lock(&life->lock);
    dvfo_counters_read(&life->modelled, life->charges.charged_s, life->charges.busy_s);
    pthread_mutex_unlock(&life->lock);
}

double dvfo_life_charge(struct life *life, const struct dvfo_work *work, dvfo_cause cause, struct dvfo_request *request)
{
    int held[DVFO_DOMAINS];
    memcpy(held, life->charges.device.level, sizeof held);
    pthread_mutex_lock(&life->lock);
    life->charges.thought_s += life->thought_s;
    life->thought_s = 0.0;
    pthread_mutex_unlock(&life->lock);
    const double to_s = dvfo_charges_charge(&life->charges, work, cause, request);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        if (life->charges.device.level[d] != held[d]) {
            dvfo_narrator_clock(&life->narrator, (dvfo_domain)d, held[d], to_s);
        }
    }
    count(life);
    return to_s;
}

static double charge_device(struct life *life, const struct dvfo_work *work, dvfo_cause cause, const char *name)
{
    const double from_s = life->charges.charged_s;
    const double to_s = dvfo_life_charge(life, work, cause, &life->request);
    if (name != NULL) {
        dvfo_narrator_span(&life->narrator, DVFO_TRACK_DEVICE, name, from_s, to_s, life->request.index);
    }
    return to_s;
}

double dvfo_life_charge_stage(struct life *life, dvfo_stage stage, int index, const char *name)
{
    const struct dvfo_work work = dvfo_scenario_work(life->scenario, stage, index, life->charges.device.level);
    return charge_device(life, &work, DVFO_CAUSE_COMPUTE, name);
}

double dvfo_life_charge_head(struct life *life)
{
    const int *level = life->charges.device.level;
    struct dvfo_work both = dvfo_scenario_work(life->scenario, DVFO_STAGE_HEAD, 0, level);
    const struct dvfo_work attention = dvfo_scenario_work(life->scenario, DVFO_STAGE_ATTENTION, 0, level);
    both.time_s += attention.time_s;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        both.busy.s[d] += attention.busy.s[d];
    }
    return charge_device(life, &both, DVFO_CAUSE_COMPUTE, "head and attention");
}

double dvfo_life_charge_cpu(struct life *life, dvfo_cause cause, const char *name)
{
    static const struct dvfo_work one_core = {.time_s = 1.0, .busy = {.s = {[DVFO_CPU] = 1.0}}};
    return charge_device(life, &one_core, cause, name);
}

double dvfo_life_charge_wait(struct life *life)
{
    return dvfo_life_charge(life, NULL, DVFO_CAUSE_WAIT, &life->request);
}
