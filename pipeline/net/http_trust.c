/* pipeline/net/http_trust.c - a certificate of the server's chain whose SHA-256 is known counts as an authority;
 * everything else (signatures, dates, and by curl the host's name) is verified as always. */
#include "pipeline/net/http_trust.h"

#include <openssl/err.h>
#include <openssl/pem.h>
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

/* OpenSSL's own would ask at the terminal. */
static int give_passphrase(char *buf, int size, int is_write, void *arg) {
    const char *passphrase = arg;
    size_t len = passphrase == NULL ? 0 : strlen(passphrase);
    (void)is_write;
    if (len == 0 || len > (size_t)size) {
        return -1;
    }
    memcpy(buf, passphrase, len);
    return (int)len;
}

static bool holds_certificate(struct chute_str pem) {
    BIO *bio = BIO_new_mem_buf(pem.at, (int)pem.len);
    X509 *certificate = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, give_passphrase, NULL);
    X509_free(certificate);
    BIO_free(bio);
    return certificate != NULL;
}

static enum chute_http_tls_fault check_key(SSL_CTX *ctx, const struct chute_http_tls *tls) {
    SSL_CTX_set_default_passwd_cb(ctx, give_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(ctx, (void *)(uintptr_t)tls->key_passphrase);
    if (SSL_CTX_use_certificate_chain_file(ctx, tls->certificate) != 1) {
        return CHUTE_TLS_NO_CERTIFICATE;
    }
    ERR_clear_error();
    if (SSL_CTX_use_PrivateKey_file(ctx, tls->key, SSL_FILETYPE_PEM) == 1) {
        return CHUTE_TLS_GOOD;
    }
    unsigned long error = ERR_peek_last_error();
    bool is_other = ERR_GET_LIB(error) == ERR_LIB_X509 &&
                    (ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH ||
                        ERR_GET_REASON(error) == X509_R_KEY_TYPE_MISMATCH);
    return is_other ? CHUTE_TLS_OTHER_KEY : CHUTE_TLS_NO_KEY;
}

enum chute_http_tls_fault chute_http_tls_check(const struct chute_http_tls *tls) {
    if (tls->authorities.len > 0 && !holds_certificate(tls->authorities)) {
        ERR_clear_error();
        return CHUTE_TLS_NO_AUTHORITY;
    }
    if (tls->certificate == NULL || tls->key == NULL) {
        return CHUTE_TLS_GOOD;
    }
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    enum chute_http_tls_fault fault = ctx == NULL ? CHUTE_TLS_GOOD : check_key(ctx, tls);
    SSL_CTX_free(ctx);
    ERR_clear_error();
    return fault;
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
