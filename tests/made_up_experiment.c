#include "made_up_experiment.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/batch/batch_parts.h"
#include "experiment.h"

/* Edge-only is the scale. The oracle gains too little at the last point for a scale of its own. */
const double made_up_cost_j[MADE_UP_POINTS][MADE_UP_POLICIES] = {
    /* edge-only, random, cloud-only, edge-best, oracle */
    {10.0, 5.0, 6.0, 9.0, 4.0},
    {10.0, 8.0, 7.0, 9.0, 6.0},
    {10.0, 10.0, 12.0, 9.0, 8.0},
    {10.0, 4.0, 4.0, 9.0, 9.9},
};

static const char text[] = "title: A made-up experiment\n"
                           "set: {board: ./small-board.yaml, requests: 20}\n"
                           "sweep:\n"
                           "  network: [./a&b_net.yaml, ./small-network.yaml]\n"
                           "  eta: [0.2, 0.8]\n"
                           "  policy: [edge-only, random, cloud-only, edge-best, oracle-all]\n"
                           "seeds: 5\n"
                           "table:\n"
                           "  rows: [network, policy]\n"
                           "  columns: [cost_j, energy_j]\n"
                           "  baseline: edge-only\n"
                           "  saving: [cost_j]\n"
                           "  best: [cloud-only, edge-best]\n"
                           "compare:\n"
                           "  subject: random\n"
                           "  rivals: [edge-only, cloud-only, edge-best]\n"
                           "  measures: [cost_j, energy_j]\n"
                           "  oracle: oracle-all\n";

void made_up_write(void)
{
    static struct said said;
    command_write("made-up.yaml", text, strlen(text));
    command_shell("sed 's/^name: small-network/name: a_net/' $DATA/small-network.yaml > './a&b_net.yaml'", &said);
    cr_assert(said.code == 0, "%s", said.err);
}

static struct dvfo_record make_record(const struct dvfo_plan *plan, size_t point, size_t policy, size_t seed,
                                      double spread)
{
    struct dvfo_record record = {.rails = 1, .rail = {"all"}};
    const double middle = 0.5 * (double)(plan->seeds - 1);
    const double cost_j = made_up_cost_j[point][policy] * (1.0 + spread * ((double)seed - middle));
    for (size_t i = 0; dvfo_trial_columns[i].name != NULL; i++) {
        record.number[i] = dvfo_trial_columns[i].value != NULL ? 0.0 : (double)NAN;
    }
    record.number[dvfo_record_column("cost_j")] = cost_j;
    record.number[dvfo_record_column("energy_j")] = 0.5 * cost_j;
    record.number[dvfo_record_column("accuracy")] = (double)NAN; /* no profile */
    record.number[dvfo_record_column("share")] = policy == EDGE_ONLY ? 0.0 : 0.5;
    snprintf(record.text[0], DVFO_RECORD_TEXT, "a board"); /* text columns in their order */
    snprintf(record.text[1], DVFO_RECORD_TEXT, "a network");
    snprintf(record.text[2], DVFO_RECORD_TEXT, "%s", plan->policies.entry[policy]);
    return record;
}

static void load_plan(size_t seeds, struct dvfo_plan *plan)
{
    struct dvfo_ctx ctx = {0};
    const struct dvfo_plan_changes changes = {.seeds = (long)seeds};
    made_up_write();
    cr_assert(dvfo_plan_load(&ctx, "made-up.yaml", &changes, plan) == DVFO_OK, "%s", ctx.message);
    cr_assert(dvfo_plan_points(plan) == MADE_UP_POINTS && plan->policies.count == MADE_UP_POLICIES);
}

void made_up_gather(size_t seeds, double spread, struct dvfo_plan *plan, struct dvfo_gathered *out)
{
    load_plan(seeds, plan);
    *out = (struct dvfo_gathered){.plan = plan, .points = MADE_UP_POINTS, .policies = MADE_UP_POLICIES, .seeds = seeds};
    out->record = calloc(MADE_UP_POINTS * MADE_UP_POLICIES * seeds, sizeof *out->record);
    cr_assert(out->record != NULL);
    for (size_t point = 0; point < MADE_UP_POINTS; point++) {
        for (size_t seed = 0; seed < seeds; seed++) {
            for (size_t policy = 0; policy < MADE_UP_POLICIES; policy++) {
                out->record[(point * seeds + seed) * MADE_UP_POLICIES + policy] =
                    make_record(plan, point, policy, seed, spread);
            }
        }
    }
}

void made_up_save(size_t seeds, double spread)
{
    static struct dvfo_plan plan;
    struct dvfo_plan *const plans[] = {&plan};
    const struct dvfo_batch_def def = {.folder = "results"};
    struct dvfo_batch batch;
    struct dvfo_ctx ctx = {0};
    load_plan(seeds, &plan);
    cr_assert(dvfo_batch_prepare(&ctx, &def, plans, 1, &batch) == DVFO_OK, "%s", ctx.message);
    mkdir("results", 0777);
    mkdir("results/trials", 0777);
    for (size_t i = 0; i < batch.trials; i++) {
        const struct dvfo_batch_trial *trial = &batch.trial[i];
        const struct dvfo_record record =
            make_record(&plan, trial->point, trial->policy, (size_t)(trial->seed - 1), spread);
        char path[DVFO_PATH_SIZE], folder[64], *inputs = NULL;
        snprintf(folder, sizeof folder, "results/trials/%.2s", trial->sha256);
        mkdir(folder, 0777);
        dvfo_batch_record_path(&batch, trial->sha256, path);
        cr_assert(dvfo_batch_inputs(&ctx, &batch, trial, &inputs) == DVFO_OK, "%s", ctx.message);
        cr_assert(dvfo_record_save(&ctx, &record, inputs, NULL, trial->sha256, path) == DVFO_OK, "%s", ctx.message);
        free(inputs);
    }
    dvfo_batch_free(&batch);
    dvfo_plan_free(&plan);
}
