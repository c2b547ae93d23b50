/* pipeline/net/host_parse.c - reads a host as a configuration writes it; base64. */
#include "pipeline/base/ascii.h"
#include "pipeline/base/number.h"
#include "pipeline/net/hosts.h"

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void chute_base64_add(struct chute_buf *out, struct chute_str text) {
    for (size_t i = 0; i < text.len; i += 3) {
        size_t left = text.len - i;
        uint32_t three = (uint32_t)(unsigned char)text.at[i] << 16;
        three |= left > 1 ? (uint32_t)(unsigned char)text.at[i + 1] << 8 : 0;
        three |= left > 2 ? (uint32_t)(unsigned char)text.at[i + 2] : 0;
        chute_buf_add_char(out, base64_digits[three >> 18]);
        chute_buf_add_char(out, base64_digits[three >> 12 & 63]);
        chute_buf_add_char(out, left > 1 ? base64_digits[three >> 6 & 63] : '=');
        chute_buf_add_char(out, left > 2 ? base64_digits[three & 63] : '=');
    }
}

bool chute_base64_decode(struct chute_buf *out, struct chute_str text) {
    uint32_t bits = 0;
    int count = 0;
    while (text.len > 0 && text.at[text.len - 1] == '=') {
        text.len--;
    }
    for (size_t i = 0; i < text.len; i++) {
        const char *digit = text.at[i] == '\0' ? NULL : memchr(base64_digits, text.at[i], 64);
        if (digit == NULL) {
            return false;
        }
        bits = bits << 6 | (uint32_t)(digit - base64_digits);
        count += 6;
        if (count >= 8) {
            count -= 8;
            chute_buf_add_char(out, (char)(bits >> count));
        }
    }
    return text.len % 4 != 1;
}

/* Undoes %XX. */
static struct chute_str percent_decode(struct chute_arena *arena, struct chute_str text) {
    char *out = chute_arena_get(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '%' && i + 2 < text.len && chute_is_hex(text.at[i + 1]) &&
            chute_is_hex(text.at[i + 2])) {
            out[len++] =
                (char)(chute_hex_value(text.at[i + 1]) << 4 | chute_hex_value(text.at[i + 2]));
            i += 2;
        } else {
            out[len++] = text.at[i];
        }
    }
    out[len] = '\0';
    return (struct chute_str){ out, len };
}

/* Offset of the first of `bytes` in `text`, or its length. */
static size_t span_to(struct chute_str text, const char *bytes) {
    size_t i = 0;
    while (i < text.len && (text.at[i] == '\0' || strchr(bytes, text.at[i]) == NULL)) {
        i++;
    }
    return i;
}

static void parse_user(struct chute_arena *arena, struct chute_str text, struct chute_host *host) {
    size_t colon = span_to(text, ":");
    host->user = percent_decode(arena, (struct chute_str){ text.at, colon });
    if (colon < text.len) {
        host->password =
            percent_decode(arena, (struct chute_str){ text.at + colon + 1, text.len - colon - 1 });
    }
}

static const char *parse_port(struct chute_str text, struct chute_host *host) {
    int64_t port = 0;
    if (!chute_number_parse_int(text, &port) || port < 1 || port > 65535) {
        return "its port is no number from 1 to 65535";
    }
    host->port = (int)port;
    return NULL;
}

/* What stands between the scheme and the path, without the user. */
static const char *parse_authority(
    struct chute_arena *arena, struct chute_str text, struct chute_host *host) {
    size_t name_len = span_to(text, ":");
    if (text.len > 0 && text.at[0] == '[') {
        size_t bracket = span_to(text, "]");
        if (bracket == text.len) {
            return "a bracket is not closed";
        }
        name_len = bracket + 1;
    } else if (name_len < text.len &&
               memchr(text.at + name_len + 1, ':', text.len - name_len - 1) != NULL) {
        return "an IPv6 address has to stand in brackets";
    }
    if (name_len == 0) {
        return "it has no name";
    }
    host->name = chute_arena_copy(arena, (struct chute_str){ text.at, name_len });
    for (size_t i = 0; i < name_len; i++) {
        if ((unsigned char)text.at[i] <= ' ' || text.at[i] == '@' || text.at[i] == '\\' ||
            text.at[i] == '%') {
            return "a host's name cannot hold that";
        }
    }
    if (name_len == text.len) {
        return NULL;
    }
    if (text.at[name_len] != ':') {
        return "something stands between its name and its port";
    }
    return parse_port((struct chute_str){ text.at + name_len + 1, text.len - name_len - 1 }, host);
}

const char *chute_host_parse(
    struct chute_arena *arena, struct chute_str text, struct chute_host *host) {
    *host = (struct chute_host){ .path = CHUTE_STR(""), .query = CHUTE_STR("") };
    text = chute_str_trim(text);
    ptrdiff_t scheme = chute_str_find(text, CHUTE_STR("://"));
    if (scheme >= 0) {
        struct chute_str name = { text.at, (size_t)scheme };
        host->has_scheme = true;
        host->is_tls = chute_str_eq_nocase(name, CHUTE_STR("https"));
        if (!host->is_tls && !chute_str_eq_nocase(name, CHUTE_STR("http"))) {
            return "its scheme is neither http nor https";
        }
        text.at += scheme + 3;
        text.len -= (size_t)scheme + 3;
    } else if (chute_str_starts_with(text, CHUTE_STR("//"))) {
        text.at += 2;
        text.len -= 2;
    }
    struct chute_str authority = { text.at, span_to(text, "/?#") };
    struct chute_str rest = { text.at + authority.len, text.len - authority.len };
    for (size_t i = authority.len; i > 0; i--) {
        if (authority.at[i - 1] == '@') {
            parse_user(arena, (struct chute_str){ authority.at, i - 1 }, host);
            authority.at += i;
            authority.len -= i;
            break;
        }
    }
    rest.len = span_to(rest, "#");
    size_t question = span_to(rest, "?");
    if (question < rest.len) {
        host->query = chute_arena_copy(
            arena, (struct chute_str){ rest.at + question + 1, rest.len - question - 1 });
    }
    rest.len = question;
    while (rest.len > 0 && rest.at[rest.len - 1] == '/') {
        rest.len--;
    }
    host->path = chute_arena_copy(arena, rest);
    return parse_authority(arena, authority, host);
}

bool chute_host_is_loopback(const struct chute_host *host) {
    return chute_str_eq_nocase(host->name, CHUTE_STR("localhost")) ||
           chute_str_starts_with(host->name, CHUTE_STR("127.")) ||
           chute_str_eq(host->name, CHUTE_STR("[::1]"));
}
