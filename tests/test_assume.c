/* Assumptions at their low and high values. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiles/board_assume.h"

/* The small board with more assumptions: those of efficiency share one line of its file. */
static struct dvfo_board *load_board(const char *name)
{
    static char text[1 << 14];
    static const char *const edits[][2] = {
        {"name: small-board", "name: "},
        {"default: {value: 0.5, standing: documented, source: \"s\"}",
         "default: {value: 0.5, standing: assumption, low: 0.2, high: 0.75, source: \"s\"}"},
        {"launch_cycles: {value: 20000, standing: documented, source: \"s\"}",
         "launch_cycles: {value: 20000, standing: assumption, low: 5000, high: 60000, source: \"s\"}"},
        {"tile_pixels: {value: 1, standing: documented, source: \"s\"}",
         "tile_pixels: {value: 4, standing: assumption, low: 1, high: 8, source: \"s\"}"},
    };
    FILE *file = fopen(DVFO_SOURCE_DIR "/tests/data/small-board.yaml", "r");
    cr_assert(file != NULL);
    text[fread(text, 1, sizeof text / 2, file)] = '\0';
    fclose(file);
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        static char after[1 << 14];
        char *found = strstr(text, edits[i][0]);
        cr_assert(found != NULL, "%s", edits[i][0]);
        snprintf(after, sizeof after, "%.*s%s%s%s", (int)(found - text), text, edits[i][1], i == 0 ? name : "",
                 found + strlen(edits[i][0]));
        memcpy(text, after, sizeof text);
    }
    struct dvfo_ctx ctx = {0};
    struct dvfo_board *board = NULL;
    cr_assert(dvfo_board_from_memory(&ctx, "board.yaml", text, strlen(text), &board) == DVFO_OK, "%s", ctx.message);
    return board;
}

static size_t assume(struct dvfo_board *board, const char *what)
{
    struct dvfo_ctx ctx = {0};
    size_t changed = 0;
    cr_assert(dvfo_boards_assume(&ctx, &board, 1, what, &changed) == DVFO_OK, "%s", ctx.message);
    return changed;
}

Test(assume, all_assumptions_go_low_or_high_and_nothing_else_moves)
{
    struct dvfo_board *board = load_board("a");
    cr_expect(assume(board, "low") == 9); /* radio 2, thermal 4, efficiency, launch, tile */
    cr_expect(board->radio.send_w.value == 0.5 && board->thermal.ambient_c.value == 15.0);
    cr_expect(board->runtime[0].launch_cycles.value == 5000.0 && board->runtime[0].tile_pixels.value == 1.0);
    cr_expect(board->runtime[0].efficiency[DVFO_OP_DENSE].value == 0.2);
    cr_expect(board->runtime[0].efficiency[DVFO_OP_CONV_3X3].value == 0.5, "calibrated");
    cr_expect(board->runtime[0].fixed_s.value == 0.001 && board->p_max_w.value == 15.0);
    assume(board, "high");
    cr_expect(board->radio.send_w.value == 2.0 && board->runtime[0].efficiency[DVFO_OP_POOL].value == 0.75);
    dvfo_board_free(board);
}

Test(assume, one_is_named_as_the_board_is_shown_or_as_its_file_says)
{
    static const char *const names[] = {"plain fp32 launch of a kernel=high", "launch of a kernel=high",
                                        "launch_cycles=high"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct dvfo_board *board = load_board("a");
        cr_expect(assume(board, names[i]) == 1);
        cr_expect(board->runtime[0].launch_cycles.value == 60000.0, "%s", names[i]);
        cr_expect(board->radio.send_w.value == 1.0);
        dvfo_board_free(board);
    }
}

Test(assume, classes_that_share_a_line_move_together)
{
    struct dvfo_board *board = load_board("a");
    cr_expect(assume(board, "efficiency.default=high") == 1);
    for (int op = 0; op < DVFO_OP_COUNT; op++) {
        const double expected = op == DVFO_OP_CONV_3X3 ? 0.5 : 0.75;
        cr_expect(board->runtime[0].efficiency[op].value == expected, "%s", dvfo_op_name((dvfo_op)op));
    }
    dvfo_board_free(board);
}

Test(assume, a_list_is_taken_in_order_and_names_may_have_commas)
{
    struct dvfo_board *board = load_board("a");
    assume(board, "low,tile, pixels=high,radio sending=high");
    cr_expect(board->runtime[0].tile_pixels.value == 8.0 && board->radio.send_w.value == 2.0);
    cr_expect(board->radio.wait_w.value == 0.1);
    dvfo_board_free(board);
}

Test(assume, of_several_boards_those_change_that_have_it)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_board *boards[2] = {load_board("a"), NULL};
    size_t changed[2];
    cr_assert(dvfo_board_load(&ctx, DVFO_SOURCE_DIR "/tests/data/small-board.yaml", &boards[1]) == DVFO_OK);
    cr_assert(dvfo_boards_assume(&ctx, boards, 2, "launch_cycles=low", changed) == DVFO_OK, "%s", ctx.message);
    cr_expect(changed[0] == 1 && changed[1] == 0, "documented on the other one");
    cr_expect(boards[0]->runtime[0].launch_cycles.value == 5000.0);
    cr_expect(boards[1]->runtime[0].launch_cycles.value == 20000.0);
    dvfo_board_free(boards[1]);
    dvfo_board_free(boards[0]);
}

Test(assume, what_can_not_be_assumed_is_told)
{
    static const struct {
        const char *what, *says;
    } rows[] = {
        {"lunch of a kernel=high", "no coefficient is called 'lunch of a kernel'; did you mean 'launch of a kernel'?"},
        {"launch_cycle=high", "did you mean 'launch_cycles'?"},
        {"zzz=low", "no coefficient is called 'zzz'; 'dvfo show board a' lists them"},
        {"fixed_s=low", "'fixed_s' of a is calibrated, expected an assumption"},
        {"P_max=low", "'P_max' of a is measured, expected an assumption"},
        {"nameplate=high", "'nameplate' of a is documented"},
        {"", "the assumption '' is not understood, expected low, high, NAME=low or NAME=high"},
        {"middle", "the assumption 'middle' is not understood"},
        {"low,", "the assumption 'low,' is not understood"},
        {",low", "the assumption ',low' is not understood"},
        {"=low", "the assumption '=low' is not understood"},
        {"launch_cycles=medium", "the assumption 'launch_cycles=medium' is not understood"},
        {"launch_cycles=low radio sending=low", "no coefficient is called 'launch_cycles=low radio sending'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dvfo_ctx ctx = {0};
        struct dvfo_board *board = load_board("a");
        size_t changed = 0;
        cr_expect(dvfo_boards_assume(&ctx, &board, 1, rows[i].what, &changed) == DVFO_BAD_INPUT, "%s", rows[i].what);
        cr_expect(strstr(ctx.message, rows[i].says) != NULL, "'%s': no '%s' in: %s", rows[i].what, rows[i].says,
                  ctx.message);
        dvfo_board_free(board);
    }
}
