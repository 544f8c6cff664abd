#include "bench/columns.h"

#include <math.h>
#include <stddef.h>

#include "sim/base/units.h"

static const char *board(const struct dvfo_trial *t)
{
    return t->scenario.board->name;
}

static const char *network(const struct dvfo_trial *t)
{
    return t->scenario.network->name;
}

static const char *trace(const struct dvfo_trial *t)
{
    return t->trace->name;
}

static const char *runtime(const struct dvfo_trial *t)
{
    return t->scenario.runtime->name;
}

static const char *precision(const struct dvfo_trial *t)
{
    return t->scenario.runtime->precision;
}

static const char *variant(const struct dvfo_trial *t)
{
    return t->scenario.network->variant;
}

static const char *split(const struct dvfo_trial *t)
{
    return t->scenario.network->layers[t->scenario.network->split].name;
}

static const char *arrivals(const struct dvfo_trial *t)
{
    static const char *const names[] = {"closed", "periodic", "poisson"};
    return names[t->workload.arrivals];
}

/* Which trace time a request meets. */
static const char *trace_time(const struct dvfo_trial *t)
{
    return t->paired && t->workload.arrivals == DVFO_CLOSED ? "paired" : "running";
}

static const char *cloud(const struct dvfo_trial *t)
{
    return t->scenario.cloud->name;
}

static const char *accuracy_profile(const struct dvfo_trial *t)
{
    return t->scenario.accuracy != NULL ? t->scenario.accuracy->text[DVFO_ACCURACY_NAME] : "none";
}

static const char *energy_from(const struct dvfo_trial *t)
{
    return dvfo_energy_source_name(t->results.energy_source);
}

static const char *selection(const struct dvfo_trial *t)
{
    return dvfo_selection_name(dvfo_scenario_selection(&t->scenario));
}

static const char *payload(const struct dvfo_trial *t)
{
    return dvfo_coding_name(t->scenario.payload);
}

static const char *layer_payload(const struct dvfo_trial *t)
{
    return t->scenario.layer_int8 ? "int8" : "float";
}

/* The board's clocks are means of a few exact ones: a kilohertz is as fine as they are. */
static double mean_mhz(const struct dvfo_trial *t, dvfo_domain domain)
{
    return round(t->results.hz[domain] / DVFO_HZ_PER_KHZ) / 1e3;
}

static const char *composition(const struct dvfo_trial *t)
{
    return t->scenario.composition == DVFO_PARALLEL ? "parallel" : "serial";
}

static const char *tail(const struct dvfo_trial *t)
{
    static const char *const names[] = {"shapes", "linear", "width"};
    return names[t->scenario.tail_rule];
}

/* X(function, expression): one number of a trial. */
#define NUMBER_LIST(X)                                                                                                 \
    X(requests, (double)t->results.requests)                                                                           \
    X(energy_j, t->results.energy_j)                                                                                   \
    X(latency_s, t->results.latency_s)                                                                                 \
    X(latency_p50_s, t->results.latency_p50_s)                                                                         \
    X(latency_p95_s, t->results.latency_p95_s)                                                                         \
    X(latency_p99_s, t->results.latency_p99_s)                                                                         \
    X(power_w, t->results.power_w)                                                                                     \
    X(cost_j, t->results.cost_j)                                                                                       \
    X(accuracy, t->results.accuracy)                                                                                   \
    X(accuracy_loss, t->results.accuracy_loss)                                                                         \
    X(accuracy_floor,                                                                                                  \
      t->scenario.accuracy == NULL || isinf(t->scenario.accuracy_floor) ? (double)NAN : t->scenario.accuracy_floor)    \
    X(share, t->results.share)                                                                                         \
    X(uplink_bytes, t->results.uplink_byte)                                                                            \
    X(cpu_mhz, mean_mhz(t, DVFO_CPU))                                                                                  \
    X(gpu_mhz, mean_mhz(t, DVFO_GPU))                                                                                  \
    X(mem_mhz, mean_mhz(t, DVFO_MEM))                                                                                  \
    X(module_power_w, t->results.module_power_w)                                                                       \
    X(radio_j, t->results.rail_j[t->results.rails - 1] / (double)(t->results.requests > 0 ? t->results.requests : 1))  \
    X(energy_low_j, t->results.energy_j - 0.5 * radio_j(t))                                                            \
    X(energy_high_j, t->results.energy_j + radio_j(t))                                                                 \
    X(gap_j, t->results.gap_j / (double)(t->results.requests > 0 ? t->results.requests : 1))                           \
    X(timeouts, (double)t->results.timeouts)                                                                           \
    X(time_s, t->results.time_s)                                                                                       \
    X(trace_window_s, t->results.trace_window_s)                                                                       \
    X(trace_mean_mbps, t->results.trace_mean_bps / DVFO_BPS_PER_MBPS)                                                  \
    X(arrival_rate_hz, t->workload.arrivals == DVFO_CLOSED ? (double)NAN : t->workload.rate_hz)                        \
    X(bits_per_pixel, t->scenario.encode_bit_per_pixel)                                                                \
    X(input_height, (double)t->scenario.network->input.height)                                                         \
    X(thermal, (double)t->thermal)                                                                                     \
    X(temperature_c, t->results.temperature_c)                                                                         \
    X(balance_error, t->results.balance_error)                                                                         \
    X(eta, t->scenario.eta)                                                                                            \
    X(lambda, t->scenario.lambda)                                                                                      \
    X(p_max_w, t->scenario.p_max_w)                                                                                    \
    X(rtt_s, t->scenario.rtt_s)                                                                                        \
    X(timeout_s, t->scenario.timeout_s)                                                                                \
    X(seed, (double)t->seed)

