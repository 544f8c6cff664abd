/* dvfo serve as a user types it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "live_fixture.h"
#include "policies/attention/schooling_file.h"

static struct said said;
static struct live_network network;

static void make(void)
{
    command_make_folder();
    live_network_make(&network);
    setenv("NET", network.path, 1);
}

static void remove_all(void)
{
    live_network_remove(&network);
    command_remove_folder();
}

TestSuite(serve_command, .init = make, .fini = remove_all);

#define STARTED                                                                                                        \
    "started() { for i in $(seq 3000); do [ -e \"$1\" ] && return; sleep 0.01; done; echo 'never listens' >&2; }\n"

static void serve(const char *arguments)
{
    char line[1024];
    snprintf(line, sizeof line, "serve %s", arguments);
    command_dvfo(line, &said);
}

Test(serve_command, exit_codes_and_sentences)
{
    static const struct {
        const char *arguments;
        int code;
        const char *says;
    } rows[] = {
        {"--help", 0, "dvfo serve --network-file net.h5 --listen 0.0.0.0:7433 --key key"},
        {"", 2, "'dvfo serve' needs --network-file"},
        {"net.h5", 2, "unexpected argument 'net.h5'"},
        {"--network-file nowhere.h5", 2, "nowhere.h5: cannot be read: No such file or directory"},
        {"--network-file file", 2, "file"},
        {"--network-file $NET --listen 0.0.0.0:0", 2, "0.0.0.0:0 is reached from other machines, expected a key"},
        {"--network-file $NET --listen localhost", 2, "'localhost' isn't an IP address and a port"},
        {"--network-file $NET --listen 127.0.0.1:0 --key nowhere", 2, "nowhere: cannot be read"},
        {"--network-file $NET --listen 127.0.0.1:0 --key file", 2, "file: a key of 5 bytes, expected 16 to 1024"},
        {"--network-file $NET --batch 0", 2, "--batch is '0', expected a whole number from 1 to 256"},
        {"--network-file $NET --batch 1.5", 2, "--batch is '1.5', expected a whole number"},
        {"--network-file $NET --batch-wait -1", 2, "--batch-wait is '-1', expected a number from 0 to 1000000"},
        {"--network-file $NET --max-connections 0", 2, "--max-connections is '0', expected a whole number from 1"},
        {"--network-file $NET --connections-per-address -1", 2,
         "--connections-per-address is '-1', expected a whole number from 0 to 100000"},
        {"--help", 0, "connections at once of one address"},
        {"--network-file $NET --metrics never", 2, "--metrics is 'never', expected 0, or seconds from 0.001"},
        {"--network-file $NET --listen 127.0.0.1:0 --port-file no/where", 2, "no/where: cannot be written"},
        {"--network-file $NET --listen 127.0.0.1:0 > /dev/full", 1, "standard output could not be written"},
    };
    command_write("file", "short", 5);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        serve(rows[i].arguments);
        cr_expect(said.code == rows[i].code, "'%s' exits %d: %s", rows[i].arguments, said.code, said.err);
        cr_expect(command_says(&said, rows[i].says), "'%s' says %s%s", rows[i].arguments, said.out, said.err);
        cr_expect(said.code != 2 || strchr(said.err, '\n') == said.err + strlen(said.err) - 1, "'%s' says %s",
                  rows[i].arguments, said.err);
    }
}

Test(serve_command, what_was_trained_is_served_and_what_has_not_learnt_to_be_split_is_not)
{
    command_shell(STARTED "\"$DVFO\" attention generate --images 400 --test 60 --out set && "
                          "\"$DVFO\" attention train --data set --out net.h5 --set size=0.0625 --set epochs_full=1 "
                          "--set epochs_split=1 --set epochs_little=1 && { "
                          "\"$DVFO\" serve --network-file net.h5 --listen 127.0.0.1:0 --port-file port & "
                          "started port; kill -TERM $!; wait $!; }",
                  &said);
    cr_expect(said.code == 130 && command_says(&said, "interrupted after 0 connections"), "%s", said.err);
    network.schooling->lesson = DVFO_LEARN_SPLIT;
    struct dvfo_ctx ctx = {0};
    cr_assert(dvfo_schooling_save(&ctx, network.schooling, "early.h5") == DVFO_OK);
    serve("--network-file early.h5 --listen 127.0.0.1:0");
    cr_expect_eq(said.code, 2);
    cr_expect_str_eq(said.err, "dvfo: early.h5: has not learnt to be split (it is at 'split'); 'dvfo attention train "
                               "--resume' goes on\n");
}

Test(serve_command, a_signal_ends_it_with_130_and_what_was_done)
{
    static const char *const signals[] = {"INT", "TERM"};
    for (size_t i = 0; i < 2; i++) {
        char line[1024];
        snprintf(line, sizeof line,
                 STARTED COMMAND_UNTIL_IT_CATCHES
                 "\"$DVFO\" serve --network-file $NET --listen 127.0.0.1:0 --port-file port%zu --metrics 0.01 & "
                 "started port%zu; sleep 0.1; kill -%s $!; wait $!; code=$?; cat port%zu; exit $code",
                 i, i, signals[i], i);
        command_shell(line, &said);
        cr_expect_eq(said.code, 130, "%s", said.err);
        cr_expect(command_says(&said, "0 connections, 0 requests, 0 refused\n"), "%s", said.err);
        cr_expect(
            command_says(&said, "dvfo: interrupted after 0 connections, 0 requests, 0 refused; 0 were given up\n"),
            "%s", said.err);
        const char *second = strchr(said.out, '\n');
        cr_assert(second != NULL);
        cr_expect(strncmp(said.out, "127.0.0.1:", 10) == 0 && strncmp(said.out, second + 1, strlen(second + 1)) == 0,
                  "printed and written: %s", said.out);
    }
}

/* ---- with a client of ours ---- */

