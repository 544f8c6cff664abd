/* The verbs of `dvfo profile`, each in a file of its own: profile_fit.c, profile_import.c, ... */
#ifndef DVFO_PROFILE_VERBS_H
#define DVFO_PROFILE_VERBS_H

#include "bench/command.h"

/** Demand an option that a verb can't do without. */
dvfo_status dvfo_profile_need(struct dvfo_ctx *ctx, const char *verb, const char *option, const char *value);

extern const struct dvfo_command dvfo_profile_fit;
extern const struct dvfo_command dvfo_profile_validate;
extern const struct dvfo_command dvfo_profile_import;
extern const struct dvfo_command dvfo_profile_export;
extern const struct dvfo_command dvfo_profile_show;
extern const struct dvfo_command dvfo_profile_collect;
extern const struct dvfo_command dvfo_profile_measure;

#endif
