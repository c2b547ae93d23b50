#include "fake_http.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <zlib.h>

#include "pipeline/base/alloc.h"

struct fake_connection {
    uv_tcp_t tcp;
    struct test_http *http;
    struct fake_connection *next;
    struct chute_buf in;
    size_t to_throw_away; /* of a body that was answered before it came */
};

static void on_connection_closed(uv_handle_t *handle) {
    struct fake_connection *connection = handle->data;
    chute_buf_finish(&connection->in);
    chute_free(connection);
}

static void close_connection(struct fake_connection *connection) {
    struct fake_connection **at = &connection->http->open;
    while (*at != connection) {
        at = &(*at)->next;
    }
    *at = connection->next;
    uv_close((uv_handle_t *)&connection->tcp, on_connection_closed);
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf) {
    (void)handle;
    (void)size;
    buf->base = chute_alloc(65536);
    buf->len = 65536;
}

struct write {
    uv_write_t request;
    struct fake_connection *connection;
    struct chute_buf bytes;
};

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf);

static void on_written(uv_write_t *request, int status) {
    struct write *write = request->data;
    if (status == 0 && write->connection->http->reads_too_late) {
        uv_read_start((uv_stream_t *)&write->connection->tcp, on_alloc, on_read);
    }
    chute_buf_finish(&write->bytes);
    chute_free(write);
}

struct chute_str test_http_header(const struct test_http_request *request, const char *name) {
    size_t len = strlen(name);
    const char *end = request->headers.at + request->headers.len;
    for (const char *line = request->headers.at; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop == NULL ? end : stop;
        struct chute_str key = { line, len };
        if ((size_t)(stop - line) > len && line[len] == ':' &&
            chute_str_eq_nocase(key, chute_str_of(name))) {
            return chute_str_trim(
                (struct chute_str){ line + len + 1, (size_t)(stop - line) - len - 1 });
        }
        line = stop + 1;
    }
    return CHUTE_STR("");
}

static void gunzip(struct chute_str in, struct chute_buf *out) {
    z_stream stream = { .next_in = (Bytef *)in.at, .avail_in = (uInt)in.len };
    cr_assert(inflateInit2(&stream, 31) == Z_OK);
    int status = Z_OK;
    while (status == Z_OK) {
        stream.next_out = (Bytef *)chute_buf_reserve(out, 65536);
        stream.avail_out = 65536;
        status = inflate(&stream, Z_NO_FLUSH);
        out->len += 65536 - stream.avail_out;
    }
    inflateEnd(&stream);
    cr_assert(status == Z_STREAM_END, "a body that is not gzip");
}

/* Answers the request that ends at `head` + `len`. */
static void answer(struct fake_connection *connection, size_t head, size_t len) {
    struct test_http *http = connection->http;
    const char *at = connection->in.at;
    const char *line = memchr(at, '\n', head);
    const char *space = memchr(at, ' ', head);
    const char *second = memchr(space + 1, ' ', (size_t)(line - space));
    struct test_http_request request = {
        .method = { at, (size_t)(space - at) },
        .target = { space + 1, (size_t)(second - space - 1) },
        .headers = { line + 1, head - (size_t)(line + 1 - at) },
        .body = { at + head, len },
        .wire_bytes = len,
    };
    struct chute_buf plain = { 0 };
    if (chute_str_eq(test_http_header(&request, "content-encoding"), CHUTE_STR("gzip"))) {
        gunzip(request.body, &plain);
        request.body = chute_buf_str(&plain);
    }
    http->requests++;
    struct write *write = chute_calloc(1, sizeof(*write));
    write->request.data = write;
    write->connection = connection;
    http->answer(http, &request, &write->bytes);
    chute_buf_finish(&plain);
    if (write->bytes.len == 0) {
        chute_free(write);
        close_connection(connection);
        return;
    }
    uv_buf_t buf = uv_buf_init(write->bytes.at, (unsigned)write->bytes.len);
    uv_write(&write->request, (uv_stream_t *)&connection->tcp, &buf, 1, on_written);
}

/* Answers a request of which only the head came. */
static void answer_early(struct fake_connection *connection, size_t head, size_t len) {
    size_t came = connection->in.len - head;
    connection->http->thrown_away += came;
    connection->to_throw_away = len - came;
    connection->in.len = 0;
    if (connection->http->reads_too_late) {
        uv_read_stop((uv_stream_t *)&connection->tcp);
    }
    answer(connection, head, 0);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf) {
    struct fake_connection *connection = stream->data;
    if (got > 0) {
        size_t skip = connection->to_throw_away;
        skip = skip < (size_t)got ? skip : (size_t)got;
        connection->to_throw_away -= skip;
        connection->http->thrown_away += skip;
        chute_buf_add(&connection->in, buf->base + skip, (size_t)got - skip);
    }
    chute_free(buf->base);
    if (got < 0) {
        close_connection(connection);
        return;
    }
    ptrdiff_t end = chute_str_find(chute_buf_str(&connection->in), CHUTE_STR("\r\n\r\n"));
    if (end < 0) {
        return;
    }
    size_t head = (size_t)end + 4;
    struct test_http_request probe = { .headers = { connection->in.at, head } };
    const char *line = memchr(connection->in.at, '\n', head);
    probe.headers.at = line + 1;
    probe.headers.len = head - (size_t)(line + 1 - connection->in.at);
    struct chute_str size = test_http_header(&probe, "content-length");
    size_t len = size.len == 0 ? 0 : (size_t)strtoul(size.at, NULL, 10);
    if (connection->http->answers_early) {
        answer_early(connection, head, len);
        return;
    }
    if (connection->in.len < head + len) {
        return;
    }
    cr_assert(test_http_header(&probe, "expect").len == 0, "the client asks before it sends");
    struct test_http *http = connection->http;
    struct fake_connection *still = http->open;
    answer(connection, head, len);
    for (still = http->open; still != NULL; still = still->next) {
        if (still == connection) {
            connection->in.len = 0;
        }
    }
}

static void on_connection(uv_stream_t *server, int status) {
    struct test_http *http = server->data;
    cr_assert(status == 0);
    struct fake_connection *connection = chute_calloc(1, sizeof(*connection));
    uv_tcp_init(http->loop, &connection->tcp);
    connection->tcp.data = connection;
    connection->http = http;
    connection->next = http->open;
    http->open = connection;
    http->connections++;
    cr_assert(uv_accept(server, (uv_stream_t *)&connection->tcp) == 0);
    if (!http->reads_nothing) {
        uv_read_start((uv_stream_t *)&connection->tcp, on_alloc, on_read);
    }
}

void test_http_start(struct test_http *http, uv_loop_t *loop) {
    struct sockaddr_in address;
    http->loop = loop;
    uv_tcp_init(loop, &http->listener);
    http->listener.data = http;
    uv_ip4_addr("127.0.0.1", 0, &address);
    cr_assert(uv_tcp_bind(&http->listener, (struct sockaddr *)&address, 0) == 0);
    cr_assert(uv_listen((uv_stream_t *)&http->listener, 16, on_connection) == 0);
    int len = sizeof(address);
    uv_tcp_getsockname(&http->listener, (struct sockaddr *)&address, &len);
    http->port = ntohs(address.sin_port);
}

void test_http_stop(struct test_http *http) {
    while (http->open != NULL) {
        close_connection(http->open);
    }
    uv_close((uv_handle_t *)&http->listener, NULL);
}

void test_http_reply(struct chute_buf *out, int status, const char *body) {
    chute_buf_printf(out,
        "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", status,
        strlen(body), body);
}
