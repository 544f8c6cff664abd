/* dvfo plot accuracy, fusion, payload, lambda-sweep, channel-importance, overhead as a user types them: numbers in the
 * CSV against those of a made-up profile, pictures, refusals. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "made_up_accuracy.h"

static struct said said;

static void save(const struct made_up_accuracy_def *def, const char *path)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_accuracy_profile *profile = made_up_accuracy(def);
    cr_assert(profile != NULL && dvfo_accuracy_profile_save(&ctx, profile, path) == DVFO_OK, "%s", ctx.message);
    dvfo_accuracy_profile_free(profile);
}

/* three.h5: three seeds and all variants; one.h5: one seed; bare.h5: attention, int8, sum-fixed */
static void make_profiles(void)
{
    struct made_up_accuracy_def def = made_up_accuracy_def_default();
    command_make_folder();
    save(&def, "bare.h5");
    def.variants = true;
    def.seeds = 3;
    save(&def, "three.h5");
    def.seeds = 1;
    save(&def, "one.h5");
}

TestSuite(accuracy_figures, .init = make_profiles, .fini = command_remove_folder, .timeout = 120);
#define WORLD "-b $DATA/small-board.yaml -n $DATA/small-network.yaml "

/* Pictures are drawn without a word; the four files are named. */
static void draw(const char *figure, const char *arguments)
{
    char line[512], named[256];
    snprintf(line, sizeof line, "plot %s %s --out figures", figure, arguments);
    snprintf(named, sizeof named, "figures/%s.svg\nfigures/%s.png\nfigures/%s.pdf\nfigures/%s.csv\n", figure, figure,
             figure, figure);
    command_dvfo(line, &said);
    cr_assert(said.code == 0 && strcmp(said.out, named) == 0, "%s: exit %d: %s%s", line, said.code, said.out, said.err);
    cr_expect_str_empty(said.err, "%s says %s", line, said.err);
}

static void expect_says(const char *line, const char *out)
{
    command_shell(line, &said);
    cr_expect_str_eq(said.out, out, "%s: %s%s", line, said.out, said.err);
}

static void expect_row(const char *figure, const char *row)
{
    char line[512];
    snprintf(line, sizeof line, "grep -cxF '%s' figures/%s.csv", row, figure);
    command_shell(line, &said);
    cr_expect_str_eq(said.out, "1\n", "%s.csv: no row %s", figure, row);
}

/* Three seeds one point apart have a deviation of 1; 4.30265 (Student's t, 2 degrees) / sqrt(3) = 2.48414 of it is half
 * an interval. */
#define HALF "2.48414"

Test(accuracy_figures, accuracy_holds_means_intervals_and_paired_differences)
{
    draw("accuracy", "--accuracy ./three.h5");
    expect_says("head -1 figures/accuracy.csv; wc -l <figures/accuracy.csv",
                "answers,share_percent,accuracy_percent,accuracy_half,difference_points,difference_half,profile,seeds,"
                "images\n71\n");
    expect_row("accuracy", "attention,50,77," HALF ",0,0,made-up,3,400"); /* 78 - 1 */
    /* loses 0.5, 0.6, 0.7 points more: its seeds lie 0.9 apart, the differences 0.1 */
    expect_row("accuracy", "magnitude,50,76.4,2.23572,-0.6,0.248414,made-up,3,400");
    expect_row("accuracy", "gradient,50,75.2,1.7389,-1.8,0.745241,made-up,3,400"); /* three times that; 0.7 apart */
    expect_row("accuracy", "full,50,78," HALF ",1,0,made-up,3,400");
    expect_row("accuracy", "little,50,66," HALF ",-11,0,made-up,3,400");
}

Test(accuracy_figures, one_seed_has_no_interval_and_what_was_not_measured_is_left_out)
{
    draw("accuracy", "--accuracy ./one.h5");
    expect_row("accuracy", "attention,50,77,,0,,made-up,1,400");
    draw("accuracy", "--accuracy ./bare.h5");
    expect_says("cut -d, -f1 figures/accuracy.csv | uniq", "answers\nattention\nfull\nlittle\n");
}

