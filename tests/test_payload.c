/* What a split sends and where it splits, as variants: bytes and cycles by hand, accuracy and its floor by the coding,
 * the pieces of a request at another layer. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "fixture.h"
#include "made_up_accuracy.h"
#include "policies/policies.h"
#include "sim/payload.h"

#define SHARES(first, last) ((2u << (last)) - (1u << (first)))
#define RELATIVE(a, b) (fabs((a) - (b)) / fabs(b))

static struct fixture world;
static struct dvfo_accuracy_profile *variants; /* all codings, with made-up numbers */

static void open_world(void)
{
    struct dvfo_ctx ctx = {0};
    struct made_up_accuracy_def def = made_up_accuracy_def_default();
    def.variants = true;
    cr_assert(fixture_init(&ctx, &world, "jetson-tx2", "resnet-18", "const:5Mbps"), "%s", ctx.message);
    variants = made_up_accuracy(&def);
    cr_assert(variants != NULL);
}

static void close_world(void)
{
    dvfo_accuracy_profile_free(variants);
    fixture_free(&world);
}

TestSuite(payload, .init = open_world, .fini = close_world, .timeout = 60);

static struct dvfo_scenario *scenario_of(const struct dvfo_scenario_def *def)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_scenario *scenario = NULL;
    cr_assert(dvfo_scenario_create(&ctx, def, &scenario) == DVFO_OK, "%s", ctx.message);
    return scenario;
}

/* ---- bytes and cycles ---- */

static double byte_of(const struct dvfo_scenario_def *def, int share_tenths)
{
    struct dvfo_scenario *scenario = scenario_of(def);
    const struct dvfo_decision decision = {.place = DVFO_PLACE_SPLIT, .share_tenths = share_tenths};
    const double payload_byte = dvfo_scenario_payload_byte(scenario, &decision);
    dvfo_scenario_free(scenario);
    return payload_byte;
}

/* ResNet-18 is split after a map of 64 x 56 x 56: at share 0.4 k = round(25.6) = 26 channels of 3136 values, 81,536. */
Test(payload, bytes_of_each_coding_by_hand)
{
    struct dvfo_scenario_def def = fixture_trial(&world, NULL, 1).scenario;
    cr_expect(def.payload == DVFO_CODING_INT8);
    cr_expect(byte_of(&def, 4) == 81816.0, "%.17g", byte_of(&def, 4)); /* 81536 + 8 bitmap + 8 * 26 + 64 header */
    cr_expect(byte_of(&def, 0) == 72.0);
    def.payload = DVFO_CODING_CODEBOOK;
    cr_expect(byte_of(&def, 4) == 30648.0, "%.17g", byte_of(&def, 4)); /* 81536 * 3 / 8 + 8 + 64 */
    def.payload = DVFO_CODING_FLOAT;
    cr_expect(byte_of(&def, 4) == 326216.0); /* 4 * 81536 + 72 */
    def.accuracy = variants;
    def.payload = DVFO_CODING_INT8_ENTROPY;
    cr_expect(byte_of(&def, 4) == 61432.0); /* made up: 6 bits a value; 61152 + 8 + 208 + 64 */
    cr_expect(byte_of(&def, 0) == 72.0);
    for (int seed = 0; seed < 2; seed++) { /* the mean of 2 and 2.5 bits at this share alone */
        variants->bits_per_value[(seed * DVFO_CODINGS + DVFO_CODING_CODEBOOK_ENTROPY) * DVFO_ACCURACY_SHARES + 3] =
            2.0 + 0.5 * seed;
    }
    def.payload = DVFO_CODING_CODEBOOK_ENTROPY;
    cr_expect(byte_of(&def, 4) == 23004.0); /* 81536 * 2.25 / 8 + 72 */
    cr_expect(byte_of(&def, 5) == 37704.0); /* k = 32: 100352 * 3 / 8 + 72 */
}

