/* pipeline/net/listener.h - a listening TCP socket, whose connections go to a set.
 *
 * Ownership: the memory is the caller's, until on_closed of the close.
 * Threads: the loop of the set. */
#ifndef CHUTE_NET_LISTENER_H
#define CHUTE_NET_LISTENER_H

#include "pipeline/net/conn.h"

struct chute_listener {
    uv_poll_t poll;
    uv_timer_t retry; /* when no descriptor was left for a connection */
    struct chute_conns *conns;
    int fd;
    int open_handles;
    bool is_out_of_descriptors;
    void (*on_closed)(void *arg);
    void *on_closed_arg;
};

/* Opens a socket of `type` (SOCK_STREAM: it listens, SOCK_DGRAM) bound to `host` and `port`. Its descriptor, or a
 * negative libuv code after saying why. */
int chute_listener_bind(const char *module, const char *host, int port, int type);
/* The same for TCP and the first free port from `first` to `last`, which *port then is; says why only if none is. */
int chute_listener_bind_first(const char *module, const char *host, int first, int last, int *port);
/* Takes the connections that come to `fd`, of chute_listener_bind, which it owns from now on. */
void chute_listener_start(struct chute_listener *listener, struct chute_conns *conns, int fd);
/* Accepts no more until resume; connections wait in the kernel. */
void chute_listener_pause(struct chute_listener *listener);
void chute_listener_resume(struct chute_listener *listener);
/* Accepts those who wait in the kernel and then no more, closes, and calls `on_closed(arg)`. */
void chute_listener_close(struct chute_listener *listener, void (*on_closed)(void *arg), void *arg);

#endif
