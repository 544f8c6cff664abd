#include "sim/narrator.h"

#include <string.h>

#include "sim/base/units.h"

static bool tells_spans(const struct dvfo_narrator *narrator)
{
    return narrator->probe != NULL && narrator->probe->span != NULL;
}

void dvfo_narrator_span(const struct dvfo_narrator *narrator, dvfo_track track, const char *name, double begin_s,
                        double end_s, long request)
{
    if (tells_spans(narrator) && end_s > begin_s) {
        narrator->probe->span(narrator->probe->user, track, name, begin_s, end_s, request);
    }
}

void dvfo_narrator_counter(const struct dvfo_narrator *narrator, dvfo_counter counter, double time_s, double value)
{
    if (narrator->probe != NULL && narrator->probe->counter != NULL) {
        narrator->probe->counter(narrator->probe->user, counter, time_s, value);
    }
}

void dvfo_narrator_clock(struct dvfo_narrator *narrator, dvfo_domain domain, int level, double now_s)
{
    if (!tells_spans(narrator)) {
        return;
    }
    char name[32];
    snprintf(name, sizeof name, "%.0f MHz", narrator->board->clock[domain].level_hz[level] / DVFO_HZ_PER_MHZ);
    const dvfo_track track = (dvfo_track)(DVFO_TRACK_CPU_CLOCK + (int)domain);
    dvfo_narrator_span(narrator, track, name, narrator->clock_since_s[domain], now_s, -1);
    narrator->clock_since_s[domain] = now_s;
}

static void tell_decision(const struct dvfo_narrator *narrator, double now_s)
{
    const struct dvfo_decision *decided = &narrator->decided;
    char name[48];
    if (decided->place == DVFO_PLACE_SPLIT) {
        snprintf(name, sizeof name, "split, %d %% sent", 10 * decided->share_tenths);
    } else if (decided->place == DVFO_PLACE_LAYER) {
        snprintf(name, sizeof name, "layer cut %d", decided->cut);
    } else if (decided->place == DVFO_PLACE_APPEAL) {
        snprintf(name, sizeof name, "appeal below %.3f", decided->appeal_below);
    } else {
        snprintf(name, sizeof name, "%s", dvfo_place_name(decided->place));
    }
    dvfo_narrator_span(narrator, DVFO_TRACK_AGENT, name, narrator->decided_since_s, now_s, -1);
}

void dvfo_narrator_decide(struct dvfo_narrator *narrator, const struct dvfo_decision *decision, double now_s)
{
    if (tells_spans(narrator)) {
        tell_decision(narrator, now_s);
        narrator->decided_since_s = now_s;
        narrator->decided = *decision;
    }
}

void dvfo_narrator_request(const struct dvfo_narrator *narrator, const struct dvfo_scenario *scenario,
                           const struct dvfo_request *request, double latency_s, double cost_j, double now_s)
{
    if (narrator->probe == NULL || narrator->probe->request == NULL) {
        return;
    }
    const struct dvfo_decision *decision = &request->decision;
    const struct dvfo_clocks clocks = dvfo_scenario_clocks(scenario, decision->level);
    const int *cuts = dvfo_scenario_def_of(scenario)->network->cuts;
    struct dvfo_request_row row = {
        .request = request->index,
        .arrival_s = request->arrival_s,
        .start_s = request->start_s,
        .end_s = now_s,
        .latency_s = latency_s,
        .energy_j = request->energy_j,
        .cost_j = cost_j,
        .place = decision->place,
        .share = dvfo_request_share(request),
        .cut = decision->place == DVFO_PLACE_LAYER ? cuts[decision->cut] : -1,
        .uplink_byte = request->uplink_byte,
        .send_s = request->send_s,
        .trace_s = request->start_s + request->trace_offset_s,
        .rate_bps = request->rate_bps,
        .timed_out = request->remote == DVFO_REMOTE_GIVEN_UP,
        .accuracy = request->right,
        .measured = request->measured,
    };
    memcpy(row.hz, clocks.hz, sizeof row.hz);
    narrator->probe->request(narrator->probe->user, &row);
}

void dvfo_narrator_end(struct dvfo_narrator *narrator, const int level[DVFO_DOMAINS], double now_s)
{
    if (!tells_spans(narrator)) {
        return;
    }
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        dvfo_narrator_clock(narrator, (dvfo_domain)d, level[d], now_s);
    }
    tell_decision(narrator, now_s);
}