/* ViT-B/16: 768 x 196; at share 0.1 k = 77 channels, 15,092 values, 5659.5 bytes of 3 bits each. */
Test(payload, a_byte_that_is_begun_is_sent)
{
    struct dvfo_network *network = NULL;
    struct dvfo_scenario_def def = fixture_trial(&world, NULL, 1).scenario;
    cr_assert(dvfo_network_load(NULL, "vit-b16", 0, NULL, &network) == DVFO_OK);
    def.network = network;
    def.payload = DVFO_CODING_CODEBOOK;
    cr_expect(byte_of(&def, 1) == 5820.0, "%.17g", byte_of(&def, 1)); /* 5660 + 96 bitmap + 64 header */
    dvfo_network_free(network);
}

Test(payload, cycles_of_each_coding_by_hand)
{
    static const struct {
        dvfo_coding coding;
        double cycles; /* of 81,536 values */
    } rows[] = {
        {DVFO_CODING_FLOAT, 0.0},
        {DVFO_CODING_INT8, 2.0 * 81536},
        {DVFO_CODING_INT8_ENTROPY, (2.0 + 100.0) * 81536},
        {DVFO_CODING_CODEBOOK, 6.0 * 81536},
        {DVFO_CODING_CODEBOOK_ENTROPY, (6.0 + 37.5) * 81536},
    };
    struct dvfo_scenario_def def = fixture_trial(&world, NULL, 1).scenario;
    const struct dvfo_decision decision = {.place = DVFO_PLACE_SPLIT, .share_tenths = 4};
    def.accuracy = variants;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        def.payload = rows[i].coding;
        struct dvfo_scenario *scenario = scenario_of(&def);
        cr_expect(dvfo_scenario_prepare_cycles(scenario, &decision) == rows[i].cycles, "%s: %.17g",
                  dvfo_coding_name(rows[i].coding), dvfo_scenario_prepare_cycles(scenario, &decision));
        dvfo_scenario_free(scenario);
    }
}

Test(payload, layers_and_inputs_are_coded_as_before)
{
    struct dvfo_scenario_def def = fixture_trial(&world, NULL, 1).scenario;
    struct dvfo_scenario *before = scenario_of(&def);
    def.payload = DVFO_CODING_CODEBOOK;
    struct dvfo_scenario *after = scenario_of(&def);
    const struct dvfo_decision decisions[] = {{.place = DVFO_PLACE_LAYER, .cut = 2}, {.place = DVFO_PLACE_CLOUD}};
    for (size_t i = 0; i < 2; i++) {
        cr_expect(dvfo_scenario_payload_byte(after, &decisions[i]) ==
                  dvfo_scenario_payload_byte(before, &decisions[i]));
        cr_expect(dvfo_scenario_prepare_cycles(after, &decisions[i]) ==
                  dvfo_scenario_prepare_cycles(before, &decisions[i]));
    }
    dvfo_scenario_free(after);
    dvfo_scenario_free(before);
}

/* ---- accuracy ---- */

/* A made-up split loses 0.2 points with each tenth; the codebook is number 3 of the codings and loses 0.2 more, floats
 * gain 0.1, and entropy coding changes nothing, whatever stands in its place. */
Test(payload, the_floor_follows_the_coding)
{
    static const struct {
        dvfo_coding coding;
        unsigned forbidden;
    } rows[] = {
        {DVFO_CODING_INT8, SHARES(6, 10)},     {DVFO_CODING_INT8_ENTROPY, SHARES(6, 10)},
        {DVFO_CODING_CODEBOOK, SHARES(5, 10)}, {DVFO_CODING_CODEBOOK_ENTROPY, SHARES(5, 10)},
        {DVFO_CODING_FLOAT, SHARES(6, 10)},
    };
    struct dvfo_scenario_def def = fixture_trial(&world, NULL, 1).scenario;
    def.accuracy = variants;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        def.payload = rows[i].coding;
        struct dvfo_scenario *scenario = scenario_of(&def);
        cr_expect(dvfo_scenario_floor(scenario)->forbidden_shares == rows[i].forbidden, "%s: %x",
                  dvfo_coding_name(rows[i].coding), dvfo_scenario_floor(scenario)->forbidden_shares);
        dvfo_scenario_free(scenario);
    }
    def.payload = DVFO_CODING_FLOAT;
    def.accuracy_floor = 0.9; /* share 5 loses 1.0 - 0.1 points */
    cr_expect(dvfo_accuracy_floor_of(&def).forbidden_shares == SHARES(6, 10));
    def.payload = DVFO_CODING_INT8;
    cr_expect(dvfo_accuracy_floor_of(&def).forbidden_shares == SHARES(5, 10));
}

