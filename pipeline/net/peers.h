/* pipeline/net/peers.h - something made for each sender of datagrams, kept for the senders that are active.
 *
 * Ownership: the table holds a reference to each; a zeroed one is ready.
 * Threads: one at a time. */
#ifndef CHUTE_NET_PEERS_H
#define CHUTE_NET_PEERS_H

#include <netinet/in.h>

#include "pipeline/base/batch.h"

#define CHUTE_PEERS 64 /* peers of the same slot push each other out */

struct chute_peer {
    struct in6_addr address; /* of IPv4 the first four bytes */
    sa_family_t family;
    struct chute_held *held;
};
struct chute_peers {
    struct chute_peer slots[CHUTE_PEERS];
};

/* What was made for the address of `from`, by `make(owner, ip)` (which returns one reference) if it is not there; a
 * view, valid until the next call. */
struct chute_held *chute_peers_get(struct chute_peers *peers, const struct sockaddr *from,
    struct chute_held *(*make)(void *owner, const char *ip), void *owner);
void chute_peers_finish(struct chute_peers *peers);

#endif
