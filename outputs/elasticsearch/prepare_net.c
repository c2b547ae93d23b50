/* outputs/elasticsearch/prepare_net.c - where the nodes are, how they are asked, and who asks. */
#include <curl/curl.h>

#include "outputs/elasticsearch/elasticsearch.h"
#include "pipeline/base/ascii.h"

#define DEFAULT_PORT 9200
#define CONNECT_TIMEOUT_MS 15000

struct net {
    struct es_settings *settings;
    const struct chute_prepare *prepare;
    struct chute_arena *arena;
    struct chute_buf buf;
};

/* ------------------------------------------------------------------ who asks */

static bool set_cloud_auth(struct net *net) {
    struct es_settings *settings = net->settings;
    struct chute_str text = settings->cloud_auth;
    ptrdiff_t colon = chute_str_find(text, CHUTE_STR(":"));
    if (colon <= 0 || (size_t)colon + 1 == text.len) {
        chute_prepare_refuse(net->prepare, "cloud_auth", "cloud_auth has to be user:password");
        return false;
    }
    settings->user = chute_arena_copy(net->arena, (struct chute_str){ text.at, (size_t)colon });
    settings->password = chute_arena_copy(
        net->arena, (struct chute_str){ text.at + colon + 1, text.len - (size_t)colon - 1 });
    return true;
}

static struct chute_str auth_part(const struct chute_object *auth, struct chute_str name) {
    const struct chute_value *value = chute_object_get(auth, name);
    return value != NULL && value->type == CHUTE_STRING ? chute_value_str(value)
                                                        : (struct chute_str){ 0 };
}

static bool set_auth_type(struct net *net) {
    struct es_settings *settings = net->settings;
    struct chute_str type = auth_part(settings->auth_type, CHUTE_STR("type"));
    if (!chute_str_eq(type, CHUTE_STR("basic"))) {
        chute_prepare_refuse(net->prepare, "auth_type",
            "auth_type knows type basic only; for aws_iam send through a proxy that signs");
        return false;
    }
    settings->user = auth_part(settings->auth_type, CHUTE_STR("user"));
    settings->password = auth_part(settings->auth_type, CHUTE_STR("password"));
    return true;
}

/* An empty text is what a variable gives that nobody set. */
static void drop_empty(struct chute_str *text) {
    if (text->len == 0) {
        text->at = NULL;
    }
}

static bool check_credentials(struct net *net) {
    struct es_settings *settings = net->settings;
    drop_empty(&settings->user);
    drop_empty(&settings->cloud_auth);
    drop_empty(&settings->cloud_id);
    drop_empty(&settings->api_key);
    if (settings->user.at == NULL) {
        drop_empty(&settings->password);
    }
    int ways = (settings->cloud_auth.at != NULL) + (settings->api_key.at != NULL) +
               (settings->user.at != NULL || settings->password.at != NULL) +
               (settings->auth_type != NULL);
    if (ways > 1) {
        chute_prepare_refuse(net->prepare, NULL,
            "there are several credentials; write one of user and password, api_key, cloud_auth");
        return false;
    }
    if (settings->cloud_auth.at != NULL && !set_cloud_auth(net)) {
        return false;
    }
    if (settings->auth_type != NULL && !set_auth_type(net)) {
        return false;
    }
    if ((settings->user.at == NULL) != (settings->password.at == NULL)) {
        chute_prepare_warn(net->prepare, settings->user.at != NULL ? "user" : "password",
            "user and password work together only; no credentials are sent");
    }
    return true;
}

