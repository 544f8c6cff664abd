/* Status and sentence.
 *
 * Every function that can fail returns a dvfo_status and leaves one sentence in the context: which file, which line,
 * what was found, what was expected. Results come back through the last parameter. A status is for what the world does
 * to us (a bad file, a full disk); a broken promise inside the program is a bug, and DVFO_REQUIRE stops it loudly. */
#ifndef DVFO_STATUS_H
#define DVFO_STATUS_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* One list makes the enum, the text and the exit code of the program:
 * X(BAD_INPUT, 2, "...") becomes DVFO_BAD_INPUT, exit code 2 and its text. */
#define DVFO_STATUS_LIST(X)                                                                                            \
    X(OK, 0, "done")                                                                                                   \
    X(FAILED, 1, "failed while running")                                                                               \
    X(NO_MEMORY, 1, "out of memory")                                                                                   \
    X(BAD_INPUT, 2, "unusable arguments or input")                                                                     \
    X(INTERRUPTED, 130, "interrupted")                                                                                 \
    X(CLOSED_PIPE, 141, "the reader of our output went away")

typedef enum dvfo_status {
#define DVFO_STATUS_ENUM(name, exit_code, text) DVFO_##name,
    DVFO_STATUS_LIST(DVFO_STATUS_ENUM)
#undef DVFO_STATUS_ENUM
} dvfo_status;

/** Services of one thread of work: the last error's sentence and where notes go. Zero-initialise; owns nothing. */
struct dvfo_ctx {
    char message[1024];                             /* sentence of the last failure, "" when there was none */
    void (*note)(void *user, const char *sentence); /* told of what was repaired or assumed; NULL keeps silent */
    void *note_user;                                /* borrowed, passed to `note` */
    const volatile sig_atomic_t *stop; /* once non-zero, long work ends with DVFO_INTERRUPTED; NULL: never */
};

const char *dvfo_status_text(dvfo_status status);
int dvfo_status_exit_code(dvfo_status status);

/** Keep the sentence and return `status`, so that a caller can write `return dvfo_fail(...)`. `ctx` may be NULL. */
dvfo_status dvfo_fail(struct dvfo_ctx *ctx, dvfo_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Tell of something that was repaired or assumed and doesn't stop the work. */
void dvfo_note(struct dvfo_ctx *ctx, const char *format, ...) __attribute__((format(printf, 2, 3)));

dvfo_status dvfo_fail_no_memory(struct dvfo_ctx *ctx);

/* Forward a failure: DVFO_TRY(dvfo_text_load(...)). */
#define DVFO_TRY(call)                                                                                                 \
    do {                                                                                                               \
        const dvfo_status dvfo_try_status_ = (call);                                                                   \
        if (dvfo_try_status_ != DVFO_OK) {                                                                             \
            return dvfo_try_status_;                                                                                   \
        }                                                                                                              \
    } while (0)

/* A contract between functions of ours; stays in release builds. */
#define DVFO_REQUIRE(condition)                                                                                        \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            dvfo_require_failed(#condition, __FILE__, __LINE__);                                                       \
        }                                                                                                              \
    } while (0)

/* Costly checks of our own state (heap order, energy balance): debug builds only. */
#ifdef NDEBUG
#define DVFO_INVARIANT(condition) ((void)0)
#else
#define DVFO_INVARIANT(condition) DVFO_REQUIRE(condition)
#endif

_Noreturn void dvfo_require_failed(const char *condition, const char *file, int line);

#endif
