/* dvfo profile show: a layer profile at some clocks, layer by layer. */
#include <math.h>
#include <string.h>

#include "bench/profile_verbs.h"
#include "bench/table.h"
#include "profiles/layer_attach.h"
#include "sim/base/units.h"

/* As typed; borrowed from argv. */
struct options {
    const char *file, *at, *format, *board, *network;
};

enum { KEY_AT = 256, KEY_FORMAT, KEY_BOARD, KEY_NETWORK };

static const struct argp_option options_of_show[] = {
    {"at", KEY_AT, "CPU,GPU,MEM", 0, "clocks in MHz (default: the highest of the file)", 0},
    {"board", KEY_BOARD, "NAME", 0, "board's file, to interpolate with (default: by its name)", 0},
    {"network", KEY_NETWORK, "NAME", 0, "network's file, to interpolate with", 0},
    {"format", KEY_FORMAT, "F", 0, "table (default), csv or json", 0},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_AT:
        options->at = text;
        return 0;
    case KEY_FORMAT:
        options->format = text;
        return 0;
    case KEY_BOARD:
        options->board = text;
        return 0;
    case KEY_NETWORK:
        options->network = text;
        return 0;
    case ARGP_KEY_ARG:
        if (options->file != NULL) {
            argp_error(state, "unexpected argument '%s'", text);
        }
        options->file = text;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options_of_show,
    .parser = parse_option,
    .args_doc = "FILE.h5",
    .doc =
        "Show what each layer costs at some clocks, and how well that is known."
        "\v"
        "Examples:\n"
        "  dvfo profile show vgg.h5\n"
        "  dvfo profile show vgg.h5 --at 2035.2,1122,1331.2 --format csv\n\n"
        "gpu_ms is the layer's kernel, cpu_ms its launch, latency_ms what the layer adds to the request: its kernel, "
        "and its launch where that isn't hidden behind other kernels. Energy is that of the module while the layer "
        "runs: terms of the GPU, of the CPU, and the rest (memory, base, conversion). The standing is that of the "
        "GPU part. '-' wasn't measured. At clocks that the file lacks, its board and network are asked for the "
        "closed form, which is corrected by the file. csv and json hold the layers only.\n",
};

/* ---- clocks ---- */

static struct dvfo_clocks top_clocks(const struct dvfo_layer_profile *profile)
{
    return dvfo_layer_profile_clocks(profile, profile->points - 1);
}

static dvfo_status read_clocks(struct dvfo_ctx *ctx, const char *text, struct dvfo_clocks *clocks)
{
    const char *rest = text;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        double mhz = 0.0;
        const char end = d + 1 < DVFO_DOMAINS ? ',' : '\0';
        if (!dvfo_text_number(rest, &rest, &mhz) || *rest != end || !(mhz > 0.0)) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT,
                             "--at is '%s', expected the clocks of CPU, GPU and memory in MHz, e.g. 2035.2,1300.5,1866",
                             text);
        }
        rest += end == ',' ? 1 : 0;
        clocks->hz[d] = round(mhz * DVFO_HZ_PER_MHZ);
    }
    return DVFO_OK;
}

static dvfo_status check_range(struct dvfo_ctx *ctx, const struct dvfo_board *board, const struct dvfo_clocks *clocks)
{
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        const struct dvfo_clock_domain *clock = &board->clock[d];
        const double lowest_hz = clock->level_hz[0], highest_hz = clock->level_hz[clock->level_count - 1];
        if (clocks->hz[d] < lowest_hz || clocks->hz[d] > highest_hz) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "--at has a %s clock of %.10g MHz, expected %.10g to %.10g on %s",
                             dvfo_domain_name((dvfo_domain)d), clocks->hz[d] / DVFO_HZ_PER_MHZ,
                             lowest_hz / DVFO_HZ_PER_MHZ, highest_hz / DVFO_HZ_PER_MHZ, board->name);
        }
    }
    return DVFO_OK;
}