/* "Authorization: …", or NULL. */
static const char *authorization(
    struct net *net, struct chute_str user, struct chute_str password) {
    const struct es_settings *settings = net->settings;
    struct chute_buf *buf = &net->buf;
    buf->len = 0;
    if (settings->api_key.at != NULL) {
        chute_buf_add_str(buf, CHUTE_STR("Authorization: ApiKey "));
        if (chute_str_find(settings->api_key, CHUTE_STR(":")) >= 0) {
            chute_base64_add(buf, settings->api_key);
        } else {
            chute_buf_add_str(buf, settings->api_key);
        }
    } else if (user.at != NULL && password.at != NULL) {
        struct chute_str both = chute_arena_printf(
            net->arena, "%.*s:%.*s", CHUTE_STR_ARGS(user), CHUTE_STR_ARGS(password));
        chute_buf_add_str(buf, CHUTE_STR("Authorization: Basic "));
        chute_base64_add(buf, both);
    } else {
        return NULL;
    }
    return chute_arena_copy(net->arena, chute_buf_str(buf)).at;
}

/* ------------------------------------------------------------------ where they are */

/* A path with one slash before it, none behind, and none doubled. */
static const char *clean_path(struct net *net, struct chute_str path, const char *behind) {
    struct chute_buf *buf = &net->buf;
    buf->len = 0;
    chute_buf_add_char(buf, '/');
    struct chute_str parts[] = { path, CHUTE_STR("/"), chute_str_of(behind) };
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < parts[i].len; j++) {
            if (parts[i].at[j] != '/' || buf->at[buf->len - 1] != '/') {
                chute_buf_add_char(buf, parts[i].at[j]);
            }
        }
    }
    if (buf->len > 1 && buf->at[buf->len - 1] == '/') {
        buf->len--;
    }
    return chute_arena_copy(net->arena, chute_buf_str(buf)).at;
}

/* Cloud's "name:base64(host$search$kibana)". */
static bool host_of_cloud(struct net *net, struct chute_host *host) {
    struct chute_str id = net->settings->cloud_id;
    ptrdiff_t colon = chute_str_find(id, CHUTE_STR(":"));
    struct chute_str coded = { id.at + colon + 1, id.len - (size_t)(colon + 1) };
    net->buf.len = 0;
    bool is_good = chute_base64_decode(&net->buf, coded);
    struct chute_str text = chute_arena_copy(net->arena, chute_buf_str(&net->buf));
    char *name = (char *)text.at;
    char *search = is_good ? strchr(name, '$') : NULL;
    if (search == NULL || search[1] == '\0' || search[1] == '$') {
        chute_prepare_refuse(net->prepare, "cloud_id", "cloud_id is none of Elastic Cloud");
        return false;
    }
    *search++ = '\0';
    char *kibana = strchr(search, '$');
    if (kibana != NULL) {
        *kibana = '\0';
    }
    const char *port = "443";
    char *own_port = strchr(name, ':');
    if (own_port != NULL) {
        *own_port++ = '\0';
        port = own_port;
    }
    own_port = strchr(search, ':');
    if (own_port != NULL) {
        *own_port++ = '\0';
        port = own_port;
    }
    struct chute_str url = chute_arena_printf(net->arena, "https://%s.%s:%s", search, name, port);
    const char *why = chute_host_parse(net->arena, url, host);
    if (why != NULL) {
        chute_prepare_refuse(net->prepare, "cloud_id", "cloud_id is none of Elastic Cloud");
    }
    return why == NULL;
}

/* The member whose key follows `last` in the order of names, or NULL. */
static const struct chute_member *next_parameter(
    const struct chute_object *parameters, const struct chute_member *last) {
    const struct chute_member *next = NULL;
    for (uint32_t i = 0; parameters != NULL && i < parameters->count; i++) {
        const struct chute_member *member = &parameters->members[i];
        struct chute_str key = { member->key, member->key_len };
        bool is_behind =
            last == NULL || chute_str_cmp(key, (struct chute_str){ last->key, last->key_len }) > 0;
        bool is_first =
            next == NULL || chute_str_cmp(key, (struct chute_str){ next->key, next->key_len }) < 0;
        next = is_behind && is_first ? member : next;
    }
    return next;
}

