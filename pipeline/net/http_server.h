/* pipeline/net/http_server.h - HTTP/1.1 requests from clients, each whole before it is handed over, and the
 * answers to them.
 *
 * A connection has one request at a time: what a client sends ahead waits, in a bounded buffer and then in
 * the kernel. Size and time of everything a client does are bounded by the server's limits.
 *
 * Ownership: the server's memory is the caller's, until on_closed of its close. An exchange is the server's,
 * valid until its answer has ended or on_gone was called; what it shows of the request lives as long.
 * Threads: the server's loop. */
#ifndef CHUTE_NET_HTTP_SERVER_H
#define CHUTE_NET_HTTP_SERVER_H

#include "pipeline/net/conn.h"
#include "pipeline/net/listener.h"

struct chute_http_server;

/* A request, and the answer to it. */
struct chute_http_exchange {
    const char *method;     /* "GET" */
    struct chute_str path;  /* as it was sent, up to the "?" */
    struct chute_str query; /* behind it */
    struct chute_str body;
    const char *peer; /* its address */
};

struct chute_http_limits {
    size_t head_bytes;  /* of the request line and the headers; a longer one is answered with 431 */
    size_t body_bytes;  /* a larger one is answered with 413 */
    size_t connections; /* further ones are closed at once */
    uint64_t request_ms; /* from a request's first byte to its last; then it is answered with 408 */
    uint64_t idle_ms;    /* a connection without a request is closed after so long */
    uint64_t stall_ms;   /* a client that takes nothing of its answer for so long is cut off */
};

struct chute_http_server {
    /* Set by the caller: */
    void *owner;
    const char *module; /* whose log lines these are */
    struct chute_http_limits limits;
    /* Answers now or later. */
    void (*on_request)(void *owner, struct chute_http_exchange *exchange);
    /* The client went away before the answer had ended. May be NULL. */
    void (*on_gone)(void *owner, struct chute_http_exchange *exchange);

    /* What a listener's connections are given to; a set elsewhere may be made like it. */
    struct chute_conns conns;

    struct chute_listener listener; /* inside, from here on */
    struct http_connection *first;
    uv_timer_t timer;
    char *room;
    bool is_listening;
    struct chute_spare spare;
    int open_parts;
    void (*on_closed)(void *arg);
    void *on_closed_arg;
};

/* Makes the server ready; the first members are set. */
void chute_http_server_init(struct chute_http_server *server, uv_loop_t *loop);
/* Listens on `host` and the first free port from `first` to `last`: that port, or a negative libuv code after
 * saying why. */
int chute_http_server_listen(
    struct chute_http_server *server, const char *host, int first, int last);
/* Lets the caller open one more file than there are descriptors, until the same with `is_on` false: for an answer that is made of
 * files. */
void chute_http_server_lend(struct chute_http_server *server, bool is_on);
/* Ends all connections at once and calls `on_closed(arg)` when nothing is left in the loop. */
void chute_http_server_close(
    struct chute_http_server *server, void (*on_closed)(void *arg), void *arg);

/* The value of the first header of that name, in any case; `.at` NULL: there is none. */
struct chute_str chute_http_header(const struct chute_http_exchange *exchange, const char *name);
/* Appends the decoded value of parameter `name` of the query. False if it is not there. */
bool chute_http_parameter(
    const struct chute_http_exchange *exchange, const char *name, struct chute_buf *out);
/* Appends `text` with each %41 as the byte it stands for, and, where `is_form`, + as a blank. */
void chute_http_unescape(struct chute_buf *out, struct chute_str text, bool is_form);

/* Adds a header to the answer, before it begins. */
void chute_http_add_header(
    struct chute_http_exchange *exchange, const char *name, const char *value);
/* Answers with a whole body (copied); `type` NULL: without one's type. The exchange is over. */
void chute_http_answer(
    struct chute_http_exchange *exchange, int status, const char *type, struct chute_str body);
/* Begins an answer that comes in pieces. */
void chute_http_begin(struct chute_http_exchange *exchange, int status, const char *type);
/* Sends a piece (copied). Returns how many bytes the client has not taken yet: the caller's to bound. */
size_t chute_http_send(struct chute_http_exchange *exchange, struct chute_str bytes);
/* The last piece was sent: the exchange is over. */
void chute_http_end(struct chute_http_exchange *exchange);

#endif
