/* Claims and their verdicts, on an experiment whose numbers are made up (made_up_experiment.h), and the report on one
 * that was run. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "bench/batch/claims.h"
#include "experiment.h"
#include "made_up_experiment.h"

static struct dvfo_plan plan; /* large, as the next */
static struct dvfo_gathered gathered;
static struct said said;

TestSuite(claims, .init = experiment_make_folder, .fini = command_remove_folder, .timeout = 60);

static struct dvfo_claim claim_of(dvfo_claim_rule rule, const char *subject, const char *measure, double figure,
                                  const char *against)
{
    struct dvfo_claim claim = {
        .id = "a", .source = "b", .says = "c", .subject = subject, .measure = measure, .rule = rule, .figure = figure};
    if (against != NULL) {
        claim.against = (struct dvfo_plan_list){.count = 1, .entry = {against}};
    }
    return claim;
}

static struct dvfo_verdict judge(const struct dvfo_claim *claim)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_verdict verdict;
    cr_assert(dvfo_claim_judge(&ctx, claim, &gathered, &verdict) == DVFO_OK, "%s", ctx.message);
    return verdict;
}

static void free_all(void)
{
    dvfo_gathered_free(&gathered);
    dvfo_plan_free(&plan);
}

/* Of the four points random costs 5, 8, 10, 4 where edge-only costs 10, edge-best 9, and the best rival 6, 7, 9, 4.
 * Costs of one seed move together, so quotients have no spread and intervals no width. */
Test(claims, verdicts_follow_from_the_interval_and_the_rule)
{
    made_up_gather(5, 0.1, &plan, &gathered);
    const struct {
        struct dvfo_claim claim;
        double ours;
        const char *verdict;
    } rows[] = {
        {claim_of(DVFO_CLAIM_SAVING, "random", "energy_j", 32.0, "edge-only"), 32.5, "reproduced"},
        {claim_of(DVFO_CLAIM_SAVING, "random", "energy_j", 33.0, "edge-only"), 32.5, "in direction"},
        {claim_of(DVFO_CLAIM_SAVING, "edge-only", "energy_j", 33.0, "random"), -68.75, "not reproduced"},
        {claim_of(DVFO_CLAIM_SAVING, "random", "cost_j", 33.0, "best rival"),
         25.0 * (1.0 / 6.0 - 1.0 / 7.0 - 1.0 / 9.0), "not reproduced"},
        {claim_of(DVFO_CLAIM_MOST, "random", "cost_j", 60.0, "edge-only"), 60.0, "reproduced"},
        {claim_of(DVFO_CLAIM_BELOW, "random", "share", 0.5, NULL), 0.5, "reproduced"},
        {claim_of(DVFO_CLAIM_BELOW, "random", "share", 0.4, NULL), 0.5, "not reproduced"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct dvfo_verdict verdict = judge(&rows[i].claim);
        cr_expect(fabs(verdict.ours.point - rows[i].ours) < 1e-9, "row %zu: %.17g", i, verdict.ours.point);
        cr_expect_str_eq(verdict.verdict, rows[i].verdict, "row %zu: %s", i, verdict.reason);
        cr_expect(verdict.reason[0] != '\0');
    }
    free_all();
}

Test(claims, several_rivals_are_one_by_the_mean_of_their_savings)
{
    made_up_gather(5, 0.0, &plan, &gathered);
    struct dvfo_claim claim = claim_of(DVFO_CLAIM_SAVING, "random", "cost_j", 33.0, "edge-only");
    claim.against.entry[claim.against.count++] = "edge-best";
    const double against_best = 100.0 * (1.0 - (5.0 + 8.0 + 10.0 + 4.0) / 36.0);
    cr_expect(fabs(judge(&claim).ours.point - 0.5 * (32.5 + against_best)) < 1e-9);
    claim.against = (struct dvfo_plan_list){.count = 1, .entry = {"all rivals"}}; /* cloud-only costs 6, 7, 12, 4 */
    const double against_cloud = 25.0 * (1.0 / 6.0 - 1.0 / 7.0 + 2.0 / 12.0);
    cr_expect(fabs(judge(&claim).ours.point - (32.5 + against_best + against_cloud) / 3.0) < 1e-9);
    free_all();
}

Test(claims, without_an_interval_there_is_no_verdict)
{
    made_up_gather(3, 0.1, &plan, &gathered);
    const struct dvfo_claim claim = claim_of(DVFO_CLAIM_SAVING, "random", "energy_j", 10.0, "edge-only");
    cr_expect_str_eq(judge(&claim).verdict, "no verdict");
    free_all();
}

Test(claims, what_is_not_measured_is_said_to_be_so)
{
    struct dvfo_verdict verdict;
    struct dvfo_claim claim = claim_of(DVFO_CLAIM_UNTESTED, "random", "energy_j", 10.0, NULL);
    claim.why = "nobody can";
    cr_assert(dvfo_claim_judge(NULL, &claim, NULL, &verdict) == DVFO_OK);
    cr_expect_str_eq(verdict.verdict, "not tested");
    cr_expect_str_eq(verdict.reason, "nobody can");
    claim = claim_of(DVFO_CLAIM_SAVING, "random", "energy_j", 10.0, "edge-only");
    cr_assert(dvfo_claim_judge(NULL, &claim, NULL, &verdict) == DVFO_OK);
    cr_expect_str_eq(verdict.verdict, "not tested");
    made_up_gather(5, 0.0, &plan, &gathered); /* its accuracy is of no profile */
    claim = claim_of(DVFO_CLAIM_BELOW, "random", "accuracy", 10.0, NULL);
    cr_expect(isnan(judge(&claim).ours.point));
    cr_expect_str_eq(judge(&claim).verdict, "no verdict");
    free_all();
}

Test(claims, a_policy_that_was_not_run_is_refused)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_verdict verdict;
    made_up_gather(5, 0.0, &plan, &gathered);
    const struct dvfo_claim claim = claim_of(DVFO_CLAIM_SAVING, "dvfo", "energy_j", 10.0, "edge-only");
    cr_expect(dvfo_claim_judge(&ctx, &claim, &gathered, &verdict) == DVFO_BAD_INPUT);
    cr_expect(strstr(ctx.message, "dvfo") != NULL, "%s", ctx.message);
    free_all();
}

