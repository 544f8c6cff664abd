/* The program as a user types it: run in a folder of its own, with what it said on each stream. */
#ifndef DVFO_TEST_COMMAND_H
#define DVFO_TEST_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/* A function of bash: wait until process $1 catches Ctrl-C, or has ended. A signal that comes sooner would kill it. */
#define COMMAND_UNTIL_IT_CATCHES                                                                                       \
    "until_it_catches() { while kill -0 $1 && ! grep -q '^SigCgt:.*[2367abef]$' /proc/$1/status; do sleep 0.01; "      \
    "done; } 2>/dev/null\n"

struct said {
    int code;          /* exit code; -1 when a signal ended it */
    char out[1 << 17]; /* standard output, its beginning */
    char err[1 << 14]; /* standard error */
};

/* A suite's .init and .fini: an empty temporary folder becomes the working folder, and goes again. */
void command_make_folder(void);
void command_remove_folder(void);

/** Run a line of bash in which $DVFO is the program and $DATA is tests/data. */
void command_shell(const char *line, struct said *said);

/** Run "dvfo ARGUMENTS"; the arguments may redirect. */
void command_dvfo(const char *arguments, struct said *said);

/** Does either stream hold `text`? */
bool command_says(const struct said *said, const char *text);

/** Nothing on standard output and exactly one line on standard error. */
bool command_is_one_sentence(const struct said *said);

void command_write(const char *name, const void *bytes, size_t size);

/** Write a copy of tests/data/SAMPLE with its first `from` made `to`. */
void command_edit(const char *sample, const char *from, const char *to, const char *name);

#endif