static struct dvfo_trial_results run_fixed(dvfo_coding coding, const char *policy)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_trial trial = fixture_trial(&world, NULL, 200);
    trial.scenario.accuracy = variants;
    trial.scenario.accuracy_floor = (double)INFINITY;
    trial.scenario.payload = coding;
    cr_assert(dvfo_policy_find(&ctx, policy, &trial.policy, &trial.policy_argument) == DVFO_OK);
    cr_assert(dvfo_trial_run(&ctx, &trial) == DVFO_OK, "%s", ctx.message);
    return trial.results;
}

Test(payload, answers_are_counted_as_the_coding_was_measured)
{
    static const char fixed[] = "fixed:max/max/max/0.4";
    const struct dvfo_trial_results int8 = run_fixed(DVFO_CODING_INT8, fixed);
    const struct dvfo_trial_results entropy = run_fixed(DVFO_CODING_INT8_ENTROPY, fixed);
    const struct dvfo_trial_results codebook = run_fixed(DVFO_CODING_CODEBOOK, fixed);
    cr_expect(int8.uplink_byte == 81816.0 && entropy.uplink_byte == 61432.0 && codebook.uplink_byte == 30648.0);
    cr_expect(entropy.accuracy == int8.accuracy, "row by row");
    /* on average only: the test part's 0.78, less 0.8 points of the share and 0.2 of the coding */
    cr_expect(fabs(codebook.accuracy - 0.77) < 1e-9, "%.12g", codebook.accuracy);
    cr_expect(codebook.latency_s < entropy.latency_s && entropy.latency_s < int8.latency_s);
}

Test(payload, an_oracle_finds_what_a_smaller_payload_saves)
{
    const struct dvfo_trial_results int8 = run_fixed(DVFO_CODING_INT8, "oracle-dvfo");
    const struct dvfo_trial_results codebook = run_fixed(DVFO_CODING_CODEBOOK, "oracle-dvfo");
    const struct dvfo_trial_results floats = run_fixed(DVFO_CODING_FLOAT, "oracle-dvfo");
    cr_expect(codebook.cost_j <= int8.cost_j * (1.0 + 1e-9) && int8.cost_j <= floats.cost_j * (1.0 + 1e-9),
              "%g, %g, %g", codebook.cost_j, int8.cost_j, floats.cost_j);
}

/* ---- what isn't known ---- */

static void expect_refused(const struct dvfo_scenario_def *def, const char *says)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_scenario *scenario = NULL;
    cr_expect(dvfo_scenario_create(&ctx, def, &scenario) == DVFO_BAD_INPUT && scenario == NULL);
    cr_expect(strstr(ctx.message, says) != NULL, "no '%s' in: %s", says, ctx.message);
}

Test(payload, a_coding_of_which_too_little_was_measured_is_refused)
{
    const struct made_up_accuracy_def plain = made_up_accuracy_def_default();
    struct dvfo_accuracy_profile *bare = made_up_accuracy(&plain);
    struct dvfo_scenario_def def = fixture_trial(&world, NULL, 1).scenario;
    def.payload = DVFO_CODING_INT8_ENTROPY;
    expect_refused(&def, "payload int8-entropy needs an accuracy profile (--accuracy FILE)");
    def.accuracy = bare;
    expect_refused(&def, "accuracy profile made-up doesn't hold how many bits payload int8-entropy takes");
    def.payload = DVFO_CODING_CODEBOOK;
    expect_refused(&def, "doesn't hold how right payload codebook is with channels chosen by attention");
    def.accuracy = variants;
    def.attention = false; /* other selections were measured with int8 alone */
    expect_refused(&def, "doesn't hold how right payload codebook is with channels chosen by random");
    def.payload = DVFO_CODING_INT8_ENTROPY;
    cr_expect(dvfo_payload_check(NULL, &def) == DVFO_OK);
    dvfo_accuracy_profile_free(bare);
}

/* ---- another split ---- */

static bool is_same(struct dvfo_work a, struct dvfo_work b)
{
    return a.time_s == b.time_s && memcmp(a.busy.s, b.busy.s, sizeof a.busy.s) == 0;
}