/* The same profile at a point that its grid lacks: closed form, corrected by it. */
static dvfo_status interpolate(struct dvfo_ctx *ctx, const struct dvfo_layer_profile *profile, struct dvfo_board *board,
                               const struct dvfo_network *network, const struct dvfo_clocks *clocks,
                               struct dvfo_layer_profile **out)
{
    const size_t levels[DVFO_DOMAINS] = {1, 1, 1};
    const double *const hz[DVFO_DOMAINS] = {&clocks->hz[DVFO_CPU], &clocks->hz[DVFO_GPU], &clocks->hz[DVFO_MEM]};
    const struct dvfo_runtime *runtime = NULL;
    DVFO_TRY(check_range(ctx, board, clocks));
    DVFO_TRY(dvfo_board_attach_layers(ctx, board, network, profile));
    DVFO_TRY(dvfo_board_runtime(ctx, board, profile->runtime, profile->precision, &runtime));
    DVFO_TRY(dvfo_layer_profile_create(ctx, board, runtime, network, levels, hz, DVFO_CALIBRATED, "closed form", out));
    DVFO_TRY(dvfo_layer_profile_set_program(ctx, *out, profile->program));
    return dvfo_layer_profile_complete(ctx, board, runtime, network, *out);
}

static dvfo_status at_other_clocks(struct dvfo_ctx *ctx, const struct options *options,
                                   const struct dvfo_layer_profile *profile, const struct dvfo_clocks *clocks,
                                   struct dvfo_layer_profile **out)
{
    const char *const board_name = options->board != NULL ? options->board : profile->board;
    const char *const network_name = options->network != NULL ? options->network : profile->network;
    struct dvfo_board *board = NULL;
    struct dvfo_network *network = NULL;
    dvfo_status status = dvfo_board_load(ctx, board_name, &board);
    status = status == DVFO_OK ? dvfo_network_load(ctx, network_name, profile->input.height, NULL, &network) : status;
    status = status == DVFO_OK ? interpolate(ctx, profile, board, network, clocks, out) : status;
    dvfo_network_free(network);
    dvfo_board_free(board);
    return status;
}

/* ---- the table ---- */

/* A profile at one of its points, and sums over what is known there. */
struct view {
    const struct dvfo_layer_profile *profile;
    size_t point;
    double latency_s, energy_j;
    double gpu_s, gpu_s_by_standing[DVFO_ASSUMPTION + 1];
    size_t unknown; /* layers not measured at this point */
};

static double value_of(const struct view *view, const struct dvfo_layer_cost *cost, size_t layer)
{
    return cost->value[view->point * view->profile->n + layer];
}

static double layer_j(const struct view *view, size_t layer)
{
    const struct dvfo_layer_profile *profile = view->profile;
    return value_of(view, &profile->gpu_j, layer) + value_of(view, &profile->cpu_j, layer) +
           value_of(view, &profile->rest_j, layer);
}

static double request_j(const struct view *view)
{
    const struct dvfo_layer_profile *profile = view->profile;
    return profile->request_gpu_j.value[view->point] + profile->request_cpu_j.value[view->point] +
           profile->request_rest_j.value[view->point];
}

static bool costs_nothing(const struct view *view, size_t layer)
{
    return value_of(view, &view->profile->gpu_s, layer) == 0.0 && value_of(view, &view->profile->cpu_s, layer) == 0.0;
}

static double known(double value)
{
    return isnan(value) ? 0.0 : value;
}

static struct view look(const struct dvfo_layer_profile *profile, size_t point)
{
    struct view view = {.profile = profile, .point = point};
    view.latency_s = known(profile->request_s.value[point]);
    view.energy_j = known(request_j(&view));
    for (size_t i = 0; i < profile->n; i++) {
        const double gpu_s = value_of(&view, &profile->gpu_s, i);
        view.unknown += isnan(gpu_s) ? 1 : 0;
        view.latency_s += known(value_of(&view, &profile->layer_s, i));
        view.energy_j += known(layer_j(&view, i));
        view.gpu_s += known(gpu_s);
        view.gpu_s_by_standing[profile->standing[i]] += known(gpu_s);
    }
    return view;
}

