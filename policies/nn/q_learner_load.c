#include "policies/nn/q_learner_file.h"

#include <math.h>
#include <string.h>

#include "policies/nn/branching_file.h"
#include "policies/nn/fields_file.h"
#include "policies/nn/matrix.h"
#include "policies/nn/q_learner_format.h"

#define MAX_FILE_BYTE ((size_t)4 << 30)

/* ---- the definition ---- */

/* The learner as it began: definition and networks' shape from the file. */
static dvfo_status create(const struct dvfo_hdf_reader *r, hid_t at, const struct dvfo_branching *net,
                          struct dvfo_q_learner **out)
{
    struct dvfo_q_learner_def def = {.q.network = net->def};
    DVFO_TRY(dvfo_fields_load(r, at, "/learner", dvfo_double_q_fields, &def.q));
    DVFO_TRY(dvfo_fields_load(r, at, "/learner", dvfo_q_learner_fields, &def));
    return dvfo_q_learner_create(r->ctx, &def, out);
}

/* ---- what it had become ---- */

static dvfo_status read_counters(const struct dvfo_hdf_reader *r, hid_t at, struct dvfo_q_learner *learner)
{
    struct dvfo_replay *replay = learner->replay;
    DVFO_TRY(dvfo_hdf_count(r, at, "/learner", "updates", &learner->q->updates));
    DVFO_TRY(dvfo_hdf_count(r, at, "/learner", "decisions", &learner->decisions));
    DVFO_TRY(dvfo_hdf_count(r, at, "/learner", "added", &replay->added));
    DVFO_TRY(dvfo_hdf_number(r, at, "/learner", "highest_priority", &replay->highest));
    learner->q->adam->steps = learner->q->updates;
    replay->size = replay->added < replay->def.capacity ? (size_t)replay->added : replay->def.capacity;
    return replay->highest > 0.0 && isfinite(replay->highest)
               ? DVFO_OK
               : dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '/learner, highest_priority' is %g, expected more than 0",
                           r->name, replay->highest);
}

/* Choices become indices later on. */
static dvfo_status check_rows(const struct dvfo_hdf_reader *r, const struct dvfo_q_learner *learner, const char *what,
                              size_t rows, float *row)
{
    const struct dvfo_branching_def *net = &learner->def.q.network;
    for (size_t i = 0; i < rows; i++) {
        const struct dvfo_replay_row at =
            dvfo_replay_row_at(net->inputs, net->branches, row + i * learner->replay->row_size);
        for (long d = 0; d < net->branches; d++) {
            if (!(at.action[d] >= 0.0f && at.action[d] < (float)net->choices[d])) {
                return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: row %zu of '%s' has choice %g of %ld in branch %ld",
                                 r->name, i, what, (double)at.action[d], net->choices[d], d);
            }
        }
    }
    return DVFO_OK;
}

/* Leaves were read into their places; setting each adds up the nodes above. */
static dvfo_status plant_priorities(const struct dvfo_hdf_reader *r, struct dvfo_replay *replay)
{
    for (size_t i = 0; i < replay->size; i++) {
        const double priority = dvfo_sum_tree_get(&replay->tree, i);
        if (!(priority > 0.0 && isfinite(priority))) {
            return dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: row %zu of '/replay/priority' is %g, expected more than 0",
                             r->name, i, priority);
        }
        dvfo_sum_tree_set(&replay->tree, i, priority);
    }
    return DVFO_OK;
}

static dvfo_status check_windows(const struct dvfo_hdf_reader *r, const struct dvfo_n_step *s)
{
    for (long e = 0; e < s->environments; e++) {
        if (s->begun[e] < 0 || s->begun[e] >= s->n || s->oldest[e] < 0 || s->oldest[e] >= s->n) {
            return dvfo_fail(r->ctx, DVFO_BAD_INPUT,
                             "%s: environment %ld of '/n_step' has %ld windows from place %ld, expected less than %ld",
                             r->name, e, s->begun[e], s->oldest[e], s->n);
        }
    }
    return DVFO_OK;
}

static dvfo_status read_parts(const struct dvfo_hdf_reader *r, struct dvfo_q_learner *learner)
{
    struct dvfo_q_learner_part parts[DVFO_Q_LEARNER_PARTS];
    const size_t count = dvfo_q_learner_parts(learner, parts);
    for (size_t i = 0; i < count; i++) {
        DVFO_TRY(dvfo_hdf_block(r, parts[i].group, parts[i].name, parts[i].rank, parts[i].size, parts[i].type,
                                parts[i].values));
    }
    const struct dvfo_n_step *n_step = learner->n_step;
    DVFO_TRY(check_windows(r, n_step));
    DVFO_TRY(check_rows(r, learner, "/n_step/row", (size_t)(n_step->environments * n_step->n), n_step->row));
    DVFO_TRY(check_rows(r, learner, "/replay/row", learner->replay->size, learner->replay->row));
    return plant_priorities(r, learner->replay);
}

