#include "bench/lesson.h"

#include <math.h>

#include "bench/progress.h"
#include "policies/agents/training.h"

char *dvfo_lesson_describe(const struct dvfo_lesson *lesson)
{
    const struct dvfo_conditions_def *def = &lesson->conditions;
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (file == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < def->networks; i++) {
        fprintf(file, "%s%s", i == 0 ? "networks " : ",", def->network[i]->name);
    }
    for (size_t i = 0; i < def->etas; i++) {
        fprintf(file, "%s%.17g", i == 0 ? "; eta " : ",", def->eta[i]);
    }
    for (size_t i = 0; i < def->links; i++) {
        fprintf(file, "%s%s", i == 0 ? "; links " : ",", def->link[i]);
    }
    fprintf(file, "; mode %s; composition %s; runtime %s %s; seed %llu",
            def->base->mode == DVFO_BLOCKING ? "blocking" : "concurrent",
            def->base->scenario.composition == DVFO_PARALLEL ? "parallel" : "serial", def->base->scenario.runtime->name,
            def->base->scenario.runtime->precision, (unsigned long long)lesson->def.learner.seed);
    if (fclose(file) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* A training under way. */
struct course {
    struct dvfo_agent *agent;
    struct dvfo_training *training;
    struct dvfo_curve *curve; /* NULL: no looks */
    double trained_s, loss_sum;
    long losses;
};

static dvfo_status look(struct dvfo_ctx *ctx, struct course *course)
{
    struct dvfo_training_look seen;
    DVFO_TRY(dvfo_training_look(ctx, course->training, &seen));
    const struct dvfo_curve_point point = {
        .decisions = (double)course->agent->steps,
        .updates = (double)course->agent->learner->q->updates,
        .epsilon = dvfo_q_learner_epsilon(course->agent->learner),
        .loss = course->losses > 0 ? course->loss_sum / (double)course->losses : (double)NAN,
        .reward = seen.reward,
        .cost = seen.cost,
        .regret = seen.regret,
        .wall_s = course->trained_s,
    };
    course->loss_sum = 0.0;
    course->losses = 0;
    return dvfo_curve_add(course->curve, &point) ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

static dvfo_status go_round(struct dvfo_ctx *ctx, struct course *course)
{
    struct dvfo_training_round round;
    const double begun_s = dvfo_progress_clock_s();
    DVFO_TRY(dvfo_training_round(ctx, course->training, &round));
    course->trained_s += dvfo_progress_clock_s() - begun_s;
    if (!isnan(round.loss)) {
        course->loss_sum += round.loss;
        course->losses++;
    }
    return DVFO_OK;
}

static dvfo_status train(struct dvfo_ctx *ctx, struct course *course)
{
    const uint64_t every = course->agent->def.training.evaluate_every;
    uint64_t next_look = 0;
    for (;;) {
        const bool done = dvfo_training_is_done(course->training);
        if (course->curve != NULL && (course->agent->steps >= next_look || done)) {
            DVFO_TRY(look(ctx, course));
            next_look += every;
        }
        if (done) {
            return DVFO_OK;
        }
        if (ctx->stop != NULL && *ctx->stop != 0) {
            return dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted while an agent was trained");
        }
        DVFO_TRY(go_round(ctx, course));
    }
}

static dvfo_status prepare_and_train(struct dvfo_ctx *ctx, const struct dvfo_lesson *lesson,
                                     const struct dvfo_conditions *conditions, struct course *course)
{
    char *text = dvfo_lesson_describe(lesson);
    if (text == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    const dvfo_status created =
        dvfo_agent_create(ctx, &lesson->def, lesson->conditions.base->scenario.board, text, &course->agent);
    free(text);
    DVFO_TRY(created);
    DVFO_TRY(dvfo_training_create(ctx, course->agent, conditions, &course->training));
    if (course->curve != NULL) {
        DVFO_TRY(dvfo_training_refer(ctx, course->training));
    }
    return train(ctx, course);
}

dvfo_status dvfo_lesson_learn(struct dvfo_ctx *ctx, const struct dvfo_lesson *lesson, struct dvfo_agent **out,
                              struct dvfo_curve *curve)
{
    struct course course = {.curve = curve};
    struct dvfo_conditions *conditions = NULL;
    *out = NULL;
    dvfo_status status = dvfo_conditions_create(ctx, &lesson->conditions, &conditions);
    if (status == DVFO_OK) {
        status = prepare_and_train(ctx, lesson, conditions, &course);
    }
    dvfo_training_free(course.training);
    dvfo_conditions_free(conditions);
    if (status != DVFO_OK) {
        dvfo_agent_free(course.agent);
        return status;
    }
    *out = course.agent;
    return DVFO_OK;
}
