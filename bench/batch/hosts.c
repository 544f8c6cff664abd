#include "bench/batch/hosts.h"

#include <string.h>

#include "sim/base/text.h"

#define MOST_FILE ((size_t)1 << 20)
#define PATIENCE_S 20.0
enum { WORDS = 8 };

static const char *ssh_program(void)
{
    const char *ssh = getenv("DVFO_SSH");
    return ssh != NULL && ssh[0] != '\0' ? ssh : "ssh";
}

static struct dvfo_host host_default(void)
{
    return (struct dvfo_host){.folder = ".dvfo-files", .patience_s = PATIENCE_S};
}

struct dvfo_hosts dvfo_hosts_here(void)
{
    struct dvfo_hosts hosts = {.count = 1, .ssh = ssh_program(), .host = {host_default()}};
    hosts.host[0].board = "host";
    hosts.host[0].destination = "local";
    hosts.host[0].local = true;
    return hosts;
}

void dvfo_hosts_free(struct dvfo_hosts *hosts)
{
    dvfo_text_free(&hosts->text);
    *hosts = (struct dvfo_hosts){0};
}

/* ---- reading ---- */

/* A place in the file, for messages. */
struct place {
    const char *path;
    int line;
};

/* A value that a command line would take for an option is none. */
static bool is_name(const char *value)
{
    return value[0] != '\0' && value[0] != '-';
}

static dvfo_status set(struct dvfo_ctx *ctx, const struct place *at, char *word, struct dvfo_host *host)
{
    char *value = strchr(word, '=');
    if (value == NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "%s:%d: '%s' is no KEY=VALUE, expected dvfo=, folder=, sudo= or patience=", at->path, at->line,
                         word);
    }
    *value++ = '\0';
    if ((strcmp(word, "dvfo") == 0 || strcmp(word, "folder") == 0) && is_name(value)) {
        *(word[0] == 'd' ? &host->dvfo : &host->folder) = value;
        return DVFO_OK;
    }
    if (strcmp(word, "sudo") == 0 && (strcmp(value, "yes") == 0 || strcmp(value, "no") == 0)) {
        host->sudo = value[0] == 'y';
        return DVFO_OK;
    }
    if (strcmp(word, "patience") == 0 && dvfo_text_number(value, NULL, &host->patience_s) && host->patience_s > 0.0 &&
        host->patience_s <= 3600.0) {
        return DVFO_OK;
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT,
                     "%s:%d: '%s=%s' says nothing, expected dvfo=PROGRAM, folder=FOLDER, sudo=yes or patience=SECONDS",
                     at->path, at->line, word, value);
}

static dvfo_status read_host(struct dvfo_ctx *ctx, const struct place *at, char *line, struct dvfo_host *out)
{
    char *word[WORDS];
    const size_t words = dvfo_text_split(line, ' ', word, WORDS);
    *out = host_default();
    out->line = at->line;
    if (words < 2 || words > WORDS || !is_name(word[0]) || !is_name(word[1])) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "%s:%d: expected BOARD DESTINATION [KEY=VALUE ...], as in 'xavier-nx "
                         "nvidia@10.0.0.7 dvfo=/opt/dvfo/bin/dvfo'",
                         at->path, at->line);
    }
    out->board = word[0];
    out->destination = word[1];
    out->local = strcmp(word[1], "local") == 0;
    for (size_t i = 2; i < words; i++) {
        DVFO_TRY(set(ctx, at, word[i], out));
    }
    out->dvfo = out->dvfo == NULL && !out->local ? "dvfo" : out->dvfo;
    return DVFO_OK;
}

/* A machine has one set of clocks: two lines would run two trials on it at once. */
static dvfo_status check_new(struct dvfo_ctx *ctx, const struct place *at, const struct dvfo_hosts *hosts,
                             const struct dvfo_host *host)
{
    for (size_t i = 0; i < hosts->count; i++) {
        if (strcmp(hosts->host[i].destination, host->destination) == 0) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: '%s' stands on line %d already, expected each machine once",
                             at->path, at->line, host->destination, hosts->host[i].line);
        }
    }
    return hosts->count < DVFO_HOSTS ? DVFO_OK
                                     : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s:%d: expected at most %d machines", at->path,
                                                 at->line, (int)DVFO_HOSTS);
}

static dvfo_status read_lines(struct dvfo_ctx *ctx, const char *path, struct dvfo_hosts *out)
{
    struct dvfo_lines lines = dvfo_lines_of(&out->text);
    for (char *line; (line = dvfo_lines_next(&lines)) != NULL;) {
        const struct place at = {path, lines.number};
        line[strcspn(line, "#")] = '\0';
        if (line[strspn(line, " \t")] == '\0') {
            continue;
        }
        struct dvfo_host host;
        DVFO_TRY(read_host(ctx, &at, line, &host));
        DVFO_TRY(check_new(ctx, &at, out, &host));
        out->host[out->count++] = host;
    }
    return out->count > 0
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: names no machine, expected a line for each board", path);
}

dvfo_status dvfo_hosts_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_hosts *out)
{
    *out = (struct dvfo_hosts){.ssh = ssh_program()};
    DVFO_TRY(dvfo_text_load(ctx, path, MOST_FILE, &out->text));
    const dvfo_status status = read_lines(ctx, path, out);
    if (status != DVFO_OK) {
        dvfo_hosts_free(out);
    }
    return status;
}

/* ---- what plans need ---- */

static bool serves(const struct dvfo_hosts *hosts, const char *board)
{
    for (size_t i = 0; i < hosts->count; i++) {
        if (strcmp(hosts->host[i].board, board) == 0) {
            return true;
        }
    }
    return false;
}

dvfo_status dvfo_hosts_check(struct dvfo_ctx *ctx, const struct dvfo_hosts *hosts, const char *path,
                             const struct dvfo_plan *plan)
{
    const struct dvfo_plan_list boards = dvfo_plan_values(plan, "board");
    for (size_t i = 0; i < boards.count && plan->live && plan->draws == NULL; i++) {
        if (serves(hosts, boards.entry[i])) {
            continue;
        }
        return path != NULL ? dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: has no line for board '%s' of %s, expected one", path,
                                        boards.entry[i], plan->id)
                            : dvfo_fail(ctx, DVFO_BAD_INPUT,
                                        "%s runs on board '%s', expected --hosts FILE, which says where that is",
                                        plan->id, boards.entry[i]);
    }
    return DVFO_OK;
}
