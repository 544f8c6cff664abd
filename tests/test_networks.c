#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "profiles/network.h"
#include "sim/base/data_path.h"

/* ---- helpers: a network from text goes through a file, as a stranger's would ---- */

static dvfo_status load_text(struct dvfo_ctx *ctx, const char *text, long input_px, const char *variant,
                             struct dvfo_network **out)
{
    char path[] = "/tmp/dvfo-network-XXXXXX";
    const int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    const dvfo_status status = dvfo_network_load(ctx, path, input_px, variant, out);
    unlink(path);
    return status;
}

static struct dvfo_network *network_of(const char *text)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_network *network = NULL;
    cr_assert(load_text(&ctx, text, 0, NULL, &network) == DVFO_OK, "%s", ctx.message);
    return network;
}

static struct dvfo_network *named(const char *name)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_network *network = NULL;
    cr_assert(dvfo_network_load(&ctx, name, 0, NULL, &network) == DVFO_OK, "%s", ctx.message);
    return network;
}

static const struct dvfo_layer *layer_of(const struct dvfo_network *network, const char *name)
{
    for (size_t i = 0; i < network->n; i++) {
        if (strcmp(network->layers[i].name, name) == 0) {
            return &network->layers[i];
        }
    }
    cr_assert_fail("no layer '%s'", name);
    return NULL;
}

static void expect_shape(const char *what, struct dvfo_shape shape, long channels, long height, long width)
{
    cr_expect(shape.channels == channels && shape.height == height && shape.width == width,
              "%s is %ldx%ldx%ld, expected %ldx%ldx%ld", what, shape.channels, shape.height, shape.width, channels,
              height, width);
}

#define IMAGE(channels, size) "name: t\ntitle: T\nsource: s\ninputs: {i: {channels: " #channels ", size: " #size "}}\n"
#define SEQUENCE(features, steps)                                                                                      \
    "name: t\ntitle: T\nsource: s\ninputs: {i: {features: " #features ", steps: " #steps ", step_s: 0.02}}\n"

/* ---- the files ---- */

static const struct {
    const char *name;
    double params_m, macs_g;
    const char *source;
} published[] = {
    {"resnet-18", 11.69, 1.81, "torchvision, table of resnet18 weights"},
    {"resnet-50", 25.56, 4.09, "torchvision, table of resnet50 weights"},
    {"resnet-34", 21.80, 3.66, "torchvision, table of resnet34 weights"},
    {"resnet-101", 44.55, 7.80, "torchvision, table of resnet101 weights"},
    {"resnet-152", 60.19, 11.51, "torchvision, table of resnet152 weights"},
    {"vgg-19", 143.67, 19.63, "torchvision, table of vgg19 weights"},
    {"mobilenet-v2", 3.50, 0.30, "torchvision, table of mobilenet_v2 weights"},
    {"efficientnet-b0", 5.29, 0.39, "torchvision, table of efficientnet_b0 weights; Tan and Le, table 2"},
    {"inception-v3", 23.83, 5.71, "torchvision, inception_v3 less its auxiliary head (3.33 M)"},
    {"inception-v4", 42.68, 12.27, "timm, table of inception_v4 at 299 px"},
    {"xception", 22.86, 8.40, "pretrained-models.pytorch, xception at 299 px"},
    {"vit-b16", 86.57, 17.56, "torchvision, table of vit_b_16 weights"},
    {"yolov3-tiny", 8.85, 2.78, "darknet, 5.56 GFLOP at 416 px"},
    {"retinanet", 34.01, 151.54, "torchvision, table of retinanet_resnet50_fpn weights; 800 px"},
    {"deepspeech", 47.22, 2.36, "by hand: 47 208 448 multiply-adds a step, 50 steps"},
};

enum { PUBLISHED = sizeof published / sizeof published[0] };

