#include "plots/rehearsed.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/hdf_read.h"

extern char **environ;

enum { WAIT_NS = 20000000, SERVER_TRIES = 500, LAST_WORDS = 300 };

/* ---- commands ---- */

/* Arguments of a command, NULL at the end; texts are borrowed. */
struct command {
    size_t n;
    const char *argument[DVFO_REHEARSED_ARGUMENTS + 1];
};

static void add(struct command *command, const char *argument)
{
    DVFO_REQUIRE(command->n < DVFO_REHEARSED_ARGUMENTS);
    command->argument[command->n++] = argument;
}

static void add_option(struct command *command, const char *name, const char *value)
{
    add(command, name);
    add(command, value);
}

static bool is_stopped(const struct dvfo_rehearsed *rehearsed)
{
    return rehearsed->stop != NULL && *rehearsed->stop != 0;
}

static dvfo_status path_of(struct dvfo_ctx *ctx, const struct dvfo_rehearsed *rehearsed, const char *name,
                           char path[DVFO_PATH_SIZE])
{
    return snprintf(path, DVFO_PATH_SIZE, "%s/%s", rehearsed->folder, name) < DVFO_PATH_SIZE
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_FAILED, "the path of the temporary folder is too long");
}

/* This very program, its words in a file, standard output and error alike. */
static dvfo_status start(struct dvfo_ctx *ctx, const struct command *command, const char *log, pid_t *pid)
{
    char *argv[DVFO_REHEARSED_ARGUMENTS + 2] = {(char *)"dvfo"};
    memcpy(argv + 1, command->argument, command->n * sizeof *argv);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    const int failed = posix_spawn(pid, "/proc/self/exe", &files, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    return failed == 0 ? DVFO_OK
                       : dvfo_fail(ctx, DVFO_FAILED, "'dvfo %s' could not be started: %s", argv[1], strerror(failed));
}

/* The last line of what a command said. */
static void last_words(const char *log, char words[LAST_WORDS])
{
    struct dvfo_text text;
    snprintf(words, LAST_WORDS, "(nothing)");
    if (dvfo_text_load(NULL, log, (size_t)1 << 20, &text) != DVFO_OK) {
        return;
    }
    struct dvfo_lines lines = dvfo_lines_of(&text);
    for (const char *line = dvfo_lines_next(&lines); line != NULL; line = dvfo_lines_next(&lines)) {
        if (line[0] != '\0') {
            snprintf(words, LAST_WORDS, "%s", line);
        }
    }
    dvfo_text_free(&text);
}

/* Wait for its end; what ends us ends it. */
static int await(const struct dvfo_rehearsed *rehearsed, pid_t pid)
{
    const struct timespec pause = {.tv_nsec = WAIT_NS};
    bool told = false;
    int state = 0;
    while (waitpid(pid, &state, WNOHANG) == 0) {
        if (is_stopped(rehearsed) && !told) {
            kill(pid, SIGTERM);
            told = true;
        }
        nanosleep(&pause, NULL);
    }
    return state;
}

/* Run to the end. */
static dvfo_status run(struct dvfo_ctx *ctx, const struct dvfo_rehearsed *rehearsed, const struct command *command)
{
    char log[DVFO_PATH_SIZE], words[LAST_WORDS];
    pid_t pid = 0;
    DVFO_TRY(path_of(ctx, rehearsed, "log", log));
    DVFO_TRY(start(ctx, command, log, &pid));
    const int state = await(rehearsed, pid);
    if (is_stopped(rehearsed)) {
        return dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted");
    }
    if (WIFEXITED(state) && WEXITSTATUS(state) == 0) {
        return DVFO_OK;
    }
    last_words(log, words);
    return dvfo_fail(ctx, DVFO_FAILED, "'dvfo %s' failed: %s", command->argument[0], words);
}

/* ---- what is there to begin with ---- */

static dvfo_status make_images(struct dvfo_ctx *ctx, const struct dvfo_rehearsed *rehearsed)
{
    struct command command = {0};
    add(&command, "attention");
    add(&command, "generate");
    add_option(&command, "--out", rehearsed->folder);
    add_option(&command, "--images", "640");
    add_option(&command, "--test", "500");
    return run(ctx, rehearsed, &command);
}

static dvfo_status make_network(struct dvfo_ctx *ctx, const struct dvfo_rehearsed *rehearsed)
{
    struct command command = {0};
    add(&command, "attention");
    add(&command, "train");
    add_option(&command, "--data", rehearsed->folder);
    add_option(&command, "--out", rehearsed->network);
    add_option(&command, "--set", "epochs_full=1");
    add_option(&command, "--set", "epochs_split=1");
    add_option(&command, "--set", "epochs_little=1");
    return run(ctx, rehearsed, &command);
}

static dvfo_status find_or_make(struct dvfo_ctx *ctx, const char *measured, struct dvfo_rehearsed *rehearsed)
{
    const char *folder = measured != NULL ? measured : rehearsed->folder;
    if (snprintf(rehearsed->network, DVFO_PATH_SIZE, "%s/net.h5", folder) >= DVFO_PATH_SIZE ||
        snprintf(rehearsed->images, DVFO_PATH_SIZE, "%s/test.bin", folder) >= DVFO_PATH_SIZE) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the path of --measured is longer than %d characters",
                         DVFO_PATH_SIZE - 16);
    }
    if (measured != NULL) {
        return DVFO_OK;
    }
    DVFO_TRY(make_images(ctx, rehearsed));
    return make_network(ctx, rehearsed);
}

