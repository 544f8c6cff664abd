#include "profiles/board_assume.h"

#include <string.h>

#include "profiles/board_entries.h"
#include "sim/base/nearest.h"

enum { MAX_NAME = 96 };

/* One item of the list. */
struct item {
    char name[MAX_NAME]; /* "" stands for every assumption */
    bool high;
};

/* ---- taking the list apart ---- */

static size_t skip(const char *text, const char *word)
{
    const size_t length = strlen(word);
    const bool found = strncmp(text, word, length) == 0 && (text[length] == ',' || text[length] == '\0');
    return found ? length : 0;
}

/* Names may have commas in them: an item ends behind its "low" or "high".
 * @return the comma or the end behind the item, NULL when it isn't one */
static const char *take_item(const char *text, struct item *item)
{
    const size_t all = skip(text, "low") + skip(text, "high");
    if (all > 0) {
        *item = (struct item){.name = "", .high = text[0] == 'h'};
        return text + all;
    }
    for (size_t length = 1; text[0] != '\0' && text[length] != '\0' && length < MAX_NAME; length++) {
        const size_t value = skip(text + length, "=low") + skip(text + length, "=high");
        if (value > 0) {
            snprintf(item->name, sizeof item->name, "%.*s", (int)length, text);
            item->high = text[length + 1] == 'h';
            return text + length + value;
        }
    }
    return NULL;
}

/* ---- setting ---- */

static void set_one(struct dvfo_quantity *quantity, bool high)
{
    quantity->value = high ? quantity->high : quantity->low;
}

/* Classes on one line of the file are one entry, and move together. */
static bool set_classes(struct dvfo_runtime *runtime, const struct dvfo_quantity *first, bool high)
{
    for (int i = 0; i < DVFO_RUNTIME_TERMS; i++) {
        struct dvfo_quantity *classes = dvfo_runtime_quantity(runtime, &dvfo_runtime_terms[i]);
        for (int op = 0; dvfo_runtime_terms[i].per_class && op < DVFO_OP_COUNT; op++) {
            if (&classes[op] != first) {
                continue;
            }
            for (int other = 0; other < DVFO_OP_COUNT; other++) {
                if (classes[other].line == first->line) {
                    set_one(&classes[other], high);
                }
            }
            return true;
        }
    }
    return false;
}

static void set(struct dvfo_board *board, const struct dvfo_board_entry *entry, bool high)
{
    for (size_t i = 0; i < board->runtime_count; i++) {
        if (set_classes(&board->runtime[i], entry->quantity, high)) {
            return;
        }
    }
    set_one((struct dvfo_quantity *)entry->quantity, high); /* lent as const by a board that is ours to change */
}

/* ---- finding ---- */

static bool is_meant(const struct item *item, const struct dvfo_board_entry *entry)
{
    return item->name[0] == '\0' || strcmp(item->name, entry->name) == 0 ||
           (entry->prefix > 0 &&
            (strcmp(item->name, entry->name + entry->prefix) == 0 || strcmp(item->name, entry->key) == 0));
}

/* What was found of an item on all boards. */
struct finding {
    size_t set;
    dvfo_standing standing; /* of one that isn't an assumption ... */
    const char *board;      /* ... and where that is; NULL: none met */
};

static dvfo_status assume(struct dvfo_ctx *ctx, struct dvfo_board *board, const struct item *item,
                          struct finding *finding)
{
    struct dvfo_board_entry *entries = NULL;
    size_t count = 0;
    DVFO_TRY(dvfo_board_entries(ctx, board, &entries, &count));
    for (size_t i = 0; i < count; i++) {
        if (!is_meant(item, &entries[i])) {
            continue;
        }
        if (entries[i].quantity->standing == DVFO_ASSUMPTION) {
            set(board, &entries[i], item->high);
            finding->set++;
        } else if (finding->board == NULL) {
            finding->standing = entries[i].quantity->standing;
            finding->board = board->name;
        }
    }
    free(entries);
    return DVFO_OK;
}

/* The nearest of all names, of whichever board. @param near  written; "" when none is near */
static dvfo_status find_near(struct dvfo_ctx *ctx, struct dvfo_board *const boards[], size_t boards_count,
                             const char *name, char near[MAX_NAME])
{
    near[0] = '\0';
    for (size_t b = 0; b < boards_count && near[0] == '\0'; b++) {
        struct dvfo_board_entry *entries = NULL;
        size_t count = 0, known = 0;
        DVFO_TRY(dvfo_board_entries(ctx, boards[b], &entries, &count));
        const char **names = malloc((3 * count + 1) * sizeof *names);
        for (size_t i = 0; names != NULL && i < count; i++) {
            if (entries[i].quantity->standing == DVFO_ASSUMPTION) {
                names[known++] = entries[i].name + entries[i].prefix;
                names[known++] = entries[i].name;
                names[known++] = entries[i].key;
            }
        }
        const char *nearest = names != NULL ? dvfo_nearest(name, names, known) : NULL;
        snprintf(near, MAX_NAME, "%s", nearest != NULL ? nearest : "");
        free(names);
        free(entries);
    }
    return DVFO_OK;
}

