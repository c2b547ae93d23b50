/* pipeline/net/dial.h - keeps one outgoing TCP connection: dials, and dials again when it is lost, with growing
 * pauses.
 *
 * Ownership: the memory is the caller's, until on_closed of the close; `host` must live as long.
 * Threads: the loop of the set. */
#ifndef CHUTE_NET_DIAL_H
#define CHUTE_NET_DIAL_H

#include "pipeline/net/conn.h"

struct chute_dial {
    struct chute_conns *conns;
    const char *host;
    int port;
    uv_timer_t retry;
    uv_getaddrinfo_t lookup;
    uv_connect_t connect;
    struct chute_conn *conn; /* the one being dialled */
    unsigned pause_ms;
    bool is_looking_up;
    bool is_closing;
    bool is_timer_closed;
    void (*on_closed)(void *owner);
};

/* Dials from now on; the connection joins `conns`. */
void chute_dial_start(
    struct chute_dial *dial, struct chute_conns *conns, const char *host, int port);
/* The connection is lost: dials again, after a pause. */
void chute_dial_again(struct chute_dial *dial);
/* Dials no more; `on_closed` is called with the set's owner. */
void chute_dial_close(struct chute_dial *dial, void (*on_closed)(void *owner));

#endif