/* ---- the server ---- */

static bool read_address(const char *path, char address[128])
{
    struct dvfo_text text;
    if (dvfo_text_load(NULL, path, 1024, &text) != DVFO_OK) {
        return false;
    }
    struct dvfo_lines lines = dvfo_lines_of(&text);
    const char *line = dvfo_lines_next(&lines);
    snprintf(address, 128, "%s", line != NULL ? line : "");
    dvfo_text_free(&text);
    return address[0] != '\0';
}

static dvfo_status await_server(struct dvfo_ctx *ctx, struct dvfo_rehearsed *rehearsed, const char *port,
                                const char *log)
{
    const struct timespec pause = {.tv_nsec = WAIT_NS};
    char words[LAST_WORDS];
    int state = 0;
    for (int i = 0; i < SERVER_TRIES; i++) {
        if (read_address(port, rehearsed->address)) {
            return DVFO_OK;
        }
        if (waitpid(rehearsed->server, &state, WNOHANG) == rehearsed->server) {
            rehearsed->server = 0;
            break;
        }
        if (is_stopped(rehearsed)) {
            return dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted");
        }
        nanosleep(&pause, NULL);
    }
    last_words(log, words);
    return dvfo_fail(ctx, DVFO_FAILED, "'dvfo serve' does not serve: %s", words);
}

static dvfo_status start_server(struct dvfo_ctx *ctx, struct dvfo_rehearsed *rehearsed)
{
    char port[DVFO_PATH_SIZE], log[DVFO_PATH_SIZE];
    struct command command = {0};
    DVFO_TRY(path_of(ctx, rehearsed, "address", port));
    DVFO_TRY(path_of(ctx, rehearsed, "server.log", log));
    add(&command, "serve");
    add_option(&command, "--network-file", rehearsed->network);
    add_option(&command, "--listen", "127.0.0.1:0");
    add_option(&command, "--port-file", port);
    DVFO_TRY(start(ctx, &command, log, &rehearsed->server));
    return await_server(ctx, rehearsed, port, log);
}

static void stop_server(struct dvfo_rehearsed *rehearsed)
{
    if (rehearsed->server > 0) {
        kill(rehearsed->server, SIGTERM);
        while (waitpid(rehearsed->server, NULL, 0) < 0 && errno == EINTR) {
        }
    }
}

static dvfo_status rehearse(struct dvfo_ctx *ctx, const struct dvfo_rehearsed *rehearsed)
{
    struct command command = {0};
    add(&command, "live");
    add_option(&command, "--network-file", rehearsed->network);
    add_option(&command, "--server", rehearsed->address);
    add_option(&command, "--rehearse", rehearsed->folder);
    return run(ctx, rehearsed, &command);
}

dvfo_status dvfo_rehearsed_begin(struct dvfo_ctx *ctx, const char *measured, const volatile sig_atomic_t *stop,
                                 struct dvfo_rehearsed *out)
{
    *out = (struct dvfo_rehearsed){.stop = stop};
    snprintf(out->folder, sizeof out->folder, "/tmp/dvfo-sim-vs-live-XXXXXX");
    if (mkdtemp(out->folder) == NULL) {
        out->folder[0] = '\0';
        return dvfo_fail(ctx, DVFO_FAILED, "no temporary folder can be made in /tmp");
    }
    DVFO_TRY(find_or_make(ctx, measured, out));
    DVFO_TRY(start_server(ctx, out));
    return rehearse(ctx, out);
}

void dvfo_rehearsed_free(struct dvfo_rehearsed *rehearsed)
{
    static const char *const names[] = {
        "train.bin", "test.bin",      "generated.json",   "net.h5",       "log",        "address",  "server.log",
        "host.yaml", "host.csv",      "collaborative.h5", "attention.h5", "cloud.yaml", "agent.h5", "agent.h5.run.json",
        "rows.h5",   "rows.run.json", "agent.run.json",   "agent.csv"};
    char path[DVFO_PATH_SIZE];
    stop_server(rehearsed);
    for (size_t i = 0; rehearsed->folder[0] != '\0' && i < sizeof names / sizeof *names; i++) {
        if (path_of(NULL, rehearsed, names[i], path) == DVFO_OK) {
            unlink(path);
        }
    }
    if (rehearsed->folder[0] != '\0') {
        rmdir(rehearsed->folder);
    }
    *rehearsed = (struct dvfo_rehearsed){0};
}

