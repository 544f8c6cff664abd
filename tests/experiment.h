/* What the suites of experiments share: a folder with the small plan and its board and network, and bash for looking at
 * folders of results. */
#ifndef DVFO_TEST_EXPERIMENT_H
#define DVFO_TEST_EXPERIMENT_H

#include "command.h"

/* Functions of bash: the results of a folder by their bytes; the same by where and when they were written; the one
 * record of two options. */
#define EXPERIMENT_SHELL                                                                                               \
    "bytes() { (cd \"$1\" && find agents trials -name '*.h5' -o -name '*.json' | sort | xargs -r sha256sum); }\n"      \
    "places() { (cd \"$1\" && find agents trials -type f -printf '%p %i %T@\\n' | sort); }\n"                          \
    "record() { grep -l -e \"policy: $2\" $1/trials/*/*.json | xargs grep -l -e \"eta: $3\" | xargs grep -l "          \
    "'seed: 1\"'; }\n"

/** A suite's .init: an empty temporary folder with small-plan.yaml, its board and its network. */
void experiment_make_folder(void);

/** Run bash with the functions above. */
void experiment_shell(const char *line, struct said *said);

#endif
