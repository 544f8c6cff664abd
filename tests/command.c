#include "command.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/dvfo-command-XXXXXX";

void command_make_folder(void)
{
    cr_assert(mkdtemp(folder) != NULL);
    cr_assert(chdir(folder) == 0);
    setenv("DVFO", DVFO_PROGRAM, 1);
    setenv("DATA", DVFO_SOURCE_DIR "/tests/data", 1);
}

void command_remove_folder(void)
{
    char line[128];
    cr_assert(chdir("/") == 0);
    snprintf(line, sizeof line, "rm -r '%s'", folder);
    cr_assert(system(line) == 0);
}

/* Its beginning, as a string. */
static void read_file(const char *name, char *text, size_t size)
{
    FILE *file = fopen(name, "rb");
    const size_t got = file != NULL ? fread(text, 1, size - 1, file) : 0;
    text[got] = '\0';
    if (file != NULL) {
        fclose(file);
    }
}

void command_shell(const char *line, struct said *said)
{
    command_write("said.line", line, strlen(line));
    const int status = system("bash said.line >said.out 2>said.err");
    said->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    read_file("said.out", said->out, sizeof said->out);
    read_file("said.err", said->err, sizeof said->err);
    cr_assert(system("rm said.line said.out said.err") == 0);
}

void command_dvfo(const char *arguments, struct said *said)
{
    char line[8192];
    snprintf(line, sizeof line, "\"$DVFO\" %s", arguments);
    command_shell(line, said);
}

bool command_says(const struct said *said, const char *text)
{
    return strstr(said->out, text) != NULL || strstr(said->err, text) != NULL;
}

bool command_is_one_sentence(const struct said *said)
{
    const char *end = strchr(said->err, '\n');
    return said->out[0] == '\0' && end != NULL && end > said->err && end[1] == '\0';
}

void command_write(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(name, "wb");
    cr_assert(file != NULL, "%s", name);
    cr_assert(fwrite(bytes, 1, size, file) == size);
    fclose(file);
}

void command_edit(const char *sample, const char *from, const char *to, const char *name)
{
    char path[4096], *text = calloc(1, 1 << 16);
    snprintf(path, sizeof path, DVFO_SOURCE_DIR "/tests/data/%s", sample);
    read_file(path, text, 1 << 16);
    char *found = strstr(text, from);
    cr_assert(found != NULL, "'%s' stands in %s", from, sample);
    FILE *file = fopen(name, "wb");
    cr_assert(file != NULL);
    fprintf(file, "%.*s%s%s", (int)(found - text), text, to, found + strlen(from));
    fclose(file);
    free(text);
}
