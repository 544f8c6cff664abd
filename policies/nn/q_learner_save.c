#include "policies/nn/q_learner_file.h"

#include <string.h>

#include "dvfo_version.h"
#include "policies/nn/branching_file.h"
#include "policies/nn/fields_file.h"
#include "policies/nn/matrix.h"
#include "policies/nn/q_learner_format.h"
#include "sim/base/hdf.h"

static bool write_definition(hid_t file, const struct dvfo_q_learner *learner)
{
    const hid_t at = H5Gopen2(file, "/learner", H5P_DEFAULT);
    const bool written = at >= 0 && dvfo_fields_save(at, dvfo_double_q_fields, &learner->def.q) &&
                         dvfo_fields_save(at, dvfo_q_learner_fields, &learner->def) &&
                         dvfo_hdf_put_integer(at, "updates", learner->q->updates) &&
                         dvfo_hdf_put_integer(at, "decisions", learner->decisions) &&
                         dvfo_hdf_put_integer(at, "added", learner->replay->added) &&
                         dvfo_hdf_put_number(at, "highest_priority", learner->replay->highest);
    H5Gclose(at);
    return written;
}

static bool write_part(hid_t file, const struct dvfo_q_learner_part *part)
{
    char path[64];
    snprintf(path, sizeof path, "%s/%s", part->group, part->name);
    return dvfo_hdf_put_block(file,
                              &(struct dvfo_hdf_block){.path = path,
                                                       .rank = part->rank,
                                                       .size = {part->size[0], part->size[1]},
                                                       .type = part->type,
                                                       .units = "1",
                                                       .long_name = part->long_name},
                              part->values);
}

static bool write_stream(hid_t file, const struct dvfo_q_learner_stream *stream)
{
    const unsigned long *state = gsl_rng_state(stream->rng);
    uint32_t words[DVFO_STREAM_WORDS];
    for (size_t i = 0; i < DVFO_STREAM_WORDS; i++) {
        words[i] = (uint32_t)state[i];
    }
    const struct dvfo_q_learner_part part = {"/random", stream->name,   1, {DVFO_STREAM_WORDS}, H5T_NATIVE_UINT32,
                                             words,     "gsl_rng_taus2"};
    return write_part(file, &part);
}

static bool write_risk(hid_t file, const struct dvfo_risk *risk)
{
    return risk == NULL || (dvfo_branching_write(file, "/risk", "what tails of rewards cost", risk->network) &&
                            dvfo_branching_write(file, "/risk_target", "its average, charged", risk->target) &&
                            dvfo_hdf_put_group(file, "/risk_adam", "moments of its gradient"));
}

bool dvfo_q_learner_write(hid_t file, const struct dvfo_q_learner *learner)
{
    struct dvfo_q_learner_part parts[DVFO_Q_LEARNER_PARTS];
    struct dvfo_q_learner_stream streams[DVFO_Q_LEARNER_STREAMS];
    const size_t count = dvfo_q_learner_parts(learner, parts);
    dvfo_q_learner_streams(learner, streams);
    bool written = dvfo_branching_write(file, "/network", "what acts and learns", learner->q->network) &&
                   dvfo_branching_write(file, "/target", "what values the future", learner->q->target) &&
                   dvfo_hdf_put_group(file, "/learner", "definition and counters") &&
                   dvfo_hdf_put_group(file, "/adam", "moments of the gradient") &&
                   dvfo_hdf_put_group(file, "/n_step", "transitions that wait for rewards to come") &&
                   dvfo_hdf_put_group(file, "/replay", "transitions to learn from, a ring") &&
                   dvfo_hdf_put_group(file, "/random", "states of the random streams") &&
                   write_definition(file, learner) && write_risk(file, learner->risk);
    for (size_t i = 0; written && i < count; i++) {
        written = write_part(file, &parts[i]);
    }
    for (size_t i = 0; written && i < DVFO_Q_LEARNER_STREAMS; i++) {
        written = write_stream(file, &streams[i]);
    }
    return written;
}

static bool write_file(const void *contents, const char *path)
{
    const struct dvfo_q_learner *learner = contents;
    const hid_t file = dvfo_hdf_create(path);
    if (file < 0) {
        return false;
    }
    const bool written = dvfo_hdf_put_text(file, "title", "a learner and everything it needs to go on") &&
                         dvfo_hdf_put_text(file, "schema", DVFO_Q_LEARNER_SCHEMA) &&
                         dvfo_hdf_put_integer(file, "schema_version", DVFO_Q_LEARNER_SCHEMA_VERSION) &&
                         dvfo_hdf_put_text(file, "program", "dvfo " DVFO_VERSION) &&
                         dvfo_hdf_put_text(file, "blas_kernel", dvfo_matrix_kernel()) &&
                         dvfo_q_learner_write(file, learner);
    return H5Fclose(file) >= 0 && written;
}

dvfo_status dvfo_q_learner_save(struct dvfo_ctx *ctx, const struct dvfo_q_learner *learner, const char *path)
{
    return dvfo_hdf_save(ctx, path, "the learner", write_file, learner);
}
