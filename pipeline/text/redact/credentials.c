/* pipeline/text/redact/credentials.c - what HTTP carries: Authorization headers (RFC 9110, 7617, 6750), cookies (RFC 6265),
 * and such credentials without their header's name. */
#include "pipeline/text/redact/quote.h"
#include "pipeline/text/redact/value.h"

#define SCHEME_MOST 24
#define ATTRIBUTE_MOST 64 /* bytes of a cookie's attribute with blanks in it */

static bool is_token68(char byte) {
    return chute_is_alnum(byte) || (byte != '\0' && strchr("-._~+/=", byte) != NULL);
}

static size_t token68_end(const struct chute_redact_finder *finder, size_t at, size_t end) {
    while (at < end && is_token68(finder->text.at[at])) {
        at++;
    }
    return at;
}

size_t chute_redact_header_end(struct chute_redact_finder *finder, size_t at) {
    if (at >= finder->header_start && at < finder->header_end) {
        return finder->header_end;
    }
    size_t end = at;
    while (end < finder->text.len) {
        char byte = finder->text.at[end];
        char next = chute_redact_byte(finder, end + 1);
        if (byte == '\n' || byte == '\r' || byte == '\'' || byte == '`' || byte == ']' ||
            (byte == '"' && chute_redact_byte(finder, end - 1) != '=') ||
            (byte == '\\' && (next == 'n' || next == 'r' || next == '"' || next == '\''))) {
            break;
        }
        /* Digest's parameters are quoted themselves */
        if (byte == '"') {
            const char *close = memchr(finder->text.at + end + 1, '"', finder->text.len - end - 1);
            end = close == NULL ? finder->text.len : (size_t)(close - finder->text.at) + 1;
        } else {
            end++;
        }
    }
    finder->header_start = at;
    finder->header_end = end;
    return end;
}

/* ------------------------------------------------------------------ Authorization */

struct scheme {
    const char *name;
    enum chute_redact_kind kind;
    bool has_parameters; /* to the end of the header */
};

static const struct scheme schemes[] = {
    { "basic", CHUTE_REDACT_BASIC_AUTH, false },
    { "bearer", CHUTE_REDACT_BEARER_TOKEN, false },
    { "token", CHUTE_REDACT_BEARER_TOKEN, false },
    { "jwt", CHUTE_REDACT_BEARER_TOKEN, false },
    { "apikey", CHUTE_REDACT_BEARER_TOKEN, false },
    { "api-key", CHUTE_REDACT_BEARER_TOKEN, false },
    { "key", CHUTE_REDACT_BEARER_TOKEN, false },
    { "negotiate", CHUTE_REDACT_BEARER_TOKEN, false },
    { "ntlm", CHUTE_REDACT_BEARER_TOKEN, false },
    { "digest", CHUTE_REDACT_KEY_VALUE, true },
    { "hawk", CHUTE_REDACT_KEY_VALUE, true },
    { "oauth", CHUTE_REDACT_KEY_VALUE, true },
    { "signature", CHUTE_REDACT_KEY_VALUE, true },
    { "sharedkey", CHUTE_REDACT_KEY_VALUE, true },
    { "aws4-hmac-sha256", CHUTE_REDACT_KEY_VALUE, true },
};

static const struct scheme *find_scheme(struct chute_str word) {
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (chute_str_eq_nocase(word, chute_str_of(schemes[i].name))) {
            return &schemes[i];
        }
    }
    return NULL;
}

/* Behind the name in `Token token="…"`. */
static size_t behind_parameter(const struct chute_redact_finder *finder, size_t at) {
    static const char *const names[] = { "token=", "key=", "apikey=", "api_key=" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (chute_redact_is_at_nocase(finder, at, chute_str_of(names[i]))) {
            at += strlen(names[i]);
            return at + chute_redact_read_quote(finder, at).len;
        }
    }
    return at;
}

/* A word of small letters with another behind it. */
static bool is_in_sentence(
    const struct chute_redact_finder *finder, struct chute_str word, size_t end) {
    size_t behind = (size_t)(word.at - finder->text.at) + word.len;
    for (size_t i = 0; i < word.len; i++) {
        if (!chute_is_lower(word.at[i])) {
            return false;
        }
    }
    return behind + 1 < end && chute_is_alpha(finder->text.at[behind + 1]);
}

void chute_redact_authorization(struct chute_redact_finder *finder, size_t start, size_t end) {
    size_t word = start;
    while (word < end && word - start < SCHEME_MOST &&
           (chute_is_alnum(finder->text.at[word]) || finder->text.at[word] == '-')) {
        word++;
    }
    const struct scheme *scheme = find_scheme(chute_redact_slice(finder, start, word));
    size_t value = word;
    while (value < end && chute_is_blank(finder->text.at[value])) {
        value++;
    }
    if (scheme != NULL && value > word && value < end) {
        value = behind_parameter(finder, value);
        size_t value_end = scheme->has_parameters ? end : token68_end(finder, value, end);
        if (value_end > value &&
            !chute_redact_is_blank(chute_redact_slice(finder, value, value_end))) {
            chute_redact_add(finder, value, value_end, scheme->kind);
            return;
        }
    }
    if (scheme != NULL && value == end) {
        return; /* a scheme without credentials */
    }
    size_t word_end = start;
    while (word_end < end && !chute_is_space(finder->text.at[word_end])) {
        word_end++;
    }
    struct chute_str first = chute_redact_slice(finder, start, word_end);
    if (is_in_sentence(finder, first, end)) {
        return;
    }
    if (!chute_redact_is_blank(first) && !chute_redact_is_prose(first)) {
        chute_redact_add(finder, start, word_end, CHUTE_REDACT_KEY_VALUE);
    }
}

