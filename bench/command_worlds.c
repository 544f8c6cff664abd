/* dvfo train: in the simulator, or with --world live on this machine. */
#include <string.h>

#include "bench/train_verbs.h"

/* The world that is named on the command line; "sim" when none is. */
static const char *world_of(int argc, char **argv)
{
    const char *world = "sim";
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--world=", 8) == 0) {
            world = argv[i] + 8;
        } else if (strcmp(argv[i], "--world") == 0 && i + 1 < argc) {
            world = argv[i + 1];
        }
    }
    return world;
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    const char *world = world_of(argc, argv);
    if (strcmp(world, "live") == 0) {
        return dvfo_train_live(ctx, argc, argv);
    }
    return strcmp(world, "sim") == 0 ? dvfo_train_simulated(ctx, argc, argv)
                                     : dvfo_fail(ctx, DVFO_BAD_INPUT, "--world is '%s', expected sim or live", world);
}

const struct dvfo_command dvfo_command_train = {"train", "train an agent that sets clocks and share", run};
