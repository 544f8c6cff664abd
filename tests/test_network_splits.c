/* Where a network is split: by its file, after another layer, by a rule; and what isn't possible is told. */
#include <criterion/criterion.h>
#include <string.h>

#include "profiles/network.h"
#include "sim/base/data_path.h"

/* Work [FLOP] of the layers: a 768, b 256, c 512, d 4096, pool 512, classifier 160, softmax 30: 6334 in all. After a
 * 768, b 1024, c 1536, d 5632, pool 6144. Maps: a 128 values, b 64, c 256, d 512, pool 8. The softmax takes what the
 * classifier gives, so behind that nothing can be slim. */
static const char chain[] = "name: chain\ntitle: T\nsource: s\ninputs: {i: {channels: 3, size: 8}}\nlayers:\n"
                            "  - {op: conv, name: a, out: 2, kernel: 1}\n"
                            "  - {op: conv, name: b, out: 1, kernel: 1}\n"
                            "  - {op: conv, name: c, out: 4, kernel: 1}\n"
                            "  - {op: conv, name: d, out: 8, kernel: 1}\n"
                            "  - {op: global-avgpool, name: pool}\n"
                            "  - {op: dense, name: classifier, out: 10}\n"
                            "  - {op: softmax}\n";

static struct dvfo_network *network_of(const char *text)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_network *network = NULL;
    cr_assert(dvfo_network_from_memory(&ctx, "chain.yaml", text, strlen(text), &network) == DVFO_OK, "%s", ctx.message);
    return network;
}

static const char *split_of(const struct dvfo_network *network)
{
    return network->layers[network->split].name;
}

Test(network_splits, candidates_are_the_cuts_with_a_tail_that_can_be_slim)
{
    struct dvfo_network *network = network_of(chain);
    int candidates[16] = {-1};
    size_t count = 0;
    cr_expect(network->work_flop == 6334.0, "%g", network->work_flop);
    cr_expect(network->cut_count == 6);
    cr_assert(dvfo_network_splits(NULL, network, candidates, &count) == DVFO_OK);
    cr_assert(count == 5);
    for (int i = 0; i < 5; i++) {
        cr_expect(candidates[i] == i);
    }
    dvfo_network_free(network);
}

Test(network_splits, a_layer_by_its_name_or_a_rule_moves_the_split)
{
    static const struct {
        const char *where, *split;
    } rows[] = {
        {"a", "a"},
        {"d", "d"},
        {"pool", "pool"},
        {"first", "a"},
        {"smallest:1/3", "b"},
        {"smallest:0.125", "a"}, /* 791 FLOP: b ends at 1024 */
        {"smallest:2/3", "b"},
        {"smallest:0.9", "b"}, /* d is larger */
        {"smallest:1", "pool"},
        {"smallest:3/3", "pool"},
    };
    struct dvfo_network *network = network_of(chain);
    cr_expect_str_eq(split_of(network), "b");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dvfo_ctx ctx = {0};
        cr_assert(dvfo_network_move_split(&ctx, network, rows[i].where) == DVFO_OK, "%s: %s", rows[i].where,
                  ctx.message);
        cr_expect_str_eq(split_of(network), rows[i].split, "%s: %s", rows[i].where, split_of(network));
        cr_expect(network->own_split == 1, "the file's own stays known");
    }
    dvfo_network_free(network);
}

Test(network_splits, a_layer_that_is_called_like_a_rule_is_found_by_its_name)
{
    char text[sizeof chain + 8] = "";
    const char *at = strstr(chain, "name: d,");
    snprintf(text, sizeof text, "%.*sname: first,%s", (int)(at - chain), chain, at + strlen("name: d,"));
    struct dvfo_network *network = network_of(text);
    cr_assert(dvfo_network_move_split(NULL, network, "first") == DVFO_OK);
    cr_expect(network->split == 3);
    dvfo_network_free(network);
}

Test(network_splits, what_is_no_candidate_is_refused_and_the_candidates_are_listed)
{
#define LISTED                                                                                                         \
    "expected first, smallest:1/3 (or another share of the work), or one of its 5 candidates: a, b, c, d, pool"
    static const struct {
        const char *where, *says;
    } rows[] = {
        {"classifier", "chain can't be split after 'classifier'; " LISTED},
        {"softmax", LISTED},
        {"pol", "'pol'; did you mean 'pool'?; " LISTED},
        {"", "after ''; " LISTED},
        {"smallest", LISTED},
        {"last", LISTED},
        {"smallest:", "the split is 'smallest:', expected a share of the work above 0 and up to 1"},
        {"smallest:0", "expected a share"},
        {"smallest:-1", "expected a share"},
        {"smallest:1.01", "expected a share"},
        {"smallest:3/2", "expected a share"},
        {"smallest:1/0", "expected a share"},
        {"smallest:0/0", "expected a share"},
        {"smallest:nan", "expected a share"},
        {"smallest:1/3x", "expected a share"},
        {"smallest:1/", "expected a share"},
        {"smallest:1%", "expected a share"},
        {"smallest:0.1", "chain can't be split within the first 0.1 of its work; its first candidate is 'a'"},
    };
    struct dvfo_network *network = network_of(chain);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dvfo_ctx ctx = {0};
        cr_expect(dvfo_network_move_split(&ctx, network, rows[i].where) == DVFO_BAD_INPUT, "%s", rows[i].where);
        cr_expect(strstr(ctx.message, rows[i].says) != NULL, "%s: no '%s' in: %s", rows[i].where, rows[i].says,
                  ctx.message);
        cr_expect(network->split == 1);
    }
    dvfo_network_free(network);
}

static void slim_everywhere(struct dvfo_network *network)
{
    int *candidates = calloc(network->cut_count, sizeof *candidates);
    size_t count = 0;
    cr_assert(candidates != NULL && dvfo_network_splits(NULL, network, candidates, &count) == DVFO_OK && count > 0);
    for (size_t i = 0; i < count; i++) {
        for (int quarter = 1; quarter < 4; quarter++) {
            struct dvfo_ctx ctx = {0};
            struct dvfo_network *slim = NULL;
            network->split = candidates[i];
            cr_expect(dvfo_network_slim(&ctx, network, quarter / 4.0, &slim) == DVFO_OK, "%s", ctx.message);
            cr_expect(slim != NULL && slim->work_flop < network->work_flop && slim->own_split == network->own_split);
            dvfo_network_free(slim);
        }
    }
    free(candidates);
}

Test(network_splits, every_file_can_be_slimmed_behind_each_of_its_candidates, .timeout = 60)
{
    struct dvfo_ctx ctx = {0};
    char **names = NULL;
    size_t count = 0;
    cr_assert(dvfo_data_names(&ctx, "profiles/networks", ".yaml", &names, &count) == DVFO_OK);
    for (size_t i = 0; i < count; i++) {
        struct dvfo_network *network = NULL;
        cr_assert(dvfo_network_load(&ctx, names[i], 0, NULL, &network) == DVFO_OK, "%s", ctx.message);
        const int own = network->split;
        cr_assert(dvfo_network_move_split(&ctx, network, "smallest:1/3") == DVFO_OK, "%s", ctx.message);
        cr_expect(network->split == own || strcmp(names[i], "collaborative") == 0, "%s: %s", names[i],
                  split_of(network));
        slim_everywhere(network);
        dvfo_network_free(network);
    }
    dvfo_data_names_free(names, count);
}
