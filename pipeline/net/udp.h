/* pipeline/net/udp.h - a UDP socket that is read in runs of datagrams, and the drops that the kernel counts.
 *
 * Ownership: the memory is the caller's, until on_closed of the close.
 * Threads: the loop it was opened on. */
#ifndef CHUTE_NET_UDP_H
#define CHUTE_NET_UDP_H

#include <stdbool.h>
#include <uv.h>

#include "pipeline/base/log.h"
#include "pipeline/base/str.h"

struct chute_udp {
    uv_loop_t *loop;
    const char *module; /* whose log lines these are */
    void *owner;
    size_t most;              /* bytes of a datagram; what is longer is cut */
    long long receive_buffer; /* bytes to ask the kernel for; 0: not asked for */
    /* A datagram; a view until the call returns. */
    void (*on_datagram)(void *owner, struct chute_str bytes, const struct sockaddr *from);
    /* The kernel dropped `count` datagrams since the last call, as its buffer was full. */
    void (*on_drops)(void *owner, unsigned long long count);
    /* No datagram came for `idle_ms`; about once a second. May be NULL. */
    void (*on_idle)(void *owner, long long idle_ms);

    uv_poll_t poll;
    uv_timer_t timer;
    int fd;
    int open_handles;
    uint64_t last_ms; /* when the last datagram came, in the loop's time */
    char *room;       /* for a run of datagrams */
    unsigned drops;   /* as the kernel counts, since the socket was opened */
    unsigned long long unsaid_drops;
    struct chute_log_limiter drop_limiter;
    bool is_paused; /* may be set before the start */
    void (*on_closed)(void *arg);
    void *on_closed_arg;
};

/* Reads from `fd`, of chute_listener_bind, which it owns from now on; the members above the gap are set by the
 * caller. */
void chute_udp_start(struct chute_udp *udp, int fd);
/* Nothing is read until resume; the kernel keeps what its buffer holds. */
void chute_udp_pause(struct chute_udp *udp);
void chute_udp_resume(struct chute_udp *udp);
/* The owner leaves; nothing is read. */
void chute_udp_leave(struct chute_udp *udp);
/* Another owner, as `wanted` says, takes over a socket that was left. */
void chute_udp_take(struct chute_udp *udp, const struct chute_udp *wanted);
/* Reads what is there for the owner, even if paused, and closes; calls `on_closed(arg)`. */
void chute_udp_close(struct chute_udp *udp, void (*on_closed)(void *arg), void *arg);

#endif
