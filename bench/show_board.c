/* dvfo show board: clocks, then every coefficient with its standing, assumptions together at the end. */
#include <math.h>
#include <string.h>

#include "bench/show.h"
#include "profiles/board_entries.h"
#include "sim/base/units.h"

/* "114.75 216.75 ..." */
static void print_levels(const struct dvfo_clock_domain *domain, char *text, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < domain->level_count && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, "%s%.10g", i > 0 ? " " : "",
                                 domain->level_hz[i] / DVFO_HZ_PER_MHZ);
    }
}

static dvfo_status print_clocks(struct dvfo_ctx *ctx, const struct dvfo_board *board)
{
    static const char *const columns[] = {"domain", "levels", "calibrated_min_mhz", "clocks_mhz", "source", NULL};
    struct dvfo_table *table = NULL;
    DVFO_TRY(dvfo_table_create(ctx, columns, &table));
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        const struct dvfo_clock_domain *domain = &board->clock[d];
        char levels[512];
        print_levels(domain, levels, sizeof levels);
        dvfo_table_text(table, dvfo_domain_name((dvfo_domain)d));
        dvfo_table_integer(table, (long long)domain->level_count);
        dvfo_table_number(table, domain->calibrated_min_hz / DVFO_HZ_PER_MHZ, 6);
        dvfo_table_text(table, levels);
        dvfo_table_text(table, domain->level_source);
    }
    const dvfo_status status = dvfo_table_print(ctx, table, DVFO_TABLE_TEXT, stdout);
    dvfo_table_free(table);
    return status;
}

static void add_row(struct dvfo_table *table, const struct dvfo_board_entry *entry)
{
    const struct dvfo_quantity *quantity = entry->quantity;
    dvfo_table_text(table, entry->name);
    dvfo_table_number(table, quantity->value, 5);
    dvfo_table_text(table, entry->unit);
    dvfo_table_text(table, dvfo_standing_name(quantity->standing));
    dvfo_table_number(table, quantity->error, 2);
    if (quantity->points > 0) {
        dvfo_table_integer(table, quantity->points);
    } else {
        dvfo_table_number(table, NAN, 1);
    }
    dvfo_table_number(table, quantity->low, 4);
    dvfo_table_number(table, quantity->high, 4);
    dvfo_table_text(table, quantity->source);
}

/* What is known first, what is assumed last. */
static dvfo_status fill(struct dvfo_ctx *ctx, const struct dvfo_board *board, struct dvfo_table *table)
{
    struct dvfo_board_entry *entries = NULL;
    size_t count = 0;
    DVFO_TRY(dvfo_board_entries(ctx, board, &entries, &count));
    for (int assumed = 0; assumed < 2; assumed++) {
        for (size_t i = 0; i < count; i++) {
            if ((entries[i].quantity->standing == DVFO_ASSUMPTION) == (assumed == 1)) {
                add_row(table, &entries[i]);
            }
        }
    }
    free(entries);
    return DVFO_OK;
}

static dvfo_status print_coefficients(struct dvfo_ctx *ctx, const struct dvfo_board *board, dvfo_table_format format)
{
    static const char *const columns[] = {"coefficient", "value", "unit", "standing", "error",
                                          "points",      "low",   "high", "source",   NULL};
    struct dvfo_table *table = NULL;
    DVFO_TRY(dvfo_table_create(ctx, columns, &table));
    dvfo_status status = fill(ctx, board, table);
    status = status == DVFO_OK ? dvfo_table_print(ctx, table, format, stdout) : status;
    dvfo_table_free(table);
    return status;
}

static void print_heading(const struct dvfo_board *board)
{
    printf("%s (%s), %d CPU cores; %s, SHA-256 %.16s...\nrails:", board->title, board->name, board->cpu_cores,
           board->path, board->sha256);
    for (size_t r = 0; r < board->rail_count; r++) {
        printf(" %s%s,", board->rail[r].name, board->rail[r].inferred ? " (inferred)" : "");
    }
    printf(" other\nruntimes:");
    for (size_t i = 0; i < board->runtime_count; i++) {
        const struct dvfo_runtime *runtime = &board->runtime[i];
        printf("%s %s %s (%s, %s)%s", i > 0 ? "," : "", runtime->name, runtime->precision,
               runtime->combine == DVFO_COMBINE_STREAM ? "stream" : "sum", dvfo_wait_name(runtime->wait),
               i == 0 ? " by default" : "");
    }
    printf("\n\n");
}

dvfo_status dvfo_show_board(struct dvfo_ctx *ctx, const char *name, dvfo_table_format format)
{
    struct dvfo_board *board = NULL;
    DVFO_TRY(dvfo_board_load(ctx, name, &board));
    dvfo_status status = DVFO_OK;
    if (format == DVFO_TABLE_TEXT) {
        print_heading(board);
        status = print_clocks(ctx, board);
        printf("\n");
    }
    status = status == DVFO_OK ? print_coefficients(ctx, board, format) : status;
    dvfo_board_free(board);
    return status;
}
