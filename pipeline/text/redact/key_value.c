/* pipeline/text/redact/key_value.c - values behind a sensitive name in a text: `password=…`, `"token": "…"`, the same with
 * its quotes escaped, `--secret …`, `<pin>…</pin>`, and values that look random behind such a word in prose. */
#include "pipeline/base/ascii.h"
#include "pipeline/text/redact/finder.h"
#include "pipeline/text/redact/name.h"
#include "pipeline/text/redact/value.h"

#define NAME_MOST 96    /* bytes of a name that are looked at */
#define BLANKS_MOST 32  /* between a name and its value */
#define SLASHES_MOST 15 /* of an escaped quote: four levels */

/* How a name and its value are joined. */
enum join {
    NOT_JOINED,
    BY_EQUALS, /* = => := -> and %3D */
    BY_COLON,  /* : and %3A */
    BY_TAG,    /* <name>value</name> */
    BY_BLANK,  /* --name value */
    IN_A_SENTENCE,
};

struct pair {
    size_t name, name_end;
    size_t value; /* where it starts */
    enum join join;
    bool has_blank;  /* before the value */
    bool is_quoted;  /* the name */
    bool is_encoded; /* for a URL: %3D */
    enum chute_redact_name meaning;
};

/* A quote, of `slashes` backslashes and a sign; sign NUL: none. */
struct quote {
    char sign;
    size_t slashes;
    size_t len;
};

static bool is_name_byte(char byte) {
    return chute_is_alnum(byte) || byte == '_' || byte == '-' || byte == '.' ||
           (unsigned char)byte >= 0x80;
}

static bool is_quote_sign(char byte) {
    return byte == '"' || byte == '\'' || byte == '`';
}

static struct quote read_quote(const struct chute_redact_finder *finder, size_t at) {
    struct quote quote = { 0 };
    while (quote.slashes <= SLASHES_MOST && chute_redact_byte(finder, at + quote.slashes) == '\\') {
        quote.slashes++;
    }
    char sign = chute_redact_byte(finder, at + quote.slashes);
    if (is_quote_sign(sign)) {
        quote.sign = sign;
        quote.len = quote.slashes + 1;
    }
    return quote;
}

static bool is_text_at(const struct chute_redact_finder *finder, size_t at, const char *text) {
    return at <= finder->text.len &&
           chute_str_starts_with(
               chute_redact_slice(finder, at, finder->text.len), chute_str_of(text));
}

static size_t skip_blanks(const struct chute_redact_finder *finder, size_t at, bool takes_lines) {
    size_t end = at + BLANKS_MOST;
    while (at < end && (takes_lines ? chute_is_space(chute_redact_byte(finder, at))
                                    : chute_is_blank(chute_redact_byte(finder, at)))) {
        at++;
    }
    return at;
}

/* ------------------------------------------------------------------ the name, and what joins it to a value */

/* Behind the sign that joins them, or 0. */
static size_t read_sign(const struct chute_redact_finder *finder, size_t at, struct pair *pair) {
    switch (chute_redact_byte(finder, at)) {
    case '=':
        pair->join = BY_EQUALS;
        at++;
        return at + (chute_redact_byte(finder, at) == '>' || chute_redact_byte(finder, at) == '=');
    case ':':
        pair->join = BY_COLON;
        at++;
        if (chute_redact_byte(finder, at) == ':' || is_text_at(finder, at, "//")) {
            return 0;
        }
        return at + (chute_redact_byte(finder, at) == '=');
    case '-':
        pair->join = BY_EQUALS;
        return chute_redact_byte(finder, at + 1) == '>' ? at + 2 : 0;
    case '%':
        pair->is_encoded = true;
        pair->join = is_text_at(finder, at, "%3D") || is_text_at(finder, at, "%3d")   ? BY_EQUALS
                     : is_text_at(finder, at, "%3A") || is_text_at(finder, at, "%3a") ? BY_COLON
                                                                                      : NOT_JOINED;
        return pair->join == NOT_JOINED ? 0 : at + 3;
    default:
        return 0;
    }
}