/* The token68 behind the scheme at `at`, as far as `most` bytes of it; empty if the scheme is the end of a longer word. */
static struct chute_str token_behind(
    const struct chute_redact_finder *finder, size_t at, size_t len, size_t most) {
    size_t start = at + len;
    size_t limit = finder->text.len - start > most ? start + most : finder->text.len;
    bool is_word = !chute_is_alnum(chute_redact_byte(finder, at - 1));
    return chute_redact_slice(finder, start, is_word ? token68_end(finder, start, limit) : start);
}

/* Hides all of the token68 at `start`. */
static void add_token(
    struct chute_redact_finder *finder, size_t start, enum chute_redact_kind kind) {
    chute_redact_add(finder, start, token68_end(finder, start, finder->text.len), kind);
}

void chute_redact_bearer(struct chute_redact_finder *finder, size_t at, size_t len) {
    struct chute_str token = token_behind(finder, at, len, 8192);
    const char *sign = memchr(token.at, '=', token.len);
    if (sign != NULL && sign + 2 < token.at + token.len) {
        return; /* token_type=bearer expires_in=3600 */
    }
    if (chute_redact_is_odd(token) || chute_redact_is_uuid(token)) {
        add_token(finder, at + len, CHUTE_REDACT_BEARER_TOKEN);
    }
}

/* The value of a base64 digit; -1 for other bytes. */
static int base64_value(char byte) {
    if (chute_is_upper(byte)) {
        return byte - 'A';
    }
    if (chute_is_lower(byte)) {
        return byte - 'a' + 26;
    }
    if (chute_is_digit(byte)) {
        return byte - '0' + 52;
    }
    return byte == '+' || byte == '-' ? 62 : byte == '/' || byte == '_' ? 63 : -1;
}

size_t chute_redact_base64(struct chute_str text, char *out, size_t room) {
    unsigned bits = 0, held = 0;
    size_t count = 0;
    for (size_t i = 0; i < text.len && text.at[i] != '='; i++) {
        int value = base64_value(text.at[i]);
        if (value < 0 || count == room) {
            break;
        }
        bits = bits << 6 | (unsigned)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[count++] = (char)(bits >> held & 0xFF);
        }
    }
    return count;
}

/* Credentials that decode to `user:password`, or NUL user NUL password (SASL PLAIN, RFC 4616), readable as far as they are
 * looked at. */
void chute_redact_basic(struct chute_redact_finder *finder, size_t at, size_t len) {
    struct chute_str token = token_behind(finder, at, len, 4096);
    char plain[192];
    size_t count = chute_redact_base64(token, plain, sizeof(plain));
    for (size_t i = 0; i < count; i++) {
        plain[i] = plain[i] == '\0' ? ':' : plain[i];
    }
    bool has_colon = count > 2 && memchr(plain, ':', count) != NULL;
    for (size_t i = 0; i < count && has_colon; i++) {
        has_colon = (unsigned char)plain[i] >= 0x20 && plain[i] != 0x7F;
    }
    if (has_colon && token.len >= 6) {
        add_token(finder, at + len, CHUTE_REDACT_BASIC_AUTH);
    }
}

/* ------------------------------------------------------------------ cookies */

static bool is_attribute(struct chute_str name) {
    static const char *const attributes[] = { "path", "domain", "expires", "max-age", "samesite",
        "secure", "httponly", "priority", "partitioned", "version" };
    return chute_str_is_one_of(name, attributes, sizeof(attributes) / sizeof(attributes[0]));
}

/* One cookie or attribute, start … end - 1. True if it is a pair. */
static bool read_cookie(struct chute_redact_finder *finder, size_t start, size_t end) {
    const char *sign = memchr(finder->text.at + start, '=', end - start);
    if (sign == NULL) {
        return false;
    }
    size_t value = (size_t)(sign - finder->text.at) + 1;
    if (!is_attribute(chute_redact_slice(finder, start, value - 1)) && value < end &&
        !chute_redact_is_blank(chute_redact_slice(finder, value, end))) {
        chute_redact_add(finder, value, end, CHUTE_REDACT_COOKIE);
    }
    return true;
}

/* Where the cookie or attribute at `at` ends: at a semicolon or a blank; dates of attributes hold blanks. */
static size_t cookie_end(const struct chute_redact_finder *finder, size_t at, size_t end) {
    const char *text = finder->text.at;
    size_t stop = at;
    size_t sign = SIZE_MAX;
    for (; stop < end && text[stop] != ';'; stop++) {
        sign = text[stop] == '=' && sign == SIZE_MAX ? stop : sign;
        bool has_blanks = sign != SIZE_MAX && stop - at < ATTRIBUTE_MOST &&
                          is_attribute(chute_redact_slice(finder, at, sign));
        if (chute_is_space(text[stop]) && !has_blanks) {
            break;
        }
    }
    return stop;
}

void chute_redact_cookies(struct chute_redact_finder *finder, size_t start, size_t end) {
    const char *text = finder->text.at;
    size_t stop = cookie_end(finder, start, end);
    if (memchr(text + start, '=', stop - start) == NULL) { /* one value, without names */
        struct chute_str value = chute_redact_slice(finder, start, stop);
        if (value.len >= 6 && !chute_redact_is_blank(value) && !chute_redact_is_prose(value)) {
            chute_redact_add(finder, start, stop, CHUTE_REDACT_COOKIE);
        }
        return;
    }
    for (size_t at = start; at < end; stop = cookie_end(finder, at, end)) {
        if (!read_cookie(finder, at, stop) && stop == at) {
            return;
        }
        if (stop >= end || text[stop] != ';') {
            return;
        }
        for (at = stop + 1; at < end && chute_is_space(text[at]);) {
            at++;
        }
    }
}
