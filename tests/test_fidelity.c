/* The shipped measurements and what is drawn from them: they load, fits to them come out as the boards' files say, and
 * the figure holds every point with the errors that `dvfo profile validate` tells. */
#include <criterion/criterion.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <string.h>

#include "command.h"
#include "profiles/calibrate/fit.h"

#define MEASURED DVFO_SOURCE_DIR "/profiles/measured"

static struct said said;

/* ---- shipped measurements ---- */

static const struct {
    const char *board;
    size_t points, rails, held_out; /* rows of the three files */
} shipped[] = {
    {"jetson-tx2", 3 * 13 * 4 + 13 + 272, 14 * 5 + 5, 58}, /* grid, VGG-19 with rails, Keras; 14 states, low idle */
    {"jetson-nano", 10, 10 + 18 * 3, 0},                   /* a sweep and 18 states of three rails */
    {"xavier-nx", 14 + 17, 14 + 34 * 3 + 20, 4},           /* 20 busy states tell VDD_SOC alone */
};

static struct dvfo_board_data load_shipped(const char *board)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_board_data data;
    cr_assert(dvfo_board_data_load(&ctx, MEASURED, board, &data) == DVFO_OK, "%s", ctx.message);
    return data;
}

static bool all_of_board(const struct dvfo_measurements *rows, const char *board)
{
    for (size_t i = 0; i < rows->n; i++) {
        if (strcmp(rows->row[i].board, board) != 0) {
            return false;
        }
    }
    return true;
}

Test(measured, each_board_has_its_points_rails_and_what_no_fit_reads)
{
    for (size_t b = 0; b < sizeof shipped / sizeof shipped[0]; b++) {
        struct dvfo_board_data data = load_shipped(shipped[b].board);
        cr_expect(data.points.n == shipped[b].points, "%s: %zu points", shipped[b].board, data.points.n);
        cr_expect(data.rails.n == shipped[b].rails, "%s: %zu rails", shipped[b].board, data.rails.n);
        cr_expect(data.held_out.n == shipped[b].held_out, "%s: %zu held out", shipped[b].board, data.held_out.n);
        cr_expect(all_of_board(&data.points, shipped[b].board) && all_of_board(&data.rails, shipped[b].board) &&
                  all_of_board(&data.held_out, shipped[b].board));
        dvfo_board_data_free(&data);
    }
}

/* Rows of the Keras grid with one value of a clock, or of cores where `domain` is DVFO_DOMAINS. */
static size_t count_keras(const struct dvfo_measurements *points, int domain, double value)
{
    size_t n = 0;
    for (size_t i = 0; i < points->n; i++) {
        const struct dvfo_measurement *row = &points->row[i];
        const double found = domain < DVFO_DOMAINS ? row->clocks.hz[domain] : row->cpu_cores;
        n += strcmp(row->runtime, "keras") == 0 && fabs(found - value) < 1.0e-6 * value;
    }
    return n;
}

Test(measured, the_thinned_grid_has_every_value_as_often_as_any_other)
{
    static const struct {
        int domain;
        size_t values;
        double value[12];
    } axes[] = {
        {DVFO_CPU,
         12,
         {345.6e6, 499.2e6, 652.8e6, 806.4e6, 960e6, 1113.6e6, 1267.2e6, 1420.8e6, 1574.4e6, 1728e6, 1881.6e6,
          2035.2e6}},
        {DVFO_GPU, 4, {140.25e6, 497.25e6, 943.5e6, 1300.5e6}},
        {DVFO_MEM, 4, {1062.4e6, 1331.2e6, 1600e6, 1866e6}},
        {DVFO_DOMAINS, 4, {1, 2, 3, 4}},
    };
    struct dvfo_board_data data = load_shipped("jetson-tx2");
    for (size_t a = 0; a < sizeof axes / sizeof axes[0]; a++) {
        for (size_t i = 0; i < axes[a].values; i++) {
            const size_t n = count_keras(&data.points, axes[a].domain, axes[a].value[i]);
            const size_t share = 272 / axes[a].values; /* 22.67 of each CPU clock */
            cr_expect(n == share || n == share + 1, "%g: %zu rows", axes[a].value[i], n);
        }
    }
    dvfo_board_data_free(&data);
}

/* In standard errors of the difference; coefficients at a bound have none. */
static void expect_near(const char *what, const struct dvfo_board *fitted, const struct dvfo_board *file,
                        const struct dvfo_fit *fit, double most)
{
    for (size_t i = 0; i < fit->coefficient_count; i++) {
        const struct dvfo_fit_coefficient *c = &fit->coefficient[i];
        const ptrdiff_t place = (const char *)c->quantity - (const char *)fitted; /* boards are one flat struct */
        const struct dvfo_quantity *before = (const void *)((const char *)file + place);
        const double error = hypot(c->quantity->error, before->error);
        cr_assert(before->value == c->before);
        cr_expect(isnan(error) || fabs(c->quantity->value - before->value) <= most * error, "%s %s: %g, file %g +- %g",
                  what, c->name, c->quantity->value, before->value, error);
    }
}

