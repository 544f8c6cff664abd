#include "policies/nn/window.h"

static long at_most(long x, long limit)
{
    return x < limit ? x : limit;
}

static long divide_up(long a, long b) /* a >= 0 */
{
    return (a + b - 1) / b;
}

/* 0 <= x * stride + shift < W */
struct dvfo_range dvfo_window_columns(const struct dvfo_window *window, long j)
{
    const long shift = j * window->dilation - window->pad_w;
    const long first = shift < 0 ? divide_up(-shift, window->stride) : 0;
    const long end = shift < window->W ? divide_up(window->W - shift, window->stride) : 0;
    struct dvfo_range range = {at_most(first, window->X), at_most(end, window->X)};
    range.end = range.end < range.first ? range.first : range.end;
    return range;
}

long dvfo_window_row(const struct dvfo_window *window, long y, long i)
{
    const long row = y * window->stride + i * window->dilation - window->pad_h;
    return row >= 0 && row < window->H ? row : -1;
}
