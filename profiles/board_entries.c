#include "profiles/board_entries.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

enum { MAX_ENTRIES = 40 + DVFO_MAX_RAILS * 10 + DVFO_MAX_RUNTIMES * (DVFO_RUNTIME_TERMS + 3 * DVFO_OP_COUNT) };

struct list {
    struct dvfo_board_entry *entries;
    size_t n;
};

static void add(struct list *list, const struct dvfo_quantity *quantity, const char *unit, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void add(struct list *list, const struct dvfo_quantity *quantity, const char *unit, const char *format, ...)
{
    if (quantity->line == 0) {
        return; /* made by the reader for what the file leaves out */
    }
    struct dvfo_board_entry *entry = &list->entries[list->n++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(entry->name, sizeof entry->name, format, arguments);
    va_end(arguments);
    entry->unit = unit;
    entry->quantity = quantity;
}

static void add_clocks(struct list *list, const struct dvfo_board *board)
{
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        const struct dvfo_clock_domain *domain = &board->clock[d];
        const char *name = dvfo_domain_name((dvfo_domain)d);
        add(list, &domain->v_floor, "of top voltage", "%s v_floor", name);
        add(list, &domain->v_knee_hz, "Hz", "%s v_knee", name);
        add(list, &domain->change_s, "s", "%s clock change", name);
        add(list, &domain->stall_s, "s", "%s stall in a change", name);
    }
    add(list, &board->peak_byte_per_cycle, "byte/cycle", "memory bus, peak");
}

static void add_rails(struct list *list, const struct dvfo_board *board)
{
    for (size_t r = 0; r < board->rail_count; r++) {
        const struct dvfo_rail *rail = &board->rail[r];
        const char *mark = rail->inferred ? " (inferred)" : "";
        add(list, &rail->base_w, "W", "%.30s%s base", rail->name, mark);
        for (int d = 0; d < DVFO_DOMAINS; d++) {
            const char *domain = dvfo_domain_name((dvfo_domain)d);
            add(list, &rail->dynamic_w[d], "W", "%.30s%s %s dynamic", rail->name, mark, domain);
            add(list, &rail->clock_w[d], "W", "%.30s%s %s clock tree", rail->name, mark, domain);
            add(list, &rail->static_w[d], "W", "%.30s%s %s static", rail->name, mark, domain);
        }
    }
    add(list, &board->other_base_w, "W", "other base");
    add(list, &board->other_conversion, "of rails", "other conversion");
}

static void add_module(struct list *list, const struct dvfo_board *board)
{
    add(list, &board->p_max_w, "W", "P_max");
    add(list, &board->nameplate_w, "W", "nameplate");
    add(list, &board->radio.send_w, "W", "radio sending");
    add(list, &board->radio.wait_w, "W", "radio waiting");
    add(list, &board->thermal.resistance_k_per_w, "K/W", "thermal resistance");
    add(list, &board->thermal.capacity_j_per_k, "J/K", "thermal capacity");
    add(list, &board->thermal.ambient_c, "C", "ambient");
    add(list, &board->thermal.trip_c, "C", "trip point");
}

static void add_term(struct list *list, const struct dvfo_quantity *quantity, const struct dvfo_runtime_term *term,
                     const char *prefix, const char *class)
{
    const size_t before = list->n;
    const bool classed = class[0] != '\0';
    add(list, quantity, term->unit, "%s %s%s%s", prefix, term->what, classed ? " " : "", class);
    if (list->n > before) {
        struct dvfo_board_entry *entry = &list->entries[before];
        entry->prefix = strlen(prefix) + 1;
        snprintf(entry->key, sizeof entry->key, "%s%s%s", term->key, classed ? "." : "", class);
    }
}

/* The first class on a line stands for all that share it. */
static void add_classes(struct list *list, const struct dvfo_quantity quantities[DVFO_OP_COUNT],
                        const struct dvfo_runtime_term *term, const char *prefix)
{
    for (int op = 0; op < DVFO_OP_COUNT; op++) {
        bool first = true, alone = true;
        for (int other = 0; other < DVFO_OP_COUNT; other++) {
            const bool same = other != op && quantities[other].line == quantities[op].line;
            first = first && !(same && other < op);
            alone = alone && !same;
        }
        if (first) {
            add_term(list, &quantities[op], term, prefix, alone ? dvfo_op_name((dvfo_op)op) : "default");
        }
    }
}

static void add_runtime(struct list *list, const struct dvfo_runtime *runtime)
{
    char prefix[40];
    snprintf(prefix, sizeof prefix, "%.24s %.12s", runtime->name, runtime->precision);
    for (int i = 0; i < DVFO_RUNTIME_TERMS; i++) {
        const struct dvfo_runtime_term *term = &dvfo_runtime_terms[i];
        const struct dvfo_quantity *quantity = dvfo_runtime_quantity((struct dvfo_runtime *)(uintptr_t)runtime, term);
        if (term->per_class) {
            add_classes(list, quantity, term, prefix);
        } else {
            add_term(list, quantity, term, prefix, "");
        }
    }
}

dvfo_status dvfo_board_entries(struct dvfo_ctx *ctx, const struct dvfo_board *board, struct dvfo_board_entry **entries,
                               size_t *count)
{
    struct list list = {.entries = calloc(MAX_ENTRIES, sizeof *list.entries)};
    *entries = list.entries;
    *count = 0;
    if (list.entries == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    add_clocks(&list, board);
    add_rails(&list, board);
    add_module(&list, board);
    for (size_t i = 0; i < board->runtime_count; i++) {
        add_runtime(&list, &board->runtime[i]);
    }
    *count = list.n;
    return DVFO_OK;
}
