#include "bench/course.h"

#include <math.h>

#include "bench/progress.h"

/* Is that better than any look before? */
static void compare(struct dvfo_course *course, double cost)
{
    const bool better = cost < course->best_cost * (1.0 - course->agent->def.training.plateau);
    course->worse = better ? 0 : course->worse + 1;
    course->best_cost = fmin(course->best_cost, cost);
}

static dvfo_status look(struct dvfo_ctx *ctx, struct dvfo_course *course)
{
    const struct dvfo_agent *agent = course->agent;
    struct dvfo_training_look seen;
    DVFO_TRY(dvfo_training_look(ctx, course->training, &seen));
    const struct dvfo_curve_point point = {
        .decisions = (double)agent->steps,
        .updates = (double)agent->learner->q->updates,
        .epsilon = dvfo_q_learner_epsilon(agent->learner),
        .loss = course->loss,
        .reward = seen.reward,
        .cost = seen.cost,
        .regret = seen.regret,
        .wall_s = course->trained_s,
    };
    compare(course, point.cost);
    if (course->looked != NULL) {
        course->looked(course->user, &point);
    }
    return dvfo_curve_add(course->curve, &point) ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

static dvfo_status train(struct dvfo_ctx *ctx, struct dvfo_course *course)
{
    struct dvfo_training_round round;
    const double begun_s = dvfo_progress_clock_s();
    DVFO_TRY(dvfo_training_round(ctx, course->training, &round));
    course->trained_s += dvfo_progress_clock_s() - begun_s;
    course->loss = round.loss;
    if (course->trained != NULL) {
        course->trained(course->user, &round);
    }
    return DVFO_OK;
}

static bool is_on_plateau(const struct dvfo_course *course)
{
    const long patience = course->agent->def.training.patience;
    return patience > 0 && course->worse >= patience;
}

/* What a curve that goes on has to say; the first look comes before the first round, or where the curve left off. */
static uint64_t begin(struct dvfo_course *course)
{
    const uint64_t steps = course->agent->steps, every = course->agent->def.training.evaluate_every;
    course->loss = (double)NAN;
    course->best_cost = INFINITY;
    if (course->curve == NULL) {
        return UINT64_MAX;
    }
    for (size_t i = 0; i < course->curve->count; i++) {
        compare(course, course->curve->point[i].cost);
    }
    return course->curve->count > 0 ? (steps / every + 1) * every : steps;
}

dvfo_status dvfo_course_run(struct dvfo_ctx *ctx, struct dvfo_course *course)
{
    uint64_t next_look = begin(course);
    while (!is_on_plateau(course)) {
        const bool done = dvfo_training_is_done(course->training);
        if (course->curve != NULL && (course->agent->steps >= next_look || done)) {
            DVFO_TRY(look(ctx, course));
            next_look += course->agent->def.training.evaluate_every;
        }
        if (done) {
            break;
        }
        if (course->stop != NULL && *course->stop != 0) {
            return dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted after %llu of %llu decisions",
                             (unsigned long long)course->agent->steps,
                             (unsigned long long)course->agent->def.training.steps);
        }
        DVFO_TRY(train(ctx, course));
    }
    return DVFO_OK;
}
