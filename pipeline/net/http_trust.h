/* pipeline/net/http_trust.h - trust by a certificate's fingerprint, for the HTTP client.
 *
 * Ownership: borrows.
 * Threads: *loop*. */
#ifndef CHUTE_NET_HTTP_TRUST_H
#define CHUTE_NET_HTTP_TRUST_H

#include <curl/curl.h>

/* A CURLOPT_SSL_CTX_FUNCTION; `tls` is a struct chute_http_tls with fingerprints. */
CURLcode chute_http_trust_apply(CURL *easy, void *ssl_ctx, void *tls);

#endif