Test(accuracy_figures, fusions_are_compared_with_the_fixed_sum)
{
    draw("fusion", "--accuracy ./three.h5");
    expect_says("cut -d, -f1 figures/fusion.csv | uniq", "fusion\nsum-fixed\nsum-learnt\ndense\nconvolution\n");
    expect_row("fusion", "sum-fixed,100,76," HALF ",0,0,1,made-up,3,400");
    expect_row("fusion", "convolution,100,76.6," HALF ",0.6,0,,made-up,3,400");
    draw("fusion", "--accuracy ./one.h5");
    expect_row("fusion", "convolution,100,76.6,,0.6,,,made-up,1,400");
}

Test(accuracy_figures, codings_are_compared_with_int8_and_have_bits)
{
    draw("payload", "--accuracy ./three.h5");
    expect_row("payload", "float,10,77.9," HALF ",0.1,0,32,0,made-up,3,400");
    expect_row("payload", "int8,10,77.8," HALF ",0,0,8,0,made-up,3,400");
    expect_row("payload", "codebook,10,77.6," HALF ",-0.2,0,4,0,made-up,3,400");
    draw("payload", "--accuracy ./one.h5");
}

Test(accuracy_figures, a_lambda_sweep_has_both_parts_and_the_floor_on_that_for_validation)
{
    draw("lambda-sweep", "--accuracy ./three.h5");
    /* 80 - 1 of the share - 0.1 * 0.5^2 of the weight */
    expect_row("lambda-sweep", "validation,split,50,0,76.5," HALF ",made-up,3,400");
    expect_row("lambda-sweep", "test,split,50,0.5,77," HALF ",made-up,3,400");
    expect_row("lambda-sweep", "test,full,,1,78," HALF ",made-up,3,400");
    expect_says("grep floor figures/lambda-sweep.csv",
                "validation,floor,,0,79,,made-up,3,400\nvalidation,floor,,1,79,,made-up,3,400\n");
    draw("lambda-sweep", "--accuracy ./one.h5 --accuracy-floor 2.5");
    expect_row("lambda-sweep", "validation,floor,,1,77.5,,made-up,1,400");
    draw("lambda-sweep", "--accuracy ./one.h5 --accuracy-floor none");
    expect_says("grep -c floor figures/lambda-sweep.csv", "0\n");
}

Test(accuracy_figures, channel_importance_shows_images_their_channels_and_what_the_first_hold)
{
    draw("channel-importance", "--accuracy ./bare.h5");
    expect_says("cut -d, -f1 figures/channel-importance.csv | uniq -c | tr -s ' '",
                " 1 kind\n 2048 image\n 16 importance\n 9 held\n");
    expect_row("channel-importance", "image,2,1,3,29,24,16,0,,,,");      /* fourth column, third row from above */
    expect_row("channel-importance", "importance,1,0,1,,,,,50.1961,,,"); /* 1 / (2 - 2^-7) */
    expect_says("awk -F, '$1 == \"held\" && ($9 < before || $10 > $9 || $9 > $11) { wrong++ }\n"
                "$1 == \"held\" { before = $9; printf \"%s%g\", $4 == 0 ? \"\" : \" \", $4 }\n"
                "END { printf \" %.3f %d\\n\", before, wrong }' figures/channel-importance.csv",
                "0 12.5 25 37.5 50 62.5 75 87.5 100 100.000 0\n");
}

