#include "bench/live/rig/hand.h"

#include <math.h>

#include "sim/base/units.h"

enum { STEADY_LOOKS = 3, MISSED_LOOKS = 3 };

static bool holds_any(const struct dvfo_rig_levels *levels)
{
    return levels->held[DVFO_CPU] || levels->held[DVFO_GPU] || levels->held[DVFO_MEM];
}

dvfo_status dvfo_rig_hand_open(struct dvfo_ctx *ctx, struct dvfo_rig_hand *hand)
{
    bool domains[DVFO_DOMAINS];
    hand->wished = hand->asked = (struct dvfo_clocks){{NAN, NAN, NAN}};
    if (!holds_any(&hand->levels)) {
        return DVFO_OK;
    }
    dvfo_rig_levels_domains(&hand->levels, domains);
    return dvfo_control_begin(ctx, &hand->control, domains, false);
}

dvfo_status dvfo_rig_hand_close(struct dvfo_ctx *ctx, struct dvfo_rig_hand *hand)
{
    return holds_any(&hand->levels) ? dvfo_control_end(ctx, &hand->control) : DVFO_OK;
}

static void tell_once(struct dvfo_ctx *ctx, struct dvfo_rig_hand *hand, const char *sentence)
{
    if (dvfo_rig_told_first(&hand->told, sentence)) {
        dvfo_note(ctx, "%s", sentence);
    }
}

/* The highest clock of the table up to a limit; the lowest of all where none is. */
static double highest_below(const struct dvfo_hardware_clock *clock, double limit_hz)
{
    double hz = clock->level_hz[0];
    for (size_t i = 0; i < clock->level_count; i++) {
        hz = clock->level_hz[i] <= limit_hz ? clock->level_hz[i] : hz;
    }
    return hz;
}

/* @return the wish, or what the power mode leaves of it */
static double keep_limit(struct dvfo_ctx *ctx, struct dvfo_rig_hand *hand, dvfo_domain d, double wished_hz)
{
    const struct dvfo_hardware *hardware = hand->control.hardware;
    const double limit_hz = dvfo_control_limit_hz(&hand->control, d);
    if (wished_hz <= limit_hz) {
        return wished_hz;
    }
    const double hz = highest_below(&hardware->clock[d], limit_hz);
    char sentence[DVFO_RIG_NEWS_SIZE];
    snprintf(sentence, sizeof sentence,
             "the %s clock %.10g MHz lies above the limit in force, %.10g MHz (power mode%s%s, or heat): %.10g is set; "
             "choose another mode with 'nvpmodel -m'",
             dvfo_rig_called(d), wished_hz / DVFO_HZ_PER_MHZ, limit_hz / DVFO_HZ_PER_MHZ,
             hardware->power_mode[0] != '\0' ? " " : "", hardware->power_mode, hz / DVFO_HZ_PER_MHZ);
    tell_once(ctx, hand, sentence);
    return hz;
}

/* One clock by itself, after the setting of all was refused. @return whether it is refused too */
static bool write_alone(struct dvfo_ctx *ctx, struct dvfo_rig_hand *hand, const struct dvfo_clocks *clocks,
                        dvfo_domain d)
{
    struct dvfo_clocks alone = {{NAN, NAN, NAN}};
    struct dvfo_ctx own = {.message = ""};
    alone.hz[d] = clocks->hz[d];
    hand->refused[d] = dvfo_control_write(&own, &hand->control, &alone) != DVFO_OK;
    if (hand->refused[d]) {
        tell_once(ctx, hand, own.message);
    }
    return hand->refused[d];
}

/* All at once and in the safe order; when the kernel refuses that, each by itself, the memory first where it rises and
 * last where it falls. */
