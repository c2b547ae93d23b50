#include "pipeline/net/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <unistd.h>

#include "pipeline/base/alloc.h"

#define BACKLOG 4096       /* the kernel lowers it to net.core.somaxconn */
#define ACCEPTS_AT_ONCE 64 /* then other handles of the loop get their turn */
#define DESCRIPTOR_WAIT_MS 1000
#define LOG_INTERVAL_MS 10000

static void say_why(const char *module, const char *host, int port, int error) {
    const char *hint = NULL;
    if (error == EADDRINUSE) {
        hint = "another process has this port; see ss -lntup";
    } else if (error == EACCES && port < 1024) {
        hint = "ports below 1024 need the capability CAP_NET_BIND_SERVICE";
    } else if (error == EADDRNOTAVAIL) {
        hint = "no network interface of this machine has this address";
    }
    char text[16];
    snprintf(text, sizeof(text), "%d", port);
    chute_log(CHUTE_LOG_ERROR, module, "cannot listen", "host", host, "port", text, "reason",
        strerror(error), "hint", hint, NULL);
}

/* The bound socket's descriptor, or -errno. */
static int open_bound(const struct sockaddr_storage *address, int type) {
    int on = 1, off = 0;
    int fd = socket(address->ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && type == SOCK_STREAM) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    }
    if (fd >= 0 && address->ss_family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    }
    if (fd < 0 || bind(fd, (const struct sockaddr *)address, chute_address_len(address)) != 0 ||
        (type == SOCK_STREAM && listen(fd, BACKLOG) != 0)) {
        int error = errno;
        if (fd >= 0) {
            close(fd);
        }
        return -error;
    }
    return fd;
}

static int resolve(
    const char *module, const char *host, int port, struct sockaddr_storage *address) {
    int rc = chute_address_resolve(host, port, address);
    if (rc != 0) {
        chute_log(
            CHUTE_LOG_ERROR, module, "cannot listen: the host has no address", "host", host, NULL);
    }
    return rc;
}

int chute_listener_bind(const char *module, const char *host, int port, int type) {
    struct sockaddr_storage address;
    int rc = resolve(module, host, port, &address);
    if (rc != 0) {
        return rc;
    }
    int fd = open_bound(&address, type);
    if (fd < 0) {
        say_why(module, host, port, -fd);
        return uv_translate_sys_error(-fd);
    }
    return fd;
}

int chute_listener_bind_first(
    const char *module, const char *host, int first, int last, int *port) {
    struct sockaddr_storage address;
    int rc = resolve(module, host, first, &address);
    if (rc != 0) {
        return rc;
    }
    for (*port = first; *port <= last; ++*port) {
        in_port_t number = htons((uint16_t)*port);
        if (address.ss_family == AF_INET6) {
            ((struct sockaddr_in6 *)&address)->sin6_port = number;
        } else {
            ((struct sockaddr_in *)&address)->sin_port = number;
        }
        rc = open_bound(&address, SOCK_STREAM);
        if (rc != -EADDRINUSE) {
            break;
        }
    }
    if (rc < 0) {
        say_why(module, host, first, -rc);
        return uv_translate_sys_error(-rc);
    }
    return rc;
}

static void on_connection(uv_poll_t *poll, int status, int events);

static void on_retry(uv_timer_t *timer) {
    chute_listener_resume(timer->data);
}

/* Without a free descriptor the connections wait in the kernel's backlog. */
static void wait_for_descriptors(struct chute_listener *listener, int error) {
    if (!listener->is_out_of_descriptors) {
        listener->is_out_of_descriptors = true;
        chute_log(CHUTE_LOG_WARN, listener->conns->module, "cannot accept: connections wait",
            "reason", strerror(error), "hint", "raise the limit of open files (ulimit -n)", NULL);
    }
    uv_poll_stop(&listener->poll);
    uv_timer_start(&listener->retry, on_retry, DESCRIPTOR_WAIT_MS, 0);
}

/* One connection too many. */
static void turn_away(struct chute_conns *conns, int fd) {
    uint64_t suppressed;
    if (chute_log_limit(&conns->most_limiter, LOG_INTERVAL_MS, &suppressed)) {
        chute_logf(CHUTE_LOG_WARN, conns->module,
            "%zu connections are open, which is the most: a further one was closed", conns->count);
    }
    close(fd);
}

static bool is_out_of_descriptors(int error) {
    return error == EMFILE || error == ENFILE;
}

/* The descriptor of a connection, or -errno. */
static int accept_one(struct chute_listener *listener) {
    int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && is_out_of_descriptors(errno) && listener->conns->spare != NULL &&
        chute_spare_lend(listener->conns->spare)) {
        fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    }
    return fd < 0 ? -errno : fd;
}

/* Takes up to `most` that wait. 0, or why there are no more: EAGAIN when nobody waits. */
static int accept_some(struct chute_listener *listener, int most) {
    for (int i = 0; i < most; i++) {
        int fd = accept_one(listener);
        if (fd < 0) {
            return -fd;
        }
        listener->is_out_of_descriptors = false;
        if (listener->conns->most > 0 && listener->conns->count >= listener->conns->most) {
            turn_away(listener->conns, fd);
            continue;
        }
        struct chute_conn *conn = chute_conn_create(listener->conns);
        if (uv_tcp_open(&conn->tcp, fd) != 0) {
            close(fd);
            chute_conn_close(conn, UV_EIO);
            continue;
        }
        chute_conn_use(conn);
    }
    return 0;
}

static void on_connection(uv_poll_t *poll, int status, int events) {
    (void)status;
    (void)events;
    struct chute_listener *listener = poll->data;
    int error = accept_some(listener, ACCEPTS_AT_ONCE);
    if (is_out_of_descriptors(error) || error == ENOBUFS || error == ENOMEM) {
        wait_for_descriptors(listener, error);
    } /* else nobody is there, or a connection was lost before we took it */
}

void chute_listener_start(struct chute_listener *listener, struct chute_conns *conns, int fd) {
    *listener = (struct chute_listener){ .conns = conns, .fd = fd, .open_handles = 2 };
    uv_poll_init(conns->loop, &listener->poll, fd);
    uv_timer_init(conns->loop, &listener->retry);
    listener->poll.data = listener;
    listener->retry.data = listener;
    uv_poll_start(&listener->poll, UV_READABLE, on_connection);
}

static void on_handle_closed(uv_handle_t *handle) {
    struct chute_listener *listener = handle->data;
    if (--listener->open_handles == 0) {
        listener->on_closed(listener->on_closed_arg);
    }
}

void chute_listener_pause(struct chute_listener *listener) {
    uv_poll_stop(&listener->poll);
    uv_timer_stop(&listener->retry);
}

void chute_listener_resume(struct chute_listener *listener) {
    uv_poll_start(&listener->poll, UV_READABLE, on_connection);
}

void chute_listener_close(
    struct chute_listener *listener, void (*on_closed)(void *arg), void *arg) {
    listener->on_closed = on_closed;
    listener->on_closed_arg = arg;
    /* The kernel has taken these in our name, and bytes of theirs: some have sent all they have, and gone. */
    accept_some(listener, BACKLOG);
    uv_poll_stop(&listener->poll);
    close(listener->fd);
    uv_close((uv_handle_t *)&listener->poll, on_handle_closed);
    uv_close((uv_handle_t *)&listener->retry, on_handle_closed);
}