Test(networks, parameters_and_multiply_adds_are_the_published_ones)
{
    for (size_t i = 0; i < PUBLISHED; i++) {
        struct dvfo_network *network = named(published[i].name);
        cr_expect_str_eq(network->name, published[i].name);
        cr_expect_float_eq(network->params / 1e6, published[i].params_m, 0.005 * published[i].params_m,
                           "%s: %.4f M parameters, expected %g (%s)", network->name, network->params / 1e6,
                           published[i].params_m, published[i].source);
        cr_expect_float_eq(network->macs / 1e9, published[i].macs_g, 0.02 * published[i].macs_g,
                           "%s: %.4f G multiply-adds, expected %g (%s)", network->name, network->macs / 1e9,
                           published[i].macs_g, published[i].source);
        dvfo_network_free(network);
    }
}

Test(networks, exact_parameter_counts_where_the_source_states_them)
{
    static const struct {
        const char *name;
        double params; /* sum of the sizes of all learnt tensors: torchvision; xception: keras.applications */
    } rows[] = {
        {"resnet-18", 11689512}, {"resnet-50", 25557032},      {"vgg-19", 143667240},    {"mobilenet-v2", 3504872},
        {"vit-b16", 86567656},   {"efficientnet-b0", 5288548}, {"retinanet", 34014999},  {"xception", 22855952},
        {"resnet-34", 21797672}, {"resnet-101", 44549160},     {"resnet-152", 60192808},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dvfo_network *network = named(rows[i].name);
        cr_expect(network->params == rows[i].params, "%s: %.0f, expected %.0f", rows[i].name, network->params,
                  rows[i].params);
        dvfo_network_free(network);
    }
}

Test(networks, every_file_of_the_folder_loads_and_names_the_split_of_the_rule)
{
    struct dvfo_ctx ctx = {0};
    char **names = NULL;
    size_t count = 0;
    cr_assert(dvfo_data_names(&ctx, "profiles/networks", ".yaml", &names, &count) == DVFO_OK);
    cr_expect(count >= PUBLISHED);
    for (size_t i = 0; i < count; i++) {
        struct dvfo_network *network = named(names[i]);
        cr_expect_str_eq(network->name, names[i]);
        const int split = dvfo_network_split_by_rule(network);
        const bool trained = strcmp(names[i], "collaborative") == 0; /* is split where it was trained to be */
        cr_expect(network->split == split || trained, "%s: split %s, the rule says %s", names[i],
                  network->layers[network->split].name, split >= 0 ? network->layers[split].name : "none");
        dvfo_network_free(network);
    }
    dvfo_data_names_free(names, count);
}

Test(networks, totals_are_sums_and_order_is_an_order)
{
    for (size_t k = 0; k < PUBLISHED; k++) {
        struct dvfo_network *network = named(published[k].name);
        double work_flop = 0.0, params = 0.0, macs = 0.0;
        for (int i = 0; i < (int)network->n; i++) {
            const struct dvfo_layer *layer = &network->layers[i];
            work_flop += layer->work_flop;
            params += layer->params;
            macs += layer->macs;
            for (int j = 0; j < layer->input_count; j++) {
                cr_expect(layer->inputs[j] >= -1 && layer->inputs[j] < i, "%s %s", network->name, layer->name);
            }
            cr_expect(!layer->fused || (layer->work_flop == 0.0 && dvfo_layer_traffic_byte(layer, 4.0) == 0.0),
                      "%s %s is fused", network->name, layer->name);
            cr_expect(layer->fused || layer->op == DVFO_OP_VIEW || dvfo_layer_traffic_byte(layer, 4.0) > 0.0);
        }
        cr_expect(work_flop == network->work_flop && params == network->params && macs == network->macs, "%s",
                  network->name);
        dvfo_network_free(network);
    }
}

/* ---- single layers, by hand ---- */

