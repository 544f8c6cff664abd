#include "profiles/hardware/snapshot_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/output.h"
#include "sim/base/text.h"

enum { MAX_BYTES = 1 << 20 };

static dvfo_status fail_to_make(struct dvfo_ctx *ctx, const char *path)
{
    const int reason = errno;
    return dvfo_fail(ctx, DVFO_FAILED,
                     "%s: cannot be written: %s; without it the clocks could not be given back later%s", path,
                     strerror(reason), dvfo_sysfs_hint(reason, path));
}

/* Is the file that we locked still the one of that name? Another process may have replaced or removed it meanwhile. */
static bool is_current(const struct dvfo_snapshot_file *file)
{
    struct stat ours, named;
    return fstat(file->descriptor, &ours) == 0 && stat(file->path, &named) == 0 && ours.st_ino == named.st_ino &&
           ours.st_dev == named.st_dev;
}

static dvfo_status lock(struct dvfo_ctx *ctx, struct dvfo_snapshot_file *file)
{
    for (;;) {
        file->descriptor = open(file->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (file->descriptor < 0) {
            return fail_to_make(ctx, file->path);
        }
        if (flock(file->descriptor, LOCK_EX | LOCK_NB) != 0) {
            dvfo_snapshot_file_close(file, false);
            return dvfo_fail(ctx, DVFO_FAILED, "%s: another dvfo has the clocks of this board; wait for it or end it",
                             file->path);
        }
        if (is_current(file)) {
            return DVFO_OK;
        }
        dvfo_snapshot_file_close(file, false);
    }
}

static dvfo_status read_left(struct dvfo_ctx *ctx, const char *path, struct dvfo_snapshot *left)
{
    struct dvfo_text text = {0};
    struct stat info;
    *left = (struct dvfo_snapshot){0};
    if (stat(path, &info) == 0 && info.st_size == 0) {
        return DVFO_OK; /* ours, or of somebody who hadn't written to the board yet */
    }
    DVFO_TRY(dvfo_text_load(ctx, path, MAX_BYTES, &text));
    struct dvfo_ctx own = {.message = ""};
    const dvfo_status status = dvfo_snapshot_parse(&own, path, text.bytes, left);
    dvfo_text_free(&text);
    return status == DVFO_OK
               ? DVFO_OK
               : dvfo_fail(ctx, status, "%s; when the clocks are known to be right, remove that file", own.message);
}

dvfo_status dvfo_snapshot_file_peek(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const char *path,
                                    struct dvfo_snapshot *left)
{
    char place[DVFO_PATH_SIZE];
    *left = (struct dvfo_snapshot){0};
    return dvfo_sysfs_exists(sysfs, path) && dvfo_sysfs_locate(sysfs, path, place) == 0 ? read_left(ctx, place, left)
                                                                                        : DVFO_OK;
}

dvfo_status dvfo_snapshot_file_open(struct dvfo_ctx *ctx, const struct dvfo_sysfs *sysfs, const char *path,
                                    struct dvfo_snapshot_file *file, struct dvfo_snapshot *left)
{
    char folder[DVFO_PATH_SIZE];
    file->descriptor = -1;
    if (snprintf(file->path, sizeof file->path, "%s%s", sysfs->root, path) >= DVFO_PATH_SIZE) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the path of --root is longer than %zu characters",
                         DVFO_PATH_SIZE - strlen(path) - 1);
    }
    strcpy(folder, file->path);
    *strrchr(folder, '/') = '\0';
    if (mkdir(folder, 0755) != 0 && errno != EEXIST) { /* a copied tree may lack /run */
        return fail_to_make(ctx, file->path);
    }
    DVFO_TRY(lock(ctx, file));
    const dvfo_status status = read_left(ctx, file->path, left);
    if (status != DVFO_OK) {
        dvfo_snapshot_file_close(file, false);
    }
    return status;
}

/* The new file is locked before it gets the name, so that no other process finds it free in between. */
dvfo_status dvfo_snapshot_file_save(struct dvfo_ctx *ctx, struct dvfo_snapshot_file *file,
                                    const struct dvfo_snapshot *snapshot)
{
    struct dvfo_output output = {.temporary = ""};
    char *text = dvfo_snapshot_text(snapshot);
    if (text == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    dvfo_status status = dvfo_output_begin(ctx, file->path, &output);
    int descriptor = -1;
    if (status == DVFO_OK) {
        const size_t size = strlen(text);
        descriptor = open(output.temporary, O_RDWR | O_CLOEXEC);
        const bool kept = descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) == 0 &&
                          write(descriptor, text, size) == (ssize_t)size && fsync(descriptor) == 0;
        status = kept ? dvfo_output_commit(ctx, &output) : fail_to_make(ctx, file->path);
    }
    free(text);
    dvfo_output_abandon(&output);
    if (status != DVFO_OK) {
        if (descriptor >= 0) {
            close(descriptor);
        }
        return status;
    }
    close(file->descriptor);
    file->descriptor = descriptor;
    return DVFO_OK;
}

void dvfo_snapshot_file_close(struct dvfo_snapshot_file *file, bool forget)
{
    if (file->descriptor < 0) {
        return;
    }
    if (forget) {
        (void)unlink(file->path);
    }
    close(file->descriptor);
    file->descriptor = -1;
}
