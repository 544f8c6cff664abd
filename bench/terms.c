#include "bench/terms.h"

#include <math.h>
#include <string.h>

#include "sim/base/units.h"

static const char *tail_name(dvfo_tail_rule rule)
{
    static const char *const names[] = {"shapes", "linear", "width"};
    return names[rule];
}

/* As measured, unless the board's file says otherwise: a machine without a power sensor has none measured. */
static const char *p_max_basis(const struct dvfo_setting *setting, const struct dvfo_board *board)
{
    return setting->p_max == NULL || strcmp(setting->p_max, "measured") == 0
               ? dvfo_standing_name(board->p_max_w.standing)
           : strcmp(setting->p_max, "nameplate") == 0 ? "nameplate"
                                                      : "as given";
}

static void print_range(const struct dvfo_board *board, dvfo_domain domain, const char *name, FILE *file)
{
    const struct dvfo_clock_domain *clock = &board->clock[domain];
    const double low_hz = fmax(clock->calibrated_min_hz, clock->level_hz[0]);
    const double high_hz = fmin(clock->calibrated_max_hz, clock->level_hz[clock->level_count - 1]);
    fprintf(file, "%s %.0f-%.0f", name, low_hz / DVFO_HZ_PER_MHZ, high_hz / DVFO_HZ_PER_MHZ);
}

void dvfo_met_add(struct dvfo_met *met, const struct dvfo_trial_results *results)
{
    const double window_s = results->trace_window_s, mean_bps = results->trace_mean_bps;
    if (isnan(mean_bps)) {
        return; /* there was no trace */
    }
    met->least_s = met->any ? fmin(met->least_s, window_s) : window_s;
    met->most_s = met->any ? fmax(met->most_s, window_s) : window_s;
    met->least_bps = met->any ? fmin(met->least_bps, mean_bps) : mean_bps;
    met->most_bps = met->any ? fmax(met->most_bps, mean_bps) : mean_bps;
    met->any = true;
}

static void print_rounded(double value, FILE *file)
{
    fprintf(file, value >= 1000.0 ? "%.0f" : "%.3g", value);
}

/* "0.0093 s" or "5.2 to 35 s" */
static void print_span(double least, double most, const char *unit, FILE *file)
{
    if (most - least > 0.005 * most) {
        print_rounded(least, file);
        fputs(" to ", file);
    }
    print_rounded(most, file);
    fprintf(file, " %s", unit);
}

static void print_met(const struct dvfo_met *met, double from_s, FILE *file)
{
    if (met->any) {
        fputs(from_s > 0.0 ? "; met " : "; met the first ", file);
        print_span(met->least_s, met->most_s, "s", file);
        fputs(" of the trace", file);
        if (from_s > 0.0) {
            fprintf(file, " from %g s on", from_s);
        }
        fputs(", mean ", file);
        print_span(met->least_bps / DVFO_BPS_PER_MBPS, met->most_bps / DVFO_BPS_PER_MBPS, "Mbit/s", file);
    }
}

/* What a board's rows rest on. Boards are ranked against each other only where runtime and precision match. */
static void print_board_conditions(const struct dvfo_setting *setting, const struct dvfo_trial *trial,
                                   const struct dvfo_met *met, int width, FILE *file)
{
    const struct dvfo_scenario_def *def = &trial->scenario;
    fprintf(file, "  %-*s  profile %s %s; P_max %.4g W (%s); agents choose ", width, def->board->name,
            def->runtime->name, def->runtime->precision, def->p_max_w, p_max_basis(setting, def->board));
    print_range(def->board, DVFO_CPU, "CPU", file);
    print_range(def->board, DVFO_GPU, ", GPU", file);
    print_range(def->board, DVFO_MEM, ", memory", file);
    fputs(" MHz", file);
    print_met(met, trial->trace_from_s, file);
    fputc('\n', file);
}

static void print_network_conditions(const struct dvfo_network *network, int width, FILE *file)
{
    fprintf(file, "  %-*s  input %s %ldx%ldx%ld, split after %s\n", width, network->name, network->variant,
            network->input.channels, network->input.height, network->input.width, network->layers[network->split].name);
}

