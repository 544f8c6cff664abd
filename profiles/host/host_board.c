#include "profiles/host/host_board.h"

#include <math.h>
#include <string.h>

#include "sim/base/units.h"

enum { SOURCE_SIZE = 256 };

/* Products read each input of a kxk convolution from patches unfolded once for this many output channels. */
enum { UNFOLD_CHANNELS = 1024 };

/* Two cores of a server: what one of its cores draws is a few watts idle and 4 to 10 W at work. */
static const double idle_w_per_core[] = {2.0, 0.5, 6.0}, busy_w_per_core[] = {7.0, 3.5, 14.0};

static const char no_levels[] = "one level: the clock never changes";

struct writer {
    FILE *file;
    const struct dvfo_host_board_def *def;
    char here[SOURCE_SIZE];       /* "OpenBLAS (SkylakeX) on 1 thread of ..." */
    char layers[2 * SOURCE_SIZE]; /* "layers of 12 networks, " and that */
};

static void documented(const struct writer *w, const char *indent, const char *key, double value, const char *source)
{
    fprintf(w->file, "%s%s: {value: %.10g, standing: documented, source: \"%s\"}\n", indent, key, value, source);
}

static void measured(const struct writer *w, const char *indent, const char *key, double value, const char *source)
{
    fprintf(w->file, "%s%s: {value: %.5g, standing: measured, source: \"%s; %s\"}\n", indent, key, value, source,
            w->here);
}

static void assumed(const struct writer *w, const char *indent, const char *key, double value, double low, double high,
                    const char *source)
{
    fprintf(w->file, "%s%s: {value: %.5g, standing: assumption, low: %.5g, high: %.5g, source: \"%s\"}\n", indent, key,
            value, low, high, source);
}

/* What a fit moves, held between low and high as far as the layers leave it open. */
static void calibrated(const struct writer *w, const char *indent, const char *key, double low, double high,
                       const char *source)
{
    fprintf(w->file, "%s%s: {value: %.5g, standing: calibrated, low: %.5g, high: %.5g, source: \"%s%s\"}\n", indent,
            key, sqrt(low * high), low, high, source, w->layers);
}

static void write_domain(const struct writer *w, const char *name, const char *source)
{
    fprintf(w->file, "  %s:\n    levels_mhz: [%.10g]\n    source: \"%s\"\n", name, w->def->machine.hz / DVFO_HZ_PER_MHZ,
            source);
    documented(w, "    ", "v_floor", 1.0, no_levels);
    documented(w, "    ", "v_knee_hz", 0.0, no_levels);
    documented(w, "    ", "change_s", 0.0, no_levels);
    documented(w, "    ", "stall_s", 0.0, no_levels);
}

static void write_head(const struct writer *w)
{
    const struct dvfo_host_board_def *def = w->def;
    fprintf(
        w->file,
        "# Written by `dvfo profile measure --board host`: this machine as a board. It has no GPU: kernels run on\n"
        "# the processor, so `gpu` is the processor's own clock, and `cpu` has nothing left to do. Its clock table\n"
        "# is the nominal clock alone; what boost adds stands in the efficiencies. The clock of the memory isn't\n"
        "# known: `mem` counts bytes per cycle of the processor.\n"
        "name: host\n"
        "title: \"%s, %d thread%s, no GPU\"\n"
        "cpu_cores: %d\n"
        "clocks:\n",
        def->machine.cpu, def->threads, def->threads > 1 ? "s" : "", def->machine.cores);
    write_domain(w, "cpu", def->machine.hz_source);
    write_domain(w, "gpu", "the processor's own: there is no GPU");
    write_domain(w, "mem", "a unit to count bytes by: the processor's nominal clock");
    measured(w, "", "peak_byte_per_cycle", def->byte_per_s / def->machine.hz,
             "fastest of copies of 1, 16 and 128 MiB, read and written");
}

