#include "pipeline/net/conn.h"

#include "pipeline/base/alloc.h"
#include "pipeline/net/names.h"

#define TICK_MS 1000
#define NAME_PATIENCE_MS                                                                           \
    2000 /* then a connection is read from, and its peer's name is its address */
#define KEEP_ALIVE_S 60
#define CLOSING_TICK_MS 50
#define CLOSING_MS 2000 /* at a stop, a connection on which bytes keep coming is read for so long */
#define LOG_INTERVAL_MS 10000

static void on_tick(uv_timer_t *timer);

void chute_conns_init(struct chute_conns *conns) {
    uv_timer_init(conns->loop, &conns->timer);
    conns->timer.data = conns;
}

struct chute_conn *chute_conn_create(struct chute_conns *conns) {
    struct chute_conn *conn = chute_calloc(1, sizeof(*conn));
    conn->conns = conns;
    uv_tcp_init(conns->loop, &conn->tcp);
    conn->tcp.data = conn;
    return conn;
}

/* ------------------------------------------------------------------ the end */

static void on_timer_closed(uv_handle_t *handle) {
    struct chute_conns *conns = handle->data;
    conns->on_closed(conns->on_closed_arg);
}

static void finish_if_empty(struct chute_conns *conns) {
    if (conns->count > 0) {
        return;
    }
    uv_timer_stop(&conns->timer);
    if (conns->is_closing && !uv_is_closing((uv_handle_t *)&conns->timer)) {
        uv_close((uv_handle_t *)&conns->timer, on_timer_closed);
    }
}

static void on_conn_closed(uv_handle_t *handle) {
    struct chute_conn *conn = handle->data;
    chute_buf_finish(&conn->header);
    chute_buf_finish(&conn->rest.bytes);
    chute_free(conn->name);
    chute_free(conn);
}

static void leave(struct chute_conn *conn) {
    struct chute_conns *conns = conn->conns;
    if (conn->previous == NULL && conns->first != conn) {
        return; /* it was never in use */
    }
    *(conn->previous == NULL ? &conns->first : &conn->previous->next) = conn->next;
    if (conn->next != NULL) {
        conn->next->previous = conn->previous;
    }
    conns->count--;
    finish_if_empty(conns);
}

void chute_conn_close(struct chute_conn *conn, int error) {
    if (conn->is_closing) {
        return;
    }
    conn->is_closing = true;
    if (!conn->is_named && conn->conns->names != NULL) {
        chute_names_forget(conn->conns->names, conn);
    }
    if (conn->is_open) {
        conn->conns->events->on_end(conn, error);
    }
    uv_close((uv_handle_t *)&conn->tcp, on_conn_closed);
    if (conn->conns->spare != NULL) {
        chute_spare_fill(conn->conns->spare); /* before anybody else takes its descriptor */
    }
    leave(conn);
}

/* ------------------------------------------------------------------ reading */

void chute_conn_shut(struct chute_conn *conn) {
    if (!conn->is_shut && !conn->is_closing && uv_is_writable((uv_stream_t *)&conn->tcp)) {
        conn->is_shut = uv_shutdown(&conn->goodbye, (uv_stream_t *)&conn->tcp, NULL) == 0;
    }
}

/* A client that sees our end stops sending, and what it sent before still comes. One that is closed on while it sends
 * would lose what is on its way. */
static void say_goodbye(struct chute_conn *conn) {
    if (conn->is_open) {
        chute_conn_shut(conn);
    }
}

static void open_conn(struct chute_conn *conn) {
    conn->is_open = true;
    conn->conns->events->on_open(conn);
    chute_buf_finish(&conn->rest.bytes);
    conn->rest = (struct chute_conn_rest){ 0 };
}

/* Says why, but not for each of a thousand connections, and ends it. */
static void refuse(struct chute_conn *conn, struct chute_log_limiter *limiter, const char *why) {
    uint64_t suppressed;
    if (chute_log_limit(limiter, LOG_INTERVAL_MS, &suppressed)) {
        char more[24];
        snprintf(more, sizeof(more), "%llu", (unsigned long long)suppressed);
        chute_log(CHUTE_LOG_WARN, conn->conns->module, why, "peer", conn->peer.ip, "more",
            suppressed > 0 ? more : NULL, NULL);
    }
    chute_conn_close(conn, UV_EPROTO);
}

static bool is_tls_hello(const char *bytes, size_t len) {
    return len >= 3 && bytes[0] == 0x16 && bytes[1] == 0x03 && (unsigned char)bytes[2] <= 0x04;
}

