/* A regret table: how much of what an informed oracle gains over the best fixed setting a trained agent gets.
 *
 * A cell is a board, a network, a link and a weight of energy. For each board, network and link agents are trained, one
 * per seed, each for all weights; they are files in a folder, named by what made them, and what lies there isn't
 * trained again. Then all policies run over the same draws of the link, none of which any agent has learnt from.
 *
 *     dvfo_regret_prepare  -> agents and cells, numbered
 *     dvfo_regret_run      -> trains and judges, many at once
 *     dvfo_regret_print    -> the table */
#ifndef DVFO_REGRET_H
#define DVFO_REGRET_H

#include "bench/list.h"
#include "bench/setting.h"
#include "bench/table.h"
#include "policies/agents/agent_def.h"
#include "sim/base/data_path.h"

enum { DVFO_REGRET_SEEDS = 32, DVFO_REGRET_DRAWS = 64 };

#define DVFO_REGRET_WORTH 2.0      /* gap [%] from which it is told how much of it was closed */
#define DVFO_REGRET_CLOSED 80.0    /* closed so far [%], a cell is reached; ... */
#define DVFO_REGRET_OVER_FIXED 1.0 /* ... where there is no gap, this little [%] above the best fixed setting */

struct dvfo_regret_def {
    struct dvfo_setting setting; /* lists of boards, networks, links; seed: the first of training; owned */
    const char *etas, *rivals, *preset, *folder;
    const char *steps;       /* decisions to learn from; NULL: the preset's */
    long seeds, draws, jobs; /* jobs 0: as many as cores */
    const volatile sig_atomic_t *stop;
};

/* Mean costs of a cell, in costs of edge-only at the highest clocks. NaN: doesn't exist. */
struct dvfo_regret_cell {
    bool known;
    long draws;
    double fixed;    /* the best fixed setting of all draws, in hindsight */
    double informed; /* oracle-informed; NaN for recordings */
    double oracle;   /* oracle-dvfo, which knows the trace */
    double edge_best;
    double agent[DVFO_REGRET_SEEDS];
    double rival[DVFO_SETTING_MAX];
};

struct dvfo_regret {
    struct dvfo_regret_def def;
    struct dvfo_agent_def agent; /* preset, with its steps */
    char preset_sha256[DVFO_SHA256_HEX_SIZE];
    struct dvfo_list links, rivals; /* owned */
    double eta[DVFO_LIST_MAX];
    size_t etas;
    size_t worlds;                 /* boards * networks * links: number w, links turn fastest */
    size_t agents, cells;          /* worlds * seeds, worlds * etas: weights turn fastest */
    bool *trained;                 /* (agents) its file is there; owned */
    struct dvfo_regret_cell *cell; /* (cells) shared by processes; owned */
    size_t told;                   /* cells in the CSV by now */
};

/** Load and check everything, make the folder. @param regret  zeroed but for `def`; freed in any case by the caller */
dvfo_status dvfo_regret_prepare(struct dvfo_ctx *ctx, struct dvfo_regret *regret);
void dvfo_regret_free(struct dvfo_regret *regret);

/** Train what is missing, judge all; FOLDER/regret.csv grows on the way. Tells how it goes on standard error. */
dvfo_status dvfo_regret_run(struct dvfo_ctx *ctx, struct dvfo_regret *regret);

/* A world: a board with a network and a link. */
struct dvfo_regret_world {
    size_t board, network, link;
};

struct dvfo_regret_world dvfo_regret_world_of(const struct dvfo_regret *regret, size_t world);

/** File of an agent: FOLDER/BOARD_NETWORK_LINK_sSEED_HASH.h5, the hash of all that it was made from. */
dvfo_status dvfo_regret_agent_path(struct dvfo_ctx *ctx, const struct dvfo_regret *regret, size_t agent,
                                   char path[DVFO_PATH_SIZE]);

/** Train agent number `agent` and keep it. */
dvfo_status dvfo_regret_train(struct dvfo_ctx *ctx, const struct dvfo_regret *regret, size_t agent);

/** Judge all policies of cell number `cell`; its agents are trained. */
dvfo_status dvfo_regret_judge(struct dvfo_ctx *ctx, const struct dvfo_regret *regret, size_t cell,
                              struct dvfo_regret_cell *out);

/** Does a rival run at all? Told before hours of training. */
dvfo_status dvfo_regret_try_rivals(struct dvfo_ctx *ctx, const struct dvfo_regret *regret);

/* What a cell comes to. */
struct dvfo_regret_verdict {
    double agent, least, most; /* median and range over seeds */
    double gap_percent;        /* of the informed oracle below the best fixed setting (of oracle-dvfo for recordings) */
    double closed_percent;     /* of that gap; NaN where it is small ... */
    double over_fixed_percent; /* ... and then the agent against the best fixed setting */
    bool reached;
    const char *best_rival; /* of those that see what an agent sees */
    double best_rival_cost;
    bool lowest; /* not above the best rival, or no further than the seeds are apart */
};

/** Pure. */
struct dvfo_regret_verdict dvfo_regret_verdict_of(const struct dvfo_regret_cell *cell, long seeds, char *const rivals[],
                                                  size_t rival_count);

/** The first `cells` rows. Below a text table: how many cells were reached, and what all rests on. */
dvfo_status dvfo_regret_print(struct dvfo_ctx *ctx, const struct dvfo_regret *regret, size_t cells,
                              dvfo_table_format format, FILE *file);

#endif
