#define _GNU_SOURCE /* strverscmp */
#include "profiles/hardware/sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/text.h"

dvfo_status dvfo_sysfs_open(struct dvfo_ctx *ctx, const char *root, struct dvfo_sysfs *out)
{
    *out = (struct dvfo_sysfs){0};
    if (root == NULL) {
        return DVFO_OK;
    }
    char resolved[DVFO_PATH_SIZE];
    struct stat info;
    if (realpath(root, resolved) == NULL || stat(resolved, &info) != 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--root %s: cannot be opened: %s", root, strerror(errno));
    }
    if (!S_ISDIR(info.st_mode)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--root %s: is not a folder", root);
    }
    if (strcmp(resolved, "/") != 0) {
        strcpy(out->root, resolved);
    }
    return DVFO_OK;
}

int dvfo_sysfs_locate(const struct dvfo_sysfs *sysfs, const char *path, char out[DVFO_PATH_SIZE])
{
    DVFO_REQUIRE(path[0] == '/');
    if (snprintf(out, DVFO_PATH_SIZE, "%s%s", sysfs->root, path) >= DVFO_PATH_SIZE) {
        return ENAMETOOLONG;
    }
    if (sysfs->root[0] == '\0') {
        return 0;
    }
    char resolved[DVFO_PATH_SIZE];
    if (realpath(out, resolved) == NULL) {
        return errno;
    }
    const size_t length = strlen(sysfs->root);
    if (strncmp(resolved, sysfs->root, length) != 0 || (resolved[length] != '/' && resolved[length] != '\0')) {
        return ENOENT;
    }
    strcpy(out, resolved);
    return 0;
}

bool dvfo_sysfs_exists(const struct dvfo_sysfs *sysfs, const char *path)
{
    char place[DVFO_PATH_SIZE];
    return dvfo_sysfs_locate(sysfs, path, place) == 0 && access(place, F_OK) == 0;
}

/* A descriptor, or -1 with the reason in errno. */
static int open_file(const struct dvfo_sysfs *sysfs, const char *path, int flags)
{
    char place[DVFO_PATH_SIZE];
    errno = dvfo_sysfs_locate(sysfs, path, place);
    return errno == 0 ? open(place, flags | O_CLOEXEC) : -1;
}

int dvfo_sysfs_trouble(const struct dvfo_sysfs *sysfs, const char *path)
{
    const int descriptor = open_file(sysfs, path, O_RDONLY);
    if (descriptor < 0) {
        return errno;
    }
    close(descriptor);
    return 0;
}

int dvfo_sysfs_write_trouble(const struct dvfo_sysfs *sysfs, const char *path)
{
    char place[DVFO_PATH_SIZE];
    if (sysfs->hook != NULL && sysfs->hook->write != NULL) {
        return 0;
    }
    const int missing = dvfo_sysfs_locate(sysfs, path, place);
    return missing != 0 ? missing : access(place, W_OK) == 0 ? 0 : errno;
}

const char *dvfo_sysfs_hint(int reason, const char *path)
{
    const bool debug = strncmp(path, "/sys/kernel/debug", strlen("/sys/kernel/debug")) == 0;
    switch (reason) {
    case EACCES:
    case EPERM:
        return "; run as root, for example with sudo";
    case ENOENT:
        return debug ? "; is debugfs mounted there ('mount -t debugfs none /sys/kernel/debug')?" : "";
    case EBUSY:
        return "; something else holds it: another tool, or a core that is off";
    case EINVAL:
        return "; the kernel refuses this value here";
    case EROFS:
        return "; is this a container? It needs the board's own /sys, writable";
    default:
        return "";
    }
}

static dvfo_status fail_to(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const char *path, const char *verb,
                           int reason)
{
    return dvfo_fail(ctx, DVFO_FAILED, "%s%s: cannot be %s: %s%s", sysfs->root, path, verb, strerror(reason),
                     dvfo_sysfs_hint(reason, path));
}

/* Trim the end; NUL bytes inside separate the strings of a device tree. */
static void tidy(char *text, size_t size)
{
    while (size > 0 && strchr(" \t\n\r", text[size - 1]) != NULL) { /* strchr finds the NUL as well */
        size--;
    }
    text[size] = '\0';
    for (size_t i = 0; i < size; i++) {
        text[i] = text[i] == '\0' ? '\n' : text[i];
    }
}