Test(networks, a_convolution_by_hand)
{
    struct dvfo_network *network =
        network_of(IMAGE(3, 8) "layers: [{op: conv, name: c, out: 4, kernel: 3, act: relu}, {op: flatten}]\n");
    const struct dvfo_layer *conv = layer_of(network, "c");
    cr_expect(conv->op == DVFO_OP_CONV_3X3);
    expect_shape("output", conv->out, 4, 8, 8);
    cr_expect(conv->macs == 6912.0);                /* 4*8*8 outputs of 3*3*3 */
    cr_expect(conv->work_flop == 2 * 6912.0 + 256); /* and one operation of the fused activation each */
    cr_expect(conv->params == 112.0);               /* 4*27 weights, 4 biases */
    cr_expect(conv->input_elements == 192.0 && conv->output_elements == 256.0);
    cr_expect(dvfo_layer_traffic_byte(conv, 4.0) == 4.0 * (112 + 192 + 256));
    cr_expect(dvfo_layer_traffic_byte(conv, 1.0) == 112 + 192 + 256);
    cr_expect(layer_of(network, "c.act")->fused);
    dvfo_network_free(network);
}

Test(networks, a_folded_normalisation_costs_two_parameters_and_one_bias_per_channel)
{
    struct dvfo_network *network = network_of(IMAGE(
        3, 8) "layers: [{op: conv, name: c, out: 4, kernel: 3, stride: 2, pad: valid, norm: batch}, {op: flatten}]\n");
    const struct dvfo_layer *conv = layer_of(network, "c");
    cr_expect(conv->op == DVFO_OP_CONV_3X3_STRIDED);
    expect_shape("output", conv->out, 4, 3, 3); /* (8 - 3) / 2 + 1 */
    cr_expect(conv->params == 108.0);           /* no bias beside a normalisation */
    cr_expect(conv->weight_elements == 112.0);
    cr_expect(conv->work_flop == 2.0 * 36 * 27);
    cr_expect(layer_of(network, "c.norm")->params == 8.0);
    cr_expect(network->params == 116.0);
    dvfo_network_free(network);
}

Test(networks, depthwise_grouped_and_asymmetric_convolutions_by_hand)
{
    struct dvfo_network *network =
        network_of(IMAGE(8, 6) "layers:\n"
                               "  - {op: depthwise, name: d, kernel: 3, stride: 2}\n"
                               "  - {op: conv, name: g, out: 16, kernel: [1, 3], groups: 4}\n"
                               "  - {op: conv, name: s, out: 2, kernel: 2, stride: 2, pad: same}\n");
    const struct dvfo_layer *d = layer_of(network, "d"), *g = layer_of(network, "g"), *s = layer_of(network, "s");
    cr_expect(d->op == DVFO_OP_DEPTHWISE);
    expect_shape("d", d->out, 8, 3, 3);
    cr_expect(d->macs == 72.0 * 9 && d->params == 80.0);
    cr_expect(g->op == DVFO_OP_CONV_OTHER);
    expect_shape("g", g->out, 16, 3, 3);
    cr_expect(g->macs == 144.0 * 2 * 3 && g->params == 16.0 * 6 + 16); /* 8/4 channels, 3 taps */
    expect_shape("s", s->out, 2, 2, 2);                                /* ceil(3 / 2) */
    dvfo_network_free(network);
}

Test(networks, padding_before_the_first_pixel_follows_the_rule)
{
    struct dvfo_network *network =
        network_of(IMAGE(3, 9) "layers:\n"
                               "  - {op: relu, name: x}\n"
                               "  - {op: conv, name: half, out: 2, kernel: [1, 7], dilation: 2}\n"
                               "  - {op: conv, name: odd, from: x, out: 2, kernel: 4, stride: 1, pad: same}\n"
                               "  - {op: conv, name: none, from: x, out: 2, kernel: 1, stride: 3, pad: same}\n"
                               "  - {op: maxpool, name: fixed, from: x, kernel: 3, pad: [1, 0]}\n");
    const struct dvfo_layer *half = layer_of(network, "half"), *odd = layer_of(network, "odd");
    const struct dvfo_layer *none = layer_of(network, "none"), *fixed = layer_of(network, "fixed");
    cr_expect(half->pad_h == 0 && half->pad_w == 6); /* 7 taps, 2 apart, cover 13 pixels */
    cr_expect(half->dilation == 2 && half->groups == 1);
    cr_expect(odd->pad_h == 1 && odd->pad_w == 1);   /* 3 lack: 1 before, 2 behind */
    cr_expect(none->pad_h == 0 && none->pad_w == 0); /* (3 - 1) * 3 + 1 = 7 of 9: nothing lacks */
    cr_expect(fixed->pad_h == 1 && fixed->pad_w == 0);
    dvfo_network_free(network);
}

