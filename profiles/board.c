/* Reader of profiles/boards/NAME.yaml. Each read_* function fills one part of the board from one map of the file. */
#include "profiles/board.h"

#include <math.h>
#include <string.h>

#include "sim/base/data_path.h"
#include "sim/base/units.h"
#include "sim/base/yaml.h"

/* Bounds that only catch slips of the pen: 12 instead of 12e-3, a sign, a unit. */
#define MAX_HZ 1e10
#define MAX_W 1000.0
#define MAX_SECONDS 1000.0
#define MAX_BYTE_PER_CYCLE 1e4
#define MAX_KELVIN 1000.0
#define MAX_JOULE_PER_KELVIN 1e5

static dvfo_status copy_text(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, char **out)
{
    const char *text = NULL;
    DVFO_TRY(dvfo_yaml_string(ctx, map, key, &text));
    *out = dvfo_text_copy(text);
    return *out != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

/* Clock tables are written in MHz with a fraction; a hertz is the finest step that hardware tables know. */
static dvfo_status read_mhz(struct dvfo_ctx *ctx, dvfo_yaml_node node, const char *what, double *out_hz)
{
    double mhz = 0.0;
    DVFO_TRY(dvfo_yaml_as_number(ctx, node, what, 1e-3, MAX_HZ / DVFO_HZ_PER_MHZ, &mhz));
    *out_hz = round(mhz * DVFO_HZ_PER_MHZ);
    return DVFO_OK;
}

static dvfo_status read_levels(struct dvfo_ctx *ctx, dvfo_yaml_node map, struct dvfo_clock_domain *domain)
{
    dvfo_yaml_node list;
    DVFO_TRY(dvfo_yaml_need_list(ctx, map, "levels_mhz", &list));
    if (dvfo_yaml_count(list) > DVFO_MAX_LEVELS) {
        return dvfo_yaml_fail(ctx, list, "'levels_mhz' has %zu entries, expected at most %d", dvfo_yaml_count(list),
                              DVFO_MAX_LEVELS);
    }
    for (size_t i = 0; i < dvfo_yaml_count(list); i++) {
        const dvfo_yaml_node node = dvfo_yaml_item(list, i);
        DVFO_TRY(read_mhz(ctx, node, "levels_mhz", &domain->level_hz[i]));
        if (i > 0 && domain->level_hz[i] <= domain->level_hz[i - 1]) {
            return dvfo_yaml_fail(ctx, node, "'levels_mhz' has %g after %g, expected ascending clocks",
                                  domain->level_hz[i] / DVFO_HZ_PER_MHZ, domain->level_hz[i - 1] / DVFO_HZ_PER_MHZ);
        }
    }
    domain->level_count = dvfo_yaml_count(list);
    return copy_text(ctx, map, "source", &domain->level_source);
}

/* Optional [lowest, highest]; the whole table otherwise. */
static dvfo_status read_calibrated_range(struct dvfo_ctx *ctx, dvfo_yaml_node map, struct dvfo_clock_domain *domain)
{
    domain->calibrated_min_hz = domain->level_hz[0];
    domain->calibrated_max_hz = domain->level_hz[domain->level_count - 1];
    const dvfo_yaml_node list = dvfo_yaml_find(map, "calibrated_mhz");
    if (dvfo_yaml_is_null(list)) {
        return DVFO_OK;
    }
    if (!dvfo_yaml_is_list(list) || dvfo_yaml_count(list) != 2) {
        return dvfo_yaml_fail(ctx, list, "'calibrated_mhz' must be a list of two clocks: lowest and highest");
    }
    DVFO_TRY(read_mhz(ctx, dvfo_yaml_item(list, 0), "calibrated_mhz", &domain->calibrated_min_hz));
    DVFO_TRY(read_mhz(ctx, dvfo_yaml_item(list, 1), "calibrated_mhz", &domain->calibrated_max_hz));
    const double top_hz = domain->level_hz[domain->level_count - 1];
    if (domain->calibrated_min_hz < domain->level_hz[0] || domain->calibrated_min_hz > domain->calibrated_max_hz ||
        domain->calibrated_max_hz != top_hz) {
        return dvfo_yaml_fail(ctx, list, "'calibrated_mhz' must lie inside the table and end at its top, %g MHz",
                              top_hz / DVFO_HZ_PER_MHZ);
    }
    return DVFO_OK;
}

static dvfo_status read_domain(struct dvfo_ctx *ctx, dvfo_yaml_node map, struct dvfo_clock_domain *domain)
{
    static const char *const keys[] = {"levels_mhz", "source",   "calibrated_mhz", "v_floor",
                                       "v_knee_hz",  "change_s", "stall_s",        NULL};
    DVFO_TRY(dvfo_yaml_allow(ctx, map, keys));
    DVFO_TRY(read_levels(ctx, map, domain));
    DVFO_TRY(read_calibrated_range(ctx, map, domain));
    DVFO_TRY(dvfo_quantity_read(ctx, map, "v_floor", 0.05, 1.0, &domain->v_floor));
    DVFO_TRY(
        dvfo_quantity_read(ctx, map, "v_knee_hz", 0.0, domain->level_hz[domain->level_count - 1], &domain->v_knee_hz));
    DVFO_TRY(dvfo_quantity_read(ctx, map, "change_s", 0.0, MAX_SECONDS, &domain->change_s));
    DVFO_TRY(dvfo_quantity_read(ctx, map, "stall_s", 0.0, MAX_SECONDS, &domain->stall_s));
    if (domain->stall_s.value > domain->change_s.value) {
        return dvfo_yaml_fail(ctx, map, "'stall_s' is longer than 'change_s', expected it within the change");
    }
    return DVFO_OK;
}

static dvfo_status read_clocks(struct dvfo_ctx *ctx, dvfo_yaml_node root, struct dvfo_board *board)
{
    static const char *const keys[] = {"cpu", "gpu", "mem", NULL};
    dvfo_yaml_node clocks;
    DVFO_TRY(dvfo_yaml_need_map(ctx, root, "clocks", &clocks));
    DVFO_TRY(dvfo_yaml_allow(ctx, clocks, keys));
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        dvfo_yaml_node map;
        DVFO_TRY(dvfo_yaml_need_map(ctx, clocks, keys[d], &map));
        DVFO_TRY(read_domain(ctx, map, &board->clock[d]));
    }
    return DVFO_OK;
}

