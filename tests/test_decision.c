/* Decisions that take time, Eq. (10). */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "fixture.h"
#include "policies/policies.h"
#include "profiles/cost.h"

#define NEAR(value, expected, relative) (fabs((value) - (expected)) <= (relative)*fabs(expected))

enum { MOST = 64 };

/* What even and odd requests are told, and what came of them. */
struct script {
    struct dvfo_decision even, odd;
    int asked;
    int rows;
    struct dvfo_request_row row[MOST];
};

static struct script script; /* each test is a process of its own */

static void decide_as_written(void *state, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    (void)state;
    script.asked++;
    *decision = seen->request % 2 == 0 ? script.even : script.odd;
}

static const struct dvfo_policy_type written = {
    .name = "written", .summary = "does as the script says", .decide = decide_as_written};

static void keep_row(void *user, const struct dvfo_request_row *row)
{
    (void)user;
    if (script.rows < MOST) {
        script.row[script.rows++] = *row;
    }
}

static const struct dvfo_probe watcher = {.request = keep_row};

/* The small board changes clocks at once and without a stall: CPU 500 to 2000, GPU 250 to 1000, memory 500 and 1000
 * MHz. */
static struct fixture open_world(void)
{
    struct dvfo_ctx ctx = {0};
    struct fixture fixture;
    cr_assert(fixture_init(&ctx, &fixture, DVFO_SOURCE_DIR "/tests/data/small-board.yaml", "resnet-18", "const:50Mbps"),
              "%s", ctx.message);
    return fixture;
}

static int top(const struct fixture *world, dvfo_domain domain)
{
    return (int)world->board->clock[domain].level_count - 1;
}

static struct dvfo_decision at_top(const struct fixture *world, dvfo_place place, int share_tenths)
{
    return (struct dvfo_decision){.level = {top(world, DVFO_CPU), top(world, DVFO_GPU), top(world, DVFO_MEM)},
                                  .place = place,
                                  .share_tenths = share_tenths};
}

static struct dvfo_trial trial_of(const struct fixture *world, dvfo_mode mode, double decision_share, long requests)
{
    struct dvfo_trial trial = fixture_trial(world, &written, requests);
    trial.probe = &watcher;
    trial.mode = mode;
    trial.decision_share = decision_share;
    return trial;
}

static void run(struct dvfo_trial *trial)
{
    struct dvfo_ctx ctx = {0};
    cr_assert(dvfo_trial_run(&ctx, trial) == DVFO_OK, "%s", ctx.message);
    cr_expect(trial->results.balance_error < 1e-9, "%g", trial->results.balance_error);
}

static double edge_s(const struct fixture *world)
{
    script.even = script.odd = at_top(world, DVFO_PLACE_EDGE, 0);
    struct dvfo_trial trial = trial_of(world, DVFO_CONCURRENT, 0.0, 1);
    trial.probe = NULL;
    run(&trial);
    return trial.results.latency_s;
}

Test(decision, one_that_takes_no_time_is_bit_for_bit_the_same_in_both_modes)
{
    struct dvfo_ctx ctx = {0};
    struct fixture world = open_world();
    const struct dvfo_policy_type *random = NULL;
    const char *argument = NULL;
    cr_assert(dvfo_policy_find(&ctx, "random", &random, &argument) == DVFO_OK);
    struct dvfo_trial concurrent = fixture_trial(&world, random, 300), blocking = concurrent;
    blocking.mode = DVFO_BLOCKING;
    run(&concurrent);
    run(&blocking);
    cr_expect(memcmp(&concurrent.results, &blocking.results, sizeof concurrent.results) == 0);
    fixture_free(&world);
}

