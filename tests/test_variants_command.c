/* --split, --payload and --deflate-cycles as a user types them: what the results say of them, what is refused, and that
 * nothing else changes. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "made_up_accuracy.h"

#define WORLD "-b $DATA/small-board.yaml -n $DATA/small-network.yaml -t $DATA/small-trace.csv --requests 50 "
#define HALF "-p fixed:max/max/max/0.5 "

static struct said said;

static void make_profiles(void)
{
    struct dvfo_ctx ctx = {0};
    struct made_up_accuracy_def def = made_up_accuracy_def_default();
    command_make_folder();
    struct dvfo_accuracy_profile *bare = made_up_accuracy(&def);
    def.variants = true;
    struct dvfo_accuracy_profile *whole = made_up_accuracy(&def);
    cr_assert(bare != NULL && whole != NULL);
    cr_assert(dvfo_accuracy_profile_save(&ctx, bare, "bare.h5") == DVFO_OK, "%s", ctx.message);
    cr_assert(dvfo_accuracy_profile_save(&ctx, whole, "whole.h5") == DVFO_OK, "%s", ctx.message);
    dvfo_accuracy_profile_free(whole);
    dvfo_accuracy_profile_free(bare);
}

TestSuite(variants_command, .init = make_profiles, .fini = command_remove_folder, .timeout = 120);

/* A cell of the first row of a CSV on standard output. */
static const char *cell(const char *column)
{
    static char copy[sizeof said.out];
    strcpy(copy, said.out);
    char *names = copy, *values = strchr(copy, '\n');
    cr_assert(values != NULL);
    *values++ = '\0';
    values[strcspn(values, "\n")] = '\0';
    for (char *name = strsep(&names, ","); name != NULL; name = strsep(&names, ",")) {
        char *value = strsep(&values, ",");
        cr_assert(value != NULL);
        if (strcmp(name, column) == 0) {
            return value;
        }
    }
    cr_assert_fail("no column %s", column);
    return "";
}

static void run(const char *arguments)
{
    command_dvfo(arguments, &said);
    cr_assert(said.code == 0, "dvfo %s: %s", arguments, said.err);
}

