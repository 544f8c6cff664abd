#include "policies/nn/window.h"

static long at_most(long x, long limit)
{
    return x < limit ? x : limit;
}

static long divide_up(long a, long b) /* a >= 0 */
{
    return (a + b - 1) / b;
}

/* Outputs o with 0 <= o * stride + shift < size. */
static struct dvfo_range inside(long outputs, long stride, long shift, long size)
{
    const long first = shift < 0 ? divide_up(-shift, stride) : 0;
    const long end = shift < size ? divide_up(size - shift, stride) : 0;
    struct dvfo_range range = {at_most(first, outputs), at_most(end, outputs)};
    range.end = range.end < range.first ? range.first : range.end;
    return range;
}

struct dvfo_range dvfo_window_columns(const struct dvfo_window *w, long j)
{
    return inside(w->X, w->stride, j * w->dilation - w->pad_w, w->W);
}

struct dvfo_range dvfo_window_rows(const struct dvfo_window *w, long i)
{
    return inside(w->Y, w->stride, i * w->dilation - w->pad_h, w->H);
}

long dvfo_window_row(const struct dvfo_window *w, long y, long i)
{
    return y * w->stride + i * w->dilation - w->pad_h;
}
