#include "pipeline/net/dial.h"

#include <stdlib.h>

#define FIRST_PAUSE_MS 1000
#define LONGEST_PAUSE_MS 30000

static void finish_if_closed(struct chute_dial *dial) {
    if (dial->is_closing && dial->is_timer_closed && !dial->is_looking_up && dial->conn == NULL) {
        dial->on_closed(dial->conns->owner);
    }
}

static void on_failed(struct chute_dial *dial, int error) {
    if (dial->is_closing) {
        finish_if_closed(dial);
        return;
    }
    char port[16];
    snprintf(port, sizeof(port), "%d", dial->port);
    chute_log(CHUTE_LOG_WARN, dial->conns->module, "cannot connect, trying again", "host",
        dial->host, "port", port, "reason", uv_strerror(error), NULL);
    chute_dial_again(dial);
}

static void on_connected(uv_connect_t *req, int status) {
    struct chute_dial *dial = req->data;
    struct chute_conn *conn = dial->conn;
    dial->conn = NULL;
    if (status != 0 || dial->is_closing) {
        chute_conn_close(conn, status);
        on_failed(dial, status);
        return;
    }
    dial->pause_ms = 0;
    chute_conn_use(conn);
}

static void on_found(uv_getaddrinfo_t *req, int status, struct addrinfo *found) {
    struct chute_dial *dial = req->data;
    dial->is_looking_up = false;
    if (status != 0 || dial->is_closing) {
        uv_freeaddrinfo(found);
        on_failed(dial, status);
        return;
    }
    dial->conn = chute_conn_create(dial->conns);
    dial->connect.data = dial;
    int rc = uv_tcp_connect(&dial->connect, &dial->conn->tcp, found->ai_addr, on_connected);
    uv_freeaddrinfo(found);
    if (rc != 0) {
        chute_conn_close(dial->conn, rc);
        dial->conn = NULL;
        on_failed(dial, rc);
    }
}

static void on_retry(uv_timer_t *timer) {
    struct chute_dial *dial = timer->data;
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    char service[16];
    snprintf(service, sizeof(service), "%d", dial->port);
    dial->lookup.data = dial;
    int rc =
        uv_getaddrinfo(dial->conns->loop, &dial->lookup, on_found, dial->host, service, &hints);
    if (rc != 0) {
        on_failed(dial, rc);
        return;
    }
    dial->is_looking_up = true;
}

void chute_dial_start(
    struct chute_dial *dial, struct chute_conns *conns, const char *host, int port) {
    *dial = (struct chute_dial){ .conns = conns, .host = host, .port = port };
    uv_timer_init(conns->loop, &dial->retry);
    dial->retry.data = dial;
    uv_timer_start(&dial->retry, on_retry, 0, 0);
}

void chute_dial_again(struct chute_dial *dial) {
    if (dial->is_closing) {
        return;
    }
    unsigned pause = dial->pause_ms == 0 ? FIRST_PAUSE_MS : dial->pause_ms * 2;
    dial->pause_ms = pause > LONGEST_PAUSE_MS ? LONGEST_PAUSE_MS : pause;
    /* Half of it at random, so that many do not come back at the same moment. */
    unsigned wait = dial->pause_ms / 2 + (unsigned)rand() % (dial->pause_ms / 2);
    uv_timer_start(&dial->retry, on_retry, wait, 0);
}

static void on_timer_closed(uv_handle_t *handle) {
    struct chute_dial *dial = handle->data;
    dial->is_timer_closed = true;
    finish_if_closed(dial);
}

void chute_dial_close(struct chute_dial *dial, void (*on_closed)(void *owner)) {
    dial->is_closing = true;
    dial->on_closed = on_closed;
    if (dial->is_looking_up) {
        uv_cancel((uv_req_t *)&dial->lookup);
    }
    if (dial->conn != NULL) {
        chute_conn_close(dial->conn, UV_ECANCELED); /* on_connected comes with an error */
    }
    uv_close((uv_handle_t *)&dial->retry, on_timer_closed);
}
