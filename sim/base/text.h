/* A text file, whole and checked.
 *
 * Every reader of ours begins here: the file is there, is a regular file, has a sane size, holds no NUL byte, and its
 * SHA-256 is known from then on, so that results can name exactly what they were made from. Lines are handed out
 * without their ends (LF or CRLF), numbers are parsed strictly and independent of the locale. */
#ifndef DVFO_TEXT_H
#define DVFO_TEXT_H

#include <stddef.h>

#include "sim/base/status.h"

#define DVFO_SHA256_HEX_SIZE 65

struct dvfo_text {
    char *name;  /* path as the user gave it, for messages; owned */
    char *bytes; /* size bytes and a NUL; owned */
    size_t size;
    char sha256[DVFO_SHA256_HEX_SIZE]; /* of the file's bytes, hexadecimal */
};

/** Read a whole file of at most `max_bytes`.
 *  @param out  zeroed on failure; free with dvfo_text_free
 *  @return     DVFO_BAD_INPUT when the file is missing, unreadable, not regular, empty, too large or holds NUL bytes */
dvfo_status dvfo_text_load(struct dvfo_ctx *ctx, const char *path, size_t max_bytes, struct dvfo_text *out);

/** The same for a file of any bytes, NUL among them (HDF5). */
dvfo_status dvfo_text_load_bytes(struct dvfo_ctx *ctx, const char *path, size_t max_bytes, struct dvfo_text *out);

/** The first from memory; `bytes` is copied. For tests and fuzzing. */
dvfo_status dvfo_text_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                  struct dvfo_text *out);
/** The second from memory. */
dvfo_status dvfo_text_bytes_from_memory(struct dvfo_ctx *ctx, const char *name, const char *bytes, size_t size,
                                        struct dvfo_text *out);
void dvfo_text_free(struct dvfo_text *text);

/* Walks over the lines of a text; changes the text in place (line ends become NUL). */
struct dvfo_lines {
    char *next; /* first byte not yet handed out, NULL at the end */
    char *end;  /* one past the last byte of the text */
    int number; /* of the line last handed out, from 1 */
};

struct dvfo_lines dvfo_lines_of(struct dvfo_text *text);

/** The next line without its end; NULL after the last. Borrowed from the text. */
char *dvfo_lines_next(struct dvfo_lines *lines);

/** Parse a finite decimal number at the start of `s` ("nan", "inf" and hexadecimal are refused).
 *  @param end  where parsing stopped; untouched on failure; may be NULL, then the whole of `s` must be the number
 *  @return     false when there is no finite number (or something follows it and `end` is NULL) */
bool dvfo_text_number(const char *s, const char **end, double *out);

/** The same for an integer. */
bool dvfo_text_integer(const char *s, const char **end, long long *out);

/** Split a line in place at `separator` (' ' means any run of blanks and tabs); fields lose surrounding blanks and
 *  one pair of double quotes.
 *  @return number of fields found, which may exceed `max`; only `max` are stored */
size_t dvfo_text_split(char *line, char separator, char *fields[], size_t max);

/** Copy of a string; NULL when memory is out. Caller frees. */
char *dvfo_text_copy(const char *s);

#endif
