/* pipeline/text/redact/finder.h - what the detectors of this folder work with: a text, and the spans found in it.
 *
 * A detector is called where a literal of its own stands in the text (find.c), looks around there, and adds what it
 * takes for a secret. It must not look at more than a bounded number of bytes without adding them, or a text of
 * nothing but its literal would take time that grows with the square of its length.
 *
 * Ownership: a finder borrows the text; its spans are its own and are used again for the next text.
 * Threads: one at a time. */
#ifndef CHUTE_TEXT_REDACT_FINDER_H
#define CHUTE_TEXT_REDACT_FINDER_H

#include <stddef.h>

#include "pipeline/base/ascii.h"
#include "pipeline/base/regex.h"
#include "pipeline/text/redact/kinds.h"

/* A secret in a text: bytes start … end - 1. */
struct chute_redact_span {
    size_t start, end;
    enum chute_redact_kind kind;
};

struct chute_redact_finder {
    struct chute_str text;
    uint32_t kinds; /* those looked for */
    struct chute_regex_scratch *scratch;
    struct chute_redact_span *spans; /* in order, apart from each other */
    size_t count, room;
    size_t
        next_at; /* the first `@` at or behind where it was last asked for; the text's length if none */
    bool has_next_at; /* it was */
    size_t plain_start,
        plain_end; /* the last value without quotes: ends in the same place from anywhere within */
    size_t header_start, header_end; /* the same of the last header */
    size_t name_start, name_end;     /* the last run of bytes that names are made of */
    size_t command_end;              /* of the last command that was looked at */
    size_t authority_end; /* the last `@` that ends the user info of a URL, + 1; 0: none */
    bool is_undecided;    /* a regex gave up: nothing of the text may pass */
};

/* Adds a span; one that overlaps others becomes one with them. Nothing happens if its kind is not looked for. */
void chute_redact_add(
    struct chute_redact_finder *finder, size_t start, size_t end, enum chute_redact_kind kind);

/* Whether a kind is looked for. */
static inline bool chute_redact_wants(
    const struct chute_redact_finder *finder, enum chute_redact_kind kind) {
    return (finder->kinds & CHUTE_REDACT_BIT(kind)) != 0;
}

/* The byte at `at`; NUL beyond the text's ends (SIZE_MAX: before it). */
static inline char chute_redact_byte(const struct chute_redact_finder *finder, size_t at) {
    return at < finder->text.len ? finder->text.at[at] : '\0';
}

static inline struct chute_str chute_redact_slice(
    const struct chute_redact_finder *finder, size_t start, size_t end) {
    return (struct chute_str){ finder->text.at + start, end - start };
}

/* Whether `text` stands at `at`; `_nocase`: in any case of ASCII letters, `text` in small ones. */
static inline bool chute_redact_is_at(
    const struct chute_redact_finder *finder, size_t at, struct chute_str text) {
    return at <= finder->text.len && finder->text.len - at >= text.len &&
           memcmp(finder->text.at + at, text.at, text.len) == 0;
}
static inline bool chute_redact_is_at_nocase(
    const struct chute_redact_finder *finder, size_t at, struct chute_str text) {
    return at <= finder->text.len && finder->text.len - at >= text.len &&
           chute_str_eq_nocase((struct chute_str){ finder->text.at + at, text.len }, text);
}

/* The length of the first of these texts that stands at `at`; 0: none does. */
static inline size_t chute_redact_any_at(
    const struct chute_redact_finder *finder, size_t at, const char *const *texts, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct chute_str text = chute_str_of(texts[i]);
        if (chute_redact_is_at(finder, at, text)) {
            return text.len;
        }
    }
    return 0;
}

/* Behind the blanks at `at`, 32 at most; `takes_lines`: line ends are blanks, too. */
static inline size_t chute_redact_skip_blanks(
    const struct chute_redact_finder *finder, size_t at, bool takes_lines) {
    size_t end = at + 32;
    while (at < end && (takes_lines ? chute_is_space(chute_redact_byte(finder, at))
                                    : chute_is_blank(chute_redact_byte(finder, at)))) {
        at++;
    }
    return at;
}

/* The detectors; `at` and `len` are of their literal in the text. */
/* name=value and its many forms. key_value.c */
void chute_redact_key_value(struct chute_redact_finder *finder, size_t at, size_t len);
/* SQL's `IDENTIFIED BY`, `SET PASSWORD FOR` and `VALUES`. sql.c */
void chute_redact_identified_by(struct chute_redact_finder *finder, size_t at, size_t len);
void chute_redact_set_password(struct chute_redact_finder *finder, size_t at, size_t len);
void chute_redact_values(struct chute_redact_finder *finder, size_t at, size_t len);
/* At the name of a program that takes secrets by short options. command.c */
void chute_redact_command(struct chute_redact_finder *finder, size_t at, size_t len);
/* `Bearer …` and `Basic …` without a header's name. credentials.c */
void chute_redact_bearer(struct chute_redact_finder *finder, size_t at, size_t len);
void chute_redact_basic(struct chute_redact_finder *finder, size_t at, size_t len);
/* Where the value of a header that starts at `at` ends: with the line, or with the quotes around it. */
size_t chute_redact_header_end(struct chute_redact_finder *finder, size_t at);
/* The values start … end - 1 of an Authorization header, and of a Cookie or Set-Cookie header. credentials.c */
void chute_redact_authorization(struct chute_redact_finder *finder, size_t start, size_t end);
void chute_redact_cookies(struct chute_redact_finder *finder, size_t start, size_t end);
/* What a field for telephone numbers may hold: seven digits to fifteen, and signs between them. phone.c */
bool chute_redact_is_phone(struct chute_str text);
/* At the `@tcp(` of Go's `user:password@tcp(host)`, and the `:thin:` of Oracle's `:thin:user/password@host`. address.c */
void chute_redact_dsn(struct chute_redact_finder *finder, size_t at, size_t len);
void chute_redact_thin(struct chute_redact_finder *finder, size_t at, size_t len);
/* At `://`. address.c */
void chute_redact_url(struct chute_redact_finder *finder, size_t at, size_t len);
/* At `@` and `%40`. address.c */
void chute_redact_email(struct chute_redact_finder *finder, size_t at, size_t len);
/* At `-----BEGIN `. private_key.c */
void chute_redact_private_key(struct chute_redact_finder *finder, size_t at, size_t len);
/* Whether all of `text` is a line of a key's body. private_key.c */
bool chute_redact_is_key_line(struct chute_str text);
/* Whether one of these words stands within 24 bytes before `at`, with nothing but letters, blanks and `:.'"` between (and
 * `=` right before). number.c */
bool chute_redact_is_called(const struct chute_redact_finder *finder, size_t at,
    const struct chute_str *words, size_t count);
/* At the first digit of a run: number.c, which asks card.c, iban.c and phone.c. */
void chute_redact_number(struct chute_redact_finder *finder, size_t at, size_t len);
void chute_redact_card(struct chute_redact_finder *finder, size_t at);
void chute_redact_iban(struct chute_redact_finder *finder, size_t at);
void chute_redact_telephone(struct chute_redact_finder *finder, size_t at);
/* At a colon or a digit. number.c */
void chute_redact_ip(struct chute_redact_finder *finder, size_t at, size_t len);

/* Decodes base64 or base64url up to the first byte that is none, `room` bytes at most; returns how many. credentials.c */
size_t chute_redact_base64(struct chute_str text, char *out, size_t room);

#endif
