#include "pipeline/text/redact/pair.h"

#include "pipeline/text/redact/quote.h"

#define NAME_MOST 96        /* bytes of a name that are looked at */
#define ATTRIBUTES_MOST 256 /* bytes of an element's attributes */
#define PREFIX_MOST 32      /* bytes of a name space */

/* ------------------------------------------------------------------ the name */

/* The run of bytes of names around `at`; the last one is known. */
static void find_run(struct chute_redact_finder *finder, size_t at) {
    if (at >= finder->name_start && at < finder->name_end) {
        return;
    }
    size_t start = at, end = at;
    while (start > 0 && chute_redact_is_name_byte(finder->text.at[start - 1])) {
        start--;
    }
    while (end < finder->text.len && chute_redact_is_name_byte(finder->text.at[end])) {
        end++;
    }
    finder->name_start = start;
    finder->name_end = end;
}

/* Bytes at the start of a run that are of what stands before the name. */
static size_t bytes_before(const struct chute_redact_finder *finder, size_t at) {
    const char *run = finder->text.at + at;
    char before = chute_redact_byte(finder, at - 1);
    if (before == '\\' && chute_redact_byte(finder, at - 2) != '\\') {
        size_t escape = chute_redact_escape_at(finder, at - 1);
        return escape == 0 ? 0 : escape - 1; /* \u0022password\u0022 */
    }
    if (before == '\\') { /* a quote's escape behind more than one backslash */
        struct chute_redact_quote quote = chute_redact_read_quote(finder, at - 1);
        return quote.len == 0 ? 0 : quote.len - 1;
    }
    if (before == '%' && chute_is_hex(run[0]) && chute_is_hex(chute_redact_byte(finder, at + 1))) {
        bool is_double = chute_redact_is_at(finder, at, CHUTE_STR("25")) &&
                         chute_is_hex(chute_redact_byte(finder, at + 2)) &&
                         chute_is_hex(chute_redact_byte(finder, at + 3));
        return is_double ? 4 : 2; /* %3Fpassword%3D… */
    }
    return run[0] == '-' && chute_redact_byte(finder, at + 1) == 'D' ? 2
                                                                     : 0; /* java -Dpassword=… */
}

