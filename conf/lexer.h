/* conf/lexer.h - the terminals of the configuration language; the grammar has no tokens apart from its
 * rules (`[a]` is a selector in a condition and an array in an option), so the parser asks for what it wants.
 *
 * Ownership: texts returned are views into the source.
 * Threads: one at a time. */
#ifndef CHUTE_CONF_LEXER_H
#define CHUTE_CONF_LEXER_H

#include "conf/diag.h"

struct chute_cursor {
    size_t offset;
    uint32_t line;
    uint32_t column;
};

/* Copy `cursor` to come back to a place. */
struct chute_lexer {
    const struct chute_source *source;
    struct chute_cursor cursor;
};

/* At the start of `source`, behind a byte order mark if there is one. */
void chute_lexer_init(struct chute_lexer *lexer, const struct chute_source *source);
/* Moves over the valid UTF-8 of the text from the cursor on; true if it reaches the end. */
bool chute_lexer_check_utf8(struct chute_lexer *lexer);

/* The byte `ahead` of the cursor; -1 behind the end. */
static inline int chute_lexer_peek_at(const struct chute_lexer *lexer, size_t ahead) {
    size_t offset = lexer->cursor.offset + ahead;
    return offset < lexer->source->text.len ? (unsigned char)lexer->source->text.at[offset] : -1;
}
static inline int chute_lexer_peek(const struct chute_lexer *lexer) {
    return chute_lexer_peek_at(lexer, 0);
}
static inline bool chute_lexer_is_at_end(const struct chute_lexer *lexer) {
    return lexer->cursor.offset >= lexer->source->text.len;
}

/* Of option and plugin names: letters, digits, `_` and `-`. */
bool chute_lexer_is_name_byte(int byte);
/* True if `word` comes next and is a whole word. */
bool chute_lexer_sees_word(const struct chute_lexer *lexer, const char *word);

/* Moves over `len` bytes. */
void chute_lexer_advance(struct chute_lexer *lexer, size_t len);
/* Moves over white space and comments. */
void chute_lexer_skip(struct chute_lexer *lexer);
/* Moves over `literal` if it comes next. */
bool chute_lexer_accept(struct chute_lexer *lexer, const char *literal);
/* Moves to the start of the next line. False at the end. */
bool chute_lexer_next_line(struct chute_lexer *lexer);

/* Each moves over one terminal and returns it; the empty text, unmoved, if none comes next. */
struct chute_str chute_lexer_name(struct chute_lexer *lexer);
struct chute_str chute_lexer_bareword(struct chute_lexer *lexer); /* at least two characters */
struct chute_str chute_lexer_number(struct chute_lexer *lexer);
struct chute_str chute_lexer_selector(struct chute_lexer *lexer);
/* A string or a regular expression, with its delimiters; empty also where the closing one lacks. */
struct chute_str chute_lexer_delimited(struct chute_lexer *lexer);

/* The place from `start` up to the cursor. */
struct chute_position chute_lexer_span(const struct chute_lexer *lexer, struct chute_cursor start);
/* The place of the word or the character that comes next. */
struct chute_position chute_lexer_next(const struct chute_lexer *lexer);

#endif
