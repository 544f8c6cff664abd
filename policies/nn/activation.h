/* Activations: functions of one number, applied to whole rows, each with a bias before it.
 *
 * Exponential and error function are polynomials here, so that compilers turn the loops into vector instructions. The
 * exponential agrees with the C library to 3e-7 of the result within -80 .. 80, where it is held; sigmoid, tanh and the
 * error function to 5e-7 in absolute terms. */
#ifndef DVFO_ACTIVATION_H
#define DVFO_ACTIVATION_H

/* X(enumerator, name in network files, what it is) */
#define DVFO_ACTIVATION_LIST(X)                                                                                        \
    X(NONE, "none", "x")                                                                                               \
    X(RELU, "relu", "max(x, 0)")                                                                                       \
    X(RELU6, "relu6", "min(max(x, 0), 6)")                                                                             \
    X(CLIPPED_RELU, "clipped-relu", "min(max(x, 0), 20)")                                                              \
    X(LEAKY_RELU, "leaky-relu", "x, or 0.1 x below 0")                                                                 \
    X(SWISH, "swish", "x sigmoid(x)")                                                                                  \
    X(HARD_SWISH, "hard-swish", "x hard-sigmoid(x)")                                                                   \
    X(SIGMOID, "sigmoid", "1 / (1 + exp(-x))")                                                                         \
    X(HARD_SIGMOID, "hard-sigmoid", "min(max(x + 3, 0), 6) / 6")                                                       \
    X(TANH, "tanh", "hyperbolic tangent")                                                                              \
    X(GELU, "gelu", "x (1 + erf(x / sqrt 2)) / 2")

typedef enum dvfo_activation {
#define DVFO_ACTIVATION_ENUM(name, text, what) DVFO_ACTIVATION_##name,
    DVFO_ACTIVATION_LIST(DVFO_ACTIVATION_ENUM)
#undef DVFO_ACTIVATION_ENUM
        DVFO_ACTIVATION_COUNT
} dvfo_activation;

/** Activation of a name; DVFO_ACTIVATION_COUNT when there is none. */
dvfo_activation dvfo_activation_of_name(const char *name);

/** x = f(x + bias) for n numbers in place. */
void dvfo_activation_apply(dvfo_activation activation, float bias, long n, float *x);

/** The same as the C library computes it, one by one: the twin that tests hold it against. */
float dvfo_activation_exact(dvfo_activation activation, float x);

/** x = exp(x - shift) for n numbers in place: what softmax and recurrent cells share. */
void dvfo_activation_exp(long n, const float *shift, float *x);

#endif