/* Layers can't be shorter than their kernels: then somebody changed times after energies were computed from them. */
static void note_edited(struct dvfo_ctx *ctx, const struct view *view)
{
    const struct dvfo_layer_profile *profile = view->profile;
    for (size_t i = 0; i < profile->n; i++) {
        const double gpu_s = value_of(view, &profile->gpu_s, i), layer_s = value_of(view, &profile->layer_s, i);
        if (layer_s < gpu_s * (1.0 - 1e-6)) {
            dvfo_note(ctx,
                      "layer '%s' takes %.4g ms with a kernel of %.4g ms: kernels were changed after latencies and "
                      "energies had been computed; 'dvfo run --layers' computes them anew, this table doesn't",
                      profile->layer_name[i], 1e3 * layer_s, 1e3 * gpu_s);
            return;
        }
    }
}

/* What a row costs, base units; NaN is an empty cell. */
struct row {
    double gpu_s, cpu_s, latency_s, gpu_j, cpu_j, rest_j, energy_j;
};

static void add_row(struct dvfo_table *table, const struct view *view, const char *name, const char *class,
                    const struct row *row, dvfo_standing standing)
{
    dvfo_table_text(table, name);
    if (class != NULL) {
        dvfo_table_text(table, class);
    } else {
        dvfo_table_number(table, NAN, 1);
    }
    const double milli[] = {row->gpu_s, row->cpu_s, row->latency_s, row->gpu_j, row->cpu_j, row->rest_j, row->energy_j};
    for (size_t i = 0; i < sizeof milli / sizeof milli[0]; i++) {
        dvfo_table_number(table, 1e3 * milli[i], 4);
    }
    dvfo_table_number(table, 100.0 * row->latency_s / view->latency_s, 3);
    dvfo_table_number(table, 100.0 * row->energy_j / view->energy_j, 3);
    dvfo_table_text(table, dvfo_standing_name(standing));
}

static void add_rows(struct dvfo_table *table, const struct view *view)
{
    const struct dvfo_layer_profile *profile = view->profile;
    const struct row request = {NAN,
                                NAN,
                                profile->request_s.value[view->point],
                                profile->request_gpu_j.value[view->point],
                                profile->request_cpu_j.value[view->point],
                                profile->request_rest_j.value[view->point],
                                request_j(view)};
    add_row(table, view, "(request)", NULL, &request, profile->request_s.standing);
    for (size_t i = 0; i < profile->n; i++) {
        const struct row row = {value_of(view, &profile->gpu_s, i),
                                value_of(view, &profile->cpu_s, i),
                                value_of(view, &profile->layer_s, i),
                                value_of(view, &profile->gpu_j, i),
                                value_of(view, &profile->cpu_j, i),
                                value_of(view, &profile->rest_j, i),
                                layer_j(view, i)};
        if (!costs_nothing(view, i)) {
            add_row(table, view, profile->layer_name[i], dvfo_op_name(profile->op[i]), &row, profile->standing[i]);
        }
    }
}

static void print_heading(const struct view *view, bool interpolated)
{
    const struct dvfo_layer_profile *profile = view->profile;
    const struct dvfo_clocks clocks = dvfo_layer_profile_clocks(profile, view->point);
    printf("%s on %s, %s %s, input %ldx%ldx%ld; made by %s\n", profile->network, profile->board, profile->runtime,
           profile->precision, profile->input.channels, profile->input.height, profile->input.width, profile->program);
    printf("CPU %.10g, GPU %.10g, memory %.10g MHz%s\n\n", clocks.hz[DVFO_CPU] / DVFO_HZ_PER_MHZ,
           clocks.hz[DVFO_GPU] / DVFO_HZ_PER_MHZ, clocks.hz[DVFO_MEM] / DVFO_HZ_PER_MHZ,
           interpolated ? ", no point of the file: closed form, corrected by it" : "");
}

static void print_totals(const struct view *view)
{
    printf("\ntotal: %.4g ms, %.4g mJ, %.4g W; of the GPU's %.4g ms", 1e3 * view->latency_s, 1e3 * view->energy_j,
           view->energy_j / view->latency_s, 1e3 * view->gpu_s);
    const char *before = "";
    for (int i = 0; i <= DVFO_ASSUMPTION; i++) {
        if (view->gpu_s_by_standing[i] > 0.0) {
            printf("%s %.3g %% %s", before, 100.0 * view->gpu_s_by_standing[i] / view->gpu_s,
                   dvfo_standing_name((dvfo_standing)i));
            before = ",";
        }
    }
    if (view->unknown > 0) {
        printf("; %zu layers were not measured at these clocks", view->unknown);
    }
    printf("\n\n");
}

