/* The collaborative network: one network that device and cloud run together, at any share.
 *
 *   image -> base -> plain tail -> answer at share 0: the full network
 *   image -> extractor -> F -> attention -> F2, ranked -+-> kept -> local tail --+
 *                                                       +-> sent -> remote tail -+-> fusion -> answer
 * At a share of t tenths the channels of least importance are sent and coded; the remote tail sees them and nothing
 * else, the local tail sees those that stay and runs at the width that is left: ceil(steps * (1 - t / 10)) of `steps`,
 * as Eq. (8)'s tail rule `shapes` has it. At share 10 the remote tail answers alone. Tails have scales, shifts and
 * statistics of their own for each share. The extractor begins as the full network's base and then learns which
 * features to put together, so that a split costs less (AgileNN does so too); what is left whole keeps the base. The
 * little network (AppealNet) is a narrowest tail of its own behind the base, with one more output: the logit of its own
 * rightness.
 *
 * This is a plan of shapes; numbers lie in two blocks that the caller owns, parameters and running statistics.
 * C channels of the feature map, B samples, N pixels, K classes. */
#ifndef DVFO_COLLABORATIVE_H
#define DVFO_COLLABORATIVE_H

#include "policies/attention/fusion.h"
#include "policies/attention/gate.h"
#include "policies/attention/images.h"
#include "policies/attention/quantise.h"
#include "policies/attention/selection.h"
#include "policies/nn/train/stack.h"

struct dvfo_collaborative_def {
    long classes;
    double size;    /* factor of all channels; 1 */
    long steps;     /* of width of the local tail; 4 */
    long reduction; /* of the attention module; 16 */
    dvfo_selection selection;
    dvfo_fusion fusion;
    double lambda; /* of sum-fixed while learning; 0.5 */
};

struct dvfo_collaborative_def dvfo_collaborative_def_default(void);

typedef enum dvfo_collaborative_piece {
    DVFO_PIECE_BASE,
    DVFO_PIECE_PLAIN,
    DVFO_PIECE_LOCAL,
    DVFO_PIECE_REMOTE,
    DVFO_PIECE_LITTLE,
    DVFO_PIECE_EXTRACTOR,
    DVFO_PIECE_STACKS, /* so many are stacks */
    DVFO_PIECE_GATE = DVFO_PIECE_STACKS,
    DVFO_PIECE_FUSION,
    DVFO_PIECES
} dvfo_collaborative_piece;

const char *dvfo_collaborative_piece_name(dvfo_collaborative_piece part);

/* Where a part's numbers lie. */
struct dvfo_collaborative_span {
    size_t at, count; /* in the parameters */
    size_t decays;    /* the first of them: weights */
    size_t statistics;
};

struct dvfo_collaborative {
    struct dvfo_collaborative_def def;
    struct dvfo_stack stack[DVFO_PIECE_STACKS];
    struct dvfo_gate gate;
    struct dvfo_fuser fusion;
    struct dvfo_collaborative_span span[DVFO_PIECES];
    size_t parameters, statistics;
    long channels, height, width; /* of F */
};

struct dvfo_collaborative dvfo_collaborative_plan(const struct dvfo_collaborative_def *def);

/** Draw a part's weights. Parts don't depend on each other's draws. */
void dvfo_collaborative_initialise(const struct dvfo_collaborative *net, dvfo_collaborative_piece part, uint64_t seed,
                                   float *parameters, float *statistics);

/** The local tail's width at a share of 1..9 tenths. */
int dvfo_collaborative_width(const struct dvfo_collaborative *net, int share_tenths);

/* Room for a batch on its way through the network and back. Results of its steps lie here until the step is done anew.
 */
struct dvfo_collaborative_pass {
    const struct dvfo_collaborative *net; /* borrowed */
    const float *parameters, *statistics; /* borrowed, as of the last begin */
    bool learning;
    long B;
    const float *base;           /* (C, B, N) the full network's map */
    const float *features;       /* (C, B, N) F */
    const float *plain;          /* (K, B) logits of the full network */
    const float *local, *remote; /* (K, B) */
    const float *little;         /* (K + 1, B) the last row: logit of being right */
    float *fused;                /* (K, B) */
    float *attended;             /* (C, B, N) F2 */
    float *score;                /* (C, B) what channels are ranked by */
    float *kept;                 /* (C, B) 1 stays, 0 is sent */
    float *edge;                 /* (B) score between them */
    float *local_in, *remote_in; /* (C, B, N) */
    struct dvfo_stack_pass *stack[DVFO_PIECE_STACKS];
    struct dvfo_gate_pass *gate;
    float *block; /* owned */
};

dvfo_status dvfo_collaborative_pass_create(struct dvfo_ctx *ctx, const struct dvfo_collaborative *net, long samples,
                                           struct dvfo_collaborative_pass **out);
void dvfo_collaborative_pass_free(struct dvfo_collaborative_pass *pass);

/** Which numbers the steps below use, and how they normalise. */
void dvfo_collaborative_begin(struct dvfo_collaborative_pass *pass, const float *parameters, const float *statistics,
                              bool learning);

/** images -> base. @param images (3, B, 32, 32) */
void dvfo_collaborative_look(struct dvfo_collaborative_pass *pass, long samples, const float *images);
/** images -> features */
void dvfo_collaborative_extract(struct dvfo_collaborative_pass *pass, long samples, const float *images);
/** base -> plain. @param base  (C, B, N) */
void dvfo_collaborative_answer_plain(struct dvfo_collaborative_pass *pass, const float *base);
/** base -> little */
void dvfo_collaborative_answer_little(struct dvfo_collaborative_pass *pass);
/** features -> attended and score.
 *  @param order   (C) for `gradient`: more is more important; NULL for others
 *  @param chance  for `random`: where it draws from; NULL for others */
void dvfo_collaborative_attend(struct dvfo_collaborative_pass *pass, const float *order, gsl_rng *chance);
/** attended, score -> kept, local_in, remote_in.
 *  @param share_tenths  1..10
 *  @param book          of the codebook's codings; NULL for others */
void dvfo_collaborative_split(struct dvfo_collaborative_pass *pass, int share_tenths, dvfo_coding coding,
                              const struct dvfo_codebook *book);
/** local_in, remote_in -> local (below share 10), remote */
void dvfo_collaborative_answer(struct dvfo_collaborative_pass *pass, int share_tenths);
/** The same by halves: local_in -> local (below share 10), and remote_in -> remote. */
void dvfo_collaborative_answer_here(struct dvfo_collaborative_pass *pass, int share_tenths);
void dvfo_collaborative_answer_there(struct dvfo_collaborative_pass *pass, int share_tenths);
/** local, remote -> fused, by `fusion`, which the caller may vary. */
void dvfo_collaborative_fuse(struct dvfo_collaborative_pass *pass, const struct dvfo_fuser *fusion);

#endif
