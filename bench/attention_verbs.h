/* The verbs of `dvfo attention`, each in a file of its own: attention_generate.c, ... */
#ifndef DVFO_ATTENTION_VERBS_H
#define DVFO_ATTENTION_VERBS_H

#include "bench/command.h"

extern const struct dvfo_command dvfo_attention_generate;
extern const struct dvfo_command dvfo_attention_train;
extern const struct dvfo_command dvfo_attention_evaluate;

#endif
