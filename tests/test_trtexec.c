/* Readers of trtexec's files. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "profiles/logs/trtexec.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct dvfo_trtexec_profile *read_profile(struct dvfo_ctx *ctx, const char *json)
{
    struct dvfo_trtexec_profile *profile = NULL;
    dvfo_trtexec_profile_from_memory(ctx, "p.json", json, strlen(json), &profile);
    return profile;
}

Test(trtexec, a_profile_prefers_medians)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_trtexec_profile *p = read_profile(
        &ctx, "[\n  { \"count\" : 50 }\n"
              ", { \"name\" : \"Conv_0 + Relu_1\", \"timeMs\" : 60, \"averageMs\" : 1.2, \"medianMs\" : 1.1, "
              "\"percentage\" : 75 }\n"
              ", { \"name\" : \"Gemm_2\", \"timeMs\" : 20, \"averageMs\" : 0.4, \"percentage\" : 25 }\n]\n");
    cr_assert(p != NULL, "%s", ctx.message);
    cr_expect(p->count == 50 && p->n == 2 && strcmp(p->layer[0].name, "Conv_0 + Relu_1") == 0);
    cr_expect_float_eq(dvfo_trtexec_layer_s(&p->layer[0]), 1.1e-3, 1e-15);
    cr_expect_float_eq(dvfo_trtexec_layer_s(&p->layer[1]), 0.4e-3, 1e-15, "the mean where there is no median");
    cr_expect(isnan(p->layer[1].median_s));
    cr_expect_float_eq(p->total_s, 1.5e-3, 1e-15);
    dvfo_trtexec_profile_free(p);
}

Test(trtexec, a_profile_without_means_divides_the_sum)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_trtexec_profile *p = read_profile(&ctx, "[{\"count\": 4}, {\"name\": \"a\", \"timeMs\": 10}]");
    cr_assert(p != NULL, "%s", ctx.message);
    cr_expect_float_eq(p->layer[0].mean_s, 2.5e-3, 1e-15);
    dvfo_trtexec_profile_free(p);
}

Test(trtexec, what_is_no_profile_is_refused_in_a_sentence)
{
    static const struct {
        const char *json, *sentence;
    } rows[] = {
        {"[\n{\"count\": 1}\n, {\"name\": \"a\", \"averageMs\": 1", "p.json:3: is cut off, expected JSON as trtexec "
                                                                    "--exportProfile writes it"},
        {"hello", "p.json:1: is not JSON"},
        {"{\"Layers\": [\"a\"]}", "was written by trtexec --exportLayerInfo, expected a file of --exportProfile"},
        {"[{\"computeMs\": 1}]", "was written by trtexec --exportTimes"},
        {"[]", "is not of trtexec"},
        {"[{\"count\": 1}]", "tells of 1 inferences and 0 layers"},
        {"[{\"count\": 0}, {\"name\": \"a\", \"averageMs\": 1}]", "tells of 0 inferences"},
        {"[{\"count\": 1}, {\"averageMs\": 1}]", "layer 1 has no name"},
        {"[{\"count\": 1}, {\"name\": \"a\"}]", "layer 1 ('a'): has neither 'averageMs' nor 'timeMs'"},
        {"[{\"count\": 1}, {\"name\": \"a\", \"averageMs\": -1}]", "layer 1 ('a'): 'averageMs' is -1, expected 0 to"},
        {"[{\"count\": 1}, {\"name\": \"a\", \"averageMs\": \"1\"}]", "'averageMs' is not a number"},
        {"[{\"count\": 1}, {\"name\": \"a\", \"averageMs\": 0}]", "all its layers took no time"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_trtexec_profile *p = read_profile(&ctx, rows[i].json);
        cr_expect(p == NULL && strstr(ctx.message, rows[i].sentence) != NULL, "'%s' lacks '%s'", ctx.message,
                  rows[i].sentence);
        dvfo_trtexec_profile_free(p);
    }
}

Test(trtexec, layer_information_is_names_or_shapes)
{
    static const char json[] =
        "{\"Layers\": [\"Conv_0 + Relu_1\", {\"Name\": \"MaxPool_2\", \"LayerType\": \"CudaPooling\", \"Inputs\": "
        "[{\"Name\": \"x\", \"Dimensions\": [1,64,112,112]}], \"Outputs\": [{\"Name\": \"y\", \"Dimensions\": "
        "[1,64,56,56]}], \"ParameterType\": \"Pooling\", \"WindowSize\": [3,3], \"Stride\": [2,2]}, {\"Name\": "
        "\"Conv_3\", \"Outputs\": [{\"Dimensions\": [-1,8,4,4]}], \"Kernel\": [1,7], \"Stride\": [1,1]}, {\"Name\": "
        "\"n\", "
        "\"Outputs\": []}], \"Bindings\": [\"x\"]}";
    struct dvfo_ctx ctx = {0};
    struct dvfo_trtexec_layers *layers = NULL;
    cr_assert(dvfo_trtexec_layers_from_memory(&ctx, "l", json, strlen(json), &layers) == DVFO_OK, "%s", ctx.message);
    const struct dvfo_trtexec_description *pool = &layers->layer[1], *conv = &layers->layer[2];
    cr_expect(layers->n == 4 && layers->detailed);
    cr_expect(strcmp(layers->layer[0].name, "Conv_0 + Relu_1") == 0 && layers->layer[0].out.rank == 0);
    cr_expect(strcmp(pool->type, "CudaPooling") == 0 && strcmp(pool->parameters, "Pooling") == 0);
    cr_expect(pool->in.rank == 4 && pool->in.size[2] == 112 && pool->out.size[3] == 56);
    cr_expect(pool->kernel_h == 3 && pool->kernel_w == 3 && pool->stride == 2);
    cr_expect(conv->kernel_h == 1 && conv->kernel_w == 7 && conv->out.size[0] == -1 && conv->in.rank == 0);
    dvfo_trtexec_layers_free(layers);
}

static struct dvfo_trtexec_times *read_times(struct dvfo_ctx *ctx, const char *json)
{
    struct dvfo_trtexec_times *times = NULL;
    dvfo_trtexec_times_from_memory(ctx, "t.json", json, strlen(json), &times);
    return times;
}

Test(trtexec, times_of_tensorrt_8_and_later)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_trtexec_times *t = read_times(
        &ctx,
        "[\n  { \"startEnqMs\" : 0, \"endEnqMs\" : 0.1, \"startH2dMs\" : 100, \"endH2dMs\" : 100.5, \"startComputeMs\" "
        ": 100.5, \"endComputeMs\" : 109.5, \"startD2hMs\" : 109.5, \"endD2hMs\" : 110, \"h2dMs\" : 0.5, "
        "\"computeMs\" : 9, \"d2hMs\" : 0.5, \"latencyMs\" : 10 }\n"
        ", { \"startH2dMs\" : 110, \"endD2hMs\" : 122, \"computeMs\" : 11, \"latencyMs\" : 12 }\n"
        ", { \"startH2dMs\" : 122, \"endD2hMs\" : 133, \"computeMs\" : 10, \"latencyMs\" : 11 }\n]\n");
    cr_assert(t != NULL, "%s", ctx.message);
    cr_expect(t->n == 3);
    cr_expect_float_eq(t->compute_s, 10e-3, 1e-15);
    cr_expect_float_eq(t->latency_s, 11e-3, 1e-15);
    cr_expect_float_eq(t->latency_low_s, 10e-3, 1e-15, "three samples: their whole range");
    cr_expect_float_eq(t->latency_high_s, 12e-3, 1e-15);
    cr_expect_float_eq(t->duration_s, 33e-3, 1e-12);
    dvfo_trtexec_times_free(t);
}

Test(trtexec, times_of_tensorrt_7_and_times_without_stamps)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_trtexec_times *t =
        read_times(&ctx, "[{\"startInMs\": 5, \"endOutMs\": 8, \"inMs\": 1, \"computeMs\": 1.5, \"outMs\": 0.5, "
                         "\"latencyMs\": 3, \"endToEndMs\": 4}]");
    cr_assert(t != NULL, "%s", ctx.message);
    cr_expect_float_eq(t->duration_s, 3e-3, 1e-15);
    cr_expect_float_eq(t->latency_s, 3e-3, 1e-15);
    dvfo_trtexec_times_free(t);
    t = read_times(&ctx, "[{\"computeMs\": 1.5}, {\"computeMs\": 2.5}]");
    cr_assert(t != NULL, "%s", ctx.message);
    cr_expect_float_eq(t->duration_s, 4e-3, 1e-15, "one after the other");
    cr_expect_float_eq(t->latency_s, 2e-3, 1e-15, "the GPU's time where copies aren't told");
    dvfo_trtexec_times_free(t);
    cr_expect(read_times(&ctx, "[{\"computeMs\": 0}]") == NULL);
    cr_expect(strstr(ctx.message, "inference 1: 'computeMs' is 0, expected more than 0") != NULL, "%s", ctx.message);
}

/* 100 latencies of 1..100 ms: the 95 % interval of their median reaches from the 41st to the 61st in ascending order
 * (50 -+ 0.98 sqrt(100), outward). */
Test(trtexec, the_interval_of_a_median)
{
    char json[8192] = "[";
    for (int i = 0; i < 100; i++) {
        const size_t length = strlen(json);
        snprintf(json + length, sizeof json - length, "%s{\"latencyMs\": %d}", i > 0 ? "," : "", (i * 37) % 100 + 1);
    }
    strcat(json, "]");
    struct dvfo_ctx ctx = {0};
    struct dvfo_trtexec_times *t = read_times(&ctx, json);
    cr_assert(t != NULL, "%s", ctx.message);
    cr_expect_float_eq(t->latency_s, 50.5e-3, 1e-12);
    cr_expect_float_eq(t->latency_low_s, 41e-3, 1e-12);
    cr_expect_float_eq(t->latency_high_s, 61e-3, 1e-12);
    dvfo_trtexec_times_free(t);
}
