#include "pipeline/net/proxy.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>

#define V1_MAX 107 /* with its line end */
#define V2_FIXED 16
#define V2_SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

static bool copy_word(struct chute_str word, char *out, size_t size) {
    if (word.len == 0 || word.len >= size) {
        return false;
    }
    memcpy(out, word.at, word.len);
    out[word.len] = '\0';
    return true;
}

static bool is_port(const char *text) {
    long port = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at < '0' || *at > '9') {
            return false;
        }
        port = port * 10 + (*at - '0');
    }
    return port <= 65535;
}

static int parse_v1(struct chute_str bytes, struct chute_proxy *out) {
    const char *end = memchr(bytes.at, '\n', bytes.len);
    if (end == NULL) {
        return bytes.len < V1_MAX ? 0 : -1;
    }
    int taken = (int)(end - bytes.at) + 1;
    struct chute_str line = { bytes.at, (size_t)taken - 1 };
    if (line.len > 0 && line.at[line.len - 1] == '\r') {
        line.len--;
    }
    chute_str_cut(&line, ' '); /* PROXY */
    struct chute_str family = chute_str_cut(&line, ' ');
    if (chute_str_eq(family, CHUTE_STR("UNKNOWN"))) {
        return taken;
    }
    struct chute_proxy said = { 0 };
    unsigned char address[16];
    int kind = chute_str_eq(family, CHUTE_STR("TCP6")) ? AF_INET6 : AF_INET;
    if ((kind == AF_INET && !chute_str_eq(family, CHUTE_STR("TCP4"))) ||
        !copy_word(chute_str_cut(&line, ' '), said.source_ip, sizeof(said.source_ip)) ||
        !copy_word(chute_str_cut(&line, ' '), said.proxy_ip, sizeof(said.proxy_ip)) ||
        !copy_word(chute_str_cut(&line, ' '), said.source_port, sizeof(said.source_port)) ||
        !copy_word(chute_str_cut(&line, ' '), said.proxy_port, sizeof(said.proxy_port)) ||
        inet_pton(kind, said.source_ip, address) != 1 ||
        inet_pton(kind, said.proxy_ip, address) != 1 || !is_port(said.source_port) ||
        !is_port(said.proxy_port)) {
        return -1;
    }
    *out = said;
    return taken;
}

static void write_v2(int family, const unsigned char *at, size_t size, struct chute_proxy *out) {
    const unsigned char *ports = at + 2 * size;
    inet_ntop(family, at, out->source_ip, sizeof(out->source_ip));
    inet_ntop(family, at + size, out->proxy_ip, sizeof(out->proxy_ip));
    snprintf(out->source_port, sizeof(out->source_port), "%d", ports[0] << 8 | ports[1]);
    snprintf(out->proxy_port, sizeof(out->proxy_port), "%d", ports[2] << 8 | ports[3]);
}

static int parse_v2(struct chute_str bytes, struct chute_proxy *out) {
    if (bytes.len < V2_FIXED) {
        return 0;
    }
    const unsigned char *at = (const unsigned char *)bytes.at;
    size_t rest = (size_t)at[14] << 8 | at[15];
    unsigned command = at[12] & 15, family = at[13] >> 4;
    if (at[12] >> 4 != 2 || command > 1 || V2_FIXED + rest > CHUTE_PROXY_MAX) {
        return -1;
    }
    if (bytes.len < V2_FIXED + rest) {
        return 0;
    }
    if (command == 1 && family == 1 && rest >= 12) {
        write_v2(AF_INET, at + V2_FIXED, 4, out);
    } else if (command == 1 && family == 2 && rest >= 36) {
        write_v2(AF_INET6, at + V2_FIXED, 16, out);
    }
    return V2_FIXED + (int)rest;
}

int chute_proxy_parse(struct chute_str bytes, struct chute_proxy *out) {
    static const struct chute_str v1 = { "PROXY ", 6 };
    static const struct chute_str v2 = { V2_SIGNATURE, sizeof(V2_SIGNATURE) - 1 };
    *out = (struct chute_proxy){ 0 };
    size_t len1 = bytes.len < v1.len ? bytes.len : v1.len;
    size_t len2 = bytes.len < v2.len ? bytes.len : v2.len;
    if (len1 == 0) {
        return 0;
    }
    if (memcmp(bytes.at, v1.at, len1) == 0) {
        return len1 < v1.len ? 0 : parse_v1(bytes, out);
    }
    if (memcmp(bytes.at, v2.at, len2) == 0) {
        return len2 < v2.len ? 0 : parse_v2(bytes, out);
    }
    return -1;
}
