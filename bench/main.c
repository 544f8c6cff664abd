/* dvfo: dispatches to the sub-commands and turns their status into an exit code. */
#include <argp.h>
#include <cblas.h>
#include <errno.h>
#include <fcntl.h>
#include <gsl/gsl_errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "bench/blas_kernel.h"
#include "bench/command.h"
#include "dvfo_version.h"
#include "sim/base/nearest.h"

static const struct dvfo_command *const commands[] = {
    &dvfo_command_list,
    &dvfo_command_show,
    &dvfo_command_run,
    &dvfo_command_train,
    &dvfo_command_bench,
    &dvfo_command_plot,
    &dvfo_command_trace,
    &dvfo_command_profile,
    &dvfo_command_board,
    &dvfo_command_attention,
    &dvfo_command_serve,
    &dvfo_command_live,
    NULL,
};

enum { MAX_COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(FILE *file)
{
    fputs("Usage: dvfo COMMAND [OPTIONS]\n"
          "Energy-efficient edge-cloud DNN inference: simulate, compare, plot.\n\n",
          file);
    for (size_t i = 0; commands[i] != NULL; i++) {
        fprintf(file, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
    }
    fputs("\nExamples:\n"
          "  dvfo list policies\n"
          "  dvfo show board jetson-tx2\n"
          "  dvfo run --board jetson-tx2 --network vgg-19 --policy edge-only\n"
          "  dvfo run --board xavier-nx --network resnet-18 --policy l4t-default,edge-best --trace model:4g-up\n"
          "  dvfo plot clock-sensitivity\n\n"
          "'dvfo COMMAND --help' explains each one. Results go to standard output, messages to standard error.\n"
          "Exit: 0 done, 1 failed while running, 2 unusable arguments or input, 130 interrupted, 141 closed pipe.\n",
          file);
}

static const struct dvfo_command *find_command(const char *name)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static void report_unknown(const char *name)
{
    const char *names[MAX_COMMANDS];
    size_t count = 0;
    for (; commands[count] != NULL; count++) {
        names[count] = commands[count]->name;
    }
    const char *near = dvfo_nearest(name, names, count);
    fprintf(stderr, "dvfo: unknown command '%s'%s%s%s; 'dvfo --help' lists them\n", name,
            near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static void print_note(void *user, const char *sentence)
{
    (void)user;
    fprintf(stderr, "dvfo: note: %s\n", sentence);
}

/* A stream that we were started without gets a place where writing fails; else the next file opened would become it. */
static void occupy_closed_streams(void)
{
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
        if (fcntl(stream, F_GETFD) < 0) {
            (void)open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

static void set_up_libraries_and_signals(void)
{
    gsl_set_error_handler_off();
    openblas_set_num_threads(1); /* workers are ours; one thread keeps sums in one order */
    signal(SIGPIPE, SIG_IGN);    /* a closed pipe is a write error, told by its exit code */
    signal(SIGXFSZ, SIG_IGN);    /* so is a file that reached its limit */
    argp_err_exit_status = 2;
}

static dvfo_status flush_output(struct dvfo_ctx *ctx)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return DVFO_OK;
    }
    return errno == EPIPE ? DVFO_CLOSED_PIPE
                          : dvfo_fail(ctx, DVFO_FAILED, "standard output could not be written: %s", strerror(errno));
}

/* Tell what went wrong. @return the exit code */
static int finish(struct dvfo_ctx *ctx, dvfo_status status)
{
    if (status == DVFO_OK) {
        status = flush_output(ctx);
    }
    if (status != DVFO_OK && status != DVFO_CLOSED_PIPE) {
        fprintf(stderr, "dvfo: %s\n", ctx->message[0] != '\0' ? ctx->message : dvfo_status_text(status));
    }
    return dvfo_status_exit_code(status);
}

int main(int argc, char **argv)
{
    dvfo_blas_kernel_choose(argv);
    occupy_closed_streams();
    set_up_libraries_and_signals();
    struct dvfo_ctx ctx = {.note = print_note};
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(argc < 2 ? stderr : stdout);
        return argc < 2 ? 2 : finish(&ctx, DVFO_OK);
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("dvfo " DVFO_VERSION);
        return finish(&ctx, DVFO_OK);
    }
    const struct dvfo_command *command = find_command(argv[1]);
    if (command == NULL) {
        report_unknown(argv[1]);
        return 2;
    }
    char name[64];
    snprintf(name, sizeof name, "dvfo %s", command->name);
    argv[1] = name;
    return finish(&ctx, command->run(&ctx, argc - 1, argv + 1));
}
