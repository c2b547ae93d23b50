#include "pipeline/net/http_server.h"

#include <http_parser.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/ascii.h"

#define ROOM ((size_t)16 * 1024)
#define MOST_HEADERS 100
#define TICK_MS 500
#define LINGER_MS 2000 /* a client that is refused may finish sending, and read why */

struct header {
    uint32_t name, name_len, value, value_len; /* offsets into the head's bytes */
};

enum state {
    READING,   /* a request, or waiting for one */
    ANSWERING, /* the exchange is the handler's, or its answer is still on its way */
    LINGERING, /* the last answer is out; what comes is thrown away */
};

/* Bytes on their way to the client; lives until libuv has done with them. */
struct writing {
    uv_write_t request;
    struct http_connection *connection; /* NULL: it has ended */
    struct chute_buf bytes;
};

struct http_connection {
    struct chute_http_exchange exchange; /* the first member: an exchange is its connection */
    struct chute_http_server *server;
    struct chute_conn *conn;
    struct http_connection *next, *previous;
    http_parser parser;
    enum state state;
    struct chute_buf head; /* target, names and values */
    uint32_t target_len;
    struct header headers[MOST_HEADERS];
    unsigned header_count;
    bool is_in_value;
    struct chute_buf body;
    struct chute_buf ahead; /* what came behind the request being answered */
    int fault;              /* status to refuse the request with; 0: none */
    bool has_begun;         /* a byte of the request came */
    bool is_whole;
    bool keeps_alive;
    bool is_chunked;
    bool has_no_body; /* of the answer: HEAD and the like */
    bool is_open;     /* the handler has not ended its answer */
    struct chute_buf more_headers;
    struct chute_buf out; /* waits for `writing` to be done */
    struct writing *writing;
    uint64_t since_ms; /* when what is waited for began */
};

static struct http_connection *of(const struct chute_http_exchange *exchange) {
    return (struct http_connection *)exchange;
}

static uint64_t now_of(const struct http_connection *connection) {
    return uv_now(connection->conn->conns->loop);
}

/* ------------------------------------------------------------------ writing */

static void on_sent(struct http_connection *connection);

static void on_written(uv_write_t *request, int status) {
    struct writing *writing = request->data;
    struct http_connection *connection = writing->connection;
    chute_buf_finish(&writing->bytes);
    chute_free(writing);
    if (connection == NULL) {
        return;
    }
    connection->writing = NULL;
    if (status != 0) {
        chute_conn_close(connection->conn, status);
        return;
    }
    on_sent(connection);
}

/* Gives what waits to libuv, unless something is on its way already. */
static void pump(struct http_connection *connection) {
    if (connection->writing != NULL || connection->out.len == 0) {
        return;
    }
    struct writing *writing = chute_calloc(1, sizeof(*writing));
    writing->connection = connection;
    writing->bytes = connection->out;
    writing->request.data = writing;
    connection->out = (struct chute_buf){ 0 };
    connection->writing = writing;
    connection->since_ms = now_of(connection);
    uv_buf_t buf = uv_buf_init(writing->bytes.at, (unsigned)writing->bytes.len);
    int rc =
        uv_write(&writing->request, (uv_stream_t *)&connection->conn->tcp, &buf, 1, on_written);
    if (rc != 0) { /* the connection is gone: its next tick or read says so */
        connection->writing = NULL;
        chute_buf_finish(&writing->bytes);
        chute_free(writing);
    }
}

static size_t waiting(const struct http_connection *connection) {
    return connection->out.len + (connection->writing == NULL ? 0 : connection->writing->bytes.len);
}

/* ------------------------------------------------------------------ answers */

static const char *reason_of(int status) {
    switch (status) {
#define REASON(number, name, text)                                                                 \
    case number:                                                                                   \
        return #text;
        HTTP_STATUS_MAP(REASON)
#undef REASON
    default:
        return "Unknown";
    }
}

