#include "bench/verbs.h"

#include <string.h>

#include "sim/base/nearest.h"

enum { MAX_VERBS = 16, MAX_LIST_SIZE = 256 };

static void print_help(const struct dvfo_verbs *verbs, FILE *file)
{
    fprintf(file, "Usage: dvfo %s VERB [OPTIONS]\n%s\n\n", verbs->command, verbs->about);
    for (size_t i = 0; verbs->verbs[i] != NULL; i++) {
        fprintf(file, "  %-9s %s\n", verbs->verbs[i]->name, verbs->verbs[i]->summary);
    }
    fprintf(file, "\nExamples:\n%s\n'dvfo %s VERB --help' explains each one.\n", verbs->examples, verbs->command);
}

/* "info, convert or generate" */
static void write_list(const char *const names[], size_t count, char list[MAX_LIST_SIZE])
{
    list[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const size_t used = strlen(list);
        snprintf(list + used, MAX_LIST_SIZE - used, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", names[i]);
    }
}

static dvfo_status refuse(struct dvfo_ctx *ctx, const struct dvfo_verbs *verbs, const char *typed)
{
    const char *names[MAX_VERBS];
    char list[MAX_LIST_SIZE];
    size_t count = 0;
    for (; verbs->verbs[count] != NULL; count++) {
        DVFO_REQUIRE(count < MAX_VERBS);
        names[count] = verbs->verbs[count]->name;
    }
    write_list(names, count, list);
    if (typed == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "no verb is given, expected %s; see 'dvfo %s --help'", list,
                         verbs->command);
    }
    const char *near = dvfo_nearest(typed, names, count);
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "unknown verb '%s %s', expected %s%s%s%s", verbs->command, typed, list,
                     near != NULL ? "; did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "");
}

dvfo_status dvfo_verbs_run(struct dvfo_ctx *ctx, const struct dvfo_verbs *verbs, int argc, char **argv)
{
    if (argc < 2) {
        return refuse(ctx, verbs, NULL);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(verbs, stdout);
        return DVFO_OK;
    }
    for (size_t i = 0; verbs->verbs[i] != NULL; i++) {
        if (strcmp(verbs->verbs[i]->name, argv[1]) == 0) {
            char name[64];
            snprintf(name, sizeof name, "dvfo %s %s", verbs->command, argv[1]);
            argv[1] = name;
            return verbs->verbs[i]->run(ctx, argc - 1, argv + 1);
        }
    }
    return refuse(ctx, verbs, argv[1]);
}
