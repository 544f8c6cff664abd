#include "bench/live/connection.h"

static uv_handle_t *handle_of(struct dvfo_connection *connection)
{
    return (uv_handle_t *)&connection->socket.tcp;
}

static bool is_closing(struct dvfo_connection *connection)
{
    return uv_is_closing(handle_of(connection)) != 0;
}

/* ---- the end ---- */

static void on_closed(uv_handle_t *handle)
{
    struct dvfo_connection *connection = handle->data;
    dvfo_session_close(&connection->session);
    free(connection);
}

static void unlist(struct dvfo_connection *connection)
{
    struct dvfo_service *service = connection->service;
    if (connection->before != NULL) {
        connection->before->next = connection->next;
    } else {
        service->first = connection->next;
    }
    if (connection->next != NULL) {
        connection->next->before = connection->before;
    }
    service->open--;
}

/* Its jobs go on without an owner. */
void dvfo_connection_drop(struct dvfo_connection *connection)
{
    struct dvfo_service *service = connection->service;
    if (is_closing(connection)) {
        return;
    }
    for (int i = 0; i < service->pool.count; i++) {
        struct dvfo_live_job *job = &service->pool.jobs[i];
        job->owner = job->owner == connection ? NULL : job->owner;
    }
    unlist(connection);
    uv_close(handle_of(connection), on_closed);
}

static void drop_socket(struct dvfo_socket *socket)
{
    dvfo_connection_drop((struct dvfo_connection *)socket);
}

/* What was written before still goes out first. */
static void shut(struct dvfo_connection *connection)
{
    connection->session.state = DVFO_SESSION_IS_OVER;
    if (!is_closing(connection) && !dvfo_socket_shut(&connection->socket)) {
        dvfo_connection_drop(connection);
    }
}

/* ---- what is said beside answers ---- */

static void say(struct dvfo_connection *connection, const uint8_t *bytes, size_t size)
{
    if (!connection->socket.shut && !dvfo_socket_say(&connection->socket, bytes, size)) {
        dvfo_connection_drop(connection);
    }
}

static void take_turn(struct dvfo_connection *connection, const struct dvfo_turn *turn, const uint8_t *said)
{
    struct dvfo_service *service = connection->service;
    if (turn->complaint != DVFO_COMPLAINT_NONE) {
        service->lately.refusals++;
        service->whole.refusals++;
    }
    if (turn->said > 0) {
        say(connection, said, turn->said);
    }
    if (turn->kind == DVFO_TURN_END) {
        shut(connection);
    }
}

void dvfo_connection_complain(struct dvfo_connection *connection, dvfo_complaint complaint, uint64_t id)
{
    uint8_t said[DVFO_SMALL_MOST_BYTE];
    const struct dvfo_turn turn =
        dvfo_session_complain(&connection->session, complaint, id, dvfo_complaint_text(complaint), said);
    take_turn(connection, &turn, said);
}

static void leave_when_done(struct dvfo_connection *connection)
{
    if (connection->leaving && !connection->socket.shut && connection->session.in_flight == 0) {
        uint8_t said[DVFO_SMALL_MOST_BYTE];
        say(connection, said, dvfo_bye_encode(said));
        shut(connection);
    }
}

void dvfo_connection_leave(struct dvfo_connection *connection)
{
    if (connection->leaving || connection->socket.shut) {
        return;
    }
    connection->leaving = true;
    connection->session.state = DVFO_SESSION_IS_OVER;
    leave_when_done(connection);
}

/* ---- requests and answers ---- */

static void ask(struct dvfo_connection *connection, const struct dvfo_turn *turn, uint64_t now_ns)
{
    struct dvfo_service *service = connection->service;
    struct dvfo_live_job *job = dvfo_live_job_take(&service->pool, &service->terms.map, &turn->frame);
    if (job == NULL) {
        dvfo_session_settle(&connection->session, turn->id, now_ns);
        dvfo_connection_complain(connection, DVFO_COMPLAINT_BUSY, turn->id);
        return;
    }
    job->owner = connection;
    job->arrived_ns = now_ns;
    dvfo_batcher_put(service->batcher, job);
}

static void settle(struct dvfo_connection *connection, struct dvfo_live_job *job)
{
    struct dvfo_service *service = connection->service;
    dvfo_session_settle(&connection->session, job->id, uv_hrtime());
    dvfo_live_job_give_back(&service->pool, job);
    leave_when_done(connection);
}

static void on_answered(uv_write_t *write, int status)
{
    struct dvfo_live_job *job = write->data;
    struct dvfo_connection *connection = write->handle->data;
    if (status == UV_ECANCELED) { /* the connection is closing, and knows */
        dvfo_live_job_give_back(&connection->service->pool, job);
        return;
    }
    dvfo_socket_went_through(&connection->socket);
    settle(connection, job);
}

static void count_answer(struct dvfo_service *service, const struct dvfo_live_job *job, unsigned batch)
{
    const double latency_s = 1e-9 * (double)(uv_hrtime() - job->arrived_ns);
    dvfo_served_answer(&service->lately, batch, latency_s);
    dvfo_served_answer(&service->whole, batch, latency_s);
}

