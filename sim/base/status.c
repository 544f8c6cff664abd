#include "sim/base/status.h"

#include <stdarg.h>

const char *dvfo_status_text(dvfo_status status)
{
    switch (status) {
#define DVFO_STATUS_TEXT(name, exit_code, text)                                                                        \
    case DVFO_##name:                                                                                                  \
        return text;
        DVFO_STATUS_LIST(DVFO_STATUS_TEXT)
#undef DVFO_STATUS_TEXT
    }
    return "unknown status";
}

int dvfo_status_exit_code(dvfo_status status)
{
    switch (status) {
#define DVFO_STATUS_EXIT(name, exit_code, text)                                                                        \
    case DVFO_##name:                                                                                                  \
        return exit_code;
        DVFO_STATUS_LIST(DVFO_STATUS_EXIT)
#undef DVFO_STATUS_EXIT
    }
    return 1;
}

dvfo_status dvfo_fail(struct dvfo_ctx *ctx, dvfo_status status, const char *format, ...)
{
    if (ctx != NULL) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(ctx->message, sizeof ctx->message, format, arguments);
        va_end(arguments);
    }
    return status;
}

void dvfo_note(struct dvfo_ctx *ctx, const char *format, ...)
{
    if (ctx == NULL || ctx->note == NULL) {
        return;
    }
    char sentence[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    ctx->note(ctx->note_user, sentence);
}

dvfo_status dvfo_fail_no_memory(struct dvfo_ctx *ctx)
{
    return dvfo_fail(ctx, DVFO_NO_MEMORY, "out of memory");
}

void dvfo_require_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "dvfo: broken promise: %s (%s:%d). This is a bug in dvfo; please report it with the command.\n",
            condition, file, line);
    abort();
}