/* A coefficient that a rail doesn't name is zero: the rail doesn't feed that. */
static dvfo_status read_rail_term(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, struct dvfo_quantity *out)
{
    const dvfo_yaml_node node = dvfo_yaml_find(map, key);
    return dvfo_yaml_is_null(node) ? dvfo_quantity_set(ctx, 0.0, DVFO_DOCUMENTED, "not named for this rail", out)
                                   : dvfo_quantity_of_node(ctx, node, key, 0.0, MAX_W, out);
}

static dvfo_status read_rail_domain(struct dvfo_ctx *ctx, dvfo_yaml_node rail_map, int domain, struct dvfo_rail *rail)
{
    static const char *const keys[] = {"dynamic_w", "clock_w", "static_w", NULL};
    const dvfo_yaml_node map = dvfo_yaml_find(rail_map, dvfo_domain_name((dvfo_domain)domain));
    if (!dvfo_yaml_is_null(map)) {
        DVFO_TRY(dvfo_yaml_allow(ctx, map, keys));
    }
    DVFO_TRY(read_rail_term(ctx, map, keys[0], &rail->dynamic_w[domain]));
    DVFO_TRY(read_rail_term(ctx, map, keys[1], &rail->clock_w[domain]));
    return read_rail_term(ctx, map, keys[2], &rail->static_w[domain]);
}

