/* dvfo attention: which parts of what a network has seen are worth sending. */
#include "bench/attention_verbs.h"
#include "bench/verbs.h"

static const struct dvfo_verbs verbs = {
    .command = "attention",
    .about = "Splitting by attention: images to learn from and to be judged on.",
    .examples = "  dvfo attention generate --out images/\n"
                "  dvfo attention generate --images 2000 --test 500 --seed 7 --out small/\n",
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

const struct dvfo_command dvfo_command_attention = {"attention", "make images for splitting by attention", run};
