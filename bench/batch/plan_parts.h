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

/** No key of a map twice: the second would be passed over in silence. */
dvfo_status dvfo_plan_check_keys(struct dvfo_ctx *ctx, dvfo_yaml_node map);

/** The plan once it is read: what it names is there, each mistake with its line. Files behind values aren't looked at.
 */
dvfo_status dvfo_plan_check(struct dvfo_ctx *ctx, const struct dvfo_plan *plan);

#endif
