#include "bench/setting.h"

#include <math.h>
#include <string.h>

#include "policies/policies.h"
#include "profiles/board_assume.h"
#include "profiles/attention.h"
#include "profiles/layer_attach.h"
#include "sim/base/data_path.h"
#include "sim/base/text.h"

struct dvfo_setting dvfo_setting_default(void)
{
    return (struct dvfo_setting){.cloud = "rtx-3080", .base = dvfo_trial_default()};
}

void dvfo_setting_free(struct dvfo_setting *setting)
{
    for (size_t i = 0; i < DVFO_SETTING_MAX; i++) {
        dvfo_board_free(setting->board[i]);
        dvfo_network_free(setting->network[i]);
        dvfo_layer_profile_free(setting->profile[i]);
        free(setting->policy_name[i]);
    }
    dvfo_accuracy_profile_free(setting->accuracy_profile);
    dvfo_cloud_profile_free(setting->cloud_profile);
    dvfo_trace_free(setting->opened_trace);
}

/* What "all" stands for, as "a,b,c", without those that run by their name only; caller frees. */
static char *all_policies(bool accuracy)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    for (const struct dvfo_policy_type *const *p = dvfo_policies(); file != NULL && *p != NULL; p++) {
        if (!(*p)->by_name_only && (accuracy || !(*p)->needs_accuracy)) {
            fprintf(file, "%s%s", ftell(file) == 0 ? "" : ",", (*p)->name);
        }
    }
    return file != NULL && fclose(file) == 0 ? text : NULL;
}

/* @param except  a name that is left out; NULL for none */
static char *all_files(const char *folder, const char *except)
{
    char *text = NULL, **names = NULL;
    size_t size = 0, count = 0;
    FILE *file =
        dvfo_data_names(NULL, folder, ".yaml", &names, &count) == DVFO_OK ? open_memstream(&text, &size) : NULL;
    for (size_t i = 0; file != NULL && i < count; i++) {
        if (except == NULL || strcmp(names[i], except) != 0) {
            fprintf(file, "%s%s", ftell(file) == 0 ? "" : ",", names[i]);
        }
    }
    dvfo_data_names_free(names, count);
    return file != NULL && fclose(file) == 0 ? text : NULL;
}

/* Whatever machine it was measured on, it is no edge device: it comes by name only. */
#define HOST "host"

static char *expand(const char *what, const char *text, bool accuracy)
{
    if (strcmp(text, "all") != 0 || strcmp(what, "layers") == 0) {
        return dvfo_text_copy(text);
    }
    return strcmp(what, "policy") == 0  ? all_policies(accuracy)
           : strcmp(what, "board") == 0 ? all_files("profiles/boards", HOST)
                                        : all_files("profiles/networks", NULL);
}

/* "all" is what it stands for; `list->copy` is the caller's to free in any case. */
static dvfo_status split_list(struct dvfo_ctx *ctx, const struct dvfo_setting *setting, const char *what,
                              const char *text, struct dvfo_list *list)
{
    char *expanded = expand(what, text, setting->accuracy_profile != NULL);
    *list = (struct dvfo_list){0};
    if (expanded == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    const dvfo_status status = dvfo_list_split(ctx, what, expanded, list);
    free(expanded);
    return status;
}

static dvfo_status load_boards(struct dvfo_ctx *ctx, struct dvfo_setting *setting)
{
    struct dvfo_list list;
    dvfo_status status = split_list(ctx, setting, "board", setting->boards, &list);
    for (size_t i = 0; i < list.count && status == DVFO_OK; i++) {
        status = dvfo_board_load(ctx, list.entry[i], &setting->board[i]);
        setting->board_count = i + 1;
    }
    free(list.copy);
    return status;
}

static dvfo_status move_split(struct dvfo_ctx *ctx, const char *where, struct dvfo_network *network)
{
    struct dvfo_ctx local = {0};
    return where == NULL || dvfo_network_move_split(&local, network, where) == DVFO_OK
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "--split: %s", local.message);
}

static dvfo_status load_networks(struct dvfo_ctx *ctx, struct dvfo_setting *setting)
{
    struct dvfo_list list;
    dvfo_status status = split_list(ctx, setting, "network", setting->networks, &list);
    for (size_t i = 0; i < list.count && status == DVFO_OK; i++) {
        status = dvfo_network_load(ctx, list.entry[i], setting->input_px, setting->variant, &setting->network[i]);
        setting->network_count = i + 1;
        status = status == DVFO_OK ? move_split(ctx, setting->split, setting->network[i]) : status;
    }
    free(list.copy);
    return status;
}

/* What data don't reach, at one of its ends. */
static dvfo_status take_assumptions(struct dvfo_ctx *ctx, struct dvfo_setting *setting)
{
    return setting->assume == NULL
               ? DVFO_OK
               : dvfo_boards_assume(ctx, setting->board, setting->board_count, setting->assume, setting->assumed);
}