static void write_power_measured(const struct writer *w)
{
    const struct dvfo_host_board_def *def = w->def;
    char source[SOURCE_SIZE];
    snprintf(source, sizeof source, "%.200s", def->sensor);
    fprintf(w->file, "rails:\n  - name: machine\n");
    measured(w, "    ", "base_w", def->idle_w, source);
    fprintf(w->file, "    gpu:\n");
    measured(w, "      ", "dynamic_w", fmax(def->busy_w - def->idle_w, 0.0), source);
    fprintf(w->file, "module:\n");
    documented(w, "  ", "other_base_w", 0.0, "the sensor sees what the rail holds, and nothing else of the machine");
    documented(w, "  ", "other_conversion", 0.0, "as other_base_w");
    measured(w, "  ", "p_max_w", def->busy_w, source);
    measured(w, "  ", "nameplate_w", def->busy_w, source);
}

static void write_power_assumed(const struct writer *w)
{
    const struct dvfo_host_board_def *def = w->def;
    const double cores = def->machine.cores, threads = def->threads;
    double total_w[3];
    char source[2 * SOURCE_SIZE];
    snprintf(source, sizeof source,
             "no power sensor (%.300s); cores of such processors draw some watts each, from general knowledge",
             def->no_sensor);
    for (int i = 0; i < 3; i++) {
        total_w[i] = cores * idle_w_per_core[i] + threads * busy_w_per_core[i];
    }
    fprintf(w->file, "rails:\n  - name: machine\n    inferred: yes\n");
    assumed(w, "    ", "base_w", cores * idle_w_per_core[0], cores * idle_w_per_core[1], cores * idle_w_per_core[2],
            source);
    fprintf(w->file, "    gpu:\n");
    assumed(w, "      ", "dynamic_w", threads * busy_w_per_core[0], threads * busy_w_per_core[1],
            threads * busy_w_per_core[2], source);
    fprintf(w->file, "module:\n");
    documented(w, "  ", "other_base_w", 0.0, "all that is assumed stands in the rail");
    documented(w, "  ", "other_conversion", 0.0, "as other_base_w");
    assumed(w, "  ", "p_max_w", total_w[0], total_w[1], total_w[2], source);
    assumed(w, "  ", "nameplate_w", total_w[0], total_w[1], total_w[2], source);
}

static void write_surroundings(const struct writer *w)
{
    static const char radio[] = "as on the boards: a Wi-Fi model from general knowledge; no radio of this machine was "
                                "measured; low and high are half and double";
    static const char cooling[] = "a machine whose cooling keeps it below its trip point; nothing was measured";
    fprintf(w->file, "radio:\n");
    assumed(w, "  ", "send_w", 1.25, 0.625, 2.5, radio);
    assumed(w, "  ", "wait_w", 0.25, 0.125, 0.5, radio);
    fprintf(w->file, "thermal:\n");
    assumed(w, "  ", "resistance_k_per_w", 0.5, 0.2, 1.5, cooling);
    assumed(w, "  ", "capacity_j_per_k", 500.0, 100.0, 2000.0, cooling);
    assumed(w, "  ", "ambient_c", 25.0, 15.0, 40.0, "room");
    assumed(w, "  ", "trip_c", 95.0, 80.0, 105.0, "usual for processors, from general knowledge");
}

/* Where each class starts: low and high that the fit is held between as far as its layers leave it open. */
static const struct {
    dvfo_op op;
    double low, high;
} efficiencies[] = {
    {DVFO_OP_CONV_POINTWISE, 0.3, 1.5},   {DVFO_OP_CONV_3X3, 0.3, 1.5},
    {DVFO_OP_CONV_3X3_STRIDED, 0.3, 1.5}, {DVFO_OP_CONV_OTHER, 0.3, 1.5},
    {DVFO_OP_DEPTHWISE, 0.02, 1},         {DVFO_OP_DENSE, 0.03, 1},
    {DVFO_OP_ATTENTION, 0.3, 1.5},        {DVFO_OP_RECURRENT, 0.1, 2},
    {DVFO_OP_POOL, 0.005, 0.5},           {DVFO_OP_NORM, 0.02, 2},
    {DVFO_OP_ELEMENTWISE, 0.02, 2},       {DVFO_OP_SOFTMAX, 0.002, 0.2},
    {DVFO_OP_RESIZE, 0.0005, 0.1},
};

