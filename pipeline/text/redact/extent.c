#include "pipeline/text/redact/extent.h"

#include "pipeline/text/redact/pair.h"
#include "pipeline/text/redact/quote.h"

#define CONTENT_MOST 8192 /* bytes of an element's content */

/* Whether `name=` or `name:` stands at `at`. */
static bool is_next_pair(const struct chute_redact_finder *finder, size_t at) {
    size_t start = at;
    for (char byte; at - start < 40; at++) {
        byte = chute_redact_byte(finder, at);
        if (!chute_redact_is_name_byte(byte) && byte != '[' && (byte != ']' || at == start)) {
            break;
        }
    }
    char byte = chute_redact_byte(finder, at);
    return at > start && (byte == '=' || byte == ':');
}

/* Whether a byte that may part values does: at the end, before a blank, or before the next pair. */
static bool is_parting(const struct chute_redact_finder *finder, size_t at) {
    char next = chute_redact_byte(finder, at + 1);
    return next == '\0' || chute_is_space(next) || chute_redact_is_quote_sign(next) ||
           strchr("&;,)]}>|", next) || chute_redact_escape_at(finder, at + 1) != 0 ||
           is_next_pair(finder, at + 1);
}

/* Whether what ends a value stands at `at` in a URL's encoding. */
static bool ends_encoded(const struct chute_redact_finder *finder, size_t at) {
    static const char *const ends[] = { "%26", "%22", "%20", "%7D", "%7d", "%27", "%0A", "%0a",
        "%2526", "%2522", "%2520", "%2C%22", "%2c%22", "%2C%20%22" };
    return chute_redact_any_at(finder, at, ends, sizeof(ends) / sizeof(ends[0])) > 0;
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
    case '\x1B': /* colours */
    case '"':
    case '\'':
    case '`':
    case '<':
    case '|':
        return true;
    case '&':
        return is_parting(finder, at) || chute_redact_entity_at(finder, at) != 0;
    case ';':
    case ',':
    case ')':
    case ']':
    case '}':
    case '>':
        return is_parting(finder, at);
    case '\\': {
        char next = chute_redact_byte(finder, at + 1);
        return next == '\\' || chute_redact_is_quote_sign(next) ||
               chute_redact_escape_at(finder, at) != 0;
    }
    case '%':
        return is_encoded && ends_encoded(finder, at);
    default:
        return false;
    }
}

/* What was found last is known, as it does not depend on where one starts. */
size_t chute_redact_plain_end(struct chute_redact_finder *finder, size_t at, bool is_encoded) {
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

/* Where `text` stands next; at the text's end if it was cut off before. */
static size_t find(const struct chute_redact_finder *finder, size_t at, struct chute_str text) {
    struct chute_str rest = chute_redact_slice(finder, at, finder->text.len);
    const char *found = memmem(rest.at, rest.len, text.at, text.len);
    return found == NULL ? finder->text.len : (size_t)(found - finder->text.at);
}

size_t chute_redact_content_end(const struct chute_redact_finder *finder, size_t *at) {
    if (chute_redact_is_at(finder, *at, CHUTE_STR("<![CDATA["))) {
        *at += strlen("<![CDATA[");
        return find(finder, *at, CHUTE_STR("]]>"));
    }
    if (chute_redact_is_at(finder, *at, CHUTE_STR("&lt;![CDATA["))) {
        *at += strlen("&lt;![CDATA[");
        return find(finder, *at, CHUTE_STR("]]&gt;"));
    }
    /* a tag's end in HTML's spelling begins a content that ends in it */
    bool is_spelled = chute_redact_byte(finder, *at - 1) != '>';
    size_t limit = *at + CONTENT_MOST;
    for (size_t end = *at; end < limit && end < finder->text.len; end++) {
        if (finder->text.at[end] == '<') {
            return chute_redact_byte(finder, end + 1) == '/' ? end : 0;
        }
        if (is_spelled && (chute_redact_is_at(finder, end, CHUTE_STR("&lt;")) ||
                              chute_redact_is_at_nocase(finder, end, CHUTE_STR("\\u003c")))) {
            return end;
        }
    }
    return 0;
}

size_t chute_redact_phone_end(const struct chute_redact_finder *finder, size_t at) {
    size_t digits = 0, end = at;
    size_t enough = chute_redact_byte(finder, at) == '+' ? 11 : 9; /* to stop at a blank */
    for (char byte; at - end < 3 && digits <= 15; at++) {
        byte = chute_redact_byte(finder, at);
        if (chute_is_digit(byte)) {
            digits++;
            end = at + 1;
        } else if (byte == '\0' || strchr("+-./() ", byte) == NULL ||
                   (byte == ' ' && digits >= enough)) {
            break;
        }
    }
    return end;
}
