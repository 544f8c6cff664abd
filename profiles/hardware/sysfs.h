/* The kernel's files: /sys, /proc and debugfs, below a root.
 *
 * Paths are given as on the machine ("/sys/devices/...") and joined with the root, so that everything above works the
 * same on a board and on a copy of its tree. On a copy nothing outside the root is read or written, also where a link
 * leads out of it. A message names the file, what the system said of it and what helps ("run as root").
 *
 * A write can be caught before it reaches a file: --dry-run shows and remembers what would be written (dryrun.h), tests
 * put a kernel there. */
#ifndef DVFO_SYSFS_H
#define DVFO_SYSFS_H

#include "sim/base/data_path.h"
#include "sim/base/status.h"

enum {
    DVFO_SYSFS_PATH_SIZE = 256,  /* of a path below the root */
    DVFO_SYSFS_TEXT_SIZE = 4096, /* the kernel shows at most a page */
    DVFO_SYSFS_NAME_SIZE = 64,
    DVFO_SYSFS_MAX_NAMES = 64,
};

/* Stands between us and the files; either may be NULL. */
struct dvfo_sysfs_hook {
    int (*write)(void *user, const char *path, const char *text);                /* 0, or what errno would be */
    bool (*read)(void *user, const char *path, char text[DVFO_SYSFS_TEXT_SIZE]); /* false: read the file */
};

struct dvfo_sysfs {
    char root[DVFO_PATH_SIZE]; /* "" for the machine itself; otherwise absolute, links followed, no '/' at the end */
    const struct dvfo_sysfs_hook *hook; /* borrowed; NULL for the files themselves */
    void *hook_user;
};

/** @param root  "/" or NULL for the machine itself, or a folder that holds a copy of such a tree */
dvfo_status dvfo_sysfs_open(struct dvfo_ctx *ctx, const char *root, struct dvfo_sysfs *out);

/** Where a path lies on this machine, links followed on a copied tree.
 *  @return 0, or what errno says; ENOENT too for what leads out of a copied tree */
int dvfo_sysfs_locate(const struct dvfo_sysfs *sysfs, const char *path, char out[DVFO_PATH_SIZE]);

bool dvfo_sysfs_exists(const struct dvfo_sysfs *sysfs, const char *path);

/** What errno says of opening `path` to read; 0 when it can be. Tells "missing" from "needs root". */
int dvfo_sysfs_trouble(const struct dvfo_sysfs *sysfs, const char *path);

/** The same for writing; 0 while writes are caught. The kernel may still refuse a value. */
int dvfo_sysfs_write_trouble(const struct dvfo_sysfs *sysfs, const char *path);

/** The file's text without the line end; NUL bytes (device tree) become line ends. */
dvfo_status dvfo_sysfs_read(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const char *path,
                            char text[DVFO_SYSFS_TEXT_SIZE]);

/** A file that holds one whole number ("921600000"). */
dvfo_status dvfo_sysfs_read_integer(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const char *path,
                                    long long *out);

/** A file that holds whole numbers side by side; words after them ("(kHz)") are passed over.
 *  @return DVFO_BAD_INPUT when there is none, or more than `max` */
dvfo_status dvfo_sysfs_read_integers(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const char *path,
                                     long long out[], size_t max, size_t *count);

/** Write as `echo TEXT > path` does: an existing file, one call, a line end. */
dvfo_status dvfo_sysfs_write(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const char *path, const char *text);

/** Names in a folder that begin with `prefix`, sorted, numbers by value ("cpu2" before "cpu10"); none when the folder
 *  is missing. @return how many were stored, at most DVFO_SYSFS_MAX_NAMES */
size_t dvfo_sysfs_list(const struct dvfo_sysfs *sysfs, const char *folder, const char *prefix,
                       char names[DVFO_SYSFS_MAX_NAMES][DVFO_SYSFS_NAME_SIZE]);

/** "FOLDER/NAME"; a path that doesn't fit is a broken promise: ours are short. */
void dvfo_sysfs_join(char path[DVFO_SYSFS_PATH_SIZE], const char *folder, const char *name);

/** "; run as root" and the like for what errno says of `path`; "" when there is nothing to add. */
const char *dvfo_sysfs_hint(int reason, const char *path);

#endif
