#define _GNU_SOURCE /* pipe2 */
#include "bench/batch/call.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/progress.h"

enum { MOST_OUTPUT = 1 << 20, LOOK_MS = 50, SSH_FAILED = 255, NOT_FOUND = 127 };
#define TERMINATE_S 2.0 /* between asking to end and killing */
#define DRAIN_S 0.2     /* for what lies in the pipes of a command that has ended */

struct run {
    const struct dvfo_call_def *def;
    struct dvfo_call *call;
    pid_t child;
    int in, out, err; /* our ends; -1: closed */
    char line[256];   /* of standard error, so far */
    size_t length;
    bool ended, too_much, stopping;
    double stopped_s, ended_s;
    int asked; /* signals sent: 0 none, 1 SIGTERM, 2 SIGKILL */
};

dvfo_status dvfo_call_words(struct dvfo_ctx *ctx, const struct dvfo_hosts *hosts, const struct dvfo_host *host,
                            const struct dvfo_words *command, struct dvfo_words *out)
{
    const char *const ssh[] = {
        hosts->ssh,        "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=15",
        host->destination, NULL};
    if (host->local) {
        return dvfo_words_add_all(ctx, out, (const char *const *)command->word);
    }
    char *text = dvfo_words_text(command);
    if (text == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    const dvfo_status status = dvfo_words_add_all(ctx, out, ssh);
    const dvfo_status added = dvfo_words_add(ctx, out, text);
    free(text);
    return status != DVFO_OK ? status : added;
}

void dvfo_call_free(struct dvfo_call *call)
{
    free(call->out);
    *call = (struct dvfo_call){0};
}

/* ---- beginning ---- */

struct pipes {
    int in[2], out[2], err[2];
};

static void close_end(int *end)
{
    if (*end >= 0) {
        close(*end);
    }
    *end = -1;
}

static void close_pipes(struct pipes *pipes)
{
    int *const ends[] = {pipes->in, pipes->out, pipes->err};
    for (size_t i = 0; i < 3; i++) {
        close_end(&ends[i][0]);
        close_end(&ends[i][1]);
    }
}

/* Nobody else who is started meanwhile keeps our ends open: they close on execution. */
static dvfo_status open_pipes(struct dvfo_ctx *ctx, const char *input, struct pipes *pipes)
{
    *pipes = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
    bool opened = pipe2(pipes->out, O_CLOEXEC) == 0 && pipe2(pipes->err, O_CLOEXEC) == 0;
    if (opened && input == NULL) {
        opened = pipe2(pipes->in, O_CLOEXEC) == 0;
    } else if (opened) {
        pipes->in[0] = open(input, O_RDONLY | O_CLOEXEC);
        opened = pipes->in[0] >= 0;
    }
    if (!opened) {
        dvfo_fail(ctx, DVFO_FAILED, "%s: cannot be opened: %s", input != NULL ? input : "a pipe", strerror(errno));
        close_pipes(pipes);
        return DVFO_FAILED;
    }
    return DVFO_OK;
}

/* In the new process: only what is safe between fork and exec. */
static _Noreturn void become(char *const words[], const struct pipes *pipes)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ};
    sigset_t none;
    setpgid(0, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        signal(signals[i], SIG_DFL);
    }
    if (dup2(pipes->in[0], STDIN_FILENO) >= 0 && dup2(pipes->out[1], STDOUT_FILENO) >= 0 &&
        dup2(pipes->err[1], STDERR_FILENO) >= 0) {
        execvp(words[0], words);
        static const char unknown[] = "cannot be executed\n";
        (void)!write(STDERR_FILENO, words[0], strlen(words[0]));
        (void)!write(STDERR_FILENO, ": ", 2);
        (void)!write(STDERR_FILENO, unknown, sizeof unknown - 1);
    }
    _exit(NOT_FOUND);
}

static dvfo_status begin(struct dvfo_ctx *ctx, struct run *run, char *const words[])
{
    struct pipes pipes;
    DVFO_TRY(open_pipes(ctx, run->def->input, &pipes));
    run->child = fork();
    if (run->child == 0) {
        become(words, &pipes);
    }
    if (run->child < 0) {
        dvfo_fail(ctx, DVFO_FAILED, "no process can be started: %s", strerror(errno));
        close_pipes(&pipes);
        return DVFO_FAILED;
    }
    setpgid(run->child, run->child); /* whichever of us comes first */
    run->in = pipes.in[1];
    run->out = pipes.out[0];
    run->err = pipes.err[0];
    pipes.in[1] = pipes.out[0] = pipes.err[0] = -1;
    close_pipes(&pipes);
    return DVFO_OK;
}

/* ---- what it says ---- */

static dvfo_status keep_output(struct dvfo_ctx *ctx, struct run *run, const char *bytes, size_t size)
{
    struct dvfo_call *call = run->call;
    if (call->size + size > MOST_OUTPUT) {
        run->too_much = true;
        return DVFO_OK;
    }
    char *grown = realloc(call->out, call->size + size + 1);
    if (grown == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    memcpy(grown + call->size, bytes, size);
    call->out = grown;
    call->size += size;
    grown[call->size] = '\0';
    return DVFO_OK;
}

/* Whatever a machine says goes to the user's terminal, so nothing that would steer it. */
static void keep_errors(struct run *run, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        const bool ends = bytes[i] == '\n';
        if (!ends && run->length + 1 < sizeof run->line) {
            const unsigned char c = (unsigned char)bytes[i];
            run->line[run->length++] = (char)(c >= 0x80 || isprint(c) ? c : '?');
        }
        if (ends && run->length > 0) {
            run->line[run->length] = '\0';
            memcpy(run->call->last, run->line, run->length + 1);
            run->length = 0;
        }
    }
}

