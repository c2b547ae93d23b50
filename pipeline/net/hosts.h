/* pipeline/net/hosts.h - the nodes of a cluster that speaks HTTP: read from a configuration or from the cluster
 * itself, chosen in turn, left alone for a while when they do not answer.
 *
 * Ownership: a list owns its nodes; a node is counted, so that a request outlives the node's removal.
 * Threads: one at a time. */
#ifndef CHUTE_NET_HOSTS_H
#define CHUTE_NET_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pipeline/base/arena.h"
#include "pipeline/base/buf.h"
#include "pipeline/base/value.h"

/* A host as somebody wrote it. Texts are NUL-terminated and lie in the arena handed in. */
struct chute_host {
    bool is_tls;
    bool has_scheme;           /* it was written */
    struct chute_str name;     /* IPv6 addresses in brackets */
    int port;                  /* 0: not written */
    struct chute_str path;     /* "" or "/x", without a slash at the end */
    struct chute_str query;    /* without its question mark */
    struct chute_str user;     /* decoded; `.at == NULL` when absent */
    struct chute_str password; /* decoded */
};

/* Reads `es`, `es:9200`, `[::1]:9200`, `https://user:secret@es:9243/path?x=y`. NULL, or why it is none. */
const char *chute_host_parse(
    struct chute_arena *arena, struct chute_str text, struct chute_host *host);
/* True for localhost, 127.x.y.z and [::1]. */
bool chute_host_is_loopback(const struct chute_host *host);

/* One node, as requests use it. */
struct chute_node {
    char *url;           /* "http://es:9200/path", for requests and for logs: no user in it */
    char *query;         /* "a=b&c=d" or "" */
    char *authorization; /* a whole header, or NULL */
    int references;
    int open; /* requests */
    bool is_dead;
    bool is_removed;      /* from the list; goes when its requests are done */
    unsigned failures;    /* in a row */
    uint64_t retry_at_ms; /* when a dead one may be tried again */
};

struct chute_hosts {
    struct chute_node **nodes;
    size_t count;
    size_t next; /* where the next choice begins */
};

/* Adds a node; texts are copied. One with the same url is not added again. */
void chute_hosts_add(
    struct chute_hosts *hosts, const char *url, const char *query, const char *authorization);
/* The living node with the fewest open requests, in turn; if none lives, the dead one that has waited longest
 * of those that may be tried again; else NULL. Referenced for the caller, and counted as open. */
struct chute_node *chute_hosts_take(struct chute_hosts *hosts, uint64_t now_ms);
/* Ends what chute_hosts_take began. */
void chute_node_give_back(struct chute_node *node);
/* The node did not answer: not chosen until `delay_ms` later, doubled with each failure in a row, up to
 * `max_ms`. True if it was alive. */
bool chute_node_failed(
    struct chute_node *node, uint64_t now_ms, uint64_t delay_ms, uint64_t max_ms);
/* The node answered. True if it was dead. */
bool chute_node_answered(struct chute_node *node);
/* How many milliseconds until some node may be chosen: 0 if one may now. */
uint64_t chute_hosts_wait_ms(const struct chute_hosts *hosts, uint64_t now_ms);
/* Replaces the list by `urls`; nodes that stay keep their state; new ones get `query` and `authorization`. True if
 * something changed. */
bool chute_hosts_replace(struct chute_hosts *hosts, const struct chute_str *urls, size_t count,
    const char *query, const char *authorization);
/* Accepts a zeroed list. */
void chute_hosts_finish(struct chute_hosts *hosts);

/* The addresses of data nodes in the answer to GET /_nodes/http, as "10.0.0.1:9200"; in `arena`. Returns how
 * many; 0 if it is no such answer. */
size_t chute_hosts_sniffed(
    struct chute_arena *arena, const struct chute_value *answer, struct chute_str **addresses);

/* Appends `text` in base64. */
void chute_base64_add(struct chute_buf *out, struct chute_str text);
/* Appends what base64 `text` holds. False if it is none. */
bool chute_base64_decode(struct chute_buf *out, struct chute_str text);

#endif