/* ---- trials ---- */

/* Room for the paths that a command names. */
struct paths {
    char board[DVFO_PATH_SIZE], layers[2 * DVFO_PATH_SIZE], cloud[DVFO_PATH_SIZE], out[DVFO_PATH_SIZE],
        policy[DVFO_PATH_SIZE + 64];
};

/* Both worlds reckon with the same board, layers and cloud. */
static dvfo_status add_world(struct dvfo_ctx *ctx, const struct dvfo_rehearsed *rehearsed, struct paths *paths,
                             struct command *command)
{
    DVFO_TRY(path_of(ctx, rehearsed, "host.yaml", paths->board));
    DVFO_TRY(path_of(ctx, rehearsed, "cloud.yaml", paths->cloud));
    snprintf(paths->layers, sizeof paths->layers, "%s/collaborative.h5,%s/attention.h5", rehearsed->folder,
             rehearsed->folder);
    add_option(command, "--board", paths->board);
    add_option(command, "--network", "collaborative");
    add_option(command, "--layers", paths->layers);
    add_option(command, "--cloud", paths->cloud);
    return DVFO_OK;
}

dvfo_status dvfo_rehearsed_train(struct dvfo_ctx *ctx, struct dvfo_rehearsed *rehearsed, const char *trace, long steps,
                                 const char *seed)
{
    struct paths paths;
    struct command command = {0};
    char number[24];
    snprintf(number, sizeof number, "%ld", steps);
    DVFO_TRY(path_of(ctx, rehearsed, "agent.h5", rehearsed->agent));
    add(&command, "train");
    add_option(&command, "--policy", "dvfo");
    DVFO_TRY(add_world(ctx, rehearsed, &paths, &command));
    add_option(&command, "--trace", trace);
    add_option(&command, "--steps", number);
    add_option(&command, "--seed", seed);
    add_option(&command, "--out", rehearsed->agent);
    return run(ctx, rehearsed, &command);
}

static dvfo_status read_rows(struct dvfo_ctx *ctx, const char *path, long requests, double *out)
{
    struct dvfo_text bytes;
    struct dvfo_hdf_reader reader;
    hid_t dataset = -1;
    const hsize_t expected[] = {(hsize_t)requests};
    DVFO_TRY(dvfo_text_load_bytes(ctx, path, (size_t)1 << 30, &bytes));
    dvfo_status status = dvfo_hdf_open(ctx, &bytes, "results", &reader);
    if (status == DVFO_OK) {
        status = dvfo_hdf_dataset(&reader, "/requests", "latency_s", &dataset);
        status = status == DVFO_OK ? dvfo_hdf_check_size(&reader, dataset, "latency_s", 1, expected) : status;
        status = status == DVFO_OK ? dvfo_hdf_numbers(&reader, dataset, "latency_s", out) : status;
        if (dataset >= 0) {
            H5Dclose(dataset);
        }
        H5Fclose(reader.file);
    }
    dvfo_text_free(&bytes);
    return status;
}

dvfo_status dvfo_rehearsed_run(struct dvfo_ctx *ctx, const struct dvfo_rehearsed *rehearsed, bool live,
                               const char *policy, const char *trace, long requests, const char *seed, double *out)
{
    struct paths paths;
    struct command command = {0};
    char number[24];
    const bool learnt = strcmp(policy, "dvfo") == 0;
    snprintf(number, sizeof number, "%ld", requests);
    snprintf(paths.policy, sizeof paths.policy, "%s%s%s", policy, learnt ? ":" : "", learnt ? rehearsed->agent : "");
    DVFO_TRY(path_of(ctx, rehearsed, "rows.h5", paths.out));
    add(&command, live ? "live" : "run");
    DVFO_TRY(add_world(ctx, rehearsed, &paths, &command));
    add_option(&command, "--policy", paths.policy);
    add_option(&command, live ? "--shape" : "--trace", trace);
    add(&command, "--free-running"); /* requests are short: paired, all of them would meet the trace's beginning */
    add_option(&command, "--requests", number);
    add_option(&command, "--seed", seed);
    add_option(&command, "--out", paths.out);
    if (live) {
        add_option(&command, "--network-file", rehearsed->network);
        add_option(&command, "--images", rehearsed->images);
        add_option(&command, "--server", rehearsed->address);
    }
    DVFO_TRY(run(ctx, rehearsed, &command));
    return read_rows(ctx, paths.out, requests, out);
}