void dvfo_connection_answer(void *user, struct dvfo_live_job *job, const struct dvfo_answer *timing,
                            const float *logits, long step)
{
    struct dvfo_service *service = user;
    struct dvfo_connection *connection = job->owner;
    if (connection == NULL) {
        dvfo_live_job_give_back(&service->pool, job);
        return;
    }
    if (connection->socket.shut) { /* it complained of something else meanwhile */
        settle(connection, job);
        return;
    }
    const size_t size = dvfo_answer_encode(timing, job->id, logits, step, job->answer);
    count_answer(service, job, timing->batch);
    const size_t taken = dvfo_socket_try(&connection->socket, job->answer, size);
    if (taken == size) {
        settle(connection, job);
        return;
    }
    job->write.data = job;
    if (!dvfo_socket_write_later(&connection->socket, &job->write, job->answer + taken, size - taken, on_answered)) {
        dvfo_connection_drop(connection);
        dvfo_live_job_give_back(&service->pool, job);
    }
}

void dvfo_connection_refuse(struct dvfo_service *service, struct dvfo_live_job *job, dvfo_complaint complaint)
{
    struct dvfo_connection *connection = job->owner;
    if (connection == NULL) {
        dvfo_live_job_give_back(&service->pool, job);
        return;
    }
    dvfo_connection_complain(connection, complaint, job->id);
    if (job->owner != NULL) { /* it wasn't dropped meanwhile */
        settle(connection, job);
    } else {
        dvfo_live_job_give_back(&service->pool, job);
    }
}

/* ---- reading ---- */

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct dvfo_connection *connection = handle->data;
    size_t room;
    (void)suggested;
    uint8_t *at = dvfo_session_room(&connection->session, &room);
    *buffer = uv_buf_init((char *)at, (unsigned)room);
}

static void hear_out(struct dvfo_connection *connection)
{
    struct dvfo_socket *socket = &connection->socket;
    socket->heard_out = true;
    uv_read_stop((uv_stream_t *)&socket->tcp);
    if (socket->shut && socket->unwritten == 0) {
        dvfo_connection_drop(connection);
    } else {
        dvfo_connection_leave(connection);
    }
}

static void take_turns(struct dvfo_connection *connection)
{
    uint8_t said[DVFO_SMALL_MOST_BYTE];
    struct dvfo_turn turn;
    do {
        const uint64_t now_ns = uv_hrtime();
        turn = dvfo_session_next(&connection->session, now_ns, said);
        take_turn(connection, &turn, said);
        if (turn.kind == DVFO_TURN_ASK) {
            ask(connection, &turn, now_ns);
        } else if (turn.kind == DVFO_TURN_LEAVE) {
            dvfo_connection_leave(connection);
        }
    } while (turn.kind != DVFO_TURN_WAIT && !is_closing(connection));
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct dvfo_connection *connection = stream->data;
    (void)buffer;
    if (count > 0) {
        dvfo_session_filled(&connection->session, (size_t)count);
        take_turns(connection);
    } else if (count == UV_EOF) {
        hear_out(connection);
    } else if (count < 0) {
        dvfo_connection_drop(connection);
    }
}

/* ---- from the beginning ---- */

/* One that is gone already is nobody's in particular. */
static struct dvfo_address_owner owner_of(const uv_tcp_t *tcp)
{
    struct sockaddr_storage address = {.ss_family = AF_INET};
    int size = (int)sizeof address;
    return uv_tcp_getpeername(tcp, (struct sockaddr *)&address, &size) == 0 ? dvfo_address_owner(&address)
                                                                            : (struct dvfo_address_owner){{0}};
}

bool dvfo_connection_open(struct dvfo_connection *connection, struct dvfo_service *service)
{
    struct dvfo_ctx ctx = {0};
    uv_tcp_t *tcp = &connection->socket.tcp;
    connection->service = service;
    connection->socket.heard_out_and_shut = drop_socket;
    uv_tcp_init(service->loop, tcp);
    tcp->data = connection;
    if (uv_accept(service->listener, (uv_stream_t *)tcp) != 0 ||
        dvfo_session_open(&ctx, &service->terms, uv_hrtime(), &connection->session) != DVFO_OK) {
        return false;
    }
    connection->owner = owner_of(tcp);
    uv_tcp_nodelay(tcp, 1);
    return uv_read_start((uv_stream_t *)tcp, on_room, on_read) == 0;
}

void dvfo_connection_look_after(struct dvfo_connection *connection, uint64_t now_ns)
{
    if (dvfo_socket_is_done(&connection->socket, now_ns, connection->service->terms.idle_ns)) {
        dvfo_connection_drop(connection);
    } else if (!connection->socket.shut && dvfo_session_is_late(&connection->session, now_ns)) {
        dvfo_connection_complain(connection, DVFO_COMPLAINT_TOO_SLOW, 0);
    }
}