static const char *query_of(struct net *net, const struct chute_host *host) {
    const struct chute_object *parameters = net->settings->parameters;
    const struct chute_member *member = NULL;
    struct chute_buf *buf = &net->buf;
    buf->len = 0;
    chute_buf_add_str(buf, host->query);
    while ((member = next_parameter(parameters, member)) != NULL) {
        chute_buf_printf(
            buf, "%s%.*s=", buf->len > 0 ? "&" : "", (int)member->key_len, member->key);
        chute_template_print(buf, &member->value);
    }
    return chute_arena_copy(net->arena, chute_buf_str(buf)).at;
}

static bool check_scheme(struct net *net, struct chute_host *host) {
    const struct es_settings *settings = net->settings;
    bool is_set = chute_elasticsearch_is_set(net->prepare, "ssl_enabled");
    if (is_set && host->has_scheme && host->is_tls != settings->ssl_enabled) {
        chute_prepare_refuse(net->prepare, "hosts",
            "ssl_enabled is %s, but the host \"%s\" is written with %s",
            settings->ssl_enabled ? "true" : "false", host->name.at,
            host->is_tls ? "https" : "http");
        return false;
    }
    host->is_tls = host->has_scheme ? host->is_tls : settings->ssl_enabled;
    return true;
}

static bool add_node(struct net *net, struct chute_host *host, int default_port) {
    struct es_settings *settings = net->settings;
    if (host->path.len > 0 && settings->path.at != NULL) {
        chute_prepare_refuse(net->prepare, "path",
            "the host \"%s\" is written with a path already; remove one of them", host->name.at);
        return false;
    }
    if (!check_scheme(net, host)) {
        return false;
    }
    struct chute_str user = settings->user.at != NULL ? settings->user : host->user;
    struct chute_str password = settings->user.at != NULL ? settings->password : host->password;
    size_t at = settings->node_count++;
    settings->node_urls[at] =
        chute_arena_printf(net->arena, "%s://%s:%d%s", host->is_tls ? "https" : "http",
            host->name.at, host->port != 0 ? host->port : default_port, host->path.at)
            .at;
    settings->node_queries[at] = query_of(net, host);
    settings->node_authorizations[at] = authorization(net, user, password);
    if (settings->api_key.at != NULL && !host->is_tls) {
        chute_prepare_refuse(
            net->prepare, "api_key", "an API key is sent over TLS only: write https:// hosts");
        return false;
    }
    return true;
}

static bool is_between_hosts(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',';
}

/* One text may hold several hosts: a list from a variable. */
static void split_hosts(struct net *net) {
    struct chute_list *hosts = &net->settings->hosts;
    size_t count = 0;
    for (size_t i = 0; i < hosts->count; i++) {
        count += hosts->items[i].len / 2 + 1;
    }
    struct chute_str *items = chute_arena_get(net->arena, (count + 1) * sizeof(*items));
    count = 0;
    for (size_t i = 0; i < hosts->count; i++) {
        struct chute_str text = hosts->items[i];
        for (size_t at = 0, from = 0; at <= text.len; at++) {
            if (at == text.len || is_between_hosts(text.at[at])) {
                if (at > from) {
                    items[count++] = (struct chute_str){ text.at + from, at - from };
                }
                from = at + 1;
            }
        }
    }
    *hosts = (struct chute_list){ .items = items, .count = count };
}