static dvfo_status read_yes_or_no(struct dvfo_ctx *ctx, dvfo_yaml_node map, const char *key, bool *out)
{
    const char *text = NULL;
    DVFO_TRY(dvfo_yaml_string(ctx, map, key, &text));
    *out = strcmp(text, "yes") == 0;
    return *out || strcmp(text, "no") == 0
               ? DVFO_OK
               : dvfo_yaml_fail(ctx, dvfo_yaml_find(map, key), "'%s' is '%.60s', expected no or yes", key, text);
}

static dvfo_status read_rail(struct dvfo_ctx *ctx, dvfo_yaml_node map, struct dvfo_rail *rail)
{
    static const char *const keys[] = {"name", "inferred", "base_w", "cpu", "gpu", "mem", NULL};
    DVFO_TRY(dvfo_yaml_allow(ctx, map, keys));
    DVFO_TRY(copy_text(ctx, map, "name", &rail->name));
    if (!dvfo_yaml_is_null(dvfo_yaml_find(map, "inferred"))) {
        DVFO_TRY(read_yes_or_no(ctx, map, "inferred", &rail->inferred));
    }
    DVFO_TRY(read_rail_term(ctx, map, "base_w", &rail->base_w));
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        DVFO_TRY(read_rail_domain(ctx, map, d, rail));
    }
    return DVFO_OK;
}

static dvfo_status read_rails(struct dvfo_ctx *ctx, dvfo_yaml_node root, struct dvfo_board *board)
{
    dvfo_yaml_node list;
    DVFO_TRY(dvfo_yaml_need_list(ctx, root, "rails", &list));
    if (dvfo_yaml_count(list) > DVFO_MAX_RAILS) {
        return dvfo_yaml_fail(ctx, list, "'rails' has %zu entries, expected at most %d", dvfo_yaml_count(list),
                              DVFO_MAX_RAILS);
    }
    for (size_t i = 0; i < dvfo_yaml_count(list); i++) {
        board->rail_count = i + 1; /* so that a half-read rail is freed too */
        DVFO_TRY(read_rail(ctx, dvfo_yaml_item(list, i), &board->rail[i]));
    }
    return DVFO_OK;
}

static dvfo_status read_runtimes(struct dvfo_ctx *ctx, dvfo_yaml_node root, struct dvfo_board *board)
{
    dvfo_yaml_node list;
    DVFO_TRY(dvfo_yaml_need_list(ctx, root, "runtimes", &list));
    if (dvfo_yaml_count(list) > DVFO_MAX_RUNTIMES) {
        return dvfo_yaml_fail(ctx, list, "'runtimes' has %zu entries, expected at most %d", dvfo_yaml_count(list),
                              DVFO_MAX_RUNTIMES);
    }
    for (size_t i = 0; i < dvfo_yaml_count(list); i++) {
        board->runtime_count = i + 1;
        DVFO_TRY(dvfo_runtime_read(ctx, dvfo_yaml_item(list, i), board->peak_byte_per_cycle.value, &board->runtime[i]));
    }
    return DVFO_OK;
}

static dvfo_status read_module(struct dvfo_ctx *ctx, dvfo_yaml_node root, struct dvfo_board *board)
{
    static const char *const keys[] = {"other_base_w", "other_conversion", "p_max_w", "nameplate_w", NULL};
    dvfo_yaml_node map;
    DVFO_TRY(dvfo_yaml_need_map(ctx, root, "module", &map));
    DVFO_TRY(dvfo_yaml_allow(ctx, map, keys));
    DVFO_TRY(dvfo_quantity_read(ctx, map, keys[0], 0.0, MAX_W, &board->other_base_w));
    DVFO_TRY(dvfo_quantity_read(ctx, map, keys[1], 0.0, 1.0, &board->other_conversion));
    DVFO_TRY(dvfo_quantity_read(ctx, map, keys[2], 1e-3, MAX_W, &board->p_max_w));
    return dvfo_quantity_read(ctx, map, keys[3], 1e-3, MAX_W, &board->nameplate_w);
}

