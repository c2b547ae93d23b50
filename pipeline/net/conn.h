/* pipeline/net/conn.h - TCP connections that bytes are read from, in sets that pause, resume and close together.
 *
 * A connection becomes known to its owner (on_open) when it is clear who is at its other end: after the PROXY
 * header and the look-up of the peer's name, where these are asked for. Connections belong to the process,
 * not to a pipeline: another owner may take over a set, and what it has read stays.
 *
 * Ownership: the set owns its connections; its memory is the caller's, until on_closed of chute_conns_close.
 * Threads: the loop of the set. */
#ifndef CHUTE_NET_CONN_H
#define CHUTE_NET_CONN_H

#include <stdbool.h>
#include <uv.h>

#include "pipeline/base/buf.h"
#include "pipeline/base/log.h"
#include "pipeline/net/address.h"
#include "pipeline/net/proxy.h"
#include "pipeline/net/spare.h"

struct chute_conns;
struct chute_names;

/* What the former owner of a connection leaves to the next. */
struct chute_conn_rest {
    struct chute_buf bytes; /* of a frame that is not whole */
    size_t to_skip;         /* bytes of one that was too long, still to come */
    bool is_skipping;       /* up to the end of one that was too long */
};

struct chute_conn {
    uv_tcp_t tcp;
    struct chute_conns *conns;
    struct chute_conn *next, *previous;
    void *data; /* the owner's */
    struct chute_address peer;
    char *name;               /* of the peer, where names are looked up; else NULL */
    struct chute_proxy proxy; /* what a proxy told; else all "" */
    struct chute_conn_rest rest;
    struct chute_buf header; /* bytes of a PROXY header that is not whole yet */
    uint64_t waits_since_ms; /* for its peer's name */
    uint64_t last_ms;        /* when something was read */
    uv_shutdown_t goodbye;
    bool is_named;  /* the name is known, or not wanted */
    bool has_proxy; /* it begins with a PROXY header */
    bool is_open;   /* on_open was called */
    bool is_left;   /* was open, until its owner left */
    bool is_reading;
    bool is_held;  /* by chute_conn_hold */
    bool is_shut;  /* our side has ended */
    bool is_quiet; /* while closing: nothing came since the last tick */
    bool is_closing;
};

struct chute_conn_events {
    /* The connection is there: set conn->data, and go on with conn->rest. */
    void (*on_open)(struct chute_conn *conn);
    /* Where the next read may go: *size bytes. */
    char *(*on_room)(struct chute_conn *conn, size_t *size);
    /* `len` bytes were read into that room. */
    void (*on_read)(struct chute_conn *conn, size_t len);
    /* Bytes that were read elsewhere (behind a PROXY header); they are to be copied. */
    void (*on_bytes)(struct chute_conn *conn, struct chute_str bytes);
    /* Nothing was read for `idle_ms`; about once a second. */
    void (*on_idle)(struct chute_conn *conn, long long idle_ms);
    /* It is over: 0 for an orderly end. Free conn->data. Only after on_open. */
    void (*on_end)(struct chute_conn *conn, int error);
    /* The owner leaves, and the connection stays: put what is unfinished into conn->rest and free conn->data.
     * NULL where sets are never left. */
    void (*on_leave)(struct chute_conn *conn);
};

struct chute_conns {
    uv_loop_t *loop;
    const struct chute_conn_events *events;
    void *owner;
    const char *module;        /* whose log lines these are: "inputs.tcp" */
    struct chute_names *names; /* where peers' names are looked up; NULL: they are not */
    bool has_proxy;            /* every connection begins with a PROXY header */
    bool has_keep_alive;
    size_t most;               /* connections; a further one is closed at once; 0: no limit */
    struct chute_spare *spare; /* for connections when no other descriptor is left; NULL: none */
    uint64_t silent_ms; /* one that has never said anything is closed after so long; 0: never */

    struct chute_conn *first;
    size_t count;
    uv_timer_t timer;
    bool is_paused;
    bool is_closing;
    uint64_t closes_at_ms;
    void (*on_closed)(void *arg);
    void *on_closed_arg;
    struct chute_log_limiter tls_limiter, proxy_limiter, most_limiter;
};

/* Makes the set ready; the members above the gap are set by the caller. */
void chute_conns_init(struct chute_conns *conns);
/* A new connection, not in use yet; freed by chute_conn_close or by use. */
struct chute_conn *chute_conn_create(struct chute_conns *conns);
/* The connection is established: it joins its set, and is read from as soon as it may be. */
void chute_conn_use(struct chute_conn *conn);
/* Ends it; on_end tells `error`. */
void chute_conn_close(struct chute_conn *conn, int error);

/* This one is not read from until release. */
void chute_conn_hold(struct chute_conn *conn);
void chute_conn_release(struct chute_conn *conn);
/* Ends our side, once all that is to be written is: the peer sees an end, and may still send. */
void chute_conn_shut(struct chute_conn *conn);

/* Nothing is read until resume. */
void chute_conns_pause(struct chute_conns *conns);
void chute_conns_resume(struct chute_conns *conns);
/* The owner leaves; the connections stay as they are, and nothing is read. */
void chute_conns_leave(struct chute_conns *conns);
/* Another owner, as `wanted` says, takes over a set that was left. */
void chute_conns_take(struct chute_conns *conns, const struct chute_conns *wanted);
/* Reads what is still on its way, for a moment, unless it was left; then ends all connections and calls
 * `on_closed(arg)`, after which the set's memory is free. */
void chute_conns_close(struct chute_conns *conns, void (*on_closed)(void *arg), void *arg);

#endif
