/* Words: a command line that grows word by word, to be executed, or written as one text for a shell. */
#ifndef DVFO_WORDS_H
#define DVFO_WORDS_H

#include "sim/base/status.h"

/* Zero-initialise. */
struct dvfo_words {
    size_t count, room;
    char **word; /* owned, as are the words; NULL after the last */
};

/** Add a copy of a word. */
dvfo_status dvfo_words_add(struct dvfo_ctx *ctx, struct dvfo_words *words, const char *word);

/** Add several, NULL at the end. */
dvfo_status dvfo_words_add_all(struct dvfo_ctx *ctx, struct dvfo_words *words, const char *const list[]);
void dvfo_words_free(struct dvfo_words *words);

/** A word as a shell wants it typed. */
void dvfo_word_print(const char *word, FILE *file);

/** With a blank between, each as a shell wants it typed: whatever stands in a word, it stays that word. */
void dvfo_words_print(const struct dvfo_words *words, FILE *file);

/** The same as a text; caller frees, NULL when memory is out. */
char *dvfo_words_text(const struct dvfo_words *words);

#endif