#define NUMBER_FUNCTION(name, expression)                                                                              \
    static double name(const struct dvfo_trial *t)                                                                     \
    {                                                                                                                  \
        return expression;                                                                                             \
    }
NUMBER_LIST(NUMBER_FUNCTION)
#undef NUMBER_FUNCTION

const struct dvfo_trial_column dvfo_trial_columns[] = {
    {"board", "1", "board", 0, true, false, NULL, board},
    {"network", "1", "network", 0, true, false, NULL, network},
    {"policy", "1", "policy", 0, true, false, NULL, NULL},
    {"trace", "1", "trace of the link", 0, false, false, NULL, trace},
    {"requests", "1", "requests that ended", 7, false, false, requests, NULL},
    {"energy_j", "J", "energy per request, total / requests, gap included", 4, true, false, energy_j, NULL},
    {"latency_s", "s", "mean end-to-end latency", 4, true, false, latency_s, NULL},
    {"latency_p50_s", "s", "median latency", 4, false, false, latency_p50_s, NULL},
    {"latency_p95_s", "s", "95th percentile of latency", 4, true, false, latency_p95_s, NULL},
    {"latency_p99_s", "s", "99th percentile of latency", 4, false, false, latency_p99_s, NULL},
    {"power_w", "W", "energy of the whole device / time", 4, true, false, power_w, NULL},
    {"cost_j", "J", "eta * energy + (1 - eta) * p_max * latency", 4, true, false, cost_j, NULL},
    {"accuracy", "1", "share of inputs that the network of the accuracy profile got right", 4, true, true, accuracy,
     NULL},
    {"accuracy_loss", "points", "percentage points below the full network on the same inputs", 3, true, true,
     accuracy_loss, NULL},
    {"share", "1", "mean share of feature maps or input that was sent", 3, true, false, share, NULL},
    {"uplink_bytes", "byte", "bytes sent per request", 5, false, false, uplink_bytes, NULL},
    {"cpu_mhz", "MHz", "time-weighted mean CPU clock", 5, true, false, cpu_mhz, NULL},
    {"gpu_mhz", "MHz", "time-weighted mean GPU clock", 5, true, false, gpu_mhz, NULL},
    {"mem_mhz", "MHz", "time-weighted mean memory clock", 5, true, false, mem_mhz, NULL},
    {"module_power_w", "W", "mean power of the module, radio not included", 4, false, false, module_power_w, NULL},
    {"radio_j", "J", "energy of the radio per request", 4, false, false, radio_j, NULL},
    {"energy_low_j", "J", "energy_j at half the assumed radio power", 4, false, false, energy_low_j, NULL},
    {"energy_high_j", "J", "energy_j at double the assumed radio power", 4, false, false, energy_high_j, NULL},
    {"gap_j", "J", "energy per request while none was there", 4, false, false, gap_j, NULL},
    {"timeouts", "1", "requests that ended locally after a timeout", 7, false, false, timeouts, NULL},
    {"time_s", "s", "simulated time", 5, false, false, time_s, NULL},
    {"trace_window_s", "s", "stretch of the trace that was met", 4, false, false, trace_window_s, NULL},
    {"trace_mean_mbps", "Mbit/s", "mean rate of the trace over that stretch", 4, false, false, trace_mean_mbps, NULL},
    {"trace_time", "1", "paired (see above), or running with the time", 0, false, false, NULL, trace_time},
    {"arrivals", "1", "closed, periodic or poisson", 0, false, false, NULL, arrivals},
    {"arrival_rate_hz", "Hz", "rate of open arrivals (empty: closed loop)", 4, false, false, arrival_rate_hz, NULL},
    {"thermal", "1", "1: the temperature caps clocks", 1, false, false, thermal, NULL},
    {"temperature_c", "degC", "temperature at the end (empty: thermal model off)", 4, false, false, temperature_c,
     NULL},
    {"balance_error", "1", "disagreement of energy by rail, cause, owner", 2, false, false, balance_error, NULL},
    {"eta", "1", "weight of energy in the cost", 3, false, false, eta, NULL},
    {"lambda", "1", "fusion weight of the local answer", 3, false, false, lambda, NULL},
    {"p_max_w", "W", "P_max of the cost", 4, false, false, p_max_w, NULL},
    {"rtt_s", "s", "round trip to the cloud", 3, false, false, rtt_s, NULL},
    {"timeout_s", "s", "timeout of the remote path", 3, false, false, timeout_s, NULL},
    {"runtime", "1", "inference runtime of the profile", 0, false, false, NULL, runtime},
    {"precision", "1", "precision of the profile", 0, false, false, NULL, precision},
    {"input", "1", "input variant of the network", 0, false, false, NULL, variant},
    {"input_height", "1", "height of the input [px], or steps of a sequence", 4, false, false, input_height, NULL},
    {"split_layer", "1", "layer after which feature maps are split", 0, false, false, NULL, split},
    {"composition", "1", "local tail and remote path", 0, false, false, NULL, composition},
    {"tail_rule", "1", "cost rule of the local tail", 0, false, false, NULL, tail},
    {"accuracy_profile", "1", "where accuracy comes from", 0, false, true, NULL, accuracy_profile},
    {"accuracy_floor", "points", "most loss expected of an action (empty: none)", 3, false, true, accuracy_floor, NULL},
    {"payload", "1", "how feature maps are coded that a split sends", 0, false, false, NULL, payload},
    {"layer_payload", "1", "what a layer split sends, int8 or float", 0, false, false, NULL, layer_payload},
    {"selection", "1", "how the channels are chosen that are sent", 0, false, true, NULL, selection},
    {"bits_per_pixel", "bit", "of an encoded input image", 3, false, false, bits_per_pixel, NULL},
    {"cloud", "1", "cloud server", 0, false, false, NULL, cloud},
    {"energy_from", "1", "simulated; in a live world measured or modelled", 0, false, false, NULL, energy_from},
    {"seed", "1", "seed of all random streams", 10, false, false, seed, NULL},
    {0},
};

