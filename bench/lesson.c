#include "bench/lesson.h"

#include "bench/course.h"

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
        const struct dvfo_network *network = def->network[i];
        fprintf(file, "%s%s", i == 0 ? "networks " : ",", network->name);
        if (network->split != network->own_split) {
            fprintf(file, " split after %s", network->layers[network->split].name);
        }
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
    if (def->base->scenario.payload != DVFO_CODING_INT8) {
        fprintf(file, "; payload %s", dvfo_coding_name(def->base->scenario.payload));
    }
    if (fclose(file) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static dvfo_status prepare_and_train(struct dvfo_ctx *ctx, const struct dvfo_lesson *lesson,
                                     const struct dvfo_conditions *conditions, struct dvfo_course *course)
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
    return dvfo_course_run(ctx, course);
}

dvfo_status dvfo_lesson_learn(struct dvfo_ctx *ctx, const struct dvfo_lesson *lesson, struct dvfo_agent **out,
                              struct dvfo_curve *curve)
{
    struct dvfo_course course = {.curve = curve, .stop = ctx->stop};
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
