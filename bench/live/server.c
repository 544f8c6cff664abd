#include "bench/live/server.h"

#include <inttypes.h>
#include <sys/resource.h>

#include "bench/live/address.h"
#include "bench/live/connection.h"
#include "bench/live/connections.h"

enum { BACKLOG = 511, OTHER_FILES = 64, STOPPING_LOOK_MS = 5, TEXT_BYTE = 256, SIGNALS = 3 };

static const int signals[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

struct dvfo_server {
    struct dvfo_server_def def;
    struct dvfo_service service;
    char address[DVFO_ADDRESS_TEXT];
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_async_t told; /* to stop, by another thread */
    uv_signal_t signal[SIGNALS];
    uv_timer_t look, metrics;
    bool stopping;
    uint64_t stops_ns; /* when what isn't done is given up */
    uint64_t given_up; /* requests */
};

struct dvfo_server_def dvfo_server_def_default(void)
{
    return (struct dvfo_server_def){.listen = "127.0.0.1:7433", .metrics_s = 10.0, .limits = dvfo_limits_default()};
}

const char *dvfo_server_address(const struct dvfo_server *server)
{
    return server->address;
}

/* ---- the end ---- */

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

static void close_signals(struct dvfo_server *server)
{
    for (int i = 0; i < SIGNALS; i++) {
        close_handle((uv_handle_t *)&server->signal[i]);
    }
}

static void close_timers(struct dvfo_server *server)
{
    close_handle((uv_handle_t *)&server->look);
    close_handle((uv_handle_t *)&server->metrics);
    close_handle((uv_handle_t *)&server->told);
    dvfo_service_close(&server->service);
}

/* From here on a second signal finds its default action: it ends the process. */
static void begin_to_stop(struct dvfo_server *server)
{
    if (server->stopping) {
        return;
    }
    server->stopping = true;
    server->stops_ns = uv_hrtime() + (uint64_t)(server->def.limits.stop_s * 1e9);
    close_handle((uv_handle_t *)&server->listener);
    close_signals(server);
    dvfo_connections_leave(&server->service);
    dvfo_batcher_hurry(server->service.batcher);
    uv_timer_set_repeat(&server->look, STOPPING_LOOK_MS);
    uv_timer_again(&server->look);
}

/* Time is over: what waits is refused; the batch at hand is short and still answered. */
static void give_up(struct dvfo_server *server)
{
    struct dvfo_live_job *job;
    while ((job = dvfo_batcher_take_back(server->service.batcher)) != NULL) {
        server->given_up++;
        dvfo_connection_refuse(&server->service, job, DVFO_COMPLAINT_STOPPING);
    }
    if (!dvfo_batcher_is_busy(server->service.batcher)) {
        dvfo_connections_abandon(&server->service);
    }
}

static void go_on_stopping(struct dvfo_server *server)
{
    struct dvfo_service *service = &server->service;
    if (uv_hrtime() >= server->stops_ns) {
        give_up(server);
    }
    if (service->open == 0 && service->pool.taken == 0) {
        close_timers(server);
    }
}

/* ---- what the loop calls ---- */

static void on_connection(uv_stream_t *listener, int status)
{
    struct dvfo_server *server = listener->data;
    if (status == 0) {
        dvfo_connections_accept(&server->service);
    }
}

static void on_told(uv_async_t *told)
{
    begin_to_stop(told->data);
}

static void on_signal(uv_signal_t *signal, int number)
{
    (void)number;
    begin_to_stop(signal->data);
}

static void on_look(uv_timer_t *timer)
{
    struct dvfo_server *server = timer->data;
    dvfo_connections_look_after(&server->service);
    if (server->stopping) {
        go_on_stopping(server);
    }
}

static void on_metrics(uv_timer_t *timer)
{
    struct dvfo_server *server = timer->data;
    struct dvfo_service *service = &server->service;
    char text[TEXT_BYTE];
    dvfo_served_text(&service->lately, (uint64_t)service->open, text, sizeof text);
    fprintf(stderr, "%s\n", text);
    dvfo_served_clear(&service->lately);
}

/* ---- the beginning ---- */

static dvfo_status fail_uv(struct dvfo_ctx *ctx, dvfo_status status, const char *what, int error)
{
    return dvfo_fail(ctx, status, "%s: %s", what, uv_strerror(error));
}

/* A connection is an open file, of which a process has only so many. */
static dvfo_status make_room_for_files(struct dvfo_ctx *ctx, long connections)
{
    struct rlimit files;
    const rlim_t needed = (rlim_t)connections + OTHER_FILES;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= needed) {
        return DVFO_OK;
    }
    if (files.rlim_max < needed) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT, "%ld connections need %llu open files, expected at most %llu (ulimit -n)",
                         connections, (unsigned long long)needed, (unsigned long long)files.rlim_max);
    }
    files.rlim_cur = needed;
    (void)setrlimit(RLIMIT_NOFILE, &files);
    return DVFO_OK;
}