Test(networks, pools_by_hand)
{
    struct dvfo_network *network = network_of(IMAGE(2, 9) "layers:\n"
                                                          "  - {op: maxpool, name: m, kernel: 3, stride: 2, pad: 1}\n"
                                                          "  - {op: avgpool, name: a, kernel: 2}\n"
                                                          "  - {op: adaptive-avgpool, name: t, to: 3}\n"
                                                          "  - {op: global-avgpool, name: g}\n");
    expect_shape("m", layer_of(network, "m")->out, 2, 5, 5); /* (9 + 2 - 3) / 2 + 1 */
    cr_expect(layer_of(network, "m")->work_flop == 50.0 * 9);
    expect_shape("a", layer_of(network, "a")->out, 2, 2, 2); /* stride as the kernel, the rest is dropped */
    expect_shape("t", layer_of(network, "t")->out, 2, 3, 3);
    expect_shape("g", layer_of(network, "g")->out, 2, 1, 1);
    cr_expect(network->params == 0.0 && network->macs == 0.0);
    dvfo_network_free(network);
}

Test(networks, an_lstm_by_hand)
{
    struct dvfo_network *network = network_of(SEQUENCE(3, 5) "layers: [{op: lstm, name: l, out: 2}, {op: softmax}]\n");
    const struct dvfo_layer *lstm = layer_of(network, "l");
    cr_expect(lstm->op == DVFO_OP_RECURRENT);
    expect_shape("l", lstm->out, 2, 5, 1);
    cr_expect(lstm->macs == 5.0 * 4 * (3 + 2) * 2);
    cr_expect(lstm->params == 4.0 * ((3 + 2) * 2 + 2));
    cr_expect(lstm->weight_elements == 4.0 * (3 * 2 + 5 * 2 * 2 + 2)); /* the state's weights once per step */
    cr_expect(!network->image_input);
    cr_expect_float_eq(network->input_seconds, 0.1, 1e-12);
    dvfo_network_free(network);
}

Test(networks, attention_products_by_hand)
{
    struct dvfo_network *network =
        network_of(IMAGE(1, 4) "layers:\n"
                               "  - {op: patches, name: p, size: 2, out: 6}\n"
                               "  - {op: class-token}\n"
                               "  - {op: position-embedding, name: e}\n"
                               "  - {op: dense, name: qkv, out: 18}\n"
                               "  - {op: slice, name: q, from: qkv, part: 1, of: 3}\n"
                               "  - {op: slice, name: k, from: qkv, part: 2, of: 3}\n"
                               "  - {op: slice, name: v, from: qkv, part: 3, of: 3}\n"
                               "  - {op: attention-scores, name: s, from: [q, k], heads: 2}\n"
                               "  - {op: softmax}\n"
                               "  - {op: attention-values, name: a, from: [softmax, v], heads: 2}\n"
                               "  - {op: first-step, name: f}\n");
    const struct dvfo_layer *scores = layer_of(network, "s"), *values = layer_of(network, "a");
    expect_shape("p", layer_of(network, "p")->out, 6, 4, 1); /* four patches of 2x2 */
    cr_expect(layer_of(network, "p")->macs == 4.0 * 6 * 4);
    cr_expect(layer_of(network, "class-token")->params == 6.0);
    cr_expect(layer_of(network, "e")->params == 5.0 * 6);
    cr_expect(layer_of(network, "qkv")->macs == 5.0 * 6 * 18);
    cr_expect(scores->op == DVFO_OP_ATTENTION && values->op == DVFO_OP_ATTENTION);
    expect_shape("s", scores->out, 10, 5, 1); /* two heads, five scores each, for five steps */
    cr_expect(scores->macs == 5.0 * 5 * 6 && values->macs == 5.0 * 5 * 6);
    cr_expect(scores->input_elements == 60.0 && scores->output_elements == 50.0);
    cr_expect(values->input_elements == 50.0 + 30.0);
    expect_shape("f", layer_of(network, "f")->out, 6, 1, 1);
    dvfo_network_free(network);
}