/* `"password" value="…"`, as in XML's attributes. */
static size_t read_value_attribute(const struct chute_redact_finder *finder, size_t at) {
    return is_text_at(finder, at, "value=")   ? at + 6
           : is_text_at(finder, at, "Value=") ? at + 6
                                              : 0;
}

/* From the end of a name to the start of its value. False if there is none. */
static bool read_join(const struct chute_redact_finder *finder, struct pair *pair) {
    size_t at = pair->name_end;
    struct quote quote = read_quote(finder, at);
    if (quote.sign != '\0') {
        pair->is_quoted = true;
        at += quote.len;
    } else if (is_text_at(finder, at, "%22")) {
        pair->is_quoted = true;
        at += 3;
    }
    if (chute_redact_byte(finder, at) == ']') { /* user[password]=… and "user[password]"=>… */
        quote = read_quote(finder, ++at);
        pair->is_quoted = pair->is_quoted || quote.sign != '\0';
        at += quote.len;
    }
    if (chute_redact_byte(finder, at) == '>' && !pair->is_quoted) {
        pair->join = BY_TAG;
        pair->value = at + 1;
        return true;
    }
    size_t behind = skip_blanks(finder, at, pair->is_quoted);
    size_t value = read_sign(finder, behind, pair);
    if (value == 0 && pair->is_quoted && behind > at) {
        value = read_value_attribute(finder, behind);
        pair->join = value == 0 ? NOT_JOINED : BY_EQUALS;
    }
    if (value != 0) {
        pair->value = skip_blanks(finder, value, pair->is_quoted);
        pair->has_blank = pair->value > value;
        return true;
    }
    pair->join = IN_A_SENTENCE;
    pair->value = behind;
    pair->has_blank = true;
    return behind > at && !pair->is_quoted;
}

/* The run of bytes of names around `at`; the last one is known. */
static void find_run(struct chute_redact_finder *finder, size_t at) {
    if (at >= finder->name_start && at < finder->name_end) {
        return;
    }
    size_t start = at, end = at;
    while (start > 0 && is_name_byte(finder->text.at[start - 1])) {
        start--;
    }
    while (end < finder->text.len && is_name_byte(finder->text.at[end])) {
        end++;
    }
    finder->name_start = start;
    finder->name_end = end;
}

/* The name around the literal at `at`. False if it is no name of usual length. */
static bool read_name(
    struct chute_redact_finder *finder, size_t at, size_t len, struct pair *pair) {
    find_run(finder, at);
    pair->name = finder->name_start;
    pair->name_end = finder->name_end;
    const char *name = finder->text.at + pair->name;
    size_t run = pair->name_end - pair->name;
    if (run > 2 && chute_redact_byte(finder, pair->name - 1) == '%' && chute_is_hex(name[0]) &&
        chute_is_hex(name[1]) && at >= pair->name + 2) {
        pair->name += 2; /* %3Fpassword%3D… */
    } else if (run > 3 && name[0] == '-' && name[1] == 'D' && at >= pair->name + 2) {
        pair->name += 2; /* java -Dpassword=… */
    }
    if (pair->name_end - pair->name > NAME_MOST) { /* judged by its end */
        pair->name = pair->name_end - NAME_MOST;
        if (at < pair->name) {
            return false;
        }
    }
    while (pair->name_end > at + len && (finder->text.at[pair->name_end - 1] == '-' ||
                                            finder->text.at[pair->name_end - 1] == '.')) {
        pair->name_end--; /* of an arrow, of a sentence */
    }
    return true;
}

static enum chute_redact_name meaning_of(
    const struct chute_redact_finder *finder, const struct pair *pair) {
    return chute_redact_name(chute_redact_slice(finder, pair->name, pair->name_end));
}

/* The word before a name, behind one blank. */
static struct chute_str word_before(const struct chute_redact_finder *finder, size_t at) {
    size_t end = at;
    if (at > 1 && finder->text.at[at - 1] == ' ') {
        at = end = at - 1;
        while (at > 0 && end - at < 16 && chute_is_alpha(finder->text.at[at - 1])) {
            at--;
        }
    }
    return chute_redact_slice(finder, at, end);
}

