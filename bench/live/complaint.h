/* Complaints: what a server tells a peer that it doesn't serve. Some end the connection, others concern one request. */
#ifndef DVFO_COMPLAINT_H
#define DVFO_COMPLAINT_H

#include <stdbool.h>

/* X(MALFORMED, 1, true, "...") becomes DVFO_COMPLAINT_MALFORMED, code 1 on the wire, which ends the connection. */
#define DVFO_COMPLAINT_LIST(X)                                                                                         \
    X(NONE, 0, false, "nothing is wrong")                                                                              \
    X(MALFORMED, 1, true, "these bytes aren't a message of the protocol")                                              \
    X(VERSION, 2, true, "another version of the protocol is spoken here")                                              \
    X(TOO_LARGE, 3, true, "the message is longer than is read here")                                                   \
    X(UNEXPECTED, 4, true, "a message came out of turn")                                                               \
    X(KEY, 5, true, "the proof wasn't made with the server's key")                                                     \
    X(FULL, 6, true, "all connections that are served are taken")                                                      \
    X(REPEATED, 7, true, "the id of a request in flight came again")                                                   \
    X(TOO_SLOW, 8, true, "nothing whole came in time")                                                                 \
    X(TOO_MANY, 9, false, "a connection may not have more requests in flight")                                         \
    X(TOO_FAST, 10, false, "a connection may not send more requests per second")                                       \
    X(SHARE, 11, false, "this share wasn't agreed on")                                                                 \
    X(BUSY, 12, false, "no more requests may wait")                                                                    \
    X(STOPPING, 13, false, "the server is about to end")                                                               \
    X(CROWDED, 14, true, "all connections that one address may have are taken")

typedef enum dvfo_complaint {
#define DVFO_COMPLAINT_ENUM(name, code, ends, text) DVFO_COMPLAINT_##name = code,
    DVFO_COMPLAINT_LIST(DVFO_COMPLAINT_ENUM)
#undef DVFO_COMPLAINT_ENUM
} dvfo_complaint;

/** What it is about; of a code that we don't know: "unknown complaint". */
const char *dvfo_complaint_text(dvfo_complaint complaint);

/** Is the connection over after it? */
bool dvfo_complaint_ends(dvfo_complaint complaint);

#endif
