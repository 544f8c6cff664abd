/* What a live world is made of, as options on the command line: those of a setting and the world's own. */
#ifndef DVFO_LIVE_OPTIONS_H
#define DVFO_LIVE_OPTIONS_H

#include "bench/live/edge/live.h"
#include "bench/setting.h"

/* As typed; borrowed from argv. Begin with dvfo_live_options_default. */
struct dvfo_live_options {
    struct dvfo_setting setting;
    const char *network_file, *images, *server, *key, *shape, *root, *ceiling, *command, *command_log;
    bool fixed_clocks, dry_run;
    struct dvfo_key loaded_key;
};

struct dvfo_live_options dvfo_live_options_default(void);
void dvfo_live_options_free(struct dvfo_live_options *options);

/** For argp's `children`; the child's input are the options. */
extern const struct argp dvfo_live_argp;

/** One option by its long name, as a plan names it: the world's own, or one of a setting.
 *  @param text  its value, borrowed; yes or no for one that takes none on the command line
 *  @return      DVFO_BAD_INPUT when a trial of a live world has no such option, or its value isn't one */
dvfo_status dvfo_live_options_set(struct dvfo_ctx *ctx, struct dvfo_live_options *options, const char *name,
                                  const char *text);

/** Is it one of the world's own, which no simulation has? */
bool dvfo_live_option_is_own(const char *name);

/** Does the option take no value on the command line? */
bool dvfo_live_option_is_switch(const char *name);

/** What must be named is, and what is named goes together. */
dvfo_status dvfo_live_options_check(struct dvfo_ctx *ctx, const struct dvfo_live_options *options);

/** Load what they name and say what world is meant: one board, one network. From here on Ctrl-C is caught.
 *  @param with_policies  the setting names some
 *  @param def            borrows from the options */
dvfo_status dvfo_live_options_load(struct dvfo_ctx *ctx, struct dvfo_live_options *options, bool with_policies,
                                   struct dvfo_live_def *def);

/** The key, if one is named. @param key  NULL when none is */
dvfo_status dvfo_live_options_key(struct dvfo_ctx *ctx, struct dvfo_live_options *options, const struct dvfo_key **key);

#endif
