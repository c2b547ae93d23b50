/* pipeline/net/sockets.h - the sockets on which the process listens, TCP and UDP, by protocol, host and port.
 *
 * They are the process's and not a pipeline's: a plugin attaches to one, which is opened if nobody has it, and
 * leaves it to a successor, who finds all as it was: the port that never stopped listening, connections, and the
 * frames of which only a part has come. While nobody is attached, nothing is accepted or read: the kernel keeps it.
 *
 * Ownership: create/close; a plugin's view of a socket is valid until it leaves or has closed it.
 * Threads: the loop of the sockets. */
#ifndef CHUTE_NET_SOCKETS_H
#define CHUTE_NET_SOCKETS_H

#include "pipeline/net/conn.h"
#include "pipeline/net/udp.h"

struct chute_sockets;
struct chute_socket;

/* Who asks for which socket. */
struct chute_socket_ask {
    const char *id; /* the plugin's; must live until it leaves */
    const char *host;
    int port;
    /* One of the two, and what the caller sets of it; is_paused as well: nothing is to be read yet. */
    const struct chute_conns *tcp; /* a listener and its connections */
    const struct chute_udp *udp;
};

/* Returns new, empty. Any thread. */
struct chute_sockets *chute_sockets_create(void);
/* Closes what is left, to which nobody may be attached, and frees all once the loop has run. */
void chute_sockets_close(struct chute_sockets *sockets);

/* Attaches: connections that are there already come by on_open, with what their former owner left of them. 0; or
 * negative after saying why: another plugin has it, or it cannot be opened. */
int chute_socket_attach(
    struct chute_sockets *sockets, const struct chute_socket_ask *ask, struct chute_socket **out);
/* Nothing is read until resume. Accept NULL. */
void chute_socket_pause(struct chute_socket *socket);
void chute_socket_resume(struct chute_socket *socket);
/* Leaves it open for a successor. */
void chute_socket_leave(struct chute_socket *socket);
/* Closes it for good: reads what is still on its way, ends all connections, calls `on_closed(arg)`. */
void chute_socket_close(struct chute_socket *socket, void (*on_closed)(void *arg), void *arg);

#endif
