/* Policies that decide once: the same clocks and placement for every request. */
#include <math.h>
#include <string.h>

#include "policies/common.h"
#include "sim/base/text.h"
#include "sim/base/units.h"
#include "sim/plan.h"

struct fixed {
    struct dvfo_decision decision;
};

static void repeat(void *block, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    const struct fixed *state = block;
    (void)seen;
    *decision = state->decision;
}

static dvfo_status edge_only_init(struct dvfo_ctx *ctx, void *block, const struct dvfo_policy_setup *setup)
{
    struct fixed *state = block;
    DVFO_TRY(dvfo_policy_no_argument(ctx, setup, "edge-only"));
    dvfo_policy_top_clocks(setup->board, state->decision.level);
    return DVFO_OK;
}

static dvfo_status powersave_init(struct dvfo_ctx *ctx, void *block, const struct dvfo_policy_setup *setup)
{
    (void)block; /* zeroed: the lowest entry of every table, on the device */
    return dvfo_policy_no_argument(ctx, setup, "powersave");
}

static dvfo_status edge_best_init(struct dvfo_ctx *ctx, void *block, const struct dvfo_policy_setup *setup)
{
    struct fixed *state = block;
    DVFO_TRY(dvfo_policy_no_argument(ctx, setup, "edge-best"));
    const struct dvfo_level_choice choice = dvfo_level_choice_of_tables(setup->board);
    const int *const level[DVFO_DOMAINS] = {choice.level[DVFO_CPU], choice.level[DVFO_GPU], choice.level[DVFO_MEM]};
    const struct dvfo_plan_link unused = {.rate_bps = 1.0};
    dvfo_plan_best_clocks(setup->scenario, &state->decision, level, choice.count, &unused);
    return DVFO_OK;
}

/* --- fixed:CPU/GPU/MEM/SHARE --- */

#define FORM "CPU/GPU/MEM/SHARE, clocks in MHz or max, as fixed:max/1109/1600/0.3"

/* A clock as people write it: 1300 stands for the entry of 1300.5 MHz. */
static bool is_entry(double level_hz, double mhz)
{
    return fabs(level_hz / DVFO_HZ_PER_MHZ - mhz) < 1.0;
}

static dvfo_status fail_no_entry(struct dvfo_ctx *ctx, const struct dvfo_board *board, dvfo_domain domain, double mhz)
{
    const struct dvfo_clock_domain *clock = &board->clock[domain];
    size_t above = 0;
    while (above < clock->level_count && clock->level_hz[above] < mhz * DVFO_HZ_PER_MHZ) {
        above++;
    }
    const bool beyond = above == 0 || above == clock->level_count;
    const size_t below = above == 0 ? 0 : above - 1;
    const double below_mhz = clock->level_hz[below] / DVFO_HZ_PER_MHZ;
    if (beyond) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "fixed: %g MHz is no %s clock of %s, the nearest is %g", mhz,
                         dvfo_domain_name(domain), board->name, below_mhz);
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "fixed: %g MHz is no %s clock of %s, the nearest are %g and %g", mhz,
                     dvfo_domain_name(domain), board->name, below_mhz, clock->level_hz[above] / DVFO_HZ_PER_MHZ);
}

static dvfo_status read_clock(struct dvfo_ctx *ctx, const struct dvfo_board *board, dvfo_domain domain,
                              const char *text, int *level)
{
    const struct dvfo_clock_domain *clock = &board->clock[domain];
    *level = (int)clock->level_count - 1;
    if (strcmp(text, "max") == 0) {
        return DVFO_OK;
    }
    double mhz = 0.0;
    if (!dvfo_text_number(text, NULL, &mhz)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "fixed: the %s clock is '%s', expected MHz or max",
                         dvfo_domain_name(domain), text);
    }
    while (*level >= 0 && !is_entry(clock->level_hz[*level], mhz)) {
        (*level)--;
    }
    return *level >= 0 ? DVFO_OK : fail_no_entry(ctx, board, domain, mhz);
}

