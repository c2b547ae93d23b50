/* pipeline/net/address.h - socket addresses as text, and names as socket addresses.
 *
 * Ownership: plain values. Threads: any. */
#ifndef CHUTE_NET_ADDRESS_H
#define CHUTE_NET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "pipeline/base/arena.h"

/* An address as text: IPv4 also where it came mapped into IPv6. */
struct chute_address {
    char ip[INET6_ADDRSTRLEN];
    int port;
};

/* What `from` says; "" and 0 for a family that is no internet one. */
struct chute_address chute_address_of(const struct sockaddr *from);
/* Looks up `host`, a name or an address, and waits for the answer. 0, or a negative libuv code. */
int chute_address_resolve(const char *host, int port, struct sockaddr_storage *out);
/* Host and port as one text, an IPv6 address in brackets; NUL-terminated, in `arena`. */
struct chute_str chute_address_join(struct chute_arena *arena, const char *host, long long port);
/* True for one that only this machine reaches. */
bool chute_address_is_loopback(const struct sockaddr_storage *address);
/* Bytes of an address of its family. */
socklen_t chute_address_len(const struct sockaddr_storage *address);

#endif
