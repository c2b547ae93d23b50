/* pipeline/text/redact/sentence.c - secrets in prose: "token 4f9c…", "the password is …". What stands there must not look
 * like a word of a sentence. */
#include "pipeline/text/redact/pair.h"
#include "pipeline/text/redact/quote.h"
#include "pipeline/text/redact/value.h"

#define WORD_MOST 512 /* bytes of what stands behind a name */

/* A name of several words: "session id", "card number", "token value". */
static void read_second_word(
    const struct chute_redact_finder *finder, struct chute_redact_pair *pair) {
    static const char *const words[] = { "id", "key", "code", "number", "no", "value", "hash",
        "string", "secret", "token" };
    size_t end = pair->value;
    while (end - pair->value < 8 && chute_is_alpha(chute_redact_byte(finder, end))) {
        end++;
    }
    struct chute_str word = chute_redact_slice(finder, pair->value, end);
    if (chute_str_is_one_of(word, words, sizeof(words) / sizeof(words[0])) &&
        chute_is_blank(chute_redact_byte(finder, end))) {
        pair->name_end = end;
        pair->value = chute_redact_skip_blanks(finder, end, false);
    }
}

/* Behind the words that lead to the value. */
static size_t skip_links(const struct chute_redact_finder *finder, size_t at) {
    static const char *const links[] = { "is ", "was ", "to ", "as ", "of ",
        "provided: ", "supplied: ", "given: ", "received: ", "used: ", "sent: ", "found: ", "is: ",
        "was: ", "provided ", "supplied ", "received ", "ist ", "set to ", "changed to ",
        "reset to ", "starting with ", "= " };
    return at + chute_redact_any_at(finder, at, links, sizeof(links) / sizeof(links[0]));
}

/* Behind "for user bob: " and the like at `at`; `at` itself if that does not stand there. */
static size_t skip_owner(const struct chute_redact_finder *finder, size_t at) {
    if (!chute_redact_is_at(finder, at, CHUTE_STR("for ")) &&
        !chute_redact_is_at(finder, at, CHUTE_STR("of "))) {
        return at;
    }
    size_t limit = at + 64;
    for (size_t next = at; next < limit; next++) {
        char byte = chute_redact_byte(finder, next);
        bool is_of_words = chute_redact_is_name_byte(byte) || byte == ' ' || byte == '@' ||
                           byte == '\'' || byte == '"';
        if (byte == ':' && chute_redact_byte(finder, next + 1) == ' ') {
            return next + 2;
        }
        if (chute_redact_is_at(finder, next, CHUTE_STR(" is "))) {
            return next + 4;
        }
        if (!is_of_words) {
            break;
        }
    }
    return at;
}

/* "db.go:34", "auth.ts:329:11": a place in code. */
static bool is_place(struct chute_str value) {
    const char *dot = memchr(value.at, '.', value.len);
    const char *colon = memchr(value.at, ':', value.len);
    return dot != NULL && colon != NULL && dot < colon && colon + 1 < value.at + value.len &&
           chute_is_digit(colon[1]);
}

/* "cryptography-43.0.1", "HTTP/1.1" */
static bool is_version(struct chute_str value) {
    size_t name = 0;
    while (name < value.len && (chute_is_alpha(value.at[name]) || value.at[name] == '_')) {
        name++;
    }
    if (name == 0 || name == value.len || (value.at[name] != '-' && value.at[name] != '/')) {
        return false;
    }
    size_t dots = 0;
    for (size_t i = name + 1; i < value.len; i++) {
        dots += value.at[i] == '.';
        if (!chute_is_digit(value.at[i]) && value.at[i] != '.') {
            return false;
        }
    }
    return dots > 0;
}

/* "VARCHAR(255", "fn(a": a call, a type, or the place of one. */
static bool is_of_code(struct chute_str value) {
    const char *bracket = memchr(value.at, '(', value.len);
    return (bracket != NULL && bracket > value.at && chute_is_alpha(bracket[-1])) ||
           is_place(value) || is_version(value);
}

/* `secret "db-main" not found`: the name of a secret, as Kubernetes has them. */
static bool is_object_name(
    const struct chute_redact_finder *finder, struct chute_str value, size_t behind) {
    static const char *const words[] = { " not found", " in namespace", " is forbidden",
        " already exists", " does not exist", " created", " deleted", " configured", " unchanged",
        " mounted", " updated", " has no" };
    for (size_t i = 0; i < value.len; i++) {
        char byte = value.at[i];
        if (!chute_is_lower(byte) && !chute_is_digit(byte) && byte != '-' && byte != '.' &&
            byte != '/') {
            return false;
        }
    }
    return chute_redact_any_at(finder, behind, words, sizeof(words) / sizeof(words[0])) > 0;
}

/* What stands behind a name. */
struct word {
    size_t start;
    struct chute_str text;
    bool is_quoted;
    bool is_bracketed; /* or quoted */
    size_t behind;     /* its quote */
};