/* "0.3" or "30%". */
static dvfo_status read_share(struct dvfo_ctx *ctx, const char *text, int *tenths)
{
    const char *rest = NULL;
    double share = 0.0;
    const bool number = dvfo_text_number(text, &rest, &share);
    if (number && strcmp(rest, "%") == 0) {
        share /= 100.0;
    } else if (!number || rest[0] != '\0') {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "fixed: the share is '%s', expected 0, 0.1, ... 1, per cent, or input",
                         text);
    }
    const double exact = 10.0 * share;
    if (!(exact >= 0.0 && exact <= 10.0)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "fixed: the share is '%s', expected 0 to 1, or 0%% to 100%%", text);
    }
    *tenths = (int)lround(exact);
    if (fabs(exact - *tenths) > 1e-9) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "fixed: the share is '%s', expected whole tenths; the nearest are %g and %g", text,
                         floor(exact) / 10.0, ceil(exact) / 10.0);
    }
    return DVFO_OK;
}

/* A share, or "input": the encoded input goes to the cloud. */
static dvfo_status read_placement(struct dvfo_ctx *ctx, const struct dvfo_policy_setup *setup, const char *text,
                                  struct dvfo_decision *decision)
{
    int tenths = 0;
    if (strcmp(text, "input") == 0) {
        decision->place = DVFO_PLACE_CLOUD;
        return DVFO_OK;
    }
    DVFO_TRY(read_share(ctx, text, &tenths));
    if (tenths > 0 && setup->offline) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "fixed: a share of %g needs a cloud (--server), and none is named",
                         tenths / 10.0);
    }
    if ((setup->forbidden_shares >> tenths & 1u) != 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "fixed: a share of %g loses more accuracy than the floor allows at lambda %g; "
                         "--accuracy-floor none lifts it",
                         tenths / 10.0, setup->lambda);
    }
    dvfo_policy_place_share(decision, tenths);
    return DVFO_OK;
}

enum { FIELDS = DVFO_DOMAINS + 1, MAX_SETTING = 128 };

static dvfo_status fixed_init(struct dvfo_ctx *ctx, void *block, const struct dvfo_policy_setup *setup)
{
    struct fixed *state = block;
    if (setup->argument == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "policy 'fixed' needs a setting: " FORM);
    }
    char copy[MAX_SETTING], *field[FIELDS];
    const bool fits = snprintf(copy, sizeof copy, "%s", setup->argument) < (int)sizeof copy;
    if (!fits || dvfo_text_split(copy, '/', field, FIELDS) != FIELDS) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "fixed: found '%s', expected " FORM, setup->argument);
    }
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        DVFO_TRY(read_clock(ctx, setup->board, (dvfo_domain)d, field[d], &state->decision.level[d]));
    }
    return read_placement(ctx, setup, field[DVFO_DOMAINS], &state->decision);
}

const struct dvfo_policy_type dvfo_policy_fixed = {
    .name = "fixed",
    .summary = "the clocks and share of fixed:CPU/GPU/MEM/SHARE, in MHz or max, 0.3 or 30% or input, for every request",
    .sight = DVFO_SIGHT_WORLD,
    .by_name_only = true,
    .state_size = sizeof(struct fixed),
    .init = fixed_init,
    .decide = repeat,
};

const struct dvfo_policy_type dvfo_policy_edge_only = {
    .name = "edge-only",
    .summary = "on the device at the highest clocks",
    .sight = DVFO_SIGHT_WORLD,
    .state_size = sizeof(struct fixed),
    .init = edge_only_init,
    .decide = repeat,
};

const struct dvfo_policy_type dvfo_policy_powersave = {
    .name = "powersave",
    .summary = "on the device at the lowest clocks",
    .sight = DVFO_SIGHT_WORLD,
    .state_size = sizeof(struct fixed),
    .init = powersave_init,
    .decide = repeat,
};

const struct dvfo_policy_type dvfo_policy_edge_best = {
    .name = "edge-best",
    .summary = "on the device at the fixed clocks of least cost for a request alone, over the full clock tables",
    .sight = DVFO_SIGHT_PROFILE,
    .state_size = sizeof(struct fixed),
    .init = edge_best_init,
    .decide = repeat,
};
