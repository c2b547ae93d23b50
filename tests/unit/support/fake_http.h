/* tests/unit/support/fake_http.h - an HTTP server on the test's own loop that answers as the test says.
 *
 * Ownership: the server owns what it noted; views last until the next request or the end.
 * Threads: one. */
#ifndef CHUTE_TEST_FAKE_HTTP_H
#define CHUTE_TEST_FAKE_HTTP_H

#include <uv.h>

#include "pipeline/base/buf.h"

struct test_http_request {
    struct chute_str method;
    struct chute_str target;  /* path and query */
    struct chute_str headers; /* as they came, lines */
    struct chute_str body;    /* after gunzip */
    size_t wire_bytes;        /* of the body as it came */
};

struct test_http {
    uv_tcp_t listener;
    uv_loop_t *loop;
    int port;
    int requests;
    int connections;
    /* Puts the whole answer, head included, into `out`; leaving it empty closes the connection. */
    void (*answer)(
        struct test_http *http, const struct test_http_request *request, struct chute_buf *out);
    void *ctx;
    bool answers_early;  /* when the head is there; the body is then read and thrown away … */
    bool reads_too_late; /* … not before the answer is out */
    bool reads_nothing;  /* and so never answers */
    size_t thrown_away;
    bool is_closing;
    struct fake_connection *open;
};

/* Listens on a free port of 127.0.0.1. */
void test_http_start(struct test_http *http, uv_loop_t *loop);
/* Closes the listener and all connections; the loop has to run once more. */
void test_http_stop(struct test_http *http);
/* Appends a head and `body`. */
void test_http_reply(struct chute_buf *out, int status, const char *body);
/* The value of header `name`, or an empty text. */
struct chute_str test_http_header(const struct test_http_request *request, const char *name);

#endif