static dvfo_status read_radio(struct dvfo_ctx *ctx, dvfo_yaml_node root, struct dvfo_radio *radio)
{
    static const char *const keys[] = {"send_w", "wait_w", NULL};
    dvfo_yaml_node map;
    DVFO_TRY(dvfo_yaml_need_map(ctx, root, "radio", &map));
    DVFO_TRY(dvfo_yaml_allow(ctx, map, keys));
    DVFO_TRY(dvfo_quantity_read(ctx, map, keys[0], 0.0, MAX_W, &radio->send_w));
    return dvfo_quantity_read(ctx, map, keys[1], 0.0, MAX_W, &radio->wait_w);
}

static dvfo_status read_thermal(struct dvfo_ctx *ctx, dvfo_yaml_node root, struct dvfo_thermal *thermal)
{
    static const char *const keys[] = {"resistance_k_per_w", "capacity_j_per_k", "ambient_c", "trip_c", NULL};
    dvfo_yaml_node map;
    DVFO_TRY(dvfo_yaml_need_map(ctx, root, "thermal", &map));
    DVFO_TRY(dvfo_yaml_allow(ctx, map, keys));
    DVFO_TRY(dvfo_quantity_read(ctx, map, keys[0], 1e-3, MAX_KELVIN, &thermal->resistance_k_per_w));
    DVFO_TRY(dvfo_quantity_read(ctx, map, keys[1], 1e-3, MAX_JOULE_PER_KELVIN, &thermal->capacity_j_per_k));
    DVFO_TRY(dvfo_quantity_read(ctx, map, keys[2], -60.0, 100.0, &thermal->ambient_c));
    return dvfo_quantity_read(ctx, map, keys[3], thermal->ambient_c.value, 150.0, &thermal->trip_c);
}

static dvfo_status read_board(struct dvfo_ctx *ctx, dvfo_yaml_node root, struct dvfo_board *board)
{
    static const char *const keys[] = {"name",  "title",  "cpu_cores", "clocks",  "peak_byte_per_cycle",
                                       "rails", "module", "radio",     "thermal", "runtimes",
                                       NULL};
    long long cores = 0;
    DVFO_TRY(dvfo_yaml_allow(ctx, root, keys));
    DVFO_TRY(copy_text(ctx, root, "name", &board->name));
    DVFO_TRY(copy_text(ctx, root, "title", &board->title));
    DVFO_TRY(dvfo_yaml_integer(ctx, root, "cpu_cores", 1, 1024, &cores));
    board->cpu_cores = (int)cores;
    DVFO_TRY(read_clocks(ctx, root, board));
    DVFO_TRY(
        dvfo_quantity_read(ctx, root, "peak_byte_per_cycle", 1e-3, MAX_BYTE_PER_CYCLE, &board->peak_byte_per_cycle));
    DVFO_TRY(read_rails(ctx, root, board));
    DVFO_TRY(read_module(ctx, root, board));
    DVFO_TRY(read_radio(ctx, root, &board->radio));
    DVFO_TRY(read_thermal(ctx, root, &board->thermal));
    return read_runtimes(ctx, root, board);
}

/* Takes the document over. */
static dvfo_status board_of_yaml(struct dvfo_ctx *ctx, struct dvfo_yaml *yaml, struct dvfo_board **out)
{
    struct dvfo_board *board = calloc(1, sizeof *board);
    dvfo_status status = board != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
    if (status == DVFO_OK) {
        board->path = dvfo_text_copy(dvfo_yaml_name(yaml));
        memcpy(board->sha256, dvfo_yaml_sha256(yaml), sizeof board->sha256);
        status = board->path != NULL ? read_board(ctx, dvfo_yaml_root(yaml), board) : dvfo_fail_no_memory(ctx);
    }
    dvfo_yaml_free(yaml);
    if (status != DVFO_OK) {
        dvfo_board_free(board);
        return status;
    }
    *out = board;
    return DVFO_OK;
}

