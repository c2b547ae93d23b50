/* pipeline/text/redact/key_value.c - values behind a sensitive name in a text: `password=…`, `"token": "…"`, the same with
 * its quotes escaped, `--secret …`, `<pin>…</pin>`, and values that look random behind such a word in prose. */
#include "pipeline/text/redact/extent.h"
#include "pipeline/text/redact/pair.h"
#include "pipeline/text/redact/quote.h"
#include "pipeline/text/redact/value.h"

#define NAME_MOST 64   /* bytes of a name in a value's place */
#define REMARK_MOST 40 /* bytes of a remark in a value's place */

/* What stands before an equals sign that does not pad base64: all else is no single value. */
static struct chute_str before_next_sign(struct chute_str value) {
    size_t most = value.len < 128 ? value.len : 128;
    const char *sign = memchr(value.at, '=', most);
    if (sign != NULL && (size_t)(sign - value.at) + 2 < value.len) {
        value.len = (size_t)(sign - value.at);
    }
    return value;
}

static bool is_number(struct chute_str value) {
    for (size_t i = 0; i < value.len; i++) {
        if (!chute_is_digit(value.at[i])) {
            return false;
        }
    }
    return true;
}

/* What stands behind a string that ends at the quote: `input("Password: ")`. */
static bool is_behind_string(struct chute_str value) {
    return value.len == 0 || strchr(")]};,", value.at[0]) != NULL;
}

/* A name in the place of a value: `--password PASSWORD`, `self.password = password`, `f(password=password, n)`. */
static bool is_own_name(const struct chute_redact_finder *finder,
    const struct chute_redact_pair *pair, struct chute_str value) {
    size_t len = pair->name_end - pair->name;
    char behind = chute_redact_byte(finder, (size_t)(value.at - finder->text.at) + value.len);
    bool is_loose = pair->join == CHUTE_REDACT_BY_BLANK || pair->has_blank;
    bool is_argument = value.len == len && (behind == ',' || behind == ')');
    if (pair->join == CHUTE_REDACT_BY_COLON || (!is_loose && !is_argument) || value.len > len) {
        return false;
    }
    struct chute_str end = { finder->text.at + pair->name_end - value.len, value.len };
    return chute_str_eq_nocase(value, end);
}

static bool has_letter_and_digit(struct chute_str value) {
    size_t letters = 0, digits = 0;
    for (size_t i = 0; i < value.len && i < 64; i++) {
        letters += chute_is_alpha(value.at[i]);
        digits += chute_is_digit(value.at[i]);
    }
    return letters > 0 && digits > 0 && !chute_str_starts_with(value, CHUTE_STR("0x"));
}

/* Whether a session's or a PIN's value is to be hidden. */
static bool is_session(const struct chute_redact_finder *finder,
    const struct chute_redact_pair *pair, struct chute_str value, bool is_loose) {
    if (is_number(value)) {
        bool is_pin =
            chute_redact_is_at_nocase(finder, pair->name_end - strlen("pin"), CHUTE_STR("pin"));
        return value.len >= 4 && (!is_loose || pair->is_quoted || is_pin);
    }
    if (is_loose && pair->join == CHUTE_REDACT_BY_EQUALS) {
        return value.len >= 6 && has_letter_and_digit(value);
    }
    return is_loose ? chute_redact_is_odd(value) : value.len >= 4;
}

/* `TOKEN= took=7ms`: no value, and the next pair. */
static bool is_next_pair(const struct chute_redact_finder *finder,
    const struct chute_redact_pair *pair, struct chute_str value) {
    char sign_of_pair = chute_redact_byte(finder, pair->name_end);
    if (!pair->has_blank || (sign_of_pair != '=' && sign_of_pair != ':')) {
        return false;
    }
    size_t sign = 0;
    while (sign < value.len && (chute_is_lower(value.at[sign]) || value.at[sign] == '_' ||
                                   (sign_of_pair == '=' && chute_is_alpha(value.at[sign])))) {
        sign++;
    }
    return sign > (sign_of_pair == '=' ? 0 : 3) && sign + 1 < value.len && value.at[sign] == '=' &&
           value.at[sign + 1] != '=';
}

