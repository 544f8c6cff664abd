/* A plan: an experiment as data. What is the same in every trial, what varies, which agents are trained first, and what
 * is made of the results. bench/experiments/ID.yaml, or a file of the user's; its README explains the keys.
 *
 * Everything that varies is an option of `dvfo run` by its long name, so that any trial of a plan is a command line,
 * and a new option of a trial is a new key of plans. Trials of a live plan (`world: live`) run on real boards instead:
 * theirs are the options of `dvfo live`, where `shape` stands for the link. A factor is one option with its values, or
 * several that go together; the points of a plan are all combinations of all factors but the policy, the last factor
 * fastest. At each point every policy runs once per seed, and all policies of a point and seed meet the same requests
 * over the same link. */
#ifndef DVFO_PLAN_H
#define DVFO_PLAN_H

#include "sim/base/data_path.h"
#include "sim/base/yaml.h"

struct dvfo_agent_def;

enum {
    DVFO_PLAN_OPTIONS = 64, /* that a trial of a plan may name */
    DVFO_PLAN_FACTORS = 12,
    DVFO_PLAN_ZIPPED = 4,
    DVFO_PLAN_VALUES = 64,
    DVFO_PLAN_AGENTS = 24,
    DVFO_PLAN_NAMES = 16, /* columns, measures, tags, values of `set` of an agent, settings of a figure */
    DVFO_PLAN_SEEDS = 1000
};

struct dvfo_plan_option {
    const char *key, *value;
};

struct dvfo_plan_list {
    size_t count;
    const char *entry[DVFO_PLAN_VALUES];
};

struct dvfo_plan_factor {
    size_t keys, values;
    const char *key[DVFO_PLAN_ZIPPED];
    const char *value[DVFO_PLAN_ZIPPED][DVFO_PLAN_VALUES];
};

/* A policy that is trained first. It learns for every network, trace and eta of the plan at once, unless there is an
 * agent per value of these, or it names its own. */
struct dvfo_plan_agent {
    const char *name;        /* as policies and tables name it */
    const char *preset;      /* of policies/presets */
    const char *steps;       /* decisions; NULL: the preset's */
    const char *quick_steps; /* of the quick size; NULL: what that says for all, or `steps` */
    bool per_network, per_trace, per_eta;
    struct dvfo_plan_list network, trace, eta; /* none: the plan's */
    size_t sets, options;
    struct dvfo_plan_option set[DVFO_PLAN_NAMES];    /* values of the preset that it changes */
    struct dvfo_plan_option option[DVFO_PLAN_NAMES]; /* options of `dvfo run` that it is trained and runs with, before
                                                        those of the plan */
    int line;
};

/* A table of means over seeds: one row per combination of `rows`. */
struct dvfo_plan_table {
    struct dvfo_plan_list rows, columns;
    const char *baseline;         /* policy that savings are told against; NULL: none */
    struct dvfo_plan_list saving; /* measures of which the saving is told */
    struct dvfo_plan_list best;   /* policies whose best in each cell the saving is told against too; none: no such */
};

/* One policy set beside others over all points. */
struct dvfo_plan_comparison {
    const char *subject; /* NULL: none is made */
    struct dvfo_plan_list rivals, measures;
    const char *reference; /* policy whose cost is the scale: 1 */
    const char *oracle;    /* policy that can't be beaten: with the reference 0, it is 1; NULL: no such scale */
};

/* How the table is drawn: a template of plots, which finds each setting in its environment ("x" as DVFO_X). */
struct dvfo_plan_figure {
    const char *template; /* NULL: none */
    size_t settings;
    struct dvfo_plan_option setting[DVFO_PLAN_NAMES]; /* lists as words with blanks between */
};

struct dvfo_plan {
    char id[64];
    const char *title, *question, *shows;
    const char *draws; /* figure that makes its own numbers, no trials; NULL: a plan of trials */
    bool live;         /* trials run on real boards, named by a hosts file (hosts.h) */
    struct dvfo_plan_list tags;
    struct dvfo_plan_figure figure;
    size_t options;
    struct dvfo_plan_option option[DVFO_PLAN_OPTIONS]; /* the same in every trial */
    size_t factors;
    struct dvfo_plan_factor factor[DVFO_PLAN_FACTORS]; /* without the policies */
    struct dvfo_plan_list policies;
    size_t agents;
    struct dvfo_plan_agent agent[DVFO_PLAN_AGENTS];
    long seeds; /* trials of each policy at each point, of seeds 1 to this */
    struct dvfo_plan_table table;
    struct dvfo_plan_comparison comparison;
    char path[DVFO_PATH_SIZE];
    struct dvfo_yaml *yaml;              /* owned; most texts lie in it */
    char *copies[2 * DVFO_PLAN_OPTIONS]; /* owned; the others */
    size_t copied;
};

/* What the user changes. */
struct dvfo_plan_changes {
    bool quick;             /* the plan's quick size */
    long seeds;             /* 0: the plan's */
    const char *const *set; /* "KEY=VALUE[,VALUE...]": an option, a factor, or agents.NAME.steps; borrowed */
    size_t sets;
};

/** Load a plan by its id or path, with changes applied, and check it: keys with their line. Zeroed when it failed.
 *  @return DVFO_BAD_INPUT with file, line and key */
dvfo_status dvfo_plan_load(struct dvfo_ctx *ctx, const char *name, const struct dvfo_plan_changes *changes,
                           struct dvfo_plan *out);
void dvfo_plan_free(struct dvfo_plan *plan); /* NULL and zeroed welcome */

/** Combinations of all factors but the policy. */
size_t dvfo_plan_points(const struct dvfo_plan *plan);

/** Options of point number `point`, in the plan's order. @return how many */
size_t dvfo_plan_options(const struct dvfo_plan *plan, size_t point, struct dvfo_plan_option out[DVFO_PLAN_OPTIONS]);

/** The value that an option has at a point; NULL when the plan doesn't name it. */
const char *dvfo_plan_value(const struct dvfo_plan *plan, size_t point, const char *key);

/** All values that an option takes in the plan. */
struct dvfo_plan_list dvfo_plan_values(const struct dvfo_plan *plan, const char *key);

/** The option that names the link of a trial: "trace", of a live plan "shape". */
const char *dvfo_plan_link_key(const struct dvfo_plan *plan);

/** Is it a plan of real boards, or one with their tag? Those are chosen by name or by that tag only. */
bool dvfo_plan_meets_real_time(const struct dvfo_plan *plan);

/** The agent of a policy's name; NULL when it isn't trained. */
const struct dvfo_plan_agent *dvfo_plan_agent_of(const struct dvfo_plan *plan, const char *policy);

/** What an agent is to be: its preset with the plan's values and steps. */
dvfo_status dvfo_plan_agent_make(struct dvfo_ctx *ctx, const struct dvfo_plan_agent *agent, struct dvfo_agent_def *out);

/** Fail with the line on which an option has a value, or an agent stands; with --set where the user gave the value. */
dvfo_status dvfo_plan_fail(struct dvfo_ctx *ctx, const struct dvfo_plan *plan, const char *key, const char *value,
                           const char *sentence);
dvfo_status dvfo_plan_agent_fail(struct dvfo_ctx *ctx, const struct dvfo_plan *plan,
                                 const struct dvfo_plan_agent *agent, const char *sentence);

#endif
