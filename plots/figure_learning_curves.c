/* learning-curves: how agents come along, against decisions and against the time that training takes.
 *
 * Three ways to learn: while the device goes on (concurrent), while it waits (blocking), and with an output for every
 * combination of choices (flat head). Beside them, on the same draws: the reference that regret is told against, and
 * the best fixed setting in hindsight. All is the same in every run but wall_s, which depends on the machine. */
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <string.h>

#include "bench/lesson.h"
#include "bench/progress.h"
#include "bench/workers.h"
#include "plots/figure.h"
#include "policies/agents/environments.h"
#include "policies/fixed_best.h"

enum { SEEDS = 3, MOST_LOOKS = 64 };

/* A flat head takes some thirty times as long per decision: it gets fewer. */
static const struct variant {
    const char *name;
    dvfo_mode mode;
    bool flat;
    uint64_t steps;
} variants[] = {
    {"flat head", DVFO_CONCURRENT, true, 60000}, /* the slowest begins first */
    {"concurrent", DVFO_CONCURRENT, false, 300000},
    {"blocking", DVFO_BLOCKING, false, 300000},
};
enum { VARIANTS = sizeof variants / sizeof variants[0] };

#define DECISION_SHARE 0.1 /* of a request, where the user doesn't say: else concurrent and blocking are the same */

struct curve {
    size_t count;
    struct dvfo_curve_point point[MOST_LOOKS];
};

struct study {
    char world[160]; /* last columns: link, weight, what a decision takes */
    const struct dvfo_figure_subject *subject;
    struct dvfo_agent_def agent;
    struct curve *curve; /* (variants, seeds) shared by processes */
    size_t ended;
    struct dvfo_progress progress;
};

/* ---- training ---- */

/* The world of a variant; `base` is what the lesson borrows. */
static dvfo_status make_lesson(struct dvfo_ctx *ctx, const struct study *study, const struct variant *variant,
                               uint64_t seed, struct dvfo_trial *base, struct dvfo_lesson *lesson)
{
    const struct dvfo_setting *setting = study->subject->setting;
    DVFO_TRY(dvfo_setting_world(ctx, setting, 0, 0, base));
    base->mode = variant->mode;
    if (base->decision_own) {
        base->decision_own = false;
        base->decision_share = DECISION_SHARE;
    }
    *lesson = (struct dvfo_lesson){.def = study->agent,
                                   .conditions = {.base = base,
                                                  .networks = 1,
                                                  .etas = 1,
                                                  .links = 1,
                                                  .network = {setting->network[0]},
                                                  .eta = {base->scenario.eta},
                                                  .link = {setting->trace}}};
    lesson->def.actions.flat = variant->flat;
    lesson->def.training.steps = variant->steps;
    lesson->def.training.evaluate_every = 1; /* after each round */
    lesson->def.learner.seed = seed;
    return DVFO_OK;
}

static dvfo_status learn(struct dvfo_ctx *ctx, void *user, size_t task)
{
    const struct study *study = user;
    struct dvfo_trial base;
    struct dvfo_lesson lesson;
    struct dvfo_agent *agent = NULL;
    struct dvfo_curve curve = {0};
    const uint64_t seed = study->subject->setting->base.seed + task % SEEDS;
    DVFO_TRY(make_lesson(ctx, study, &variants[task / SEEDS], seed, &base, &lesson));
    const dvfo_status status = dvfo_lesson_learn(ctx, &lesson, &agent, &curve);
    struct curve *kept = &study->curve[task];
    kept->count = curve.count < MOST_LOOKS ? curve.count : MOST_LOOKS;
    for (size_t i = 0; i < kept->count; i++) {
        kept->point[i] = curve.point[i];
    }
    dvfo_curve_free(&curve);
    dvfo_agent_free(agent);
    return status;
}

static dvfo_status learnt(struct dvfo_ctx *ctx, void *user, size_t task)
{
    struct study *study = user;
    (void)ctx;
    study->ended++;
    dvfo_progress_tell(&study->progress, (double)study->ended, variants[task / SEEDS].name);
    return DVFO_OK;
}

static dvfo_status learn_all(struct dvfo_ctx *ctx, struct study *study)
{
    const struct dvfo_workers_def def = {
        .tasks = VARIANTS * SEEDS, .user = study, .work = learn, .done = learnt, .stop = study->subject->stop};
    study->progress = dvfo_progress_begin("agents", (double)def.tasks);
    const dvfo_status status = dvfo_workers_run(ctx, &def);
    dvfo_progress_end(&study->progress);
    return status;
}

