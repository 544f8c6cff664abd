#include "profiles/hardware/dryrun.h"

#include <errno.h>
#include <string.h>

#include "sim/base/text.h"

struct dvfo_dryrun_file {
    char path[DVFO_SYSFS_PATH_SIZE];
    char text[DVFO_SYSFS_NAME_SIZE];
};

static struct dvfo_dryrun_file *find(const struct dvfo_dryrun *dryrun, const char *path)
{
    for (size_t i = 0; i < dryrun->n; i++) {
        if (strcmp(dryrun->file[i].path, path) == 0) {
            return &dryrun->file[i];
        }
    }
    return NULL;
}

static struct dvfo_dryrun_file *add(struct dvfo_dryrun *dryrun, const char *path)
{
    if (dryrun->n == dryrun->capacity) {
        const size_t capacity = dryrun->capacity == 0 ? 16 : 2 * dryrun->capacity;
        struct dvfo_dryrun_file *grown = realloc(dryrun->file, capacity * sizeof *grown);
        if (grown == NULL) {
            return NULL;
        }
        dryrun->file = grown;
        dryrun->capacity = capacity;
    }
    struct dvfo_dryrun_file *file = &dryrun->file[dryrun->n++];
    snprintf(file->path, sizeof file->path, "%s", path);
    return file;
}

static int show(void *user, const char *path, const char *text)
{
    struct dvfo_dryrun *dryrun = user;
    struct dvfo_dryrun_file *file = find(dryrun, path);
    file = file != NULL ? file : add(dryrun, path);
    if (file == NULL) {
        return ENOMEM;
    }
    snprintf(file->text, sizeof file->text, "%s", text);
    fprintf(dryrun->out, "echo %s > %s\n", text, path);
    return 0;
}

static bool remember(void *user, const char *path, char text[DVFO_SYSFS_TEXT_SIZE])
{
    const struct dvfo_dryrun_file *file = find(user, path);
    if (file != NULL) {
        strcpy(text, file->text);
    }
    return file != NULL;
}

static const struct dvfo_sysfs_hook hook = {.write = show, .read = remember};

void dvfo_dryrun_catch(struct dvfo_dryrun *dryrun, FILE *out, struct dvfo_sysfs *sysfs)
{
    *dryrun = (struct dvfo_dryrun){.out = out};
    sysfs->hook = &hook;
    sysfs->hook_user = dryrun;
}

void dvfo_dryrun_free(struct dvfo_dryrun *dryrun)
{
    free(dryrun->file);
    *dryrun = (struct dvfo_dryrun){0};
}
