/* pipeline/net/http_trust.c - a certificate of the server's chain whose SHA-256 is known counts as an authority;
 * everything else (signatures, dates, and by curl the host's name) is verified as always. */
#include "pipeline/net/http_trust.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "pipeline/net/http_client.h"

static bool is_known(const struct chute_http_tls *tls, X509 *certificate) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (X509_digest(certificate, EVP_sha256(), digest, &len) != 1 ||
        len != CHUTE_HTTP_FINGERPRINT_SIZE) {
        return false;
    }
    for (size_t i = 0; i < tls->fingerprint_count; i++) {
        if (memcmp(tls->fingerprints[i], digest, CHUTE_HTTP_FINGERPRINT_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

static int verify(X509_STORE_CTX *ctx, void *arg) {
    const struct chute_http_tls *tls = arg;
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_untrusted(ctx);
    for (int i = 0; i < sk_X509_num(chain); i++) {
        X509 *certificate = sk_X509_value(chain, i);
        if (!is_known(tls, certificate)) {
            continue;
        }
        STACK_OF(X509) *trusted = sk_X509_new_null();
        if (trusted == NULL || sk_X509_push(trusted, certificate) == 0) {
            sk_X509_free(trusted);
            return 0;
        }
        X509_STORE_CTX_set0_trusted_stack(ctx, trusted);
        /* The known one may itself be signed by somebody who is not at hand. */
        X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN);
        int verdict = X509_verify_cert(ctx);
        sk_X509_free(trusted);
        return verdict;
    }
    if (tls->authorities.len > 0) {
        return X509_verify_cert(ctx);
    }
    X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_UNTRUSTED);
    return 0;
}

CURLcode chute_http_trust_apply(CURL *easy, void *ssl_ctx, void *tls) {
    (void)easy;
    SSL_CTX_set_cert_verify_callback(ssl_ctx, verify, tls);
    return CURLE_OK;
}

const char *chute_http_cipher(const char *name, bool *is_13) {
    static const char *const suites13[] = { "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256", "TLS_AES_128_CCM_8_SHA256",
        "TLS_AES_128_CCM_SHA256" };
    *is_13 = false;
    for (size_t i = 0; i < sizeof(suites13) / sizeof(suites13[0]); i++) {
        if (strcmp(name, suites13[i]) == 0) {
            *is_13 = true;
            return name;
        }
    }
    const char *own = OPENSSL_cipher_name(name);
    if (strcmp(own, "(NONE)") != 0) {
        return own;
    }
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    bool is_known = ctx != NULL && SSL_CTX_set_cipher_list(ctx, name) == 1;
    SSL_CTX_free(ctx);
    return is_known ? name : NULL;
}