/* Whether the value of a pair is to be hidden; `is_quoted` tells of the value. */
static bool is_secret(const struct chute_redact_finder *finder,
    const struct chute_redact_pair *pair, struct chute_str value, bool is_quoted) {
    if (pair->meaning == CHUTE_NAME_HINTS && !chute_redact_is_random(before_next_sign(value))) {
        return false;
    }
    if (chute_redact_is_blank(value) || (is_quoted && chute_redact_is_claim(value))) {
        return false;
    }
    if (!is_quoted && (chute_redact_is_prose(value) || is_own_name(finder, pair, value) ||
                          is_next_pair(finder, pair, value))) {
        return false;
    }
    bool is_loose = !is_quoted && (pair->join != CHUTE_REDACT_BY_EQUALS || pair->has_blank);
    switch (pair->meaning) {
    case CHUTE_NAME_LISTS:
        return is_quoted || chute_redact_is_odd(value);
    case CHUTE_NAME_SESSION:
        return is_session(finder, pair, value, is_loose);
    case CHUTE_NAME_SESSION_ID: /* rows are counted with fewer digits */
        return (!is_number(value) || value.len >= 7) &&
               !chute_str_starts_with(value, CHUTE_STR("0x"));
    default:
        return true;
    }
}

static enum chute_redact_kind kind_of(const struct chute_redact_pair *pair) {
    return pair->meaning == CHUTE_NAME_HINTS ? CHUTE_REDACT_HIGH_ENTROPY : CHUTE_REDACT_KEY_VALUE;
}

static void judge_value(struct chute_redact_finder *finder, const struct chute_redact_pair *pair,
    size_t start, size_t end, bool is_quoted) {
    if (end <= start) {
        return;
    }
    if (pair->meaning == CHUTE_NAME_AUTHORIZATION) {
        chute_redact_authorization(finder, start, end);
    } else if (pair->meaning == CHUTE_NAME_COOKIE) {
        chute_redact_cookies(finder, start, end);
    } else if (pair->meaning == CHUTE_NAME_PHONE) {
        if (chute_redact_is_phone(chute_redact_slice(finder, start, end))) {
            chute_redact_add(finder, start, end, CHUTE_REDACT_PHONE);
        }
    } else if (is_secret(finder, pair, chute_redact_slice(finder, start, end), is_quoted)) {
        chute_redact_add(finder, start, end, kind_of(pair));
    }
}

/* Behind what is written around a text in quotes: PASSWORD('…'), Some("…"), string(8) "…", []string{"…"}, N'…'. */
static size_t skip_wrapper(const struct chute_redact_finder *finder, size_t at) {
    static const char *const wrappers[] = { "some(", "ok(", "just ", "new string(", "string::from(",
        "[]string{", "[]byte(", "secret(", "secretstr(", "password(", "md5(", "sha1(", "sha2(",
        "sha256(", "sha512(", "crypt(", "encrypt(", "aes_encrypt(", "pgp_sym_encrypt(", "to_char(",
        "quote(", "symbol(", "rb", "br", "u", "b", "r", "l", "n", "e", "f", "@", "$" };
    if (chute_redact_is_at(finder, at, CHUTE_STR("string("))) { /* PHP's var_dump */
        size_t end = at + strlen("string(");
        while (chute_is_digit(chute_redact_byte(finder, end))) {
            end++;
        }
        return chute_redact_is_at(finder, end, CHUTE_STR(") ")) ? end + 2 : at;
    }
    char first = chute_to_lower(chute_redact_byte(finder, at));
    for (size_t i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++) {
        struct chute_str wrapper = chute_str_of(wrappers[i]);
        if (wrapper.at[0] == first && chute_redact_is_at_nocase(finder, at, wrapper) &&
            chute_redact_read_quote(finder, at + wrapper.len).len > 0) {
            return at + wrapper.len;
        }
    }
    return at;
}

/* The quote that a header's name and value stand in: curl -H 'X-Api-Key: …'; its `len` 0: they stand in none. */
static struct chute_redact_quote quote_of_header(
    const struct chute_redact_finder *finder, const struct chute_redact_pair *pair) {
    static const char *const options[] = { "-H ", "--header ", "header " };
    struct chute_redact_quote quote = { .len = 0 };
    char before = chute_redact_byte(finder, pair->name - 1);
    if (pair->join != CHUTE_REDACT_BY_COLON || !pair->has_blank || pair->is_quoted ||
        !chute_redact_is_quote_sign(before)) {
        return quote;
    }
    quote = chute_redact_quote_before(finder, pair->name);
    size_t start = pair->name - quote.len;
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        size_t len = strlen(options[i]);
        if (start >= len && chute_redact_is_at(finder, start - len, chute_str_of(options[i]))) {
            return quote;
        }
    }
    quote.len = 0;
    return quote;
}

/* The value in quotes at `at`; returns where it ends. */
static size_t read_quoted(struct chute_redact_finder *finder, const struct chute_redact_pair *pair,
    size_t at, const struct chute_redact_quote *quote) {
    size_t start = at + quote->len;
    bool is_closed;
    size_t end = chute_redact_quoted_end(finder, start, quote, &is_closed);
    if (!is_closed && is_behind_string(chute_redact_slice(finder, start, end))) {
        return end;
    }
    judge_value(finder, pair, start, end, true);
    return end + quote->len;
}

