#include "bench/command.h"

dvfo_status dvfo_command_parse(struct dvfo_ctx *ctx, const struct argp *argp, int argc, char **argv, void *input)
{
    if (argp_parse(argp, argc, argv, 0, NULL, input) != 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the options of '%s' could not be read; try '%s --help'", argv[0],
                         argv[0]);
    }
    return DVFO_OK;
}
