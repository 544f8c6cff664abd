/* An agent that goes on learning as a policy: in the simulator here, where worlds are exact. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "policies/agents/agent_file.h"
#include "policies/agents/conditions.h"
#include "policies/agents/pupil.h"
#include "policies/policies.h"
#include "sim/trial.h"

static struct dvfo_ctx ctx;
static struct dvfo_board *board;
static struct dvfo_network *network;
static struct dvfo_cloud_profile *cloud;
static struct dvfo_trace *trace;
static struct dvfo_agent *agent;

static void make(void)
{
    struct dvfo_agent_def def;
    cr_assert_eq(dvfo_board_load(&ctx, "xavier-nx", &board), DVFO_OK);
    cr_assert_eq(dvfo_network_load(&ctx, "resnet-18", 0, NULL, &network), DVFO_OK);
    cr_assert_eq(dvfo_cloud_profile_load(&ctx, "rtx-3080", &cloud), DVFO_OK);
    cr_assert_eq(dvfo_trace_open(&ctx, "const:5Mbps", NULL, 1, &trace), DVFO_OK);
    cr_assert_eq(dvfo_agent_def_load(&ctx, "dvfo", &def), DVFO_OK);
    def.learner.learning_starts = 64;
    def.learner.replay_capacity = 2000;
    cr_assert_eq(dvfo_agent_create(&ctx, &def, board, "none", &agent), DVFO_OK, "%s", ctx.message);
}

static void remove_all(void)
{
    dvfo_agent_free(agent);
    dvfo_trace_free(trace);
    dvfo_cloud_profile_free(cloud);
    dvfo_network_free(network);
    dvfo_board_free(board);
}

TestSuite(pupil, .init = make, .fini = remove_all);

static struct dvfo_trial trial_of(long requests)
{
    struct dvfo_trial trial = dvfo_trial_default();
    trial.scenario.board = board;
    trial.scenario.network = network;
    trial.scenario.cloud = cloud;
    trial.trace = trace;
    trial.workload.requests = requests;
    cr_assert_eq(dvfo_board_runtime(&ctx, board, NULL, NULL, &trial.scenario.runtime), DVFO_OK);
    return trial;
}

static struct dvfo_pupil *pupil_with(double explore)
{
    const struct dvfo_pupil_def def = {
        .agent = agent,
        .yardstick = {.eta = 0.5, .p_max_w = 10.0, .energy_j = 0.1, .latency_s = 0.02, .cost_j = 0.15},
        .trip_c = 95.0,
        .explore = explore};
    struct dvfo_pupil *pupil = NULL;
    cr_assert_eq(dvfo_pupil_create(&ctx, &def, &pupil), DVFO_OK);
    return pupil;
}

static struct dvfo_trial_results school(struct dvfo_pupil *pupil, long requests)
{
    struct dvfo_trial trial = trial_of(requests);
    trial.policy = &dvfo_policy_pupil;
    trial.policy_user = pupil;
    cr_assert_eq(dvfo_trial_run(&ctx, &trial), DVFO_OK, "%s", ctx.message);
    return trial.results;
}

Test(pupil, without_trials_and_before_it_learns_it_acts_as_its_agent_does)
{
    char path[] = "/tmp/dvfo-pupil-XXXXXX", argument[64];
    close(mkstemp(path));
    cr_assert_eq(dvfo_agent_save(&ctx, agent, NULL, false, path), DVFO_OK, "%s", ctx.message);
    struct dvfo_trial trial = trial_of(50);
    const char *found = NULL;
    snprintf(argument, sizeof argument, "dvfo:%s", path);
    cr_assert_eq(dvfo_policy_find(&ctx, argument, &trial.policy, &found), DVFO_OK);
    trial.policy_argument = found;
    cr_assert_eq(dvfo_trial_run(&ctx, &trial), DVFO_OK, "%s", ctx.message);
    struct dvfo_pupil *pupil = pupil_with(0.0);
    const struct dvfo_trial_results results = school(pupil, 50);
    cr_expect(results.energy_j == trial.results.energy_j && results.latency_s == trial.results.latency_s, "%g, %g",
              results.latency_s, trial.results.latency_s);
    dvfo_pupil_free(pupil);
    unlink(path);
}

Test(pupil, learns_once_for_each_step_that_it_remembers)
{
    struct dvfo_pupil *pupil = pupil_with(0.5);
    struct dvfo_pupil_report report;
    const uint64_t before = agent->steps;
    school(pupil, 400);
    cr_assert_eq(dvfo_pupil_tell(&ctx, pupil, &report), DVFO_OK);
    cr_expect_eq(agent->steps - before, 400);
    cr_expect(report.decisions >= 398 && report.decisions <= 400, "%llu", (unsigned long long)report.decisions);
    cr_expect(report.updates > 300 && report.updates <= 400, "%llu", (unsigned long long)report.updates);
    cr_expect(report.loss >= 0.0 && isfinite(report.loss));
    cr_expect(report.cost > 0.0 && isfinite(report.reward));
    cr_assert_eq(dvfo_pupil_tell(&ctx, pupil, &report), DVFO_OK);
    cr_expect_eq(report.decisions, 0, "told once");
    dvfo_pupil_free(pupil);
}

Test(pupil, tries_as_often_as_it_is_told_whatever_its_agent_would)
{
    agent->learner->def.learning_starts = 1000000; /* so that nothing changes on the way */
    struct dvfo_pupil *pupil = pupil_with(0.0);
    const struct dvfo_trial_results greedy = school(pupil, 60);
    dvfo_pupil_free(pupil);
    agent->learner->def.epsilon_first = agent->learner->def.epsilon_last = 1.0;
    agent->learner->def.epsilon_near = 1.0;
    pupil = pupil_with(0.0);
    const struct dvfo_trial_results same = school(pupil, 60);
    dvfo_pupil_free(pupil);
    cr_expect(same.energy_j == greedy.energy_j && same.latency_s == greedy.latency_s);
    pupil = pupil_with(1.0);
    const struct dvfo_trial_results trying = school(pupil, 60);
    dvfo_pupil_free(pupil);
    cr_expect(trying.energy_j != greedy.energy_j);
    cr_expect_eq(agent->learner->def.epsilon_last, 1.0, "the agent's own schedule stays as it is");
}

/* From ignorance to a policy: it costs less in the end than in the beginning. */
Test(pupil, comes_to_cost_less)
{
    struct dvfo_pupil *pupil = pupil_with(0.5);
    struct dvfo_pupil_report first, last;
    school(pupil, 150);
    cr_assert_eq(dvfo_pupil_tell(&ctx, pupil, &first), DVFO_OK);
    school(pupil, 2500);
    cr_assert_eq(dvfo_pupil_tell(&ctx, pupil, &last), DVFO_OK);
    school(pupil, 300);
    cr_assert_eq(dvfo_pupil_tell(&ctx, pupil, &last), DVFO_OK);
    cr_expect(last.cost < first.cost, "%g, then %g", first.cost, last.cost);
    dvfo_pupil_free(pupil);
}
