#include "policies/agents/reward.h"

#include <math.h>

static const char *const kinds[] = {
#define REWARD_NAME(name, text, what) text,
    DVFO_REWARD_LIST(REWARD_NAME)
#undef REWARD_NAME
        NULL,
};

const char *dvfo_reward_name(dvfo_reward_kind kind)
{
    return kinds[kind];
}

struct dvfo_reward_def dvfo_reward_def_default(void)
{
    return (struct dvfo_reward_def){
        .kind = DVFO_REWARD_COST,
        .baseline = 1.0,
        .bound = 1e9,
        .deadline = 1.0,
        .late_penalty = 2.0,
        .power_weight_w = 2.0,
        .target_c = 50.0,
        .band_low = 0.8,
        .band_high = 0.9,
    };
}

#define AT(member) offsetof(struct dvfo_reward_def, member)

const struct dvfo_field dvfo_reward_fields[] = {
    {"kind", DVFO_FIELD_CHOICE, AT(kind), 0, DVFO_REWARD_COUNT - 1, "what is rewarded", kinds},
    {"baseline", DVFO_FIELD_NUMBER, AT(baseline), 0, 10, "cost that counts 0", NULL},
    {"bound", DVFO_FIELD_NUMBER, AT(bound), 1e-3, 1e9, "what is below minus this is learnt apart", NULL},
    {"deadline", DVFO_FIELD_NUMBER, AT(deadline), 0.01, 1000, "allowed latency, in edge-only requests", NULL},
    {"late_penalty", DVFO_FIELD_NUMBER, AT(late_penalty), 0, 1e6, "of a late request, in their energies", NULL},
    {"power_weight_w", DVFO_FIELD_NUMBER, AT(power_weight_w), 0, 1e3, "divided by the power", NULL},
    {"target_c", DVFO_FIELD_NUMBER, AT(target_c), 0, 150, "temperature to stay below", NULL},
    {"band_low", DVFO_FIELD_NUMBER, AT(band_low), 0, 1, "busy share at least", NULL},
    {"band_high", DVFO_FIELD_NUMBER, AT(band_high), 0, 1, "busy share at most", NULL},
    {0},
};

static double cost(const struct dvfo_reward_def *def, const struct dvfo_yardstick *yardstick,
                   const struct dvfo_stretch *stretch)
{
    const double cost_j = yardstick->eta * stretch->energy_j +
                          (1.0 - yardstick->eta) * yardstick->p_max_w * stretch->latency_s; /* Eq. (9) */
    return def->baseline * (double)stretch->finished - cost_j / yardstick->cost_j;
}

static double deadline(const struct dvfo_reward_def *def, const struct dvfo_yardstick *yardstick,
                       const struct dvfo_stretch *stretch)
{
    const bool late = stretch->latency_s > def->deadline * yardstick->latency_s * (double)stretch->finished;
    return -stretch->energy_j / yardstick->energy_j - (late ? def->late_penalty * (double)stretch->finished : 0.0);
}

/* min(1, fps / target) + v + beta / power, v = 0.2 tanh(T_target - T) below the trip point and -2 from there on. */
static double frames(const struct dvfo_reward_def *def, const struct dvfo_yardstick *yardstick,
                     const struct dvfo_stretch *stretch)
{
    const double fps = (double)stretch->finished / stretch->time_s;
    const double target_fps = 1.0 / (def->deadline * yardstick->latency_s);
    const double power_w = stretch->energy_j / stretch->time_s;
    const double v = isnan(stretch->temperature_c)               ? 0.0
                     : stretch->temperature_c >= stretch->trip_c ? -2.0
                                                                 : 0.2 * tanh(def->target_c - stretch->temperature_c);
    return fmin(1.0, fps / target_fps) + v + (power_w > 0.0 ? def->power_weight_w / power_w : 0.0);
}

static double band(const struct dvfo_reward_def *def, const struct dvfo_stretch *stretch)
{
    static const dvfo_domain watched[] = {DVFO_CPU, DVFO_GPU};
    double sum = 0.0;
    for (int i = 0; i < 2; i++) {
        const double busy = stretch->busy[watched[i]];
        sum += busy >= def->band_low && busy <= def->band_high ? 1.2 : -0.5;
    }
    return 0.5 * sum;
}

double dvfo_reward_of(const struct dvfo_reward_def *def, const struct dvfo_yardstick *yardstick,
                      const struct dvfo_stretch *stretch)
{
    switch (def->kind) {
    case DVFO_REWARD_COST:
        return cost(def, yardstick, stretch);
    case DVFO_REWARD_DEADLINE:
        return deadline(def, yardstick, stretch);
    case DVFO_REWARD_FRAMES:
        return frames(def, yardstick, stretch);
    case DVFO_REWARD_BAND:
        return band(def, stretch);
    case DVFO_REWARD_COUNT:
        break;
    }
    DVFO_REQUIRE(false && "a reward");
    return 0.0;
}
