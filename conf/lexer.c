#include "conf/lexer.h"

#include "pipeline/base/ascii.h"
#include "pipeline/base/utf8.h"

void chute_lexer_init(struct chute_lexer *lexer, const struct chute_source *source) {
    *lexer = (struct chute_lexer){ source, { 0, 1, 1 } };
    if (chute_str_starts_with(source->text, CHUTE_STR("\xef\xbb\xbf"))) {
        lexer->cursor.offset = 3;
    }
}

void chute_lexer_advance(struct chute_lexer *lexer, size_t len) {
    const char *at = lexer->source->text.at + lexer->cursor.offset;
    for (size_t i = 0; i < len; i++) {
        if (at[i] == '\n') {
            lexer->cursor.line++;
            lexer->cursor.column = 1;
        } else if (((unsigned char)at[i] & 0xc0) != 0x80) {
            lexer->cursor.column++;
        }
    }
    lexer->cursor.offset += len;
}

static struct chute_str rest_of(const struct chute_lexer *lexer) {
    struct chute_str text = lexer->source->text;
    size_t offset = lexer->cursor.offset;
    return (struct chute_str){ text.len == 0 ? "" : text.at + offset, text.len - offset };
}

bool chute_lexer_check_utf8(struct chute_lexer *lexer) {
    chute_lexer_advance(lexer, chute_utf8_valid_prefix(rest_of(lexer)));
    return chute_lexer_is_at_end(lexer);
}

static bool is_word_byte(int byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || chute_is_digit(byte) ||
           byte == '_';
}

bool chute_lexer_is_name_byte(int byte) {
    return is_word_byte(byte) || byte == '-';
}

static bool is_space(int byte) {
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

void chute_lexer_skip(struct chute_lexer *lexer) {
    for (;;) {
        int byte = chute_lexer_peek(lexer);
        if (is_space(byte)) {
            chute_lexer_advance(lexer, 1);
        } else if (byte == '#') {
            chute_lexer_next_line(lexer);
        } else {
            return;
        }
    }
}

bool chute_lexer_next_line(struct chute_lexer *lexer) {
    struct chute_str text = lexer->source->text;
    const char *at = text.at + lexer->cursor.offset;
    size_t rest = text.len - lexer->cursor.offset;
    const char *feed = rest == 0 ? NULL : memchr(at, '\n', rest);
    chute_lexer_advance(lexer, feed == NULL ? rest : (size_t)(feed - at) + 1);
    return feed != NULL;
}

bool chute_lexer_sees_word(const struct chute_lexer *lexer, const char *word) {
    struct chute_str wanted = chute_str_of(word);
    return chute_str_starts_with(rest_of(lexer), wanted) &&
           !is_word_byte(chute_lexer_peek_at(lexer, wanted.len));
}

bool chute_lexer_accept(struct chute_lexer *lexer, const char *literal) {
    struct chute_str wanted = chute_str_of(literal);
    if (!chute_str_starts_with(rest_of(lexer), wanted)) {
        return false;
    }
    chute_lexer_advance(lexer, wanted.len);
    return true;
}

/* Moves over `len` bytes and returns them. */
static struct chute_str take(struct chute_lexer *lexer, size_t len) {
    struct chute_str text = { rest_of(lexer).at, len };
    chute_lexer_advance(lexer, len);
    return text;
}

struct chute_str chute_lexer_name(struct chute_lexer *lexer) {
    size_t len = 0;
    while (chute_lexer_is_name_byte(chute_lexer_peek_at(lexer, len))) {
        len++;
    }
    return take(lexer, len);
}

struct chute_str chute_lexer_bareword(struct chute_lexer *lexer) {
    size_t len = 0;
    while (is_word_byte(chute_lexer_peek_at(lexer, len))) {
        len++;
    }
    return take(lexer, len < 2 || chute_is_digit(chute_lexer_peek(lexer)) ? 0 : len);
}

struct chute_str chute_lexer_number(struct chute_lexer *lexer) {
    size_t sign = chute_lexer_peek(lexer) == '-' ? 1 : 0;
    size_t len = sign;
    while (chute_is_digit(chute_lexer_peek_at(lexer, len))) {
        len++;
    }
    if (len == sign) {
        return take(lexer, 0);
    }
    if (chute_lexer_peek_at(lexer, len) == '.') {
        len++;
        while (chute_is_digit(chute_lexer_peek_at(lexer, len))) {
            len++;
        }
    }
    return take(lexer, len);
}

/* Bytes of one `[element]` that starts `ahead` of the cursor; 0 if there is none. */
static size_t element_len(const struct chute_lexer *lexer, size_t ahead) {
    if (chute_lexer_peek_at(lexer, ahead) != '[') {
        return 0;
    }
    for (size_t len = 1;; len++) {
        int byte = chute_lexer_peek_at(lexer, ahead + len);
        if (byte == ']') {
            return len == 1 ? 0 : len + 1;
        }
        if (byte < 0 || byte == '[' || byte == ',') {
            return 0;
        }
    }
}

struct chute_str chute_lexer_selector(struct chute_lexer *lexer) {
    size_t len = 0;
    for (size_t element = element_len(lexer, 0); element > 0; element = element_len(lexer, len)) {
        len += element;
    }
    return take(lexer, len);
}

struct chute_str chute_lexer_delimited(struct chute_lexer *lexer) {
    int delimiter = chute_lexer_peek(lexer);
    if (delimiter != '"' && delimiter != '\'' && delimiter != '/') {
        return take(lexer, 0);
    }
    for (size_t len = 1;; len++) {
        int byte = chute_lexer_peek_at(lexer, len);
        if (byte < 0) {
            return take(lexer, 0);
        }
        if (byte == delimiter) {
            return take(lexer, len + 1);
        }
        /* Only an escaped delimiter is one; of two backslashes and a quote the second escapes the quote. */
        if (byte == '\\' && chute_lexer_peek_at(lexer, len + 1) == delimiter) {
            len++;
        }
    }
}

struct chute_position chute_lexer_span(const struct chute_lexer *lexer, struct chute_cursor start) {
    return (struct chute_position){ .source = lexer->source,
        .offset = start.offset,
        .len = lexer->cursor.offset - start.offset,
        .line = start.line,
        .column = start.column };
}

struct chute_position chute_lexer_next(const struct chute_lexer *lexer) {
    struct chute_lexer ahead = *lexer;
    if (chute_lexer_name(&ahead).len == 0 && !chute_lexer_is_at_end(&ahead)) {
        uint32_t point;
        size_t len = chute_utf8_decode(rest_of(&ahead), &point);
        chute_lexer_advance(&ahead, len == 0 ? 1 : len);
    }
    return chute_lexer_span(&ahead, lexer->cursor);
}
