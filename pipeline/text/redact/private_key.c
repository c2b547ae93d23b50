/* pipeline/text/redact/private_key.c - private keys in PEM (RFC 7468) and PGP's armor (RFC 9580): with real line ends or
 * with `\n` in their place, to their end or, cut off, to the text's. */
#include "pipeline/base/ascii.h"
#include "pipeline/text/redact/finder.h"

#define LABEL_MOST 64
#define LINE_LEN 64 /* of a PEM file; some have 76 */

/* `at` is of `-----BEGIN `, len its length. */
void chute_redact_private_key(struct chute_redact_finder *finder, size_t at, size_t len) {
    struct chute_str label = chute_redact_slice(finder, at + len, finder->text.len);
    label.len = label.len > LABEL_MOST ? LABEL_MOST : label.len;
    ptrdiff_t dashes = chute_str_find(label, CHUTE_STR("-----"));
    if (dashes >= 0) {
        label.len = (size_t)dashes;
    }
    if (chute_str_find(label, CHUTE_STR("PRIVATE KEY")) < 0) {
        return;
    }
    size_t body = at + len + label.len;
    struct chute_str rest = chute_redact_slice(finder, body, finder->text.len);
    ptrdiff_t end = chute_str_find(rest, CHUTE_STR("-----END "));
    size_t stop = finder->text.len;
    if (end >= 0) {
        struct chute_str tail = { rest.at + end + 9, rest.len - (size_t)end - 9 };
        tail.len = tail.len > LABEL_MOST ? LABEL_MOST : tail.len;
        ptrdiff_t last = chute_str_find(tail, CHUTE_STR("-----"));
        stop = last < 0 ? finder->text.len : body + (size_t)end + 9 + (size_t)last + 5;
    }
    chute_redact_add(finder, at, stop, CHUTE_REDACT_PRIVATE_KEY);
}

/* One line of a key's body alone, as an input of lines sees it: base64, and no digest. */
bool chute_redact_is_key_line(struct chute_str text) {
    if (text.len < LINE_LEN || text.len > 2 * LINE_LEN) {
        return false;
    }
    text = chute_str_trim(text);
    if (text.len != LINE_LEN && text.len != 76) {
        return false;
    }
    bool is_hex = true;
    size_t upper = 0, lower = 0;
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.at[i];
        if (!chute_is_alnum(byte) && byte != '+' && byte != '/' && byte != '=') {
            return false;
        }
        is_hex = is_hex && chute_is_hex(byte);
        upper += chute_is_upper(byte);
        lower += chute_is_lower(byte);
    }
    return !is_hex && upper >= 8 && lower >= 8;
}
