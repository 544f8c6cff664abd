/* dvfo serve: the cloud's side of a split network, on a socket. */
#include <string.h>
#include <sys/stat.h>

#include "bench/command.h"
#include "bench/live/server.h"
#include "policies/nn/matrix.h"
#include "sim/base/output.h"
#include "sim/base/text.h"

enum { MOST_LIMITS = 16 };

/* As typed; borrowed from argv. */
struct options {
    const char *network_file, *listen, *key, *port_file, *metrics;
    const char *limit[MOST_LIMITS]; /* by their rows in dvfo_limits_fields */
    bool insecure;
};

enum { KEY_NETWORK = 256, KEY_LISTEN, KEY_KEY, KEY_PORT_FILE, KEY_METRICS, KEY_INSECURE, KEY_LIMIT };

/* Limits follow in the order of dvfo_limits_fields, which tells what they are. */
static const struct argp_option own_options[] = {
    {"network-file", KEY_NETWORK, "NET.h5", 0, "network that dvfo attention train made", 1},
    {"listen", KEY_LISTEN, "ADDRESS:PORT", 0, "IP address and port (default 127.0.0.1:7433); port 0: any free one", 1},
    {"key", KEY_KEY, "FILE", 0, "serve only who knows what is in it, 16 to 1024 bytes", 1},
    {"insecure", KEY_INSECURE, NULL, 0, "serve other machines without a key", 1},
    {"port-file", KEY_PORT_FILE, "FILE", 0, "write the address there once it listens, for scripts", 2},
    {"metrics", KEY_METRICS, "SECONDS", 0, "tell what was done so often (default 10); 0: never", 2},
};

enum { OWN_OPTIONS = sizeof own_options / sizeof *own_options };

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    const char **const fields[] = {&options->network_file, &options->listen, &options->key, &options->port_file,
                                   &options->metrics};
    if (key == KEY_INSECURE) {
        options->insecure = true;
        return 0;
    }
    if (key >= KEY_NETWORK && key < KEY_INSECURE) {
        *fields[key - KEY_NETWORK] = text;
        return 0;
    }
    if (key >= KEY_LIMIT && key < KEY_LIMIT + MOST_LIMITS) {
        options->limit[key - KEY_LIMIT] = text;
        return 0;
    }
    if (key == ARGP_KEY_ARG) {
        argp_error(state, "unexpected argument '%s'", text);
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

static const char doc[] =
    "Be the cloud of a split network: devices send channels of feature maps, the remote tail answers with logits. "
    "Serves until Ctrl-C or SIGTERM, then finishes what it has."
    "\v"
    "Examples:\n"
    "  dvfo attention train --data images/ --out net.h5\n"
    "  dvfo serve --network-file net.h5\n"
    "  head -c 32 /dev/urandom > key && chmod 600 key\n"
    "  dvfo serve --network-file net.h5 --listen 0.0.0.0:7433 --key key\n"
    "  dvfo serve --network-file net.h5 --listen 127.0.0.1:0 --port-file port\n"
    "  dvfo serve --network-file net.h5 --batch 32 --batch-wait 500\n\n"
    "The first line on standard output is the address. A batch moves the last bits of answers; --batch 1 keeps them "
    "the "
    "same. Without a key only this machine is served. A key keeps "
    "strangers "
    "out, it hides nothing: on a network that isn't yours use a tunnel. docs/protocol.md tells what is said.\n";

/* ---- options ---- */

static dvfo_status read_limit(struct dvfo_ctx *ctx, const struct dvfo_field *field, const char *text,
                              struct dvfo_limits *limits)
{
    double value = 0.0;
    long long whole = 0;
    const bool is_whole = field->kind == DVFO_FIELD_WHOLE;
    const bool reads = is_whole ? dvfo_text_integer(text, NULL, &whole) : dvfo_text_number(text, NULL, &value);
    value = is_whole ? (double)whole : value;
    if (!reads || value < field->low || value > field->high) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s is '%s', expected a %snumber from %.9g to %.9g", field->name, text,
                         is_whole ? "whole " : "", field->low, field->high);
    }
    dvfo_field_set(field, value, limits);
    return DVFO_OK;
}

