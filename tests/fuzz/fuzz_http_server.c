/* Any bytes from a client, in two pieces: the server answers or hangs up, and no more than its limits is kept. */
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pipeline/base/alloc.h"
#include "pipeline/net/http_server.h"

#define HEAD_BYTES 512
#define BODY_BYTES 256

static void on_request(void *owner, struct chute_http_exchange *exchange) {
    (void)owner;
    struct chute_buf value = { 0 };
    chute_http_parameter(exchange, "a", &value);
    chute_assert(exchange->body.len <= BODY_BYTES);
    chute_assert(exchange->path.len + exchange->query.len <= HEAD_BYTES);
    chute_http_header(exchange, "Host");
    if (value.len % 2 == 0) {
        chute_http_answer(exchange, 200, "text/plain", exchange->body);
    } else {
        chute_http_begin(exchange, 200, "text/plain");
        chute_http_send(exchange, chute_buf_str(&value));
        chute_http_end(exchange);
    }
    chute_buf_finish(&value);
}

static void feed(uv_loop_t *loop, int fd, const uint8_t *data, size_t size) {
    char answer[65536];
    while (size > 0) {
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            data += sent;
            size -= (size_t)sent;
        }
        for (int i = 0; i < 4; i++) {
            uv_run(loop, UV_RUN_NOWAIT);
            while (recv(fd, answer, sizeof(answer), MSG_DONTWAIT) > 0) {
            }
        }
        if (sent < 0) {
            return; /* held back, or closed */
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) {
        return 0;
    }
    uv_loop_t loop;
    int fds[2];
    struct chute_http_server server = { .module = "fuzz",
        .limits = { .head_bytes = HEAD_BYTES,
            .body_bytes = BODY_BYTES,
            .connections = 2,
            .request_ms = 1000,
            .idle_ms = 1000,
            .stall_ms = 1000 },
        .on_request = on_request };
    uv_loop_init(&loop);
    chute_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    chute_http_server_init(&server, &loop);
    struct chute_conn *conn = chute_conn_create(&server.conns);
    chute_assert(uv_tcp_open(&conn->tcp, fds[0]) == 0);
    chute_conn_use(conn);
    size_t first = 1 + data[0] * (size - 1) / 255;
    feed(&loop, fds[1], data + 1, first - 1);
    feed(&loop, fds[1], data + first, size - first);
    close(fds[1]);
    chute_http_server_close(&server, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    chute_assert(uv_loop_close(&loop) == 0);
    return 0;
}