Test(decision, blocking_adds_its_time_to_every_request_but_the_first)
{
    struct fixture world = open_world();
    const double free_s = edge_s(&world);
    struct dvfo_trial trial = trial_of(&world, DVFO_BLOCKING, 0.1, 5);
    run(&trial);
    cr_expect(NEAR(script.row[0].latency_s, free_s, 1e-12));
    for (int i = 1; i < 5; i++) {
        cr_expect(NEAR(script.row[i].latency_s, 1.1 * free_s, 1e-12), "%g", script.row[i].latency_s / free_s);
    }
    cr_expect(trial.results.cause_j[DVFO_CAUSE_DECISION] > 0.0);
    fixture_free(&world);
}

Test(decision, a_slower_cpu_thinks_longer)
{
    struct fixture world = open_world();
    const double free_s = edge_s(&world);
    script.even.level[DVFO_CPU] = script.odd.level[DVFO_CPU] = 0; /* 500 of 2000 MHz */
    struct dvfo_trial free_trial = trial_of(&world, DVFO_BLOCKING, 0.0, 2);
    run(&free_trial);
    const double slow_s = script.row[1].latency_s;
    script.rows = 0;
    struct dvfo_trial trial = trial_of(&world, DVFO_BLOCKING, 0.1, 2);
    run(&trial);
    cr_expect(NEAR(script.row[1].latency_s - slow_s, 0.1 * free_s * 4, 1e-9));
    fixture_free(&world);
}

/* Moving while thinking costs a CPU core and no time: 2 W of dynamic power (small-board.yaml) at full clock and
 * voltage, and a tenth of it in the module's conversion. */
Test(decision, concurrent_takes_energy_but_no_time)
{
    struct fixture world = open_world();
    const double free_s = edge_s(&world);
    struct dvfo_trial free_trial = trial_of(&world, DVFO_CONCURRENT, 0.0, 5);
    run(&free_trial);
    script.rows = 0;
    struct dvfo_trial trial = trial_of(&world, DVFO_CONCURRENT, 0.1, 5);
    run(&trial);
    cr_expect(NEAR(trial.results.latency_s, free_s, 1e-12));
    const double thought_j = 5.0 * (trial.results.energy_j - free_trial.results.energy_j);
    cr_expect(NEAR(thought_j, 4 * 0.1 * free_s * 2.0 * 1.1, 1e-9), "%g", thought_j);
    cr_expect(trial.results.cause_j[DVFO_CAUSE_DECISION] == 0.0);
    fixture_free(&world);
}

/* The second request begins at 1000 MHz and goes on at 250 from the moment its decision is there. */
Test(decision, a_late_one_changes_clocks_in_the_middle_of_a_layer)
{
    struct fixture world = open_world();
    const double free_s = edge_s(&world);
    script.odd.level[DVFO_GPU] = 0;
    struct dvfo_trial trial = trial_of(&world, DVFO_CONCURRENT, 0.3, 2);
    run(&trial);
    struct dvfo_schedule fast, slow;
    const struct dvfo_clocks at_1000 = {{2000e6, 1000e6, 1000e6}}, at_250 = {{2000e6, 250e6, 1000e6}};
    const int last = (int)world.network->n - 1;
    const struct dvfo_runtime *runtime = &world.board->runtime[0];
    cr_assert(dvfo_schedule_create(NULL, world.board, runtime, world.network, 0, last, true, &at_1000, &fast) ==
              DVFO_OK);
    cr_assert(dvfo_schedule_create(NULL, world.board, runtime, world.network, 0, last, true, &at_250, &slow) ==
              DVFO_OK);
    const double expected_s = 0.3 * free_s + slow.time_s - dvfo_schedule_rescale_s(&fast, &slow, 0.3 * free_s);
    cr_expect(NEAR(script.row[1].latency_s, expected_s, 1e-9), "%g, expected %g", script.row[1].latency_s, expected_s);
    dvfo_schedule_free(&fast);
    dvfo_schedule_free(&slow);
    fixture_free(&world);
}

