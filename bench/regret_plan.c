/* What a regret table consists of, and where its agents lie. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/regret.h"
#include "bench/workers.h"
#include "dvfo_version.h"
#include "policies/policies.h"
#include "sim/base/hash.h"
#include "traces/generator.h"

enum { HASH_DIGITS = 12 };

static dvfo_status split(struct dvfo_ctx *ctx, const char *option, const char *text, struct dvfo_list *out)
{
    DVFO_TRY(dvfo_list_split(ctx, option, text, out));
    return dvfo_list_check_distinct(ctx, option, out);
}

static dvfo_status list_etas(struct dvfo_ctx *ctx, struct dvfo_regret *regret)
{
    struct dvfo_list list;
    dvfo_status status = split(ctx, "etas", regret->def.etas, &list);
    status = status == DVFO_OK ? dvfo_list_weights(ctx, "etas", &list, regret->eta) : status;
    regret->etas = list.count;
    free(list.copy);
    return status;
}

static dvfo_status check_link(struct dvfo_ctx *ctx, const char *link)
{
    const struct dvfo_generator *generator = NULL;
    struct dvfo_trace *trace = NULL;
    if (strncmp(link, "model:", 6) == 0) {
        return dvfo_generator_find(ctx, link + 6, &generator);
    }
    DVFO_TRY(dvfo_trace_open(ctx, link, NULL, 1, &trace));
    dvfo_trace_free(trace);
    return DVFO_OK;
}

static dvfo_status list_links(struct dvfo_ctx *ctx, struct dvfo_regret *regret)
{
    DVFO_TRY(split(ctx, "trace", regret->def.setting.trace, &regret->links));
    for (size_t i = 0; i < regret->links.count; i++) {
        DVFO_TRY(check_link(ctx, regret->links.entry[i]));
    }
    return DVFO_OK;
}

static dvfo_status list_rivals(struct dvfo_ctx *ctx, struct dvfo_regret *regret)
{
    DVFO_TRY(split(ctx, "rivals", regret->def.rivals, &regret->rivals));
    for (size_t i = 0; i < regret->rivals.count; i++) {
        const struct dvfo_policy_type *policy = NULL;
        const char *argument = NULL;
        DVFO_TRY(dvfo_policy_find(ctx, regret->rivals.entry[i], &policy, &argument));
        if (policy->sight >= DVFO_SIGHT_TRACE) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT,
                             "--rivals names '%s', which knows the link: expected policies that "
                             "see what an agent sees",
                             regret->rivals.entry[i]);
        }
    }
    return DVFO_OK;
}

static dvfo_status load_preset(struct dvfo_ctx *ctx, struct dvfo_regret *regret)
{
    char path[DVFO_PATH_SIZE];
    struct dvfo_text text;
    long long steps = 0;
    DVFO_TRY(dvfo_agent_def_load(ctx, regret->def.preset, &regret->agent));
    DVFO_TRY(dvfo_data_path(ctx, "preset", "policies/presets", regret->def.preset, ".yaml", path));
    DVFO_TRY(dvfo_text_load(ctx, path, 1 << 20, &text));
    memcpy(regret->preset_sha256, text.sha256, sizeof regret->preset_sha256);
    dvfo_text_free(&text);
    if (regret->def.steps == NULL) {
        return DVFO_OK;
    }
    if (!dvfo_text_integer(regret->def.steps, NULL, &steps) || steps < 1 || steps > 1000000000000LL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--steps is '%s', expected a whole number from 1 to 10^12",
                         regret->def.steps);
    }
    regret->agent.training.steps = (uint64_t)steps;
    return DVFO_OK;
}

static dvfo_status make_room(struct dvfo_ctx *ctx, struct dvfo_regret *regret)
{
    const struct dvfo_setting *setting = &regret->def.setting;
    regret->worlds = setting->board_count * setting->network_count * regret->links.count;
    regret->agents = regret->worlds * (size_t)regret->def.seeds;
    regret->cells = regret->worlds * regret->etas;
    regret->trained = calloc(regret->agents, sizeof *regret->trained);
    regret->cell = dvfo_workers_share(regret->cells * sizeof *regret->cell);
    return regret->trained != NULL && regret->cell != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

static dvfo_status look_for_agents(struct dvfo_ctx *ctx, struct dvfo_regret *regret)
{
    const char *folder = regret->def.folder;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "folder '%s': cannot be made: %s", folder, strerror(errno));
    }
    for (size_t i = 0; i < regret->agents; i++) {
        char path[DVFO_PATH_SIZE];
        DVFO_TRY(dvfo_regret_agent_path(ctx, regret, i, path));
        regret->trained[i] = access(path, F_OK) == 0;
    }
    return DVFO_OK;
}

dvfo_status dvfo_regret_prepare(struct dvfo_ctx *ctx, struct dvfo_regret *regret)
{
    DVFO_TRY(list_etas(ctx, regret));
    DVFO_TRY(list_links(ctx, regret));
    DVFO_TRY(list_rivals(ctx, regret));
    DVFO_TRY(load_preset(ctx, regret));
    DVFO_TRY(dvfo_setting_load_worlds(ctx, &regret->def.setting));
    DVFO_TRY(make_room(ctx, regret));
    DVFO_TRY(dvfo_regret_try_rivals(ctx, regret));
    return look_for_agents(ctx, regret);
}

void dvfo_regret_free(struct dvfo_regret *regret)
{
    dvfo_workers_unshare(regret->cell, regret->cells * sizeof *regret->cell);
    free(regret->trained);
    free(regret->links.copy);
    free(regret->rivals.copy);
    dvfo_setting_free(&regret->def.setting);
}

struct dvfo_regret_world dvfo_regret_world_of(const struct dvfo_regret *regret, size_t world)
{
    const size_t networks = regret->def.setting.network_count;
    return (struct dvfo_regret_world){.link = world % regret->links.count,
                                      .network = world / regret->links.count % networks,
                                      .board = world / regret->links.count / networks};
}

/* ---- names of files ---- */

