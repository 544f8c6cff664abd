/* The date that cairo writes into a PDF: all that differs between two drawings of the same numbers. */
#ifndef DVFO_PDF_DATE_H
#define DVFO_PDF_DATE_H

#include "sim/base/status.h"

/** Set the creation date of a PDF to a constant, in place and at the same length: the offsets of its table of objects
 *  hold.
 *
 *  @param picture  what sentences call the file at `path`
 *  @return         DVFO_FAILED when none stands in plain text (cairo 1.18 compresses it) or the file can't be changed
 */
dvfo_status dvfo_pdf_fix_date(struct dvfo_ctx *ctx, const char *picture, const char *path);

#endif
