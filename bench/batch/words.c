#include "bench/batch/words.h"

#include <string.h>

#include "sim/base/text.h"

dvfo_status dvfo_words_add(struct dvfo_ctx *ctx, struct dvfo_words *words, const char *word)
{
    if (words->count + 1 >= words->room) {
        const size_t room = words->room == 0 ? 64 : 2 * words->room;
        char **grown = realloc(words->word, room * sizeof *grown);
        if (grown == NULL) {
            return dvfo_fail_no_memory(ctx);
        }
        words->word = grown;
        words->room = room;
    }
    char *copy = dvfo_text_copy(word);
    if (copy == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    words->word[words->count++] = copy;
    words->word[words->count] = NULL;
    return DVFO_OK;
}

dvfo_status dvfo_words_add_all(struct dvfo_ctx *ctx, struct dvfo_words *words, const char *const list[])
{
    for (size_t i = 0; list[i] != NULL; i++) {
        DVFO_TRY(dvfo_words_add(ctx, words, list[i]));
    }
    return DVFO_OK;
}

void dvfo_words_free(struct dvfo_words *words)
{
    for (size_t i = 0; i < words->count; i++) {
        free(words->word[i]);
    }
    free(words->word);
    *words = (struct dvfo_words){0};
}

void dvfo_word_print(const char *word, FILE *file)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:,=+@%-";
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        fputs(word, file);
        return;
    }
    fputc('\'', file);
    for (; *word != '\0'; word++) {
        fputs(*word == '\'' ? "'\\''" : (const char[]){*word, '\0'}, file);
    }
    fputc('\'', file);
}

void dvfo_words_print(const struct dvfo_words *words, FILE *file)
{
    for (size_t i = 0; i < words->count; i++) {
        fputs(i > 0 ? " " : "", file);
        dvfo_word_print(words->word[i], file);
    }
}

char *dvfo_words_text(const struct dvfo_words *words)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (file == NULL) {
        return NULL;
    }
    dvfo_words_print(words, file);
    if (fclose(file) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