/* Options that change the results and don't stand elsewhere. */
static void print_rules(const struct dvfo_setting *setting, bool simulated, FILE *file)
{
    static const char *const arrivals[] = {"closed loop", "periodic arrivals", "Poisson arrivals"};
    const struct dvfo_trial *base = &setting->base;
    const struct dvfo_scenario_def *def = &base->scenario;
    const bool closed = base->workload.arrivals == DVFO_CLOSED;
    const bool meets_trace = simulated || strcmp(setting->opened_trace->format, "live") != 0;
    fprintf(file, "\ntrace %s; %ld requests, %s", setting->opened_trace->name, base->workload.requests,
            arrivals[base->workload.arrivals]);
    if (closed && meets_trace) {
        fputs(base->paired ? ", paired with the trace" : ", free-running", file);
    } else if (!closed) {
        fprintf(file, " at %g per second", base->workload.rate_hz);
    }
    fprintf(file, "; eta %g, lambda %g; seed %llu\n", def->eta, def->lambda, (unsigned long long)base->seed);
    if (simulated) {
        fprintf(
            file,
            "composition %s, tail %s; cloud %s, RTT %g ms, timeout %g s; encoded images %g bit per pixel; layer splits "
            "send "
            "%s%s%s\n",
            def->composition == DVFO_PARALLEL ? "parallel" : "serial", tail_name(def->tail_rule),
            setting->cloud_profile->name, 1e3 * def->rtt_s, def->timeout_s, def->encode_bit_per_pixel,
            def->layer_int8 ? "int8" : "float", base->thermal ? "; temperature caps clocks" : "",
            setting->accuracy_profile == NULL ? "; no accuracy floor (no accuracy profile)" : "");
        dvfo_setting_print_accuracy(setting, file);
        dvfo_setting_print_variants(setting, file);
    } else {
        fprintf(file, "composition %s; timeout %g s\n", def->composition == DVFO_PARALLEL ? "parallel" : "serial",
                def->timeout_s);
    }
}

/* Does a policy say of itself that deciding takes time? */
static bool any_thinks(const struct dvfo_setting *setting)
{
    bool thinks = false;
    for (size_t i = 0; i < setting->policy_count; i++) {
        thinks |= setting->policy[i]->decision_cycles != NULL;
    }
    return thinks;
}

/* How long decisions take, if they do, Eq. (10). */
static void print_decisions(const struct dvfo_setting *setting, bool simulated, FILE *file)
{
    const struct dvfo_trial *base = &setting->base;
    const char *mode = base->mode == DVFO_BLOCKING ? "blocking" : "concurrent";
    if (!simulated && any_thinks(setting)) {
        fprintf(file, "learned policies decide on a core of their own, as long as it takes, %s\n", mode);
        return;
    }
    if (base->decision_share > 0.0) {
        fprintf(file, "decisions take %g %% of an edge-only request at top clocks, %s\n", 100.0 * base->decision_share,
                mode);
    } else if (base->decision_s > 0.0) {
        fprintf(file, "decisions take %g ms at the CPU's top clock, %s\n", 1e3 * base->decision_s, mode);
    } else if (base->decision_own && any_thinks(setting)) {
        fprintf(file, "learned policies decide on one CPU core, as long as their network takes (assumed cycles), %s\n",
                mode);
    }
}

/* Where costs come from, if not from the boards' files as they stand. */
static void print_profiles(const struct dvfo_setting *setting, FILE *file)
{
    if (!setting->base.scenario.attention) {
        fputs("no attention module: channels to send are chosen by chance, accuracy is that of a random selection\n",
              file);
    }
    for (size_t i = 0; i < setting->profile_count; i++) {
        const struct dvfo_layer_profile *profile = setting->profile[i];
        fprintf(file, "  layers of %s on %s from %s: times of the GPU %s, %zu points of clocks (%s)\n",
                profile->network, profile->board, profile->path, dvfo_standing_name(profile->gpu_s.standing),
                profile->points, profile->program);
    }
    for (size_t i = 0; i < setting->board_count && setting->assume != NULL; i++) {
        fprintf(file, "  assumptions of %s: %s, %zu coefficient%s changed\n", setting->board[i]->name, setting->assume,
                setting->assumed[i], setting->assumed[i] == 1 ? "" : "s");
    }
}

