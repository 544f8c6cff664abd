/* Network files as strangers write them: sizes of their own, and every mistake told in one sentence. */
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "profiles/network.h"

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

#define IMAGE(channels, size) "name: t\ntitle: T\nsource: s\ninputs: {i: {channels: " #channels ", size: " #size "}}\n"

/* ---- inputs ---- */

Test(network_files, a_size_of_the_users_is_taken_or_refused_with_the_reason)
{
    static const struct {
        const char *name, *variant;
        long input_px;
        const char *message; /* NULL: loads */
    } rows[] = {
        {"vgg-19", NULL, 160, NULL},
        {"resnet-50", NULL, 160, NULL},
        {"resnet-50", NULL, 1, NULL},
        {"deepspeech", NULL, 100, NULL},
        {"vit-b16", NULL, 384, NULL},
        {"vit-b16", NULL, 230, "an input of 230x230 doesn't divide into patches of 16x16, expected a multiple of 16"},
        {"inception-v4", NULL, 40, "its kernel covers 3 pixels of an input with"},
        {"vgg-19", NULL, 16, "its kernel covers 2 pixels of an input with 1"},
        {"resnet-18", NULL, -3, "an input of -3 px is asked for, expected 1 to 8192"},
        {"resnet-18", NULL, 100000, "an input of 100000 px is asked for, expected 1 to 8192"},
        {"resnet-18", "cifr", 0,
         "has no input variant 'cifr', expected one of: imagenet, cifar; did you mean 'cifar'?"},
        {"resnet-18", "cifar", 64, "both an input size (64) and an input variant ('cifar') are asked for"},
        {"resnet-19", NULL, 0, "unknown network 'resnet-19'; did you mean 'resnet-18'?"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_network *network = NULL;
        const dvfo_status status = dvfo_network_load(&ctx, rows[i].name, rows[i].input_px, rows[i].variant, &network);
        cr_expect(status == (rows[i].message == NULL ? DVFO_OK : DVFO_BAD_INPUT), "%s at %ld: %s", rows[i].name,
                  rows[i].input_px, ctx.message);
        if (rows[i].message != NULL) {
            cr_expect(strstr(ctx.message, rows[i].message) != NULL, "'%s' lacks '%s'", ctx.message, rows[i].message);
        } else if (network != NULL) {
            cr_expect_str_eq(network->variant, "custom");
        }
        dvfo_network_free(network);
    }
}

/* ---- mistakes ---- */

#define LAYERS(text) IMAGE(3, 8) "layers:\n" text
#define CONV "  - {op: conv, name: a, out: 4, kernel: 3}\n"
#define BLOCKS(text) IMAGE(3, 8) "blocks:\n" text "layers:\n"

Test(network_files, each_mistake_is_told_with_line_found_and_expected)
{
    static const struct {
        const char *text, *message; /* the file's name stands before the message */
    } rows[] = {
        {LAYERS("  - {op: covn, out: 4, kernel: 3}\n"),
         ":6: 'op' is 'covn', expected an operator; did you mean 'conv'?"},
        {LAYERS("  - {op: conv, out: 4, kernel: 3, act: rleu}\n"), ":6: 'act' is 'rleu', expected an activation"},
        {LAYERS("  - {op: conv, out: 4, kernel: 3, norm: layer}\n"),
         ":6: 'norm' is 'layer', expected batch, frozen or none"},
        {LAYERS("  - {op: conv, out: 4, kernal: 3}\n"), ":6: unknown key 'kernal'; did you mean 'kernel'?"},
        {LAYERS("  - {op: conv, out: 4}\n"), ":6: conv needs the key 'kernel'"},
        {LAYERS("  - {op: conv, kernel: 3}\n"), ":6: conv needs the key 'out'"},
        {LAYERS("  - {op: maxpool, kernel: 2, act: relu}\n"), ":6: unknown key 'act'"},
        {LAYERS("  - {op: conv, out: 4, kernel: [1, 2, 3]}\n"), ":6: 'kernel' has 3 entries"},
        {LAYERS("  - {op: conv, out: 4, kernel: 9, pad: valid}\n"), ":6: layer 'conv': its kernel covers 9 pixels"},
        {LAYERS("  - {op: conv, out: 4, kernel: 3, pad: halv}\n"),
         ":6: 'pad' is 'halv', expected half, same, valid or"},
        {LAYERS("  - {op: conv, out: 4, kernel: 3, groups: 2}\n"), ":6: layer 'conv': 2 groups don't divide 3 input"},
        {LAYERS("  - {op: conv, out: 4, kernel: 3, bias: maybe}\n"), ":6: 'bias' is 'maybe', expected true or false"},
        {LAYERS("  - {op: conv, out: 2000000, kernel: 3}\n"),
         ":6: 'out' is 2000000, expected a whole number from 1 to"},
        {LAYERS("  - {op: conv, out: $width, kernel: 3}\n"), ":6: 'out' is '$width': no such parameter:  '$width'"},
        {LAYERS("  - {op: conv, out: 4*, kernel: 3}\n"), ":6: 'out' is '4*': a whole number or $parameter is expected"},
        {LAYERS("  - {op: conv, out: 4/0, kernel: 3}\n"), ":6: 'out' is '4/0': division by zero"},
        {LAYERS("  - {op: conv, out: (4, kernel: 3}\n"), ":6: 'out' is '(4': a closing bracket is missing"},
        {LAYERS("  - {op: conv, out: 999999999999*999999999999, kernel: 3}\n"), "the result is too large"},
        {LAYERS(CONV "  - {op: relu, from: b}\n"), ":7: 'from' names 'b', expected an earlier layer"},
        {LAYERS(CONV "  - {op: conv, name: stem, out: 4, kernel: 1}\n  - {op: relu, from: stme}\n"),
         ":8: 'from' names 'stme', expected an earlier layer; did you mean 'stem'?"},
        {LAYERS("  - {op: relu, from: a}\n" CONV), ":6: 'from' names 'a', expected an earlier layer"},
        {LAYERS(CONV CONV), ":7: the name 'a' is taken already"},
        {LAYERS("  - {op: conv, name: a.b, out: 4, kernel: 3}\n"), ":6: 'a.b' is no name"},
        {LAYERS("  - {op: conv, name: in, out: 4, kernel: 3}\n"), ":6: 'in' is no name"},
        {LAYERS(CONV "  - {op: add, from: [a, in]}\n"),
         ":7: layer 'add': input 2 is 3x8x8, expected 4x8x8 as the first"},
        {LAYERS(CONV "  - {op: add, from: a}\n"), ":7: 'add' has 1 inputs, expected 2 or more"},
        {LAYERS(CONV "  - {op: relu, from: [a, in]}\n"), ":7: 'relu' has 2 inputs, expected 1"},
        {LAYERS(CONV "  - {op: maxpool, kernel: 2}\n  - {op: concat, from: [a, maxpool]}\n"),
         ":8: layer 'concat': input 2 is 4x4, expected 8x8 as the first"},
        {LAYERS("  - {op: dense, out: 4}\n"), ":6: layer 'dense': its input is 3x8x8, expected a vector or a sequence"},
        {LAYERS("  - {op: lstm, out: 4}\n"), ":6: layer 'lstm': its input is 3x8x8, expected a sequence"},
        {LAYERS("  - {op: upsample}\n"), ":6: layer 'upsample': expected either 'scale' or a second input"},
        {LAYERS("  - {op: slice, part: 4, of: 3}\n"), ":6: layer 'slice': takes part 4 of 3"},
        {LAYERS("  - {op: conv, out: 1000000, kernel: 1}\n  - {op: upsample, scale: 64}\n"),
         "holds more than 1e+10 numbers"},
        {LAYERS("  - hello\n"), ":6: is no layer, expected a map"},
        {LAYERS("  - {out: 4}\n"), ":6: the key 'op' is missing"},
        {LAYERS("  - {block: x}\n"), ":6: unknown block 'x', expected one of 'blocks'"},
        {LAYERS("  - {op: relu}\n"), "can't be split anywhere"},
        {LAYERS("  - {op: relu, when: 0}\n"), "has no layers"},
        {LAYERS(CONV "  - {op: relu}\nsplit: b\n"), ":8: 'split' is 'b', expected the name of a layer"},
        {LAYERS(CONV "  - {op: relu}\nsplit: relu\n"),
         ":8: 'split' is 'relu', expected a layer after which one tensor"},
        {BLOCKS("  u: {layers: [{block: u}]}\n") "  - {block: u}\n", ":6: the block 'u' uses itself"},
        {BLOCKS("  u: {layers: [{block: v}]}\n  v: {layers: [{block: u}]}\n") "  - {block: v}\n", "uses itself"},
        {BLOCKS("  u: {with: {out}, layers: [{op: relu}]}\n") "  - {block: u}\n", ":8: the block 'u' needs 'out'"},
        {BLOCKS("  u: {with: {out}, layers: [{op: relu}]}\n") "  - {block: u, otu: 3}\n",
         ":8: unknown key 'otu'; did you mean 'out'?"},
        {BLOCKS("  u: {with: {name}, layers: [{op: relu}]}\n") "  - {block: u}\n",
         ":6: a parameter can't be named 'name'"},
        {BLOCKS("  u: {layers: [{op: relu}]}\n") "  - {block: U2}\n",
         ":8: unknown block 'U2', expected one of 'blocks'; did you"},
        {BLOCKS("  u: {layers: []}\n") "  - {block: u}\n", "'layers' is an empty list"},
        {BLOCKS("  u: {layers: [{op: relu}]}\n") "  - {block: u, repeat: 1001}\n", ":8: 'repeat' is 1001"},
        {BLOCKS(
             "  u: {layers: [{op: relu}]}\n  v: {layers: [{block: u, repeat: 1000}]}\n") "  - {block: v, repeat: 5}\n",
         "the network has more than 4096 layers"},
        {BLOCKS("  u: {layers: [{op: relu, when: 0}]}\n  v: {layers: [{block: u, repeat: 1000}]}\n") "  - {block: v, "
                                                                                                     "repeat: 1000}\n",
         "blocks expand to more than 20000 entries"},
        {BLOCKS("  h: {with: {k}, layers: [{op: conv, out: 3, kernel: $k}]}\n") "  - {block: h, k: 1, share: s}\n  - "
                                                                                "{block: h, k: 3, share: s}\n",
         "shares the parameters of 'h.conv'"},
        {"title: T\n", ":1: the key 'inputs' is missing"},
        {IMAGE(3, 8) "layer: []\n", ":5: unknown key 'layer'; did you mean 'layers'?"},
        {IMAGE(3, 8) "layers: []\n", ":5: 'layers' is an empty list"},
        {IMAGE(3, 8) "defaults: {conv: {kernle: 3}}\nlayers: [{op: relu}]\n",
         "unknown key 'kernle'; did you mean 'kernel'?"},
        {IMAGE(3, 8) "defaults: {cnov: {}}\nlayers: [{op: relu}]\n", "'op' is 'cnov', expected an operator"},
        {IMAGE(3, 8) "defaults: conv\nlayers: [{op: relu}]\n", "'defaults' is a single value, expected a map"},
        {"name: t\ntitle: T\nsource: s\ninputs: {a: {channels: 3, size: 0}}\nlayers: [{op: relu}]\n",
         "'size' is '0', expected a whole number from 1 to 8192"},
        {"name: t\ntitle: T\nsource: s\ninputs: 224\nlayers: [{op: relu}]\n",
         "'inputs' is a single value, expected a map"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_network *network = NULL;
        cr_expect(load_text(&ctx, rows[i].text, 0, NULL, &network) == DVFO_BAD_INPUT && network == NULL, "%s",
                  rows[i].text);
        cr_expect(strstr(ctx.message, rows[i].message) != NULL, "\n%s: '%s' lacks '%s'", rows[i].text, ctx.message,
                  rows[i].message);
    }
}