static dvfo_status refuse(struct dvfo_ctx *ctx, struct dvfo_board *const boards[], size_t count,
                          const struct item *item, const struct finding *finding)
{
    if (finding->board != NULL) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "'%s' of %s is %s, expected an assumption: nothing else has a low and a high", item->name,
                         finding->board, dvfo_standing_name(finding->standing));
    }
    char near[MAX_NAME];
    DVFO_TRY(find_near(ctx, boards, count, item->name, near));
    return near[0] != '\0'
               ? dvfo_fail(ctx, DVFO_BAD_INPUT, "no coefficient is called '%s'; did you mean '%s'?", item->name, near)
               : dvfo_fail(ctx, DVFO_BAD_INPUT, "no coefficient is called '%s'; 'dvfo show board %s' lists them",
                           item->name, boards[0]->name);
}

static dvfo_status assume_item(struct dvfo_ctx *ctx, struct dvfo_board *const boards[], size_t count,
                               const struct item *item)
{
    struct finding finding = {0};
    for (size_t i = 0; i < count; i++) {
        DVFO_TRY(assume(ctx, boards[i], item, &finding));
    }
    return finding.set > 0 || item->name[0] == '\0' ? DVFO_OK : refuse(ctx, boards, count, item, &finding);
}

static dvfo_status assume_list(struct dvfo_ctx *ctx, struct dvfo_board *const boards[], size_t count, const char *what)
{
    const char *rest = what;
    do {
        struct item item;
        rest = take_item(rest == what ? rest : rest + 1, &item);
        if (rest == NULL) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT,
                             "the assumption '%s' is not understood, expected low, high, NAME=low or NAME=high, or a "
                             "list of such with commas",
                             what);
        }
        DVFO_TRY(assume_item(ctx, boards, count, &item));
    } while (*rest != '\0');
    return DVFO_OK;
}

/* Values that must not pass each other, as the reader demands it. */
static dvfo_status check(struct dvfo_ctx *ctx, const struct dvfo_board *board)
{
    for (int d = 0; d < DVFO_DOMAINS; d++) {
        const struct dvfo_clock_domain *clock = &board->clock[d];
        if (clock->stall_s.value > clock->change_s.value) {
            const char *name = dvfo_domain_name((dvfo_domain)d);
            return dvfo_fail(
                ctx, DVFO_BAD_INPUT,
                "'%s stall in a change' of %s would be %g s and '%s clock change' %g s, expected the stall "
                "within the change",
                name, board->name, clock->stall_s.value, name, clock->change_s.value);
        }
    }
    return board->thermal.trip_c.value > board->thermal.ambient_c.value
               ? DVFO_OK
               : dvfo_fail(ctx, DVFO_BAD_INPUT,
                           "'trip point' of %s would be %g C and 'ambient' %g C, expected it above", board->name,
                           board->thermal.trip_c.value, board->thermal.ambient_c.value);
}

/* Numbers of all entries, one after the other. Caller frees. */
static dvfo_status list_values(struct dvfo_ctx *ctx, const struct dvfo_board *board, double **values, size_t *count)
{
    struct dvfo_board_entry *entries = NULL;
    DVFO_TRY(dvfo_board_entries(ctx, board, &entries, count));
    *values = malloc((*count + 1) * sizeof **values);
    for (size_t i = 0; *values != NULL && i < *count; i++) {
        (*values)[i] = entries[i].quantity->value;
    }
    free(entries);
    return *values != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

static dvfo_status count_changed(struct dvfo_ctx *ctx, const struct dvfo_board *board, const double *before,
                                 size_t *changed)
{
    double *now = NULL;
    size_t count = 0;
    DVFO_TRY(list_values(ctx, board, &now, &count));
    *changed = 0;
    for (size_t i = 0; i < count; i++) {
        *changed += now[i] != before[i];
    }
    free(now);
    return DVFO_OK;
}

dvfo_status dvfo_boards_assume(struct dvfo_ctx *ctx, struct dvfo_board *const boards[], size_t count, const char *what,
                               size_t changed[])
{
    size_t entries = 0;
    double **before = calloc(count, sizeof *before);
    dvfo_status status = before != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
    for (size_t i = 0; i < count && status == DVFO_OK; i++) {
        status = list_values(ctx, boards[i], &before[i], &entries);
    }
    status = status == DVFO_OK ? assume_list(ctx, boards, count, what) : status;
    for (size_t i = 0; i < count && status == DVFO_OK; i++) {
        status = check(ctx, boards[i]);
        status = status == DVFO_OK ? count_changed(ctx, boards[i], before[i], &changed[i]) : status;
    }
    for (size_t i = 0; before != NULL && i < count; i++) {
        free(before[i]);
    }
    free(before);
    return status;
}