/* The attention module of a split is no network of --network: it comes with every one that is split at such a map. */
static dvfo_status attach_attention(struct dvfo_ctx *ctx, struct dvfo_board *board,
                                    const struct dvfo_layer_profile *profile)
{
    struct dvfo_network *module = NULL;
    DVFO_TRY(dvfo_attention_network(ctx, profile->input, &module));
    const dvfo_status status = dvfo_board_attach_layers(ctx, board, module, profile);
    dvfo_network_free(module);
    return status;
}

/* The trials must run what the profile was made for; a profile without effect would be taken for one with it. */
static dvfo_status attach_profile(struct dvfo_ctx *ctx, struct dvfo_setting *setting,
                                  const struct dvfo_layer_profile *profile)
{
    size_t b = 0, n = 0;
    while (b < setting->board_count && strcmp(setting->board[b]->name, profile->board) != 0) {
        b++;
    }
    while (n < setting->network_count && strcmp(setting->network[n]->name, profile->network) != 0) {
        n++;
    }
    const bool is_attention = strcmp(profile->network, "attention") == 0;
    if (b == setting->board_count || (n == setting->network_count && !is_attention)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: is of %s on %s, but --%s doesn't name it", profile->path,
                         profile->network, profile->board, b == setting->board_count ? "board" : "network");
    }
    const struct dvfo_runtime *runtime = NULL;
    DVFO_TRY(dvfo_board_runtime(ctx, setting->board[b], setting->runtime, setting->precision, &runtime));
    if (strcmp(runtime->name, profile->runtime) != 0 || strcmp(runtime->precision, profile->precision) != 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "%s: is of %s %s, but the trials run %s %s on %s; choose with --runtime and --precision",
                         profile->path, profile->runtime, profile->precision, runtime->name, runtime->precision,
                         setting->board[b]->name);
    }
    return is_attention ? attach_attention(ctx, setting->board[b], profile)
                        : dvfo_board_attach_layers(ctx, setting->board[b], setting->network[n], profile);
}

static dvfo_status load_profiles(struct dvfo_ctx *ctx, struct dvfo_setting *setting)
{
    struct dvfo_list list;
    if (setting->layers == NULL) {
        return DVFO_OK;
    }
    dvfo_status status = split_list(ctx, setting, "layers", setting->layers, &list);
    for (size_t i = 0; i < list.count && status == DVFO_OK; i++) {
        status = dvfo_layer_profile_load(ctx, list.entry[i], &setting->profile[i]);
        status = status == DVFO_OK ? attach_profile(ctx, setting, setting->profile[i]) : status;
        setting->profile_count = i + 1;
    }
    free(list.copy);
    return status;
}

static dvfo_status find_policies(struct dvfo_ctx *ctx, struct dvfo_setting *setting)
{
    struct dvfo_list list;
    dvfo_status status = split_list(ctx, setting, "policy", setting->policies, &list);
    for (size_t i = 0; i < list.count && status == DVFO_OK; i++) {
        setting->policy_name[i] = dvfo_text_copy(list.entry[i]);
        if (setting->policy_name[i] == NULL) {
            status = dvfo_fail_no_memory(ctx);
            break;
        }
        status = dvfo_policy_find(ctx, setting->policy_name[i], &setting->policy[i], &setting->policy_argument[i]);
        setting->policy_count = i + 1;
    }
    free(list.copy);
    return status;
}

/* Rows with one name couldn't be told apart: every name counts once, also where two files give the same. */
static dvfo_status check_distinct(struct dvfo_ctx *ctx, const char *what, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(names[i], names[j]) == 0) {
                return dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s names '%s' twice, expected each once", what, names[i]);
            }
        }
    }
    return DVFO_OK;
}

static dvfo_status check_names(struct dvfo_ctx *ctx, const struct dvfo_setting *setting)
{
    const char *boards[DVFO_SETTING_MAX], *networks[DVFO_SETTING_MAX], *policies[DVFO_SETTING_MAX];
    for (size_t i = 0; i < DVFO_SETTING_MAX; i++) {
        boards[i] = i < setting->board_count ? setting->board[i]->name : NULL;
        networks[i] = i < setting->network_count ? setting->network[i]->name : NULL;
        policies[i] = setting->policy_name[i];
    }
    DVFO_TRY(check_distinct(ctx, "board", boards, setting->board_count));
    DVFO_TRY(check_distinct(ctx, "network", networks, setting->network_count));
    return check_distinct(ctx, "policy", policies, setting->policy_count);
}

