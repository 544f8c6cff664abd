#include "profiles/runtime.h"

#include <math.h>
#include <string.h>

#include "profiles/layer_interpolation.h"
#include "sim/base/text.h"

/* Bounds that only catch slips of the pen. */
#define MAX_SECONDS 1000.0
#define MAX_FLOP_PER_CYCLE 1e6
#define MAX_BYTE_PER_CYCLE 1e4
#define MAX_CYCLES 1e12
#define MAX_SHARE 20.0
#define MAX_TILE 4096.0

#define AT(field) offsetof(struct dvfo_runtime, field)
#define MUST NAN

/* key, offset, per class, unit, what, min, max, low, high, otherwise, meaning */
const struct dvfo_runtime_term dvfo_runtime_terms[DVFO_RUNTIME_TERMS] = {
    {"flop_per_cycle", AT(flop_per_cycle), false, "FLOP/cycle", "peak", 1, MAX_FLOP_PER_CYCLE, 0, 0, MUST, ""},
    {"efficiency", AT(efficiency), true, "of peak", "efficiency", 1e-4, MAX_SHARE, 0.0005, 3, MUST, ""},
    {"winograd", AT(winograd), false, "of peak", "efficiency winograd", 0, MAX_SHARE, 0.2, 5, 0, "not in use"},
    {"depth", AT(depth), false, "multiply-add", "depth at half efficiency", 0, 1e5, 1, 5000, 0, "any depth is alike"},
    {"tile_pixels", AT(tile_pixels), false, "pixel", "tile, pixels", 1, MAX_TILE, 0, 0, 1, "no tiles"},
    {"tile_channels", AT(tile_channels), false, "channel", "tile, channels", 1, MAX_TILE, 0, 0, 1, "no tiles"},
    {"block_pixels", AT(block_pixels), false, "pixel", "block, pixels", 1, MAX_TILE, 0, 0, 1, "no blocks"},
    {"block_channels", AT(block_channels), false, "channel", "block, channels", 1, MAX_TILE, 0, 0, 1, "no blocks"},
    {"kernel_cycles", AT(kernel_cycles), false, "GPU cycle", "start and drain of a kernel", 0, MAX_CYCLES, 100, 5e6, 0,
     "not told apart from its work"},
    {"gpu_byte_per_cycle", AT(gpu_byte_per_cycle), false, "byte/cycle", "load and store of the GPU", 1e-3,
     MAX_BYTE_PER_CYCLE, 1, 512, MUST, ""},
    {"byte_per_cycle", AT(byte_per_cycle), false, "byte/cycle", "memory bus, achieved", 1e-3, 0, 0.5, 0, MUST, ""},
    {"reread", AT(reread), true, "element/FLOP", "reread", 0, 1, 1e-4, 1, 0, "traffic as counted from shapes"},
    {"exponent", AT(exponent), false, "", "exponent p", 1, 64, 1, 12, MUST, ""},
    {"launch_cycles", AT(launch_cycles), false, "cycle", "launch of a kernel", 0, MAX_CYCLES, 100, 1e8, MUST, ""},
    {"host_cycles", AT(host_cycles), false, "cycle", "host work of a request", 0, MAX_CYCLES, 1e3, 1e10, MUST, ""},
    {"fixed_s", AT(fixed_s), false, "s", "fixed time of a request", 0, MAX_SECONDS, 1e-6, 1, MUST, ""},
    {"handover_s", AT(handover_s), false, "s", "handing work between cores", 0, MAX_SECONDS, 1e-6, 1, 0,
     "not told apart from the fixed time"},
    {"cpu_busy", AT(cpu_busy), false, "core", "CPU busy while the GPU works", 0, 64, 0, 0, MUST, ""},
    {"single_core", AT(single_core), false, "", "CPU work with one core online", 0.1, 100, 0.5, 5, 1, "as with more"},
    {"activity", AT(activity), true, "", "activity", 0, MAX_SHARE, 0, 0, MUST, ""},
};

struct dvfo_quantity *dvfo_runtime_quantity(struct dvfo_runtime *runtime, const struct dvfo_runtime_term *term)
{
    return (struct dvfo_quantity *)(void *)((char *)runtime + term->offset);
}

/* One of `count` names; the message lists them: "expected fp32, fp16 or int8". */
static dvfo_status read_choice(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, const char *const names[],
                               int count, int *out)
{
    const char *text = NULL;
    char list[128] = "";
    DVFO_TRY(dvfo_yaml_string(ctx, map, key, &text));
    for (*out = 0; *out < count; (*out)++) {
        if (strcmp(text, names[*out]) == 0) {
            return DVFO_OK;
        }
        const size_t length = strlen(list);
        const char *before = *out == 0 ? "" : *out + 1 < count ? ", " : " or ";
        snprintf(list + length, sizeof list - length, "%s%s", before, names[*out]);
    }
    return dvfo_yaml_fail(ctx, dvfo_yaml_find(map, key), "'%s' is '%.60s', expected %s", key, text, list);
}

