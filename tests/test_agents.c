/* What an agent is made of: its actions, what it sees, what it is rewarded for, its definition and its home. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <string.h>

#include "fixture.h"
#include "policies/agents/agent.h"
#include "policies/agents/view.h"
#include "sim/simulation.h"

#define SMALL_BOARD DVFO_SOURCE_DIR "/tests/data/small-board.yaml"

static struct dvfo_ctx ctx;

static struct fixture open_world(const char *board)
{
    struct fixture world;
    cr_assert(fixture_init(&ctx, &world, board, "mobilenet-v2", "const:5Mbps"), "%s", ctx.message);
    return world;
}

static struct dvfo_action_space space_of(const struct dvfo_action_space_def *def, const struct dvfo_board *board)
{
    struct dvfo_action_space space;
    cr_assert_eq(dvfo_action_space_of(&ctx, def, board, &space), DVFO_OK, "%s", ctx.message);
    return space;
}

static bool is_one_sentence(const char *message)
{
    return message[0] != '\0' && strchr(message, '\n') == NULL;
}

/* ---- actions ---- */

/* The small board has 3 CPU clocks, 4 of the GPU, 2 of the memory. */
Test(agents, branches_are_as_long_as_there_are_choices)
{
    struct fixture world = open_world(SMALL_BOARD);
    struct dvfo_action_space_def def = dvfo_action_space_def_default();
    struct dvfo_action_space space = space_of(&def, world.board);
    cr_expect(space.branches == 4 && space.choices[0] == 3 && space.choices[1] == 4 && space.choices[2] == 2 &&
              space.choices[3] == 11);
    cr_expect_eq(dvfo_action_space_size(&space), 264.0);
    def.input = true;
    def.levels = 2;
    space = space_of(&def, world.board);
    cr_expect(space.choices[0] == 2 && space.choices[1] == 2 && space.choices[3] == 12);
    def.chooses[DVFO_GPU] = false;
    def.flat = true;
    space = space_of(&def, world.board);
    cr_expect(space.branches == 1 && space.choices[0] == 2 * 2 * 12);
    fixture_free(&world);

    world = open_world("xavier-nx");
    def = dvfo_action_space_def_default();
    space = space_of(&def, world.board);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        cr_expect(space.choices[d] >= 2 && space.choices[d] <= 10, "%ld", space.choices[d]);
        cr_expect_eq(space.clocks.level[d][space.choices[d] - 1], space.top[d], "the highest clock is among them");
    }
    fixture_free(&world);
}

static bool same_decisions(const struct dvfo_decision *a, const struct dvfo_decision *b)
{
    return memcmp(a->level, b->level, sizeof a->level) == 0 && a->place == b->place &&
           a->share_tenths == b->share_tenths;
}

/* Choices of the branches, as the hands of a clock: the last one turns fastest. @return false after the last */
static bool next_choices(const struct dvfo_action_space *space, int choice[DVFO_KNOBS])
{
    for (long k = space->branches - 1; k >= 0; k--) {
        if (++choice[k] < space->choices[k]) {
            return true;
        }
        choice[k] = 0;
    }
    return false;
}

Test(agents, every_flat_index_means_what_its_branches_mean_and_no_two_mean_the_same)
{
    struct fixture world = open_world(SMALL_BOARD);
    for (int which = 0; which < 16; which++) {
        struct dvfo_action_space_def def = dvfo_action_space_def_default();
        for (int d = 0; d < DVFO_DOMAINS; d++) {
            def.chooses[d] = (which >> d & 1) == 0;
        }
        def.input = which >> 3;
        const struct dvfo_action_space branching = space_of(&def, world.board);
        def.flat = true;
        const struct dvfo_action_space flat = space_of(&def, world.board);
        int choice[DVFO_KNOBS] = {0}, index = 0;
        struct dvfo_decision seen[300];
        bool more = true;
        for (; more; index++) {
            struct dvfo_decision by_branches = {.place = DVFO_PLACE_CLOUD}, by_index = {.share_tenths = 3};
            dvfo_action_space_decide(&branching, choice, &by_branches);
            dvfo_action_space_decide(&flat, &index, &by_index);
            cr_assert(same_decisions(&by_branches, &by_index), "actions %d: index %d", which, index);
            for (int i = 0; i < index; i++) {
                cr_assert_not(same_decisions(&seen[i], &by_index), "%d and %d", i, index);
            }
            seen[index] = by_index;
            more = next_choices(&branching, choice);
        }
        cr_expect_eq(index, (int)flat.choices[0]);
        cr_expect_eq(index, (int)dvfo_action_space_size(&branching));
    }
    fixture_free(&world);
}