static dvfo_status read_metrics(struct dvfo_ctx *ctx, const char *text, double *metrics_s)
{
    if (text != NULL && (!dvfo_text_number(text, NULL, metrics_s) || *metrics_s < 0.0 || *metrics_s > 1e6 ||
                         (*metrics_s > 0.0 && *metrics_s < 0.001))) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--metrics is '%s', expected 0, or seconds from 0.001 to 1000000", text);
    }
    return DVFO_OK;
}

/* A key that everyone can read is no secret; it's told, and used. */
static dvfo_status read_key(struct dvfo_ctx *ctx, const char *path, struct dvfo_key *key)
{
    struct stat info;
    DVFO_TRY(dvfo_key_load(ctx, path, key));
    if (stat(path, &info) == 0 && (info.st_mode & (S_IRGRP | S_IROTH)) != 0) {
        dvfo_note(ctx, "%s: others can read this key; chmod 600 %s", path, path);
    }
    return DVFO_OK;
}

static dvfo_status define(struct dvfo_ctx *ctx, const struct options *options, struct dvfo_key *key,
                          struct dvfo_server_def *def)
{
    if (options->network_file == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "'dvfo serve' needs --network-file; see 'dvfo serve --help'");
    }
    def->network_file = options->network_file;
    def->listen = options->listen != NULL ? options->listen : def->listen;
    def->insecure = options->insecure;
    def->catch_signals = true;
    for (int i = 0; dvfo_limits_fields[i].name != NULL; i++) {
        if (options->limit[i] != NULL) {
            DVFO_TRY(read_limit(ctx, &dvfo_limits_fields[i], options->limit[i], &def->limits));
        }
    }
    DVFO_TRY(read_metrics(ctx, options->metrics, &def->metrics_s));
    if (options->key != NULL) {
        DVFO_TRY(read_key(ctx, options->key, key));
        def->key = key;
    }
    return DVFO_OK;
}

/* ---- the command ---- */

/* Whole or not at all: a script that finds it can connect. */
static dvfo_status write_address(struct dvfo_ctx *ctx, const char *path, const char *address)
{
    struct dvfo_output output;
    DVFO_TRY(dvfo_output_begin(ctx, path, &output));
    FILE *file = fopen(output.temporary, "w");
    if (file != NULL) {
        fprintf(file, "%s\n", address);
    }
    const dvfo_status status = file != NULL ? dvfo_output_close(ctx, file, path)
                                            : dvfo_fail(ctx, DVFO_FAILED, "%s: could not be written", path);
    if (status != DVFO_OK) {
        dvfo_output_abandon(&output);
        return status;
    }
    return dvfo_output_commit(ctx, &output);
}

static dvfo_status serve(struct dvfo_ctx *ctx, const struct options *options, struct dvfo_server *server)
{
    printf("%s\n", dvfo_server_address(server));
    if (fflush(stdout) != 0) {
        return DVFO_OK; /* main tells what is wrong with it */
    }
    if (options->port_file != NULL) {
        DVFO_TRY(write_address(ctx, options->port_file, dvfo_server_address(server)));
    }
    return dvfo_server_run(ctx, server);
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct argp_option option[OWN_OPTIONS + MOST_LIMITS + 1] = {0};
    memcpy(option, own_options, sizeof own_options);
    for (int i = 0; dvfo_limits_fields[i].name != NULL; i++) {
        option[OWN_OPTIONS + i] =
            (struct argp_option){dvfo_limits_fields[i].name, KEY_LIMIT + i, "N", 0, dvfo_limits_fields[i].what, 3};
    }
    const struct argp argp = {.options = option, .parser = parse_option, .doc = doc};
    struct options options = {0};
    struct dvfo_key key;
    struct dvfo_server_def def = dvfo_server_def_default();
    struct dvfo_server *server = NULL;
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &options));
    DVFO_TRY(define(ctx, &options, &key, &def));
    dvfo_matrix_use_threads(1); /* of BLAS: one batch is one worker's */
    DVFO_TRY(dvfo_server_create(ctx, &def, &server));
    const dvfo_status status = serve(ctx, &options, server);
    dvfo_server_free(server);
    return status;
}

const struct dvfo_command dvfo_command_serve = {"serve", "be the cloud of a split network, on a socket", run};