/* The decision's own time aside, which the figure adds, the request is that of a simulation. */
Test(accuracy_figures, overhead_is_of_the_request_as_it_is_simulated)
{
    draw("overhead", WORLD);
    expect_says("head -1 figures/overhead.csv; cut -d, -f3 figures/overhead.csv | tail -n +2 | xargs",
                "board,network,part,time_s,energy_j,time_percent,energy_percent,share_percent,link,cpu_mhz,gpu_mhz,"
                "mem_mhz\nattention quantisation fusion decision request edge-only\n");
    expect_says("\"$DVFO\" run " WORLD "-p fixed:max/max/max/0.5 --accuracy none --requests 9 --timeline t.json"
                " --format csv | awk -F, 'NR == 2 { printf \"%.6g %.6g\\n\", $7, $6 }' >a\n"
                "awk -F, '$3 == \"decision\" { t = $4; e = $5 }\n"
                "$3 == \"request\" { printf \"%.6g %.6g\\n\", $4 - t, $5 - e }' figures/overhead.csv >b\n"
                "cmp a b && echo same\n"
                /* attention lasts as long as on the timeline, and draws its power: 6.37968 W */
                "grep -o '\"attention\",.*\"dur\":[0-9.]*' t.json | head -1 | sed 's/.*://'\n"
                "awk -F, '$3 == \"attention\" { printf \"%.3f %.5f\\n\", 1e6 * $4, $5 / $4 }' figures/overhead.csv",
                "same\n90.008\n90.008 6.37968\n");
    /* two cycles for each of 1024 elements, on a core of 2 GHz */
    expect_says("awk -F, '$3 == \"quantisation\" { q = $4 / 1.024e-6 } $3 == \"request\" { r = $4 }\n"
                "$3 != \"part\" { wrong += (x = 100 * $4 / $6) != x; t[$3] = x }\n"
                "END { for (i in t) wrong += t[i] < 0.999 * r || t[i] > 1.001 * r; print q, wrong }' "
                "figures/overhead.csv",
                "1 0\n");
}

Test(accuracy_figures, overhead_draws_several_boards_and_networks)
{
    draw("overhead", "-b jetson-nano,xavier-nx -n resnet-18,vit-b16 -t const:50Mbps");
    expect_says("wc -l <figures/overhead.csv", "25\n");
}

Test(accuracy_figures, exit_codes_and_sentences)
{
    static const struct {
        const char *arguments, *says;
    } rows[] = {
        {"accuracy --accuracy none", "accuracy draws an accuracy profile, and there is none; --accuracy takes a file"},
        {"lambda-sweep --accuracy none", "lambda-sweep draws an accuracy profile"},
        {"accuracy --accuracy ./missing.h5", "missing.h5"},
        {"accuracy --accuracy ./text.h5", "text.h5: "},
        {"accuracy --accuracy ./layers.h5", "layers.h5: "},
        {"fusion --accuracy ./bare.h5", "./bare.h5: the fusion sum-fixed, which others are compared with"},
        {"payload --accuracy ./bare.h5", "./bare.h5: answers of no other coding than int8 were measured"},
        {"accuracy -b jetson-tx2", "--board has no effect on accuracy"},
        {"accuracy --accuracy-floor 2", "--accuracy-floor has no effect on accuracy"},
        {"overhead --accuracy none", "--accuracy has no effect on overhead"},
        {"acuracy", "did you mean 'accuracy'?"},
    };
    command_shell("echo text >text.h5; \"$DVFO\" profile export --board $DATA/small-board.yaml --network "
                  "$DATA/small-network.yaml --out layers.h5",
                  &said);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[512];
        snprintf(line, sizeof line, "plot %s --out figures", rows[i].arguments);
        command_dvfo(line, &said);
        cr_expect(said.code == 2, "%s: exit %d", line, said.code);
        cr_expect(command_is_one_sentence(&said) && command_says(&said, rows[i].says), "%s: %s", line, said.err);
    }
    expect_says("ls figures 2>/dev/null", "");
}

Test(accuracy_figures, help_lists_them)
{
    command_dvfo("plot --help", &said);
    static const char *const names[] = {"accuracy",           "fusion",  "payload", "lambda-sweep",
                                        "channel-importance", "overhead"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char line[64];
        snprintf(line, sizeof line, "\n  %s\n", names[i]);
        cr_expect(command_says(&said, line), "%s", names[i]);
    }
    cr_expect(command_says(&said, "\n  dvfo plot accuracy --accuracy accuracy.h5 --out figures\n"));
}
