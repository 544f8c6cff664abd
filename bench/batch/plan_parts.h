/* Parts of a plan's file, each read by its own function; plan.c puts them together. */
#ifndef DVFO_PLAN_PARTS_H
#define DVFO_PLAN_PARTS_H

#include "bench/batch/plan.h"

/** `key` as a list of texts; a single text is a list of one; absent: none. */
dvfo_status dvfo_plan_read_list(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, struct dvfo_plan_list *out);

/** `set`: options that are the same in every trial. One that is there already is replaced. */
dvfo_status dvfo_plan_read_options(struct dvfo_ctx *ctx, dvfo_yaml_node set, struct dvfo_plan *plan);

/** `sweep`: a factor per key, policies apart. One that is there already gets the new values. */
dvfo_status dvfo_plan_read_factors(struct dvfo_ctx *ctx, dvfo_yaml_node sweep, struct dvfo_plan *plan);

/** `zip`: a list of maps, each a factor of options that go together. */
dvfo_status dvfo_plan_read_zips(struct dvfo_ctx *ctx, dvfo_yaml_node zip, struct dvfo_plan *plan);

dvfo_status dvfo_plan_read_agents(struct dvfo_ctx *ctx, dvfo_yaml_node agents, struct dvfo_plan *plan);
dvfo_status dvfo_plan_read_figure(struct dvfo_ctx *ctx, dvfo_yaml_node figure, struct dvfo_plan *plan);
dvfo_status dvfo_plan_read_table(struct dvfo_ctx *ctx, dvfo_yaml_node table, struct dvfo_plan *plan);
dvfo_status dvfo_plan_read_comparison(struct dvfo_ctx *ctx, dvfo_yaml_node compare, struct dvfo_plan *plan);

/** Apply "KEY=VALUE[,VALUE...]". */
dvfo_status dvfo_plan_change(struct dvfo_ctx *ctx, struct dvfo_plan *plan, const char *change);

/** Where an option stands in the file, for messages; the whole document when it came from elsewhere. */
dvfo_yaml_node dvfo_plan_where(dvfo_yaml_node root, const char *key);

#endif