/* Start one in the background; its address, and its process into the file `pid`. */
static void start(const char *arguments, struct live_server *live)
{
    char line[1024];
    snprintf(line, sizeof line,
             STARTED
             "rm -f port; \"$DVFO\" serve --network-file $NET --port-file port %s >/dev/null 2>log & echo $! >pid; "
             "started port; cat port",
             arguments);
    command_shell(line, &said);
    memset(live, 0, sizeof *live);
    snprintf(live->address, sizeof live->address, "%.*s", (int)strcspn(said.out, "\n"), said.out);
    cr_assert(live->address[0] != '\0', "%s", said.err);
}

/* Send a signal and wait until the process is gone. */
static void end(const char *signal)
{
    char line[512];
    snprintf(line, sizeof line,
             "pid=$(cat pid); kill -%s $pid; while kill -0 $pid && ! grep -q '^State:.*Z' /proc/$pid/status; do sleep "
             "0.01; done 2>/dev/null; cat log", /* a zombie until someone reaps it */
             signal);
    command_shell(line, &said);
}

Test(serve_command, killed_and_started_again_on_its_port_it_serves)
{
    struct live_server live;
    char arguments[128];
    start("--listen 127.0.0.1:0", &live);
    live_server_expect_alive(&live, &network);
    struct dvfo_client *client = live_client(&live);
    end("KILL");
    struct dvfo_ctx ctx = {0};
    struct dvfo_reply reply;
    cr_expect_eq(dvfo_client_hear(&ctx, client, 60.0, &reply), DVFO_FAILED);
    cr_expect(strncmp(ctx.message, "the server ", 11) == 0, "%s", ctx.message);
    dvfo_client_free(client);
    snprintf(arguments, sizeof arguments, "--listen %s", live.address);
    start(arguments, &live);
    live_server_expect_alive(&live, &network);
    snprintf(arguments, sizeof arguments, "--network-file $NET --listen %s", live.address);
    serve(arguments);
    cr_expect(said.code == 2 && command_says(&said, "address already in use"), "%s", said.err);
    end("TERM");
    cr_expect(command_says(&said, "interrupted after 1 connections, 1 requests, 0 refused, mean batch 1.0, p50 "), "%s",
              said.out);
}

Test(serve_command, a_key_from_a_file_is_asked_for)
{
    struct live_server live;
    struct dvfo_key key;
    struct dvfo_ctx ctx = {0};
    struct dvfo_client *client = NULL;
    command_shell("printf 'a key of some length\\n' > key; chmod 644 key", &said);
    start("--listen 127.0.0.1:0 --key key", &live);
    cr_assert(dvfo_key_load(&ctx, "key", &key) == DVFO_OK);
    cr_expect_eq(key.size, 20, "the line end doesn't count");
    struct dvfo_client_def def = dvfo_client_def_default();
    def.address = live.address;
    cr_expect(dvfo_client_connect(&ctx, &def, &client) == DVFO_BAD_INPUT && client == NULL);
    def.key = &key;
    cr_expect(dvfo_client_connect(&ctx, &def, &client) == DVFO_OK, "%s", ctx.message);
    dvfo_client_free(client);
    end("TERM");
    cr_expect(command_says(&said, "note: key: others can read this key; chmod 600 key"), "%s", said.out);
}
