/* dvfo board set: clocks by hand, and the way back. */
#include <math.h>

#include "bench/board_verbs.h"
#include "bench/interrupt.h"
#include "profiles/hardware/control.h"
#include "profiles/hardware/dryrun.h"
#include "sim/base/units.h"

/* As typed; borrowed from argv. */
struct options {
    const char *root, *board, *wait;
    const char *clock[DVFO_DOMAINS];
    bool restore, dry_run;
};

enum { KEY_ROOT = 256, KEY_BOARD, KEY_WAIT, KEY_CPU, KEY_GPU, KEY_MEM, KEY_RESTORE, KEY_DRY_RUN };

static const struct argp_option options_of_set[] = {
    {"cpu", KEY_CPU, "MHZ", 0, "clock of all cores that are on", 0},
    {"gpu", KEY_GPU, "MHZ", 0, "clock of the GPU", 0},
    {"mem", KEY_MEM, "MHZ", 0, "clock of the memory (EMC)", 0},
    {"restore", KEY_RESTORE, NULL, 0, "give back what was there before, also after a run that was killed", 0},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "show what would be written, in order, and write nothing", 1},
    {"wait", KEY_WAIT, "S", 0, "longest time for the clocks to hold (default 5)", 1},
    {"root", KEY_ROOT, "DIR", 0, DVFO_BOARD_ROOT_TEXT, 1},
    {"board", KEY_BOARD, "NAME", 0, DVFO_BOARD_NAME_TEXT, 1},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    const char **const fields[] = {
        &options->root,           &options->board, &options->wait, &options->clock[DVFO_CPU], &options->clock[DVFO_GPU],
        &options->clock[DVFO_MEM]};
    if (key >= KEY_ROOT && key <= KEY_MEM) {
        *fields[key - KEY_ROOT] = text;
        return 0;
    }
    switch (key) {
    case KEY_RESTORE:
        options->restore = true;
        return 0;
    case KEY_DRY_RUN:
        options->dry_run = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options_of_set,
    .parser = parse_option,
    .doc = "Set clocks of the board's table, in the safe order, and wait until they hold. They stay until --restore or "
           "the next boot; how everything was is kept in " DVFO_CONTROL_FILE "."
           "\v"
           "Examples:\n"
           "  sudo dvfo board set --cpu 1420.8 --gpu 510 --mem 1600\n"
           "  dvfo board set --gpu 1109.25 --dry-run\n"
           "  sudo dvfo board set --restore\n",
};

static dvfo_status read_clocks(struct dvfo_ctx *ctx, const struct options *options, struct dvfo_clocks *asked,
                               bool domains[DVFO_DOMAINS])
{
    bool any = false;
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        double mhz = NAN;
        DVFO_TRY(dvfo_board_number(ctx, dvfo_domain_name((dvfo_domain)d), options->clock[d], 1.0, 1e5, &mhz));
        asked->hz[d] = mhz * DVFO_HZ_PER_MHZ;
        domains[d] = options->clock[d] != NULL;
        any = any || domains[d];
    }
    if (any == options->restore) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%s; see 'dvfo board set --help'",
                         any ? "--restore gives all clocks back and takes no others beside it"
                             : "no clock is given, expected --cpu, --gpu, --mem or --restore");
    }
    return DVFO_OK;
}

static dvfo_status restore(struct dvfo_ctx *ctx, const struct options *options)
{
    struct dvfo_sysfs sysfs;
    bool found = false;
    if (options->dry_run) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--restore takes no --dry-run; %s shows what it writes",
                         DVFO_CONTROL_FILE);
    }
    DVFO_TRY(dvfo_sysfs_open(ctx, options->root, &sysfs));
    DVFO_TRY(dvfo_control_recover(ctx, &sysfs, &found));
    fprintf(stderr, "dvfo: %s\n",
            found ? "all clocks are given back" : "nothing to give back: no clocks were set by dvfo");
    return DVFO_OK;
}

static void tell_clocks(const struct dvfo_hardware *hardware)
{
    const struct dvfo_clocks held = dvfo_hardware_clocks(hardware);
    fprintf(stderr, "dvfo: CPU %.10g, GPU %.10g, memory %.10g MHz; 'dvfo board set --restore' gives back what was\n",
            held.hz[DVFO_CPU] / DVFO_HZ_PER_MHZ, held.hz[DVFO_GPU] / DVFO_HZ_PER_MHZ,
            held.hz[DVFO_MEM] / DVFO_HZ_PER_MHZ);
}

/* Nothing was written: what an earlier set left stays as it is. */
static void back_out(struct dvfo_control *control)
{
    if (control->kept) {
        dvfo_control_leave(control);
    } else {
        (void)dvfo_control_end(NULL, control);
    }
}

/* A setting that fails leaves nothing behind: everything is given back, also what an earlier set had changed. */
static void give_back(struct dvfo_ctx *ctx, struct dvfo_control *control)
{
    struct dvfo_ctx own = *ctx;
    const bool back = dvfo_control_end(&own, control) == DVFO_OK;
    dvfo_note(ctx, "%s", back ? "all clocks are given back" : own.message);
}

static dvfo_status set(struct dvfo_ctx *ctx, struct dvfo_control *control, const bool domains[DVFO_DOMAINS],
                       struct dvfo_clocks *asked)
{
    DVFO_TRY(dvfo_control_begin(ctx, control, domains, true));
    dvfo_status status = dvfo_control_check(ctx, control, asked);
    if (status != DVFO_OK) {
        back_out(control);
        return status;
    }
    status = dvfo_control_set(ctx, control, asked);
    if (control->dry) {
        return status;
    }
    if (status == DVFO_OK) {
        dvfo_control_leave(control);
        tell_clocks(control->hardware);
    } else {
        give_back(ctx, control);
    }
    return status;
}

static dvfo_status open_and_set(struct dvfo_ctx *ctx, const struct options *options, const bool domains[DVFO_DOMAINS],
                                struct dvfo_clocks *asked)
{
    struct dvfo_sysfs sysfs;
    struct dvfo_dryrun dryrun = {0};
    struct dvfo_hardware *hardware = NULL;
    DVFO_TRY(dvfo_sysfs_open(ctx, options->root, &sysfs));
    if (options->dry_run) {
        dvfo_dryrun_catch(&dryrun, stdout, &sysfs);
    }
    dvfo_status status = dvfo_hardware_open(ctx, &sysfs, options->board != NULL ? options->board : "auto", &hardware);
    if (status == DVFO_OK) {
        struct dvfo_control control = dvfo_control_default(hardware);
        control.dry = options->dry_run;
        control.stop = dvfo_interrupt_catch();
        status = dvfo_board_number(ctx, "wait", options->wait, 0.0, 600.0, &control.wait_s);
        status = status == DVFO_OK ? set(ctx, &control, domains, asked) : status;
    }
    dvfo_hardware_free(hardware);
    dvfo_dryrun_free(&dryrun);
    return status;
}

static dvfo_status run(struct dvfo_ctx *ctx, int argc, char **argv)
{
    struct options options = {0};
    struct dvfo_clocks asked;
    bool domains[DVFO_DOMAINS];
    DVFO_TRY(dvfo_command_parse(ctx, &argp, argc, argv, &options));
    DVFO_TRY(read_clocks(ctx, &options, &asked, domains));
    return options.restore ? restore(ctx, &options) : open_and_set(ctx, &options, domains, &asked);
}

const struct dvfo_command dvfo_board_set = {"set", "set clocks and wait until they hold, or give them back", run};
