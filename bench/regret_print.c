/* What a regret table says. */
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <string.h>

#include "bench/regret.h"

struct dvfo_regret_verdict dvfo_regret_verdict_of(const struct dvfo_regret_cell *cell, long seeds, char *const rivals[],
                                                  size_t rival_count)
{
    double sorted[DVFO_REGRET_SEEDS];
    memcpy(sorted, cell->agent, (size_t)seeds * sizeof sorted[0]);
    gsl_sort(sorted, 1, (size_t)seeds);
    const double reference = isnan(cell->informed) ? cell->oracle : cell->informed;
    struct dvfo_regret_verdict verdict = {
        .agent = gsl_stats_median_from_sorted_data(sorted, 1, (size_t)seeds),
        .least = sorted[0],
        .most = sorted[seeds - 1],
        .gap_percent = 100.0 * (cell->fixed - reference) / cell->fixed,
        .closed_percent = (double)NAN,
        .over_fixed_percent = (double)NAN,
        .best_rival = "edge-only",
        .best_rival_cost = 1.0,
    };
    if (verdict.gap_percent >= DVFO_REGRET_WORTH) {
        verdict.closed_percent = 100.0 * (cell->fixed - verdict.agent) / (cell->fixed - reference);
        verdict.reached = verdict.closed_percent >= DVFO_REGRET_CLOSED;
    } else {
        verdict.over_fixed_percent = 100.0 * (verdict.agent / cell->fixed - 1.0);
        verdict.reached = verdict.over_fixed_percent <= DVFO_REGRET_OVER_FIXED;
    }
    if (cell->edge_best < verdict.best_rival_cost) {
        verdict.best_rival = "edge-best";
        verdict.best_rival_cost = cell->edge_best;
    }
    for (size_t r = 0; r < rival_count; r++) {
        if (cell->rival[r] < verdict.best_rival_cost) {
            verdict.best_rival = rivals[r];
            verdict.best_rival_cost = cell->rival[r];
        }
    }
    verdict.lowest = verdict.agent <= verdict.best_rival_cost || verdict.least <= verdict.best_rival_cost;
    return verdict;
}

/* ---- rows ---- */

static const char *const columns[] = {
    "board",      "network",         "link",      "eta",         "fixed",          "informed",           "oracle",
    "dvfo",       "dvfo_least",      "dvfo_most", "gap_percent", "closed_percent", "over_fixed_percent", "reached",
    "best_rival", "best_rival_cost", "lowest",    NULL,
};

static void add_row(const struct dvfo_regret *regret, size_t cell, const struct dvfo_regret_verdict *verdict,
                    struct dvfo_table *table)
{
    const struct dvfo_regret_world at = dvfo_regret_world_of(regret, cell / regret->etas);
    const struct dvfo_regret_cell *costs = &regret->cell[cell];
    const double numbers[] = {costs->fixed,         costs->informed,         costs->oracle,
                              verdict->agent,       verdict->least,          verdict->most,
                              verdict->gap_percent, verdict->closed_percent, verdict->over_fixed_percent};
    dvfo_table_text(table, regret->def.setting.board[at.board]->name);
    dvfo_table_text(table, regret->def.setting.network[at.network]->name);
    dvfo_table_text(table, regret->links.entry[at.link]);
    dvfo_table_number(table, regret->eta[cell % regret->etas], 3);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        dvfo_table_number(table, numbers[i], i < 6 ? 4 : 3);
    }
    dvfo_table_text(table, verdict->reached ? "yes" : "no");
    dvfo_table_text(table, verdict->best_rival);
    dvfo_table_number(table, verdict->best_rival_cost, 4);
    dvfo_table_text(table, verdict->lowest ? "yes" : "no");
}

/* ---- what it rests on ---- */