bool chute_redact_read_name(
    struct chute_redact_finder *finder, size_t at, size_t len, struct chute_redact_pair *pair) {
    find_run(finder, at);
    pair->name = finder->name_start;
    pair->name_end = finder->name_end;
    size_t skipped = bytes_before(finder, pair->name);
    if (skipped > 0 && at >= pair->name + skipped) {
        pair->name += skipped;
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

struct chute_str chute_redact_word_before(const struct chute_redact_finder *finder, size_t at) {
    size_t end = at;
    if (at > 1 && finder->text.at[at - 1] == ' ') {
        at = end = at - 1;
        while (at > 0 && end - at < 16 && chute_is_alpha(finder->text.at[at - 1])) {
            at--;
        }
    }
    return chute_redact_slice(finder, at, end);
}

/* Words that say what a key, a number, … is stand before it: "API key", "card number". */
static bool needs_word_before(struct chute_str name) {
    static const char *const words[] = { "key", "keys", "code", "number", "phrase" };
    return chute_str_is_one_of(name, words, sizeof(words) / sizeof(words[0]));
}

enum chute_redact_name chute_redact_meaning_of(
    const struct chute_redact_finder *finder, const struct chute_redact_pair *pair) {
    struct chute_str name = chute_redact_slice(finder, pair->name, pair->name_end);
    if (needs_word_before(name)) {
        struct chute_str before = chute_redact_word_before(finder, pair->name);
        if (before.len > 0) {
            name.len += (size_t)(name.at - before.at);
            name.at = before.at;
        }
    }
    return chute_redact_name(name);
}

/* "Unexpected token: …" is what parsers say of a piece of text, "bad token: …" may be said of a secret. */
bool chute_redact_is_of_a_grammar(
    const struct chute_redact_finder *finder, const struct chute_redact_pair *pair) {
    static const char *const adjectives[] = { "unexpected", "illegal", "unknown", "invalid", "next",
        "expected", "bad", "unrecognized" };
    struct chute_str name = chute_redact_slice(finder, pair->name, pair->name_end);
    if (!chute_str_eq_nocase(name, CHUTE_STR("token"))) {
        return false;
    }
    struct chute_str before = chute_redact_word_before(finder, pair->name);
    return chute_str_is_one_of(before, adjectives, sizeof(adjectives) / sizeof(adjectives[0]));
}

/* ------------------------------------------------------------------ what joins it to a value */

/* Behind the sign that joins them, or 0. */
static size_t read_sign(
    const struct chute_redact_finder *finder, size_t at, struct chute_redact_pair *pair) {
    char byte = chute_redact_byte(finder, at);
    char next = chute_redact_byte(finder, at + 1);
    if (byte == '=') {
        pair->join = CHUTE_REDACT_BY_EQUALS;
        return at + 1 + (next == '>' || next == '=');
    }
    if (byte == ':') {
        pair->join = CHUTE_REDACT_BY_COLON;
        if (next == ':' || chute_redact_is_at(finder, at + 1, CHUTE_STR("//"))) {
            return 0;
        }
        return at + 1 + (next == '=');
    }
    if (byte == '-' && next == '>') {
        pair->join = CHUTE_REDACT_BY_EQUALS;
        return at + 2;
    }
    if (byte == '\\' && chute_redact_is_at_nocase(finder, at, CHUTE_STR("\\u003d"))) {
        pair->join = CHUTE_REDACT_BY_EQUALS;
        return at + 6;
    }
    if (byte != '%') {
        return 0;
    }
    size_t code = at + (chute_redact_is_at(finder, at, CHUTE_STR("%25")) ? 3 : 1);
    bool is_equals = chute_redact_is_at_nocase(finder, code, CHUTE_STR("3d"));
    if (!is_equals && !chute_redact_is_at_nocase(finder, code, CHUTE_STR("3a"))) {
        return 0;
    }
    pair->is_encoded = true;
    pair->join = is_equals ? CHUTE_REDACT_BY_EQUALS : CHUTE_REDACT_BY_COLON;
    return code + 2;
}

/* Behind `value=` at `at`, of XML's attributes; 0: it does not stand there. */
static size_t read_value_attribute(const struct chute_redact_finder *finder, size_t at) {
    return chute_redact_is_at_nocase(finder, at, CHUTE_STR("value=")) ? at + 6 : 0;
}

/* Whether the name stands at the start of an element: `<name`, `<ns:name`, `&lt;name`. */
static bool is_of_element(const struct chute_redact_finder *finder, size_t name) {
    if (chute_redact_byte(finder, name - 1) == ':') {
        size_t first = name - 1;
        while (name - first < PREFIX_MOST &&
               chute_redact_is_name_byte(chute_redact_byte(finder, first - 1))) {
            first--;
        }
        name = first;
    }
    return chute_redact_byte(finder, name - 1) == '<' ||
           (name >= 4 && chute_redact_is_at(finder, name - 4, CHUTE_STR("&lt;")));
}

/* Behind `>` or `&gt;`; 0: it does not stand there. */
static size_t read_tag_end(const struct chute_redact_finder *finder, size_t at) {
    return chute_redact_byte(finder, at) == '>'                          ? at + 1
           : chute_redact_is_at(finder, at, CHUTE_STR("&gt;"))           ? at + 4
           : chute_redact_is_at_nocase(finder, at, CHUTE_STR("\\u003e")) ? at + 6
                                                                         : 0;
}

/* Behind an element's start, of which the name ends at `at`; 0: it is none, or holds its value in an attribute. */
static size_t read_element(const struct chute_redact_finder *finder, size_t at) {
    size_t limit = at + ATTRIBUTES_MOST;
    if (chute_is_space(chute_redact_byte(finder, at))) {
        for (; at < limit; at++) {
            char byte = chute_redact_byte(finder, at);
            if (byte == '\0' || byte == '<' || read_value_attribute(finder, at) != 0) {
                return 0;
            }
            if (read_tag_end(finder, at) != 0) {
                return finder->text.at[at - 1] == '/' ? 0 : read_tag_end(finder, at);
            }
        }
        return 0;
    }
    return read_tag_end(finder, at);
}

/* Whether the quoted name that starts at `at` is the value of an attribute that names something. */
static bool is_naming_attribute(const struct chute_redact_finder *finder, size_t at) {
    struct chute_redact_quote quote = chute_redact_quote_before(finder, at);
    static const char *const attributes[] = { "name=", "key=", "Name=", "Key=", "id=" };
    at -= quote.len;
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]) && quote.len > 0; i++) {
        struct chute_str attribute = chute_str_of(attributes[i]);
        if (at > attribute.len && chute_redact_is_at(finder, at - attribute.len, attribute)) {
            return true;
        }
    }
    return false;
}

/* Behind `"name": "…", "value":`, and the same in YAML; 0: that is not what stands behind the name. `at` is behind its
 * quote. */
