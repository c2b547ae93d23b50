#include "pipeline/net/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

struct chute_address chute_address_of(const struct sockaddr *from) {
    struct chute_address address = { 0 };
    if (from->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)from;
        inet_ntop(AF_INET, &in->sin_addr, address.ip, sizeof(address.ip));
        address.port = ntohs(in->sin_port);
    } else if (from->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)from;
        bool is_mapped = IN6_IS_ADDR_V4MAPPED(&in->sin6_addr);
        const unsigned char *bytes = in->sin6_addr.s6_addr + (is_mapped ? 12 : 0);
        inet_ntop(is_mapped ? AF_INET : AF_INET6, bytes, address.ip, sizeof(address.ip));
        address.port = ntohs(in->sin6_port);
    }
    return address;
}

int chute_address_resolve(const char *host, int port, struct sockaddr_storage *out) {
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    char service[16];
    snprintf(service, sizeof(service), "%d", port);
    int rc = getaddrinfo(host, service, &hints, &found);
    if (rc != 0) {
        return rc == EAI_SYSTEM ? UV_EIO : UV_EAI_NONAME;
    }
    memset(out, 0, sizeof(*out));
    memcpy(out, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return 0;
}

struct chute_str chute_address_join(struct chute_arena *arena, const char *host, long long port) {
    bool is_ipv6 = strchr(host, ':') != NULL;
    return chute_arena_printf(arena, is_ipv6 ? "[%s]:%lld" : "%s:%lld", host, port);
}

socklen_t chute_address_len(const struct sockaddr_storage *address) {
    return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                          : sizeof(struct sockaddr_in);
}

bool chute_address_is_loopback(const struct sockaddr_storage *address) {
    const struct sockaddr_in *in = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
    return address->ss_family == AF_INET6 ? IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr)
                                          : ntohl(in->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}
