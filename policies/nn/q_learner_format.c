#include "policies/nn/q_learner_format.h"

size_t dvfo_q_learner_parts(const struct dvfo_q_learner *learner,
                            struct dvfo_q_learner_part parts[DVFO_Q_LEARNER_PARTS])
{
    const struct dvfo_adam *adam = learner->q->adam;
    const struct dvfo_n_step *n_step = learner->n_step;
    const struct dvfo_replay *replay = learner->replay;
    static const struct dvfo_adam none = {0};
    const struct dvfo_adam *risk = learner->risk != NULL ? learner->risk->adam : &none;
    const hsize_t E = (hsize_t)n_step->environments, windows = E * (hsize_t)n_step->n;
    const struct dvfo_q_learner_part all[DVFO_Q_LEARNER_PARTS] = {
        {"/adam", "mean", 1, {adam->count}, H5T_NATIVE_FLOAT, adam->mean, "mean of the gradient"},
        {"/adam", "square", 1, {adam->count}, H5T_NATIVE_FLOAT, adam->square, "mean of its square"},
        {"/risk_adam", "mean", 1, {risk->count}, H5T_NATIVE_FLOAT, risk->mean, "mean of the gradient"},
        {"/risk_adam", "square", 1, {risk->count}, H5T_NATIVE_FLOAT, risk->square, "mean of its square"},
        {"/n_step", "begun", 1, {E}, H5T_NATIVE_LONG, n_step->begun, "windows that are open in each environment"},
        {"/n_step", "oldest", 1, {E}, H5T_NATIVE_LONG, n_step->oldest, "place of the first of them"},
        {"/n_step",
         "row",
         2,
         {windows, n_step->row_size},
         H5T_NATIVE_FLOAT,
         n_step->row,
         "observation, next one, choices, reward and discount so far, tail, risk, branches spared"},
        {"/replay",
         "priority",
         1,
         {replay->size},
         H5T_NATIVE_DOUBLE,
         replay->tree.node + replay->tree.leaves,
         "draws are in proportion to it"},
        {"/replay",
         "row",
         2,
         {replay->size, replay->row_size},
         H5T_NATIVE_FLOAT,
         replay->row,
         "observation, next one, choices, reward, discount, tail, risk, branches spared"},
    };
    size_t count = 0;
    for (size_t i = 0; i < DVFO_Q_LEARNER_PARTS; i++) {
        if (all[i].size[0] > 0) {
            parts[count++] = all[i];
        }
    }
    return count;
}

void dvfo_q_learner_streams(const struct dvfo_q_learner *learner,
                            struct dvfo_q_learner_stream streams[DVFO_Q_LEARNER_STREAMS])
{
    streams[0] = (struct dvfo_q_learner_stream){"exploration", learner->exploration};
    streams[1] = (struct dvfo_q_learner_stream){"replay", learner->replay->rng};
}
