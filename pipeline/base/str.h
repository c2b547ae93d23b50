/* pipeline/base/str.h - text as a pointer and a length, by value.
 *
 * Ownership: a chute_str owns nothing; it is a view of somebody's bytes.
 * Threads: any. */
#ifndef CHUTE_BASE_STR_H
#define CHUTE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct chute_str {
    const char *at; /* not NUL-terminated */
    size_t len;     /* bytes */
};

/* A literal as a chute_str: CHUTE_STR("message"). */
#define CHUTE_STR(literal) ((struct chute_str){ (literal), sizeof(literal) - 1 })
/* For printf: printf("%.*s", CHUTE_STR_ARGS(text)). */
#define CHUTE_STR_ARGS(text) (int)(text).len, (text).at

/* A view of a NUL-terminated text. NULL gives the empty text. */
static inline struct chute_str chute_str_of(const char *text) {
    return (struct chute_str){ text, text == NULL ? 0 : strlen(text) };
}

static inline bool chute_str_eq(struct chute_str a, struct chute_str b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* Byte order, as strcmp: negative, 0, positive. */
static inline int chute_str_cmp(struct chute_str a, struct chute_str b) {
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.at, b.at, len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static inline bool chute_str_starts_with(struct chute_str text, struct chute_str prefix) {
    return text.len >= prefix.len &&
           (prefix.len == 0 || memcmp(text.at, prefix.at, prefix.len) == 0);
}

static inline bool chute_str_ends_with(struct chute_str text, struct chute_str suffix) {
    return text.len >= suffix.len &&
           (suffix.len == 0 || memcmp(text.at + text.len - suffix.len, suffix.at, suffix.len) == 0);
}

/* ASCII letters only are folded. */
bool chute_str_eq_nocase(struct chute_str a, struct chute_str b);
/* Whether `text` is one of these words, in any case. */
bool chute_str_is_one_of(struct chute_str text, const char *const *words, size_t count);
/* Offset of the first `needle`, or -1. */
ptrdiff_t chute_str_find(struct chute_str text, struct chute_str needle);
/* Takes the text before the first `separator` off `*rest`, and the separator; all of it if there is none. */
struct chute_str chute_str_cut(struct chute_str *rest, char separator);
/* `text` without ASCII blanks, tabs and line ends around it. */
struct chute_str chute_str_trim(struct chute_str text);

#endif