static dvfo_status read_stream(const struct dvfo_hdf_reader *r, const struct dvfo_q_learner_stream *stream)
{
    const hsize_t size = DVFO_STREAM_WORDS;
    uint32_t words[DVFO_STREAM_WORDS];
    unsigned long *state = gsl_rng_state(stream->rng);
    DVFO_TRY(dvfo_hdf_block(r, "/random", stream->name, 1, &size, H5T_NATIVE_UINT32, words));
    for (size_t i = 0; i < DVFO_STREAM_WORDS; i++) {
        state[i] = words[i];
    }
    return DVFO_OK;
}

/* A network of the learner's becomes the file's. */
static dvfo_status read_into(const struct dvfo_hdf_reader *r, const char *group, struct dvfo_branching *net)
{
    struct dvfo_branching *read = NULL;
    DVFO_TRY(dvfo_branching_read(r, group, &read));
    const bool same = dvfo_branching_is_like(read, net);
    if (same) {
        dvfo_branching_follow(net, read, 1.0);
    }
    dvfo_branching_free(read);
    return same ? DVFO_OK
                : dvfo_fail(r->ctx, DVFO_BAD_INPUT, "%s: '%s' has another shape than the learner has", r->name, group);
}

static dvfo_status read_risk(const struct dvfo_hdf_reader *r, struct dvfo_q_learner *learner)
{
    if (learner->risk == NULL) {
        return DVFO_OK;
    }
    DVFO_TRY(read_into(r, "/risk", learner->risk->network));
    DVFO_TRY(read_into(r, "/risk_target", learner->risk->target));
    learner->risk->adam->steps = learner->q->updates; /* they go together */
    return DVFO_OK;
}

static dvfo_status read_state(const struct dvfo_hdf_reader *r, hid_t at, const struct dvfo_branching *net,
                              struct dvfo_q_learner *learner)
{
    DVFO_TRY(read_counters(r, at, learner));
    dvfo_branching_follow(learner->q->network, net, 1.0);
    DVFO_TRY(read_into(r, "/target", learner->q->target));
    DVFO_TRY(read_risk(r, learner));
    DVFO_TRY(read_parts(r, learner));
    struct dvfo_q_learner_stream streams[DVFO_Q_LEARNER_STREAMS];
    dvfo_q_learner_streams(learner, streams);
    for (size_t i = 0; i < DVFO_Q_LEARNER_STREAMS; i++) {
        DVFO_TRY(read_stream(r, &streams[i]));
    }
    return DVFO_OK;
}

static dvfo_status read_learner(const struct dvfo_hdf_reader *r, const struct dvfo_branching *net,
                                struct dvfo_q_learner **out)
{
    hid_t at = -1;
    DVFO_TRY(dvfo_hdf_group(r, "/learner", &at));
    dvfo_status status = create(r, at, net, out);
    if (status == DVFO_OK) {
        status = read_state(r, at, net, *out);
    }
    H5Gclose(at);
    return status;
}

dvfo_status dvfo_q_learner_read(const struct dvfo_hdf_reader *r, struct dvfo_q_learner **out)
{
    struct dvfo_branching *net = NULL;
    *out = NULL;
    DVFO_TRY(dvfo_branching_read(r, "/network", &net));
    const dvfo_status status = read_learner(r, net, out);
    dvfo_branching_free(net);
    if (status != DVFO_OK) {
        dvfo_q_learner_free(*out);
        *out = NULL;
    }
    return status;
}

static dvfo_status read_file(const struct dvfo_hdf_reader *r, struct dvfo_q_learner **out)
{
    char schema[DVFO_HDF_TEXT + 1], kernel[DVFO_HDF_TEXT + 1];
    long long version = 0;
    DVFO_TRY(dvfo_hdf_text(r, r->file, "", "schema", schema));
    DVFO_TRY(dvfo_hdf_integers(r, "schema_version", 1, &version));
    if (strcmp(schema, DVFO_Q_LEARNER_SCHEMA) != 0 || version != DVFO_Q_LEARNER_SCHEMA_VERSION) {
        return dvfo_fail(r->ctx, DVFO_BAD_INPUT,
                         "%s: is '%.60s' version %lld, expected '" DVFO_Q_LEARNER_SCHEMA "' version %d", r->name,
                         schema, version, (int)DVFO_Q_LEARNER_SCHEMA_VERSION);
    }
    DVFO_TRY(dvfo_hdf_text(r, r->file, "", "blas_kernel", kernel));
    if (strcmp(kernel, dvfo_matrix_kernel()) != 0) {
        dvfo_note(r->ctx, "%s: was learnt with the BLAS kernels '%.60s' and goes on with '%s': sums round differently",
                  r->name, kernel, dvfo_matrix_kernel());
    }
    return dvfo_q_learner_read(r, out);
}

dvfo_status dvfo_q_learner_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_q_learner **out)
{
    struct dvfo_text bytes;
    struct dvfo_hdf_reader reader;
    *out = NULL;
    DVFO_TRY(dvfo_text_load_bytes(ctx, path, MAX_FILE_BYTE, &bytes));
    dvfo_status status = dvfo_hdf_open(ctx, &bytes, "a learner", &reader);
    if (status == DVFO_OK) {
        status = read_file(&reader, out);
        H5Fclose(reader.file);
    }
    dvfo_text_free(&bytes);
    return status;
}
