#include "sim/request.h"

const char *dvfo_request_step_name(dvfo_request_step step)
{
    static const char *const names[] = {
#define DVFO_STEP_NAME(name, text) text,
        DVFO_STEP_LIST(DVFO_STEP_NAME)
#undef DVFO_STEP_NAME
    };
    return names[step];
}

void dvfo_requests_init(struct dvfo_requests *requests)
{
    *requests =
        (struct dvfo_requests){.free_slot = DVFO_NO_REQUEST, .oldest = DVFO_NO_REQUEST, .newest = DVFO_NO_REQUEST};
}

void dvfo_requests_free(struct dvfo_requests *requests)
{
    free(requests->slot);
    free(requests->ready);
    dvfo_requests_init(requests);
}

static bool grow(struct dvfo_requests *requests)
{
    const uint32_t size = requests->size == 0 ? 16 : 2 * requests->size;
    struct dvfo_request *slot = realloc(requests->slot, size * sizeof *slot);
    if (slot == NULL) {
        return false;
    }
    requests->slot = slot;
    uint32_t *ready = realloc(requests->ready, size * sizeof *ready);
    if (ready == NULL) {
        return false;
    }
    requests->ready = ready;
    for (uint32_t i = requests->size; i < size; i++) {
        slot[i].newer = i + 1 < size ? i + 1 : DVFO_NO_REQUEST; /* free ones hang on `newer` */
    }
    requests->free_slot = requests->size;
    requests->size = size;
    return true;
}

uint32_t dvfo_requests_add(struct dvfo_requests *requests, const struct dvfo_request *request)
{
    if (requests->free_slot == DVFO_NO_REQUEST && !grow(requests)) {
        return DVFO_NO_REQUEST;
    }
    const uint32_t slot = requests->free_slot;
    struct dvfo_request *added = &requests->slot[slot];
    requests->free_slot = added->newer;
    *added = *request;
    added->older = requests->newest;
    added->newer = DVFO_NO_REQUEST;
    if (requests->newest != DVFO_NO_REQUEST) {
        requests->slot[requests->newest].newer = slot;
    } else {
        requests->oldest = slot;
    }
    requests->newest = slot;
    requests->count++;
    return slot;
}

void dvfo_requests_remove(struct dvfo_requests *requests, uint32_t slot)
{
    struct dvfo_request *removed = &requests->slot[slot];
    if (removed->older != DVFO_NO_REQUEST) {
        requests->slot[removed->older].newer = removed->newer;
    } else {
        requests->oldest = removed->newer;
    }
    if (removed->newer != DVFO_NO_REQUEST) {
        requests->slot[removed->newer].older = removed->older;
    } else {
        requests->newest = removed->older;
    }
    removed->newer = requests->free_slot;
    requests->free_slot = slot;
    requests->count--;
}

static bool is_older(const struct dvfo_requests *requests, uint32_t a, uint32_t b)
{
    return requests->slot[a].index < requests->slot[b].index;
}

void dvfo_requests_queue(struct dvfo_requests *requests, uint32_t slot)
{
    DVFO_REQUIRE(requests->ready_count < requests->size);
    uint32_t place = requests->ready_count++;
    while (place > 0 && is_older(requests, slot, requests->ready[(place - 1) / 2])) {
        requests->ready[place] = requests->ready[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    requests->ready[place] = slot;
}

uint32_t dvfo_requests_next(struct dvfo_requests *requests)
{
    if (requests->ready_count == 0) {
        return DVFO_NO_REQUEST;
    }
    const uint32_t first = requests->ready[0], last = requests->ready[--requests->ready_count];
    uint32_t place = 0;
    for (uint32_t child = 1; child < requests->ready_count; child = 2 * place + 1) {
        if (child + 1 < requests->ready_count &&
            is_older(requests, requests->ready[child + 1], requests->ready[child])) {
            child++;
        }
        if (is_older(requests, last, requests->ready[child])) {
            break;
        }
        requests->ready[place] = requests->ready[child];
        place = child;
    }
    requests->ready[place] = last;
    return first;
}

dvfo_request_step dvfo_request_first_step(dvfo_place place)
{
    static const dvfo_request_step first[DVFO_PLACE_COUNT] = {
        [DVFO_PLACE_EDGE] = DVFO_STEP_FULL,     [DVFO_PLACE_SPLIT] = DVFO_STEP_HEAD,
        [DVFO_PLACE_LAYER] = DVFO_STEP_PREFIX,  [DVFO_PLACE_CLOUD] = DVFO_STEP_PREPARE,
        [DVFO_PLACE_APPEAL] = DVFO_STEP_LITTLE,
    };
    return first[place];
}

static struct dvfo_job network_job(dvfo_stage stage, int index)
{
    return (struct dvfo_job){.stage = stage, .index = index};
}

static struct dvfo_job cpu_job(double cycles)
{
    return (struct dvfo_job){.on_cpu = true, .cycles = cycles};
}

static struct dvfo_job rest_job(const struct dvfo_decision *decision)
{
    return decision->place == DVFO_PLACE_SPLIT   ? network_job(DVFO_STAGE_TAIL, 0)
           : decision->place == DVFO_PLACE_LAYER ? network_job(DVFO_STAGE_SUFFIX, decision->cut)
                                                 : network_job(DVFO_STAGE_FULL, 0);
}

struct dvfo_job dvfo_request_job(const struct dvfo_scenario *scenario, const struct dvfo_request *request,
                                 double decision_cycles)
{
    const struct dvfo_decision *decision = &request->decision;
    switch (request->step) {
    case DVFO_STEP_DECIDE:
        return cpu_job(decision_cycles);
    case DVFO_STEP_HEAD:
        return network_job(DVFO_STAGE_HEAD, 0);
    case DVFO_STEP_ATTENTION:
        return network_job(DVFO_STAGE_ATTENTION, 0);
    case DVFO_STEP_PREFIX:
        return network_job(DVFO_STAGE_PREFIX, decision->cut);
    case DVFO_STEP_LITTLE:
        return network_job(DVFO_STAGE_LITTLE, 0);
    case DVFO_STEP_PREPARE:
        return cpu_job(dvfo_scenario_prepare_cycles(scenario, decision));
    case DVFO_STEP_TAIL:
        return network_job(DVFO_STAGE_TAIL, decision->share_tenths);
    case DVFO_STEP_FUSE:
        return cpu_job(dvfo_scenario_fuse_cycles(scenario, decision));
    case DVFO_STEP_REST:
        return rest_job(decision);
    case DVFO_STEP_FULL:
        break;
    }
    return network_job(DVFO_STAGE_FULL, 0);
}

bool dvfo_request_has_tail(const struct dvfo_request *request)
{
    return request->decision.place == DVFO_PLACE_SPLIT && request->decision.share_tenths < DVFO_SHARES - 1;
}

double dvfo_request_share(const struct dvfo_request *request)
{
    switch (request->decision.place) {
    case DVFO_PLACE_EDGE:
        return 0.0;
    case DVFO_PLACE_SPLIT:
        return request->decision.share_tenths / (double)(DVFO_SHARES - 1);
    case DVFO_PLACE_APPEAL:
        return request->appeals ? 1.0 : 0.0;
    case DVFO_PLACE_LAYER:
    case DVFO_PLACE_CLOUD:
    case DVFO_PLACE_COUNT:
        break;
    }
    return 1.0;
}