static void write_clocks(struct dvfo_ctx *ctx, struct dvfo_rig_hand *hand, const struct dvfo_clocks *clocks)
{
    static const dvfo_domain rising[] = {DVFO_MEM, DVFO_CPU, DVFO_GPU}, falling[] = {DVFO_CPU, DVFO_GPU, DVFO_MEM};
    struct dvfo_ctx own = {.message = ""};
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        hand->refused[d] = hand->refused[d] && isnan(clocks->hz[d]);
    }
    if (dvfo_control_write(&own, &hand->control, clocks) == DVFO_OK) {
        return;
    }
    bool any = false;
    const bool falls = clocks->hz[DVFO_MEM] < dvfo_hardware_clocks(hand->control.hardware).hz[DVFO_MEM];
    for (size_t i = 0; i < DVFO_DOMAINS; i++) {
        const dvfo_domain d = falls ? falling[i] : rising[i];
        any = (!isnan(clocks->hz[d]) && write_alone(ctx, hand, clocks, d)) || any;
    }
    hand->refusals += any ? 1 : 0;
}

/* The setting that begins now is looked at from now on. */
static void begin_looking(struct dvfo_rig_hand *hand, double now_s)
{
    hand->looking = !hand->control.dry;
    hand->steady = hand->missed = 0;
    hand->look_at_s = now_s;
    hand->give_up_s = now_s + hand->wait_s;
}

void dvfo_rig_hand_set(struct dvfo_ctx *ctx, struct dvfo_rig_hand *hand, const int level[DVFO_DOMAINS], double now_s)
{
    const struct dvfo_clocks wished = dvfo_rig_levels_clocks(&hand->levels, level);
    struct dvfo_clocks changed = {{NAN, NAN, NAN}};
    bool any = false, clamped = false;
    for (dvfo_domain d = DVFO_CPU; d < DVFO_DOMAINS; d++) {
        if (!isnan(wished.hz[d]) && wished.hz[d] != hand->wished.hz[d]) {
            any = true;
            hand->asked.hz[d] = changed.hz[d] = keep_limit(ctx, hand, d, wished.hz[d]);
            clamped = clamped || changed.hz[d] < wished.hz[d];
        }
    }
    if (!any) {
        return;
    }
    write_clocks(ctx, hand, &changed);
    hand->wished = wished;
    hand->changes++;
    hand->clamps += clamped ? 1 : 0;
    begin_looking(hand, now_s);
}

/* What is to hold: all that isn't refused. */
static struct dvfo_clocks expected(const struct dvfo_rig_hand *hand)
{
    struct dvfo_clocks clocks = hand->asked;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        clocks.hz[d] = hand->refused[d] ? (double)NAN : clocks.hz[d];
    }
    return clocks;
}

/* While a setting is on its way: does it hold, or is it time to give up? */
static void follow(struct dvfo_ctx *ctx, struct dvfo_rig_hand *hand, double now_s, bool holds, const char *reason)
{
    if (hand->steady == STEADY_LOOKS) {
        hand->looking = false;
    } else if (!holds && now_s >= hand->give_up_s) {
        hand->looking = false;
        hand->missed = MISSED_LOOKS;
        hand->clamps++;
        tell_once(ctx, hand, reason);
    }
}

void dvfo_rig_hand_look(struct dvfo_ctx *ctx, struct dvfo_rig_hand *hand, double now_s)
{
    struct dvfo_ctx own = {.message = ""};
    if (hand->changes == 0 || hand->control.dry || now_s < hand->look_at_s) {
        return;
    }
    const struct dvfo_clocks clocks = expected(hand);
    const bool holds = dvfo_control_holds(&own, &hand->control, &clocks) == DVFO_OK;
    hand->steady = holds ? hand->steady + 1 : 0;
    hand->missed = holds ? 0 : hand->missed + 1;
    if (hand->looking) {
        follow(ctx, hand, now_s, holds, own.message);
    } else if (hand->missed == MISSED_LOOKS) { /* it did hold; counted once, until it holds again */
        hand->clamps++;
        tell_once(ctx, hand, own.message);
    }
    hand->look_at_s = now_s + (hand->looking ? DVFO_RIG_LOOK_S : fmax(0.5 * hand->wait_s, DVFO_RIG_LOOK_S));
}