/* The quote behind the arrow in `"old" -> "new"`, as plans print it; 0: there is none. */
static size_t read_change(const struct chute_redact_finder *finder, size_t at) {
    at = chute_redact_skip_blanks(finder, at, false);
    if (!chute_redact_is_at(finder, at, CHUTE_STR("->"))) {
        return 0;
    }
    at = chute_redact_skip_blanks(finder, at + 2, false);
    return chute_redact_read_quote(finder, at).len > 0 ? at : 0;
}

/* Where a value without quotes ends. `*at` moves to its start. */
static size_t plain_end(
    struct chute_redact_finder *finder, const struct chute_redact_pair *pair, size_t *at) {
    if (pair->join == CHUTE_REDACT_BY_TAG) {
        return chute_redact_content_end(finder, at);
    }
    switch (pair->meaning) {
    case CHUTE_NAME_AUTHORIZATION:
    case CHUTE_NAME_COOKIE:
        return chute_redact_header_end(finder, *at);
    case CHUTE_NAME_PHONE:
        return chute_redact_phone_end(finder, *at);
    default: {
        struct chute_redact_quote quote = quote_of_header(finder, pair);
        bool is_closed;
        size_t end = quote.len == 0 ? 0 : chute_redact_quoted_end(finder, *at, &quote, &is_closed);
        return end > 0 && is_closed ? end : chute_redact_plain_end(finder, *at, pair->is_encoded);
    }
    }
}

/* Behind a remark in brackets in the place of a value, "(known after apply)"; 0: there is none. */
static size_t read_remark(const struct chute_redact_finder *finder, size_t at) {
    size_t end = at + 1;
    while (end - at < REMARK_MOST && (chute_is_alpha(chute_redact_byte(finder, end)) ||
                                         chute_redact_byte(finder, end) == ' ')) {
        end++;
    }
    bool is_remark = chute_redact_byte(finder, at) == '(' && end > at + 1 &&
                     chute_redact_byte(finder, end) == ')';
    return is_remark ? end + 1 : 0;
}

/* The value at `at`; returns where it ends. */
static size_t read_value(
    struct chute_redact_finder *finder, const struct chute_redact_pair *pair, size_t at) {
    if (pair->join != CHUTE_REDACT_BY_TAG) {
        at = skip_wrapper(finder, at);
        struct chute_redact_quote quote = chute_redact_read_quote(finder, at);
        if (quote.len > 0) {
            size_t end = read_quoted(finder, pair, at, &quote);
            size_t changed = read_change(finder, end);
            quote = chute_redact_read_quote(finder, changed);
            return changed == 0 ? end : read_quoted(finder, pair, changed, &quote);
        }
    }
    size_t end = read_remark(finder, at);
    if (end != 0) {
        return end;
    }
    end = plain_end(finder, pair, &at);
    if (end < at) {
        return at;
    }
    judge_value(finder, pair, at, end, pair->join == CHUTE_REDACT_BY_TAG);
    return end;
}

/* `["a", "b"]` and Go's `[a]`. */
static void read_list(
    struct chute_redact_finder *finder, const struct chute_redact_pair *pair, size_t at) {
    for (;;) {
        at = chute_redact_skip_blanks(finder, at, true);
        size_t end = read_value(finder, pair, at);
        at = chute_redact_skip_blanks(finder, end, true);
        if (end == at && chute_redact_byte(finder, at) != ',') {
            return;
        }
        at += chute_redact_byte(finder, at) == ',';
        if (at >= finder->text.len || chute_redact_byte(finder, at) == ']') {
            return;
        }
    }
}

/* `npm run token:refresh`, `arn:aws:…:123456789012:secret:name`: names, not values. */
static bool is_of_a_name(
    const struct chute_redact_finder *finder, const struct chute_redact_pair *pair) {
    static const char *const programs[] = { "run", "yarn", "npm", "pnpm", "rake", "artisan", "make",
        "task" };
    char before = chute_redact_byte(finder, pair->name - 1);
    if (pair->join != CHUTE_REDACT_BY_COLON || pair->is_quoted) {
        return false;
    }
    if (before == '/') {
        return true;
    }
    if (pair->has_blank) {
        return false;
    }
    if (before == ':' && chute_is_digit(chute_redact_byte(finder, pair->name - 2))) {
        return true;
    }
    static const struct chute_str pam = { "pam_unix(", sizeof("pam_unix(") - 1 };
    if (before == '(' && pair->name >= pam.len &&
        chute_redact_is_at(finder, pair->name - pam.len, pam)) {
        return true;
    }
    struct chute_str word = chute_redact_word_before(finder, pair->name);
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        if (chute_str_eq(word, chute_str_of(programs[i]))) {
            return true;
        }
    }
    return false;
}

