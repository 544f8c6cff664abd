/* What a plan trains before its trials, and what it makes of their results. */
#include <string.h>

#include "bench/batch/plan_parts.h"

/* ---- agents ---- */

static dvfo_status read_per(struct dvfo_ctx *ctx, dvfo_yaml_node map, struct dvfo_plan_agent *agent)
{
    struct dvfo_plan_list per;
    DVFO_TRY(dvfo_plan_read_list(ctx, map, "per", &per));
    for (size_t i = 0; i < per.count; i++) {
        const struct {
            const char *name;
            bool *flag;
        } flags[] = {{"network", &agent->per_network}, {"trace", &agent->per_trace}, {"eta", &agent->per_eta}};
        bool known = strcmp(per.entry[i], "board") == 0; /* always */
        for (size_t k = 0; k < sizeof flags / sizeof flags[0]; k++) {
            if (strcmp(per.entry[i], flags[k].name) == 0) {
                known = *flags[k].flag = true;
            }
        }
        if (!known) {
            return dvfo_yaml_fail(ctx, dvfo_yaml_find(map, "per"),
                                  "'per' has '%s', expected board, network, trace, eta", per.entry[i]);
        }
    }
    return DVFO_OK;
}

/* A map as pairs. */
static dvfo_status read_pairs(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *what, size_t *count,
                              struct dvfo_plan_option out[DVFO_PLAN_NAMES])
{
    if (!dvfo_yaml_is_null(map) && (!dvfo_yaml_is_map(map) || dvfo_yaml_count(map) > DVFO_PLAN_NAMES)) {
        return dvfo_yaml_fail(ctx, map, "'%s' is no map of at most %d entries", what, (int)DVFO_PLAN_NAMES);
    }
    DVFO_TRY(dvfo_plan_check_keys(ctx, map));
    for (*count = 0; *count < dvfo_yaml_count(map); (*count)++) {
        dvfo_yaml_node node;
        dvfo_yaml_pair(map, *count, &out[*count].key, &node);
        DVFO_TRY(dvfo_yaml_as_string(ctx, node, out[*count].key, &out[*count].value));
    }
    return DVFO_OK;
}

static dvfo_status read_agent(struct dvfo_ctx *ctx, dvfo_yaml_node map, struct dvfo_plan_agent *agent)
{
    static const char *const keys[] = {"preset", "steps", "quick_steps", "per",     "network",
                                       "trace",  "eta",   "set",         "options", NULL};
    DVFO_TRY(dvfo_yaml_allow(ctx, map, keys));
    DVFO_TRY(dvfo_yaml_string_or(ctx, map, "preset", agent->name, &agent->preset));
    DVFO_TRY(dvfo_yaml_string_or(ctx, map, "steps", NULL, &agent->steps));
    DVFO_TRY(dvfo_yaml_string_or(ctx, map, "quick_steps", NULL, &agent->quick_steps));
    DVFO_TRY(dvfo_plan_read_list(ctx, map, "network", &agent->network));
    DVFO_TRY(dvfo_plan_read_list(ctx, map, "trace", &agent->trace));
    DVFO_TRY(dvfo_plan_read_list(ctx, map, "eta", &agent->eta));
    DVFO_TRY(read_pairs(ctx, dvfo_yaml_find(map, "set"), "set", &agent->sets, agent->set));
    DVFO_TRY(read_pairs(ctx, dvfo_yaml_find(map, "options"), "options", &agent->options, agent->option));
    agent->line = dvfo_yaml_line(map);
    return read_per(ctx, map, agent);
}

dvfo_status dvfo_plan_read_agents(struct dvfo_ctx *ctx, dvfo_yaml_node agents, struct dvfo_plan *plan)
{
    if (!dvfo_yaml_is_null(agents) && !dvfo_yaml_is_map(agents)) {
        return dvfo_yaml_fail(ctx, agents, "'agents' is no map, expected policies with how they are trained");
    }
    if (dvfo_yaml_count(agents) > DVFO_PLAN_AGENTS) {
        return dvfo_yaml_fail(ctx, agents, "'agents' has %zu entries, expected at most %d", dvfo_yaml_count(agents),
                              (int)DVFO_PLAN_AGENTS);
    }
    DVFO_TRY(dvfo_plan_check_keys(ctx, agents));
    for (; plan->agents < dvfo_yaml_count(agents); plan->agents++) {
        dvfo_yaml_node map;
        dvfo_yaml_pair(agents, plan->agents, &plan->agent[plan->agents].name, &map);
        DVFO_TRY(read_agent(ctx, map, &plan->agent[plan->agents]));
    }
    return DVFO_OK;
}

/* ---- the figure ---- */

