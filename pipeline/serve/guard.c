/* pipeline/serve/guard.c - who may ask for what. A browser asks on behalf of any page that it shows: what such a page must
 * not read or change is told from the rest by the headers Host and Origin, which no page can choose. */
#include <arpa/inet.h>
#include <http_parser.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "pipeline/net/hosts.h"
#include "pipeline/serve/serve.h"

/* ------------------------------------------------------------------ auth */

/* Digests of equal length are compared, so that the time tells nothing of the text. */
static void hash(struct chute_str text, unsigned char out[SHA256_DIGEST_LENGTH]) {
    SHA256((const unsigned char *)text.at, text.len, out);
}

void chute_serve_set_auth(struct chute_api *api) {
    api->has_auth = api->settings.username != NULL;
    if (!api->has_auth) {
        return;
    }
    struct chute_buf plain = { 0 }, encoded = { 0 };
    chute_buf_printf(&plain, "%s:%s", api->settings.username, api->settings.password);
    chute_base64_add(&encoded, chute_buf_str(&plain));
    hash(chute_buf_str(&encoded), api->auth_hash);
    OPENSSL_cleanse(plain.at, plain.len);
    OPENSSL_cleanse(encoded.at, encoded.len);
    chute_buf_finish(&plain);
    chute_buf_finish(&encoded);
}

static bool is_authorized(const struct chute_api *api, const struct chute_http_exchange *exchange) {
    struct chute_str said = chute_http_header(exchange, "Authorization");
    struct chute_str scheme = { said.at, said.len < 6 ? said.len : 6 };
    if (!chute_str_eq_nocase(scheme, CHUTE_STR("Basic "))) {
        return false;
    }
    struct chute_str secret = { said.at + scheme.len, said.len - scheme.len };
    unsigned char said_hash[SHA256_DIGEST_LENGTH];
    hash(chute_str_trim(secret), said_hash);
    return CRYPTO_memcmp(said_hash, api->auth_hash, sizeof(said_hash)) == 0;
}

/* ------------------------------------------------------------------ where a request comes from */

static bool is_loopback_ip(const char *ip) {
    return strncmp(ip, "127.", 4) == 0 || strcmp(ip, "::1") == 0;
}

/* The name in a Host header, without its port and brackets. */
static void host_of(struct chute_str header, char name[256]) {
    bool has_brackets = header.len > 0 && header.at[0] == '[';
    const char *end =
        header.len == 0 ? NULL : memchr(header.at, has_brackets ? ']' : ':', header.len);
    struct chute_str host = { header.at + has_brackets,
        (end == NULL ? header.len : (size_t)(end - header.at)) - (end == NULL ? 0 : has_brackets) };
    snprintf(name, 256, "%.*s", host.len > 255 ? 255 : (int)host.len, host.len == 0 ? "" : host.at);
}

/* False for a name that may belong to somebody else, who has pointed it at us ("DNS rebinding"). A client without a Host is
 * no browser. */
static bool is_own_host(const struct chute_api *api, const struct chute_http_exchange *exchange) {
    struct chute_str header = chute_http_header(exchange, "Host");
    char name[256];
    unsigned char address[sizeof(struct in6_addr)];
    host_of(header, name);
    return header.len == 0 || inet_pton(AF_INET, name, address) == 1 ||
           inet_pton(AF_INET6, name, address) == 1 ||
           chute_str_eq_nocase(chute_str_of(name), CHUTE_STR("localhost")) ||
           chute_str_eq_nocase(chute_str_of(name), chute_str_of(api->settings.host));
}

/* False if a page of another origin asks. */
static bool is_own_origin(const struct chute_http_exchange *exchange) {
    struct chute_str origin = chute_http_header(exchange, "Origin");
    if (origin.at == NULL) {
        return true;
    }
    struct chute_str host = chute_http_header(exchange, "Host");
    ptrdiff_t slashes = chute_str_find(origin, CHUTE_STR("://"));
    if (slashes < 0) {
        return false;
    }
    struct chute_str asker = { origin.at + slashes + 3, origin.len - (size_t)slashes - 3 };
    return chute_str_eq_nocase(asker, host);
}

int chute_serve_refusal(const struct chute_api *api, const struct chute_http_exchange *exchange,
    const struct chute_route *route) {
    bool is_guarded = route != NULL && route->access == CHUTE_ROUTE_GUARDED;
    bool is_open = route != NULL && route->access == CHUTE_ROUTE_OPEN;
    if ((api->is_on_loopback || (is_guarded && !api->has_auth)) && !is_own_host(api, exchange)) {
        return HTTP_STATUS_FORBIDDEN;
    }
    if (api->has_auth && !is_open && !is_authorized(api, exchange)) {
        return HTTP_STATUS_UNAUTHORIZED;
    }
    if (is_guarded &&
        (!is_own_origin(exchange) || (!api->has_auth && !is_loopback_ip(exchange->peer)))) {
        return HTTP_STATUS_FORBIDDEN;
    }
    return route == NULL ? HTTP_STATUS_NOT_FOUND : 0;
}
