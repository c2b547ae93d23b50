/* pipeline/net/http_client.h - HTTP requests on a loop: libcurl's multi interface driven by libuv.
 *
 * Connections are kept alive and reused; a body is sent from where it lies, without a copy.
 *
 * Ownership: the client owns connections; a request is the caller's memory and has to stay, with its body, until
 * on_done was called.
 * Threads: *loop*, but for what says otherwise. */
#ifndef CHUTE_NET_HTTP_CLIENT_H
#define CHUTE_NET_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "pipeline/base/buf.h"

struct uv_loop_s;

#define CHUTE_HTTP_HEADERS_MAX 16
#define CHUTE_HTTP_ERROR_SIZE 256
#define CHUTE_HTTP_FINGERPRINT_SIZE 32

/* How the server is trusted, and what it is shown. Everything NULL or 0: the system's authorities. */
struct chute_http_tls {
    struct chute_str authorities; /* PEM, several together; in place of the system's */
    const char *certificate;      /* of the client: a PEM file, chain included */
    const char *key;              /* a PEM file */
    const char *key_passphrase;
    const char *ciphers;   /* TLS 1.2 and older, in OpenSSL's names */
    const char *ciphers13; /* TLS 1.3 */
    long version;          /* CURL_SSLVERSION_…: lowest | highest */
    bool skips_verification;
    /* SHA-256 of certificates of which one has to be in the server's chain: trusted as an authority. */
    const unsigned char (*fingerprints)[CHUTE_HTTP_FINGERPRINT_SIZE];
    size_t fingerprint_count;
};

/* The same for all requests of a client; borrowed as long as it lives. */
struct chute_http_settings {
    const struct chute_http_tls *tls; /* NULL: as a zeroed one */
    const char *proxy;                /* URL; NULL: none, whatever the environment says */
    const char *user_agent;
    long timeout_ms;         /* of a whole request */
    long connect_timeout_ms; /* of its connection */
    long max_connections;
    long max_per_host;
};

struct chute_http_request {
    const char *method;                          /* "GET", "HEAD", "POST", "PUT" */
    const char *url;                             /* copied by send */
    const char *headers[CHUTE_HTTP_HEADERS_MAX]; /* "Name: value", copied by send; ended by NULL */
    struct chute_str body;
    /* A part of the answer's body; false gives up the request. NULL: it is collected in `answer`, up to
     * `answer_limit` bytes (0: none is kept); a longer one fails. */
    bool (*on_bytes)(struct chute_http_request *request, struct chute_str bytes);
    void (*on_done)(struct chute_http_request *request);
    void *ctx;
    size_t answer_limit;

    int status;              /* of the answer; 0: there was none, and `error` says why */
    bool is_cut;             /* the answer's end did not come; `error` says why */
    struct chute_buf answer; /* finished by the caller */
    char error[CHUTE_HTTP_ERROR_SIZE];

    struct chute_http_client *client; /* inside */
    void *easy;
    void *header_list;
    int fd; /* its connection's; -1: none yet */
};

/* Returns new. `settings` is borrowed. */
struct chute_http_client *chute_http_client_create(
    struct uv_loop_s *loop, const struct chute_http_settings *settings);
/* Sends `request`; on_done is called later, never from here. */
void chute_http_client_send(struct chute_http_client *client, struct chute_http_request *request);
/* Gives up `request`, if it is open; its on_done is not called any more. Not from on_bytes. */
void chute_http_client_cancel(struct chute_http_request *request);
/* True if all of an open request came to the other side's machine, which now only has to answer it. False where a part
 * was not acknowledged yet, and where there is no connection. */
bool chute_http_client_is_taken(const struct chute_http_request *request);
/* Closes all connections and frees the client; no request may be open. `on_closed` (may be NULL) is called when no
 * handle of it is left in the loop. */
void chute_http_client_close(
    struct chute_http_client *client, void (*on_closed)(void *ctx), void *ctx);

enum chute_http_tls_fault {
    CHUTE_TLS_GOOD,
    CHUTE_TLS_NO_AUTHORITY,   /* no certificate among the authorities */
    CHUTE_TLS_NO_CERTIFICATE, /* none in its file */
    CHUTE_TLS_NO_KEY,         /* none in its file, or the passphrase does not open it */
    CHUTE_TLS_OTHER_KEY,      /* not that of the certificate */
};

/* Looks whether what `tls` names can be used, which libcurl tells only of each connection. Any thread. */
enum chute_http_tls_fault chute_http_tls_check(const struct chute_http_tls *tls);

/* Turns names of cipher suites as Java and IANA write them (TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256) into
 * OpenSSL's; one that is OpenSSL's already stays. NULL if there is no such suite. `is_13` tells which list it
 * belongs to. Any thread. */
const char *chute_http_cipher(const char *name, bool *is_13);

#endif
