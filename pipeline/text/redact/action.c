#include "pipeline/text/redact/action.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "pipeline/base/alloc.h"

const char *const chute_redact_actions[] = { "replace", "mask", "partial", "hash", "remove", "drop",
    NULL };

static bool is_first_byte(char byte) {
    return ((unsigned char)byte & 0xC0) != 0x80;
}

void chute_redact_mask(struct chute_buf *out, struct chute_str text, size_t keep) {
    size_t characters = 0;
    for (size_t i = 0; i < text.len; i++) {
        characters += is_first_byte(text.at[i]);
    }
    size_t hidden = characters >= 2 * keep ? characters - keep : characters;
    size_t at = 0;
    for (size_t i = 0; i < hidden; i++) {
        chute_buf_add_char(out, '*');
        for (at++; at < text.len && !is_first_byte(text.at[at]);) {
            at++;
        }
    }
    chute_buf_add(out, text.at + at, text.len - at);
}

void chute_redact_hash(
    struct chute_buf *out, struct chute_str kind, struct chute_str text, struct chute_str key) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    chute_assert(key.len <= INT_MAX);
    const void *made = HMAC(
        EVP_sha256(), key.at, (int)key.len, (const unsigned char *)text.at, text.len, digest, &len);
    chute_assert(made != NULL);
    chute_buf_add_char(out, '[');
    chute_buf_add_str(out, kind);
    chute_buf_add_char(out, ':');
    for (unsigned i = 0; i < len; i++) {
        chute_buf_printf(out, "%02x", digest[i]);
    }
    chute_buf_add_char(out, ']');
}
