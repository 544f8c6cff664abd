#include "sim/base/output.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

dvfo_status dvfo_output_begin(struct dvfo_ctx *ctx, const char *path, struct dvfo_output *output)
{
    output->temporary[0] = '\0';
    if (path[0] == '\0') {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "the name of an output file is empty");
    }
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: exists and is not a regular file; choose another output name", path);
    }
    if (snprintf(output->path, sizeof output->path, "%s", path) >= DVFO_PATH_SIZE ||
        snprintf(output->temporary, sizeof output->temporary, "%s.part-XXXXXX", path) >= DVFO_PATH_SIZE) {
        output->temporary[0] = '\0';
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "an output path is longer than %d characters", DVFO_PATH_SIZE - 16);
    }
    const int descriptor = mkstemp(output->temporary);
    if (descriptor < 0) {
        output->temporary[0] = '\0';
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s: cannot be written: %s", path, strerror(errno));
    }
    const mode_t mask = umask(0);
    umask(mask);
    (void)fchmod(descriptor, 0666 & ~mask); /* mkstemp makes it private; results are not */
    close(descriptor);
    return DVFO_OK;
}

dvfo_status dvfo_output_commit(struct dvfo_ctx *ctx, struct dvfo_output *output)
{
    if (rename(output->temporary, output->path) != 0) {
        const int reason = errno;
        dvfo_output_abandon(output);
        return dvfo_fail(ctx, DVFO_FAILED, "%s: cannot be put in place: %s", output->path, strerror(reason));
    }
    output->temporary[0] = '\0';
    return DVFO_OK;
}

void dvfo_output_abandon(struct dvfo_output *output)
{
    if (output->temporary[0] != '\0') {
        (void)unlink(output->temporary);
        output->temporary[0] = '\0';
    }
}

dvfo_status dvfo_output_close(struct dvfo_ctx *ctx, FILE *file, const char *path)
{
    const bool failed = fflush(file) != 0 || ferror(file);
    const int reason = errno;
    const bool close_failed = fclose(file) != 0;
    if (failed || close_failed) {
        return dvfo_fail(ctx, DVFO_FAILED, "%s: writing failed: %s", path, strerror(failed ? reason : errno));
    }
    return DVFO_OK;
}

/* The sentence of what failed first stays. */
static dvfo_status close_after(struct dvfo_ctx *ctx, dvfo_status status, FILE *file, const char *path)
{
    struct dvfo_ctx closing = {0};
    const dvfo_status closed = dvfo_output_close(&closing, file, path);
    return status == DVFO_OK && closed != DVFO_OK ? dvfo_fail(ctx, closed, "%s", closing.message) : status;
}

dvfo_status dvfo_output_write(struct dvfo_ctx *ctx, const char *path,
                              dvfo_status (*write)(struct dvfo_ctx *ctx, void *user, FILE *file), void *user)
{
    struct dvfo_output output;
    DVFO_TRY(dvfo_output_begin(ctx, path, &output));
    FILE *file = fopen(output.temporary, "w");
    dvfo_status status = file == NULL ? dvfo_fail(ctx, DVFO_FAILED, "%s: cannot be written: %s", path, strerror(errno))
                                      : close_after(ctx, write(ctx, user, file), file, path);
    status = status == DVFO_OK ? dvfo_output_commit(ctx, &output) : status;
    dvfo_output_abandon(&output);
    return status;
}
