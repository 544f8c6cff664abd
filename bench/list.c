#include "bench/list.h"

#include <string.h>

#include "sim/base/text.h"

dvfo_status dvfo_list_split(struct dvfo_ctx *ctx, const char *option, const char *text, struct dvfo_list *out)
{
    *out = (struct dvfo_list){.copy = dvfo_text_copy(text)};
    if (out->copy == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    out->count = dvfo_text_split(out->copy, ',', out->entry, DVFO_LIST_MAX);
    if (out->count > DVFO_LIST_MAX) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s names %zu entries, expected at most %d", option, out->count,
                         (int)DVFO_LIST_MAX);
    }
    for (size_t i = 0; i < out->count; i++) {
        if (out->entry[i][0] == '\0') {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s is '%s': an entry of the list is empty", option, text);
        }
    }
    return DVFO_OK;
}

dvfo_status dvfo_list_check_distinct(struct dvfo_ctx *ctx, const char *option, const struct dvfo_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(list->entry[i], list->entry[j]) == 0) {
                return dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s names '%s' twice, expected each once", option,
                                 list->entry[i]);
            }
        }
    }
    return DVFO_OK;
}

dvfo_status dvfo_list_weights(struct dvfo_ctx *ctx, const char *option, const struct dvfo_list *list, double weight[])
{
    for (size_t i = 0; i < list->count; i++) {
        if (!dvfo_text_number(list->entry[i], NULL, &weight[i]) || weight[i] < 0.0 || weight[i] > 1.0) {
            return dvfo_fail(ctx, DVFO_BAD_INPUT, "--%s has '%s', expected numbers from 0 to 1", option,
                             list->entry[i]);
        }
    }
    return DVFO_OK;
}
