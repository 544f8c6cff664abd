/* dvfo profile export: what each layer costs over clocks, by the closed form, into a file. */
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/profile_verbs.h"
#include "profiles/board_assume.h"
#include "profiles/layer_profile.h"
#include "sim/base/units.h"

/* As typed; borrowed from argv. */
struct options {
    const char *board, *network, *out, *runtime, *precision, *variant, *assume;
    const char *mhz[DVFO_DOMAINS];
    const char *input_px;
};

enum {
    KEY_BOARD = 256,
    KEY_NETWORK,
    KEY_OUT,
    KEY_RUNTIME,
    KEY_PRECISION,
    KEY_INPUT,
    KEY_VARIANT,
    KEY_ASSUME,
    KEY_CPU,
    KEY_GPU,
    KEY_MEM,
    KEY_END,
};

static const struct argp_option options_of_export[] = {
    {"board", KEY_BOARD, "NAME", 0, "board, or the path of a board's file", 1},
    {"network", KEY_NETWORK, "NAME", 0, "network, or the path of its file", 1},
    {"out", KEY_OUT, "FILE.h5", 0, "file to write", 1},
    {"runtime", KEY_RUNTIME, "NAME", 0, "runtime of the board (default: its first)", 2},
    {"precision", KEY_PRECISION, "NAME", 0, "fp32, fp16 or int8, where the board has it", 2},
    {"input", KEY_INPUT, "PX", 0, "side of the input image (default: the network's own)", 2},
    {"variant", KEY_VARIANT, "NAME", 0, "input variant of the network's file, e.g. cifar", 2},
    {"cpu", KEY_CPU, "MHZ,...", 0, "CPU clocks of the grid (default: as below)", 3},
    {"gpu", KEY_GPU, "MHZ,...", 0, "GPU clocks", 3},
    {"mem", KEY_MEM, "MHZ,...", 0, "memory clocks", 3},
    {"assume", KEY_ASSUME, "WHAT", 0, "assumptions at low, high or NAME=low|high,... ('dvfo run --help')", 3},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    const char **const fields[] = {&options->board,         &options->network,      &options->out,
                                   &options->runtime,       &options->precision,    &options->input_px,
                                   &options->variant,       &options->assume,       &options->mhz[DVFO_CPU],
                                   &options->mhz[DVFO_GPU], &options->mhz[DVFO_MEM]};
    if (key >= KEY_BOARD && key < KEY_END) {
        *fields[key - KEY_BOARD] = text;
        return 0;
    }
    if (key == ARGP_KEY_ARG) {
        argp_error(state, "unexpected argument '%s'", text);
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
    .options = options_of_export,
    .parser = parse_option,
    .doc = "Write what each layer of a network costs on a board over clocks: latency and energy, GPU and CPU part, "
           "each with its standing (HDF5)."
           "\v"
           "Examples:\n"
           "  dvfo profile export --board jetson-tx2 --network vgg-19 --out vgg.h5\n"
           "  dvfo profile export --board xavier-nx --network resnet-18 --cpu 1907.2 \\\n"
           "    --gpu 510,1109.25 --mem 1600,1866 --out small.h5\n"
           "  dvfo run -b jetson-tx2 -n vgg-19 -p edge-only --layers vgg.h5\n\n"
           "The grid is the product of the clocks on the three axes; by default all of the board's levels inside its "
           "calibrated range (some hundred to two thousand points, a few MB). Clocks need not be levels of the board. "
           "Between and "
           "beyond its points, whoever reads the file follows the closed form times the ratio of file to closed form: "
           "an exported file is the closed form at all clocks, and an edited number counts where it stands. "
           "'dvfo profile show' prints it.\n",
};

/* ---- the grid ---- */

/* Clocks of one axis, ascending. */
struct axis {
    double *hz;
    size_t levels;
};

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static dvfo_status calibrated_levels(struct dvfo_ctx *ctx, const struct dvfo_clock_domain *clock, struct axis *axis)
{
    axis->hz = malloc(clock->level_count * sizeof *axis->hz);
    if (axis->hz == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < clock->level_count; i++) {
        if (clock->level_hz[i] >= clock->calibrated_min_hz && clock->level_hz[i] <= clock->calibrated_max_hz) {
            axis->hz[axis->levels++] = clock->level_hz[i];
        }
    }
    return DVFO_OK;
}

static dvfo_status given_levels(struct dvfo_ctx *ctx, const struct dvfo_clock_domain *clock, const char *domain,
                                const char *text, struct axis *axis)
{
    const double lowest = clock->level_hz[0] / DVFO_HZ_PER_MHZ;
    const double highest = clock->level_hz[clock->level_count - 1] / DVFO_HZ_PER_MHZ;
    axis->hz = malloc((strlen(text) + 1) * sizeof *axis->hz); /* more than there are commas */
    if (axis->hz == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    const char *rest = text;
    do {
        double mhz = 0.0;
        rest = rest == text ? rest : rest + 1;
        if (!dvfo_text_number(rest, &rest, &mhz) || (*rest != ',' && *rest != '\0') ||
            !(mhz >= lowest && mhz <= highest)) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s is '%s', expected clocks from %.10g to %.10g MHz with commas",
                             domain, text, lowest, highest);
        }
        axis->hz[axis->levels++] = round(mhz * DVFO_HZ_PER_MHZ); /* as the board's reader does */
    } while (*rest != '\0');
    qsort(axis->hz, axis->levels, sizeof *axis->hz, by_value);
    for (size_t i = 1; i < axis->levels; i++) {
        if (axis->hz[i] == axis->hz[i - 1]) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s is '%s': %.10g MHz stands there twice", domain, text,
                             axis->hz[i] / DVFO_HZ_PER_MHZ);
        }
    }
    return DVFO_OK;
}

