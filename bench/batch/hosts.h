/* Hosts: the machines that the trials of live plans run on, from a file of the user's with a line for each:
 *
 *     # BOARD     DESTINATION      [KEY=VALUE ...]
 *     xavier-nx   nvidia@10.0.0.7  dvfo=/opt/dvfo/bin/dvfo folder=/tmp/dvfo
 *     host        local
 *
 * BOARD is the value of the plan's option `board` that the machine serves; several machines may serve one, and share
 * its trials. DESTINATION is what ssh takes, or `local`: this machine, without ssh. Keys:
 *
 *     dvfo=PROGRAM    of the machine (default: dvfo, where its shell finds it; of `local`: this program)
 *     folder=FOLDER   on it, where files are copied to (default: .dvfo-files, in the home folder)
 *     sudo=yes        call dvfo by `sudo -n`, for clocks that belong to root
 *     patience=S      how long to wait for the machine to end a trial after Ctrl-C (default: 20 seconds) */
#ifndef DVFO_HOSTS_H
#define DVFO_HOSTS_H

#include "bench/batch/plan.h"

enum { DVFO_HOSTS = 64 };

struct dvfo_host {
    const char *board, *destination;
    const char *dvfo, *folder; /* dvfo NULL, of a local one: this program */
    bool local, sudo;
    double patience_s;
    int line;
};

/* Machines by name and how each is called. Texts lie in the file's. */
struct dvfo_hosts {
    size_t count;
    struct dvfo_host host[DVFO_HOSTS];
    const char *ssh; /* the program: DVFO_SSH of the environment, or "ssh" */
    struct dvfo_text text;
};

/** @return DVFO_BAD_INPUT with file and line */
dvfo_status dvfo_hosts_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_hosts *out);
void dvfo_hosts_free(struct dvfo_hosts *hosts); /* zeroed welcome */

/** This machine alone, as board `host`: what there is without a file. */
struct dvfo_hosts dvfo_hosts_here(void);

/** Every board of a live plan has a machine; a simulated one needs none.
 *  @param path  of the file, for the message; NULL: none was given */
dvfo_status dvfo_hosts_check(struct dvfo_ctx *ctx, const struct dvfo_hosts *hosts, const char *path,
                             const struct dvfo_plan *plan);

#endif