static bool has_body(const struct http_connection *connection, int status) {
    return connection->parser.method != HTTP_HEAD && status >= 200 && status != 204 &&
           status != 304;
}

static void add_head(struct http_connection *connection, int status, const char *type) {
    struct chute_buf *out = &connection->out;
    connection->has_no_body = !has_body(connection, status);
    chute_buf_printf(out, "HTTP/1.1 %d %s\r\n", status, reason_of(status));
    if (type != NULL) {
        chute_buf_printf(out, "Content-Type: %s\r\n", type);
    }
    if (!connection->keeps_alive) {
        chute_buf_add_str(out, CHUTE_STR("Connection: close\r\n"));
    } else if (connection->parser.http_minor == 0) {
        chute_buf_add_str(out, CHUTE_STR("Connection: keep-alive\r\n"));
    }
    chute_buf_add_str(out, chute_buf_str(&connection->more_headers));
    connection->more_headers.len = 0;
}

void chute_http_add_header(
    struct chute_http_exchange *exchange, const char *name, const char *value) {
    chute_buf_printf(&of(exchange)->more_headers, "%s: %s\r\n", name, value);
}

void chute_http_answer(
    struct chute_http_exchange *exchange, int status, const char *type, struct chute_str body) {
    struct http_connection *connection = of(exchange);
    chute_assert(connection->is_open);
    add_head(connection, status, type);
    if (status != 204 && status != 304) {
        chute_buf_printf(&connection->out, "Content-Length: %zu\r\n", body.len);
    }
    chute_buf_add_str(&connection->out, CHUTE_STR("\r\n"));
    if (!connection->has_no_body) {
        chute_buf_add_str(&connection->out, body);
    }
    connection->is_open = false;
    pump(connection);
}

void chute_http_begin(struct chute_http_exchange *exchange, int status, const char *type) {
    struct http_connection *connection = of(exchange);
    chute_assert(connection->is_open);
    connection->is_chunked = connection->parser.http_minor > 0;
    connection->keeps_alive &= connection->is_chunked; /* else the end of the connection ends it */
    add_head(connection, status, type);
    if (connection->is_chunked && !connection->has_no_body) {
        chute_buf_add_str(&connection->out, CHUTE_STR("Transfer-Encoding: chunked\r\n"));
    }
    chute_buf_add_str(&connection->out, CHUTE_STR("\r\n"));
    pump(connection);
}

size_t chute_http_send(struct chute_http_exchange *exchange, struct chute_str bytes) {
    struct http_connection *connection = of(exchange);
    chute_assert(connection->is_open);
    if (bytes.len > 0 && !connection->has_no_body) {
        chute_buf_reserve(&connection->out, bytes.len + 2 * sizeof("ffffffffffffffff\r\n"));
        if (connection->is_chunked) {
            chute_buf_printf(&connection->out, "%zx\r\n", bytes.len);
        }
        chute_buf_add_str(&connection->out, bytes);
        if (connection->is_chunked) {
            chute_buf_add_str(&connection->out, CHUTE_STR("\r\n"));
        }
        pump(connection);
    }
    return waiting(connection);
}

void chute_http_end(struct chute_http_exchange *exchange) {
    struct http_connection *connection = of(exchange);
    chute_assert(connection->is_open);
    connection->is_open = false;
    if (connection->is_chunked && !connection->has_no_body) {
        chute_buf_add_str(&connection->out, CHUTE_STR("0\r\n\r\n"));
    }
    if (waiting(connection) == 0) { /* nothing on its way would say that it is over */
        connection->since_ms = now_of(connection);
        connection->keeps_alive = false;
    }
    pump(connection);
}

/* ------------------------------------------------------------------ what a request says */

struct chute_str chute_http_header(const struct chute_http_exchange *exchange, const char *name) {
    const struct http_connection *connection = of(exchange);
    for (unsigned i = 0; i < connection->header_count; i++) {
        const struct header *header = &connection->headers[i];
        struct chute_str there = { connection->head.at + header->name, header->name_len };
        if (chute_str_eq_nocase(there, chute_str_of(name))) {
            return chute_str_trim(
                (struct chute_str){ connection->head.at + header->value, header->value_len });
        }
    }
    return (struct chute_str){ 0 };
}

