#include "profiles/logs/layer_nodes.h"

#include <ctype.h>
#include <string.h>

/* Names of ONNX operators, of TensorRT's layer types and of layers as people call them: letters alone, in lower case.
 */
static const struct {
    unsigned kinds;
    const char *words; /* each between blanks */
} words[] = {
    {DVFO_NODE_CONV, " conv convd convolution depthwise depthwiseconv caskconvolution cudnnconvolution "
                     "cudadepthwiseconvolution "},
    {DVFO_NODE_CONV | DVFO_NODE_DENSE, " caskgemmconvolution "},
    {DVFO_NODE_DENSE, " gemm fc dense linear addmm classifier fullyconnected fully "},
    {DVFO_NODE_DENSE | DVFO_NODE_MATMUL, " matmul matrixmultiply einsum caskgemmmatrixmultiply "},
    {DVFO_NODE_RECURRENT, " lstm gru rnn loop "},
    {DVFO_NODE_POOL, " pool pooling maxpool avgpool averagepool globalaveragepool globalmaxpool adaptiveavgpool mean "
                     "cudapooling caskpooling tiledpooling "},
    {DVFO_NODE_POOL | DVFO_NODE_NORM, " reducemean reduce "},
    {DVFO_NODE_NORM,
     " batchnormalization batchnorm bn layernormalization layernorm instancenormalization normalization "
     "lrn scale "},
    {DVFO_NODE_SOFTMAX, " softmax logsoftmax cudasoftmax "},
    {DVFO_NODE_RESIZE, " resize upsample "},
    {DVFO_NODE_ADD, " add sum "},
    {DVFO_NODE_MULTIPLY, " mul multiply "},
    {DVFO_NODE_ADD | DVFO_NODE_MULTIPLY | DVFO_NODE_ACTIVATION, " elementwise pointwise pointwisev "},
    {DVFO_NODE_ACTIVATION,
     " activation biasadd relu leakyrelu prelu clip sigmoid hardsigmoid hardswish swish silu gelu "
     "erf tanh elu exp div sub pow sqrt "},
    {DVFO_NODE_VIEW,
     " concat concatenation reshape shuffle transpose flatten squeeze unsqueeze slice stridedslice split "
     "gather expand cast identity constant shape pad padding weight bias quantizelinear "
     "dequantizelinear quantize dequantize reformat noop copy "},
};

static bool starts_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* The word that tells the kind: the letters that the last part of a path begins with. */
static unsigned kinds_of_word(const char *text)
{
    char word[DVFO_NODE_NAME_SIZE + 2] = " ";
    size_t n = 1;
    for (const char *c = text; (isalpha((unsigned char)*c) || *c == '_') && n < DVFO_NODE_NAME_SIZE; c++) {
        if (*c != '_') {
            word[n++] = (char)tolower((unsigned char)*c);
        }
    }
    word[n] = ' ';
    word[n + 1] = '\0';
    for (size_t i = 0; i < sizeof words / sizeof words[0] && n > 1; i++) {
        if (strstr(words[i].words, word) != NULL) {
            return words[i].kinds;
        }
    }
    return 0;
}

/* Layers that TensorRT adds around a node, named after it. */
static bool is_added_view(const char *name)
{
    static const char *const beginnings[] = {"Reformatting CopyNode for", "Reformatted",    "reshape_after_",
                                             "reshape_before_",           "squeeze_after_", "unsqueeze_node_after_",
                                             "copied_squeeze_after_",     "shuffle_after_", "shuffle_between_"};
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++) {
        if (starts_with(name, beginnings[i])) {
            return true;
        }
    }
    return ends_with(name, " copy");
}

/* Of "layer1.0.conv1.weight" the last part that tells something. */
static unsigned kinds_of_dotted(const char *name)
{
    char text[DVFO_NODE_NAME_SIZE];
    snprintf(text, sizeof text, "%s", name);
    for (char *dot = strrchr(text, '.'); dot != NULL; dot = strrchr(text, '.')) {
        const unsigned kinds = kinds_of_word(dot + 1);
        if (kinds != 0) {
            return kinds;
        }
        *dot = '\0';
    }
    return kinds_of_word(text);
}

static unsigned kinds_of_name(const char *name)
{
    const char *bracket = strrchr(name, '['), *slash = strrchr(name, '/');
    if (is_added_view(name)) {
        return DVFO_NODE_VIEW;
    }
    if (bracket != NULL && starts_with(name, "(Unnamed Layer")) { /* "(Unnamed Layer* 306) [Shuffle]" */
        return kinds_of_word(bracket + 1);
    }
    const char *last = slash != NULL ? slash + 1 : name;
    return kinds_of_dotted(starts_with(last, "node_") ? last + strlen("node_") : last);
}