Test(agents, shares_are_tenths_and_the_last_choice_is_the_encoded_input)
{
    struct fixture world = open_world(SMALL_BOARD);
    struct dvfo_action_space_def def = {.chooses = {[DVFO_KNOB_SHARE] = true}, .input = true, .levels = 10};
    const struct dvfo_action_space space = space_of(&def, world.board);
    for (int choice = 0; choice < 12; choice++) {
        struct dvfo_decision decision = {.level = {0, 0, 0}};
        dvfo_action_space_decide(&space, &choice, &decision);
        const dvfo_place place = choice == 0 ? DVFO_PLACE_EDGE : choice == 11 ? DVFO_PLACE_CLOUD : DVFO_PLACE_SPLIT;
        cr_expect(decision.place == place && decision.share_tenths == (choice == 11 ? 0 : choice), "%d", choice);
        cr_expect(decision.level[0] == 2 && decision.level[1] == 3 && decision.level[2] == 1, "at the top");
    }
    fixture_free(&world);
}

/* Branches: CPU, GPU, memory on the device; the same with a part sent; the same with all sent; the share. */
Test(agents, the_share_chooses_which_set_of_clock_branches_counts)
{
    struct fixture world = open_world(SMALL_BOARD);
    struct dvfo_action_space_def def = dvfo_action_space_def_default();
    def.kinds = def.input = true;
    const struct dvfo_action_space space = space_of(&def, world.board);
    cr_assert(space.branches == 10 && space.sets == 3 && space.choices[9] == 12 && space.choices[3] == 3);
    cr_expect_eq(dvfo_action_space_share_branch(&space), 9);
    cr_expect_eq(dvfo_action_space_size(&space), 3 * 4 * 2 * 12.0, "as many actions as without");
    const struct {
        int share;
        unsigned idle;
        int level[DVFO_DOMAINS];
    } rows[] = {{0, 0x1f8, {0, 1, 0}},
                {1, 0x1c7, {1, 2, 1}},
                {9, 0x1c7, {1, 2, 1}},
                {10, 0x03f, {2, 3, 0}},
                {11, 0x03f, {2, 3, 0}}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const int choice[] = {0, 1, 0, 1, 2, 1, 2, 3, 0, rows[i].share};
        struct dvfo_decision decision = {0};
        dvfo_action_space_decide(&space, choice, &decision);
        cr_expect_arr_eq(decision.level, rows[i].level, sizeof decision.level, "share %d", rows[i].share);
        cr_expect_eq(dvfo_action_space_idle(&space, choice), rows[i].idle, "share %d: %x", rows[i].share,
                     dvfo_action_space_idle(&space, choice));
    }
    fixture_free(&world);
}

Test(agents, a_governed_space_leaves_the_clocks_that_it_does_not_choose)
{
    struct fixture world = open_world(SMALL_BOARD);
    struct dvfo_action_space_def def = dvfo_action_space_def_default();
    def.chooses[DVFO_GPU] = def.chooses[DVFO_MEM] = false;
    def.governed = true;
    const struct dvfo_action_space space = space_of(&def, world.board);
    struct dvfo_decision decision = {.level = {2, 1, 0}};
    dvfo_action_space_decide(&space, (int[]){0, 5}, &decision);
    cr_expect(decision.level[DVFO_CPU] == 0 && decision.level[DVFO_GPU] == 1 && decision.level[DVFO_MEM] == 0);
    cr_expect(decision.place == DVFO_PLACE_SPLIT && decision.share_tenths == 5);
    fixture_free(&world);
}

Test(agents, a_clock_of_one_level_is_no_branch_and_nothing_to_choose_is_refused)
{
    struct fixture world = open_world(SMALL_BOARD);
    struct dvfo_board board = *world.board;
    board.clock[DVFO_MEM].level_count = 1;
    board.clock[DVFO_MEM].calibrated_max_hz = board.clock[DVFO_MEM].level_hz[0];
    struct dvfo_action_space_def def = dvfo_action_space_def_default();
    struct dvfo_action_space space = space_of(&def, &board);
    cr_expect(space.branches == 3 && space.choices[2] == 11 && space.knob[2] == DVFO_KNOB_SHARE);
    def = (struct dvfo_action_space_def){.chooses = {[DVFO_MEM] = true}, .levels = 10};
    cr_expect_eq(dvfo_action_space_of(&ctx, &def, &board, &space), DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "an agent on small-board has nothing to choose");
    def.chooses[DVFO_MEM] = false;
    cr_expect_eq(dvfo_action_space_of(&ctx, &def, &board, &space), DVFO_BAD_INPUT);
    fixture_free(&world);
}