void chute_http_unescape(struct chute_buf *out, struct chute_str text, bool is_form) {
    for (size_t i = 0; i < text.len; i++) {
        bool is_escape = text.at[i] == '%' && i + 2 < text.len &&
                         chute_hex_value(text.at[i + 1]) >= 0 &&
                         chute_hex_value(text.at[i + 2]) >= 0;
        if (is_escape) {
            chute_buf_add_char(out,
                (char)(chute_hex_value(text.at[i + 1]) * 16 + chute_hex_value(text.at[i + 2])));
            i += 2;
        } else {
            chute_buf_add_char(out, is_form && text.at[i] == '+' ? ' ' : text.at[i]);
        }
    }
}

bool chute_http_parameter(
    const struct chute_http_exchange *exchange, const char *name, struct chute_buf *out) {
    struct chute_str rest = exchange->query;
    while (rest.len > 0) {
        struct chute_str value = chute_str_cut(&rest, '&');
        struct chute_str key = chute_str_cut(&value, '=');
        if (chute_str_eq(key, chute_str_of(name))) {
            chute_http_unescape(out, value, true);
            return true;
        }
    }
    return false;
}

/* Cuts the target into path and query; also one that names scheme and host, as for a proxy. */
static void read_target(struct http_connection *connection) {
    struct chute_http_exchange *exchange = &connection->exchange;
    struct chute_str target = { connection->head.at, connection->target_len };
    struct http_parser_url parts;
    http_parser_url_init(&parts);
    if (target.len > 0 && target.at[0] != '/' && target.at[0] != '*' &&
        http_parser_parse_url(target.at, target.len, 0, &parts) == 0) {
        size_t start =
            (parts.field_set & 1 << UF_PATH) != 0 ? parts.field_data[UF_PATH].off : target.len;
        target.at += start;
        target.len -= start;
    }
    const char *hash = target.len == 0 ? NULL : memchr(target.at, '#', target.len);
    target.len = hash == NULL ? target.len : (size_t)(hash - target.at);
    const char *mark = target.len == 0 ? NULL : memchr(target.at, '?', target.len);
    exchange->path = target;
    exchange->query = (struct chute_str){ target.at, 0 };
    if (mark != NULL) {
        exchange->path.len = (size_t)(mark - target.at);
        exchange->query = (struct chute_str){ mark + 1, target.len - exchange->path.len - 1 };
    }
}

/* ------------------------------------------------------------------ the parser's callbacks */

static struct http_connection *parsed_by(http_parser *parser) {
    return parser->data;
}

/* Ends the parsing; the request is answered with `status`. */
static int refuse(struct http_connection *connection, int status) {
    connection->fault = status;
    return -1;
}

static int on_message_begin(http_parser *parser) {
    struct http_connection *connection = parsed_by(parser);
    connection->has_begun = true;
    connection->since_ms = now_of(connection);
    return 0;
}

