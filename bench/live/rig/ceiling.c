#include "bench/live/rig/ceiling.h"

#include <math.h>

static const dvfo_domain heated[] = {DVFO_CPU, DVFO_GPU};

enum { HEATED = sizeof heated / sizeof heated[0] };

static int lower(int a, int b)
{
    return a < b ? a : b;
}

static void stay_in_the_middle(struct dvfo_rig_ceiling *ceiling)
{
    for (size_t i = 0; i < HEATED; i++) {
        ceiling->level[heated[i]] = lower(ceiling->level[heated[i]], ceiling->top[heated[i]] / 2);
    }
}

struct dvfo_rig_ceiling dvfo_rig_ceiling_begin(const struct dvfo_board *board, double ceiling_c, double step_s,
                                               double now_s, double hottest_c)
{
    struct dvfo_rig_ceiling ceiling = {
        .ceiling_c = ceiling_c, .step_s = step_s, .blind = isnan(hottest_c), .seen_s = now_s, .next_step_s = now_s};
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        ceiling.top[d] = ceiling.level[d] = (int)board->clock[d].level_count - 1;
    }
    if (ceiling.blind) {
        stay_in_the_middle(&ceiling);
    }
    return ceiling;
}

/* @return whether any level changed, as below */
static bool step_down(struct dvfo_rig_ceiling *ceiling, const int asked[DVFO_DOMAINS])
{
    bool changed = false;
    for (size_t i = 0; i < HEATED; i++) {
        const dvfo_domain d = heated[i];
        const int runs = lower(ceiling->level[d], asked[d]), next = runs > 0 ? runs - 1 : 0;
        changed = changed || next != ceiling->level[d];
        ceiling->level[d] = next;
    }
    return changed;
}

static bool step_up(struct dvfo_rig_ceiling *ceiling)
{
    bool changed = false;
    for (size_t i = 0; i < HEATED; i++) {
        const dvfo_domain d = heated[i];
        const int next = lower(ceiling->level[d] + 1, ceiling->top[d]);
        changed = changed || next != ceiling->level[d];
        ceiling->level[d] = next;
    }
    return changed;
}

void dvfo_rig_ceiling_hear(struct dvfo_rig_ceiling *ceiling, double now_s, double hottest_c,
                           const int asked[DVFO_DOMAINS])
{
    if (isnan(hottest_c)) {
        ceiling->blind = ceiling->blind || now_s - ceiling->seen_s >= DVFO_RIG_BLIND_S;
        if (ceiling->blind) {
            stay_in_the_middle(ceiling);
        }
        return;
    }
    ceiling->blind = false;
    ceiling->seen_s = now_s;
    ceiling->hot = hottest_c >= ceiling->ceiling_c ||
                   (ceiling->hot && hottest_c > ceiling->ceiling_c - DVFO_RIG_COOL_K); /* in between as before */
    if (now_s >= ceiling->next_step_s && (ceiling->hot ? step_down(ceiling, asked) : step_up(ceiling))) {
        ceiling->next_step_s = now_s + ceiling->step_s;
    }
}

int dvfo_rig_ceiling_level(const struct dvfo_rig_ceiling *ceiling, dvfo_domain domain, int asked)
{
    return domain == DVFO_MEM ? asked : lower(asked, ceiling->level[domain]);
}

bool dvfo_rig_ceiling_caps(const struct dvfo_rig_ceiling *ceiling, const int asked[DVFO_DOMAINS])
{
    bool caps = false;
    for (size_t i = 0; i < HEATED; i++) {
        caps = caps || asked[heated[i]] > ceiling->level[heated[i]];
    }
    return caps;
}