static size_t read_named_value(
    const struct chute_redact_finder *finder, size_t at, const struct chute_redact_pair *pair) {
    static const char *const names[] = { "value", "val", "defaultvalue", "content" };
    size_t next = chute_redact_skip_blanks(finder, at, true);
    bool is_list = chute_redact_byte(finder, next) == ',' || chute_redact_byte(finder, next) == ';';
    size_t opening = pair->name - chute_redact_quote_before(finder, pair->name).len;
    while (opening > 0 && chute_redact_byte(finder, opening - 1) == ' ') {
        opening--;
    }
    char before = chute_redact_byte(finder, opening - 1);
    if ((!is_list && next == at) || (before != ':' && before != '=' && before != '>')) {
        return 0;
    }
    next = chute_redact_skip_blanks(finder, next + (is_list ? 1 : 0), true);
    next += chute_redact_read_quote(finder, next).len;
    next += chute_redact_byte(finder, next) == ':'; /* Ruby's :value => */
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct chute_str name = chute_str_of(names[i]);
        if (chute_redact_is_at_nocase(finder, next, name)) {
            size_t end = next + name.len;
            end += chute_redact_read_quote(finder, end).len;
            end = chute_redact_skip_blanks(finder, end, false);
            struct chute_redact_pair sign = { .name = 0 };
            return read_sign(finder, end, &sign);
        }
    }
    return 0;
}

/* Behind PHP's `s:8:"password";s:7:`; 0: that is not what stands there. */
static size_t read_serialized(const struct chute_redact_finder *finder, size_t at) {
    if (!chute_redact_is_at(finder, at, CHUTE_STR(";s:"))) {
        return 0;
    }
    for (at += 3; chute_is_digit(chute_redact_byte(finder, at));) {
        at++;
    }
    return chute_redact_byte(finder, at) == ':' ? at + 1 : 0;
}

/* Behind the empty line under a part's header, `name="password"`, of multipart/form-data (RFC 7578); 0: it is none. */
static size_t read_part(const struct chute_redact_finder *finder, size_t at) {
    static const char *const lines[] = { "\r\n\r\n", "\n\n", "\\r\\n\\r\\n", "\\n\\n" };
    size_t len = chute_redact_any_at(finder, at, lines, sizeof(lines) / sizeof(lines[0]));
    return len == 0 ? 0 : at + len;
}

/* Behind the comma of `("name", "value")`, or the comma or blank of `["--name", "value"]`; 0: neither. */
static size_t read_comma(
    const struct chute_redact_finder *finder, size_t at, const struct chute_redact_pair *pair) {
    bool is_flag = finder->text.at[pair->name] == '-';
    struct chute_redact_quote quote = chute_redact_quote_before(finder, pair->name);
    char before = chute_redact_byte(finder, pair->name - quote.len - 1);
    size_t next = chute_redact_skip_blanks(finder, at, true);
    bool has_comma = chute_redact_byte(finder, next) == ',';
    if (quote.len == 0 || !(is_flag ? has_comma || next > at : has_comma && before == '(')) {
        return 0;
    }
    next = chute_redact_skip_blanks(finder, next + has_comma, true);
    quote = chute_redact_read_quote(finder, next);
    if (quote.len == 0) {
        return 0;
    }
    bool is_closed;
    size_t end = chute_redact_quoted_end(finder, next + quote.len, &quote, &is_closed);
    struct chute_str value = chute_redact_slice(finder, next + quote.len, end);
    /* not the next flag, and not the next of a list of names */
    bool is_value =
        value.len > 0 && value.at[0] != '-' && chute_redact_name(value) == CHUTE_NAME_PLAIN;
    return is_value && (is_flag || chute_redact_byte(finder, end + quote.len) == ')') ? next : 0;
}

/* Whether `name("` sets a value: password("…"), setToken("…"). */
static bool is_setter(struct chute_str name) {
    static const char *const starts[] = { "set", "with", "old_", "new_" };
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        struct chute_str start = chute_str_of(starts[i]);
        if (name.len > start.len &&
            chute_str_eq_nocase((struct chute_str){ name.at, start.len }, start)) {
            return true;
        }
    }
    return chute_str_eq_nocase(name, CHUTE_STR("password"));
}

/* Behind the bracket of `password("`; 0: it is no call that sets one. */
static size_t read_call(
    const struct chute_redact_finder *finder, size_t at, const struct chute_redact_pair *pair) {
    const char *dot = NULL;
    struct chute_str name = chute_redact_slice(finder, pair->name, pair->name_end);
    while ((dot = memchr(name.at, '.', name.len)) != NULL) { /* client.setPassword( */
        name.len -= (size_t)(dot + 1 - name.at);
        name.at = dot + 1;
    }
    bool is_call =
        chute_redact_byte(finder, at) == '(' && chute_redact_read_quote(finder, at + 1).len > 0;
    return is_call && is_setter(name) ? at + 1 : 0;
}