static bool prepare_nodes(struct net *net) {
    struct es_settings *settings = net->settings;
    split_hosts(net);
    size_t count = settings->hosts.count > 0 ? settings->hosts.count : 1;
    settings->node_urls = chute_arena_zeroed(net->arena, count * sizeof(char *));
    settings->node_queries = chute_arena_zeroed(net->arena, count * sizeof(char *));
    settings->node_authorizations = chute_arena_zeroed(net->arena, count * sizeof(char *));
    struct chute_host host;
    if (settings->cloud_id.at != NULL) {
        if (chute_elasticsearch_is_set(net->prepare, "hosts")) {
            chute_prepare_refuse(
                net->prepare, "cloud_id", "there are cloud_id and hosts; remove one of them");
            return false;
        }
        return host_of_cloud(net, &host) && add_node(net, &host, 443);
    }
    bool is_near = true;
    for (size_t i = 0; i < settings->hosts.count; i++) {
        const char *why = chute_host_parse(net->arena, settings->hosts.items[i], &host);
        if (why != NULL) {
            chute_prepare_refuse(
                net->prepare, "hosts", "number %zu of hosts is no host: %s", i + 1, why);
            return false;
        }
        if (!add_node(net, &host, DEFAULT_PORT)) {
            return false;
        }
        is_near = is_near && chute_host_is_loopback(&host);
    }
    if (settings->node_count == 0) {
        chute_prepare_refuse(net->prepare, "hosts", "hosts is empty");
        return false;
    }
    if (!chute_elasticsearch_is_set(net->prepare, "compression_level")) {
        bool is_set = chute_elasticsearch_is_set(net->prepare, "http_compression");
        settings->compression_level = is_set ? settings->http_compression : !is_near;
    }
    return true;
}

static void prepare_targets(struct net *net) {
    struct es_settings *settings = net->settings;
    struct chute_str path = settings->path.at != NULL ? settings->path : CHUTE_STR("");
    const char *bulk = settings->bulk_path.at != NULL ? clean_path(net, settings->bulk_path, "")
                                                      : clean_path(net, path, "_bulk");
    /* Only what failed matters: the answer is shorter by far. */
    settings->bulk_target =
        chute_arena_printf(net->arena, "%s%cfilter_path=errors,items.*.error,items.*.status", bulk,
            strchr(bulk, '?') == NULL ? '?' : '&')
            .at;
    settings->health_target = settings->healthcheck_path.at != NULL
                                  ? clean_path(net, settings->healthcheck_path, "")
                                  : clean_path(net, path, "");
    settings->sniff_target = settings->sniffing_path.at != NULL
                                 ? clean_path(net, settings->sniffing_path, "")
                                 : clean_path(net, path, "_nodes/http");
}

/* ------------------------------------------------------------------ how they are asked */

/* libcurl tells of an unknown scheme only when it is to connect, and then each time. */
static bool check_proxy(struct net *net) {
    static const char *const schemes[] = { "http", "https", "socks4", "socks4a", "socks5",
        "socks5h" };
    struct chute_str proxy = net->settings->proxy;
    ptrdiff_t end = chute_str_find(proxy, CHUTE_STR("://"));
    if (end < 0) {
        return true;
    }
    struct chute_str scheme = { proxy.at, (size_t)end };
    if (chute_str_is_one_of(scheme, schemes, sizeof(schemes) / sizeof(schemes[0]))) {
        return true;
    }
    chute_prepare_refuse(net->prepare, "proxy",
        "a proxy is http://, https://, socks4://, socks4a://, socks5:// or socks5h://, not "
        "%.*s://",
        CHUTE_STR_ARGS(scheme));
    return false;
}

static bool prepare_headers(struct net *net) {
    struct es_settings *settings = net->settings;
    const struct chute_object *own = settings->custom_headers;
    size_t count = own == NULL ? 0 : own->count;
    /* Content type and encoding, size, count, authorization, and the end have their places. */
    if (count > CHUTE_HTTP_HEADERS_MAX - 8) {
        chute_prepare_refuse(net->prepare, "custom_headers", "at most %d headers are taken",
            CHUTE_HTTP_HEADERS_MAX - 8);
        return false;
    }
    const char **headers = chute_arena_zeroed(net->arena, (count + 1) * sizeof(char *));
    for (size_t i = 0; i < count; i++) {
        net->buf.len = 0;
        chute_buf_printf(&net->buf, "%.*s: ", (int)own->members[i].key_len, own->members[i].key);
        chute_template_print(&net->buf, &own->members[i].value);
        headers[i] = chute_arena_copy(net->arena, chute_buf_str(&net->buf)).at;
        if (strpbrk(headers[i], "\r\n") != NULL) {
            chute_prepare_refuse(net->prepare, "custom_headers", "a header cannot hold a line end");
            return false;
        }
    }
    settings->extra_headers = headers;
    return true;
}