/* ---- the profile ---- */

static dvfo_status make_profile(struct dvfo_ctx *ctx, const struct options *options, const struct dvfo_board *board,
                                const struct dvfo_network *network, const struct axis axes[DVFO_DOMAINS],
                                struct dvfo_layer_profile **profile)
{
    const size_t levels[DVFO_DOMAINS] = {axes[DVFO_CPU].levels, axes[DVFO_GPU].levels, axes[DVFO_MEM].levels};
    const double *const hz[DVFO_DOMAINS] = {axes[DVFO_CPU].hz, axes[DVFO_GPU].hz, axes[DVFO_MEM].hz};
    const struct dvfo_runtime *runtime = NULL;
    char program[256];
    snprintf(program, sizeof program, "dvfo profile export%s%s", options->assume != NULL ? " --assume " : "",
             options->assume != NULL ? options->assume : "");
    DVFO_TRY(dvfo_board_runtime(ctx, board, options->runtime, options->precision, &runtime));
    DVFO_TRY(
        dvfo_layer_profile_create(ctx, board, runtime, network, levels, hz, DVFO_CALIBRATED, "closed form", profile));
    DVFO_TRY(dvfo_layer_profile_set_program(ctx, *profile, program));
    return dvfo_layer_profile_complete(ctx, board, runtime, network, *profile);
}

static dvfo_status export_pair(struct dvfo_ctx *ctx, const struct options *options, const struct dvfo_board *board,
                               const struct dvfo_network *network)
{
    struct axis axes[DVFO_DOMAINS] = {{0}};
    struct dvfo_layer_profile *profile = NULL;
    dvfo_status status = DVFO_OK;
    for (int d = 0; d < DVFO_DOMAINS && status == DVFO_OK; d++) {
        const char *domain = dvfo_domain_name((dvfo_domain)d);
        status = options->mhz[d] != NULL ? given_levels(ctx, &board->clock[d], domain, options->mhz[d], &axes[d])
                                         : calibrated_levels(ctx, &board->clock[d], &axes[d]);
    }
    status = status == DVFO_OK ? make_profile(ctx, options, board, network, axes, &profile) : status;
    status = status == DVFO_OK ? dvfo_layer_profile_save(ctx, profile, options->out) : status;
    if (status == DVFO_OK) {
        fprintf(stderr, "dvfo: %zu layers at %zu points (CPU %zu x GPU %zu x memory %zu clocks) written to %s\n",
                profile->n, profile->points, profile->levels[DVFO_CPU], profile->levels[DVFO_GPU],
                profile->levels[DVFO_MEM], options->out);
    }
    dvfo_layer_profile_free(profile);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        free(axes[d].hz);
    }
    return status;
}

static dvfo_status read_input_px(struct dvfo_ctx *ctx, const char *text, long *input_px)
{
    long long value = 0;
    if (text != NULL && (!dvfo_text_integer(text, NULL, &value) || value < 1 || value > 8192)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--input is '%s', expected a whole number from 1 to 8192", text);
    }
    *input_px = (long)value;
    return DVFO_OK;
}

static bool is_same_file(const char *path, const char *other)
{
    struct stat a, b;
    return stat(path, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct options options = {0};
    struct dvfo_board *board = NULL;
    struct dvfo_network *network = NULL;
    long input_px = 0;
    size_t changed = 0;
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &options));
    DVFO_TRY(dvfo_profile_need(ctx, "export", "board", options.board));
    DVFO_TRY(dvfo_profile_need(ctx, "export", "network", options.network));
    DVFO_TRY(dvfo_profile_need(ctx, "export", "out", options.out));
    DVFO_TRY(read_input_px(ctx, options.input_px, &input_px));
    dvfo_status status = dvfo_board_load(ctx, options.board, &board);
    if (status == DVFO_OK && options.assume != NULL) {
        status = dvfo_boards_assume(ctx, &board, 1, options.assume, &changed);
    }
    status = status == DVFO_OK ? dvfo_network_load(ctx, options.network, input_px, options.variant, &network) : status;
    if (status == DVFO_OK && (is_same_file(options.out, board->path) || is_same_file(options.out, network->path))) {
        status = dvfo_fail(ctx, DVFO_BAD_INPUT, "--out is %s, which the profile is made from; choose another name",
                           options.out);
    }
    status = status == DVFO_OK ? export_pair(ctx, &options, board, network) : status;
    dvfo_network_free(network);
    dvfo_board_free(board);
    return status;
}

const struct dvfo_command dvfo_profile_export = {"export", "what each layer costs over clocks, into a file", run};
