/* The folder of a batch: made when it is needed, and held by one batch at a time. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench/batch/batch_parts.h"

enum { MOST_LOOKS = 1500 }; /* half a minute */

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

/* ---- the lock ---- */

/* Who holds it: the process, and its machine, for folders that several share. */
struct holder {
    long process;
    char host[64];
};

static bool read_holder(int lock, struct holder *holder)
{
    char text[96];
    const ssize_t got = pread(lock, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    return sscanf(text, "%ld %63s", &holder->process, holder->host) == 2;
}

static dvfo_status write_holder(struct dvfo_ctx *ctx, int lock, const char *path)
{
    char host[64] = "here", text[96];
    gethostname(host, sizeof host - 1);
    const int length = snprintf(text, sizeof text, "%ld %s\n", (long)getpid(), host);
    return ftruncate(lock, 0) == 0 && pwrite(lock, text, (size_t)length, 0) == length
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_FAILED, "%s: cannot be written: %s", path, strerror(errno));
}

/* It was killed, and its workers are about to end. */
static bool has_gone(const struct holder *holder)
{
    char host[64] = "here";
    gethostname(host, sizeof host - 1);
    return strcmp(host, holder->host) == 0 && kill((pid_t)holder->process, 0) != 0 && errno == ESRCH;
}

/* @param how  LOCK_EX or LOCK_SH */
static dvfo_status hold(struct dvfo_ctx *ctx, const struct dvfo_batch *batch, const char *name, int how, int *lock)
{
    const struct timespec moment = {.tv_nsec = 20000000L};
    struct holder holder = {0};
    char path[DVFO_PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", batch->def.folder, name);
    *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (*lock < 0) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "folder '%s' for results cannot be written to: %s", batch->def.folder,
                         strerror(errno));
    }
    bool held = flock(*lock, how | LOCK_NB) == 0;
    if (!held && errno != EWOULDBLOCK) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "folder '%s' for results can't be locked: %s; its file system has to offer flock",
                         batch->def.folder, strerror(errno));
    }
    const volatile sig_atomic_t *stop = batch->def.stop;
    for (int i = 0;
         i < MOST_LOOKS && !held && (stop == NULL || *stop == 0) && read_holder(*lock, &holder) && has_gone(&holder);
         i++) {
        nanosleep(&moment, NULL);
        held = flock(*lock, how | LOCK_NB) == 0;
    }
    return held ? write_holder(ctx, *lock, path)
           : holder.host[0] == 0
               ? dvfo_fail(ctx, DVFO_BAD_INPUT,
                           "another batch is running in folder '%s'; wait for it, or take another --out",
                           batch->def.folder)
               : dvfo_fail(ctx, DVFO_BAD_INPUT,
                           "another batch (process %ld on %s) is running in folder '%s'; wait for it, "
                           "or take another --out",
                           holder.process, holder.host, batch->def.folder);
}

/* Shards of a batch may share a folder, each with a lock of its own; a whole batch has it for itself. */
static dvfo_status lock(struct dvfo_ctx *ctx, struct dvfo_batch *batch)
{
    char name[64];
    if (batch->def.shards < 2) {
        return hold(ctx, batch, ".lock", LOCK_EX, &batch->lock);
    }
    DVFO_TRY(hold(ctx, batch, ".lock", LOCK_SH, &batch->lock));
    snprintf(name, sizeof name, ".lock-%ld-of-%ld", batch->def.shard, batch->def.shards);
    return hold(ctx, batch, name, LOCK_EX, &batch->shard_lock);
}

/* ---- halves ---- */

/* What a batch that was killed left of a trial or an agent that we make: nobody else does while we hold the lock. */
static bool is_half_of_ours(const struct dvfo_batch *batch, const char *name)
{
    const char *part = strstr(name, ".part-");
    const size_t length = part != NULL ? (size_t)(part - name) : 0;
    for (size_t i = 0; i < batch->trials && part != NULL; i++) {
        char own[64];
        snprintf(own, sizeof own, "%.32s.json", batch->trial[i].sha256);
        if (strlen(own) == length && strncmp(own, name, length) == 0) {
            return dvfo_batch_mine(batch, &batch->trial[i]);
        }
    }
    for (size_t i = 0; i < batch->agents && part != NULL; i++) {
        const char *own = strrchr(batch->agent[i].path, '/') + 1;
        if (batch->agent[i].wanted && strlen(own) == length && strncmp(own, name, length) == 0) {
            return true;
        }
    }
    return false;
}

static void remove_halves(const struct dvfo_batch *batch, const char *path)
{
    DIR *folder = opendir(path);
    for (const struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        if (is_half_of_ours(batch, entry->d_name)) {
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
}

static void clean(const struct dvfo_batch *batch)
{
    char path[DVFO_PATH_SIZE];
    snprintf(path, sizeof path, "%s/agents", batch->def.folder);
    remove_halves(batch, path);
    for (int i = 0; i < 256; i++) {
        snprintf(path, sizeof path, "%s/trials/%02x", batch->def.folder, i);
        remove_halves(batch, path);
    }
}

dvfo_status dvfo_batch_lock(struct dvfo_ctx *ctx, struct dvfo_batch *batch)
{
    DVFO_TRY(make_folder(ctx, batch->def.folder));
    DVFO_TRY(lock(ctx, batch));
    DVFO_TRY(make_folders(ctx, batch));
    clean(batch);
    return DVFO_OK;
}

void dvfo_batch_unlock(struct dvfo_batch *batch)
{
    int *locks[] = {&batch->shard_lock, &batch->lock};
    for (size_t i = 0; i < 2; i++) {
        if (*locks[i] >= 0) {
            close(*locks[i]);
        }
        *locks[i] = -1;
    }
}
