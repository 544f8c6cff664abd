#include "policies/nn/recurrent.h"

#include <string.h>

#include "policies/nn/activation.h"
#include "policies/nn/matrix.h"

long dvfo_recurrent_gates(dvfo_cell cell)
{
    return cell == DVFO_CELL_LSTM ? 4 : 3;
}

size_t dvfo_recurrent_scratch(dvfo_cell cell, long T, long H)
{
    const long G = dvfo_recurrent_gates(cell);
    return (size_t)(T * G * H + G * H + 3 * H);
}

/* from_in, from_state (4, H): what input and state give to the gates; h, c, t (H) */
static void lstm_step(long H, float *from_in, const float *from_state, float *h, float *c, float *t)
{
    for (long i = 0; i < 4 * H; i++) {
        from_in[i] += from_state[i];
    }
    float *const i_gate = from_in, *const f_gate = from_in + H, *const g_gate = from_in + 2 * H;
    float *const o_gate = from_in + 3 * H;
    dvfo_activation_apply(DVFO_ACTIVATION_SIGMOID, 0.0f, 2 * H, i_gate); /* i and f lie side by side */
    dvfo_activation_apply(DVFO_ACTIVATION_TANH, 0.0f, H, g_gate);
    dvfo_activation_apply(DVFO_ACTIVATION_SIGMOID, 0.0f, H, o_gate);
    for (long i = 0; i < H; i++) {
        c[i] = f_gate[i] * c[i] + i_gate[i] * g_gate[i];
        t[i] = c[i];
    }
    dvfo_activation_apply(DVFO_ACTIVATION_TANH, 0.0f, H, t);
    for (long i = 0; i < H; i++) {
        h[i] = o_gate[i] * t[i];
    }
}

/* from_in, from_state (3, H); h (H) */
static void gru_step(long H, float *from_in, const float *from_state, float *h)
{
    float *const r = from_in, *const z = from_in + H, *const n = from_in + 2 * H;
    for (long i = 0; i < 2 * H; i++) {
        from_in[i] += from_state[i];
    }
    dvfo_activation_apply(DVFO_ACTIVATION_SIGMOID, 0.0f, 2 * H, r); /* r and z lie side by side */
    for (long i = 0; i < H; i++) {
        n[i] += r[i] * from_state[2 * H + i];
    }
    dvfo_activation_apply(DVFO_ACTIVATION_TANH, 0.0f, H, n);
    for (long i = 0; i < H; i++) {
        h[i] = (1.0f - z[i]) * n[i] + z[i] * h[i];
    }
}

void dvfo_recurrent_forward(dvfo_cell cell, long D, long T, long H, const float *weight, const float *bias,
                            float *scratch, const float *in, float *out)
{
    const long GH = dvfo_recurrent_gates(cell) * H;
    float *const from_in = scratch;               /* (T, G H) */
    float *const from_state = from_in + T * GH;   /* (G H) */
    float *const h = from_state + GH, *c = h + H; /* (H) each */
    const struct dvfo_matrix of_input = dvfo_matrix_of(weight, GH, D);
    const struct dvfo_matrix of_state = dvfo_matrix_of(weight + GH * D, GH, H);
    memset(h, 0, (size_t)(2 * H) * sizeof *h);
    for (long t = 0; t < T; t++) {
        memcpy(from_in + t * GH, bias, (size_t)GH * sizeof *bias);
    }
    dvfo_matrix_multiply(1.0f, dvfo_matrix_transposed(dvfo_matrix_of(in, D, T)), dvfo_matrix_transposed(of_input), 1.0f,
                         from_in, GH);
    for (long t = 0; t < T; t++) {
        dvfo_matrix_multiply(1.0f, of_state, dvfo_matrix_of(h, H, 1), 0.0f, from_state, 1);
        if (cell == DVFO_CELL_LSTM) {
            lstm_step(H, from_in + t * GH, from_state, h, c, c + H);
        } else {
            gru_step(H, from_in + t * GH, from_state, h);
        }
        for (long i = 0; i < H; i++) {
            out[i * T + t] = h[i];
        }
    }
}
