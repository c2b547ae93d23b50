#include "pipeline/net/peers.h"

#include "pipeline/net/address.h"

struct chute_held *chute_peers_get(struct chute_peers *peers, const struct sockaddr *from,
    struct chute_held *(*make)(void *owner, const char *ip), void *owner) {
    struct in6_addr address = { 0 };
    if (from->sa_family == AF_INET6) {
        address = ((const struct sockaddr_in6 *)from)->sin6_addr;
    } else {
        memcpy(&address, &((const struct sockaddr_in *)from)->sin_addr, 4);
    }
    unsigned hash = 5381;
    for (size_t i = 0; i < sizeof(address.s6_addr); i++) {
        hash = hash * 33 + address.s6_addr[i];
    }
    struct chute_peer *peer = &peers->slots[hash % CHUTE_PEERS];
    if (peer->held == NULL || peer->family != from->sa_family ||
        memcmp(&peer->address, &address, sizeof(address)) != 0) {
        chute_held_unref(peer->held);
        peer->address = address;
        peer->family = from->sa_family;
        peer->held = make(owner, chute_address_of(from).ip);
    }
    return peer->held;
}

void chute_peers_finish(struct chute_peers *peers) {
    for (size_t i = 0; i < CHUTE_PEERS; i++) {
        chute_held_unref(peers->slots[i].held);
        peers->slots[i].held = NULL;
    }
}
