#include "pipeline/text/redact/quote.h"
#include "pipeline/text/redact/word.h"

#define SLASHES_MOST 15 /* of an escaped quote: four levels */
#define ENTITY_MOST 10

/* The ways to write a quote. */
static const struct sign {
    struct chute_str open, close;
    bool is_escape; /* only behind a backslash */
} signs[] = {
    { W("\""), W("\""), false },
    { W("'"), W("'"), false },
    { W("`"), W("`"), false },
    { W("u0022"), W("u0022"), true },
    { W("u0027"), W("u0027"), true },
    { W("x22"), W("x22"), true },
    { W("x27"), W("x27"), true },
    { W("&quot;"), W("&quot;"), false },
    { W("&#34;"), W("&#34;"), false },
    { W("&#x22;"), W("&#x22;"), false },
    { W("&apos;"), W("&apos;"), false },
    { W("&#39;"), W("&#39;"), false },
    { W("&#x27;"), W("&#x27;"), false },
    { W("&#039;"), W("&#039;"), false },
    { W("%22"), W("%22"), false },
    { W("%27"), W("%27"), false },
    { W("%2522"), W("%2522"), false },
    { W("“"), W("”"), false },
    { W("„"), W("“"), false },
    { W("”"), W("”"), false },
    { W("‘"), W("’"), false },
    { W("«"), W("»"), false },
    { W("»"), W("«"), false },
};
#define SIGN_COUNT (sizeof(signs) / sizeof(signs[0]))

/* Whether a sign may begin with this byte. */
static bool may_begin(char byte) {
    return chute_redact_is_quote_sign(byte) || byte == '&' || byte == '%' || byte == 'u' ||
           byte == 'x' || byte == (char)0xE2 || byte == (char)0xC2;
}

struct chute_redact_quote chute_redact_read_quote(
    const struct chute_redact_finder *finder, size_t at) {
    struct chute_redact_quote quote = { .slashes = 0 };
    while (quote.slashes <= SLASHES_MOST && chute_redact_byte(finder, at + quote.slashes) == '\\') {
        quote.slashes++;
    }
    size_t sign = at + quote.slashes;
    for (size_t i = 0; i < SIGN_COUNT && may_begin(chute_redact_byte(finder, sign)); i++) {
        if (chute_redact_is_at(finder, sign, signs[i].open) &&
            (quote.slashes > 0 || !signs[i].is_escape)) {
            quote.open = signs[i].open;
            quote.close = signs[i].close;
            quote.len = quote.slashes + signs[i].open.len;
            break;
        }
    }
    return quote;
}

struct chute_redact_quote chute_redact_quote_before(
    const struct chute_redact_finder *finder, size_t end) {
    for (size_t i = 0; i < SIGN_COUNT; i++) {
        size_t len = signs[i].open.len;
        if (end < len || !chute_redact_is_at(finder, end - len, signs[i].open)) {
            continue;
        }
        size_t slashes = 0;
        while (
            slashes <= SLASHES_MOST && chute_redact_byte(finder, end - len - slashes - 1) == '\\') {
            slashes++;
        }
        if (slashes > 0 || !signs[i].is_escape) {
            return (
                struct chute_redact_quote){ signs[i].open, signs[i].close, slashes, len + slashes };
        }
    }
    return (struct chute_redact_quote){ .len = 0 };
}

size_t chute_redact_quoted_end(const struct chute_redact_finder *finder, size_t at,
    const struct chute_redact_quote *quote, bool *is_closed) {
    const char *text = finder->text.at;
    size_t start = at;
    *is_closed = true;
    while (at < finder->text.len) {
        const char *found = memchr(text + at, quote->close.at[0], finder->text.len - at);
        if (found == NULL) {
            break;
        }
        size_t sign = (size_t)(found - text);
        size_t slashes = 0;
        while (sign - slashes > start && text[sign - slashes - 1] == '\\') {
            slashes++;
        }
        bool is_escaped = quote->slashes == 0 ? slashes % 2 == 1 : slashes > quote->slashes;
        bool is_sign = quote->close.len == 1 || (chute_redact_is_at(finder, sign, quote->close) &&
                                                    slashes >= quote->slashes);
        if (quote->open.at != quote->close.at && chute_redact_is_at(finder, sign, quote->open)) {
            *is_closed = false;
            return sign;
        }
        if (is_sign && quote->slashes == 0 && quote->close.at[0] == '\'' && sign > start &&
            chute_redact_byte(finder, sign + 1) == '\'') {
            at = sign + 2; /* doubled, in SQL */
            continue;
        }
        if (is_sign && !is_escaped) {
            return sign - (slashes < quote->slashes ? slashes : quote->slashes);
        }
        at = sign + 1;
    }
    *is_closed = false;
    const char *line = memchr(text + start, '\n', finder->text.len - start);
    return line == NULL ? finder->text.len : (size_t)(line - text);
}

static bool are_hex(const struct chute_redact_finder *finder, size_t at, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!chute_is_hex(chute_redact_byte(finder, at + i))) {
            return false;
        }
    }
    return true;
}

size_t chute_redact_escape_at(const struct chute_redact_finder *finder, size_t at) {
    if (chute_redact_byte(finder, at) != '\\') {
        return 0;
    }
    switch (chute_redact_byte(finder, at + 1)) {
    case 'n':
    case 'r':
    case 't':
        return 2;
    case 'x':
        return are_hex(finder, at + 2, 2) ? 4 : 0;
    case 'u':
        return are_hex(finder, at + 2, 4) ? 6 : 0;
    default:
        return 0;
    }
}

size_t chute_redact_entity_at(const struct chute_redact_finder *finder, size_t at) {
    if (chute_redact_byte(finder, at) != '&') {
        return 0;
    }
    static const char *const names[] = { "quot;", "apos;", "lt;", "gt;", "amp;", "nbsp;" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (chute_redact_is_at(finder, at + 1, chute_str_of(names[i]))) {
            return 1 + strlen(names[i]);
        }
    }
    if (chute_redact_byte(finder, at + 1) != '#') {
        return 0;
    }
    size_t end = at + 2;
    while (end - at < ENTITY_MOST && (chute_is_hex(chute_redact_byte(finder, end)) ||
                                         chute_redact_byte(finder, end) == 'x')) {
        end++;
    }
    return end > at + 2 && chute_redact_byte(finder, end) == ';' ? end + 1 - at : 0;
}