/* ---- view ---- */

static struct dvfo_view view_of(const struct fixture *world)
{
    struct dvfo_view view;
    const struct dvfo_policy_setup setup = {
        .board = world->board, .network = world->network, .eta = 0.25, .lambda = 1.0};
    dvfo_view_begin(&view, &setup);
    return view;
}

/* Before the first transfer, at the lowest clocks. */
static struct dvfo_observation first_look(void)
{
    return (struct dvfo_observation){.bandwidth_bps = (double)NAN,
                                     .bandwidth_age_s = (double)NAN,
                                     .in_system = 1,
                                     .last_latency_s = (double)NAN,
                                     .last_energy_j = (double)NAN,
                                     .temperature_c = (double)NAN,
                                     .importance = {(double)NAN, (double)NAN, (double)NAN}};
}

#define EXPECT_INPUT(name, value)                                                                                      \
    cr_expect_float_eq(x[DVFO_VIEW_##name], (float)(value), 1e-6, #name " is %g, expected %g",                         \
                       (double)x[DVFO_VIEW_##name], (double)(value))

Test(agents, an_observation_becomes_inputs_as_computed_by_hand)
{
    struct fixture world = open_world(SMALL_BOARD);
    struct dvfo_view view = view_of(&world);
    struct dvfo_observation seen = first_look();
    float x[DVFO_VIEW_INPUTS];
    seen.transfers = 1;
    seen.bandwidth_bps = 50e6; /* ten times the rate that counts 0 */
    seen.bandwidth_age_s = 9.0;
    seen.level[DVFO_CPU] = 1;
    seen.level[DVFO_GPU] = 3;
    seen.asked[DVFO_CPU] = 2;
    seen.asked[DVFO_GPU] = 0;
    seen.acting = (struct dvfo_decision){.level = {2, 0, 1}, .place = DVFO_PLACE_SPLIT, .share_tenths = 4};
    seen.decision_s = 0.002;
    seen.last_latency_s = 0.1;
    seen.in_system = 10;
    seen.temperature_c = 75.0;
    seen.importance[0] = 0.5;
    seen.importance[1] = 0.75;
    seen.importance[2] = 0.9;
    dvfo_view_look(&view, &seen, x);
    EXPECT_INPUT(ETA, -0.5);
    EXPECT_INPUT(LAMBDA, 1.0);
    EXPECT_INPUT(IMPORTANCE_1, 0.5);
    EXPECT_INPUT(IMPORTANCE_2, 0.75);
    EXPECT_INPUT(IMPORTANCE_3, 0.9);
    EXPECT_INPUT(BANDWIDTH, 1.0);
    EXPECT_INPUT(KNOWN, 1.0);
    EXPECT_INPUT(AGE, 1.0);
    EXPECT_INPUT(FRESH, exp(-9.0));
    EXPECT_INPUT(LEVEL, 1.0);
    EXPECT_INPUT(CPU, 0.5);
    EXPECT_INPUT(GPU, 1.0);
    EXPECT_INPUT(MEM, 0.0);
    EXPECT_INPUT(ACTING_CPU, 1.0);
    EXPECT_INPUT(ACTING_GPU, 0.0);
    EXPECT_INPUT(ACTING_MEM, 1.0);
    EXPECT_INPUT(ACTING_SHARE, 0.4);
    EXPECT_INPUT(TO_GO_CPU, 0.5);
    EXPECT_INPUT(TO_GO_GPU, -1.0);
    EXPECT_INPUT(TO_GO_MEM, 0.0);
    EXPECT_INPUT(DECISION, 0.02);
    EXPECT_INPUT(QUEUE, 1.0);
    EXPECT_INPUT(TEMPERATURE, 0.5);
    seen.acting.place = DVFO_PLACE_CLOUD;
    seen.decision_s = 1.0;
    dvfo_view_look(&view, &seen, x);
    EXPECT_INPUT(ACTING_SHARE, 1.1);
    EXPECT_INPUT(DECISION, 2.0);
    fixture_free(&world);
}

Test(agents, descriptors_of_a_network_are_sums_over_its_layers)
{
    struct fixture world = open_world(SMALL_BOARD);
    const struct dvfo_network *network = world.network;
    struct dvfo_view view = view_of(&world);
    const struct dvfo_observation seen = first_look();
    float x[DVFO_VIEW_INPUTS];
    double work = 0.0, head = 0.0, kernels = 0.0, elements = 0.0;
    for (size_t i = 0; i < network->n; i++) {
        work += network->layers[i].work_flop;
        head += i <= (size_t)network->split ? network->layers[i].work_flop : 0.0;
        kernels += network->layers[i].fused ? 0 : 1;
        elements += network->layers[i].fused ? 0 : network->layers[i].output_elements;
    }
    dvfo_view_look(&view, &seen, x);
    EXPECT_INPUT(WORK, log10(work / 3.2e9));
    EXPECT_INPUT(KERNELS, log10(kernels / 100.0));
    EXPECT_INPUT(PARAMETERS, log10(network->params / 1e7));
    EXPECT_INPUT(ACTIVATIONS, log10(elements / 1e7));
    EXPECT_INPUT(HEAD, head / work);
    fixture_free(&world);
}

Test(agents, nothing_is_known_of_a_link_before_the_first_transfer)
{
    struct fixture world = open_world(SMALL_BOARD);
    struct dvfo_view view = view_of(&world);
    const struct dvfo_observation seen = first_look();
    float x[DVFO_VIEW_INPUTS];
    for (int i = 0; i < 3; i++) {
        dvfo_view_look(&view, &seen, x);
        for (int input = DVFO_VIEW_IMPORTANCE_1; input <= DVFO_VIEW_EXPERIENCE; input++) {
            cr_expect_eq(x[input], 0.0f, "%s is %g", dvfo_view_names()[input], (double)x[input]);
        }
        cr_expect(x[DVFO_VIEW_QUEUE] == 0.0f && x[DVFO_VIEW_TEMPERATURE] == 0.0f && x[DVFO_VIEW_DECISION] == 0.0f);
    }
    fixture_free(&world);
}

Test(agents, the_link_is_remembered_as_computed_by_hand)
{
    struct fixture world = open_world(SMALL_BOARD);
    struct dvfo_view view = view_of(&world);
    struct dvfo_observation seen = first_look();
    float x[DVFO_VIEW_INPUTS];
    seen.bandwidth_age_s = 0.0;
    seen.transfers = 1;
    seen.bandwidth_bps = 5e6; /* 0 decades */
    dvfo_view_look(&view, &seen, x);
    EXPECT_INPUT(LEVEL, 0.0);
    EXPECT_INPUT(SPREAD, 0.0);
    EXPECT_INPUT(EXPERIENCE, 1.0 / 9.0);
    seen.transfers = 2;
    seen.bandwidth_bps = 50e6; /* 1 decade, of weight 1/2: spread 1/2 of 1, level 1/2 */
    dvfo_view_look(&view, &seen, x);
    EXPECT_INPUT(LEVEL, 0.5);
    EXPECT_INPUT(SPREAD, 0.5);
    EXPECT_INPUT(STALLS, 0.0);
    dvfo_view_look(&view, &seen, x); /* nothing new */
    EXPECT_INPUT(LEVEL, 0.5);
    EXPECT_INPUT(EXPERIENCE, 2.0 / 10.0);
    seen.transfers = 3;
    seen.bandwidth_bps = 0.5e6; /* -1 decade: 1.5 below the level, an outage; level and spread stay */
    dvfo_view_look(&view, &seen, x);
    EXPECT_INPUT(BANDWIDTH, -1.0);
    EXPECT_INPUT(LEVEL, 0.5);
    EXPECT_INPUT(SPREAD, 0.5);
    EXPECT_INPUT(STALLS, 1.0 / 3.0);
    seen.transfers = 4;
    seen.bandwidth_bps = 5e6; /* -0.5 of the level: none */
    dvfo_view_look(&view, &seen, x);
    EXPECT_INPUT(STALLS, 0.25);
    EXPECT_INPUT(LEVEL, 0.375);
    EXPECT_INPUT(SPREAD, 0.5);
    seen.timeouts = 1; /* counts as a stall: nothing came through */
    dvfo_view_look(&view, &seen, x);
    EXPECT_INPUT(BANDWIDTH, -2.5);
    EXPECT_INPUT(STALLS, 0.25 + 0.2 * 0.75);
    EXPECT_INPUT(LEVEL, 0.375);
    EXPECT_INPUT(KNOWN, 1.0);
    fixture_free(&world);
}

Test(agents, sixteen_transfers_are_remembered_and_older_ones_fade)
{
    struct fixture world = open_world(SMALL_BOARD);
    struct dvfo_view view = view_of(&world);
    struct dvfo_observation seen = first_look();
    float x[DVFO_VIEW_INPUTS];
    seen.bandwidth_age_s = 0.0;
    seen.bandwidth_bps = 5e6;
    for (seen.transfers = 1; seen.transfers <= 40; seen.transfers++) {
        dvfo_view_look(&view, &seen, x);
    }
    seen.bandwidth_bps = 50e6; /* the first of them counts 1/16, not 1/41 */
    dvfo_view_look(&view, &seen, x);
    EXPECT_INPUT(LEVEL, 1.0 / 16.0);
    fixture_free(&world);
}

Test(agents, inputs_have_as_many_names_as_there_are_and_all_differ)
{
    const char *const *names = dvfo_view_names();
    for (int i = 0; i < DVFO_VIEW_INPUTS; i++) {
        cr_assert(names[i] != NULL && names[i][0] != '\0' && strchr(names[i], ' ') == NULL);
        for (int j = 0; j < i; j++) {
            cr_expect_str_neq(names[i], names[j]);
        }
    }
    cr_expect_null(names[DVFO_VIEW_INPUTS]);
}

/* Decides at random, and looks at how large what it sees is. */
struct looking {
    struct dvfo_view view;
    struct dvfo_action_space space;
    uint64_t draws;
};

static float largest;     /* each test is a process of its own */
static const char *whose; /* that input */

static dvfo_status begin_looking(struct dvfo_ctx *context, void *state, const struct dvfo_policy_setup *setup)
{
    struct looking *looking = state;
    const struct dvfo_action_space_def def = dvfo_action_space_def_default();
    dvfo_view_begin(&looking->view, setup);
    return dvfo_action_space_of(context, &def, setup->board, &looking->space);
}

static void look_and_decide(void *state, const struct dvfo_observation *seen, struct dvfo_decision *decision)
{
    struct looking *looking = state;
    float x[DVFO_VIEW_INPUTS];
    int choice[DVFO_KNOBS];
    dvfo_view_look(&looking->view, seen, x);
    for (int i = 0; i < DVFO_VIEW_INPUTS; i++) {
        cr_assert(isfinite(x[i]), "%s at request %ld", dvfo_view_names()[i], seen->request);
        if (fabsf(x[i]) > largest) {
            largest = fabsf(x[i]);
            whose = dvfo_view_names()[i];
        }
    }
    for (long k = 0; k < looking->space.branches; k++) {
        looking->draws = looking->draws * UINT64_C(6364136223846793005) + 1442695040888963407;
        choice[k] = (int)((looking->draws >> 33) % (uint64_t)looking->space.choices[k]);
    }
    dvfo_action_space_decide(&looking->space, choice, decision);
}

static const struct dvfo_policy_type looker = {.name = "looker",
                                               .summary = "looks",
                                               .state_size = sizeof(struct looking),
                                               .init = begin_looking,
                                               .decide = look_and_decide};

Test(agents, what_is_seen_in_a_run_is_finite_and_about_one)
{
    static const char *const networks[] = {"mobilenet-v2", "vit-b16", "resnet-18"};
    for (int i = 0; i < 3; i++) {
        struct fixture world;
        cr_assert(fixture_init(&ctx, &world, "jetson-tx2", networks[i], "model:5g-up"), "%s", ctx.message);
        struct dvfo_trial trial = fixture_trial(&world, &looker, 400);
        trial.decision_share = i == 1 ? 0.3 : 0.0;
        trial.thermal = i == 2;
        trial.scenario.timeout_s = i == 0 ? 0.5 : 10.0;
        cr_assert_eq(dvfo_trial_run(&ctx, &trial), DVFO_OK, "%s", ctx.message);
        fixture_free(&world);
    }
    cr_expect(largest > 1.0f && largest < 3.1f, "%s reaches %g", whose, (double)largest);
}

/* ---- rewards ---- */

/* A request of edge-only takes 0.1 s and 0.8 J at 10 W: with eta 0.5 it costs 0.4 + 0.5 = 0.9 J. */
static const struct dvfo_yardstick yardstick = {
    .eta = 0.5, .p_max_w = 10.0, .energy_j = 0.8, .latency_s = 0.1, .cost_j = 0.9};

static void expect_reward(const struct dvfo_reward_def *def, const struct dvfo_stretch *stretch, double expected)
{
    const double reward = dvfo_reward_of(def, &yardstick, stretch);
    cr_expect_float_eq(reward, expected, 1e-12, "%s: %.15g, expected %g", dvfo_reward_name(def->kind), reward,
                       expected);
}

Test(agents, a_cost_is_rewarded_as_computed_by_hand)
{
    struct dvfo_reward_def def = dvfo_reward_def_default();
    struct dvfo_stretch stretch = {.finished = 1, .energy_j = 0.36, .latency_s = 0.054};
    expect_reward(&def, &stretch, 1.0 - (0.18 + 0.27) / 0.9);
    def.baseline = 0.0;
    expect_reward(&def, &stretch, -0.5);
    def.baseline = 1.0;
    stretch.finished = 2;
    expect_reward(&def, &stretch, 1.5);
    stretch = (struct dvfo_stretch){.time_s = 1.0}; /* nothing ended */
    expect_reward(&def, &stretch, 0.0);
}

Test(agents, a_deadline_is_rewarded_as_computed_by_hand)
{
    struct dvfo_reward_def def = dvfo_reward_def_default();
    def.kind = DVFO_REWARD_DEADLINE;
    struct dvfo_stretch stretch = {.finished = 1, .energy_j = 0.4, .latency_s = 0.099};
    expect_reward(&def, &stretch, -0.5);
    stretch.latency_s = 0.101; /* late: as much as two requests' energies */
    expect_reward(&def, &stretch, -2.5);
    def.deadline = 2.0;
    expect_reward(&def, &stretch, -0.5);
    def.late_penalty = 5.0;
    stretch = (struct dvfo_stretch){.finished = 2, .energy_j = 0.8, .latency_s = 0.41};
    expect_reward(&def, &stretch, -11.0);
}

Test(agents, frames_are_rewarded_as_computed_by_hand)
{
    struct dvfo_reward_def def = dvfo_reward_def_default();
    def.kind = DVFO_REWARD_FRAMES;
    /* 5 of 10 frames a second, 4 W, no temperature: 0.5 + 2 / 4 */
    struct dvfo_stretch stretch = {
        .finished = 1, .energy_j = 0.8, .latency_s = 0.2, .time_s = 0.2, .temperature_c = (double)NAN, .trip_c = 90};
    expect_reward(&def, &stretch, 1.0);
    stretch.temperature_c = 49.0;
    expect_reward(&def, &stretch, 1.0 + 0.2 * tanh(1.0));
    stretch.temperature_c = 90.0; /* at the trip point */
    expect_reward(&def, &stretch, -1.0);
    stretch.temperature_c = (double)NAN;
    stretch.finished = 7; /* more than asked for is worth no more */
    expect_reward(&def, &stretch, 1.5);
}

Test(agents, a_band_is_rewarded_as_computed_by_hand)
{
    struct dvfo_reward_def def = dvfo_reward_def_default();
    def.kind = DVFO_REWARD_BAND;
    struct dvfo_stretch stretch = {.time_s = 1.0, .busy = {[DVFO_CPU] = 0.85, [DVFO_GPU] = 0.8, [DVFO_MEM] = 0.1}};
    expect_reward(&def, &stretch, 1.2);
    stretch.busy[DVFO_GPU] = 0.79;
    expect_reward(&def, &stretch, 0.35);
    stretch.busy[DVFO_CPU] = 0.91;
    expect_reward(&def, &stretch, -0.5);
}

/* ---- definitions ---- */

Test(agents, every_shipped_preset_loads_and_its_policy_is_there)
{
    DIR *folder = opendir(DVFO_SOURCE_DIR "/policies/presets");
    int presets = 0;
    cr_assert(folder != NULL);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char name[256], *suffix;
        snprintf(name, sizeof name, "%s", entry->d_name);
        suffix = strstr(name, ".yaml");
        if (suffix == NULL) {
            continue;
        }
        *suffix = '\0';
        struct dvfo_agent_def def;
        const struct dvfo_policy_type *policy = NULL;
        const char *argument = NULL;
        cr_expect_eq(dvfo_agent_def_load(&ctx, name, &def), DVFO_OK, "%s", ctx.message);
        cr_expect_str_eq(def.preset, name);
        cr_expect_eq(dvfo_policy_find(&ctx, def.policy, &policy, &argument), DVFO_OK, "%s: %s", name, ctx.message);
        cr_expect(def.summary[0] != '\0' && def.standing[0] != '\0');
        cr_expect(def.learner.environments % def.training.twins == 0);
        struct fixture world = open_world("jetson-tx2");
        struct dvfo_agent *agent = NULL;
        def.learner.replay_capacity = 100; /* only whether it can be made */
        cr_expect_eq(dvfo_agent_create(&ctx, &def, world.board, "none", &agent), DVFO_OK, "%s", ctx.message);
        dvfo_agent_free(agent);
        fixture_free(&world);
        presets++;
    }
    closedir(folder);
    cr_expect(presets > 0);
}

#define HEADING "name: mine\npolicy: dvfo\nsummary: \"s\"\nstanding: \"s\"\n"

static dvfo_status read_text(const char *text, struct dvfo_agent_def *def)
{
    return dvfo_agent_def_from_memory(&ctx, "mine.yaml", text, strlen(text), def);
}

Test(agents, a_definition_changes_what_it_names_and_nothing_else)
{
    struct dvfo_agent_def plain, def;
    cr_assert_eq(read_text(HEADING, &plain), DVFO_OK, "%s", ctx.message);
    cr_assert_eq(read_text(HEADING "actions: {mem: no, levels: 5}\nlearner: {gamma: 0.5, batch: 8}\n"
                                   "network: {trunk: [16, 8, 4], plain_sum: yes}\ntraining: {steps: 77}\n"
                                   "reward: {kind: band}\n",
                           &def),
                 DVFO_OK, "%s", ctx.message);
    cr_expect(!def.actions.chooses[DVFO_MEM] && def.actions.levels == 5 && def.actions.chooses[DVFO_GPU]);
    cr_expect(def.learner.gamma == 0.5 && def.learner.q.batch == 8 && def.learner.seed == plain.learner.seed);
    cr_expect(def.learner.q.network.layers == 3 && def.learner.q.network.width[2] == 4 &&
              def.learner.q.network.plain_sum && def.learner.q.network.dueling);
    cr_expect(def.training.steps == 77 && def.training.episode == plain.training.episode);
    cr_expect_eq(def.reward.kind, DVFO_REWARD_BAND);
}

Test(agents, a_mistake_in_a_definition_is_told_with_its_line)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {HEADING "learner: {gama: 0.5}\n", "mine.yaml:5: unknown key 'gama'; did you mean 'gamma'?"},
        {HEADING "training:\n  steps: 5\n  epsode: 7\n", "mine.yaml:7: unknown key 'epsode'; did you mean 'episode'?"},
        {HEADING "actions: {xyzzyxyzzyxyzzy: yes}\n", "unknown key 'xyzzyxyzzyxyzzy', expected keys like 'cpu'"},
        {HEADING "leaner: {gamma: 0.5}\n", "mine.yaml:5: unknown key 'leaner'; did you mean 'learner'?"},
        {HEADING "network: {trnk: [5]}\n", "mine.yaml:5: unknown key 'trnk'; did you mean 'trunk'?"},
        {HEADING "learner: {gamma: 1.5}\n", "mine.yaml:5: 'gamma' is 1.5, expected a number from 0 to 1"},
        {HEADING "learner: {gamma: much}\n", "mine.yaml:5: 'gamma' is 'much'"},
        {HEADING "learner: {batch: 2.5}\n", "mine.yaml:5: 'batch' is '2.5'"},
        {HEADING "learner: {environments: 0}\n", "'environments' is '0', expected"},
        {HEADING "actions: {cpu: 1}\n", "mine.yaml:5: 'cpu' is '1', expected yes or no"},
        {HEADING "reward: {kind: money}\n", "mine.yaml:5: 'kind' is 'money', expected"},
        {HEADING "actions: yes\n", "mine.yaml:5: is"},
        {HEADING "network: {trunk: [8, 8, 8, 8, 8]}\n", "trunk has 5 layers, expected at most 4"},
        {HEADING "network: {trunk: [0]}\n", "'width of a layer' is '0', expected"},
        {HEADING "network: {trunk: 64}\n", "trunk"},
        {HEADING "network: {dueling: maybe}\n", "mine.yaml:5: 'dueling' is 'maybe', expected yes or no"},
        {HEADING "learner: {gamma: 0.5, gamma: 0.6}\n", "the key 'gamma' stands here a second time"},
        {"policy: dvfo\nsummary: s\nstanding: s\n", "name"},
        {"name: a-name-that-is-far-too-long-for-any-preset\npolicy: dvfo\nsummary: s\nstanding: s\n",
         "mine.yaml:1: name is longer than 31 characters"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dvfo_agent_def def;
        ctx.message[0] = '\0';
        cr_expect_eq(read_text(rows[i].text, &def), DVFO_BAD_INPUT, "taken: %s", rows[i].text);
        cr_expect(is_one_sentence(ctx.message) && strstr(ctx.message, rows[i].says) != NULL, "no '%s' in: %s",
                  rows[i].says, ctx.message);
    }
    struct dvfo_agent_def def;
    cr_expect_eq(dvfo_agent_def_load(&ctx, "dvfoo", &def), DVFO_BAD_INPUT);
    cr_expect_str_eq(ctx.message, "unknown preset 'dvfoo'; did you mean 'dvfo'?");
}

Test(agents, one_value_is_set_by_section_and_key)
{
    struct dvfo_agent_def def;
    cr_assert_eq(read_text(HEADING, &def), DVFO_OK);
    cr_expect_eq(dvfo_agent_def_set(&ctx, &def, "learner.gamma=0.25"), DVFO_OK, "%s", ctx.message);
    cr_expect_eq(dvfo_agent_def_set(&ctx, &def, "network.trunk=[7, 5]"), DVFO_OK, "%s", ctx.message);
    cr_expect_eq(dvfo_agent_def_set(&ctx, &def, "reward.kind=deadline"), DVFO_OK, "%s", ctx.message);
    cr_expect_eq(dvfo_agent_def_set(&ctx, &def, "actions.flat=yes"), DVFO_OK, "%s", ctx.message);
    cr_expect(def.learner.gamma == 0.25 && def.learner.q.network.width[1] == 5 && def.actions.flat);
    cr_expect_eq(def.reward.kind, DVFO_REWARD_DEADLINE);
    static const struct {
        const char *assignment, *says;
    } rows[] = {
        {"gamma=0.5", "'gamma=0.5' is no setting, expected SECTION.KEY=VALUE as learner.gamma=0.9"},
        {"learner.gamma", "'learner.gamma' is no setting"},
        {"learner.gamma=", "is no setting"},
        {"learner.gama=0.5", "did you mean 'gamma'?"},
        {"leaner.gamma=0.5", "did you mean 'learner'?"},
        {"learner.gamma=2", "'gamma' is 2, expected a number from 0 to 1"},
        {"name.x=2", "name"},
        {"learner.gamma=]", "learner.gamma=]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(dvfo_agent_def_set(&ctx, &def, rows[i].assignment), DVFO_BAD_INPUT, "%s", rows[i].assignment);
        cr_expect(is_one_sentence(ctx.message) && strstr(ctx.message, rows[i].says) != NULL, "no '%s' in: %s",
                  rows[i].says, ctx.message);
    }
    cr_expect_eq(def.learner.gamma, 0.25, "what is refused changes nothing");
}

/* ---- home ---- */

static void expect_no_home(const struct dvfo_agent_home *home, const struct dvfo_board *board, const char *sentence)
{
    cr_expect_eq(dvfo_agent_home_check(&ctx, home, board, "a.h5"), DVFO_BAD_INPUT, "%s", sentence);
    cr_expect_str_eq(ctx.message, sentence);
}

Test(agents, another_board_or_other_clocks_are_named_in_one_sentence)
{
    struct fixture world = open_world(SMALL_BOARD);
    const struct dvfo_agent_home home = dvfo_agent_home_of(world.board);
    cr_expect_eq(dvfo_agent_home_check(&ctx, &home, world.board, "a.h5"), DVFO_OK);
    struct dvfo_board board = *world.board;
    board.name = (char *)"jetson-x";
    expect_no_home(&home, &board, "a.h5: was trained for board 'small-board', not for 'jetson-x'");
    board = *world.board;
    board.clock[DVFO_GPU].level_count = 3;
    expect_no_home(&home, &board, "a.h5: was trained for 4 GPU clocks, small-board has 3");
    board = *world.board;
    board.clock[DVFO_MEM].level_hz[1] = 1100e6;
    expect_no_home(&home, &board, "a.h5: was trained for a memory clock of 1000 MHz where small-board has 1100 MHz");
    board = *world.board;
    board.clock[DVFO_CPU].calibrated_min_hz = 1000e6;
    expect_no_home(&home, &board,
                   "a.h5: was trained with CPU clocks from 500 to 2000 MHz to choose from, small-board has 1000 to "
                   "2000");
    fixture_free(&world);
}
