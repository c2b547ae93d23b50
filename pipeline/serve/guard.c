/* pipeline/serve/guard.c - who may ask for what. A browser asks on behalf of any page that it shows: what such a page must
 * not read or change is told from the rest by the headers Host and Origin, which no page can choose. */
#include <arpa/inet.h>
#include <http_parser.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <strings.h>

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

static bool is_authorized(const struct chute_api *api, struct chute_str said) {
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
static bool is_own_host(const struct chute_api *api, struct chute_str header) {
    char name[256];
    unsigned char address[sizeof(struct in6_addr)];
    host_of(header, name);
    return header.len == 0 || inet_pton(AF_INET, name, address) == 1 ||
           inet_pton(AF_INET6, name, address) == 1 ||
           chute_str_eq_nocase(chute_str_of(name), CHUTE_STR("localhost")) ||
           chute_str_eq_nocase(chute_str_of(name), chute_str_of(api->settings.host));
}

/* False if a page of another origin asks. */
static bool is_own_origin(const struct chute_asker *asker) {
    bool is_elsewhere = asker->site.at != NULL &&
                        !chute_str_eq(asker->site, CHUTE_STR("same-origin")) &&
                        !chute_str_eq(asker->site, CHUTE_STR("none"));
    if (is_elsewhere && !chute_str_eq(asker->mode, CHUTE_STR("navigate"))) {
        return false; /* what is navigated to shows to nobody but the user */
    }
    if (asker->origin.at == NULL) {
        return true;
    }
    ptrdiff_t slashes = chute_str_find(asker->origin, CHUTE_STR("://"));
    if (slashes < 0) {
        return false;
    }
    struct chute_str origin = { asker->origin.at + slashes + 3,
        asker->origin.len - (size_t)slashes - 3 };
    return chute_str_eq_nocase(origin, asker->host);
}

/* True if who asks sits at this machine, and not behind a proxy that does. */
static bool is_from_here(const struct chute_api *api, const struct chute_asker *asker) {
    char name[256];
    struct in_addr address;
    host_of(asker->host, name);
    bool is_here = name[0] == '\0' || strcmp(name, "::1") == 0 ||
                   (inet_pton(AF_INET, name, &address) == 1 && is_loopback_ip(name)) ||
                   chute_str_eq_nocase(chute_str_of(name), CHUTE_STR("localhost")) ||
                   (api->is_on_loopback && strcasecmp(name, api->settings.host) == 0);
    return is_here && is_loopback_ip(asker->peer) && !asker->is_forwarded;
}

int chute_serve_refusal_of(
    const struct chute_api *api, const struct chute_asker *asker, enum chute_route_access access) {
    bool is_for_pages = access >= CHUTE_ROUTE_GUARDED; /* a browser's page may ask for it */
    if ((api->is_on_loopback || (is_for_pages && !api->has_auth)) &&
        !is_own_host(api, asker->host)) {
        return HTTP_STATUS_FORBIDDEN;
    }
    if (api->has_auth && access != CHUTE_ROUTE_OPEN && !is_authorized(api, asker->authorization)) {
        return HTTP_STATUS_UNAUTHORIZED;
    }
    if (is_for_pages && !is_own_origin(asker)) {
        return HTTP_STATUS_FORBIDDEN;
    }
    if (access == CHUTE_ROUTE_GUARDED && !api->has_auth && !is_loopback_ip(asker->peer)) {
        return HTTP_STATUS_FORBIDDEN;
    }
    if (access == CHUTE_ROUTE_EVENTS && !api->settings.shows_events && !is_from_here(api, asker)) {
        return HTTP_STATUS_FORBIDDEN;
    }
    return 0;
}

static struct chute_asker asker_of(const struct chute_http_exchange *exchange) {
    return (struct chute_asker){
        .peer = exchange->peer,
        .host = chute_http_header(exchange, "Host"),
        .origin = chute_http_header(exchange, "Origin"),
        .site = chute_http_header(exchange, "Sec-Fetch-Site"),
        .mode = chute_http_header(exchange, "Sec-Fetch-Mode"),
        .authorization = chute_http_header(exchange, "Authorization"),
        .is_forwarded = chute_http_header(exchange, "Forwarded").at != NULL ||
                        chute_http_header(exchange, "X-Forwarded-For").at != NULL,
    };
}

int chute_serve_refusal(const struct chute_api *api, const struct chute_http_exchange *exchange,
    const struct chute_route *route) {
    struct chute_asker asker = asker_of(exchange);
    int status =
        chute_serve_refusal_of(api, &asker, route == NULL ? CHUTE_ROUTE_USUAL : route->access);
    return status == 0 && route == NULL ? HTTP_STATUS_NOT_FOUND : status;
}

bool chute_serve_may_see_events(
    const struct chute_api *api, const struct chute_http_exchange *exchange) {
    struct chute_asker asker = asker_of(exchange);
    return chute_serve_refusal_of(api, &asker, CHUTE_ROUTE_EVENTS) == 0;
}