static const char *or_default(const char *text)
{
    return text != NULL ? text : "default";
}

/* All that makes a difference to an agent. */
static void write_making(const struct dvfo_regret *regret, struct dvfo_regret_world at, uint64_t seed, FILE *text)
{
    const struct dvfo_setting *setting = &regret->def.setting;
    const struct dvfo_trial *t = &setting->base;
    const struct dvfo_scenario_def *d = &t->scenario;
    fprintf(text, "%s|preset %s|steps %llu|seed %llu|board %s|network %s|link %s|", DVFO_VERSION, regret->preset_sha256,
            (unsigned long long)regret->agent.training.steps, (unsigned long long)seed,
            setting->board[at.board]->sha256, setting->network[at.network]->sha256, regret->links.entry[at.link]);
    for (size_t i = 0; i < regret->etas; i++) {
        fprintf(text, "eta %.17g|", regret->eta[i]);
    }
    fprintf(text, "%s|%s|%ld|%s|%s|%s|%s|%s|", or_default(setting->runtime), or_default(setting->precision),
            setting->input_px, or_default(setting->variant), setting->cloud_profile->sha256, or_default(setting->p_max),
            or_default(setting->assume), or_default(setting->layers));
    for (size_t i = 0; i < setting->profile_count; i++) {
        fprintf(text, "%s|", setting->profile[i]->sha256);
    }
    fprintf(text, "%d %.17g|%d %d %d|%.17g %.17g %d|", (int)t->workload.arrivals, t->workload.rate_hz, t->paired,
            t->thermal, t->decision_own, t->decision_s, t->decision_share, (int)t->mode);
    fprintf(text, "%.17g|%d %d|%d %.17g %.17g %.17g", d->lambda, (int)d->composition, (int)d->tail_rule, d->layer_int8,
            d->timeout_s, d->rtt_s, d->encode_bit_per_pixel);
    if (!d->attention) {
        fputs("|no attention", text);
    }
    dvfo_setting_write_variants(setting, text);
    if (setting->accuracy_profile != NULL) {
        fprintf(text, "|accuracy %s %.17g", setting->accuracy_profile->sha256, d->accuracy_floor);
    }
}

static dvfo_status hash_making(struct dvfo_ctx *ctx, const struct dvfo_regret *regret, struct dvfo_regret_world at,
                               uint64_t seed, char hash[65])
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (file == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    write_making(regret, at, seed, file);
    if (fclose(file) != 0) {
        free(text);
        return dvfo_fail_no_memory(ctx);
    }
    dvfo_hash_sha256_hex(text, size, hash);
    free(text);
    return DVFO_OK;
}

/* "model:wifi" and paths become parts of a file's name. */
static void make_plain(char *name)
{
    for (char *c = name; *c != '\0'; c++) {
        const bool plain =
            (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '.' || *c == '-';
        *c = plain ? *c : '-';
    }
}

dvfo_status dvfo_regret_agent_path(struct dvfo_ctx *ctx, const struct dvfo_regret *regret, size_t agent,
                                   char path[DVFO_PATH_SIZE])
{
    const struct dvfo_setting *setting = &regret->def.setting;
    const size_t seeds = (size_t)regret->def.seeds;
    const struct dvfo_regret_world at = dvfo_regret_world_of(regret, agent / seeds);
    const uint64_t seed = setting->base.seed + agent % seeds;
    char hash[65], board[48], network[48], link[64];
    DVFO_TRY(hash_making(ctx, regret, at, seed, hash));
    snprintf(board, sizeof board, "%.47s", setting->board[at.board]->name);
    snprintf(network, sizeof network, "%.47s", setting->network[at.network]->name);
    snprintf(link, sizeof link, "%.63s", regret->links.entry[at.link]);
    make_plain(board);
    make_plain(network);
    make_plain(link);
    return snprintf(path, DVFO_PATH_SIZE, "%s/%s_%s_%s_s%llu_%.*s.h5", regret->def.folder, board, network, link,
                    (unsigned long long)seed, (int)HASH_DIGITS, hash) < DVFO_PATH_SIZE
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "an output path is longer than %d characters", DVFO_PATH_SIZE - 1);
}