static bool is_measured(const struct dvfo_measurements *points, const struct dvfo_runtime *runtime)
{
    for (size_t i = 0; i < points->n; i++) {
        if (strcmp(points->row[i].runtime, runtime->name) == 0 &&
            strcmp(points->row[i].precision, runtime->precision) == 0) {
            return true;
        }
    }
    return false;
}

static void fit_shipped(const char *name)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_board *fitted = NULL, *file = NULL;
    struct dvfo_fit fit = {0};
    struct dvfo_board_data data = load_shipped(name);
    cr_assert(dvfo_board_load(&ctx, name, &fitted) == DVFO_OK && dvfo_board_load(&ctx, name, &file) == DVFO_OK);
    for (size_t r = 0; r < fitted->runtime_count; r++) {
        struct dvfo_runtime *runtime = &fitted->runtime[r];
        /* of the Keras grid one row in 17 is left; the others are what the file was fitted to */
        const double most = strcmp(runtime->name, "keras") == 0 ? 3.0 : 0.1;
        if (!is_measured(&data.points, runtime)) {
            continue;
        }
        fit = (struct dvfo_fit){0};
        cr_assert(dvfo_fit_latency(&ctx, fitted, runtime, &data, &fit) == DVFO_OK, "%s", ctx.message);
        cr_expect(fit.coefficient_count > 4);
        expect_near(runtime->name, fitted, file, &fit, most);
        if (r == 0) {
            fit = (struct dvfo_fit){0};
            cr_assert(dvfo_fit_power(&ctx, fitted, runtime, &data, &fit) == DVFO_OK, "%s", ctx.message);
            expect_near("power", fitted, file, &fit, 0.1);
        }
    }
    dvfo_board_free(file);
    dvfo_board_free(fitted);
    dvfo_board_data_free(&data);
}

Test(measured, fits_to_the_shipped_points_come_out_as_the_boards_files_say)
{
    gsl_set_error_handler_off();
    for (size_t b = 0; b < sizeof shipped / sizeof shipped[0]; b++) {
        fit_shipped(shipped[b].board);
    }
}

/* ---- the figure ---- */

TestSuite(fidelity, .init = command_make_folder, .fini = command_remove_folder);

static void expect_says(const char *line, const char *out)
{
    command_shell(line, &said);
    cr_expect_str_eq(said.out, out, "%s: %s%s", line, said.out, said.err);
}

/* Points of the figure beside those of `profile validate --points`, in their common order: how many, and how many
 * differ; the figure's numbers have six digits. */
static void expect_as_validated(const char *rows_of_figure, const char *left_out, const char *rows_of_validate,
                                const char *out)
{
    char line[2048];
    snprintf(line, sizeof line,
             "awk -F, -v OFS=, 'NR > 1 && $12 != \"held out\" && $12 != \"anchor\" && %s"
             " { print $2, $3, $12, $13, $14 }' fidelity.csv >a\n"
             "\"$DVFO\" profile validate --board xavier-nx --measured '" MEASURED
             "' --leave-out %s --points --format csv 2>/dev/null | awk -F, -v OFS=, '$1 != \"board\" && %s >b\n"
             "paste -d, a b | awk -F, 'function far(x, y) { return x / y < 0.99999 || x / y > 1.00001 }"
             " { wrong += $1 $2 $3 != $6 $7 $8 || far($4, $9) || far($5, $10) } END { print NR, wrong }'; rm a b",
             rows_of_figure, left_out, rows_of_validate);
    expect_says(line, out);
}

#define LATENCIES " { print $2, $3, $9, $10, $11 }'"
#define POWERS " { print $2, $3, $9, $13, $14 }'"

Test(fidelity, holds_each_point_as_a_fit_without_it_predicts_it)
{
    command_dvfo("plot fidelity --board xavier-nx", &said);
    cr_assert(said.code == 0, "%s", said.err);
    expect_says("head -1 fidelity.csv",
                "board,runtime,precision,network,input_px,cpu_cores,cpu_mhz,gpu_mhz,mem_mhz,calibrated,quantity,"
                "left_out,measured,predicted\n");
    /* several networks under TensorRT and PyTorch, one under Triton, rails under Triton: 14 of the sweep, 23 at rest */
    expect_as_validated("$11 == \"latency_ms\" && $2 != \"triton\"", "network", "$10 != \"\"" LATENCIES, "17 0\n");
    expect_as_validated("$11 == \"latency_ms\" && $2 == \"triton\"", "clocks", "$10 != \"\"" LATENCIES, "14 0\n");
    expect_as_validated("$11 == \"power_w\"", "clocks", "$13 != \"\"" POWERS, "37 0\n");
}

