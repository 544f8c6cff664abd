/* dvfo bench: experiments of many trials. */
#include "bench/bench_verbs.h"
#include "bench/verbs.h"

static const struct dvfo_verbs verbs = {
    .command = "bench",
    .about = "Experiments of many trials: train, judge, compare.",
    .examples = "  dvfo bench list\n"
                "  dvfo bench run headline --quick\n"
                "  dvfo bench table headline --quick\n"
                "  dvfo bench table regret --quick --board xavier-nx\n",
    .verbs = (const struct dvfo_command *const[]){&dvfo_bench_list, &dvfo_bench_run, &dvfo_bench_table,
                                                  &dvfo_bench_plot, &dvfo_bench_report, &dvfo_bench_merge, NULL},
};

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    return dvfo_verbs_run(ctx, &verbs, argc, argv);
}

const struct dvfo_command dvfo_command_bench = {"bench", "experiments of many trials", run};
