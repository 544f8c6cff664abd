/* Which of TensorRT's layers is which of ours. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "profiles/logs/layer_match.h"
#include "profiles/logs/layer_nodes.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- names ---- */

Test(layer_nodes, names_are_taken_apart)
{
    static const struct {
        const char *name;
        size_t n, groups;
        unsigned first, last; /* kinds of the first and the last node */
        bool copy, stretch;
    } rows[] = {
        {"Conv_5 + Add_6 + Relu_7", 3, 1, DVFO_NODE_CONV, DVFO_NODE_ACTIVATION, false, false},
        {"/layer1/layer1.0/conv2/Conv + /layer1/layer1.0/Add", 2, 1, DVFO_NODE_CONV, DVFO_NODE_ADD, false, false},
        {"conv1 + relu1", 2, 1, DVFO_NODE_CONV, DVFO_NODE_ACTIVATION, false, false},
        {"PWN(PWN(Sigmoid_3), Mul_4)", 2, 1, DVFO_NODE_ACTIVATION, DVFO_NODE_MULTIPLY, false, false},
        {"Conv_0 + PWN(Clip_3)", 2, 1, DVFO_NODE_CONV, DVFO_NODE_ACTIVATION, false, false},
        {"Conv_1 + Relu_2 || Conv_8 + Relu_9 || Conv_11", 5, 3, DVFO_NODE_CONV, DVFO_NODE_CONV, false, false},
        {"conv1.weight + QuantizeLinear_7 + Conv_9", 3, 1, DVFO_NODE_VIEW, DVFO_NODE_CONV, false, false},
        {"fc.bias + (Unnamed Layer* 306) [Shuffle] + Gemm_2", 3, 1, DVFO_NODE_VIEW, DVFO_NODE_DENSE, false, false},
        {"(Unnamed Layer* 4) [Fully Connected]", 1, 1, DVFO_NODE_DENSE, DVFO_NODE_DENSE, false, false},
        {"resnet50/conv2_block1_1_conv/Conv2D", 1, 1, DVFO_NODE_CONV, DVFO_NODE_CONV, false, false},
        {"node_max_pool2d_1", 1, 1, DVFO_NODE_POOL, DVFO_NODE_POOL, false, false},
        {"MatMul_12", 1, 1, DVFO_NODE_DENSE | DVFO_NODE_MATMUL, DVFO_NODE_DENSE | DVFO_NODE_MATMUL, false, false},
        {"inception_3a/3x3_reduce", 1, 1, 0, 0, false, false},
        {"Reformatting CopyNode for Input Tensor 0 to Conv_0 + Relu_1", 0, 1, 0, 0, true, false},
        {"inception_3a/1x1 copy", 0, 1, 0, 0, true, false},
        {"Reshape_202 + Transpose_203", 2, 1, DVFO_NODE_VIEW, DVFO_NODE_VIEW, true, false},
        {"{ForeignNode[/encoder/Add.../encoder/Softmax]}", 0, 1, 0, 0, false, true},
        {"__myl_MulAddResMul_myl0_3", 0, 1, 0, 0, false, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct dvfo_layer_nodes nodes;
        cr_assert(dvfo_layer_nodes_of(NULL, rows[i].name, NULL, &nodes) == DVFO_OK);
        cr_expect(nodes.n == rows[i].n && nodes.groups == rows[i].groups, "%s: %zu nodes, %zu groups", rows[i].name,
                  nodes.n, nodes.groups);
        cr_expect(nodes.copy == rows[i].copy && nodes.stretch == rows[i].stretch, "%s", rows[i].name);
        if (nodes.n > 0 && nodes.n == rows[i].n) {
            cr_expect(nodes.node[0].kinds == rows[i].first && nodes.node[nodes.n - 1].kinds == rows[i].last,
                      "%s: kinds %x .. %x", rows[i].name, nodes.node[0].kinds, nodes.node[nodes.n - 1].kinds);
        }
        dvfo_layer_nodes_free(&nodes);
    }
}

Test(layer_nodes, a_node_is_called_by_its_path_and_without_its_operator)
{
    static const struct {
        const char *node, *full, *bare;
    } rows[] = {
        {"/layer1/layer1.0/conv1/Conv", "layer1.0.conv1.conv", "layer1.0.conv1"},
        {"layer1.0.conv1.weight", "layer1.0.conv1.weight", "layer1.0.conv1"},
        {"Conv_0", "conv.0", "conv.0"},
        {"/maxpool/MaxPool", "maxpool.maxpool", "maxpool"},
        {"Layer1_0-CONV1", "layer1.0.conv1", "layer1.0.conv1"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char full[DVFO_NODE_NAME_SIZE], bare[DVFO_NODE_NAME_SIZE];
        dvfo_layer_nodes_called(rows[i].node, full, bare);
        cr_expect(strcmp(full, rows[i].full) == 0 && strcmp(bare, rows[i].bare) == 0, "%s: '%s', '%s'", rows[i].node,
                  full, bare);
    }
}

/* ---- matching ---- */

/* A kernel of a made-up profile. */
struct row {
    const char *name;
    double ms;
};

/* Everything that a match needs, of small-board and a network. */
struct fixture {
    struct dvfo_ctx ctx;
    struct dvfo_board *board;
    struct dvfo_network *network;
    struct dvfo_trtexec_profile *profile;
    struct dvfo_trtexec_layers *layers;
    struct dvfo_layer_match_def def;
    struct dvfo_layer_match match;
};

static void load_rows(struct fixture *f, const struct row rows[], size_t count)
{
    static char json[16384];
    size_t length = (size_t)snprintf(json, sizeof json, "[{\"count\": 10}");
    for (size_t i = 0; i < count; i++) {
        length += (size_t)snprintf(json + length, sizeof json - length, ", {\"name\": \"%s\", \"averageMs\": %g}",
                                   rows[i].name, rows[i].ms);
    }
    strcat(json, "]");
    cr_assert(dvfo_trtexec_profile_from_memory(&f->ctx, "p.json", json, strlen(json), &f->profile) == DVFO_OK, "%s",
              f->ctx.message);
}

/* @param network  a path, or NULL when f->network is there already; @param layers  JSON, or NULL */
static void match_rows(struct fixture *f, const char *network, const struct row rows[], size_t count,
                       const char *layers)
{
    cr_assert(dvfo_board_load(&f->ctx, DVFO_SOURCE_DIR "/tests/data/small-board.yaml", &f->board) == DVFO_OK);
    if (network != NULL) {
        cr_assert(dvfo_network_load(&f->ctx, network, 0, NULL, &f->network) == DVFO_OK, "%s", f->ctx.message);
    }
    if (layers != NULL) {
        cr_assert(dvfo_trtexec_layers_from_memory(&f->ctx, "l.json", layers, strlen(layers), &f->layers) == DVFO_OK,
                  "%s", f->ctx.message);
    }
    load_rows(f, rows, count);
    f->def = (struct dvfo_layer_match_def){.profile = f->profile,
                                           .layers = f->layers,
                                           .network = f->network,
                                           .runtime = &f->board->runtime[0],
                                           .clocks = {{2e9, 1e9, 1e9}},
                                           .batch = 1};
    cr_assert(dvfo_layer_match_create(&f->ctx, &f->def, &f->match) == DVFO_OK, "%s", f->ctx.message);
}

static void free_fixture(struct fixture *f)
{
    dvfo_layer_match_free(&f->match);
    dvfo_trtexec_layers_free(f->layers);
    dvfo_trtexec_profile_free(f->profile);
    dvfo_network_free(f->network);
    dvfo_board_free(f->board);
}

static const struct dvfo_matched_layer *layer_of(const struct fixture *f, const char *name)
{
    for (size_t i = 0; i < f->network->n; i++) {
        if (strcmp(f->network->layers[i].name, name) == 0) {
            return &f->match.layer[i];
        }
    }
    cr_assert(false, "%s", name);
    return NULL;
}

static void expect_layer(const struct fixture *f, const char *name, dvfo_match_how how, double ms)
{
    const struct dvfo_matched_layer *layer = layer_of(f, name);
    cr_expect(layer->how == how, "%s: %s, expected %s", name, dvfo_match_how_name(layer->how),
              dvfo_match_how_name(how));
    cr_expect(isnan(ms) ? isnan(layer->time_s) : fabs(layer->time_s - ms * 1e-3) < 1e-12, "%s: %g ms, expected %g",
              name, 1e3 * layer->time_s, ms);
}

#define SMALL DVFO_SOURCE_DIR "/tests/data/small-network.yaml"

/* As torch exports a residual network of two stages, and as TensorRT fuses it. */
static const struct row torch_rows[] = {
    {"Reformatting CopyNode for Input Tensor 0 to /conv1/Conv + /relu/Relu", 0.01},
    {"/conv1/Conv + /relu/Relu", 0.10},
    {"/maxpool/MaxPool", 0.02},
    {"/layer1/layer1.0/conv1/Conv + /layer1/layer1.0/relu/Relu", 0.03},
    {"/layer1/layer1.0/conv2/Conv", 0.06},
    {"/layer1/layer1.0/downsample/downsample.0/Conv + /layer1/layer1.0/Add + /layer1/layer1.0/relu_1/Relu", 0.02},
    {"/layer1/layer1.1/conv1/Conv + /layer1/layer1.1/relu/Relu", 0.06},
    {"/layer1/layer1.1/conv2/Conv + /layer1/layer1.1/Add + /layer1/layer1.1/relu_1/Relu", 0.06},
    {"/layer2/layer2.0/conv1/Conv + /layer2/layer2.0/relu/Relu", 0.03},
    {"/layer2/layer2.0/downsample/downsample.0/Conv", 0.02},
    {"/layer2/layer2.0/conv2/Conv + /layer2/layer2.0/Add + /layer2/layer2.0/relu_1/Relu", 0.06},
    {"/layer2/layer2.1/conv1/Conv + /layer2/layer2.1/relu/Relu", 0.06},
    {"/layer2/layer2.1/conv2/Conv + /layer2/layer2.1/Add + /layer2/layer2.1/relu_1/Relu", 0.06},
    {"/avgpool/GlobalAveragePool", 0.02},
    {"Reformatting CopyNode for Input Tensor 0 to /fc/Gemm", 0.005},
    {"/fc/Gemm", 0.02},
    {"reshape_after_/fc/Gemm", 0.005},
};

Test(layer_match, names_decide_where_they_agree_and_order_where_they_do_not)
{
    struct fixture f = {0};
    match_rows(&f, SMALL, torch_rows, COUNT(torch_rows), NULL);
    expect_layer(&f, "conv1", DVFO_MATCH_NAME, 0.11); /* with the reformat before it */
    expect_layer(&f, "maxpool", DVFO_MATCH_NAME, 0.02);
    expect_layer(&f, "layer1.0.conv2", DVFO_MATCH_NAME, 0.06);
    expect_layer(&f, "layer1.0.project", DVFO_MATCH_ORDER, 0.02); /* called downsample there */
    expect_layer(&f, "layer1.0.add", DVFO_MATCH_INSIDE, 0.0);
    expect_layer(&f, "layer2.0.project", DVFO_MATCH_ORDER, 0.02); /* runs before conv2 there, after it in ours */
    expect_layer(&f, "layer2.0.conv2", DVFO_MATCH_NAME, 0.06);
    expect_layer(&f, "layer2.1.add", DVFO_MATCH_INSIDE, 0.0);
    expect_layer(&f, "global-avgpool", DVFO_MATCH_ORDER, 0.02);
    expect_layer(&f, "classifier", DVFO_MATCH_ORDER, 0.03); /* with a reformat before and a reshape behind */
    expect_layer(&f, "conv1.act", DVFO_MATCH_NONE, NAN);    /* no kernel, no time */
    cr_expect(strstr(f.profile->layer[layer_of(&f, "layer1.0.add")->theirs].name, "downsample") != NULL);
    cr_expect_float_eq(f.match.total_s, 0.64e-3, 1e-12);
    cr_expect_float_eq(f.match.carried_s, 0.02e-3, 1e-12);
    cr_expect_float_eq(f.match.by_order_s, 0.08e-3, 1e-12);
    cr_expect(f.match.unmatched_s == 0.0 && f.match.missing == 0.0);
    cr_expect(dvfo_layer_match_accept(&f.ctx, &f.def, &f.match) == DVFO_OK, "%s", f.ctx.message);
    free_fixture(&f);
}

/* Nothing is lost and nothing counted twice: times of ours sum to what isn't left over. */
Test(layer_match, time_is_conserved)
{
    struct fixture f = {0};
    match_rows(&f, SMALL, torch_rows, COUNT(torch_rows), NULL);
    double sum_s = 0.0;
    for (size_t i = 0; i < f.match.n; i++) {
        sum_s += isnan(f.match.layer[i].time_s) ? 0.0 : f.match.layer[i].time_s;
    }
    cr_expect_float_eq(sum_s, f.match.total_s - f.match.unmatched_s, 1e-15);
    free_fixture(&f);
}

/* Old exporters number all nodes through the graph: what runs out of order stands in its place. */
Test(layer_match, numbers_of_nodes_go_before_the_order_of_execution)
{
    static const struct row rows[] = {
        {"Conv_0 + Relu_1", 0.10},
        {"MaxPool_2", 0.02},
        {"Conv_3 + Relu_4", 0.03},
        {"Conv_6", 0.02}, /* the projection first */
        {"Conv_5 + Add_7 + Relu_8", 0.06},
        {"Conv_9 + Relu_10", 0.06},
        {"Conv_11 + Add_12", 0.06},
        {"Conv_14 + Relu_15", 0.03},
        {"Conv_16", 0.06},
        {"Conv_17 + Add_18 + Relu_19", 0.02},
        {"Conv_20 + Relu_21", 0.06},
        {"Conv_22 + Add_23 + Relu_24", 0.06},
        {"GlobalAveragePool_25", 0.02},
        {"Gemm_26", 0.02},
    };
    struct fixture f = {0};
    match_rows(&f, SMALL, rows, COUNT(rows), NULL);
    expect_layer(&f, "layer1.0.conv2", DVFO_MATCH_ORDER, 0.06);
    expect_layer(&f, "layer1.0.project", DVFO_MATCH_ORDER, 0.02);
    expect_layer(&f, "layer2.0.project", DVFO_MATCH_ORDER, 0.02);
    cr_expect(f.match.unmatched_s == 0.0 && f.match.missing == 0.0);
    free_fixture(&f);
}

/* Names that tell no kind: the layer information does, and sizes and kernels put parallel branches right. */
Test(layer_match, sizes_and_kernels_of_the_layer_information_decide)
{
    static const char yaml[] = "name: fork\ntitle: Fork\nsource: made up\ninputs:\n  large: {channels: 3, size: 8}\n"
                               "layers:\n"
                               "  - {op: conv, name: stem, out: 16, kernel: 3}\n"
                               "  - {op: conv, name: wide, from: stem, out: 8, kernel: 3}\n"
                               "  - {op: conv, name: narrow, from: stem, out: 8, kernel: 1}\n"
                               "  - {op: add, from: [wide, narrow]}\n"
                               "  - {op: global-avgpool}\n  - {op: dense, name: last, out: 5}\nsplit: stem\n";
    static const char layers[] =
        "{\"Layers\": ["
        "{\"Name\": \"s + r\", \"LayerType\": \"CaskConvolution\", \"Inputs\": [{\"Dimensions\": [1,3,8,8]}], "
        "\"Outputs\": [{\"Dimensions\": [1,16,8,8]}], \"Kernel\": [3,3], \"Stride\": [1,1]},"
        "{\"Name\": \"n\", \"LayerType\": \"CaskConvolution\", \"Outputs\": [{\"Dimensions\": [1,8,8,8]}], "
        "\"Kernel\": [1,1], \"Stride\": [1,1]},"
        "{\"Name\": \"w\", \"LayerType\": \"CaskConvolution\", \"Outputs\": [{\"Dimensions\": [1,8,8,8]}], "
        "\"Kernel\": [3,3], \"Stride\": [1,1]},"
        "{\"Name\": \"g\", \"LayerType\": \"CudaPooling\", \"Outputs\": [{\"Dimensions\": [1,8,1,1]}]},"
        "{\"Name\": \"f\", \"LayerType\": \"MatrixMultiply\", \"Outputs\": [{\"Dimensions\": [1,5]}]}]}";
    static const struct row rows[] = {{"s + r", 4.0}, {"n", 1.0}, {"w", 3.0}, {"g", 0.5}, {"f", 0.25}};
    struct fixture f = {0};
    cr_assert(dvfo_network_from_memory(&f.ctx, "fork.yaml", yaml, strlen(yaml), &f.network) == DVFO_OK, "%s",
              f.ctx.message);
    match_rows(&f, NULL, rows, COUNT(rows), layers);
    expect_layer(&f, "stem", DVFO_MATCH_ORDER, 4.0);
    expect_layer(&f, "wide", DVFO_MATCH_ORDER, 3.0);
    expect_layer(&f, "narrow", DVFO_MATCH_ORDER, 1.0);
    expect_layer(&f, "add", DVFO_MATCH_INSIDE, 0.0);
    expect_layer(&f, "global-avgpool", DVFO_MATCH_ORDER, 0.5);
    expect_layer(&f, "last", DVFO_MATCH_ORDER, 0.25);
    free_fixture(&f);
}

/* "a || b || c": one kernel for convolutions over one input; found by its channels, whatever runs between them in our
 * order, and shared as the closed form has it. */
Test(layer_match, a_merged_kernel_is_shared_by_its_convolutions)
{
    static const char yaml[] = "name: fork\ntitle: Fork\nsource: made up\ninputs:\n  large: {channels: 3, size: 8}\n"
                               "layers:\n"
                               "  - {op: conv, name: stem, out: 16, kernel: 1}\n"
                               "  - {op: conv, name: b1, from: stem, out: 8, kernel: 1}\n"
                               "  - {op: conv, name: b2a, from: stem, out: 24, kernel: 1}\n"
                               "  - {op: conv, name: b2b, from: b2a, out: 8, kernel: 1}\n"
                               "  - {op: conv, name: b3a, from: stem, out: 8, kernel: 1}\n"
                               "  - {op: concat, from: [b1, b2b, b3a]}\n"
                               "  - {op: global-avgpool}\n  - {op: dense, name: last, out: 5}\nsplit: stem\n";
    static const char layers[] =
        "{\"Layers\": ["
        "{\"Name\": \"q\", \"LayerType\": \"CaskConvolution\", \"Outputs\": [{\"Dimensions\": [1,16,8,8]}], "
        "\"Kernel\": [1,1], \"Stride\": [1,1]},"
        "{\"Name\": \"x + r || y + s || v\", \"LayerType\": \"CaskConvolution\", \"Outputs\": [{\"Dimensions\": "
        "[1,40,8,8]}], \"Kernel\": [1,1], \"Stride\": [1,1]},"
        "{\"Name\": \"z\", \"LayerType\": \"CaskConvolution\", \"Outputs\": [{\"Dimensions\": [1,8,8,8]}], "
        "\"Kernel\": [1,1], \"Stride\": [1,1]}]}";
    static const struct row rows[] = {{"q", 4.0},      {"x + r || y + s || v", 2.0}, {"z", 1.0},
                                      {"x copy", 0.5}, {"AveragePool_3", 0.5},       {"Gemm_4", 0.25}};
    struct fixture f = {0};
    cr_assert(dvfo_network_from_memory(&f.ctx, "fork.yaml", yaml, strlen(yaml), &f.network) == DVFO_OK, "%s",
              f.ctx.message);
    match_rows(&f, NULL, rows, COUNT(rows), layers);
    const struct dvfo_matched_layer *b1 = layer_of(&f, "b1"), *b2a = layer_of(&f, "b2a");
    const struct dvfo_matched_layer *b3a = layer_of(&f, "b3a");
    cr_expect(b1->how == DVFO_MATCH_ORDER && b2a->how == DVFO_MATCH_ORDER && b1->theirs == 1 && b2a->theirs == 1);
    cr_expect(b3a->theirs == 1 && b1->shared && b2a->shared);
    cr_expect_float_eq(b1->time_s + b2a->time_s + b3a->time_s, 2e-3, 1e-12);
    cr_expect_float_eq(b1->time_s / b2a->time_s, b1->closed_s / b2a->closed_s, 1e-9);
    cr_expect(b2a->time_s > b1->time_s);
    expect_layer(&f, "stem", DVFO_MATCH_ORDER, 4.0);
    expect_layer(&f, "b2b", DVFO_MATCH_ORDER, 1.0);
    expect_layer(&f, "global-avgpool", DVFO_MATCH_ORDER, 1.0); /* with the copy of a branch into its place */
    free_fixture(&f);
}

Test(layer_match, a_stretch_compiled_as_one_is_shared_by_what_lies_in_it)
{
    static const struct row rows[] = {
        {"/conv1/Conv + /relu/Relu", 0.10},
        {"/maxpool/MaxPool", 0.02},
        {"{ForeignNode[/layer1/layer1.0/conv1/Conv.../layer2/layer2.1/relu_1/Relu]}", 0.46},
        {"/avgpool/GlobalAveragePool", 0.02},
        {"/fc/Gemm", 0.02},
    };
    struct fixture f = {0};
    match_rows(&f, SMALL, rows, COUNT(rows), NULL);
    const struct dvfo_matched_layer *conv = layer_of(&f, "layer1.0.conv2"), *add = layer_of(&f, "layer2.1.add");
    cr_expect(conv->how == DVFO_MATCH_STRETCH && add->how == DVFO_MATCH_STRETCH && conv->shared);
    cr_expect_float_eq(conv->time_s / add->time_s, conv->closed_s / add->closed_s, 1e-9);
    cr_expect_float_eq(f.match.in_stretch_s, 0.46e-3, 1e-12);
    expect_layer(&f, "classifier", DVFO_MATCH_ORDER, 0.02);
    cr_expect(dvfo_layer_match_accept(&f.ctx, &f.def, &f.match) == DVFO_OK, "%s", f.ctx.message);
    free_fixture(&f);
}

/* An activation that TensorRT runs by itself belongs to the layer before it; a multiplication of ours is one. */
Test(layer_match, pointwise_kernels_belong_to_the_layer_before_unless_they_are_one_of_ours)
{
    static const char yaml[] = "name: gate\ntitle: Gate\nsource: made up\ninputs:\n  large: {channels: 4, size: 8}\n"
                               "layers:\n"
                               "  - {op: conv, name: a, out: 8, kernel: 3, act: swish}\n"
                               "  - {op: global-avgpool}\n"
                               "  - {op: conv, name: b, out: 8, kernel: 1, act: sigmoid}\n"
                               "  - {op: multiply, from: [a, b]}\n"
                               "  - {op: conv, name: c, out: 8, kernel: 3}\nsplit: a\n";
    static const struct row rows[] = {
        {"Conv_0", 4.0}, {"PWN(PWN(Sigmoid_1), Mul_2)", 0.5},  {"GlobalAveragePool_3", 0.25},
        {"Conv_4", 1.0}, {"PWN(PWN(Sigmoid_5), Mul_6)", 0.75}, {"Conv_7", 3.0}};
    struct fixture f = {0};
    cr_assert(dvfo_network_from_memory(&f.ctx, "gate.yaml", yaml, strlen(yaml), &f.network) == DVFO_OK, "%s",
              f.ctx.message);
    match_rows(&f, NULL, rows, COUNT(rows), NULL);
    expect_layer(&f, "a", DVFO_MATCH_ORDER, 4.5);
    expect_layer(&f, "b", DVFO_MATCH_ORDER, 1.0);
    expect_layer(&f, "multiply", DVFO_MATCH_ORDER, 0.75);
    expect_layer(&f, "c", DVFO_MATCH_ORDER, 3.0);
    cr_expect(f.match.kernel[1].how == DVFO_MATCH_CARRIED);
    free_fixture(&f);
}

Test(layer_match, what_has_no_counterpart_is_left_over_on_both_sides)
{
    static const struct row rows[] = {
        {"/conv1/Conv + /relu/Relu", 0.10},
        {"/maxpool/MaxPool", 0.02},
        {"/layer1/layer1.0/conv1/Conv", 0.03},
        {"(Unnamed Layer* 7) [PluginV2DynamicExt]", 0.05},
    };
    struct fixture f = {0};
    match_rows(&f, SMALL, rows, COUNT(rows), NULL);
    cr_expect_float_eq(f.match.unmatched_s, 0.05e-3, 1e-12);
    cr_expect(f.match.kernel[3].how == DVFO_MATCH_NONE && f.match.kernel[3].ours == -1);
    expect_layer(&f, "layer2.0.conv1", DVFO_MATCH_NONE, NAN);
    cr_expect(f.match.missing > 0.5 && f.match.missing < 1.0);
    free_fixture(&f);
}

Test(layer_match, a_profile_of_another_network_is_refused_naming_the_one_it_fits)
{
    struct fixture f = {0};
    static struct row rows[32];
    static char names[32][32];
    size_t n = 0;
    for (int i = 0; i < 16; i++) { /* VGG-19: 16 convolutions, 5 pools, 3 dense layers */
        snprintf(names[n], sizeof names[n], "Conv_%d", i);
        rows[n] = (struct row){names[n], 1.0};
        n++;
    }
    for (int i = 0; i < 8; i++) {
        snprintf(names[n], sizeof names[n], i < 5 ? "MaxPool_%d" : "Gemm_%d", 20 + i);
        rows[n] = (struct row){names[n], 0.1};
        n++;
    }
    match_rows(&f, "resnet-18", rows, n, NULL);
    cr_expect(dvfo_layer_match_accept(&f.ctx, &f.def, &f.match) == DVFO_BAD_INPUT);
    cr_expect(strstr(f.ctx.message, "p.json: is not of resnet-18") != NULL && strstr(f.ctx.message, "it fits vgg-19"),
              "%s", f.ctx.message);
    free_fixture(&f);
}

/* Layer information that names all kernels of torch_rows and tells what the first of them reads. */
static const char *layers_reading(const char *dimensions)
{
    static char json[8192];
    size_t length = (size_t)snprintf(json, sizeof json, "{\"Layers\": [");
    for (size_t i = 0; i < COUNT(torch_rows); i++) {
        length += (size_t)snprintf(json + length, sizeof json - length,
                                   i == 0 ? "{\"Name\": \"%s\", \"Inputs\": [{\"Dimensions\": %s}]}" : ", \"%s\"",
                                   torch_rows[i].name, dimensions);
    }
    strcat(json, "]}");
    return json;
}

Test(layer_match, another_input_batch_or_engine_is_refused)
{
    static const struct {
        const char *layers, *sentence;
    } rows[] = {
        {NULL, ""},
        {"[1,3,32,32]", ""},
        {"[1,3,64,64]", "l.json: reads images of 64x64, expected 32x32 as small-network has here; give --input 64"},
        {"[8,3,32,32]", "l.json: was built for batch 8, expected 1 as --batch says"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f = {0};
        match_rows(&f, SMALL, torch_rows, COUNT(torch_rows),
                   rows[i].layers != NULL ? layers_reading(rows[i].layers) : NULL);
        cr_expect((dvfo_layer_match_accept(&f.ctx, &f.def, &f.match) == DVFO_OK) == (rows[i].sentence[0] == '\0'));
        cr_expect(strcmp(f.ctx.message, rows[i].sentence) == 0, "%s", f.ctx.message);
        free_fixture(&f);
    }
    struct fixture f = {0};
    match_rows(&f, SMALL, torch_rows, COUNT(torch_rows), "{\"Layers\": [\"/maxpool/MaxPool\", \"a\"]}");
    cr_expect(dvfo_layer_match_accept(&f.ctx, &f.def, &f.match) == DVFO_BAD_INPUT);
    cr_expect(strstr(f.ctx.message, "l.json: names 1 of the 17 layers of p.json") != NULL, "%s", f.ctx.message);
    free_fixture(&f);
}

Test(layer_match, times_wrong_by_a_thousand_are_refused)
{
    static const double factors[] = {1e-3, 1e3};
    static const char *const hints[] = {"is it in s instead of ms?", "is it in us instead of ms?"};
    for (size_t k = 0; k < COUNT(factors); k++) {
        struct fixture f = {0};
        struct row rows[COUNT(torch_rows)];
        for (size_t i = 0; i < COUNT(rows); i++) {
            rows[i] = (struct row){torch_rows[i].name, torch_rows[i].ms * factors[k]};
        }
        match_rows(&f, SMALL, rows, COUNT(rows), NULL);
        cr_expect(dvfo_layer_match_accept(&f.ctx, &f.def, &f.match) == DVFO_BAD_INPUT);
        cr_expect(strstr(f.ctx.message, hints[k]) != NULL, "%s", f.ctx.message);
        free_fixture(&f);
    }
}
