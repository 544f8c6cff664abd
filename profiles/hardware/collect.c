#include "profiles/hardware/collect.h"

#include <math.h>
#include <regex.h>
#include <string.h>

#include "profiles/hardware/collect_folder.h"
#include "profiles/hardware/collect_setting.h"
#include "sim/base/nearest.h"
#include "sim/base/text.h"
#include "sim/base/units.h"

struct dvfo_collect_def dvfo_collect_default(void)
{
    return (struct dvfo_collect_def){
        .seconds = 10.0, .batch = 1, .settle_s = 2.0, .timeout_s = 600.0, .sample_s = 0.1, .wait_s = 5.0};
}

void dvfo_collect_result_free(struct dvfo_collect_result *result)
{
    for (size_t i = 0; i < DVFO_COLLECT_MAX_FAILURES; i++) {
        free(result->failure[i]);
    }
    *result = (struct dvfo_collect_result){0};
}

static dvfo_status check_name(struct dvfo_ctx *ctx, const char *option, const char *name)
{
    const bool fits = name == NULL || (name[0] != '\0' && strlen(name) < DVFO_MEASUREMENT_NAME_SIZE &&
                                       strpbrk(name, ",\"\n\r\t ") == NULL);
    return fits
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s is '%.60s', expected a name of at most %d letters without commas",
                           option, name, DVFO_MEASUREMENT_NAME_SIZE - 1);
}

static dvfo_status check_subject(struct dvfo_ctx *ctx, const struct dvfo_collect_def *def)
{
    DVFO_TRY(check_name(ctx, "network", def->network));
    DVFO_TRY(check_name(ctx, "runtime", def->runtime));
    DVFO_TRY(check_name(ctx, "precision", def->precision));
    if (def->network != NULL && (def->runtime == NULL || def->precision == NULL)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--network needs --runtime and --precision: the row says all three");
    }
    if (def->network != NULL && def->command == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--network needs --command: something has to run it");
    }
    return DVFO_OK;
}

static dvfo_status check_latency_line(struct dvfo_ctx *ctx, const char *pattern)
{
    regex_t expression;
    const int failed = regcomp(&expression, pattern, REG_EXTENDED);
    if (failed != 0) {
        char reason[128];
        regerror(failed, &expression, reason, sizeof reason);
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--latency-line '%.80s' is no regular expression: %s", pattern, reason);
    }
    const size_t groups = expression.re_nsub;
    regfree(&expression);
    return groups == 1 ? DVFO_OK
                       : dvfo_fail(ctx, DVFO_BAD_INPUT,
                                   "--latency-line '%.80s' has %zu groups, expected one around the number, as in "
                                   "'median ([0-9.]+) ms'",
                                   pattern, groups);
}

/* {out} is put into a line of the shell as it is. */
static dvfo_status check_folder_name(struct dvfo_ctx *ctx, const char *folder)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./+-@%=:,";
    const size_t fits = strspn(folder, plain);
    if (folder[0] == '\0') {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--out is empty, expected a folder");
    }
    return folder[fits] == '\0' ? DVFO_OK
                                : dvfo_fail(ctx, DVFO_BAD_INPUT,
                                            "--out '%.80s' has '%c' in it, which a shell would not take as it is; "
                                            "choose a plainer name",
                                            folder, folder[fits]);
}

static dvfo_status check_def(struct dvfo_ctx *ctx, const struct dvfo_collect_def *def)
{
    DVFO_TRY(check_folder_name(ctx, def->folder));
    DVFO_TRY(check_subject(ctx, def));
    return def->latency_line != NULL ? check_latency_line(ctx, def->latency_line) : DVFO_OK;
}

/* Rails that this board should have and hasn't, and one look at those it has. */
static dvfo_status check_rails(struct dvfo_ctx *ctx, const struct dvfo_hardware *hardware)
{
    const struct dvfo_hardware_type *type = hardware->type;
    struct dvfo_meter meter = dvfo_meter_begin(hardware);
    DVFO_TRY(dvfo_meter_read(ctx, &meter));
    if (hardware->module_rail == NULL) {
        dvfo_note(ctx, "no rail %s: power_mw stays empty (see 'dvfo board info')", type->module_rail);
    }
    for (size_t i = 0; type->rails[i] != NULL; i++) {
        if (dvfo_meter_rail(&meter, type->rails[i]) == NULL) {
            dvfo_note(ctx, "no rail %s: it is missing in the rails file (see 'dvfo board info')", type->rails[i]);
        }
    }
    return DVFO_OK;
}

/* A network of the user's own is fine; one that is mistyped would be found out much later. */
static void note_unknown_network(struct dvfo_ctx *ctx, const char *network)
{
    char **names = NULL;
    size_t count = 0;
    bool known = network == NULL;
    if (known || dvfo_data_names(NULL, "profiles/networks", ".yaml", &names, &count) != DVFO_OK) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        known = known || strcmp(names[i], network) == 0;
    }
    if (!known) {
        const char *near = dvfo_nearest(network, (const char *const *)names, count);
        dvfo_note(ctx, "network '%s' is not one of 'dvfo list networks'%s%s%s: 'dvfo profile fit' will not know it",
                  network, near != NULL ? "; did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "");
    }
    dvfo_data_names_free(names, count);
}

/* A collection under way. */
struct collection {
    const struct dvfo_collect_def *def;
    struct dvfo_control control;
    struct dvfo_sweep sweep;
    struct dvfo_collect_folder folder;
    struct dvfo_collect_result *result;
};

