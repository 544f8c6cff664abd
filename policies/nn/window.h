/* A window that slides over images: what convolution and pooling share.
 *
 * Images are (B, C, H, W): samples, channels, rows, columns, without gaps; outputs are (B, O, Y, X). Output pixel (y,
 * x) sees the taps (y * stride + i * dilation - pad_h, x * stride + j * dilation - pad_w); a tap outside the image is
 * padding. How much padding lies below and to the right follows from Y and X. */
#ifndef DVFO_WINDOW_H
#define DVFO_WINDOW_H

struct dvfo_window {
    long B, C, H, W;
    long O, Y, X;
    long kernel_h, kernel_w, stride, dilation;
    long pad_h, pad_w; /* rows above the first, columns left of the first */
    long groups;       /* of a convolution: output channels of one group see the input channels of that group */
};

/* Half-open: first <= i < end. */
struct dvfo_range {
    long first, end;
};

/** Output columns whose tap `j` lies inside the image; the others see padding there. Empty: first = end. */
struct dvfo_range dvfo_window_columns(const struct dvfo_window *window, long j);

/** The same for output rows and tap row `i`. */
struct dvfo_range dvfo_window_rows(const struct dvfo_window *window, long i);

/** Input row that tap row `i` of output row `y` sees; outside 0 .. H-1 it is padding. */
long dvfo_window_row(const struct dvfo_window *window, long y, long i);

#endif