static int add_to_head(struct http_connection *connection, const char *at, size_t len) {
    if (connection->head.len + len > connection->server->limits.head_bytes) {
        return refuse(connection, HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    chute_buf_add(&connection->head, at, len);
    return 0;
}

static int on_url(http_parser *parser, const char *at, size_t len) {
    struct http_connection *connection = parsed_by(parser);
    connection->target_len += (uint32_t)len;
    return add_to_head(connection, at, len);
}

static int on_header_field(http_parser *parser, const char *at, size_t len) {
    struct http_connection *connection = parsed_by(parser);
    if (connection->header_count == 0 || connection->is_in_value) {
        if (connection->header_count == MOST_HEADERS) {
            return refuse(connection, HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE);
        }
        uint32_t end = (uint32_t)connection->head.len;
        connection->headers[connection->header_count++] =
            (struct header){ .name = end, .value = end };
        connection->is_in_value = false;
    }
    connection->headers[connection->header_count - 1].name_len += (uint32_t)len;
    return add_to_head(connection, at, len);
}

static int on_header_value(http_parser *parser, const char *at, size_t len) {
    struct http_connection *connection = parsed_by(parser);
    struct header *header = &connection->headers[connection->header_count - 1];
    if (!connection->is_in_value) {
        header->value = (uint32_t)connection->head.len;
        connection->is_in_value = true;
    }
    header->value_len += (uint32_t)len;
    return add_to_head(connection, at, len);
}

static int on_headers_complete(http_parser *parser) {
    struct http_connection *connection = parsed_by(parser);
    bool has_length = (parser->flags & F_CONTENTLENGTH) != 0;
    if (parser->method == HTTP_CONNECT) {
        return refuse(connection, HTTP_STATUS_METHOD_NOT_ALLOWED);
    }
    if (has_length && parser->content_length > connection->server->limits.body_bytes) {
        return refuse(connection, HTTP_STATUS_PAYLOAD_TOO_LARGE);
    }
    if (parser->http_major != 1) {
        return refuse(connection, HTTP_STATUS_HTTP_VERSION_NOT_SUPPORTED);
    }
    parser->upgrade = 0; /* an upgrade may be ignored: the answer is of HTTP/1.1 */
    struct chute_str expect = chute_http_header(&connection->exchange, "Expect");
    bool has_more = (has_length && parser->content_length > 0) || (parser->flags & F_CHUNKED) != 0;
    if (has_more && chute_str_eq_nocase(expect, CHUTE_STR("100-continue"))) {
        chute_buf_add_str(&connection->out, CHUTE_STR("HTTP/1.1 100 Continue\r\n\r\n"));
        pump(connection);
    }
    return 0;
}

static int on_body(http_parser *parser, const char *at, size_t len) {
    struct http_connection *connection = parsed_by(parser);
    if (connection->body.len + len > connection->server->limits.body_bytes) {
        return refuse(connection, HTTP_STATUS_PAYLOAD_TOO_LARGE);
    }
    chute_buf_add(&connection->body, at, len);
    return 0;
}

static int on_message_complete(http_parser *parser) {
    parsed_by(parser)->is_whole = true;
    http_parser_pause(parser, 1); /* the next request has to wait for this one's answer */
    return 0;
}

static const http_parser_settings parser_settings = {
    .on_message_begin = on_message_begin,
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* ------------------------------------------------------------------ requests */

static void begin_reading(struct http_connection *connection) {
    connection->state = READING;
    connection->head.len = 0;
    connection->body.len = 0;
    connection->target_len = 0;
    connection->header_count = 0;
    connection->is_in_value = false;
    connection->has_begun = false;
    connection->is_whole = false;
    connection->is_chunked = false;
    connection->since_ms = now_of(connection);
}

static void hand_over(struct http_connection *connection) {
    struct chute_http_exchange *exchange = &connection->exchange;
    read_target(connection);
    exchange->method = http_method_str((enum http_method)connection->parser.method);
    exchange->body = chute_buf_str(&connection->body);
    exchange->peer = connection->conn->peer.ip;
    connection->keeps_alive = http_should_keep_alive(&connection->parser) != 0;
    connection->state = ANSWERING;
    connection->is_open = true;
    connection->server->on_request(connection->server->owner, exchange);
}

/* Answers what cannot be handed over, and ends the connection after it. */
static void answer_fault(struct http_connection *connection, int status) {
    struct chute_buf body = { 0 };
    chute_buf_printf(&body, "%d %s\n", status, reason_of(status));
    connection->keeps_alive = false;
    connection->state = ANSWERING;
    connection->is_open = true;
    chute_http_answer(&connection->exchange, status, "text/plain", chute_buf_str(&body));
    chute_buf_finish(&body);
}

/* Reads from `bytes` what belongs to the request; the rest waits. */
static void feed(struct http_connection *connection, struct chute_str bytes) {
    if (connection->state == READING) {
        size_t used =
            http_parser_execute(&connection->parser, &parser_settings, bytes.at, bytes.len);
        bool is_whole = connection->is_whole;
        if (is_whole) {
            http_parser_pause(&connection->parser, 0);
        } else if (HTTP_PARSER_ERRNO(&connection->parser) != HPE_OK) {
            answer_fault(connection, connection->fault == 0 ? 400 : connection->fault);
            return;
        }
        bytes.at += used;
        bytes.len -= used;
        if (is_whole) {
            hand_over(connection);
        }
    }
    if (connection->state == ANSWERING && bytes.len > 0) {
        chute_buf_add_str(&connection->ahead, bytes);
        if (connection->ahead.len > connection->server->limits.head_bytes) {
            chute_conn_hold(connection->conn);
        }
    }
}

/* All that was to be sent is sent: is the exchange over, and what comes then? */
static void on_sent(struct http_connection *connection) {
    if (connection->out.len > 0) {
        pump(connection);
        return;
    }
    connection->since_ms = now_of(connection);
    if (connection->state != ANSWERING || connection->is_open) {
        return;
    }
    if (!connection->keeps_alive) {
        connection->state = LINGERING;
        chute_conn_shut(connection->conn);
        chute_conn_release(connection->conn);
        return;
    }
    begin_reading(connection);
    struct chute_buf ahead = connection->ahead;
    connection->ahead = (struct chute_buf){ 0 };
    if (ahead.len > 0) {
        feed(connection, chute_buf_str(&ahead));
    }
    chute_buf_finish(&ahead);
    if (connection->ahead.len <= connection->server->limits.head_bytes) {
        chute_conn_release(connection->conn);
    }
}

/* ------------------------------------------------------------------ time */

/* True if the client has used up its time. */
static bool is_late(const struct http_connection *connection, uint64_t now) {
    const struct chute_http_limits *limits = &connection->server->limits;
    uint64_t waits = now - connection->since_ms;
    if (connection->state == LINGERING) {
        return waits >= LINGER_MS;
    }
    if (connection->writing != NULL) {
        return waits >= limits->stall_ms;
    }
    if (connection->state == ANSWERING) {
        return !connection->is_open; /* ended, with nothing on its way */
    }
    return waits >= (connection->has_begun ? limits->request_ms : limits->idle_ms);
}

static void on_tick(uv_timer_t *timer) {
    struct chute_http_server *server = timer->data;
    uint64_t now = uv_now(timer->loop);
    struct http_connection *next;
    for (struct http_connection *at = server->first; at != NULL; at = next) {
        next = at->next;
        if (!is_late(at, now)) {
            continue;
        }
        if (at->state == READING && at->has_begun) {
            answer_fault(at, HTTP_STATUS_REQUEST_TIMEOUT);
        } else {
            chute_conn_close(at->conn, UV_ETIMEDOUT);
        }
    }
    if (server->first == NULL) {
        uv_timer_stop(timer);
    }
}

/* ------------------------------------------------------------------ connections */

static void on_open(struct chute_conn *conn) {
    struct chute_http_server *server = conn->conns->owner;
    struct http_connection *connection = chute_calloc(1, sizeof(*connection));
    connection->server = server;
    connection->conn = conn;
    conn->data = connection;
    connection->next = server->first;
    if (connection->next != NULL) {
        connection->next->previous = connection;
    }
    server->first = connection;
    http_parser_init(&connection->parser, HTTP_REQUEST);
    connection->parser.data = connection;
    begin_reading(connection);
    if (!uv_is_active((uv_handle_t *)&server->timer)) {
        uv_timer_start(&server->timer, on_tick, TICK_MS, TICK_MS);
    }
}

static char *on_room(struct chute_conn *conn, size_t *size) {
    struct chute_http_server *server = conn->conns->owner;
    *size = ROOM;
    return server->room;
}

static void on_bytes(struct chute_conn *conn, struct chute_str bytes) {
    feed(conn->data, bytes);
}

static void on_read(struct chute_conn *conn, size_t len) {
    struct chute_http_server *server = conn->conns->owner;
    feed(conn->data, (struct chute_str){ server->room, len });
}

static void on_idle(struct chute_conn *conn, long long idle_ms) {
    (void)conn;
    (void)idle_ms; /* the server's own timer sees to it */
}

static void on_end(struct chute_conn *conn, int error) {
    (void)error;
    struct http_connection *connection = conn->data;
    struct chute_http_server *server = connection->server;
    *(connection->previous == NULL ? &server->first : &connection->previous->next) =
        connection->next;
    if (connection->next != NULL) {
        connection->next->previous = connection->previous;
    }
    if (connection->state == ANSWERING && connection->is_open && server->on_gone != NULL) {
        server->on_gone(server->owner, &connection->exchange);
    }
    if (connection->writing != NULL) {
        connection->writing->connection = NULL;
    }
    chute_buf_finish(&connection->head);
    chute_buf_finish(&connection->body);
    chute_buf_finish(&connection->ahead);
    chute_buf_finish(&connection->out);
    chute_buf_finish(&connection->more_headers);
    chute_free(connection);
}

static const struct chute_conn_events conn_events = {
    .on_open = on_open,
    .on_room = on_room,
    .on_read = on_read,
    .on_bytes = on_bytes,
    .on_idle = on_idle,
    .on_end = on_end,
};

/* ------------------------------------------------------------------ the server */

void chute_http_server_init(struct chute_http_server *server, uv_loop_t *loop) {
    server->room = chute_alloc(ROOM);
    server->conns = (struct chute_conns){
        .loop = loop,
        .events = &conn_events,
        .owner = server,
        .module = server->module,
        .most = server->limits.connections,
        .silent_ms = server->limits.request_ms,
    };
    chute_conns_init(&server->conns);
    uv_timer_init(loop, &server->timer);
    server->timer.data = server;
    server->open_parts = 2;
}

int chute_http_server_listen(
    struct chute_http_server *server, const char *host, int first, int last) {
    int port = 0;
    int fd = chute_listener_bind_first(server->module, host, first, last, &port);
    if (fd < 0) {
        return fd;
    }
    chute_listener_start(&server->listener, &server->conns, fd);
    server->conns.spare = &server->spare;
    chute_spare_fill(&server->spare);
    server->is_listening = true;
    server->open_parts++;
    return port;
}

void chute_http_server_lend(struct chute_http_server *server, bool is_on) {
    if (is_on) {
        chute_spare_lend(&server->spare);
    } else if (server->is_listening) {
        chute_spare_fill(&server->spare);
    }
}

static void on_part_closed(void *arg) {
    struct chute_http_server *server = arg;
    if (--server->open_parts > 0) {
        return;
    }
    chute_free(server->room);
    server->room = NULL;
    if (server->on_closed != NULL) {
        server->on_closed(server->on_closed_arg);
    }
}

static void on_timer_closed(uv_handle_t *timer) {
    on_part_closed(timer->data);
}

void chute_http_server_close(
    struct chute_http_server *server, void (*on_closed)(void *arg), void *arg) {
    server->on_closed = on_closed;
    server->on_closed_arg = arg;
    if (server->is_listening) {
        server->is_listening = false;
        server->conns.spare = NULL;
        chute_spare_close(&server->spare);
        chute_listener_close(&server->listener, on_part_closed, server);
    }
    struct chute_conn *next;
    for (struct chute_conn *conn = server->conns.first; conn != NULL; conn = next) {
        next = conn->next;
        chute_conn_close(conn, 0);
    }
    chute_conns_close(&server->conns, on_part_closed, server);
    uv_close((uv_handle_t *)&server->timer, on_timer_closed);
}