/* The first bytes of a peer. False if it was refused. */
static bool begin(struct chute_conn *conn, const char *bytes, size_t len) {
    if (is_tls_hello(bytes, len)) {
        refuse(conn, &conn->conns->tls_limiter,
            "a TLS client on a port without TLS: connection closed");
        return false;
    }
    open_conn(conn);
    if (conn->conns->is_closing) {
        say_goodbye(conn); /* it was accepted at the last moment */
    }
    return true;
}

static void read_header(struct chute_conn *conn, size_t len) {
    conn->header.len += len;
    struct chute_str bytes = chute_buf_str(&conn->header);
    int taken = chute_proxy_parse(bytes, &conn->proxy);
    if (taken < 0) {
        refuse(conn, &conn->conns->proxy_limiter, "no PROXY protocol header: connection closed");
        return;
    }
    if (taken == 0) {
        return;
    }
    struct chute_buf header = conn->header;
    conn->header = (struct chute_buf){ 0 };
    struct chute_str rest = { bytes.at + taken, bytes.len - (size_t)taken };
    if (begin(conn, rest.at, rest.len) && rest.len > 0) {
        conn->conns->events->on_bytes(conn, rest);
    }
    chute_buf_finish(&header);
}

static bool is_in_header(const struct chute_conn *conn) {
    return conn->has_proxy && !conn->is_open;
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
    (void)suggested;
    struct chute_conn *conn = handle->data;
    size_t size = CHUTE_PROXY_MAX;
    buf->base = conn->is_open ? conn->conns->events->on_room(conn, &size)
                              : chute_buf_reserve(&conn->header, size);
    buf->len = size;
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf) {
    struct chute_conn *conn = stream->data;
    if (count == 0) {
        return;
    }
    if (count < 0) {
        chute_conn_close(conn, count == UV_EOF ? 0 : (int)count);
        return;
    }
    conn->last_ms = uv_now(conn->conns->loop);
    conn->is_quiet = false;
    if (conn->is_open) {
        conn->conns->events->on_read(conn, (size_t)count);
    } else if (is_in_header(conn)) {
        read_header(conn, (size_t)count);
    } else {
        struct chute_buf first = conn->header;
        conn->header = (struct chute_buf){ 0 };
        if (begin(conn, buf->base, (size_t)count)) {
            conn->conns->events->on_bytes(conn, (struct chute_str){ buf->base, (size_t)count });
        }
        chute_buf_finish(&first);
    }
}

static void start_reading(struct chute_conn *conn) {
    bool may_read = conn->is_named && !conn->is_held && !conn->conns->is_paused;
    if (may_read && !conn->is_reading && !conn->is_closing) {
        conn->is_reading = true;
        conn->last_ms = uv_now(conn->conns->loop);
        uv_read_start((uv_stream_t *)&conn->tcp, on_room, on_read);
    }
}

static void start_ticking(struct chute_conns *conns) {
    if (conns->count > 0 && !uv_is_active((uv_handle_t *)&conns->timer)) {
        uv_timer_start(&conns->timer, on_tick, TICK_MS, TICK_MS);
    }
}

static void on_name(void *asker, const char *name) {
    struct chute_conn *conn = asker;
    conn->name = chute_strdup(name);
    conn->is_named = true;
    start_reading(conn);
}

void chute_conn_use(struct chute_conn *conn) {
    struct chute_conns *conns = conn->conns;
    struct sockaddr_storage address = { 0 };
    int len = sizeof(address);
    uv_tcp_getpeername(&conn->tcp, (struct sockaddr *)&address, &len);
    conn->peer = chute_address_of((struct sockaddr *)&address);
    if (conns->has_keep_alive) {
        uv_tcp_keepalive(&conn->tcp, 1, KEEP_ALIVE_S);
    }
    conn->has_proxy = conns->has_proxy;
    conn->next = conns->first;
    if (conn->next != NULL) {
        conn->next->previous = conn;
    }
    conns->first = conn;
    conns->count++;
    start_ticking(conns);
    if (conns->names == NULL || conns->has_proxy) {
        conn->is_named = true;
        start_reading(conn);
    } else {
        conn->waits_since_ms = uv_now(conns->loop);
        chute_names_ask(conns->names, (struct sockaddr *)&address, on_name, conn);
    }
}

/* ------------------------------------------------------------------ the set */

/* Waits no longer for the name of its peer. */
static void give_up_name(struct chute_conn *conn) {
    chute_names_forget(conn->conns->names, conn);
    on_name(conn, conn->peer.ip);
}