/* What must be named and isn't, all of it in one sentence. */
static dvfo_status check_given(struct dvfo_ctx *ctx, const struct dvfo_setting *setting)
{
    const struct {
        const char *value, *option, *list;
    } rows[] = {{setting->boards, "--board", "boards"},
                {setting->networks, "--network", "networks"},
                {setting->policies, "--policy", "policies"}};
    char missing[64] = "";
    const char *example = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].value == NULL) {
            const size_t length = strlen(missing);
            snprintf(missing + length, sizeof missing - length, "%s%s", length > 0 ? ", " : "", rows[i].option);
            example = rows[i].list;
        }
    }
    return example == NULL
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "missing: %s; 'dvfo list %s' shows what there is", missing, example);
}

/* A runtime that one of the boards lacks is told before anything runs. */
static dvfo_status check_trials(struct dvfo_ctx *ctx, const struct dvfo_setting *setting)
{
    for (size_t i = 0; i < dvfo_setting_trial_count(setting); i++) {
        struct dvfo_trial trial;
        DVFO_TRY(dvfo_setting_trial(ctx, setting, i, &trial));
    }
    return DVFO_OK;
}

static dvfo_status choose_p_max(struct dvfo_ctx *ctx, const char *text, const struct dvfo_board *board, double *p_max_w)
{
    if (text == NULL || strcmp(text, "measured") == 0) {
        *p_max_w = board->p_max_w.value;
        return DVFO_OK;
    }
    if (strcmp(text, "nameplate") == 0) {
        *p_max_w = board->nameplate_w.value;
        return DVFO_OK;
    }
    if (!dvfo_text_number(text, NULL, p_max_w) || *p_max_w <= 0.0 || *p_max_w > 1e4) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--p-max is '%s', expected measured, nameplate or watts (0..10000)",
                         text);
    }
    return DVFO_OK;
}

dvfo_status dvfo_setting_load_worlds(struct dvfo_ctx *ctx, struct dvfo_setting *setting)
{
    DVFO_TRY(check_given(ctx, setting));
    DVFO_TRY(load_boards(ctx, setting));
    DVFO_TRY(load_networks(ctx, setting));
    DVFO_TRY(dvfo_cloud_profile_load(ctx, setting->cloud, &setting->cloud_profile));
    DVFO_TRY(dvfo_setting_load_accuracy(ctx, setting));
    DVFO_TRY(dvfo_setting_check_accuracy(ctx, setting));
    setting->trace = setting->trace != NULL ? setting->trace : "const:5Mbps";
    DVFO_TRY(check_names(ctx, setting));
    DVFO_TRY(take_assumptions(ctx, setting));
    return load_profiles(ctx, setting);
}

dvfo_status dvfo_setting_world(struct dvfo_ctx *ctx, const struct dvfo_setting *setting, size_t board, size_t network,
                               struct dvfo_trial *out)
{
    *out = setting->base;
    out->scenario.board = setting->board[board];
    out->scenario.network = setting->network[network];
    out->scenario.cloud = setting->cloud_profile;
    DVFO_TRY(choose_p_max(ctx, setting->p_max, setting->board[board], &out->scenario.p_max_w));
    return dvfo_board_runtime(ctx, setting->board[board], setting->runtime, setting->precision, &out->scenario.runtime);
}

dvfo_status dvfo_setting_load(struct dvfo_ctx *ctx, struct dvfo_setting *setting)
{
    DVFO_TRY(check_given(ctx, setting));
    DVFO_TRY(dvfo_setting_load_accuracy(ctx, setting)); /* some policies need one */
    DVFO_TRY(find_policies(ctx, setting));              /* cheapest first: a mistyped name is told at once */
    DVFO_TRY(dvfo_setting_load_worlds(ctx, setting));
    DVFO_TRY(dvfo_trace_open(ctx, setting->trace, setting->trace_format, setting->base.seed, &setting->opened_trace));
    return check_trials(ctx, setting);
}

dvfo_status dvfo_setting_load_boards(struct dvfo_ctx *ctx, struct dvfo_setting *setting)
{
    DVFO_TRY(load_boards(ctx, setting));
    return check_names(ctx, setting);
}

size_t dvfo_setting_trial_count(const struct dvfo_setting *setting)
{
    return setting->board_count * setting->network_count * setting->policy_count;
}

dvfo_status dvfo_setting_trial(struct dvfo_ctx *ctx, const struct dvfo_setting *setting, size_t i,
                               struct dvfo_trial *out)
{
    const size_t policy = i % setting->policy_count;
    const size_t network = i / setting->policy_count % setting->network_count;
    const size_t board = i / setting->policy_count / setting->network_count;
    DVFO_TRY(dvfo_setting_world(ctx, setting, board, network, out));
    out->policy = setting->policy[policy];
    out->policy_argument = setting->policy_argument[policy];
    out->trace = setting->opened_trace;
    out->trace_from_s += setting->trace_from_share * setting->opened_trace->period_s;
    return DVFO_OK;
}

const char *dvfo_setting_policy_name(const struct dvfo_setting *setting, size_t i)
{
    return setting->policy_name[i % setting->policy_count];
}
