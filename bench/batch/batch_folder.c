/* The folder of a batch: made when it is needed, and held by one batch at a time. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/batch/batch_parts.h"

static dvfo_status make_folder(struct dvfo_ctx *ctx, const char *path)
{
    if (mkdir(path, 0777) == 0 || errno == EEXIST) {
        struct stat info;
        return stat(path, &info) == 0 && S_ISDIR(info.st_mode)
                   ? DVFO_OK
                   : dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: is no folder, expected one for results", path);
    }
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "folder '%s' for results cannot be made: %s", path, strerror(errno));
}

/* FOLDER, agents, trials, and a folder for each first part of a hash. */
static dvfo_status make_folders(struct dvfo_ctx *ctx, const struct dvfo_batch *batch)
{
    char path[DVFO_PATH_SIZE];
    DVFO_TRY(make_folder(ctx, batch->def.folder));
    snprintf(path, sizeof path, "%s/agents", batch->def.folder);
    DVFO_TRY(make_folder(ctx, path));
    snprintf(path, sizeof path, "%s/trials", batch->def.folder);
    DVFO_TRY(make_folder(ctx, path));
    for (size_t i = 0; i < batch->trials; i++) {
        if (batch->trial[i].state != DVFO_BATCH_THERE && dvfo_batch_mine(batch, &batch->trial[i])) {
            snprintf(path, sizeof path, "%s/trials/%.2s", batch->def.folder, batch->trial[i].sha256);
            DVFO_TRY(make_folder(ctx, path));
        }
    }
    return DVFO_OK;
}

/* Shards of one batch may share a folder: each has a lock of its own. */
static dvfo_status lock(struct dvfo_ctx *ctx, struct dvfo_batch *batch)
{
    char path[DVFO_PATH_SIZE], part[48] = "", holder[24] = "";
    if (batch->def.shards > 1) {
        snprintf(part, sizeof part, "-%ld-of-%ld", batch->def.shard, batch->def.shards);
    }
    snprintf(path, sizeof path, "%s/.lock%s", batch->def.folder, part);
    batch->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (batch->lock < 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "folder '%s' for results cannot be written to: %s", batch->def.folder,
                         strerror(errno));
    }
    if (flock(batch->lock, LOCK_EX | LOCK_NB) != 0) {
        const ssize_t got = read(batch->lock, holder, sizeof holder - 1);
        holder[got > 0 ? strcspn(holder, "\n") : 0] = '\0';
        dvfo_batch_unlock(batch);
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "another batch (process %s) is running in folder '%s'; wait for it, or take another --out",
                         holder[0] != '\0' ? holder : "unknown", batch->def.folder);
    }
    const int length = snprintf(holder, sizeof holder, "%ld\n", (long)getpid());
    if (ftruncate(batch->lock, 0) != 0 || write(batch->lock, holder, (size_t)length) != length) {
        return dvfo_fail(ctx, DVFO_FAILED, "%s: cannot be written: %s", path, strerror(errno));
    }
    return DVFO_OK;
}

dvfo_status dvfo_batch_lock(struct dvfo_ctx *ctx, struct dvfo_batch *batch)
{
    DVFO_TRY(make_folder(ctx, batch->def.folder));
    DVFO_TRY(lock(ctx, batch));
    return make_folders(ctx, batch);
}

void dvfo_batch_unlock(struct dvfo_batch *batch)
{
    if (batch->lock >= 0) {
        close(batch->lock);
    }
    batch->lock = -1;
}