Test(claims, those_that_are_shipped_are_read)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_claims claims;
    cr_assert(dvfo_claims_load(&ctx, &claims) == DVFO_OK, "%s", ctx.message);
    cr_expect(claims.count >= 11, "%zu", claims.count);
    for (size_t i = 0; i < claims.count; i++) {
        cr_expect(claims.claim[i].rule != DVFO_CLAIM_UNTESTED || claims.claim[i].why != NULL);
    }
    dvfo_claims_free(&claims);
}

/* Everything is inside, nothing is fetched from elsewhere. */
Test(claims, the_report_stands_alone)
{
    command_dvfo("bench run energy-breakdown", &said);
    cr_assert(said.code == 0, "%s", said.err);
    command_dvfo("bench report energy-breakdown ablation --quick --to rep", &said);
    cr_assert(said.code == 0, "%s", said.err);
    cr_expect(command_says(&said, "rep/report.html") && command_says(&said, "not tested"));
    command_shell(
        "grep -c '<svg' rep/report.html; grep -cE '(src|href)=.?https?:' rep/report.html; "
        "grep -c 'figures/energy-breakdown.png' rep/report.md; grep -c \"trials aren't in folder\" rep/report.md; "
        "ls rep/figures | tr '\\n' ' '",
        &said);
    cr_expect_str_eq(said.out, "1\n0\n1\n1\nenergy-breakdown.csv energy-breakdown.pdf energy-breakdown.png "
                               "energy-breakdown.svg ");
}

Test(claims, a_report_of_the_same_results_is_the_same)
{
    command_dvfo("bench run energy-breakdown", &said);
    command_dvfo("bench report energy-breakdown fidelity --to one", &said);
    cr_assert(said.code == 0, "%s", said.err);
    command_dvfo("bench report energy-breakdown fidelity --to two", &said);
    command_shell("diff -r one two && echo same", &said);
    cr_expect_str_eq(said.out, "same\n");
}