Test(networks, squeeze_and_excite_multiplies_each_channel)
{
    struct dvfo_network *network =
        network_of(IMAGE(4, 3) "layers:\n"
                               "  - {op: relu}\n"
                               "  - {op: global-avgpool}\n"
                               "  - {op: conv, out: 4, kernel: 1, act: sigmoid}\n"
                               "  - {op: multiply, name: m, from: [relu, conv], act: relu}\n");
    const struct dvfo_layer *multiply = layer_of(network, "m");
    expect_shape("m", multiply->out, 4, 3, 3);
    cr_expect(multiply->op == DVFO_OP_ELEMENTWISE && !multiply->fused);
    cr_expect(multiply->input_elements == 36.0 + 4.0 && multiply->work_flop == 36.0 + 36.0);
    dvfo_network_free(network);
}

Test(networks, shared_parameters_count_once_and_work_each_time)
{
    struct dvfo_network *network = network_of(IMAGE(4, 8) "blocks:\n"
                                                          "  head: {layers: [{op: conv, name: c, out: 4, kernel: 1}]}\n"
                                                          "layers:\n"
                                                          "  - {op: relu}\n"
                                                          "  - {op: maxpool, kernel: 2}\n"
                                                          "  - {block: head, name: a, from: relu, share: head}\n"
                                                          "  - {block: head, name: b, from: maxpool, share: head}\n"
                                                          "split: relu\n");
    cr_expect(layer_of(network, "a.c")->params == 20.0 && layer_of(network, "b.c")->params == 0.0);
    cr_expect(layer_of(network, "b.c")->weight_elements == 20.0);
    cr_expect(network->params == 20.0 && network->macs == 16.0 * 64 + 16.0 * 16);
    cr_expect(network->output_elements == 256.0 + 64.0); /* two outputs */
    dvfo_network_free(network);
}

/* ---- blocks ---- */

Test(networks, blocks_take_parameters_arithmetic_lists_and_conditions)
{
    struct dvfo_network *network = network_of(
        IMAGE(3, 16) "blocks:\n"
                     "  unit:\n"
                     "    with: {width, stride: 1, out: $width*(1+1)}\n"
                     "    layers:\n"
                     "      - {op: conv, name: c, out: $out, kernel: 3, stride: $stride}\n"
                     "      - {op: conv, name: p, from: in, out: $out, kernel: 1, stride: $stride, when: $in != $out}\n"
                     "      - {op: add, from: [c, p|in]}\n"
                     "layers:\n"
                     "  - {op: relu}\n"
                     "  - {block: unit, name: u, repeat: 3, width: [4, 8], stride: [2, 1]}\n"
                     "  - {op: conv, name: last, from: u.0.c, out: 2, kernel: 1}\n");
    expect_shape("u.0.c", layer_of(network, "u.0.c")->out, 8, 8, 8);
    expect_shape("u.1.c", layer_of(network, "u.1.c")->out, 16, 8, 8); /* widths 4, 8, 8: the last goes on */
    expect_shape("u.2.c", layer_of(network, "u.2.c")->out, 16, 8, 8);
    cr_expect(layer_of(network, "u.1.add")->inputs[1] == (int)(layer_of(network, "u.1.p") - network->layers));
    cr_expect(layer_of(network, "u.2.add")->inputs[1] == (int)(layer_of(network, "u.1.add") - network->layers));
    cr_expect(network->n == 1 + 3 + 3 + 2 + 1);
    dvfo_network_free(network);
}

/* ---- cuts, split, slim ---- */