/* 12 of "Conv_12"; names with a path carry no such number. */
static long number_of_name(const char *name)
{
    const char *underscore = strrchr(name, '_');
    if (underscore == NULL || strpbrk(name, "/.([ ") != NULL || !isdigit((unsigned char)underscore[1])) {
        return -1;
    }
    long long number = 0;
    return dvfo_text_integer(underscore + 1, NULL, &number) && number < 1000000000 ? (long)number : -1;
}

static dvfo_status add_node(struct dvfo_ctx *ctx, struct dvfo_layer_nodes *nodes, const char *name, size_t length,
                            bool pointwise)
{
    if (nodes->n == nodes->capacity) {
        const size_t capacity = nodes->capacity == 0 ? 4 : 2 * nodes->capacity;
        struct dvfo_layer_node *grown = realloc(nodes->node, capacity * sizeof *grown);
        if (grown == NULL) {
            return dvfo_fail_no_memory(ctx);
        }
        nodes->node = grown;
        nodes->capacity = capacity;
    }
    struct dvfo_layer_node *node = &nodes->node[nodes->n++];
    const size_t kept = length < sizeof node->name ? length : sizeof node->name - 1;
    memcpy(node->name, name, kept);
    node->name[kept] = '\0';
    node->kinds = kinds_of_name(node->name);
    node->kinds = node->kinds == 0 && pointwise ? DVFO_NODE_ACTIVATION : node->kinds;
    node->number = number_of_name(node->name);
    node->group = nodes->groups - 1;
    return DVFO_OK;
}

/* One part between " + ": a node, or "PWN(PWN(a), b)" with several. */
static dvfo_status add_part(struct dvfo_ctx *ctx, struct dvfo_layer_nodes *nodes, const char *part, size_t length)
{
    bool pointwise = false;
    const char *end = part + length;
    while (part < end) {
        while (starts_with(part, "PWN(")) {
            part += strlen("PWN(");
            pointwise = true;
        }
        const char *stop = part;
        while (stop < end && !(pointwise && (*stop == ')' || *stop == ','))) {
            stop++;
        }
        if (stop > part) {
            DVFO_TRY(add_node(ctx, nodes, part, (size_t)(stop - part), pointwise));
        }
        part = stop;
        while (part < end && (*part == ')' || *part == ',' || *part == ' ')) {
            part++;
        }
    }
    return DVFO_OK;
}

/* "a + b || c + d" */
static dvfo_status split(struct dvfo_ctx *ctx, struct dvfo_layer_nodes *nodes, const char *name)
{
    nodes->groups = 1;
    for (const char *part = name; *part != '\0';) {
        const char *plus = strstr(part, " + "), *bars = strstr(part, " || ");
        const bool next_group = bars != NULL && (plus == NULL || bars < plus);
        const char *stop = next_group ? bars : plus;
        DVFO_TRY(add_part(ctx, nodes, part, stop == NULL ? strlen(part) : (size_t)(stop - part)));
        if (stop == NULL) {
            break;
        }
        nodes->groups += next_group;
        part = stop + (next_group ? strlen(" || ") : strlen(" + "));
    }
    return DVFO_OK;
}

/* What the layer information says of the whole layer goes to the first node of each group whose name tells nothing,
 * unless another node of the group is of that kind. */
static void use_type(struct dvfo_layer_nodes *nodes, const struct dvfo_trtexec_description *described)
{
    unsigned kinds = kinds_of_word(described->parameters);
    kinds = kinds != 0 ? kinds : kinds_of_word(described->type);
    for (size_t group = 0; group < nodes->groups && kinds != 0; group++) {
        struct dvfo_layer_node *silent = NULL;
        bool known = false;
        for (size_t i = 0; i < nodes->n; i++) {
            struct dvfo_layer_node *node = &nodes->node[i];
            if (node->group == group) {
                known = known || (node->kinds & kinds) != 0 || (node->kinds & DVFO_NODE_HEAVY) != 0;
                silent = silent == NULL && node->kinds == 0 ? node : silent;
            }
        }
        if (!known && silent != NULL) {
            silent->kinds = kinds;
        }
    }
}

static bool is_stretch(const char *name, const struct dvfo_trtexec_description *described)
{
    return starts_with(name, "{ForeignNode") || starts_with(name, "__myl") ||
           (described != NULL && (starts_with(described->type, "Myelin") || strcmp(described->type, "kgen") == 0));
}

