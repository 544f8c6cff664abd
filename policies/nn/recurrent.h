/* LSTM and GRU over a sequence, from a state of zeros.
 *
 * The input's products of all steps are one matrix product; then each step waits for the one before. D features in, H
 * in the state, T steps, G gates (4 or 3). Gate g has rows g * H to (g + 1) * H of weights and bias. LSTM, gates i f g
 * o: c = sigmoid(f) c + sigmoid(i) tanh(g), h = sigmoid(o) tanh(c) GRU, gates r z n:    h = (1 - z) tanh(n_in + r
 * n_state) + z h, r and z after a sigmoid */
#ifndef DVFO_RECURRENT_H
#define DVFO_RECURRENT_H

#include <stddef.h>

typedef enum dvfo_cell { DVFO_CELL_LSTM, DVFO_CELL_GRU } dvfo_cell;

/** G: 4 or 3. */
long dvfo_recurrent_gates(dvfo_cell cell);

/** Numbers that dvfo_recurrent_forward needs room for. */
size_t dvfo_recurrent_scratch(dvfo_cell cell, long T, long H);

/** @param weight   (G H, D) of the input, then (G H, H) of the state
 *  @param bias     (G H)
 *  @param scratch  dvfo_recurrent_scratch numbers; contents don't matter
 *  @param in       (D, T)
 *  @param out      (H, T) */
void dvfo_recurrent_forward(dvfo_cell cell, long D, long T, long H, const float *weight, const float *bias,
                            float *scratch, const float *in, float *out);

#endif