static void print_rules(const struct dvfo_regret *regret, FILE *file)
{
    static const char *const arrivals[] = {"closed loop", "periodic arrivals", "Poisson arrivals"};
    static const char *const tails[] = {"shapes", "linear", "width"};
    const struct dvfo_setting *setting = &regret->def.setting;
    const struct dvfo_trial *base = &setting->base;
    const struct dvfo_scenario_def *def = &base->scenario;
    fprintf(file,
            "%ld draws of a generated link (one of others), %ld requests each, %s%s; no agent has learnt from "
            "them\n",
            regret->def.draws, base->workload.requests, arrivals[base->workload.arrivals],
            base->workload.arrivals != DVFO_CLOSED ? ""
            : base->paired                         ? ", paired with the trace"
                                                   : ", free-running");
    fprintf(file,
            "agents: preset %s (%s), %llu decisions, seeds %llu to %llu; one for all weights of a board, network "
            "and link\n",
            regret->agent.preset, regret->agent.standing, (unsigned long long)regret->agent.training.steps,
            (unsigned long long)base->seed, (unsigned long long)base->seed + (unsigned long long)regret->def.seeds - 1);
    fprintf(file, "lambda %g; mode %s; composition %s, tail %s; cloud %s, RTT %g ms, timeout %g s%s\n", def->lambda,
            base->mode == DVFO_BLOCKING ? "blocking" : "concurrent",
            def->composition == DVFO_PARALLEL ? "parallel" : "serial", tails[def->tail_rule],
            setting->cloud_profile->name, 1e3 * def->rtt_s, def->timeout_s,
            setting->accuracy_profile == NULL ? "; no accuracy floor" : "");
    dvfo_setting_print_accuracy(setting, file);
    dvfo_setting_print_variants(setting, file);
}

static dvfo_status print_worlds(struct dvfo_ctx *ctx, const struct dvfo_regret *regret, FILE *file)
{
    const struct dvfo_setting *setting = &regret->def.setting;
    for (size_t n = 0; n < setting->network_count; n++) {
        const struct dvfo_network *network = setting->network[n];
        fprintf(file, "  %s: input %s %ldx%ldx%ld, split after %s\n", network->name, network->variant,
                network->input.channels, network->input.height, network->input.width,
                network->layers[network->split].name);
    }
    for (size_t b = 0; b < setting->board_count; b++) {
        struct dvfo_trial trial;
        DVFO_TRY(dvfo_setting_world(ctx, setting, b, 0, &trial));
        fprintf(file, "  %s: profile %s %s, P_max %.4g W\n", trial.scenario.board->name, trial.scenario.runtime->name,
                trial.scenario.runtime->precision, trial.scenario.p_max_w);
    }
    return DVFO_OK;
}

static dvfo_status print_summary(struct dvfo_ctx *ctx, const struct dvfo_regret *regret, size_t cells, size_t reached,
                                 size_t lowest, FILE *file)
{
    fprintf(file,
            "\nreached: %zu of %zu cells (at least %g %% of the gap closed, where it is %g %% or more; else at most "
            "%g %% above fixed)\n"
            "lowest: %zu of %zu cells (not above the best rival, or no further than the seeds are apart)\n",
            reached, cells, DVFO_REGRET_CLOSED, DVFO_REGRET_WORTH, DVFO_REGRET_OVER_FIXED, lowest, cells);
    fputs("costs are means over draws, in costs of edge-only at the highest clocks on the same; fixed: the best single "
          "setting of all draws in hindsight;\n"
          "informed knows the generator, oracle the trace; dvfo: median of the seeds; gap: informed below fixed (for "
          "recordings: oracle below fixed)\n",
          file);
    if (regret->agent.actions.input) {
        fputs("fixed, informed and oracle may send the encoded input, as the agents may\n", file);
    }
    fputs("rivals: edge-only, edge-best", file);
    for (size_t r = 0; r < regret->rivals.count; r++) {
        fprintf(file, ", %s", regret->rivals.entry[r]);
    }
    fputc('\n', file);
    print_rules(regret, file);
    return print_worlds(ctx, regret, file);
}

dvfo_status dvfo_regret_print(struct dvfo_ctx *ctx, const struct dvfo_regret *regret, size_t cells,
                              dvfo_table_format format, FILE *file)
{
    struct dvfo_table *table = NULL;
    size_t reached = 0, lowest = 0;
    DVFO_TRY(dvfo_table_create(ctx, columns, &table));
    for (size_t i = 0; i < cells; i++) {
        const struct dvfo_regret_verdict verdict =
            dvfo_regret_verdict_of(&regret->cell[i], regret->def.seeds, regret->rivals.entry, regret->rivals.count);
        add_row(regret, i, &verdict, table);
        reached += verdict.reached;
        lowest += verdict.lowest;
    }
    dvfo_status status = dvfo_table_print(ctx, table, format, file);
    if (status == DVFO_OK && format == DVFO_TABLE_TEXT) {
        status = print_summary(ctx, regret, cells, reached, lowest, file);
    }
    dvfo_table_free(table);
    return status;
}