static bool read_authorities(struct net *net) {
    struct es_settings *settings = net->settings;
    struct chute_buf pem = { 0 };
    for (size_t i = 0; i < settings->ssl_certificate_authorities.count; i++) {
        const char *path = settings->ssl_certificate_authorities.items[i].at;
        if (chute_buf_read_file(&pem, path, SIZE_MAX) != 0) {
            chute_prepare_refuse(
                net->prepare, "ssl_certificate_authorities", "the file %s cannot be read", path);
            chute_buf_finish(&pem);
            return false;
        }
        chute_buf_add_char(&pem, '\n');
    }
    settings->tls.authorities = chute_arena_copy(net->arena, chute_buf_str(&pem));
    chute_buf_finish(&pem);
    return true;
}

static bool read_fingerprints(struct net *net) {
    struct es_settings *settings = net->settings;
    size_t count = settings->ca_trusted_fingerprint.count;
    unsigned char(*prints)[CHUTE_HTTP_FINGERPRINT_SIZE] =
        chute_arena_zeroed(net->arena, (count + 1) * sizeof(*prints));
    for (size_t i = 0; i < count; i++) {
        struct chute_str text = settings->ca_trusted_fingerprint.items[i];
        size_t digits = 0;
        for (size_t j = 0; j < text.len; j++) {
            int digit = chute_hex_value(text.at[j]);
            if (digit >= 0 && digits < 2 * sizeof(*prints)) {
                prints[i][digits / 2] |= (unsigned char)(digits % 2 == 0 ? digit << 4 : digit);
            }
            digits += digit >= 0 || text.at[j] != ':' ? 1 : 0;
            digits = digit < 0 && text.at[j] != ':' ? SIZE_MAX / 2 : digits;
        }
        if (digits != 2 * sizeof(*prints)) {
            chute_prepare_refuse(net->prepare, "ca_trusted_fingerprint",
                "a fingerprint has 64 hex digits (SHA-256)");
            return false;
        }
    }
    settings->tls.fingerprints = (const unsigned char(*)[CHUTE_HTTP_FINGERPRINT_SIZE])prints;
    settings->tls.fingerprint_count = count;
    return true;
}

static void set_versions(struct es_settings *settings) {
    static const struct {
        const char *name;
        long lowest, highest;
    } versions[] = {
        { "TLSv1.1", CURL_SSLVERSION_TLSv1_1, CURL_SSLVERSION_MAX_TLSv1_1 },
        { "TLSv1.2", CURL_SSLVERSION_TLSv1_2, CURL_SSLVERSION_MAX_TLSv1_2 },
        { "TLSv1.3", CURL_SSLVERSION_TLSv1_3, CURL_SSLVERSION_MAX_TLSv1_3 },
    };
    long lowest = 0;
    long highest = 0;
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < settings->ssl_supported_protocols.count; j++) {
            if (chute_str_eq(
                    settings->ssl_supported_protocols.items[j], chute_str_of(versions[i].name))) {
                lowest = lowest == 0 ? versions[i].lowest : lowest;
                highest = versions[i].highest;
            }
        }
    }
    settings->tls.version = lowest | highest;
}

static bool set_ciphers(struct net *net) {
    struct es_settings *settings = net->settings;
    struct chute_buf lists[2] = { { 0 }, { 0 } };
    bool is_good = true;
    for (size_t i = 0; i < settings->ssl_cipher_suites.count && is_good; i++) {
        bool is_13 = false;
        const char *name = chute_http_cipher(settings->ssl_cipher_suites.items[i].at, &is_13);
        if (name == NULL) {
            chute_prepare_refuse(net->prepare, "ssl_cipher_suites",
                "there is no cipher suite \"%s\"", settings->ssl_cipher_suites.items[i].at);
            is_good = false;
        } else {
            chute_buf_printf(&lists[is_13], "%s%s", lists[is_13].len > 0 ? ":" : "", name);
        }
    }
    if (lists[0].len > 0) {
        settings->tls.ciphers = chute_arena_copy(net->arena, chute_buf_str(&lists[0])).at;
    }
    if (lists[1].len > 0) {
        settings->tls.ciphers13 = chute_arena_copy(net->arena, chute_buf_str(&lists[1])).at;
    }
    chute_buf_finish(&lists[0]);
    chute_buf_finish(&lists[1]);
    return is_good;
}