static void tick_conn(struct chute_conn *conn, uint64_t now) {
    if (!conn->is_named && now - conn->waits_since_ms >= NAME_PATIENCE_MS) {
        give_up_name(conn);
    }
    uint64_t silent_ms = conn->conns->silent_ms;
    if (silent_ms > 0 && !conn->is_open && conn->is_reading && now - conn->last_ms >= silent_ms) {
        chute_conn_close(conn, UV_ETIMEDOUT);
        return;
    }
    if (conn->is_open && now - conn->last_ms >= TICK_MS) {
        conn->conns->events->on_idle(conn, (long long)(now - conn->last_ms));
    }
}

/* While closing, a connection that had nothing more to give from one tick to the next is ended. Between them the loop has
 * looked at it, however busy it was; the time since its last bytes would not tell that. */
static void on_closing_tick(uv_timer_t *timer) {
    struct chute_conns *conns = timer->data;
    uint64_t now = uv_now(conns->loop);
    bool is_late = now >= conns->closes_at_ms;
    struct chute_conn *next;
    for (struct chute_conn *conn = conns->first; conn != NULL; conn = next) {
        next = conn->next;
        if (is_late || (conn->is_reading && conn->is_quiet)) {
            chute_conn_close(conn, 0);
        } else {
            conn->is_quiet = conn->is_reading;
        }
    }
    finish_if_empty(conns);
}

static void on_tick(uv_timer_t *timer) {
    struct chute_conns *conns = timer->data;
    uint64_t now = uv_now(conns->loop);
    struct chute_conn *next;
    for (struct chute_conn *conn = conns->first; conn != NULL; conn = next) {
        next = conn->next;
        tick_conn(conn, now);
    }
}

static void stop_reading(struct chute_conn *conn) {
    if (conn->is_reading) {
        conn->is_reading = false;
        uv_read_stop((uv_stream_t *)&conn->tcp);
    }
}

void chute_conn_hold(struct chute_conn *conn) {
    conn->is_held = true;
    stop_reading(conn);
}

void chute_conn_release(struct chute_conn *conn) {
    if (conn->is_held) {
        conn->is_held = false;
        start_reading(conn);
    }
}

void chute_conns_pause(struct chute_conns *conns) {
    conns->is_paused = true;
    for (struct chute_conn *conn = conns->first; conn != NULL; conn = conn->next) {
        stop_reading(conn);
    }
}

void chute_conns_resume(struct chute_conns *conns) {
    conns->is_paused = false;
    for (struct chute_conn *conn = conns->first; conn != NULL; conn = conn->next) {
        start_reading(conn);
    }
}

void chute_conns_leave(struct chute_conns *conns) {
    chute_conns_pause(conns);
    uv_timer_stop(&conns->timer);
    for (struct chute_conn *conn = conns->first; conn != NULL; conn = conn->next) {
        if (!conn->is_named) {
            give_up_name(conn);
        }
        if (conn->is_open) {
            conns->events->on_leave(conn);
            conn->is_open = false;
            conn->is_left = true;
        }
    }
    conns->owner = NULL;
    conns->names = NULL;
}

void chute_conns_take(struct chute_conns *conns, const struct chute_conns *wanted) {
    conns->events = wanted->events;
    conns->owner = wanted->owner;
    conns->module = wanted->module;
    conns->names = wanted->names;
    conns->has_proxy = wanted->has_proxy;
    conns->has_keep_alive = wanted->has_keep_alive;
    conns->most = wanted->most;
    conns->silent_ms = wanted->silent_ms;
    for (struct chute_conn *conn = conns->first; conn != NULL; conn = conn->next) {
        if (conn->is_left) {
            conn->is_left = false;
            open_conn(conn);
        }
    }
    start_ticking(conns);
    if (!wanted->is_paused) {
        chute_conns_resume(conns);
    }
}

void chute_conns_close(struct chute_conns *conns, void (*on_closed)(void *arg), void *arg) {
    bool is_left = conns->owner == NULL;
    conns->is_closing = true;
    conns->on_closed = on_closed;
    conns->on_closed_arg = arg;
    uv_update_time(conns->loop);
    conns->closes_at_ms = uv_now(conns->loop) + (is_left ? 0 : CLOSING_MS);
    for (struct chute_conn *conn = conns->first; conn != NULL; conn = conn->next) {
        say_goodbye(conn);
    }
    uv_timer_start(&conns->timer, on_closing_tick, CLOSING_TICK_MS, CLOSING_TICK_MS);
    finish_if_empty(conns);
}