static void tell(const struct collection *collection, const char *sentence)
{
    const struct dvfo_collect_result *result = collection->result;
    if (collection->def->tell != NULL) {
        collection->def->tell(collection->def->user, result->skipped + result->measured + result->failed, result->total,
                              sentence);
    }
}

static void tell_failure(struct collection *collection, const char *name, const char *message)
{
    char sentence[1200];
    snprintf(sentence, sizeof sentence, "%s: %s", name, message);
    if (collection->result->failed < DVFO_COLLECT_MAX_FAILURES) {
        collection->result->failure[collection->result->failed] = dvfo_text_copy(sentence);
    }
    collection->result->failed++;
    tell(collection, sentence);
}

static void tell_success(struct collection *collection, const char *name, const struct dvfo_collect_reading *reading)
{
    char sentence[256], latency[48] = "", power[48] = "", spread[48] = "";
    if (!isnan(reading->point.latency_s)) {
        snprintf(latency, sizeof latency, " %.5g ms", reading->point.latency_s / DVFO_S_PER_MS);
    }
    if (!isnan(reading->point.power_w)) {
        snprintf(power, sizeof power, " %.4g W", reading->point.power_w);
    }
    if (!isnan(reading->power_spread_w)) {
        snprintf(spread, sizeof spread, " (readings +-%.2g W)", reading->power_spread_w);
    }
    collection->result->measured++;
    collection->result->profiles += reading->profile ? 1 : 0;
    snprintf(sentence, sizeof sentence, "%s:%s%s%s", name, latency, power, spread);
    tell(collection, sentence);
}

/* One setting. @return what ends the collection; DVFO_OK also for a setting that failed alone */
static dvfo_status collect_one(struct dvfo_ctx *ctx, struct collection *collection, const struct dvfo_clocks *setting)
{
    struct dvfo_ctx own = *ctx;
    struct dvfo_collect_reading reading;
    char name[DVFO_SWEEP_NAME_SIZE];
    dvfo_sweep_name(setting, name);
    const dvfo_status status =
        dvfo_collect_setting_measure(&own, &collection->control, collection->def, setting, &reading);
    if (status == DVFO_INTERRUPTED || status == DVFO_NO_MEMORY) {
        return dvfo_fail(ctx, status, "%s", own.message);
    }
    if (status != DVFO_OK) {
        tell_failure(collection, name, own.message);
        return DVFO_OK;
    }
    if (collection->def->show == NULL) {
        DVFO_TRY(dvfo_collect_folder_keep(ctx, &collection->folder, &reading.point, reading.rail, reading.rail_count));
        tell_success(collection, name, &reading);
    }
    return DVFO_OK;
}

static dvfo_status collect_all(struct dvfo_ctx *ctx, struct collection *collection)
{
    const struct dvfo_collect_def *def = collection->def;
    struct dvfo_collect_result *result = collection->result;
    for (size_t i = 0; i < collection->sweep.n; i++) {
        const struct dvfo_clocks *setting = &collection->sweep.setting[i];
        const struct dvfo_measurement row = dvfo_collect_setting_row(collection->control.hardware, def, setting);
        if (def->stop != NULL && *def->stop) {
            return dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted");
        }
        if (dvfo_collect_folder_has(&collection->folder, &row)) {
            result->skipped++;
            continue;
        }
        DVFO_TRY(collect_one(ctx, collection, setting));
    }
    return result->failed == 0
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_FAILED, "%zu of %zu settings failed", result->failed, result->total);
}

static dvfo_status prepare(struct dvfo_ctx *ctx, struct collection *collection)
{
    DVFO_TRY(dvfo_sweep_create(ctx, &collection->control, collection->def->lists, &collection->sweep));
    collection->result->total = collection->sweep.n;
    DVFO_TRY(dvfo_collect_folder_open(ctx, collection->control.hardware, collection->def, &collection->folder));
    note_unknown_network(ctx, collection->def->network);
    return check_rails(ctx, collection->control.hardware);
}

/* Whatever happened, the clocks go back; what happened first is what is told. */
static dvfo_status finish(struct dvfo_ctx *ctx, struct collection *collection, dvfo_status status)
{
    struct dvfo_ctx own = *ctx;
    const dvfo_status ended = dvfo_control_end(&own, &collection->control);
    if (ended != DVFO_OK && status == DVFO_OK) {
        return dvfo_fail(ctx, ended, "%s", own.message);
    }
    if (ended != DVFO_OK) {
        dvfo_note(ctx, "%s", own.message);
    }
    return status;
}

dvfo_status dvfo_collect_run(struct dvfo_ctx *ctx, struct dvfo_hardware *hardware, const struct dvfo_collect_def *def,
                             struct dvfo_collect_result *result)
{
    struct collection collection = {.def = def, .control = dvfo_control_default(hardware), .result = result};
    bool domains[DVFO_DOMAINS];
    *result = (struct dvfo_collect_result){0};
    DVFO_TRY(check_def(ctx, def));
    if (hardware->type->module_rail == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "a %s has no rails to collect; 'dvfo profile measure --board host' measures it",
                         hardware->type->name);
    }
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        domains[d] = def->lists[d] != NULL;
    }
    collection.control.wait_s = def->wait_s;
    collection.control.dry = def->show != NULL;
    collection.control.stop = def->stop;
    DVFO_TRY(dvfo_control_begin(ctx, &collection.control, domains, false));
    dvfo_status status = prepare(ctx, &collection);
    status = status == DVFO_OK ? collect_all(ctx, &collection) : status;
    status = finish(ctx, &collection, status);
    dvfo_collect_folder_close(&collection.folder);
    dvfo_sweep_free(&collection.sweep);
    return status;
}