dvfo_status dvfo_board_load(struct dvfo_ctx *ctx, const char *name, struct dvfo_board **out)
{
    *out = NULL;
    char path[DVFO_PATH_SIZE];
    struct dvfo_yaml *yaml = NULL;
    DVFO_TRY(dvfo_data_path(ctx, "board", "profiles/boards", name, ".yaml", path));
    DVFO_TRY(dvfo_yaml_load(ctx, path, &yaml));
    return board_of_yaml(ctx, yaml, out);
}

dvfo_status dvfo_board_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                   struct dvfo_board **out)
{
    *out = NULL;
    struct dvfo_yaml *yaml = NULL;
    DVFO_TRY(dvfo_yaml_from_memory(ctx, name, bytes, size, &yaml));
    return board_of_yaml(ctx, yaml, out);
}

static bool fits(const struct dvfo_runtime *runtime, const char *name, const char *precision)
{
    return (name == NULL || strcmp(runtime->name, name) == 0) &&
           (precision == NULL || strcmp(runtime->precision, precision) == 0);
}

dvfo_status dvfo_board_runtime(struct dvfo_ctx *ctx, const struct dvfo_board *board, const char *runtime,
                               const char *precision, const struct dvfo_runtime **out)
{
    char known[400] = "";
    for (size_t i = 0; i < board->runtime_count; i++) {
        if (fits(&board->runtime[i], runtime, precision)) {
            *out = &board->runtime[i];
            return DVFO_OK;
        }
        const size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s %s", i > 0 ? ", " : "", board->runtime[i].name,
                 board->runtime[i].precision);
    }
    *out = NULL;
    return dvfo_fail(ctx, DVFO_BAD_INPUT, "the board %s has no runtime %s%s%s; it has %s", board->name,
                     runtime != NULL ? runtime : "of precision", precision != NULL ? " " : "",
                     precision != NULL ? precision : "", known);
}

static void free_domain(struct dvfo_clock_domain *domain)
{
    free(domain->level_source);
    dvfo_quantity_free(&domain->v_floor);
    dvfo_quantity_free(&domain->v_knee_hz);
    dvfo_quantity_free(&domain->change_s);
    dvfo_quantity_free(&domain->stall_s);
}

static void free_rail(struct dvfo_rail *rail)
{
    free(rail->name);
    dvfo_quantity_free(&rail->base_w);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        dvfo_quantity_free(&rail->dynamic_w[d]);
        dvfo_quantity_free(&rail->clock_w[d]);
        dvfo_quantity_free(&rail->static_w[d]);
    }
}

void dvfo_board_free(struct dvfo_board *board)
{
    if (board == NULL) {
        return;
    }
    free(board->name);
    free(board->title);
    free(board->path);
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        free_domain(&board->clock[d]);
    }
    for (size_t i = 0; i < board->rail_count; i++) {
        free_rail(&board->rail[i]);
    }
    for (size_t i = 0; i < board->runtime_count; i++) {
        dvfo_runtime_free(&board->runtime[i]);
    }
    struct dvfo_quantity *const single[] = {&board->peak_byte_per_cycle,
                                            &board->other_base_w,
                                            &board->other_conversion,
                                            &board->p_max_w,
                                            &board->nameplate_w,
                                            &board->radio.send_w,
                                            &board->radio.wait_w,
                                            &board->thermal.resistance_k_per_w,
                                            &board->thermal.capacity_j_per_k,
                                            &board->thermal.ambient_c,
                                            &board->thermal.trip_c};
    for (size_t i = 0; i < sizeof single / sizeof single[0]; i++) {
        dvfo_quantity_free(single[i]);
    }
    free(board);
}