static const char residual[] =
    IMAGE(3, 8) "layers:\n"
                "  - {op: conv, name: a, out: 4, kernel: 3, norm: batch, act: relu}\n" /* 0, 1, 2 */
                "  - {op: conv, name: b, out: 4, kernel: 3}\n"                         /* 3 */
                "  - {op: add, from: [b, a], act: relu}\n"                             /* 4, 5 */
                "  - {op: maxpool, kernel: 2}\n"                                       /* 6 */
                "  - {op: conv, name: c, out: 8, kernel: 3}\n"                         /* 7 */
                "  - {op: global-avgpool}\n"                                           /* 8 */
                "  - {op: dense, name: d, out: 10}\n"                                  /* 9 */
                "  - {op: softmax}\n";                                                 /* 10 */

Test(networks, cuts_lie_where_one_tensor_is_all_that_is_needed)
{
    struct dvfo_network *network = network_of(residual);
    static const int expected[] = {2, 5, 6, 7, 8, 9}; /* not 0, 1, 4: fused layers follow; not 3: a is still needed */
    cr_assert(network->cut_count == 6);
    for (int i = 0; i < 6; i++) {
        cr_expect(network->cuts[i] == expected[i], "cut %d is %d", i, network->cuts[i]);
    }
    dvfo_network_free(network);
}

Test(networks, an_output_in_the_middle_ends_the_cuts)
{
    struct dvfo_network *network =
        network_of(IMAGE(3, 8) "layers:\n"
                               "  - {op: conv, name: a, out: 4, kernel: 1}\n"
                               "  - {op: conv, name: b, out: 4, kernel: 1}\n"
                               "  - {op: conv, name: head, out: 4, kernel: 1}\n" /* an output */
                               "  - {op: conv, name: c, from: b, out: 4, kernel: 1}\n"
                               "  - {op: conv, name: d, out: 4, kernel: 1}\n");
    cr_assert(network->cut_count == 2);
    cr_expect(network->cuts[0] == 0 && network->cuts[1] == 1);
    dvfo_network_free(network);
}

Test(networks, the_rule_takes_the_smallest_map_of_the_first_third)
{
    /* multiply-adds per pixel: a 6, b 2, b2 1, c 4, d 160; a third of the work lies inside d */
    struct dvfo_network *network = network_of(IMAGE(3, 8) "layers:\n"
                                                          "  - {op: conv, name: a, out: 2, kernel: 1}\n"
                                                          "  - {op: conv, name: b, out: 1, kernel: 1}\n"
                                                          "  - {op: conv, name: b2, out: 1, kernel: 1}\n"
                                                          "  - {op: conv, name: c, out: 4, kernel: 1}\n"
                                                          "  - {op: conv, name: d, out: 40, kernel: 1}\n"
                                                          "  - {op: global-avgpool, name: late}\n");
    cr_expect_str_eq(network->layers[dvfo_network_split_by_rule(network)].name, "b"); /* b2 is as small, but later */
    cr_expect(network->split == dvfo_network_split_by_rule(network));
    dvfo_network_free(network);
}

static struct dvfo_network *slim_of(const struct dvfo_network *network, double width)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_network *slim = NULL;
    cr_assert(dvfo_network_slim(&ctx, network, width, &slim) == DVFO_OK, "%s at %g: %s", network->name, width,
              ctx.message);
    return slim;
}

Test(networks, half_the_width_quarters_a_convolution_inside_the_tail)
{
    struct dvfo_network *network = network_of(residual);
    network->split = 5;
    struct dvfo_network *slim = slim_of(network, 0.5);
    expect_shape("the split itself", layer_of(slim, "add.act")->out, 4, 8, 8);
    expect_shape("the split as the tail sees it", layer_of(slim, "maxpool")->in, 2, 8, 8);
    expect_shape("c", layer_of(slim, "c")->out, 4, 4, 4);
    cr_expect(layer_of(slim, "c")->macs == layer_of(network, "c")->macs / 4.0);
    expect_shape("softmax", layer_of(slim, "softmax")->out, 10, 1, 1);
    cr_expect(layer_of(slim, "d")->macs == layer_of(network, "d")->macs / 2.0); /* its output keeps its size */
    cr_expect(layer_of(slim, "b")->macs == layer_of(network, "b")->macs);       /* before the split */
    dvfo_network_free(slim);
    dvfo_network_free(network);
}

