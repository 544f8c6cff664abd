/* dvfo board: look at a Jetson's clocks, rails and temperatures, and set its clocks. */
#include "bench/board_verbs.h"
#include "bench/verbs.h"
#include "sim/base/text.h"

dvfo_status dvfo_board_open(struct dvfo_ctx *ctx, const char *root, const char *board, struct dvfo_hardware **out)
{
    struct dvfo_sysfs sysfs;
    DVFO_TRY(dvfo_sysfs_open(ctx, root, &sysfs));
    return dvfo_hardware_open(ctx, &sysfs, board != NULL ? board : "auto", out);
}

dvfo_status dvfo_board_number(struct dvfo_ctx *ctx, const char *option, const char *text, double min, double max,
                              double *out)
{
    if (text != NULL && (!dvfo_text_number(text, NULL, out) || *out < min || *out > max)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s is '%.40s', expected a number from %g to %g", option, text, min,
                         max);
    }
    return DVFO_OK;
}

dvfo_status dvfo_board_whole(struct dvfo_ctx *ctx, const char *option, const char *text, long min, long max, long *out)
{
    long long value = *out;
    if (text != NULL && (!dvfo_text_integer(text, NULL, &value) || value < min || value > max)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s is '%.40s', expected a whole number from %ld to %ld", option, text,
                         min, max);
    }
    *out = (long)value;
    return DVFO_OK;
}

static const struct dvfo_verbs verbs = {
    .command = "board",
    .about = "This machine, if it is a Jetson: its clocks, rails and temperatures.",
    .examples = "  dvfo board info\n"
                "  sudo dvfo board set --gpu 510 --mem 1600\n"
                "  sudo dvfo board set --restore\n"
                "  sudo dvfo board watch --interval 0.5 --samples 20 --format csv\n",
    .verbs = (const struct dvfo_command *const[]){&dvfo_board_info, &dvfo_board_set, &dvfo_board_watch, NULL},
};

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    return dvfo_verbs_run(ctx, &verbs, argc, argv);
}

const struct dvfo_command dvfo_command_board = {"board", "clocks, rails and temperatures of this machine, a Jetson",
                                                run};
