/* Claims: what is said in print, our figure for it, and a verdict by a rule that was fixed beforehand
 * (bench/claims.yaml, which explains the rules). */
#ifndef DVFO_CLAIMS_H
#define DVFO_CLAIMS_H

#include "bench/batch/compare.h"

typedef enum dvfo_claim_rule {
    DVFO_CLAIM_SAVING,
    DVFO_CLAIM_MOST,
    DVFO_CLAIM_BELOW,
    DVFO_CLAIM_UNTESTED
} dvfo_claim_rule;

struct dvfo_claim {
    const char *id, *source, *says, *why; /* `why` of what isn't tested; all lie in the document */
    const char *experiment, *subject, *measure;
    struct dvfo_plan_list against; /* policies, or the one entry "all rivals" or "best rival" */
    dvfo_claim_rule rule;
    double figure;
};

enum { DVFO_CLAIMS = 64 };

struct dvfo_claims {
    struct dvfo_yaml *yaml; /* owned */
    size_t count;
    struct dvfo_claim claim[DVFO_CLAIMS];
};

dvfo_status dvfo_claims_load(struct dvfo_ctx *ctx, struct dvfo_claims *out);
void dvfo_claims_free(struct dvfo_claims *claims); /* zeroed welcome */

struct dvfo_verdict {
    struct dvfo_estimate ours; /* in the unit of the figure */
    const char *verdict;       /* "reproduced", "in direction", "not reproduced", "no verdict", "not tested" */
    char reason[256];          /* a sentence */
};

/** Our figure and the verdict. @param gathered  results of the claim's experiment; NULL: they aren't there */
dvfo_status dvfo_claim_judge(struct dvfo_ctx *ctx, const struct dvfo_claim *claim, const struct dvfo_gathered *gathered,
                             struct dvfo_verdict *out);

#endif