Test(networks, width_one_copies_and_work_grows_with_width)
{
    for (size_t k = 0; k < PUBLISHED; k++) {
        struct dvfo_network *network = named(published[k].name);
        double before_flop = 0.0;
        for (int quarter = 1; quarter <= 4; quarter++) {
            struct dvfo_network *slim = slim_of(network, quarter / 4.0);
            cr_expect(slim->work_flop > before_flop, "%s at %d/4", network->name, quarter);
            cr_expect(slim->n == network->n && slim->split == network->split && slim->cut_count == network->cut_count);
            cr_expect(slim->output_elements == network->output_elements, "%s at %d/4", network->name, quarter);
            before_flop = slim->work_flop;
            if (quarter == 4) {
                cr_expect(slim->params == network->params && slim->work_flop == network->work_flop);
                for (size_t i = 0; i < network->n; i++) {
                    cr_expect(dvfo_layer_traffic_byte(&slim->layers[i], 4.0) ==
                              dvfo_layer_traffic_byte(&network->layers[i], 4.0));
                }
            }
            dvfo_network_free(slim);
        }
        dvfo_network_free(network);
    }
}

Test(networks, any_width_fits_every_network)
{
    for (size_t k = 0; k < PUBLISHED; k++) {
        struct dvfo_network *network = named(published[k].name);
        for (int percent = 1; percent < 100; percent += 7) {
            dvfo_network_free(slim_of(network, percent / 100.0));
        }
        struct dvfo_ctx ctx = {0};
        struct dvfo_network *slim = NULL;
        cr_expect(dvfo_network_slim(&ctx, network, 0.0, &slim) == DVFO_BAD_INPUT && slim == NULL);
        dvfo_network_free(network);
    }
}

/* ---- inputs ---- */

Test(networks, every_variant_loads)
{
    struct dvfo_ctx ctx = {0};
    for (size_t i = 0; i < PUBLISHED; i++) {
        struct dvfo_network *network = NULL;
        const dvfo_status status = dvfo_network_load(&ctx, published[i].name, 0, "cifar", &network);
        const bool has_cifar =
            strncmp(published[i].name, "inception", 9) != 0 && strcmp(published[i].name, "deepspeech");
        cr_expect((status == DVFO_OK) == has_cifar, "%s: %s", published[i].name, ctx.message);
        if (network != NULL) {
            cr_expect_str_eq(network->variant, "cifar");
            expect_shape(network->name, network->input, 3, 32, 32);
        }
        dvfo_network_free(network);
    }
}

Test(networks, convolutional_parameters_do_not_depend_on_the_input)
{
    static const char *const names[] = {"vgg-19", "resnet-18", "efficientnet-b0"};
    for (size_t i = 0; i < 3; i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_network *small = NULL, *usual = named(names[i]);
        cr_assert(dvfo_network_load(&ctx, names[i], 64, NULL, &small) == DVFO_OK, "%s", ctx.message);
        cr_expect(small->params == usual->params && small->macs < usual->macs);
        dvfo_network_free(small);
        dvfo_network_free(usual);
    }
}

/* ---- names ---- */

Test(networks, class_names_read_back)
{
    for (int op = 0; op < DVFO_OP_COUNT; op++) {
        cr_expect(dvfo_op_of_name(dvfo_op_name((dvfo_op)op)) == (dvfo_op)op);
    }
    cr_expect(dvfo_op_of_name("no-such-class") == DVFO_OP_COUNT);
    cr_expect_str_eq(dvfo_op_name(DVFO_OP_COUNT), "?");
}

Test(networks, the_example_of_the_readme_loads)
{
    static char text[1 << 15];
    FILE *file = fopen(DVFO_SOURCE_DIR "/profiles/networks/README.md", "r");
    cr_assert(file != NULL);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    char *begin = strstr(text, "```yaml\n"), *end = begin != NULL ? strstr(begin + 8, "```") : NULL;
    cr_assert(end != NULL);
    *end = '\0';
    struct dvfo_network *network = network_of(begin + 8);
    expect_shape("stage", layer_of(network, "stage.2.add.act")->out, 128, 56, 56);
    dvfo_network_free(network);
}