/* The word at `at`; false if it is none that could be a secret. */
static bool read_word(const struct chute_redact_finder *finder, size_t at, struct word *word) {
    struct chute_redact_quote quote = chute_redact_read_quote(finder, at);
    char open = chute_redact_byte(finder, at);
    word->is_quoted = quote.len > 0;
    word->start = at + (word->is_quoted ? quote.len : open == '(' || open == '[' || open == '<');
    word->is_bracketed = word->start > at;
    size_t end = word->start;
    bool has_digit = word->is_quoted, is_closed = true;
    if (word->is_quoted) {
        end = chute_redact_quoted_end(finder, end, &quote, &is_closed);
    }
    while (!word->is_quoted && end < finder->text.len && end - word->start < WORD_MOST &&
           !chute_is_space(finder->text.at[end]) &&
           !chute_redact_is_quote_sign(finder->text.at[end])) {
        has_digit = chute_is_digit(finder->text.at[end++]) || has_digit;
    }
    word->text = chute_redact_slice(finder, word->start, end);
    word->behind = end + quote.len;
    while (!word->is_quoted && word->text.len > 0 &&
           strchr(".,;:!?)]}>", word->text.at[word->text.len - 1])) {
        word->text.len--;
    }
    return has_digit && is_closed && word->text.len >= 4 &&
           memchr(word->text.at, '=', word->text.len - 2) == NULL &&
           !chute_redact_is_blank(word->text);
}

/* "RSA key 4DC3E701F424A694": the id of a key that is no secret, as gpg and ssh print it. */
static bool is_key_id(const struct chute_redact_finder *finder,
    const struct chute_redact_pair *pair, struct chute_str value) {
    static const char *const kinds[] = { "rsa", "dsa", "ecdsa", "gpg", "pgp", "host", "master" };
    size_t hex = 0;
    while (hex < value.len && chute_is_hex(value.at[hex])) {
        hex++;
    }
    struct chute_str name = chute_redact_slice(finder, pair->name, pair->name_end);
    return hex == value.len && (hex == 8 || hex == 16 || hex == 40) &&
           chute_str_eq_nocase(name, CHUTE_STR("key")) &&
           chute_str_is_one_of(chute_redact_word_before(finder, pair->name), kinds,
               sizeof(kinds) / sizeof(kinds[0]));
}

/* A code of digits alone behind its name: "otp 493021", "verification code 4930". */
static bool is_code(const struct chute_redact_finder *finder, const struct chute_redact_pair *pair,
    struct chute_str value) {
    static const char *const names[] = { "otp", "totp", "code", "cvv", "cvc" };
    size_t digits = 0;
    while (digits < value.len && chute_is_digit(value.at[digits])) {
        digits++;
    }
    struct chute_str name = chute_redact_slice(finder, pair->name, pair->name_end);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct chute_str end = chute_str_of(names[i]);
        if (name.len >= end.len &&
            chute_str_eq_nocase((struct chute_str){ name.at + name.len - end.len, end.len }, end)) {
            return digits == value.len && digits <= 8;
        }
    }
    return false;
}

/* PASSWORD '…': of a statement, where a password of several words is one, too. */
static bool is_keyword(const struct chute_redact_finder *finder,
    const struct chute_redact_pair *pair, const struct word *word) {
    return word->is_quoted && pair->value + 1 == word->start &&
           chute_str_eq(
               chute_redact_slice(finder, pair->name, pair->name_end), CHUTE_STR("PASSWORD"));
}

void chute_redact_sentence(struct chute_redact_finder *finder, struct chute_redact_pair *pair) {
    read_second_word(finder, pair);
    size_t at = skip_links(finder, pair->value);
    at = at > pair->value ? at : skip_owner(finder, at);
    struct word word;
    bool is_word_there = read_word(finder, at, &word);
    if (word.text.len >= 4 && word.is_bracketed &&
        memchr(word.text.at, '=', word.text.len) != NULL &&
        chute_redact_meaning_of(finder, pair) == CHUTE_NAME_COOKIE) {
        chute_redact_cookies(finder, word.start, word.start + word.text.len);
        return;
    }
    if (!is_word_there || (!word.is_quoted && is_of_code(word.text)) ||
        is_key_id(finder, pair, word.text)) {
        return;
    }
    pair->meaning = chute_redact_is_of_a_grammar(finder, pair)
                        ? CHUTE_NAME_HINTS
                        : chute_redact_meaning_of(finder, pair);
    bool is_word =
        word.is_quoted && word.text.len < 128 &&
        (is_keyword(finder, pair, &word) || memchr(word.text.at, ' ', word.text.len) == NULL) &&
        !is_object_name(finder, word.text, word.behind);
    bool is_found = false;
    switch (pair->meaning) {
    case CHUTE_NAME_SECRET:
        is_found = is_word || chute_redact_is_odd(word.text) || is_code(finder, pair, word.text);
        break;
    case CHUTE_NAME_SESSION:
    case CHUTE_NAME_SESSION_ID:
    case CHUTE_NAME_HINTS:
    case CHUTE_NAME_LISTS:
        is_found = chute_redact_is_random(word.text);
        break;
    default:
        break;
    }
    if (is_found) {
        chute_redact_add(finder, word.start, word.start + word.text.len,
            is_word && pair->meaning == CHUTE_NAME_SECRET ? CHUTE_REDACT_KEY_VALUE
                                                          : CHUTE_REDACT_HIGH_ENTROPY);
    }
}
