/* dvfo attention: which parts of what a network has seen are worth sending, and what that costs in accuracy. */
#include "bench/attention_verbs.h"
#include "bench/verbs.h"

static const struct dvfo_verbs verbs = {
    .command = "attention",
    .about =
        "Splitting by attention: images, networks that device and cloud run together, and what they answer rightly.",
    .examples = "  dvfo attention generate --out images/\n"
                "  dvfo attention train --data images/ --out net.h5\n"
                "  dvfo attention evaluate --data images/ --out accuracy.h5 net.h5\n"
                "  dvfo run -b jetson-nano -n collaborative --accuracy accuracy.h5 -p edge-best\n",
    .verbs =
        (const struct dvfo_command *const[]){
            &dvfo_attention_generate,
            &dvfo_attention_train,
            &dvfo_attention_evaluate,
            NULL,
        },
};

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    return dvfo_verbs_run(ctx, &verbs, argc, argv);
}

const struct dvfo_command dvfo_command_attention = {"attention", "train a network to be split, measure its accuracy",
                                                    run};