static dvfo_status listen_on(struct dvfo_ctx *ctx, struct dvfo_server *server)
{
    struct sockaddr_storage address;
    int size = (int)sizeof address;
    DVFO_TRY(dvfo_address_parse(ctx, server->def.listen, &address));
    if (server->def.key == NULL && !server->def.insecure && !dvfo_address_is_loopback(&address)) {
        return dvfo_fail(ctx, DVFO_BAD_INPUT,
                         "%s is reached from other machines, expected a key for that (or --insecure to serve everyone)",
                         server->def.listen);
    }
    int error = uv_tcp_bind(&server->listener, (const struct sockaddr *)&address, 0);
    error = error == 0 ? uv_listen((uv_stream_t *)&server->listener, BACKLOG, on_connection) : error;
    error = error == 0 ? uv_tcp_getsockname(&server->listener, (struct sockaddr *)&address, &size) : error;
    if (error != 0) {
        return fail_uv(ctx, DVFO_BAD_INPUT, server->def.listen, error);
    }
    dvfo_address_text(&address, server->address);
    return DVFO_OK;
}

/* Often enough that what is late is told so a quarter of its time later at most. */
static uint64_t look_ms(const struct dvfo_limits *limits)
{
    const double shortest_s = limits->handshake_s < limits->idle_s ? limits->handshake_s : limits->idle_s;
    const double ms = 1e3 * shortest_s / 4.0;
    return ms < 5.0 ? 5 : ms > 250.0 ? 250 : (uint64_t)ms;
}

static void start_clocks(struct dvfo_server *server)
{
    const uint64_t every_ms = look_ms(&server->def.limits), metrics_ms = (uint64_t)(server->def.metrics_s * 1e3);
    uv_timer_start(&server->look, on_look, every_ms, every_ms);
    if (server->def.metrics_s > 0.0) {
        uv_timer_start(&server->metrics, on_metrics, metrics_ms, metrics_ms);
    }
    for (int i = 0; i < SIGNALS && server->def.catch_signals; i++) {
        struct sigaction now;
        const bool ignored = sigaction(signals[i], NULL, &now) == 0 && now.sa_handler == SIG_IGN;
        if (!ignored || signals[i] != SIGHUP) { /* nohup means it */
            uv_signal_start(&server->signal[i], on_signal, signals[i]);
        }
    }
}

/* The handles, so that from now on all of them can be closed. */
static dvfo_status make_handles(struct dvfo_ctx *ctx, struct dvfo_server *server)
{
    int error = uv_loop_init(&server->loop);
    if (error != 0) {
        return fail_uv(ctx, DVFO_FAILED, "no event loop", error);
    }
    error = uv_async_init(&server->loop, &server->told, on_told);
    if (error != 0) {
        uv_loop_close(&server->loop);
        return fail_uv(ctx, DVFO_FAILED, "no event loop", error);
    }
    uv_tcp_init(&server->loop, &server->listener);
    uv_timer_init(&server->loop, &server->look);
    uv_timer_init(&server->loop, &server->metrics);
    for (int i = 0; i < SIGNALS; i++) {
        uv_signal_init(&server->loop, &server->signal[i]);
        server->signal[i].data = server;
    }
    server->service.loop = &server->loop;
    server->service.listener = (uv_stream_t *)&server->listener;
    server->listener.data = server->told.data = server->look.data = server->metrics.data = server;
    return DVFO_OK;
}

dvfo_status dvfo_server_create(struct dvfo_ctx *ctx, const struct dvfo_server_def *def, struct dvfo_server **out)
{
    *out = NULL;
    DVFO_TRY(dvfo_fields_check(ctx, "the server", dvfo_limits_fields, &def->limits));
    DVFO_TRY(make_room_for_files(ctx, def->limits.connections));
    struct dvfo_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return dvfo_fail_no_memory(ctx);
    }
    server->def = *def;
    dvfo_status status = make_handles(ctx, server);
    if (status != DVFO_OK) {
        free(server);
        return status;
    }
    status = dvfo_service_open(ctx, def->network_file, &def->limits, def->key, &server->service);
    status = status == DVFO_OK ? listen_on(ctx, server) : status;
    if (status != DVFO_OK) {
        dvfo_server_free(server);
        return status;
    }
    start_clocks(server);
    *out = server;
    return DVFO_OK;
}

dvfo_status dvfo_server_run(struct dvfo_ctx *ctx, struct dvfo_server *server)
{
    char text[TEXT_BYTE];
    uv_run(&server->loop, UV_RUN_DEFAULT);
    dvfo_served_text(&server->service.whole, server->service.whole.connections, text, sizeof text);
    return dvfo_fail(ctx, DVFO_INTERRUPTED, "interrupted after %s; %" PRIu64 " were given up", text, server->given_up);
}

void dvfo_server_stop(struct dvfo_server *server)
{
    uv_async_send(&server->told);
}

void dvfo_server_free(struct dvfo_server *server)
{
    if (server != NULL) {
        close_timers(server);
        close_handle((uv_handle_t *)&server->listener);
        close_signals(server);
        uv_run(&server->loop, UV_RUN_DEFAULT); /* the handles' last words */
        uv_loop_close(&server->loop);
        dvfo_service_free(&server->service);
        free(server);
    }
}
