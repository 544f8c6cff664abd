/* YAML descriptions with the line of every node (libyaml).
 *
 * Boards, networks and plans are read through these few verbs: take a key, demand a type and a range, and leave a
 * sentence with file, line, what was found and what was expected. Unknown and repeated keys are errors, so that a
 * mistyped coefficient can't be passed over in silence. Anchors and merge keys are not used. */
#ifndef DVFO_YAML_H
#define DVFO_YAML_H

#include "sim/base/text.h"

struct dvfo_yaml; /* a loaded document; owns everything its nodes lend */

/* A place in a document; a value, valid until dvfo_yaml_free. `id` 0 is null. */
typedef struct dvfo_yaml_node {
    struct dvfo_yaml *yaml;
    int id;
} dvfo_yaml_node;

/** Load a file with exactly one document. */
dvfo_status dvfo_yaml_load(struct dvfo_ctx *ctx, const char *path, struct dvfo_yaml **out);
dvfo_status dvfo_yaml_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                  struct dvfo_yaml **out);
void dvfo_yaml_free(struct dvfo_yaml *yaml);

dvfo_yaml_node dvfo_yaml_root(struct dvfo_yaml *yaml);
const char *dvfo_yaml_name(const struct dvfo_yaml *yaml);   /* the file's name, borrowed */
const char *dvfo_yaml_sha256(const struct dvfo_yaml *yaml); /* of the file's bytes, borrowed */

/** Fail with "file:line: " before the sentence. */
dvfo_status dvfo_yaml_fail(struct dvfo_ctx *ctx, dvfo_yaml_node node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int dvfo_yaml_line(dvfo_yaml_node node);

bool dvfo_yaml_is_null(dvfo_yaml_node node);
bool dvfo_yaml_is_map(dvfo_yaml_node node);
bool dvfo_yaml_is_list(dvfo_yaml_node node);
bool dvfo_yaml_is_scalar(dvfo_yaml_node node);

/** The value of `key` in a map; null when the key is absent or the node isn't a map. */
dvfo_yaml_node dvfo_yaml_find(dvfo_yaml_node map, const char *key);

/** Demand that `map` is a map whose keys all stand in `keys` (NULL-terminated), none twice. */
dvfo_status dvfo_yaml_allow(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *const keys[]);

/** Demand `key`; any type, a map, a list with at least one entry. */
dvfo_status dvfo_yaml_need(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, dvfo_yaml_node *out);
dvfo_status dvfo_yaml_need_map(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, dvfo_yaml_node *out);
dvfo_status dvfo_yaml_need_list(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, dvfo_yaml_node *out);

/** Demand a finite number in [min, max]. The `_or` forms give `otherwise` when the key is absent. */
dvfo_status dvfo_yaml_number(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, double min, double max,
                             double *out);
dvfo_status dvfo_yaml_number_or(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, double min, double max,
                                double otherwise, double *out);
dvfo_status dvfo_yaml_integer(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, long long min, long long max,
                              long long *out);
dvfo_status dvfo_yaml_integer_or(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, long long min,
                                 long long max, long long otherwise, long long *out);

/** Demand a non-empty string; borrowed from the document. */
dvfo_status dvfo_yaml_string(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, const char **out);
dvfo_status dvfo_yaml_string_or(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, const char *otherwise,
                                const char **out);

/** The same demands on a node itself (an entry of a list); `what` names it in the message. */
dvfo_status dvfo_yaml_as_number(struct dvfo_ctx *ctx, dvfo_yaml_node node, const char *what, double min, double max,
                                double *out);
dvfo_status dvfo_yaml_as_integer(struct dvfo_ctx *ctx, dvfo_yaml_node node, const char *what, long long min,
                                 long long max, long long *out);
dvfo_status dvfo_yaml_as_string(struct dvfo_ctx *ctx, dvfo_yaml_node node, const char *what, const char **out);

/** Entries of a list, or pairs of a map. */
size_t dvfo_yaml_count(dvfo_yaml_node node);
dvfo_yaml_node dvfo_yaml_item(dvfo_yaml_node list, size_t i);
void dvfo_yaml_pair(dvfo_yaml_node map, size_t i, const char **key, dvfo_yaml_node *value);

#endif
