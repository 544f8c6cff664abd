#include "experiment.h"

#include <criterion/criterion.h>
#include <string.h>

void experiment_make_folder(void)
{
    static struct said said;
    command_make_folder();
    command_shell("cp $DATA/small-plan.yaml $DATA/small-board.yaml $DATA/small-network.yaml .", &said);
    cr_assert(said.code == 0);
}

void experiment_shell(const char *line, struct said *said)
{
    char text[8192] = EXPERIMENT_SHELL;
    cr_assert(strlen(text) + strlen(line) < sizeof text);
    strcat(text, line);
    command_shell(text, said);
}