/* Refuses files that no connection could be made with. */
static bool check_files(struct net *net) {
    static const struct {
        const char *option, *why;
    } faults[] = {
        [CHUTE_TLS_NO_AUTHORITY] = { "ssl_certificate_authorities",
            "there is no certificate in PEM form in these files" },
        [CHUTE_TLS_NO_CERTIFICATE] = { "ssl_certificate",
            "there is no certificate in PEM form in this file" },
        [CHUTE_TLS_NO_KEY] = { "ssl_key",
            "there is no private key in PEM form in this file, or ssl_key_passphrase does not open "
            "it" },
        [CHUTE_TLS_OTHER_KEY] = { "ssl_key", "this is not the key of ssl_certificate" },
    };
    enum chute_http_tls_fault fault = chute_http_tls_check(&net->settings->tls);
    if (fault != CHUTE_TLS_GOOD) {
        chute_prepare_refuse(net->prepare, faults[fault].option, "%s", faults[fault].why);
    }
    return fault == CHUTE_TLS_GOOD;
}

static bool prepare_tls(struct net *net) {
    struct es_settings *settings = net->settings;
    if ((settings->ssl_certificate.at == NULL) != (settings->ssl_key.at == NULL)) {
        chute_prepare_refuse(net->prepare,
            settings->ssl_key.at == NULL ? "ssl_certificate" : "ssl_key",
            "ssl_certificate and ssl_key work together only");
        return false;
    }
    if (settings->ssl_verification_mode < 0) {
        settings->ssl_verification_mode =
            settings->ssl_certificate_verification ? ES_VERIFY_FULL : ES_VERIFY_NONE;
    }
    settings->tls.skips_verification = settings->ssl_verification_mode == ES_VERIFY_NONE;
    if (settings->tls.skips_verification) {
        chute_prepare_warn(net->prepare, "ssl_verification_mode",
            "the server's certificate is not verified: anybody in between can read and change "
            "what is sent");
    }
    settings->tls.certificate = settings->ssl_certificate.at;
    settings->tls.key = settings->ssl_key.at;
    settings->tls.key_passphrase = settings->ssl_key_passphrase.at;
    set_versions(settings);
    return (net->prepare->is_check_only || (read_authorities(net) && check_files(net))) &&
           read_fingerprints(net) && set_ciphers(net);
}

bool chute_elasticsearch_prepare_net(
    struct es_settings *settings, const struct chute_prepare *prepare) {
    struct net net = { .settings = settings, .prepare = prepare, .arena = prepare->arena };
    bool is_good = check_credentials(&net) && prepare_nodes(&net) && check_proxy(&net) &&
                   prepare_headers(&net) && prepare_tls(&net);
    if (is_good) {
        prepare_targets(&net);
        settings->http = (struct chute_http_settings){
            .tls = &settings->tls,
            .proxy = settings->proxy.len > 0 ? settings->proxy.at : NULL,
            .user_agent = "logchute/" CHUTE_VERSION,
            .timeout_ms = (long)settings->timeout,
            .connect_timeout_ms = settings->timeout < CONNECT_TIMEOUT_MS ? (long)settings->timeout
                                                                         : CONNECT_TIMEOUT_MS,
            .max_connections = (long)settings->pool_max,
            .max_per_host = (long)settings->pool_max_per_route,
        };
    }
    chute_buf_finish(&net.buf);
    return is_good;
}
