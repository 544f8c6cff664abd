/* A setting: what a user asks to be run, as options on the command line, and the trials it means.
 *
 * --board, --network and --policy take lists ("a,b,c"); the trials are their product, in that order. Boards, networks,
 * layer profiles, cloud and trace are loaded once and shared. The same options serve every command that runs trials. */
#ifndef DVFO_SETTING_H
#define DVFO_SETTING_H

#include <argp.h>

#include "bench/list.h"
#include "profiles/layer_profile.h"
#include "sim/trial.h"

enum { DVFO_SETTING_MAX = DVFO_LIST_MAX }; /* entries of a list */

struct dvfo_setting {
    /* as typed; borrowed from argv; NULL where not given */
    const char *boards, *networks, *policies;
    const char *trace, *trace_format;
    const char *runtime, *precision, *variant, *cloud, *p_max;
    const char *layers, *assume;
    const char *split;    /* layer or rule, for all networks; NULL: as their files say */
    const char *accuracy; /* file, or "none"; NULL: the shipped profile, if there is one */
    long input_px;
    double trace_from_share; /* of the trace's period, in addition to base.trace_from_s */
    struct dvfo_trial base;  /* all other parameters */
    /* loaded by dvfo_setting_load; owned */
    size_t board_count, network_count, policy_count;
    struct dvfo_board *board[DVFO_SETTING_MAX];
    struct dvfo_network *network[DVFO_SETTING_MAX];
    const struct dvfo_policy_type *policy[DVFO_SETTING_MAX];
    char *policy_name[DVFO_SETTING_MAX];           /* with its argument, as typed */
    const char *policy_argument[DVFO_SETTING_MAX]; /* inside policy_name, or NULL */
    struct dvfo_cloud_profile *cloud_profile;
    struct dvfo_trace *opened_trace;
    size_t profile_count;
    struct dvfo_layer_profile *profile[DVFO_SETTING_MAX]; /* files of --layers, attached to the boards */
    struct dvfo_accuracy_profile *accuracy_profile;       /* NULL: none; base.scenario borrows it */
    bool accuracy_known;                                  /* it was looked for */
    size_t assumed[DVFO_SETTING_MAX];                     /* (boards) coefficients that --assume changed */
};

struct dvfo_setting dvfo_setting_default(void);
void dvfo_setting_free(struct dvfo_setting *setting);

/** Options of a setting for argp's `children`; the child's input is the setting. */
extern const struct argp dvfo_setting_argp;

/** One option by its long name, as a plan names it.
 *  @param text  its value, borrowed until the setting is freed; yes or no for one that takes none on the command line
 *  @return      DVFO_BAD_INPUT when there is no such option, or its value isn't one */
dvfo_status dvfo_setting_set(struct dvfo_ctx *ctx, struct dvfo_setting *setting, const char *name, const char *text);

/** Does the option take no value on the command line? */
bool dvfo_setting_is_switch(const char *name);

/** Load everything the setting names. */
dvfo_status dvfo_setting_load(struct dvfo_ctx *ctx, struct dvfo_setting *setting);

/** Load all but policies and trace, for what brings its own. */
dvfo_status dvfo_setting_load_worlds(struct dvfo_ctx *ctx, struct dvfo_setting *setting);

/** Board and network by number as a trial without policy and trace; borrows from the setting. */
dvfo_status dvfo_setting_world(struct dvfo_ctx *ctx, const struct dvfo_setting *setting, size_t board, size_t network,
                               struct dvfo_trial *out);

/** Load the accuracy profile, as the others below do; a second time does nothing. */
dvfo_status dvfo_setting_load_accuracy(struct dvfo_ctx *ctx, struct dvfo_setting *setting);

/** The network that profiles are measured on has as many classes as the profile, and the profile knows the payload. */
dvfo_status dvfo_setting_check_accuracy(struct dvfo_ctx *ctx, const struct dvfo_setting *setting);

/** One line on accuracy profile and floor for below a table; nothing without a profile. */
void dvfo_setting_print_accuracy(const struct dvfo_setting *setting, FILE *file);

/** Lines on a split and a payload that aren't the usual ones; nothing where both are. */
void dvfo_setting_print_variants(const struct dvfo_setting *setting, FILE *file);

/** The same as "key: value" lines of a configuration. */
void dvfo_setting_write_variants(const struct dvfo_setting *setting, FILE *file);

/** Load the boards alone, for what runs no trials. */
dvfo_status dvfo_setting_load_boards(struct dvfo_ctx *ctx, struct dvfo_setting *setting);

/** Trial number i of board_count * network_count * policy_count; borrows from the setting. */
dvfo_status dvfo_setting_trial(struct dvfo_ctx *ctx, const struct dvfo_setting *setting, size_t i,
                               struct dvfo_trial *out);
size_t dvfo_setting_trial_count(const struct dvfo_setting *setting);

/** Name of the policy of trial i as typed, argument included. */
const char *dvfo_setting_policy_name(const struct dvfo_setting *setting, size_t i);

#endif
