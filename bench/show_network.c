#include "bench/show.h"

#include <math.h>
#include <string.h>

#include "profiles/network.h"

static dvfo_status bytes_of(struct dvfo_ctx *ctx, const char *precision, double *bytes)
{
    static const char *const names[] = {"fp32", "fp16", "int8"};
    static const double sizes[] = {4.0, 2.0, 1.0};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(precision, names[i]) == 0) {
            *bytes = sizes[i];
            return DVFO_OK;
        }
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "--precision is '%s', expected fp32, fp16 or int8", precision);
}

static void print_shape(const struct dvfo_network *network, struct dvfo_shape shape, char text[48])
{
    if (network->image_input && shape.width > 0) {
        snprintf(text, 48, "%ldx%ldx%ld", shape.channels, shape.height, shape.width);
    } else {
        snprintf(text, 48, "%ldx%ld", shape.channels, shape.height);
    }
}

static const char *mark_of(const struct dvfo_network *network, int i)
{
    const bool fused = network->layers[i].fused;
    if (i == network->split) {
        return fused ? "fused, split" : "split";
    }
    return dvfo_network_is_cut(network, i) ? fused ? "fused, cut" : "cut" : fused ? "fused" : "";
}

static void add_row(struct dvfo_table *table, const struct dvfo_network *network, int i, double element_bytes)
{
    const struct dvfo_layer *layer = &network->layers[i];
    char in[48], out[48], kernel[48] = "";
    print_shape(network, layer->in, in);
    print_shape(network, layer->out, out);
    if (layer->kernel_h > 0) {
        snprintf(kernel, sizeof kernel, "%dx%d/%d", layer->kernel_h, layer->kernel_w, layer->stride);
    }
    dvfo_table_text(table, layer->name);
    dvfo_table_text(table, layer->kind);
    dvfo_table_text(table, dvfo_op_name(layer->op));
    dvfo_table_text(table, kernel);
    dvfo_table_text(table, in);
    dvfo_table_text(table, out);
    dvfo_table_integer(table, (long long)layer->work_flop);
    dvfo_table_integer(table, (long long)layer->params);
    dvfo_table_integer(table, (long long)dvfo_layer_traffic_byte(layer, element_bytes));
    const char *mark = mark_of(network, i);
    if (mark[0] != '\0') {
        dvfo_table_text(table, mark);
    } else {
        dvfo_table_number(table, NAN, 1); /* an empty cell */
    }
}

static void print_heading(const struct dvfo_network *network)
{
    char input[48];
    print_shape(network, network->input, input);
    printf("%s\n%s\ninput: %s %s", network->title, network->source, network->variant, input);
    if (network->image_input) {
        printf("\n\n");
    } else {
        printf(" (features x steps), %g s\n\n", network->input_seconds);
    }
}

static void print_totals(const struct dvfo_network *network, const char *precision, double element_bytes)
{
    double traffic_byte = 0.0, head_flop = 0.0;
    size_t kernels = 0;
    for (int i = 0; i < (int)network->n; i++) {
        const struct dvfo_layer *layer = &network->layers[i];
        traffic_byte += dvfo_layer_traffic_byte(layer, element_bytes);
        kernels += !layer->fused && layer->op != DVFO_OP_VIEW;
        head_flop += i <= network->split ? layer->work_flop : 0.0;
    }
    const struct dvfo_layer *split = &network->layers[network->split];
    printf("\ntotal: %.4g M parameters, %.4g G multiply-adds, %.4g GFLOP, %.4g MB moved at %s, %zu kernels\n",
           network->params / 1e6, network->macs / 1e9, network->work_flop / 1e9, traffic_byte / 1e6, precision,
           kernels);
    printf("split: after %s, %.0f bytes as int8, %.3g %% of the work before it; %zu cuts\n", split->name,
           dvfo_shape_elements(split->out), 100.0 * head_flop / network->work_flop, network->cut_count);
}

dvfo_status dvfo_show_network(struct dvfo_ctx *ctx, const char *name, long input_px, const char *variant,
                              const char *precision, dvfo_table_format format)
{
    static const char *const columns[] = {"layer",     "operator", "class",        "kernel", "input", "output",
                                          "work_flop", "params",   "traffic_byte", "mark",   NULL};
    struct dvfo_network *network = NULL;
    struct dvfo_table *table = NULL;
    double element_bytes = 0.0;
    DVFO_TRY(bytes_of(ctx, precision, &element_bytes));
    dvfo_status status = dvfo_network_load(ctx, name, input_px, variant, &network);
    if (status == DVFO_OK) {
        status = dvfo_table_create(ctx, columns, &table);
    }
    if (status != DVFO_OK) {
        goto done;
    }
    for (int i = 0; i < (int)network->n; i++) {
        add_row(table, network, i, element_bytes);
    }
    if (format == DVFO_TABLE_TEXT) {
        print_heading(network);
    }
    status = dvfo_table_print(ctx, table, format, stdout);
    if (status == DVFO_OK && format == DVFO_TABLE_TEXT) {
        print_totals(network, precision, element_bytes);
    }
done:
    dvfo_table_free(table);
    dvfo_network_free(network);
    return status;
}
