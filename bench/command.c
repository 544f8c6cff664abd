#define _GNU_SOURCE /* fopencookie */
#include "bench/command.h"

#include <string.h>

/* A command's own argp, wrapped to give its messages another stream. */
struct parsing {
    const struct argp *argp;
    void *input;
    FILE *said;
};

static error_t forward(int key, char *text, struct argp_state *state)
{
    struct parsing *parsing = state->input;
    if (key == ARGP_KEY_INIT && parsing->said != NULL) {
        state->err_stream = parsing->said;
    }
    state->input = parsing->input;
    return parsing->argp->parser(key, text, state);
}

/* argp ends every message with "Try `dvfo run --help' ...", on more lines than one for a long name; one sentence is
 * enough. */
static ssize_t write_without_hint(void *cookie, const char *line, size_t size)
{
    static const char hint[] = "Try `";
    bool *in_hint = cookie;
    *in_hint = *in_hint || (size >= strlen(hint) && memcmp(line, hint, strlen(hint)) == 0);
    if (!*in_hint) {
        fwrite(line, 1, size, stderr);
    }
    return (ssize_t)size;
}

dvfo_status dvfo_command_parse(struct dvfo_ctx *ctx, const struct argp *argp, int argc, char **argv, void *input)
{
    bool in_hint = false;
    struct parsing parsing = {argp, input,
                              fopencookie(&in_hint, "w", (cookie_io_functions_t){.write = write_without_hint})};
    struct argp wrapped = *argp;
    wrapped.parser = forward;
    if (parsing.said != NULL) {
        setvbuf(parsing.said, NULL, _IOLBF, BUFSIZ); /* one call per line */
    }
    const error_t failed = argp_parse(&wrapped, argc, argv, 0, NULL, &parsing);
    if (parsing.said != NULL) {
        fclose(parsing.said);
    }
    return failed == 0 ? DVFO_OK : dvfo_fail(ctx, DVFO_BAD_INPUT, "the options of '%s' could not be read", argv[0]);
}
