#include "sim/base/data_path.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/nearest.h"
#include "sim/base/text.h"

enum { ROOTS = 3 };

/* Fill `root` with the i-th place to look; false when there is none. */
static bool data_root(int i, char root[DVFO_PATH_SIZE])
{
    if (i == 0) {
        const char *given = getenv("DVFO_DATA");
        return given != NULL && given[0] != '\0' && snprintf(root, DVFO_PATH_SIZE, "%s", given) < DVFO_PATH_SIZE;
    }
    if (i == 1) {
        const ssize_t length = readlink("/proc/self/exe", root, DVFO_PATH_SIZE - 64);
        if (length <= 0) {
            return false;
        }
        root[length] = '\0';
        char *slash = strrchr(root, '/');
        if (slash == NULL) {
            return false;
        }
        strcpy(slash, "/../share/dvfo");
        return true;
    }
    snprintf(root, DVFO_PATH_SIZE, "%s", DVFO_SOURCE_DIR);
    return true;
}

static bool ends_with(const char *name, const char *suffix)
{
    const size_t length = strlen(name), tail = strlen(suffix);
    return length > tail && strcmp(name + length - tail, suffix) == 0;
}

/* A folder that the user names must be there: other data taken silently would be worse than none. */
static dvfo_status check_given_root(struct dvfo_ctx *ctx)
{
    char root[DVFO_PATH_SIZE];
    struct stat info;
    if (data_root(0, root) && (stat(root, &info) != 0 || !S_ISDIR(info.st_mode))) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "DVFO_DATA names %s, expected a folder", root);
    }
    return DVFO_OK;
}

dvfo_status dvfo_data_path(struct dvfo_ctx *ctx, const char *kind, const char *folder, const char *name,
                           const char *suffix, char path[DVFO_PATH_SIZE])
{
    if (strchr(name, '/') != NULL || ends_with(name, suffix)) {
        if (snprintf(path, DVFO_PATH_SIZE, "%s", name) >= DVFO_PATH_SIZE) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "the path of a %s is longer than %d characters", kind,
                             DVFO_PATH_SIZE - 1);
        }
        return DVFO_OK;
    }
    char root[DVFO_PATH_SIZE];
    DVFO_TRY(check_given_root(ctx));
    for (int i = 0; i < ROOTS; i++) {
        struct stat info;
        if (data_root(i, root) &&
            snprintf(path, DVFO_PATH_SIZE, "%s/%s/%s%s", root, folder, name, suffix) < DVFO_PATH_SIZE &&
            stat(path, &info) == 0) {
            return DVFO_OK;
        }
    }
    char **names = NULL;
    size_t count = 0;
    DVFO_TRY(dvfo_data_names(ctx, folder, suffix, &names, &count));
    const char *near = dvfo_nearest(name, (const char *const *)names, count);
    if (near != NULL) {
        dvfo_fail(ctx, DVFO_BAD_INPUT, "unknown %s '%s'; did you mean '%s'?", kind, name, near);
    } else {
        dvfo_fail(ctx, DVFO_BAD_INPUT, "unknown %s '%s'; 'dvfo list %ss' shows the known ones", kind, name, kind);
    }
    dvfo_data_names_free(names, count);
    return DVFO_BAD_INPUT;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool has_name(char **names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static dvfo_status add_folder(struct dvfo_ctx *ctx, const char *path, const char *suffix, char ***names, size_t *count)
{
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return DVFO_OK;
    }
    dvfo_status status = DVFO_OK;
    for (struct dirent *entry = readdir(dir); entry != NULL && status == DVFO_OK; entry = readdir(dir)) {
        if (entry->d_name[0] == '.' || !ends_with(entry->d_name, suffix)) {
            continue;
        }
        char *name = dvfo_text_copy(entry->d_name);
        char **grown = realloc(*names, (*count + 1) * sizeof *grown);
        if (name == NULL || grown == NULL) {
            free(name);
            *names = grown != NULL ? grown : *names;
            status = dvfo_fail_no_memory(ctx);
            break;
        }
        *names = grown;
        name[strlen(name) - strlen(suffix)] = '\0';
        if (has_name(*names, *count, name)) {
            free(name);
        } else {
            (*names)[(*count)++] = name;
        }
    }
    closedir(dir);
    return status;
}

dvfo_status dvfo_data_names(struct dvfo_ctx *ctx, const char *folder, const char *suffix, char ***names, size_t *count)
{
    *names = NULL;
    *count = 0;
    DVFO_TRY(check_given_root(ctx));
    for (int i = 0; i < ROOTS; i++) {
        char root[DVFO_PATH_SIZE], path[DVFO_PATH_SIZE];
        if (!data_root(i, root) || snprintf(path, sizeof path, "%s/%s", root, folder) >= DVFO_PATH_SIZE) {
            continue;
        }
        const dvfo_status status = add_folder(ctx, path, suffix, names, count);
        if (status != DVFO_OK) {
            dvfo_data_names_free(*names, *count);
            *names = NULL;
            *count = 0;
            return status;
        }
    }
    if (*count > 0) {
        qsort(*names, *count, sizeof **names, compare_names);
    }
    return DVFO_OK;
}

void dvfo_data_names_free(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(names[i]);
    }
    free(names);
}