static void write_efficiencies(const struct writer *w)
{
    fprintf(w->file, "    efficiency:\n");
    for (size_t i = 0; i < sizeof efficiencies / sizeof efficiencies[0]; i++) {
        const double low = efficiencies[i].low, high = efficiencies[i].high;
        const char *name = dvfo_op_name(efficiencies[i].op);
        if (w->def->layers[efficiencies[i].op] > 0) {
            calibrated(w, "      ", name, low, high, "");
        } else {
            assumed(w, "      ", name, sqrt(low * high), low, high, "no measured network contains the class");
        }
    }
}

static void write_reread(const struct writer *w)
{
    static const dvfo_op unfolded[] = {DVFO_OP_CONV_3X3, DVFO_OP_CONV_3X3_STRIDED, DVFO_OP_CONV_OTHER};
    fprintf(w->file, "    reread:\n");
    for (size_t i = 0; i < sizeof unfolded / sizeof unfolded[0]; i++) {
        if (w->def->layers[unfolded[i]] > 0) {
            calibrated(w, "      ", dvfo_op_name(unfolded[i]), 0.25 / (2.0 * UNFOLD_CHANNELS),
                       4.0 / (2.0 * UNFOLD_CHANNELS), "patches unfolded and read again; ");
        }
    }
    documented(w, "      ", "default", 0.0, "nothing is unfolded");
}

static void write_runtime(const struct writer *w)
{
    const struct dvfo_host_board_def *def = w->def;
    fprintf(w->file, "runtimes:\n"
                     "  - name: openblas\n"
                     "    precision: fp32\n"
                     "    combine: sum\n"
                     "    wait: block\n");
    measured(w, "    ", "flop_per_cycle", def->flop_per_s / def->machine.hz, "fastest product of 1024 x 1024");
    calibrated(w, "    ", "byte_per_cycle", 0.1 * def->byte_per_s / def->machine.hz,
               0.9 * def->byte_per_s / def->machine.hz, "");
    documented(w, "    ", "gpu_byte_per_cycle", 10000.0,
               "one processor computes and moves: its loads and stores stand in byte_per_cycle");
    calibrated(w, "    ", "depth", 2.0, 200.0, "");
    measured(w, "    ", "tile_pixels", def->tile_pixels, "of 1, 4, 8, 16, 32 and 64 the one that fits the layers best");
    documented(w, "    ", "tile_channels", 1.0, "no effect of it could be told from the measured layers");
    documented(w, "    ", "block_pixels", 1.0, "patches are unfolded once for each output pixel ...");
    documented(w, "    ", "block_channels", UNFOLD_CHANNELS, "... for all output channels, which are fewer than this");
    calibrated(w, "    ", "kernel_cycles", 0.1e-6 * def->machine.hz, 10e-6 * def->machine.hz, "");
    documented(w, "    ", "exponent", 1.0,
               "one processor computes and moves, one after the other; a fit that may choose goes to 1");
    documented(w, "    ", "launch_cycles", 0.0, "a call of a function; what every kernel takes is kernel_cycles");
    documented(w, "    ", "host_cycles", 0.0, "the executor does nothing but run layers");
    documented(w, "    ", "fixed_s", 0.0, "as host_cycles");
    documented(w, "    ", "cpu_busy", 0.0, "the processor is the domain gpu here");
    write_efficiencies(w);
    fprintf(w->file, "    activity:\n");
    assumed(w, "      ", "default", 1.0, 0.6, 1.2, "power was not told apart by class");
    write_reread(w);
}

dvfo_status dvfo_host_board_text(struct dvfo_ctx *ctx, const struct dvfo_host_board_def *def, char **out)
{
    size_t size = 0;
    *out = NULL;
    struct writer w = {.file = open_memstream(out, &size), .def = def};
    if (w.file == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    snprintf(w.here, sizeof w.here, "OpenBLAS (%.20s) on %d thread%s of %.120s", def->kernel, def->threads,
             def->threads > 1 ? "s" : "", def->machine.cpu);
    snprintf(w.layers, sizeof w.layers, "layers of %.60s, %s", def->networks, w.here);
    write_head(&w);
    if (def->sensor != NULL) {
        write_power_measured(&w);
    } else {
        write_power_assumed(&w);
    }
    write_surroundings(&w);
    write_runtime(&w);
    if (fclose(w.file) != 0) {
        free(*out);
        *out = NULL;
        return dvfo_fail_no_memory(ctx);
    }
    return DVFO_OK;
}