#define ROW(member) offsetof(struct dvfo_request_row, member)

const struct dvfo_request_column dvfo_request_columns[] = {
    {"request", "1", "index of the request within its trial", DVFO_COLUMN_LONG, ROW(request)},
    {"arrival_s", "s", "time of arrival", DVFO_COLUMN_DOUBLE, ROW(arrival_s)},
    {"start_s", "s", "time at which the device takes it up", DVFO_COLUMN_DOUBLE, ROW(start_s)},
    {"end_s", "s", "time at which it ends", DVFO_COLUMN_DOUBLE, ROW(end_s)},
    {"latency_s", "s", "end - arrival", DVFO_COLUMN_DOUBLE, ROW(latency_s)},
    {"energy_j", "J", "energy of the device while it works or waits for this request", DVFO_COLUMN_DOUBLE,
     ROW(energy_j)},
    {"cost_j", "J", "cost of Eq. (9)", DVFO_COLUMN_DOUBLE, ROW(cost_j)},
    {"place", "1", "where it was computed", DVFO_COLUMN_PLACE, ROW(place)},
    {"share", "1", "share of the feature maps, or of the input, that was sent", DVFO_COLUMN_DOUBLE, ROW(share)},
    {"cut", "1", "index of the layer whose activation was sent, -1 otherwise", DVFO_COLUMN_INT, ROW(cut)},
    {"uplink_bytes", "byte", "bytes sent", DVFO_COLUMN_DOUBLE, ROW(uplink_byte)},
    {"send_s", "s", "time on the link, queueing included", DVFO_COLUMN_DOUBLE, ROW(send_s)},
    {"trace_s", "s", "time of the trace at which the device took it up", DVFO_COLUMN_DOUBLE, ROW(trace_s)},
    {"rate_bps", "bit/s", "mean rate its bytes met (NaN: nothing sent to the end)", DVFO_COLUMN_DOUBLE, ROW(rate_bps)},
    {"timed_out", "1", "1: ended locally after a timeout", DVFO_COLUMN_BOOL, ROW(timed_out)},
    {"accuracy", "1", "1: the answer was right (NaN: no accuracy profile)", DVFO_COLUMN_DOUBLE, ROW(accuracy)},
    {"energy_measured", "1", "1: energy_j was measured by the board's sensors, 0: modelled or simulated",
     DVFO_COLUMN_BOOL, ROW(measured)},
    {"cpu_hz", "Hz", "CPU clock decided for it", DVFO_COLUMN_DOUBLE, ROW(hz[DVFO_CPU])},
    {"gpu_hz", "Hz", "GPU clock decided for it", DVFO_COLUMN_DOUBLE, ROW(hz[DVFO_GPU])},
    {"mem_hz", "Hz", "memory clock decided for it", DVFO_COLUMN_DOUBLE, ROW(hz[DVFO_MEM])},
    {0},
};

const char *dvfo_trial_rail_name(const struct dvfo_trial *trial, size_t rail)
{
    const struct dvfo_board *board = trial->scenario.board;
    return rail < board->rail_count ? board->rail[rail].name : rail == board->rail_count ? "other" : "radio";
}
