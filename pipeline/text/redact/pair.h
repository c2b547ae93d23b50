/* pipeline/text/redact/pair.h - a sensitive name in a text, and how a value is joined to it.
 *
 * Ownership: none.
 * Threads: any. */
#ifndef CHUTE_TEXT_REDACT_PAIR_H
#define CHUTE_TEXT_REDACT_PAIR_H

#include "pipeline/text/redact/finder.h"
#include "pipeline/text/redact/name.h"

enum chute_redact_join {
    CHUTE_REDACT_NOT_JOINED,
    CHUTE_REDACT_BY_EQUALS, /* = => := -> and %3D */
    CHUTE_REDACT_BY_COLON,  /* : and %3A */
    CHUTE_REDACT_BY_TAG,    /* <name>value</name> */
    CHUTE_REDACT_BY_BLANK,  /* --name value */
    CHUTE_REDACT_BY_COMMA,  /* ("name", "value") and ["--name", "value"] */
    CHUTE_REDACT_BY_CALL,   /* name("value") */
    CHUTE_REDACT_IN_A_SENTENCE,
};

struct chute_redact_pair {
    size_t name, name_end;
    size_t value; /* where it starts */
    enum chute_redact_join join;
    bool has_blank;  /* before the value */
    bool is_quoted;  /* the name */
    bool is_encoded; /* for a URL: %3D */
    enum chute_redact_name meaning;
};

/* The name around the literal at `at`. False if it is no name of usual length. */
bool chute_redact_read_name(
    struct chute_redact_finder *finder, size_t at, size_t len, struct chute_redact_pair *pair);
/* From the end of a name to the start of its value. False if there is none. */
bool chute_redact_read_join(
    const struct chute_redact_finder *finder, struct chute_redact_pair *pair);

/* What a pair's name says. */
enum chute_redact_name chute_redact_meaning_of(
    const struct chute_redact_finder *finder, const struct chute_redact_pair *pair);
/* The word before a name, behind one blank; empty if there is none. */
struct chute_str chute_redact_word_before(const struct chute_redact_finder *finder, size_t at);

/* Whether a pair's name is the token of a grammar: "Unexpected token: …". */
bool chute_redact_is_of_a_grammar(
    const struct chute_redact_finder *finder, const struct chute_redact_pair *pair);

/* A letter, a digit, `_`, `-`, `.`, or a byte of another alphabet. */
static inline bool chute_redact_is_name_byte(char byte) {
    return chute_is_alnum(byte) || byte == '_' || byte == '-' || byte == '.' ||
           (unsigned char)byte >= 0x80;
}

/* "token 4f9c…", "the password is …": what stands there must not look like a word. sentence.c */
void chute_redact_sentence(struct chute_redact_finder *finder, struct chute_redact_pair *pair);

#endif