/* A list becomes words. */
static dvfo_status join(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, struct dvfo_plan *plan,
                        const char **out)
{
    struct dvfo_plan_list list;
    char *text = NULL;
    size_t size = 0;
    DVFO_TRY(dvfo_plan_read_list(ctx, map, key, &list));
    FILE *file = plan->copied < sizeof plan->copies / sizeof plan->copies[0] ? open_memstream(&text, &size) : NULL;
    if (file == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    for (size_t i = 0; i < list.count; i++) {
        fprintf(file, "%s%s", i > 0 ? " " : "", list.entry[i]);
    }
    if (fclose(file) != 0) {
        free(text);
        return dvfo_fail_no_memory(ctx);
    }
    plan->copies[plan->copied++] = text;
    *out = text;
    return DVFO_OK;
}

dvfo_status dvfo_plan_read_figure(struct dvfo_ctx *ctx, dvfo_yaml_node figure, struct dvfo_plan *plan)
{
    struct dvfo_plan_figure *out = &plan->figure;
    if (dvfo_yaml_is_null(figure)) {
        return DVFO_OK;
    }
    DVFO_TRY(dvfo_yaml_string(ctx, figure, "template", &out->template));
    for (size_t i = 0; i < dvfo_yaml_count(figure); i++) {
        const char *key = NULL;
        dvfo_yaml_node node;
        dvfo_yaml_pair(figure, i, &key, &node);
        if (strcmp(key, "template") == 0) {
            continue;
        }
        if (out->settings == DVFO_PLAN_NAMES) {
            return dvfo_yaml_fail(ctx, node, "'figure' has more than %d settings", (int)DVFO_PLAN_NAMES);
        }
        out->setting[out->settings].key = key;
        DVFO_TRY(join(ctx, figure, key, plan, &out->setting[out->settings++].value));
    }
    return DVFO_OK;
}

/* ---- tables ---- */

/* A row for everything that varies, the columns that everybody wants. */
static void default_table(struct dvfo_plan *plan)
{
    static const char *const columns[] = {"energy_j", "latency_s", "cost_j", "accuracy", "share"};
    struct dvfo_plan_table *table = &plan->table;
    for (size_t f = 0; f < plan->factors; f++) {
        for (size_t k = 0; k < plan->factor[f].keys; k++) {
            table->rows.entry[table->rows.count++] = plan->factor[f].key[k];
        }
    }
    table->rows.entry[table->rows.count++] = "policy";
    table->columns.count = sizeof columns / sizeof columns[0];
    memcpy(table->columns.entry, columns, sizeof columns);
}

dvfo_status dvfo_plan_read_table(struct dvfo_ctx *ctx, dvfo_yaml_node table, struct dvfo_plan *plan)
{
    static const char *const keys[] = {"rows", "columns", "baseline", "saving", "best", NULL};
    if (dvfo_yaml_is_null(table)) {
        default_table(plan);
        return DVFO_OK;
    }
    DVFO_TRY(dvfo_yaml_allow(ctx, table, keys));
    DVFO_TRY(dvfo_plan_read_list(ctx, table, "rows", &plan->table.rows));
    DVFO_TRY(dvfo_plan_read_list(ctx, table, "columns", &plan->table.columns));
    DVFO_TRY(dvfo_plan_read_list(ctx, table, "saving", &plan->table.saving));
    DVFO_TRY(dvfo_plan_read_list(ctx, table, "best", &plan->table.best));
    return dvfo_yaml_string_or(ctx, table, "baseline", NULL, &plan->table.baseline);
}

dvfo_status dvfo_plan_read_comparison(struct dvfo_ctx *ctx, dvfo_yaml_node compare, struct dvfo_plan *plan)
{
    static const char *const keys[] = {"subject", "rivals", "measures", "reference", "oracle", NULL};
    struct dvfo_plan_comparison *comparison = &plan->comparison;
    dvfo_yaml_node rivals, measures;
    if (dvfo_yaml_is_null(compare)) {
        return DVFO_OK;
    }
    DVFO_TRY(dvfo_yaml_allow(ctx, compare, keys));
    DVFO_TRY(dvfo_yaml_string(ctx, compare, "subject", &comparison->subject));
    DVFO_TRY(dvfo_yaml_need(ctx, compare, "rivals", &rivals));
    DVFO_TRY(dvfo_yaml_need(ctx, compare, "measures", &measures));
    DVFO_TRY(dvfo_plan_read_list(ctx, compare, "rivals", &comparison->rivals));
    DVFO_TRY(dvfo_plan_read_list(ctx, compare, "measures", &comparison->measures));
    DVFO_TRY(dvfo_yaml_string_or(ctx, compare, "oracle", NULL, &comparison->oracle));
    return dvfo_yaml_string_or(ctx, compare, "reference", "edge-only", &comparison->reference);
}