/* @return false once the other end is closed */
static bool read_some(struct dvfo_ctx *ctx, struct run *run, int from, dvfo_status *status)
{
    char bytes[4096];
    const ssize_t got = read(from, bytes, sizeof bytes);
    if (got > 0 && from == run->out) {
        *status = keep_output(ctx, run, bytes, (size_t)got);
    } else if (got > 0) {
        keep_errors(run, bytes, (size_t)got);
    }
    return got > 0 || (got < 0 && errno == EINTR);
}

static dvfo_status listen(struct dvfo_ctx *ctx, struct run *run)
{
    struct pollfd ends[] = {{.fd = run->out, .events = POLLIN}, {.fd = run->err, .events = POLLIN}};
    int *const ours[] = {&run->out, &run->err};
    dvfo_status status = DVFO_OK;
    if (poll(ends, 2, LOOK_MS) <= 0) {
        return DVFO_OK;
    }
    for (size_t i = 0; i < 2 && status == DVFO_OK; i++) {
        if (ends[i].revents != 0 && !read_some(ctx, run, *ours[i], &status)) {
            close_end(ours[i]);
        }
    }
    return status;
}

/* ---- its end ---- */

static void look_whether_it_ended(struct run *run)
{
    int state = 0;
    if (!run->ended && waitpid(run->child, &state, WNOHANG) == run->child) {
        run->ended = true;
        run->ended_s = dvfo_progress_clock_s();
        run->call->code = WIFEXITED(state) ? WEXITSTATUS(state) : -1;
        run->call->signal = WIFSIGNALED(state) ? WTERMSIG(state) : 0;
    }
}

static void ask_to_end(struct run *run)
{
    const double waited_s = dvfo_progress_clock_s() - run->stopped_s, patience_s = run->def->patience_s;
    const int wanted = waited_s > patience_s + TERMINATE_S ? 2 : waited_s > patience_s ? 1 : 0;
    if (wanted > run->asked && !run->ended) {
        (void)kill(-run->child, wanted == 2 ? SIGKILL : SIGTERM);
        run->asked = wanted;
    }
}

static void look_whether_to_stop(struct run *run)
{
    const bool told = run->def->stop != NULL && *run->def->stop != 0;
    if ((told || run->too_much) && !run->stopping) {
        run->stopping = true;
        run->stopped_s = dvfo_progress_clock_s();
        close_end(&run->in);
    }
    if (run->stopping) {
        ask_to_end(run);
    }
}

/* What it left running may hold the pipes: they aren't waited for. */
static bool is_over(const struct run *run)
{
    const bool silent = run->out < 0 && run->err < 0;
    return run->ended && (silent || dvfo_progress_clock_s() - run->ended_s > DRAIN_S);
}

static dvfo_status wait_for_end(struct dvfo_ctx *ctx, struct run *run)
{
    dvfo_status status = DVFO_OK;
    while (!is_over(run)) {
        look_whether_to_stop(run);
        const dvfo_status heard = listen(ctx, run);
        if (heard != DVFO_OK) {
            status = heard;
            run->too_much = true;
        }
        look_whether_it_ended(run);
    }
    keep_errors(run, "\n", 1);
    close_end(&run->in);
    close_end(&run->out);
    close_end(&run->err);
    return status;
}

dvfo_status dvfo_call_run(struct dvfo_ctx *ctx, const struct dvfo_call_def *def, struct dvfo_call *call)
{
    struct run run = {.def = def, .call = call, .in = -1, .out = -1, .err = -1};
    struct dvfo_words words = {0};
    *call = (struct dvfo_call){0};
    dvfo_status status = dvfo_call_words(ctx, def->hosts, def->host, def->command, &words);
    status = status == DVFO_OK ? keep_output(ctx, &run, "", 0) : status;
    status = status == DVFO_OK ? begin(ctx, &run, words.word) : status;
    status = status == DVFO_OK ? wait_for_end(ctx, &run) : status;
    dvfo_words_free(&words);
    if (status != DVFO_OK) {
        return status;
    }
    if (def->stop != NULL && *def->stop != 0) {
        return dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted");
    }
    return run.too_much ? dvfo_fail(ctx, DVFO_FAILED, "%s: said more than %d bytes, expected one record",
                                    def->host->destination, (int)MOST_OUTPUT)
                        : DVFO_OK;
}

/* ---- judging ---- */

bool dvfo_call_lost(const struct dvfo_call_def *def, const struct dvfo_call *call)
{
    return !def->host->local && (call->code == SSH_FAILED || call->signal != 0);
}

dvfo_status dvfo_call_check(struct dvfo_ctx *ctx, const struct dvfo_call_def *def, const struct dvfo_call *call,
                            const char *what)
{
    const char *host = def->host->destination, *last = call->last[0] != '\0' ? call->last : "(it said nothing)";
    if (call->code == 0) {
        return DVFO_OK;
    }
    if (dvfo_call_lost(def, call)) {
        return dvfo_fail(ctx, DVFO_FAILED, "%s: ssh failed: %s", host, last);
    }
    if (call->code == NOT_FOUND) {
        return dvfo_fail(ctx, DVFO_FAILED, "%s: there is no such program: %s", host, last);
    }
    return call->code > 0
               ? dvfo_fail(ctx, DVFO_FAILED, "%s: %s ended with exit code %d: %s", host, what, call->code, last)
               : dvfo_fail(ctx, DVFO_FAILED, "%s: %s was ended by signal %d: %s", host, what, call->signal, last);
}
