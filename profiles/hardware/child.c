#include "profiles/hardware/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "profiles/hardware/pace.h"

extern char **environ;

/* The environment with ours before it: the first of a name counts. Made before the fork, where allocating is safe. */
static char **extend_environment(const char *const variables[])
{
    size_t ours = 0, theirs = 0;
    while (variables[ours] != NULL) {
        ours++;
    }
    while (environ[theirs] != NULL) {
        theirs++;
    }
    char **all = malloc((ours + theirs + 1) * sizeof *all);
    if (all != NULL) {
        memcpy(all, variables, ours * sizeof *all);
        memcpy(all + ours, environ, (theirs + 1) * sizeof *all);
    }
    return all;
}

/* In the new process: only what is safe between fork and exec. If dvfo is killed, the shell goes with it. */
static _Noreturn void become_command(const char *command, int log, int nothing, char **environment)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ};
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        signal(signals[i], SIG_DFL);
    }
    if (dup2(nothing, STDIN_FILENO) >= 0 && dup2(log, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0) {
        execle("/bin/sh", "sh", "-c", command, (char *)NULL, environment);
    }
    _exit(127);
}

dvfo_status dvfo_child_start(struct dvfo_ctx *ctx, const char *command, const char *log, const char *const variables[],
                             struct dvfo_child *child)
{
    *child = (struct dvfo_child){0};
    char **environment = extend_environment(variables);
    if (environment == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int output = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    dvfo_status status = DVFO_OK;
    if (nothing < 0 || output < 0) {
        status =
            dvfo_fail(ctx, DVFO_FAILED, "%s: cannot be written: %s", output < 0 ? log : "/dev/null", strerror(errno));
    } else {
        child->begun_s = dvfo_pace_now_s();
        const pid_t pid = fork();
        if (pid == 0) {
            become_command(command, output, nothing, environment);
        }
        if (pid < 0) {
            status = dvfo_fail(ctx, DVFO_FAILED, "no process could be started: %s", strerror(errno));
        } else {
            setpgid(pid, pid); /* whichever of us comes first */
            child->pid = pid;
        }
    }
    if (nothing >= 0) {
        close(nothing);
    }
    if (output >= 0) {
        close(output);
    }
    free(environment);
    return status;
}

/* As long as the ended process isn't waited for, its number can't go to another. */
bool dvfo_child_poll(struct dvfo_child *child)
{
    siginfo_t info = {0};
    int state = 0;
    if (child->ended || child->pid == 0) {
        return true;
    }
    if (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) {
        return false;
    }
    child->ended_s = dvfo_pace_now_s();
    (void)kill(-child->pid, SIGKILL);
    (void)waitpid(child->pid, &state, 0);
    child->ended = true;
    child->code = WIFEXITED(state) ? WEXITSTATUS(state) : -1;
    child->signal = WIFSIGNALED(state) ? WTERMSIG(state) : 0;
    return true;
}

void dvfo_child_end(struct dvfo_child *child, double grace_s)
{
    if (child->pid == 0 || child->ended) {
        return;
    }
    (void)kill(-child->pid, SIGTERM);
    const double until_s = dvfo_pace_now_s() + grace_s;
    while (!dvfo_child_poll(child)) {
        if (dvfo_pace_now_s() > until_s) {
            (void)kill(-child->pid, SIGKILL);
        }
        (void)dvfo_pace_sleep(0.005, NULL);
    }
}