static dvfo_status print_costs(struct dvfo_ctx *ctx, const struct dvfo_layer_profile *profile)
{
    static const char *const columns[] = {"cost", "standing", "source", NULL};
    struct dvfo_table *table = NULL;
    DVFO_TRY(dvfo_table_create(ctx, columns, &table));
    for (const struct dvfo_layer_cost_kind *kind = dvfo_layer_cost_kinds; kind->name != NULL; kind++) {
        const struct dvfo_layer_cost *cost = dvfo_layer_profile_cost_of(profile, kind);
        if (cost->value != NULL) {
            dvfo_table_text(table, kind->name);
            dvfo_table_text(table, dvfo_standing_name(cost->standing));
            dvfo_table_text(table, cost->source);
        }
    }
    const dvfo_status status = dvfo_table_print(ctx, table, DVFO_TABLE_TEXT, stdout);
    dvfo_table_free(table);
    return status;
}

static void print_grid(const struct dvfo_layer_profile *profile)
{
    static const char *const names[] = {"CPU", "GPU", "memory"};
    printf("\n%zu layers at %zu points:", profile->n, profile->points);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        printf("%s %zu %s clock%s from %.10g to %.10g", d > 0 ? "," : "", profile->levels[d], names[d],
               profile->levels[d] > 1 ? "s" : "", profile->hz[d][0] / DVFO_HZ_PER_MHZ,
               profile->hz[d][profile->levels[d] - 1] / DVFO_HZ_PER_MHZ);
    }
    printf(" MHz\n");
}

/* @param file  as read, with its whole grid; `profile` may be another one made of it at other clocks */
static dvfo_status print(struct dvfo_ctx *ctx, const struct dvfo_layer_profile *file,
                         const struct dvfo_layer_profile *profile, size_t point, dvfo_table_format format)
{
    static const char *const columns[] = {"layer",      "class",    "gpu_ms",  "cpu_ms",    "latency_ms",
                                          "gpu_mj",     "cpu_mj",   "rest_mj", "energy_mj", "latency_pct",
                                          "energy_pct", "standing", NULL};
    const struct view view = look(profile, point);
    note_edited(ctx, &view);
    struct dvfo_table *table = NULL;
    DVFO_TRY(dvfo_table_create(ctx, columns, &table));
    add_rows(table, &view);
    if (format == DVFO_TABLE_TEXT) {
        print_heading(&view, file != profile);
    }
    dvfo_status status = dvfo_table_print(ctx, table, format, stdout);
    dvfo_table_free(table);
    if (status == DVFO_OK && format == DVFO_TABLE_TEXT) {
        print_totals(&view);
        status = print_costs(ctx, profile);
        print_grid(file);
    }
    return status;
}

static dvfo_status show(struct dvfo_ctx *ctx, const struct options *options, dvfo_table_format format)
{
    struct dvfo_layer_profile *file = NULL, *other = NULL;
    DVFO_TRY(dvfo_layer_profile_load(ctx, options->file, &file));
    struct dvfo_clocks clocks = top_clocks(file);
    dvfo_status status = options->at != NULL ? read_clocks(ctx, options->at, &clocks) : DVFO_OK;
    const size_t point = status == DVFO_OK ? dvfo_layer_profile_point(file, &clocks) : 0;
    if (status == DVFO_OK && point == file->points) {
        status = at_other_clocks(ctx, options, file, &clocks, &other);
    }
    if (status == DVFO_OK) {
        status = print(ctx, file, other != NULL ? other : file, other != NULL ? 0 : point, format);
    }
    dvfo_layer_profile_free(other);
    dvfo_layer_profile_free(file);
    return status;
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct options options = {.format = "table"};
    dvfo_table_format format = DVFO_TABLE_TEXT;
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &options));
    DVFO_TRY(dvfo_table_format_of(ctx, options.format, &format));
    if (options.file == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "which file? e.g. 'dvfo profile show vgg.h5'");
    }
    return show(ctx, &options, format);
}

const struct dvfo_command dvfo_profile_show = {"show", "a layer profile at some clocks", run};