/* A decision that comes after `share` of a request: what place and share the second request ends with. */
static const struct dvfo_request_row *second_after(double share, struct dvfo_decision first,
                                                   struct dvfo_decision second)
{
    struct fixture world = open_world();
    script.even = first;
    script.odd = second;
    struct dvfo_trial trial = trial_of(&world, DVFO_CONCURRENT, share, 2);
    run(&trial);
    fixture_free(&world);
    return &script.row[1];
}

Test(decision, the_share_changes_only_while_the_split_is_not_reached)
{
    struct fixture world = open_world();
    const struct dvfo_decision edge = at_top(&world, DVFO_PLACE_EDGE, 0), half = at_top(&world, DVFO_PLACE_SPLIT, 5);
    fixture_free(&world);
    cr_expect(second_after(0.01, edge, half)->place == DVFO_PLACE_SPLIT && script.row[1].share == 0.5);
    script.rows = 0;
    cr_expect(second_after(0.9, edge, half)->place == DVFO_PLACE_EDGE && script.row[1].share == 0.0);
    script.rows = 0;
    cr_expect(second_after(0.01, half, edge)->place == DVFO_PLACE_EDGE && script.row[1].uplink_byte == 0.0);
    script.rows = 0;
    cr_expect(second_after(0.9, half, edge)->place == DVFO_PLACE_SPLIT && script.row[1].uplink_byte > 0.0);
}

Test(decision, a_late_one_moves_no_request_into_or_out_of_a_little_network)
{
    struct fixture world = open_world();
    const struct dvfo_decision edge = at_top(&world, DVFO_PLACE_EDGE, 0), half = at_top(&world, DVFO_PLACE_SPLIT, 5);
    struct dvfo_decision appeal = at_top(&world, DVFO_PLACE_APPEAL, 0);
    appeal.appeal_below = 1.0;
    fixture_free(&world);
    cr_expect(second_after(0.01, edge, appeal)->place == DVFO_PLACE_EDGE && script.row[1].uplink_byte == 0.0);
    script.rows = 0;
    cr_expect(second_after(0.01, appeal, edge)->place == DVFO_PLACE_APPEAL && script.row[1].share == 1.0);
    script.rows = 0;
    cr_expect(second_after(0.01, appeal, half)->place == DVFO_PLACE_APPEAL && script.row[1].share == 1.0);
}

/* A thought of two and a half requests: made for request 1, it holds from request 3 on; 2 and 3 get none of their own.
 */
Test(decision, there_is_one_thought_at_a_time)
{
    struct fixture world = open_world();
    edge_s(&world);
    script.asked = 0;
    script.odd = at_top(&world, DVFO_PLACE_CLOUD, 0);
    struct dvfo_trial trial = trial_of(&world, DVFO_CONCURRENT, 2.5, 4);
    run(&trial);
    cr_expect(script.asked == 2, "%d", script.asked); /* requests 0 and 1 */
    cr_expect(script.row[1].place == DVFO_PLACE_EDGE && script.row[2].place == DVFO_PLACE_EDGE &&
              script.row[3].place == DVFO_PLACE_EDGE); /* it comes in the middle of request 3 */
    fixture_free(&world);
}

Test(decision, energy_adds_up_whatever_is_decided_while_moving)
{
    struct dvfo_ctx ctx = {0};
    struct fixture world;
    cr_assert(fixture_init(&ctx, &world, "jetson-tx2", "resnet-18", "model:wifi"), "%s", ctx.message);
    const struct dvfo_policy_type *random = NULL;
    const char *argument = NULL;
    cr_assert(dvfo_policy_find(&ctx, "random", &random, &argument) == DVFO_OK);
    for (int poisson = 0; poisson < 2; poisson++) {
        struct dvfo_trial trial = fixture_trial(&world, random, 1500);
        trial.decision_share = 0.4;
        trial.workload.arrivals = poisson ? DVFO_POISSON : DVFO_CLOSED;
        trial.workload.rate_hz = 30.0;
        run(&trial);
        cr_expect(trial.results.requests == 1500);
    }
    fixture_free(&world);
}
