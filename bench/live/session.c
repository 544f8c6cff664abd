#include "bench/live/session.h"

#include <string.h>

dvfo_status dvfo_session_open(struct dvfo_ctx *ctx, const struct dvfo_session_terms *terms, uint64_t now_ns,
                              struct dvfo_session *session)
{
    DVFO_REQUIRE(terms->in_flight >= 1 && terms->in_flight <= DVFO_SESSION_MOST_IN_FLIGHT);
    memset(session, 0, sizeof *session);
    DVFO_TRY(dvfo_nonce_draw(ctx, session->cloud_nonce));
    session->terms = terms;
    session->heard_ns = session->tokens_ns = now_ns;
    session->tokens = terms->requests_per_s > 1.0 ? terms->requests_per_s : 1.0;
    session->in = malloc(DVFO_PROTOCOL_HEADER_BYTE + terms->most_payload);
    return session->in != NULL ? DVFO_OK : dvfo_fail_no_memory(ctx);
}

void dvfo_session_close(struct dvfo_session *session)
{
    free(session->in);
    session->in = NULL;
}

uint8_t *dvfo_session_room(struct dvfo_session *session, size_t *room)
{
    *room = DVFO_PROTOCOL_HEADER_BYTE + session->terms->most_payload - session->end;
    return session->in + session->end;
}

void dvfo_session_filled(struct dvfo_session *session, size_t bytes)
{
    session->end += bytes;
}

/* ---- what is said ---- */

struct dvfo_turn dvfo_session_complain(struct dvfo_session *session, dvfo_complaint complaint, uint64_t id,
                                       const char *sentence, uint8_t *say)
{
    const bool ends = dvfo_complaint_ends(complaint);
    session->state = ends ? DVFO_SESSION_IS_OVER : session->state;
    return (struct dvfo_turn){.kind = ends ? DVFO_TURN_END : DVFO_TURN_SAY,
                              .complaint = complaint,
                              .said = dvfo_error_encode(complaint, id, sentence, say),
                              .id = id};
}

static struct dvfo_turn complain(struct dvfo_session *session, dvfo_complaint complaint, uint64_t id, uint8_t *say)
{
    return dvfo_session_complain(session, complaint, id, dvfo_complaint_text(complaint), say);
}

static struct dvfo_turn say_turn(size_t said)
{
    return (struct dvfo_turn){.kind = DVFO_TURN_SAY, .said = said};
}

/* ---- the handshake ---- */

static struct dvfo_turn greet(struct dvfo_session *session, const struct dvfo_live_frame *frame, uint8_t *say)
{
    const struct dvfo_session_terms *terms = session->terms;
    struct dvfo_ctx ctx = {0};
    struct dvfo_hello hello;
    if (dvfo_hello_decode(&ctx, frame, &hello) != DVFO_OK) {
        return dvfo_session_complain(session, DVFO_COMPLAINT_MALFORMED, 0, ctx.message, say);
    }
    memcpy(session->device_nonce, hello.nonce, DVFO_NONCE_BYTE);
    session->shares = hello.shares;
    session->state = terms->key != NULL ? DVFO_SESSION_PROVES : DVFO_SESSION_SERVES;
    struct dvfo_welcome welcome = {.shares = hello.shares,
                                   .wants_proof = terms->key != NULL,
                                   .in_flight = (unsigned)terms->in_flight,
                                   .map = terms->map};
    memcpy(welcome.nonce, session->cloud_nonce, DVFO_NONCE_BYTE);
    memcpy(welcome.fingerprint, terms->fingerprint, DVFO_FINGERPRINT_BYTE);
    return say_turn(dvfo_welcome_encode(&welcome, say));
}

static struct dvfo_turn hear_proof(struct dvfo_session *session, const struct dvfo_live_frame *frame, uint8_t *say)
{
    const struct dvfo_key *key = session->terms->key;
    struct dvfo_ctx ctx = {0};
    struct dvfo_proof proof;
    if (dvfo_proof_decode(&ctx, frame, &proof) != DVFO_OK) {
        return dvfo_session_complain(session, DVFO_COMPLAINT_MALFORMED, 0, ctx.message, say);
    }
    const struct dvfo_proof expected =
        dvfo_key_proof(key, DVFO_SIDE_DEVICE, session->device_nonce, session->cloud_nonce);
    if (!dvfo_proof_equals(&proof, &expected)) {
        return complain(session, DVFO_COMPLAINT_KEY, 0, say);
    }
    const struct dvfo_proof ours = dvfo_key_proof(key, DVFO_SIDE_CLOUD, session->device_nonce, session->cloud_nonce);
    session->state = DVFO_SESSION_SERVES;
    return say_turn(dvfo_proof_encode(&ours, say));
}

/* ---- requests ---- */

/* A bucket that fills by requests_per_s and holds one second's worth, at least one request. */
static bool takes_token(struct dvfo_session *session, uint64_t now_ns)
{
    const double rate = session->terms->requests_per_s, most = rate > 1.0 ? rate : 1.0;
    const double filled = session->tokens + rate * 1e-9 * (double)(now_ns - session->tokens_ns);
    session->tokens = filled < most ? filled : most;
    session->tokens_ns = now_ns;
    if (session->tokens < 1.0) {
        return false;
    }
    session->tokens -= 1.0;
    return true;
}