static const int top[DVFO_DOMAINS] = {11, 12, 10};

/* Head and tail are the layers before and behind it, whichever it is. */
Test(payload, head_and_tail_at_any_split_are_the_whole_network)
{
    struct dvfo_scenario_def def = fixture_trial(&world, NULL, 1).scenario;
    const struct dvfo_decision decision = {.place = DVFO_PLACE_SPLIT, .share_tenths = 5};
    double head_flop = 0.0;
    int cut = 0;
    for (int i = 0; cut < (int)world.network->cut_count; i++) {
        head_flop += world.network->layers[i].work_flop;
        if (world.network->cuts[cut] != i) {
            continue;
        }
        cr_assert(dvfo_network_move_split(NULL, world.network, world.network->layers[i].name) == DVFO_OK);
        struct dvfo_scenario *scenario = scenario_of(&def);
        cr_expect(is_same(dvfo_scenario_work(scenario, DVFO_STAGE_HEAD, 0, top),
                          dvfo_scenario_work(scenario, DVFO_STAGE_PREFIX, cut, top)));
        cr_expect(is_same(dvfo_scenario_work(scenario, DVFO_STAGE_TAIL, 0, top),
                          dvfo_scenario_work(scenario, DVFO_STAGE_SUFFIX, cut, top)));
        const double tail_flop = (dvfo_scenario_cloud_s(scenario, &decision) - world.cloud->t0_s.value) *
                                 world.cloud->flop_per_s.value; /* Eq. (7) */
        cr_expect(RELATIVE(head_flop + tail_flop, world.network->work_flop) < 1e-9, "%s: %g + %g",
                  world.network->layers[i].name, head_flop, tail_flop);
        dvfo_scenario_free(scenario);
        cut++;
    }
}

/* After layer2.1.add.act the map is 128 x 28 x 28: at share 0.5 64 channels of 784 values. */
Test(payload, map_and_attention_are_those_of_the_split)
{
    struct dvfo_scenario_def def = fixture_trial(&world, NULL, 1).scenario;
    struct dvfo_scenario *before = scenario_of(&def);
    const struct dvfo_work attention = dvfo_scenario_work(before, DVFO_STAGE_ATTENTION, 0, top);
    cr_assert(dvfo_network_move_split(NULL, world.network, "layer2.1.add.act") == DVFO_OK);
    struct dvfo_scenario *after = scenario_of(&def);
    const struct dvfo_decision decision = {.place = DVFO_PLACE_SPLIT, .share_tenths = 5};
    cr_expect(dvfo_scenario_payload_byte(after, &decision) == 50768.0); /* 50176 + 16 + 8 * 64 + 64 */
    cr_expect(dvfo_scenario_work(after, DVFO_STAGE_ATTENTION, 0, top).busy.s[DVFO_MEM] < attention.busy.s[DVFO_MEM]);
    dvfo_scenario_free(after);
    dvfo_scenario_free(before);
}

/* A scenario borrows its network: one is done before the split moves on. */
static struct dvfo_work little_work(const struct dvfo_scenario_def *def)
{
    struct dvfo_scenario *scenario = scenario_of(def);
    const struct dvfo_work work = dvfo_scenario_work(scenario, DVFO_STAGE_LITTLE, 0, top);
    dvfo_scenario_free(scenario);
    return work;
}

Test(payload, the_little_network_of_a_rival_stays_where_it_was)
{
    static const dvfo_tail_rule rules[] = {DVFO_TAIL_SHAPES, DVFO_TAIL_LINEAR, DVFO_TAIL_WIDTH};
    static const char *const splits[] = {"conv1.act", "layer2.1.add.act", "global-avgpool"};
    struct dvfo_scenario_def def = fixture_trial(&world, NULL, 1).scenario;
    for (size_t r = 0; r < 3; r++) {
        def.tail_rule = rules[r];
        world.network->split = world.network->own_split;
        const struct dvfo_work own = little_work(&def);
        for (size_t i = 0; i < 3; i++) {
            cr_assert(dvfo_network_move_split(NULL, world.network, splits[i]) == DVFO_OK);
            cr_expect(is_same(little_work(&def), own), "rule %zu, %s", r, splits[i]);
        }
    }
}