/* "Unexpected token: …" is what parsers say of a piece of text. */
static bool is_of_a_grammar(const struct chute_redact_finder *finder, const struct pair *pair) {
    static const char *const adjectives[] = { "unexpected", "illegal", "unknown", "invalid", "next",
        "expected", "bad", "unrecognized" };
    struct chute_str name = chute_redact_slice(finder, pair->name, pair->name_end);
    if (!chute_str_eq_nocase(name, CHUTE_STR("token"))) {
        return false;
    }
    struct chute_str before = word_before(finder, pair->name);
    for (size_t i = 0; i < sizeof(adjectives) / sizeof(adjectives[0]); i++) {
        if (chute_str_eq_nocase(before, chute_str_of(adjectives[i]))) {
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------ the value */

/* Where the value in quotes ends: at the same quote, with as many backslashes; else at the line's end. */
static size_t quoted_end(
    const struct chute_redact_finder *finder, size_t at, const struct quote *quote) {
    const char *text = finder->text.at;
    size_t start = at;
    while (at < finder->text.len) {
        const char *found = memchr(text + at, quote->sign, finder->text.len - at);
        if (found == NULL) {
            break;
        }
        size_t sign = (size_t)(found - text);
        size_t slashes = 0;
        while (sign - slashes > start && text[sign - slashes - 1] == '\\') {
            slashes++;
        }
        bool is_escaped = quote->slashes == 0 ? slashes % 2 == 1 : slashes > quote->slashes;
        if (!is_escaped) {
            return sign - (slashes < quote->slashes ? slashes : quote->slashes);
        }
        at = sign + 1;
    }
    const char *line = memchr(text + start, '\n', finder->text.len - start);
    return line == NULL ? finder->text.len : (size_t)(line - text);
}

/* Whether `name=` or `name:` stands at `at`. */
static bool is_next_pair(const struct chute_redact_finder *finder, size_t at) {
    size_t start = at;
    while (at - start < 40 &&
           (is_name_byte(chute_redact_byte(finder, at)) || chute_redact_byte(finder, at) == '[' ||
               (chute_redact_byte(finder, at) == ']' && at > start))) {
        at++;
    }
    char byte = chute_redact_byte(finder, at);
    return at > start && (byte == '=' || byte == ':');
}

/* Whether a byte that may part values does: at the end, before a blank, or before the next pair. */
static bool is_parting(const struct chute_redact_finder *finder, size_t at) {
    char next = chute_redact_byte(finder, at + 1);
    return next == '\0' || chute_is_space(next) || is_quote_sign(next) ||
           strchr("&;,)]}>|", next) || is_next_pair(finder, at + 1);
}

static bool ends_value(const struct chute_redact_finder *finder, size_t at, bool is_encoded) {
    char byte = finder->text.at[at];
    switch (byte) {
    case ' ':
    case '\t':
    case '\n':
    case '\r':
    case '\f':
    case '\v':
    case '"':
    case '\'':
    case '`':
    case '<':
    case '|':
        return true;
    case '&':
    case ';':
    case ',':
    case ')':
    case ']':
    case '}':
    case '>':
        return is_parting(finder, at);
    case '\\': {
        char next = chute_redact_byte(finder, at + 1);
        return next == 'n' || next == 'r' || next == 't' || next == '\\' || is_quote_sign(next);
    }
    case '%':
        return is_encoded && (is_text_at(finder, at, "%26") || is_text_at(finder, at, "%22") ||
                                 is_text_at(finder, at, "%20"));
    default:
        return false;
    }
}

/* Where a value without quotes ends; what was found last is known, as it does not depend on where one starts. */
static size_t plain_end(struct chute_redact_finder *finder, size_t at, bool is_encoded) {
    if (at >= finder->plain_start && at < finder->plain_end && !is_encoded) {
        return finder->plain_end;
    }
    size_t end = at;
    while (end < finder->text.len && !ends_value(finder, end, is_encoded)) {
        end++;
    }
    if (!is_encoded) {
        finder->plain_start = at;
        finder->plain_end = end;
    }
    return end;
}

/* What stands before an equals sign that does not pad base64: all else is no single value. */
static struct chute_str before_next_sign(struct chute_str value) {
    size_t most = value.len < 128 ? value.len : 128;
    const char *sign = memchr(value.at, '=', most);
    if (sign != NULL && (size_t)(sign - value.at) + 2 < value.len) {
        value.len = (size_t)(sign - value.at);
    }
    return value;
}

/* Whether the value of a pair is to be hidden; `is_quoted` tells of the value. */
static bool is_secret(const struct pair *pair, struct chute_str value, bool is_quoted) {
    if (pair->meaning == CHUTE_NAME_HINTS && !chute_redact_is_random(before_next_sign(value))) {
        return false;
    }
    if (chute_redact_is_blank(value) || (is_quoted && chute_redact_is_claim(value))) {
        return false;
    }
    bool is_loose = !is_quoted && (pair->join != BY_EQUALS || pair->has_blank);
    if (!is_quoted && chute_redact_is_prose(value)) {
        return false;
    }
    bool is_number = true;
    for (size_t i = 0; i < value.len && is_number; i++) {
        is_number = chute_is_digit(value.at[i]);
    }
    switch (pair->meaning) {
    case CHUTE_NAME_LISTS:
        return is_quoted || chute_redact_is_odd(value);
    case CHUTE_NAME_SESSION:
        if (is_number) {
            return value.len >= 4 && !is_loose;
        }
        return is_loose ? chute_redact_is_odd(value)
                        : value.len >= 4 && !chute_redact_is_uuid(value);
    case CHUTE_NAME_SESSION_ID:
        return !is_number && !chute_str_starts_with(value, CHUTE_STR("0x"));
    default:
        return true;
    }
}

static enum chute_redact_kind kind_of(const struct pair *pair) {
    return pair->meaning == CHUTE_NAME_HINTS ? CHUTE_REDACT_HIGH_ENTROPY : CHUTE_REDACT_KEY_VALUE;
}

static void judge_value(struct chute_redact_finder *finder, const struct pair *pair, size_t start,
    size_t end, bool is_quoted) {
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
    } else if (is_secret(pair, chute_redact_slice(finder, start, end), is_quoted)) {
        chute_redact_add(finder, start, end, kind_of(pair));
    }
}

/* The value at `at`; returns where it ends. */
static size_t read_value(struct chute_redact_finder *finder, const struct pair *pair, size_t at) {
    char byte = chute_redact_byte(finder, at);
    if (strchr("ubrBL", byte) != NULL && byte != '\0' && /* Python's u'…' and the like */
        is_quote_sign(chute_redact_byte(finder, at + 1))) {
        at++;
    }
    struct quote quote = read_quote(finder, at);
    if (quote.sign != '\0') {
        size_t end = quoted_end(finder, at + quote.len, &quote);
        judge_value(finder, pair, at + quote.len, end, true);
        return end + quote.len;
    }
    if (is_text_at(finder, at, "%22")) {
        at += 3;
    }
    size_t end;
    if (pair->join == BY_TAG) {
        const char *tag = memchr(finder->text.at + at, '<', finder->text.len - at);
        end = tag == NULL ? at : (size_t)(tag - finder->text.at);
    } else if (pair->meaning == CHUTE_NAME_AUTHORIZATION || pair->meaning == CHUTE_NAME_COOKIE) {
        end = chute_redact_header_end(finder, at);
    } else {
        end = plain_end(finder, at, pair->is_encoded);
    }
    judge_value(finder, pair, at, end, false);
    return end;
}

/* `["a", "b"]` and Go's `[a]`. */
static void read_list(struct chute_redact_finder *finder, const struct pair *pair, size_t at) {
    for (;;) {
        at = skip_blanks(finder, at, true);
        size_t end = read_value(finder, pair, at);
        at = skip_blanks(finder, end, true);
        if (end == at && chute_redact_byte(finder, at) != ',') {
            return;
        }
        at += chute_redact_byte(finder, at) == ',';
        if (at >= finder->text.len || chute_redact_byte(finder, at) == ']') {
            return;
        }
    }
}

/* ------------------------------------------------------------------ sentences */

/* "token 4f9c…", "the password is …": what stands there must not look like a word. */
static void read_sentence(struct chute_redact_finder *finder, struct pair *pair) {
    size_t at = pair->value;
    static const char *const links[] = { "is ", "was ", "to ", "as ", "of " };
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        if (is_text_at(finder, at, links[i])) {
            at += strlen(links[i]);
            break;
        }
    }
    struct quote quote = read_quote(finder, at);
    size_t start = at + (quote.sign == '\0' ? 0 : quote.len);
    size_t end = quote.sign == '\0' ? start : quoted_end(finder, start, &quote);
    bool has_digit = quote.sign != '\0';
    while (quote.sign == '\0' && end < finder->text.len && end - start < 512 &&
           !chute_is_space(finder->text.at[end]) && !is_quote_sign(finder->text.at[end])) {
        has_digit = chute_is_digit(finder->text.at[end++]) || has_digit;
    }
    if (!has_digit) {
        return; /* a word */
    }
    struct chute_str value = chute_redact_slice(finder, start, end);
    while (quote.sign == '\0' && value.len > 0 && strchr(".,;:!?)]}", value.at[value.len - 1])) {
        value.len--;
    }
    bool is_word = quote.sign != '\0' && value.len >= 4 && value.len < 128 &&
                   memchr(value.at, ' ', value.len) == NULL;
    if (value.len < 4 || memchr(value.at, '=', value.len - 2) != NULL ||
        chute_redact_is_blank(value)) {
        return;
    }
    pair->meaning = meaning_of(finder, pair);
    bool is_found = false;
    enum chute_redact_kind kind = is_word ? CHUTE_REDACT_KEY_VALUE : CHUTE_REDACT_HIGH_ENTROPY;
    if (pair->meaning == CHUTE_NAME_SECRET && !is_of_a_grammar(finder, pair)) {
        is_found = is_word || chute_redact_is_odd(value);
    } else if (pair->meaning == CHUTE_NAME_SESSION || pair->meaning == CHUTE_NAME_SESSION_ID ||
               pair->meaning == CHUTE_NAME_HINTS || pair->meaning == CHUTE_NAME_LISTS) {
        is_found = chute_redact_is_random(value);
    }
    if (is_found) {
        chute_redact_add(finder, start, start + value.len, kind);
    }
}

/* SQL: IDENTIFIED BY 'password'. */
void chute_redact_identified_by(struct chute_redact_finder *finder, size_t at, size_t len) {
    at = skip_blanks(finder, at + len, false);
    struct quote quote = read_quote(finder, at);
    if (quote.sign == '\0') {
        return;
    }
    size_t start = at + quote.len;
    size_t end = quoted_end(finder, start, &quote);
    if (!chute_redact_is_blank(chute_redact_slice(finder, start, end))) {
        chute_redact_add(finder, start, end, CHUTE_REDACT_KEY_VALUE);
    }
}

void chute_redact_key_value(struct chute_redact_finder *finder, size_t at, size_t len) {
    struct pair pair = { 0 };
    if (!read_name(finder, at, len, &pair) || !read_join(finder, &pair)) {
        return;
    }
    char before = chute_redact_byte(finder, pair.name - 1);
    if (pair.join == IN_A_SENTENCE) {
        if (finder->text.at[pair.name] != '-') {
            read_sentence(finder, &pair);
            return;
        }
        pair.join = BY_BLANK;
        if (chute_redact_byte(finder, pair.value) == '-') {
            return; /* the next flag */
        }
    }
    if (pair.join == BY_TAG && before != '<' && before != ':') {
        return;
    }
    pair.meaning = meaning_of(finder, &pair);
    if (pair.meaning == CHUTE_NAME_PLAIN ||
        (pair.join == BY_COLON && (before == '/' || is_of_a_grammar(finder, &pair)))) {
        return;
    }
    if (chute_redact_byte(finder, pair.value) == '[') {
        read_list(finder, &pair, pair.value + 1);
    } else {
        read_value(finder, &pair, pair.value);
    }
}