static bool is_in_flight(const struct dvfo_session *session, uint64_t id)
{
    for (int i = 0; i < session->in_flight; i++) {
        if (session->id[i] == id) {
            return true;
        }
    }
    return false;
}

static struct dvfo_turn ask(struct dvfo_session *session, const struct dvfo_live_frame *frame, uint64_t now_ns,
                            uint8_t *say)
{
    struct dvfo_turn turn = {.kind = DVFO_TURN_ASK, .id = frame->id, .frame = *frame};
    struct dvfo_ctx ctx = {0};
    if (dvfo_live_request_decode(&ctx, frame, &session->terms->map, &turn.request) != DVFO_OK) {
        return dvfo_session_complain(session, DVFO_COMPLAINT_MALFORMED, frame->id, ctx.message, say);
    }
    if (is_in_flight(session, frame->id)) {
        return complain(session, DVFO_COMPLAINT_REPEATED, frame->id, say);
    }
    if ((session->shares >> (turn.request.share_tenths - 1) & 1) == 0) {
        return complain(session, DVFO_COMPLAINT_SHARE, frame->id, say);
    }
    if (session->in_flight == session->terms->in_flight) {
        return complain(session, DVFO_COMPLAINT_TOO_MANY, frame->id, say);
    }
    if (!takes_token(session, now_ns)) {
        return complain(session, DVFO_COMPLAINT_TOO_FAST, frame->id, say);
    }
    session->id[session->in_flight++] = frame->id;
    return turn;
}

void dvfo_session_settle(struct dvfo_session *session, uint64_t id, uint64_t now_ns)
{
    session->heard_ns = now_ns;
    for (int i = 0; i < session->in_flight; i++) {
        if (session->id[i] == id) {
            session->id[i] = session->id[--session->in_flight];
            return;
        }
    }
}

/* ---- turns ---- */

static struct dvfo_turn answer_frame(struct dvfo_session *session, const struct dvfo_live_frame *frame, uint64_t now_ns,
                                     uint8_t *say)
{
    static const dvfo_message due[] = {[DVFO_SESSION_GREETS] = DVFO_MESSAGE_HELLO,
                                       [DVFO_SESSION_PROVES] = DVFO_MESSAGE_PROOF,
                                       [DVFO_SESSION_SERVES] = DVFO_MESSAGE_REQUEST};
    if (frame->type == DVFO_MESSAGE_BYE && frame->size == 0) {
        session->state = DVFO_SESSION_IS_OVER;
        return (struct dvfo_turn){.kind = DVFO_TURN_LEAVE};
    }
    if (frame->type != due[session->state]) {
        char sentence[DVFO_ERROR_MOST_BYTE];
        snprintf(sentence, sizeof sentence, "a %s came, expected a %s", dvfo_message_name(frame->type),
                 dvfo_message_name(due[session->state]));
        return dvfo_session_complain(session, DVFO_COMPLAINT_UNEXPECTED, frame->id, sentence, say);
    }
    return session->state == DVFO_SESSION_GREETS   ? greet(session, frame, say)
           : session->state == DVFO_SESSION_PROVES ? hear_proof(session, frame, say)
                                                   : ask(session, frame, now_ns, say);
}

/* Until a stranger has proved itself it may send no more than a handshake takes. */
static size_t most_payload(const struct dvfo_session *session)
{
    const size_t handshake = DVFO_SMALL_MOST_BYTE, most = session->terms->most_payload;
    return session->state == DVFO_SESSION_SERVES || most < handshake ? most : handshake;
}

/* What is left moves to the front: whatever fits the limits then has room. */
static void make_room(struct dvfo_session *session)
{
    memmove(session->in, session->in + session->begin, session->end - session->begin);
    session->end -= session->begin;
    session->begin = 0;
}

struct dvfo_turn dvfo_session_next(struct dvfo_session *session, uint64_t now_ns, uint8_t *say)
{
    struct dvfo_ctx ctx = {0};
    struct dvfo_live_frame frame;
    dvfo_complaint complaint;
    if (session->state == DVFO_SESSION_IS_OVER) {
        session->begin = session->end = 0; /* what still comes is nobody's */
        return (struct dvfo_turn){.kind = DVFO_TURN_WAIT};
    }
    if (dvfo_live_frame_decode(&ctx, session->in + session->begin, session->end - session->begin, most_payload(session),
                               &frame, &complaint) != DVFO_OK) {
        return dvfo_session_complain(session, complaint, 0, ctx.message, say);
    }
    if (frame.bytes == 0) {
        make_room(session);
        return (struct dvfo_turn){.kind = DVFO_TURN_WAIT};
    }
    session->begin += frame.bytes;
    const bool greeting = session->state != DVFO_SESSION_SERVES;
    const struct dvfo_turn turn = answer_frame(session, &frame, now_ns, say);
    if (!greeting || session->state == DVFO_SESSION_SERVES) {
        session->heard_ns = now_ns; /* a handshake is timed as a whole */
    }
    return turn;
}

bool dvfo_session_is_late(const struct dvfo_session *session, uint64_t now_ns)
{
    const bool greeting = session->state == DVFO_SESSION_GREETS || session->state == DVFO_SESSION_PROVES;
    const uint64_t patience_ns = greeting ? session->terms->handshake_ns : session->terms->idle_ns;
    return session->in_flight == 0 && now_ns - session->heard_ns > patience_ns;
}