/* The joins of a quoted name that need no sign; `at` is behind its quote. */
static size_t read_quoted_join(
    const struct chute_redact_finder *finder, size_t at, struct chute_redact_pair *pair) {
    size_t value = read_serialized(finder, at);
    if (value == 0) {
        value = read_named_value(finder, at, pair);
    }
    if (value == 0 && is_naming_attribute(finder, pair->name)) {
        value = read_part(finder, at);
    }
    if (value != 0) {
        pair->join = CHUTE_REDACT_BY_COLON;
        return value;
    }
    value = read_value_attribute(finder, chute_redact_skip_blanks(finder, at, true));
    if (value != 0) {
        pair->join = CHUTE_REDACT_BY_EQUALS;
        return value;
    }
    pair->join = CHUTE_REDACT_BY_COMMA;
    return read_comma(finder, at, pair);
}

/* The joins of a name without quotes; `at` is behind it. */
static size_t read_plain_join(
    const struct chute_redact_finder *finder, size_t at, struct chute_redact_pair *pair) {
    size_t value = read_call(finder, at, pair);
    if (value != 0) {
        pair->join = CHUTE_REDACT_BY_CALL;
        return value;
    }
    pair->join = CHUTE_REDACT_BY_COLON;
    value = chute_redact_skip_blanks(finder, at, false);
    if (chute_redact_byte(finder, pair->name - 1) == ':' && value > at &&
        chute_redact_read_quote(finder, value).len > 0) {
        return value; /* Clojure's {:password "…"} */
    }
    return read_named_value(finder, at, pair);
}

/* Behind `"` and `]` of user[password]=… and "user[password]"=>…, and the blanks that are encoded. */
static size_t read_name_end(
    const struct chute_redact_finder *finder, size_t at, struct chute_redact_pair *pair) {
    struct chute_redact_quote quote = chute_redact_read_quote(finder, at);
    pair->is_quoted = quote.len > 0;
    at += quote.len;
    if (chute_redact_byte(finder, at) == ']') {
        quote = chute_redact_read_quote(finder, ++at);
        pair->is_quoted = pair->is_quoted || quote.len > 0;
        at += quote.len;
    }
    while (chute_redact_is_at(finder, at, CHUTE_STR("%5D")) ||
           chute_redact_is_at(finder, at, CHUTE_STR("%5d")) ||
           (pair->is_quoted && chute_redact_is_at(finder, at, CHUTE_STR("%20")))) {
        at += 3;
    }
    return at;
}

/* Behind the blanks before a value. */
static size_t skip_to_value(
    const struct chute_redact_finder *finder, size_t at, const struct chute_redact_pair *pair) {
    at = chute_redact_skip_blanks(finder, at, pair->is_quoted);
    while (pair->is_encoded && (chute_redact_is_at(finder, at, CHUTE_STR("%20")) ||
                                   chute_redact_is_at(finder, at, CHUTE_STR("+%22")))) {
        at += chute_redact_byte(finder, at) == '+' ? 1 : 3;
    }
    return at;
}

bool chute_redact_read_join(
    const struct chute_redact_finder *finder, struct chute_redact_pair *pair) {
    size_t at = read_name_end(finder, pair->name_end, pair);
    bool is_element = !pair->is_quoted && is_of_element(finder, pair->name);
    if (is_element || (pair->is_quoted && is_naming_attribute(finder, pair->name))) {
        pair->value = is_element ? read_element(finder, at) : read_tag_end(finder, at);
        pair->join = CHUTE_REDACT_BY_TAG;
        if (pair->value != 0) {
            return true;
        }
    }
    size_t behind = chute_redact_skip_blanks(finder, at, pair->is_quoted);
    if (is_element && behind > at && read_value_attribute(finder, behind) != 0) {
        pair->join = CHUTE_REDACT_BY_EQUALS;
        pair->value = read_value_attribute(finder, behind);
        return true;
    }
    size_t value = read_sign(finder, behind, pair);
    if (value == 0) {
        value = pair->is_quoted ? read_quoted_join(finder, at, pair)
                                : read_plain_join(finder, at, pair);
    }
    if (value != 0) {
        pair->value = skip_to_value(finder, value, pair);
        pair->has_blank = pair->value > value;
        return true;
    }
    pair->join = CHUTE_REDACT_IN_A_SENTENCE;
    pair->value = behind;
    pair->has_blank = true;
    return behind > at && !pair->is_quoted;
}