static int widest_name(const struct dvfo_setting *setting)
{
    size_t width = 0;
    for (size_t i = 0; i < setting->board_count; i++) {
        const size_t length = strlen(setting->board[i]->name);
        width = length > width ? length : width;
    }
    for (size_t i = 0; i < setting->network_count; i++) {
        const size_t length = strlen(setting->network[i]->name);
        width = length > width ? length : width;
    }
    return (int)width;
}

dvfo_status dvfo_terms_print(struct dvfo_ctx *ctx, const struct dvfo_setting *setting, const struct dvfo_met *met,
                             bool simulated, FILE *file)
{
    const int width = widest_name(setting);
    print_rules(setting, simulated, file);
    for (size_t i = 0; i < setting->network_count; i++) {
        print_network_conditions(setting->network[i], width, file);
    }
    for (size_t i = 0; i < setting->board_count; i++) {
        struct dvfo_trial trial;
        DVFO_TRY(dvfo_setting_trial(ctx, setting, i * setting->network_count * setting->policy_count, &trial));
        print_board_conditions(setting, &trial, &met[i], width, file);
    }
    print_decisions(setting, simulated, file);
    print_profiles(setting, file);
    return DVFO_OK;
}

void dvfo_terms_write(const struct dvfo_setting *setting, FILE *text)
{
    const struct dvfo_trial *t = &setting->base;
    const struct dvfo_scenario_def *d = &t->scenario;
    static const char *const arrivals[] = {"closed", "periodic", "poisson"};
    fprintf(text,
            "boards: %s\nnetworks: %s\npolicies: %s\ntrace: %s\nruntime: %s\nprecision: %s\ninput_px: %ld\n"
            "variant: %s\ncloud: %s\nrequests: %ld\narrivals: %s\nrate_hz: %.17g\nseed: %llu\npaired: %d\nthermal: %d\n"
            "eta: %.17g\nlambda: %.17g\np_max: %s\ncomposition: %s\ntail_rule: %s\ntail_width_steps: %d\n"
            "layer_int8: %d\ntimeout_s: %.17g\nrtt_s: %.17g\nheader_byte: %.17g\nencode_bit_per_pixel: %.17g\n"
            "encode_cycle_per_pixel: %.17g\nspeech_bps: %.17g\nquantise_cycle_per_element: %.17g\n"
            "fuse_cycle_per_element: %.17g\n",
            setting->boards, setting->networks, setting->policies, setting->trace,
            setting->runtime != NULL ? setting->runtime : "default",
            setting->precision != NULL ? setting->precision : "default", setting->input_px,
            setting->variant != NULL ? setting->variant : "default", setting->cloud, t->workload.requests,
            arrivals[t->workload.arrivals], t->workload.rate_hz, (unsigned long long)t->seed, t->paired, t->thermal,
            d->eta, d->lambda, setting->p_max != NULL ? setting->p_max : "measured",
            d->composition == DVFO_PARALLEL ? "parallel" : "serial", tail_name(d->tail_rule), d->tail_width_steps,
            d->layer_int8, d->timeout_s, d->rtt_s, d->header_byte, d->encode_bit_per_pixel, d->encode_cycle_per_pixel,
            d->speech_bps, d->quantise_cycle_per_element, d->fuse_cycle_per_element);
    if (t->decision_s > 0.0 || t->decision_share > 0.0) {
        fprintf(text, "decision_s: %.17g\ndecision_share: %.17g\n", t->decision_s, t->decision_share);
    }
    if (t->decision_s > 0.0 || t->decision_share > 0.0 || any_thinks(setting)) {
        fprintf(text, "mode: %s\n", t->mode == DVFO_BLOCKING ? "blocking" : "concurrent");
    }
    if (setting->layers != NULL) {
        fprintf(text, "layers: %s\n", setting->layers);
    }
    if (!d->attention) {
        fprintf(text, "attention: none\n");
    }
    dvfo_setting_write_variants(setting, text);
    if (setting->accuracy_profile != NULL) {
        fprintf(text, "accuracy: %s\naccuracy_floor: %.17g\n", setting->accuracy_profile->text[DVFO_ACCURACY_NAME],
                d->accuracy_floor);
    }
    if (setting->assume != NULL) {
        fprintf(text, "assume: %s\n", setting->assume);
    }
}