dvfo_status dvfo_layer_nodes_of(struct dvfo_ctx *ctx, const char *name,
                                const struct dvfo_trtexec_description *described, struct dvfo_layer_nodes *out)
{
    *out = (struct dvfo_layer_nodes){.groups = 1};
    out->stretch = is_stretch(name, described);
    if (is_added_view(name) || (described != NULL && kinds_of_word(described->type) == DVFO_NODE_VIEW)) {
        out->copy = true;
    }
    if (out->copy || out->stretch) {
        return DVFO_OK;
    }
    DVFO_TRY(split(ctx, out, name));
    if (described != NULL) {
        use_type(out, described);
    }
    out->copy = true;
    for (size_t i = 0; i < out->n; i++) {
        out->copy = out->copy && out->node[i].kinds == DVFO_NODE_VIEW;
    }
    return DVFO_OK;
}

void dvfo_layer_nodes_free(struct dvfo_layer_nodes *nodes)
{
    free(nodes->node);
    *nodes = (struct dvfo_layer_nodes){0};
}

unsigned dvfo_layer_nodes_kind(const struct dvfo_layer *layer)
{
    static const unsigned kinds[DVFO_OP_COUNT] = {
        [DVFO_OP_CONV_POINTWISE] = DVFO_NODE_CONV,
        [DVFO_OP_CONV_3X3] = DVFO_NODE_CONV,
        [DVFO_OP_CONV_3X3_STRIDED] = DVFO_NODE_CONV,
        [DVFO_OP_CONV_OTHER] = DVFO_NODE_CONV,
        [DVFO_OP_DEPTHWISE] = DVFO_NODE_CONV,
        [DVFO_OP_DENSE] = DVFO_NODE_DENSE,
        [DVFO_OP_ATTENTION] = DVFO_NODE_MATMUL,
        [DVFO_OP_RECURRENT] = DVFO_NODE_RECURRENT,
        [DVFO_OP_POOL] = DVFO_NODE_POOL,
        [DVFO_OP_NORM] = DVFO_NODE_NORM,
        [DVFO_OP_SOFTMAX] = DVFO_NODE_SOFTMAX,
        [DVFO_OP_RESIZE] = DVFO_NODE_RESIZE,
    };
    if (layer->fused || layer->op == DVFO_OP_VIEW) {
        return 0;
    }
    if (layer->op == DVFO_OP_ELEMENTWISE) {
        return strcmp(layer->kind, "multiply") == 0 ? DVFO_NODE_MULTIPLY
               : strcmp(layer->kind, "add") == 0 || strcmp(layer->kind, "position-embedding") == 0
                   ? DVFO_NODE_ADD
                   : DVFO_NODE_ACTIVATION;
    }
    return kinds[layer->op];
}

static bool is_separator(char c)
{
    return c == '/' || c == '.' || c == '_' || c == '-' || c == ':';
}

void dvfo_layer_nodes_normalise(const char *text, char out[DVFO_NODE_NAME_SIZE])
{
    size_t n = 0;
    for (const char *c = text; *c != '\0' && n + 1 < DVFO_NODE_NAME_SIZE; c++) {
        if (!is_separator(*c)) {
            out[n++] = (char)tolower((unsigned char)*c);
        } else if (n > 0 && out[n - 1] != '.') {
            out[n++] = '.';
        }
    }
    n -= n > 0 && out[n - 1] == '.';
    out[n] = '\0';
}

/* "/layer1/layer1.0/conv1/Conv" becomes "layer1.0/conv1/Conv": a folder whose name the next one repeats is left out. */
static void drop_repeated_folders(const char *path, char out[DVFO_NODE_NAME_SIZE])
{
    size_t n = 0;
    path += *path == '/';
    while (*path != '\0') {
        const size_t length = strcspn(path, "/");
        const char *next = path[length] == '/' ? path + length + 1 : path + length;
        const bool repeated = *next != '\0' && strncmp(next, path, length) == 0 && next[length] == '.';
        if (!repeated && n + length + 2 < DVFO_NODE_NAME_SIZE) {
            memcpy(out + n, path, length);
            n += length;
            out[n++] = '/';
        }
        path = next;
    }
    n -= n > 0;
    out[n] = '\0';
}

void dvfo_layer_nodes_called(const char *node, char full[DVFO_NODE_NAME_SIZE], char bare[DVFO_NODE_NAME_SIZE])
{
    char path[DVFO_NODE_NAME_SIZE];
    drop_repeated_folders(node, path);
    dvfo_layer_nodes_normalise(path, full);
    char *last = strrchr(path, ends_with(path, ".weight") ? '.' : '/');
    if (last != NULL) {
        *last = '\0';
    }
    dvfo_layer_nodes_normalise(path, bare);
}
