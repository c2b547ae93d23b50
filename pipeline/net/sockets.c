#include "pipeline/net/sockets.h"

#include "pipeline/base/alloc.h"
#include "pipeline/net/listener.h"

struct chute_socket {
    struct chute_socket *next;
    struct chute_sockets *sockets;
    char *host;
    int port;
    bool is_udp;
    const char *id; /* of who is attached; NULL: nobody */
    struct chute_listener listener;
    struct chute_conns conns;
    struct chute_udp udp;
    int open_parts;
    void (*on_closed)(void *arg);
    void *arg;
};

struct chute_sockets {
    struct chute_socket *first;
};

struct chute_sockets *chute_sockets_create(void) {
    return chute_calloc(1, sizeof(struct chute_sockets));
}

/* ------------------------------------------------------------------ attaching */

static void say_whose(
    const char *module, const struct chute_socket_ask *ask, const struct chute_socket *there) {
    char port[16];
    snprintf(port, sizeof(port), "%d", ask->port);
    chute_log(CHUTE_LOG_ERROR, module, "cannot listen: another input has this port", "input",
        ask->id, "other", there->id, "host", ask->host, "port", port, NULL);
}

/* What is there by that name. Port 0 is another port for everyone who asks. */
static struct chute_socket *find(
    const struct chute_sockets *sockets, const struct chute_socket_ask *ask) {
    struct chute_socket *at = sockets->first;
    while (
        at != NULL && (at->port != ask->port || at->is_udp != (ask->udp != NULL) ||
                          strcmp(at->host, ask->host) != 0 || (at->port == 0 && at->id != NULL))) {
        at = at->next;
    }
    return at;
}

static int open_socket(struct chute_socket *socket, const struct chute_socket_ask *ask) {
    const char *module = ask->udp != NULL ? ask->udp->module : ask->tcp->module;
    int type = ask->udp != NULL ? SOCK_DGRAM : SOCK_STREAM;
    int fd = chute_listener_bind(module, ask->host, ask->port, type);
    if (fd < 0) {
        return fd;
    }
    if (ask->udp != NULL) {
        socket->udp = *ask->udp;
        chute_udp_start(&socket->udp, fd);
        socket->open_parts = 1;
    } else {
        socket->conns = *ask->tcp;
        chute_conns_init(&socket->conns);
        chute_listener_start(&socket->listener, &socket->conns, fd);
        socket->open_parts = 2;
    }
    return 0;
}

static int open_new(
    struct chute_sockets *sockets, const struct chute_socket_ask *ask, struct chute_socket **out) {
    struct chute_socket *socket = chute_calloc(1, sizeof(*socket));
    int rc = open_socket(socket, ask);
    if (rc != 0) {
        chute_free(socket);
        return rc;
    }
    socket->sockets = sockets;
    socket->host = chute_strdup(ask->host);
    socket->port = ask->port;
    socket->is_udp = ask->udp != NULL;
    socket->id = ask->id;
    socket->next = sockets->first;
    sockets->first = socket;
    *out = socket;
    return 0;
}

int chute_socket_attach(
    struct chute_sockets *sockets, const struct chute_socket_ask *ask, struct chute_socket **out) {
    struct chute_socket *there = find(sockets, ask);
    if (there == NULL) {
        return open_new(sockets, ask, out);
    }
    if (there->id != NULL) {
        say_whose(there->is_udp ? ask->udp->module : ask->tcp->module, ask, there);
        return UV_EADDRINUSE;
    }
    there->id = ask->id;
    *out = there;
    if (there->is_udp) {
        chute_udp_take(&there->udp, ask->udp);
    } else {
        chute_conns_take(&there->conns, ask->tcp);
        chute_listener_resume(&there->listener);
    }
    return 0;
}

void chute_socket_pause(struct chute_socket *socket) {
    if (socket == NULL) {
        return;
    }
    if (socket->is_udp) {
        chute_udp_pause(&socket->udp);
    } else {
        chute_conns_pause(&socket->conns);
    }
}

void chute_socket_resume(struct chute_socket *socket) {
    if (socket == NULL) {
        return;
    }
    if (socket->is_udp) {
        chute_udp_resume(&socket->udp);
    } else {
        chute_conns_resume(&socket->conns);
    }
}

void chute_socket_leave(struct chute_socket *socket) {
    socket->id = NULL;
    if (socket->is_udp) {
        chute_udp_leave(&socket->udp);
    } else {
        chute_listener_pause(&socket->listener);
        chute_conns_leave(&socket->conns);
    }
}

/* ------------------------------------------------------------------ closing */

static void on_part_closed(void *arg) {
    struct chute_socket *socket = arg;
    if (--socket->open_parts > 0) {
        return;
    }
    if (socket->on_closed != NULL) {
        socket->on_closed(socket->arg);
    }
    chute_free(socket->host);
    chute_free(socket);
}

void chute_socket_close(struct chute_socket *socket, void (*on_closed)(void *arg), void *arg) {
    struct chute_socket **at = &socket->sockets->first;
    while (*at != socket) {
        at = &(*at)->next;
    }
    *at = socket->next;
    socket->on_closed = on_closed;
    socket->arg = arg;
    if (socket->is_udp) {
        chute_udp_close(&socket->udp, on_part_closed, socket);
    } else {
        chute_listener_close(&socket->listener, on_part_closed, socket);
        chute_conns_close(&socket->conns, on_part_closed, socket);
    }
}

void chute_sockets_close(struct chute_sockets *sockets) {
    while (sockets->first != NULL) {
        chute_assert(sockets->first->id == NULL);
        chute_socket_close(sockets->first, NULL, NULL);
    }
    chute_free(sockets);
}
