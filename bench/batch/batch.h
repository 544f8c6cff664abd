/* A batch: all trials of some plans and the agents that they need, run by many workers into a folder of results.
 *
 *     FOLDER/agents/POLICY_BOARD_sSEED_HASH.h5    trained agents
 *     FOLDER/trials/HH/HASH.json                  records of trials, by the first digits of their hash
 *     FOLDER/.lock, .lock-I-of-N                  held while a batch, or a shard of one, runs
 *
 * Agents and records are named by the hash of what they are made from (inputs.h): what lies in the folder isn't made
 * again, a batch that was ended at any moment goes on where it was, and what comes out doesn't depend on how many
 * workers there are, nor on which ends first. A trial that fails doesn't stop the others.
 *
 * Trials of live plans are the exception: what a real board does isn't the same twice, so their records are named by
 * what they were made from all the same, but no other run gives the same bytes. They run on machines of their own
 * (hosts.h), after all agents are trained and all simulations are done: those would take time from what is measured.
 *
 *     dvfo_batch_prepare  -> agents, trials, groups, with what is there already
 *     dvfo_batch_run      -> makes the rest
 *     dvfo_batch_load     -> the record of a trial */
#ifndef DVFO_BATCH_H
#define DVFO_BATCH_H

#include <signal.h>
#include <stdint.h>

#include "bench/batch/hosts.h"
#include "bench/batch/inputs.h"
#include "bench/batch/plan.h"
#include "bench/record.h"

enum { DVFO_BATCH_PLANS = 64, DVFO_BATCH_MESSAGE = 512 };
#define DVFO_BATCH_NONE ((size_t)-1)

struct dvfo_batch_def {
    const char *folder;             /* borrowed */
    long jobs;                      /* workers; 0: as many as cores */
    long shard, shards;             /* only part `shard` (1 to shards) of the work; shards 0 or 1: all of it */
    const struct dvfo_hosts *hosts; /* machines of live plans, borrowed; NULL: nothing of them is run */
    bool silent;                    /* tell nothing on standard error but what failed */
    const volatile sig_atomic_t *stop;
};

typedef enum dvfo_batch_state { DVFO_BATCH_OPEN, DVFO_BATCH_THERE, DVFO_BATCH_FAILED } dvfo_batch_state;

struct dvfo_batch_agent {
    size_t plan;                       /* ... of the batch */
    const struct dvfo_plan_agent *def; /* borrowed from it */
    size_t point;                      /* a point of it whose other options are the agent's */
    long seed;
    struct dvfo_plan_list network, trace, eta; /* that it learns for */
    char sha256[DVFO_SHA256_HEX_SIZE];
    char policy[32]; /* that acts with it */
    char *path;      /* owned */
    dvfo_batch_state state;
    bool wanted;  /* a trial of this shard that isn't there needs it */
    bool damaged; /* its file was, and it is trained again */
};

struct dvfo_batch_trial {
    size_t plan, point, policy; /* policy: its index in the plan */
    long seed;
    size_t agent; /* DVFO_BATCH_NONE: its policy isn't trained */
    char sha256[DVFO_SHA256_HEX_SIZE];
    dvfo_batch_state state;
};

/* Trials that share all options but the policy, one after the other: the work of one task. */
struct dvfo_batch_group {
    size_t first, count; /* trials */
    bool open;           /* one of them isn't there, and it is this shard's */
};

/* What workers count as they go, in memory that all share. */
struct dvfo_batch_shared {
    size_t trials;                         /* ended */
    unsigned long long trial_us, train_us; /* that workers spent */
};

/* Who runs a trial of a live plan; in memory that workers share. */
struct dvfo_batch_claim {
    bool taken;
    size_t host; /* of the hosts' */
};

/* What went wrong with a trial or an agent; in memory that workers share. */
struct dvfo_batch_failure {
    bool failed;
    char message[DVFO_BATCH_MESSAGE];
};

struct dvfo_batch {
    struct dvfo_batch_def def;
    size_t plans;
    struct dvfo_plan *plan[DVFO_BATCH_PLANS]; /* borrowed */
    struct dvfo_plan_list boards;             /* of all of them */
    long seeds;                               /* the most that one of them has */
    struct dvfo_inputs inputs;
    size_t agents, trials, groups, agent_room, trial_room, group_room;
    struct dvfo_batch_agent *agent;
    struct dvfo_batch_trial *trial;
    struct dvfo_batch_group *group;
    struct dvfo_batch_failure *failure; /* (trials, then agents) */
    struct dvfo_batch_claim *claim;     /* (trials) */
    struct dvfo_batch_shared *shared;
    int lock, shard_lock; /* descriptors; -1: not held */
};

/** Number everything and look at what is there. Makes nothing yet, not even the folder.
 *  @param plans  borrowed until dvfo_batch_free
 *  @return       DVFO_BAD_INPUT when a file that trials are made from is missing */
dvfo_status dvfo_batch_prepare(struct dvfo_ctx *ctx, const struct dvfo_batch_def *def, struct dvfo_plan *const plans[],
                               size_t count, struct dvfo_batch *out);
void dvfo_batch_free(struct dvfo_batch *batch); /* zeroed welcome */

/** Trials that are this shard's, and those of them that aren't there. */
size_t dvfo_batch_count(const struct dvfo_batch *batch, bool open_only);

/** Agents that must be trained first. */
size_t dvfo_batch_untrained(const struct dvfo_batch *batch);

/** Make what is missing. Tells how it goes on standard error, and what failed with the command that repeats it.
 *  @return DVFO_FAILED when some failed, DVFO_BAD_INPUT when the folder can't be used, DVFO_INTERRUPTED */
dvfo_status dvfo_batch_run(struct dvfo_ctx *ctx, struct dvfo_batch *batch);

/** The record of a trial that is there. */
dvfo_status dvfo_batch_load(struct dvfo_ctx *ctx, const struct dvfo_batch *batch, size_t trial,
                            struct dvfo_record *out);

/** Is it this shard's? */
bool dvfo_batch_mine(const struct dvfo_batch *batch, const struct dvfo_batch_trial *trial);

/** The policy of a trial as `dvfo run` takes it: with its agent's file. */
void dvfo_batch_policy(const struct dvfo_batch *batch, const struct dvfo_batch_trial *trial,
                       char spec[DVFO_PATH_SIZE + 64]);

/** The options of a trial, the accuracy profile and the seed among them.
 *  @param agent      whose own options come before the point's; NULL: a policy that isn't trained
 *  @param seed_text  room for its digits */
size_t dvfo_batch_options(const struct dvfo_plan *plan, size_t point, const struct dvfo_plan_agent *agent, long seed,
                          char seed_text[24], struct dvfo_plan_option out[DVFO_PLAN_OPTIONS]);

/** The text that a trial's hash is of; caller frees, NULL when memory is out. */
dvfo_status dvfo_batch_inputs(struct dvfo_ctx *ctx, struct dvfo_batch *batch, const struct dvfo_batch_trial *trial,
                              char **text);

/** "dvfo run --board ...", "ssh ... 'dvfo live ...'" or "dvfo train ...": what repeats one of them alone. */
void dvfo_batch_print_trial(struct dvfo_batch *batch, const struct dvfo_batch_trial *trial, FILE *file);
void dvfo_batch_print_agent(const struct dvfo_batch *batch, const struct dvfo_batch_agent *agent, FILE *file);

#endif
