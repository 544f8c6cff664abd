/* A sample: what the input of a request is like, as far as it matters to who splits and who doubts.
 *
 * Until networks that were really trained and split give real material, all are models, and assumptions:
 *   importance  channels in order hold shares of the importance that fall off as exp(-s q) along their rank q = 0..1.
 *               The skew s is uniform in 1..9: the first fifth holds from 28 to 83 %, where plain networks begin and
 *               networks trained for skewness end (AgileNN, Huang and Gao 2022: about 83 %).
 *   difficulty  u is uniform in 0..1: the rank of the input among all. A predictor's score of it is logistic in u with
 *               noise, so that it tells easy from hard as well as, but no better than, such heads do: the area under
 *               the curve that tells the harder half from the easier one is 0.926.
 *   rightness   the probability that a network answers an input rightly falls as a logistic function of its difficulty;
 *               over all inputs the full network is right 75 % of the time and the little one 62 %. Given the
 *               difficulty, score and rightness are independent.
 * A request's sample depends on the seed and its index alone: every policy meets the same ones. */
#ifndef DVFO_SAMPLE_H
#define DVFO_SAMPLE_H

#include <stdint.h>

#include "sim/world.h"

/** Shares of the importance that the first 1/4, 1/2, 3/4 of the channels hold.
 *  @param request  -1: none was ranked yet, NaN */
void dvfo_sample_importance(uint64_t seed, long request, double importance[DVFO_IMPORTANCES]);

/** How hard the input is among all inputs, uniform in 0..1. */
double dvfo_sample_difficulty(uint64_t seed, long request);

typedef enum dvfo_answerer { DVFO_ANSWER_LITTLE, DVFO_ANSWER_FULL } dvfo_answerer;

/** Probability that a network is right about an input of that difficulty. @param difficulty  0..1 */
double dvfo_sample_right(dvfo_answerer answerer, double difficulty);

/** What a predictor head beside a little network says: how likely the little network is right, 0..1; high means easy.
 */
double dvfo_sample_score(uint64_t seed, long request);

/** Share of all inputs whose score is below `threshold`, in closed form. @param threshold  0 gives 0, 1 gives 1 */
double dvfo_sample_share_below(double threshold);

/** Expected accuracy over all inputs when those with a score below `threshold`, 0..1, go to the full network and the
 *  little one answers the others. Rises with the threshold. Cost: a numerical integral. */
double dvfo_sample_accuracy(double threshold);

#endif