/* The small network is split after a map of 8 x 16 x 16; half of it are 1024 values. A byte of bitmap, 64 of header. */
Test(variants_command, what_is_sent_follows_the_coding)
{
    static const struct {
        const char *option, *payload;
        double uplink_byte;
    } rows[] = {
        {"", "int8", 1121.0}, /* and 8 bytes of each of 4 channels */
        {"--payload int8", "int8", 1121.0},
        {"--payload codebook", "codebook", 449.0},
        {"--payload 3-bit", "codebook", 449.0},
        {"--payload float", "float", 4161.0},
        {"--payload int8-entropy", "int8-entropy", 865.0}, /* 6 bits a value */
        {"--payload 3-bit-entropy", "codebook-entropy", 449.0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[512];
        snprintf(line, sizeof line, "run " WORLD HALF "--accuracy ./whole.h5 --accuracy-floor none --format csv %s",
                 rows[i].option);
        run(line);
        cr_expect_str_eq(cell("payload"), rows[i].payload);
        cr_expect_str_eq(cell("layer_payload"), "int8");
        cr_expect(strtod(cell("uplink_bytes"), NULL) == rows[i].uplink_byte, "%s: %s", rows[i].option,
                  cell("uplink_bytes"));
    }
}

Test(variants_command, what_is_sent_follows_the_split)
{
    run("run " WORLD HALF "--accuracy none --format csv --split layer1.1.add.act");
    cr_expect_str_eq(cell("split_layer"), "layer1.1.add.act");
    cr_expect_str_eq(cell("uplink_bytes"), "642"); /* 8 of 16 channels, 8 x 8: 512 + 2 + 64 + 64 */
    run("run " WORLD HALF "--accuracy none --format csv --split first");
    cr_expect_str_eq(cell("split_layer"), "conv1.act");
    cr_expect_str_eq(cell("uplink_bytes"), "4193"); /* 4 of 8 channels, 32 x 32: 4096 + 1 + 32 + 64 */
    run("run " WORLD HALF "--accuracy none --format csv --split smallest:1");
    cr_expect_str_eq(cell("split_layer"), "global-avgpool");
    cr_expect_str_eq(cell("uplink_bytes"), "212"); /* 16 of 32 values: 16 + 4 + 128 + 64 */
    run("run " WORLD HALF "--accuracy none --format csv --split global-avgpool --payload codebook");
    cr_expect_str_eq(cell("uplink_bytes"), "74"); /* 6 + 4 + 64 */
}

Test(variants_command, a_rule_finds_a_layer_in_each_of_several_networks)
{
    run("run -b jetson-tx2 -n resnet-18,vit-b16 -p edge-only --requests 2 --split smallest:2/3");
    cr_expect(command_says(&said, "split after layer3.0.add.act\n"), "%s", said.out);
    cr_expect(command_says(&said, "split after patches\n"), "%s", said.out);
}

Test(variants_command, the_lines_below_the_table_say_what_is_unusual)
{
    run("run " WORLD HALF "--accuracy ./whole.h5 --accuracy-floor none");
    cr_expect(!command_says(&said, "feature maps are sent as") && !command_says(&said, "split: "));
    run("run " WORLD HALF "--accuracy ./whole.h5 --accuracy-floor none --split maxpool --payload int8");
    cr_expect(!command_says(&said, "feature maps are sent as") && !command_says(&said, "split: "), "as the file says");
    run("run " WORLD HALF "--accuracy ./whole.h5 --accuracy-floor none --split first --payload 3-bit-entropy "
        "--deflate-cycles 80");
    cr_expect(command_says(&said, "\nsplit: first, not as the networks' files say; accuracy is still that of the split "
                                  "it was measured at\n"),
              "%s", said.out);
    cr_expect(command_says(&said,
                           "\nfeature maps are sent as codebook-entropy: 3 bits a value after Deflate, by share, "
                           "as measured with the accuracy and carried over; 80 CPU cycles a byte (assumed); 6 "
                           "CPU cycles a value to the codebook (assumed), which both sides know; accuracy is the "
                           "mean of its answers\n"),
              "%s", said.out);
    cr_expect(command_says(&said, "split after conv1.act\n"));
    run("run " WORLD HALF "--accuracy none --payload codebook");
    cr_expect(command_says(&said, "\nfeature maps are sent as codebook: 3 bits a value; 6 CPU cycles a value to the "
                                  "codebook (assumed), which both sides know\n"),
              "%s", said.out);
}

Test(variants_command, a_result_file_holds_them_only_where_they_are_unusual)
{
    command_shell("$DVFO run " WORLD HALF "--accuracy none --out usual.h5 --no-requests >/dev/null && "
                  "$DVFO run " WORLD HALF "--accuracy none --payload int8 --out same.h5 --no-requests >/dev/null && "
                  "$DVFO run " WORLD HALF "--accuracy none --payload codebook --split first --out other.h5 "
                  "--no-requests >/dev/null && cmp usual.h5 same.h5 && "
                  "grep -ac 'codebook_cycle_per_element' usual.h5; "
                  "grep -ao -e '^payload: codebook' -e '^split: first' -e '^codebook_cycle_per_element: 6$' other.h5",
                  &said);
    cr_expect_str_eq(said.out, "0\nsplit: first\npayload: codebook\ncodebook_cycle_per_element: 6\n");
}

Test(variants_command, what_can_not_be_is_told_in_one_sentence)
{
#define RUN "run " WORLD "-p edge-only "
    static const struct {
        const char *arguments, *says;
    } rows[] = {
        {RUN "--split classifier",
         "--split: small-network can't be split after 'classifier'; expected first, smallest:1/3 (or another share of "
         "the work), or one of its 7 candidates: conv1.act, maxpool, layer1.0.add.act, layer1.1.add.act, "
         "layer2.0.add.act, layer2.1.add.act, global-avgpool"},
        {RUN "--split conv1", "did you mean"},
        {RUN "--split smallest:2", "expected a share of the work above 0 and up to 1"},
        {RUN "--split smallest:0.01", "--split: small-network can't be split within the first 0.01 of its work"},
        {"run -b jetson-tx2 -n resnet-18,vit-b16 -p edge-only --split maxpool",
         "--split: vit-b16 can't be split after"},
        {RUN "--payload 2-bit", "--payload is '2-bit', expected one of int8, int8-entropy, codebook (3-bit)"},
        {RUN "--payload int8-entropy --accuracy none", "payload int8-entropy needs an accuracy profile"},
        {RUN "--payload int8-entropy --accuracy ./bare.h5", "doesn't hold how many bits payload int8-entropy takes"},
        {RUN "--payload 3-bit --accuracy ./bare.h5", "doesn't hold how right payload codebook is"},
        {RUN "--payload 3-bit --accuracy ./whole.h5 --no-attention", "with channels chosen by random"},
        {RUN "--deflate-cycles -1", "--deflate-cycles is '-1', expected a number from 0 to 1e+06"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        command_dvfo(rows[i].arguments, &said);
        cr_expect(said.code == 2 && command_is_one_sentence(&said), "dvfo %s: %d, %s", rows[i].arguments, said.code,
                  said.err);
        cr_expect(command_says(&said, rows[i].says), "dvfo %s: no '%s' in: %s", rows[i].arguments, rows[i].says,
                  said.err);
    }
}

/* The shipped profile has what all of them need. */
Test(variants_command, every_coding_runs_on_what_was_really_measured)
{
    static const char *const codings[] = {"int8", "3-bit", "int8-entropy", "3-bit-entropy", "float"};
    for (size_t i = 0; i < sizeof codings / sizeof codings[0]; i++) {
        char line[256];
        snprintf(line, sizeof line, "run " WORLD "-p oracle-dvfo --format csv --payload %s", codings[i]);
        run(line);
        cr_expect_str_eq(cell("accuracy_profile"), "generated");
    }
}

/* Options of a trial are keys of plans: each variant a row, and all of them below the table. */
Test(variants_command, plans_vary_them)
{
    static const char plan[] =
        "title: Variants\n"
        "set: {board: ./small-board.yaml, network: ./small-network.yaml, trace: \"const:5Mbps\", "
        "requests: 5, accuracy: ./whole.h5}\n"
        "sweep:\n"
        "  split: [first, \"smallest:1\"]\n"
        "  payload: [int8, 3-bit]\n"
        "  policy: [edge-only, oracle-dvfo]\n"
        "table:\n"
        "  rows: [split, payload, policy]\n"
        "  columns: [cost_j]\n";
    command_write("variants.yaml", plan, strlen(plan));
    command_shell("cp $DATA/small-board.yaml $DATA/small-network.yaml . && $DVFO bench run ./variants.yaml --out r "
                  ">/dev/null 2>&1 && $DVFO bench table ./variants.yaml --out r",
                  &said);
    cr_assert(said.code == 0, "%s%s", said.out, said.err);
    cr_expect(command_says(&said, "\nsmallest:1  3-bit    oracle-dvfo  "), "%s", said.out);
    cr_expect(command_says(&said, "; feature maps sent as int8, codebook; layer splits send int8\n"), "%s", said.out);
    cr_expect(command_says(&said, ", split after conv1.act, global-avgpool\n"), "%s", said.out);
}