static dvfo_status copy_text(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, char **out)
{
    const char *text = NULL;
    DVFO_TRY(dvfo_yaml_string(ctx, map, key, &text));
    *out = dvfo_text_copy(text);
    return *out != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

static dvfo_status read_modes(struct dvfo_ctx *ctx, dvfo_yaml_node map, struct dvfo_runtime *runtime)
{
    static const char *const combine_names[] = {"stream", "sum"};
    static const char *const wait_names[] = {"spin", "block", "work"};
    static const char *const precision_names[] = {"fp32", "fp16", "int8"};
    static const double precision_bytes[] = {4.0, 2.0, 1.0};
    int choice = 0;
    DVFO_TRY(read_choice(ctx, map, "combine", combine_names, 2, &choice));
    runtime->combine = (dvfo_combine)choice;
    DVFO_TRY(read_choice(ctx, map, "wait", wait_names, 3, &choice));
    runtime->wait = (dvfo_wait)choice;
    DVFO_TRY(read_choice(ctx, map, "precision", precision_names, 3, &choice));
    runtime->bytes_per_element = precision_bytes[choice];
    return DVFO_OK;
}

/* A quantity per operator class; "default" stands for the classes not named. Views have no kernel and need none. */
static dvfo_status read_per_class(struct dvfo_ctx *ctx, dvfo_yaml_node map, const struct dvfo_runtime_term *term,
                                  struct dvfo_quantity out[DVFO_OP_COUNT])
{
    const char *keys[DVFO_OP_COUNT + 2] = {0};
    for (int op = 0; op < DVFO_OP_COUNT; op++) {
        keys[op] = dvfo_op_name((dvfo_op)op);
    }
    keys[DVFO_OP_COUNT] = "default";
    dvfo_yaml_node classes;
    DVFO_TRY(dvfo_yaml_need_map(ctx, map, term->key, &classes));
    DVFO_TRY(dvfo_yaml_allow(ctx, classes, keys));
    for (int op = 0; op < DVFO_OP_COUNT; op++) {
        dvfo_yaml_node node = dvfo_yaml_find(classes, keys[op]);
        if (dvfo_yaml_is_null(node)) {
            node = dvfo_yaml_find(classes, "default");
        }
        if (!dvfo_yaml_is_null(node)) {
            DVFO_TRY(dvfo_quantity_of_node(ctx, node, keys[op], term->min, term->max, &out[op]));
        } else if (op == DVFO_OP_VIEW) {
            DVFO_TRY(dvfo_quantity_set(ctx, 1.0, DVFO_DOCUMENTED, "no kernel", &out[op]));
        } else {
            return dvfo_yaml_fail(ctx, classes, "'%s' has no entry for the class '%s' and no 'default'", term->key,
                                  keys[op]);
        }
    }
    return DVFO_OK;
}

static dvfo_status read_term(struct dvfo_ctx *ctx, dvfo_yaml_node map, const struct dvfo_runtime_term *term,
                             double peak_byte_per_cycle, struct dvfo_quantity *out)
{
    const bool given = !dvfo_yaml_is_null(dvfo_yaml_find(map, term->key));
    const int count = term->per_class ? DVFO_OP_COUNT : 1;
    if (!given && !isnan(term->otherwise)) {
        for (int i = 0; i < count; i++) {
            DVFO_TRY(dvfo_quantity_set(ctx, term->otherwise, DVFO_DOCUMENTED, term->meaning, &out[i]));
        }
        return DVFO_OK;
    }
    const double max = term->max > 0.0 ? term->max : peak_byte_per_cycle;
    return term->per_class ? read_per_class(ctx, map, term, out)
                           : dvfo_quantity_read(ctx, map, term->key, term->min, max, out);
}

dvfo_status dvfo_runtime_read(struct dvfo_ctx *ctx, dvfo_yaml_node map, double peak_byte_per_cycle,
                              struct dvfo_runtime *out)
{
    static const char *const own[] = {"name", "precision", "combine", "wait"};
    enum { OWN = sizeof own / sizeof own[0] };
    const char *keys[OWN + DVFO_RUNTIME_TERMS + 1] = {0};
    memcpy(keys, own, sizeof own);
    for (int i = 0; i < DVFO_RUNTIME_TERMS; i++) {
        keys[OWN + i] = dvfo_runtime_terms[i].key;
    }
    DVFO_TRY(dvfo_yaml_allow(ctx, map, keys));
    DVFO_TRY(copy_text(ctx, map, "name", &out->name));
    DVFO_TRY(read_modes(ctx, map, out));
    DVFO_TRY(copy_text(ctx, map, "precision", &out->precision));
    for (int i = 0; i < DVFO_RUNTIME_TERMS; i++) {
        const struct dvfo_runtime_term *term = &dvfo_runtime_terms[i];
        DVFO_TRY(read_term(ctx, map, term, peak_byte_per_cycle, dvfo_runtime_quantity(out, term)));
    }
    return DVFO_OK;
}

struct dvfo_runtime dvfo_runtime_on_one_core(const struct dvfo_runtime *runtime)
{
    struct dvfo_runtime alone = *runtime;
    alone.launch_cycles.value *= runtime->single_core.value;
    alone.host_cycles.value *= runtime->single_core.value;
    alone.handover_s.value = 0.0;
    return alone;
}

void dvfo_runtime_free(struct dvfo_runtime *runtime)
{
    free(runtime->name);
    free(runtime->precision);
    for (int i = 0; i < DVFO_RUNTIME_TERMS; i++) {
        struct dvfo_quantity *first = dvfo_runtime_quantity(runtime, &dvfo_runtime_terms[i]);
        for (int op = 0; op < (dvfo_runtime_terms[i].per_class ? DVFO_OP_COUNT : 1); op++) {
            dvfo_quantity_free(&first[op]);
        }
    }
    for (size_t i = 0; i < runtime->tables_count; i++) {
        dvfo_layer_tables_free(runtime->tables[i]);
    }
}