/* `requirepass hunter2`: Redis parts names and values with a blank. */
static bool is_setting(
    const struct chute_redact_finder *finder, const struct chute_redact_pair *pair) {
    struct chute_str name = chute_redact_slice(finder, pair->name, pair->name_end);
    return chute_str_eq(name, CHUTE_STR("requirepass")) ||
           chute_str_eq(name, CHUTE_STR("masterauth"));
}

/* `resetPassword: …`: an operation that says something, not a field. `refreshToken: …` may be one, too, where a sentence
 * follows. */
static bool is_operation(struct chute_redact_finder *finder, const struct chute_redact_pair *pair) {
    static const char *const verbs[] = { "reset", "refresh", "change", "update", "create",
        "validate", "generate", "revoke", "rotate", "renew", "issue", "get", "set", "fetch", "load",
        "save", "delete", "remove", "send", "handle", "process", "decode", "parse", "forgot",
        "request", "check", "verify", "hash", "compare", "encrypt", "decrypt", "find" };
    if (pair->join != CHUTE_REDACT_BY_COLON || !pair->has_blank || pair->is_quoted) {
        return false;
    }
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        size_t behind = pair->name + strlen(verbs[i]);
        if (!chute_redact_is_at(finder, pair->name, chute_str_of(verbs[i])) ||
            !chute_is_upper(chute_redact_byte(finder, behind))) {
            continue;
        }
        bool is_field = i < 2 && chute_redact_is_at(finder, behind, CHUTE_STR("Token"));
        size_t end = chute_redact_plain_end(finder, pair->value, false);
        struct chute_str value = chute_redact_slice(finder, pair->value, end);
        bool goes_on = end > pair->value && end + 1 < finder->text.len &&
                       !chute_is_space(finder->text.at[end + 1]);
        return !is_field || (goes_on && !chute_redact_is_odd(value));
    }
    return false;
}

/* Whether what stands in a value's place is the name of the next pair: `refreshToken: secret = hunter2`. */
static bool is_followed(
    const struct chute_redact_finder *finder, const struct chute_redact_pair *pair) {
    struct chute_redact_quote quote = chute_redact_read_quote(finder, pair->value);
    size_t start = pair->value + quote.len;
    size_t end = start;
    while (chute_redact_is_name_byte(chute_redact_byte(finder, end)) && end - start < NAME_MOST) {
        end++;
    }
    if (!pair->has_blank || end == start || pair->meaning == CHUTE_NAME_COOKIE ||
        pair->meaning == CHUTE_NAME_AUTHORIZATION ||
        chute_redact_name(chute_redact_slice(finder, start, end)) == CHUTE_NAME_PLAIN) {
        return false;
    }
    size_t sign = end;
    if (quote.len > 0) {
        struct chute_redact_quote close = chute_redact_read_quote(finder, end);
        sign = close.len == quote.len ? end + close.len : finder->text.len;
    }
    sign = chute_redact_skip_blanks(finder, sign, false);
    char byte = chute_redact_byte(finder, sign);
    return (byte == '=' || byte == ':') && chute_redact_byte(finder, sign + 1) != '=';
}

void chute_redact_key_value(struct chute_redact_finder *finder, size_t at, size_t len) {
    struct chute_redact_pair pair = { .name = 0 };
    if (!chute_redact_read_name(finder, at, len, &pair) || !chute_redact_read_join(finder, &pair)) {
        return;
    }
    if (pair.join == CHUTE_REDACT_IN_A_SENTENCE) {
        if (finder->text.at[pair.name] != '-' && !is_setting(finder, &pair)) {
            chute_redact_sentence(finder, &pair);
            return;
        }
        pair.join = CHUTE_REDACT_BY_BLANK;
        if (chute_redact_byte(finder, pair.value) == '-') {
            return; /* the next flag */
        }
    }
    pair.meaning = chute_redact_meaning_of(finder, &pair);
    if (pair.meaning == CHUTE_NAME_PLAIN || is_of_a_name(finder, &pair) ||
        is_operation(finder, &pair) || is_followed(finder, &pair)) {
        return;
    }
    if (pair.join == CHUTE_REDACT_BY_COLON && chute_redact_is_of_a_grammar(finder, &pair)) {
        pair.meaning = CHUTE_NAME_HINTS;
    }
    if (chute_redact_byte(finder, pair.value) == '[' &&
        skip_wrapper(finder, pair.value) == pair.value) {
        read_list(finder, &pair, pair.value + 1);
    } else {
        read_value(finder, &pair, pair.value);
    }
}