/* ---- the best fixed setting on the draws that judge ---- */

/* Those draws, as environments that are judged would meet them. */
static dvfo_status make_judging(struct dvfo_ctx *ctx, const struct study *study,
                                const struct dvfo_conditions *conditions, struct dvfo_environments **out)
{
    struct dvfo_action_space space;
    DVFO_TRY(dvfo_action_space_of(ctx, &study->agent.actions, conditions->def.base->scenario.board, &space));
    const struct dvfo_environments_def def = {.conditions = conditions,
                                              .space = &space,
                                              .reward = study->agent.reward,
                                              .count = study->agent.learner.environments,
                                              .twins = 1,
                                              .episode = study->agent.training.evaluate_episode,
                                              .judging = true,
                                              .seed = 1};
    DVFO_TRY(dvfo_environments_create(ctx, &def, out));
    return dvfo_environments_begin(ctx, *out, 0);
}

/* NaN for recordings: their judges begin at different times. */
static dvfo_status fixed_cost(struct dvfo_ctx *ctx, const struct study *study, const struct dvfo_conditions *conditions,
                              struct dvfo_environments *judging, double *cost)
{
    const struct dvfo_condition at = dvfo_condition_at(conditions, 0);
    const struct dvfo_trial *base = conditions->def.base;
    const struct dvfo_level_choice choice = dvfo_level_choice_of_agents(base->scenario.board);
    const size_t count = (size_t)study->agent.learner.environments;
    const bool paired = base->paired && base->workload.arrivals == DVFO_CLOSED;
    const struct dvfo_trace **traces = calloc(count, sizeof *traces);
    if (traces == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    double from_s = 0.0, mean_j = (double)NAN;
    for (size_t e = 0; e < count && from_s == 0.0; e++) {
        traces[e] = dvfo_environments_trace(judging, (long)e, &from_s);
    }
    struct dvfo_decision best;
    dvfo_status status = DVFO_OK;
    if (from_s == 0.0) {
        status = dvfo_fixed_best_choose(ctx, at.scenario, &choice, dvfo_action_space_placements(&study->agent.actions),
                                        traces, count, paired ? at.yardstick.latency_s : (double)NAN, 0.0,
                                        study->agent.training.evaluate_episode, &best, &mean_j);
    }
    *cost = mean_j / at.yardstick.cost_j;
    free(traces);
    return status;
}

static dvfo_status find_fixed(struct dvfo_ctx *ctx, const struct study *study, double *cost)
{
    struct dvfo_trial base;
    struct dvfo_lesson lesson;
    struct dvfo_conditions *conditions = NULL;
    struct dvfo_environments *judging = NULL;
    DVFO_TRY(make_lesson(ctx, study, &variants[1], 1, &base, &lesson));
    DVFO_TRY(dvfo_conditions_create(ctx, &lesson.conditions, &conditions));
    dvfo_status status = make_judging(ctx, study, conditions, &judging);
    if (status == DVFO_OK) {
        dvfo_scenario_weigh(conditions->scenario[0], base.scenario.eta, base.scenario.lambda);
        status = fixed_cost(ctx, study, conditions, judging, cost);
    }
    dvfo_environments_free(judging);
    dvfo_conditions_free(conditions);
    return status;
}

/* ---- rows ---- */

static void print_number(FILE *csv, double value)
{
    if (isnan(value)) {
        fputc(',', csv); /* an empty cell: there is none */
    } else {
        fprintf(csv, ",%.9g", value);
    }
}

static void print_seed(const struct study *study, size_t v, size_t s, FILE *csv)
{
    const struct curve *curve = &study->curve[v * SEEDS + s];
    for (size_t i = 0; i < curve->count; i++) {
        const struct dvfo_curve_point *p = &curve->point[i];
        fprintf(csv, "%s,%llu,%.0f,%.3f", variants[v].name, (unsigned long long)study->subject->setting->base.seed + s,
                p->decisions, p->wall_s);
        const double rest[] = {p->cost, p->regret, NAN, NAN, NAN, NAN, p->updates, p->epsilon, p->loss, p->reward};
        for (size_t r = 0; r < sizeof rest / sizeof rest[0]; r++) {
            print_number(csv, rest[r]);
        }
        fprintf(csv, ",%s\n", study->world);
    }
}

/* Median, least and most over the seeds. */
static void print_band(const struct study *study, size_t v, FILE *csv)
{
    const struct curve *curve = &study->curve[v * SEEDS];
    for (size_t i = 0; i < curve->count; i++) {
        double wall_s[SEEDS], cost[SEEDS], regret[SEEDS];
        for (size_t s = 0; s < SEEDS; s++) {
            wall_s[s] = curve[s].point[i].wall_s;
            cost[s] = curve[s].point[i].cost;
            regret[s] = curve[s].point[i].regret;
        }
        gsl_sort(wall_s, 1, SEEDS);
        gsl_sort(cost, 1, SEEDS);
        gsl_sort(regret, 1, SEEDS);
        fprintf(csv, "%s,median,%.0f,%.3f,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,,,,,%s\n", variants[v].name,
                curve->point[i].decisions, gsl_stats_median_from_sorted_data(wall_s, 1, SEEDS),
                gsl_stats_median_from_sorted_data(cost, 1, SEEDS), gsl_stats_median_from_sorted_data(regret, 1, SEEDS),
                cost[0], cost[SEEDS - 1], regret[0], regret[SEEDS - 1], study->world);
    }
}

static void print_level(const struct study *study, const char *name, double cost, double reference, FILE *csv)
{
    fprintf(csv, "%s,,0,", name);
    print_number(csv, cost);
    print_number(csv, cost / reference - 1.0);
    fprintf(csv, ",,,,,,,,,%s\n", study->world);
}

static void print_all(const struct study *study, double fixed, FILE *csv)
{
    const struct dvfo_curve_point *first = &study->curve[SEEDS].point[0];
    const double reference = first->cost / (1.0 + first->regret); /* one condition: of means too */
    fputs("variant,seed,decisions,wall_s,cost,regret,cost_least,cost_most,regret_least,regret_most,updates,epsilon,"
          "loss,reward,link,eta,decision_time\n",
          csv);
    print_level(study, "reference oracle", reference, reference, csv);
    print_level(study, "best fixed setting", fixed, reference, csv);
    for (size_t v = 0; v < VARIANTS; v++) {
        for (size_t s = 0; s < SEEDS; s++) {
            print_seed(study, v, s, csv);
        }
        print_band(study, v, csv);
    }
}

/* "model:wifi,0.5,10 %" */
static void describe(const struct dvfo_setting *setting, char text[160])
{
    const struct dvfo_trial *base = &setting->base;
    const double share = base->decision_own ? DECISION_SHARE : base->decision_share;
    const int length = snprintf(text, 160, "%.100s,%g,", setting->trace, base->scenario.eta);
    if (length < 0 || length >= 160) {
        return;
    }
    if (base->decision_own || base->decision_share > 0.0) {
        snprintf(text + length, 160 - (size_t)length, "%g %% of a request", 100.0 * share);
    } else {
        snprintf(text + length, 160 - (size_t)length, "%g ms", 1e3 * base->decision_s);
    }
}

static dvfo_status feed(struct dvfo_ctx *ctx, const struct dvfo_figure_subject *subject, FILE *csv)
{
    struct study study = {.subject = subject};
    const size_t size = VARIANTS * SEEDS * sizeof *study.curve;
    double fixed = (double)NAN;
    DVFO_TRY(dvfo_agent_def_load(ctx, "dvfo", &study.agent));
    describe(subject->setting, study.world);
    study.curve = dvfo_workers_share(size);
    dvfo_status status = study.curve != NULL ? find_fixed(ctx, &study, &fixed) : dvfo_fail_no_memory(ctx);
    status = status == DVFO_OK ? learn_all(ctx, &study) : status;
    if (status == DVFO_OK) {
        print_all(&study, fixed, csv);
    }
    dvfo_workers_unshare(study.curve, size);
    return status;
}

/* Judged over episodes of the preset's: no --requests. Both modes are shown: no --mode. */
static const char *const takes[] = {
    "board",        "network", "trace",       "seed",    "eta",    "arrivals",      "runtime", "precision",
    "input",        "variant", "rtt",         "timeout", "cloud",  "free-running",  "lambda",  "tail",
    "float-layers", "p-max",   "composition", "layers",  "assume", "decision-time", NULL,
};

const struct dvfo_figure dvfo_figure_learning_curves = {
    .name = "learning-curves",
    .summary = "cost and regret of agents in training (concurrent, blocking, a flat head of fewer decisions), against "
               "decisions and wall time; three seeds from --seed on; a few minutes; of its CSV wall_s alone changes "
               "from run to run",
    .boards = "xavier-nx",
    .networks = "vit-b16",
    .policies = "edge-only", /* not shown */
    .trace = "model:wifi",
    .takes = takes,
    .most_networks = 1,
    .most_columns = 1,
    .feed = feed,
};
