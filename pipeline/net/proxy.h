/* pipeline/net/proxy.h - the header by which a proxy in front tells whose connection it passes on: the
 * PROXY protocol, version 1 (text) and 2 (binary).
 *
 * Ownership: plain values. Threads: any. */
#ifndef CHUTE_NET_PROXY_H
#define CHUTE_NET_PROXY_H

#include <stddef.h>

#include "pipeline/base/str.h"

/* No header is longer; a longer one is refused. */
#define CHUTE_PROXY_MAX 4096

/* What a header says. `source_ip` is "" where the proxy does not tell (UNKNOWN, LOCAL). */
struct chute_proxy {
    char source_ip[64];
    char source_port[8];
    char proxy_ip[64];
    char proxy_port[8];
};

/* Reads the header at the start of `bytes`. Returns its length; 0 if more bytes are needed; -1 if it is none. */
int chute_proxy_parse(struct chute_str bytes, struct chute_proxy *out);

#endif