/* Median of |predicted / measured - 1|, three digits. */
#define MEDIAN                                                                                                         \
    "{ e = $14 / $13 - 1; print e < 0 ? -e : e }' fidelity.csv | sort -g |"                                            \
    " awk '{ e[NR] = $1 } END { printf \"%.3g\\n\", (e[int((NR + 1) / 2)] + e[int(NR / 2) + 1]) / 2 }'"

Test(fidelity, median_errors_are_those_that_validate_tells)
{
    command_dvfo("plot fidelity --board jetson-nano", &said);
    cr_assert(said.code == 0, "%s", said.err);
    expect_says("awk -F, '$11 == \"latency_ms\" " MEDIAN " >a\n"
                "awk -F, '$11 == \"power_w\" " MEDIAN " >>a\n"
                "\"$DVFO\" profile validate --board jetson-nano --measured '" MEASURED
                "' --leave-out clocks --format csv |"
                " awk -F, '$4 == \"each clocks\" { printf \"%.3g\\n%.3g\\n\", $6, $10 }' >b\n"
                "wc -l <b; cmp a b && echo same",
                "2\nsame\n");
}

/* A twentieth of the Keras grid and the first rows of what is held out. */
Test(fidelity, held_out_points_are_anchored_and_tell_whether_measurements_reach_their_clocks)
{
    command_shell("mkdir m; awk -F, 'NR == 1 || $2 == \"keras\" && n++ % 8 == 0' '" MEASURED
                  "/jetson-tx2.csv' >m/jetson-tx2.csv; head -13 '" MEASURED
                  "/jetson-tx2-held-out.csv' >m/jetson-tx2-held-out.csv\n"
                  "\"$DVFO\" plot fidelity --board jetson-tx2 --measured m",
                  &said);
    cr_assert(said.code == 0, "%s", said.err);
    expect_says(
        "grep -c 'network ' fidelity.csv; grep -c 'held out' fidelity.csv\n"
        /* the first row of the file, met by its scale */
        "awk -F, '$12 == \"anchor\" { print $9, $13, $14 }' fidelity.csv\n"
        /* measured down to a memory clock of 1062.4 MHz */
        "awk -F, 'NR > 1 { n++; wrong += ($10 == \"no\") != ($9 < 1062.4) } END { print n, wrong }' fidelity.csv",
        "34\n11\n204 394.489 394.489\n46 0\n");
}

Test(fidelity, exit_codes_and_sentences)
{
    static const struct {
        const char *arguments, *says;
    } rows[] = {
        {"--measured missing", "missing: cannot be read: No such file or directory; expected a file or folder"},
        {"--measured .", ".: holds no raw tables of jetson-tx2"},
        {"--measured rails", "rails: holds rails without points, expected jetson-tx2.csv beside jetson-tx2-rails.csv"},
        {"--measured /dev/null", "/dev/null: is not a regular file"},
        {"--measured '" MEASURED "/jetson-nano-rails.csv'", "jetson-nano-rails.csv:1: the column 'batch' is missing"},
        {"-b jetson-nano --measured '" MEASURED "/jetson-tx2.csv'", "jetson-tx2.csv: holds nothing to leave out"},
        {"-b $DATA/small-board.yaml",
         "no measurements of the board 'small-board' are shipped; --measured takes others"},
        {"-b jetson-tx3", "did you mean 'jetson-tx2'?"},
        {"-b jetson-nano,jetson-nano", "--board names 'jetson-nano' twice"},
        {"--network vgg-19", "--network has no effect on fidelity"},
    };
    command_shell("mkdir rails; cp '" MEASURED "/jetson-tx2-rails.csv' rails", &said);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[1024];
        snprintf(line, sizeof line, "plot fidelity %s", rows[i].arguments);
        command_dvfo(line, &said);
        cr_expect(said.code == 2, "%s: exit %d", line, said.code);
        cr_expect(command_is_one_sentence(&said) && command_says(&said, rows[i].says), "%s: %s", line, said.err);
    }
    command_dvfo("plot clock-sensitivity --measured m.csv", &said);
    cr_expect(said.code == 2 && command_says(&said, "--measured has no effect on clock-sensitivity"));
    expect_says("rm -r rails; ls | grep -v ^said", "");
}

Test(fidelity, an_interrupted_figure_leaves_nothing)
{
    command_shell("\"$DVFO\" plot fidelity &\n"
                  "until ls *.part-* >/dev/null 2>&1; do sleep 0.01; done; kill -INT $!; wait $!",
                  &said);
    cr_expect(said.code == 130 && command_is_one_sentence(&said), "exit %d: %s", said.code, said.err);
    expect_says("ls | grep -v ^said", "");
}

Test(fidelity, the_same_command_gives_the_same_bytes)
{
    expect_says("for i in a b; do \"$DVFO\" plot fidelity -b jetson-nano --out $i >$i.out || exit 1\n"
                "sleep 1; export TZ=here-3; done\n" /* at another time, in another zone: a PDF knows both */
                "diff -r a b && ls a",
                "fidelity.csv\nfidelity.pdf\nfidelity.png\nfidelity.svg\n");
}