dvfo_status dvfo_sysfs_read(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const char *path,
                            char text[DVFO_SYSFS_TEXT_SIZE])
{
    text[0] = '\0';
    if (sysfs->hook != NULL && sysfs->hook->read != NULL && sysfs->hook->read(sysfs->hook_user, path, text)) {
        return DVFO_OK;
    }
    const int descriptor = open_file(sysfs, path, O_RDONLY);
    if (descriptor < 0) {
        return fail_to(ctx, sysfs, path, "read", errno);
    }
    const ssize_t got = read(descriptor, text, DVFO_SYSFS_TEXT_SIZE - 1);
    const int reason = errno;
    close(descriptor);
    if (got < 0) {
        text[0] = '\0';
        return fail_to(ctx, sysfs, path, "read", reason);
    }
    tidy(text, (size_t)got);
    return DVFO_OK;
}

dvfo_status dvfo_sysfs_read_integer(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const char *path,
                                    long long *out)
{
    char text[DVFO_SYSFS_TEXT_SIZE];
    DVFO_TRY(dvfo_sysfs_read(ctx, sysfs, path, text));
    return dvfo_text_integer(text, NULL, out)
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s%s: holds '%.40s', expected a whole number", sysfs->root, path,
                           text);
}

dvfo_status dvfo_sysfs_read_integers(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const char *path,
                                     long long out[], size_t max, size_t *count)
{
    char text[DVFO_SYSFS_TEXT_SIZE], *place = NULL;
    *count = 0;
    DVFO_TRY(dvfo_sysfs_read(ctx, sysfs, path, text));
    for (char *word = strtok_r(text, " \t\n", &place); word != NULL; word = strtok_r(NULL, " \t\n", &place)) {
        long long value = 0;
        if (!dvfo_text_integer(word, NULL, &value)) {
            continue;
        }
        if (*count == max) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s%s: holds more than %zu numbers", sysfs->root, path, max);
        }
        out[(*count)++] = value;
    }
    return *count > 0 ? DVFO_OK
                      : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s%s: holds no number, expected a list", sysfs->root, path);
}

/* The kernel takes a value in one call or refuses it. */
static int write_file(const struct dvfo_sysfs *sysfs, const char *path, const char *text)
{
    char line[DVFO_SYSFS_NAME_SIZE + 1];
    const int length = snprintf(line, sizeof line, "%s\n", text);
    DVFO_REQUIRE(length > 0 && length < (int)sizeof line);
    const int descriptor = open_file(sysfs, path, O_WRONLY | O_TRUNC);
    if (descriptor < 0) {
        return errno;
    }
    const ssize_t written = write(descriptor, line, (size_t)length);
    const int reason = written == length ? 0 : written < 0 ? errno : EIO;
    return close(descriptor) != 0 && reason == 0 ? errno : reason;
}

dvfo_status dvfo_sysfs_write(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const char *path, const char *text)
{
    const bool caught = sysfs->hook != NULL && sysfs->hook->write != NULL;
    const int reason = caught ? sysfs->hook->write(sysfs->hook_user, path, text) : write_file(sysfs, path, text);
    return reason == 0 ? DVFO_OK
                       : dvfo_fail(ctx, DVFO_FAILED, "%s%s: '%s' cannot be written: %s%s", sysfs->root, path, text,
                                   strerror(reason), dvfo_sysfs_hint(reason, path));
}

static int by_version(const void *a, const void *b)
{
    return strverscmp(a, b);
}

size_t dvfo_sysfs_list(const struct dvfo_sysfs *sysfs, const char *folder, const char *prefix,
                       char names[DVFO_SYSFS_MAX_NAMES][DVFO_SYSFS_NAME_SIZE])
{
    char place[DVFO_PATH_SIZE];
    DIR *directory = dvfo_sysfs_locate(sysfs, folder, place) == 0 ? opendir(place) : NULL;
    if (directory == NULL) {
        return 0;
    }
    size_t count = 0;
    for (const struct dirent *entry = readdir(directory); entry != NULL && count < DVFO_SYSFS_MAX_NAMES;
         entry = readdir(directory)) {
        const size_t length = strlen(entry->d_name);
        if (entry->d_name[0] != '.' && length < DVFO_SYSFS_NAME_SIZE &&
            strncmp(entry->d_name, prefix, strlen(prefix)) == 0) {
            memcpy(names[count++], entry->d_name, length + 1);
        }
    }
    closedir(directory);
    qsort(names, count, sizeof names[0], by_version);
    return count;
}

void dvfo_sysfs_join(char path[DVFO_SYSFS_PATH_SIZE], const char *folder, const char *name)
{
    DVFO_REQUIRE(snprintf(path, DVFO_SYSFS_PATH_SIZE, "%s/%s", folder, name) < DVFO_SYSFS_PATH_SIZE);
}
