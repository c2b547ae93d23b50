#include "pipeline/base/str.h"

#include "pipeline/base/ascii.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

bool chute_str_eq_nocase(struct chute_str a, struct chute_str b) {
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (chute_to_lower(a.at[i]) != chute_to_lower(b.at[i])) {
            return false;
        }
    }
    return true;
}

bool chute_str_is_one_of(struct chute_str text, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (chute_str_eq_nocase(text, chute_str_of(words[i]))) {
            return true;
        }
    }
    return false;
}

#ifdef __SSE2__
/* Looks at 16 places at once for the needle's first and last byte, which libc's memmem does not: it takes five times as
 * long over a line of text. Stops before the last places, where a block would reach beyond the text. */
static ptrdiff_t find_in_blocks(struct chute_str text, struct chute_str needle, size_t *done) {
    const __m128i first = _mm_set1_epi8(needle.at[0]);
    const __m128i last = _mm_set1_epi8(needle.at[needle.len - 1]);
    size_t at = 0;
    for (; at + needle.len - 1 + 16 <= text.len; at += 16) {
        const char *end = text.at + at + needle.len - 1;
        __m128i starts = _mm_loadu_si128((const __m128i *)(const void *)(text.at + at));
        __m128i ends = _mm_loadu_si128((const __m128i *)(const void *)end);
        unsigned mask = (unsigned)_mm_movemask_epi8(
            _mm_and_si128(_mm_cmpeq_epi8(starts, first), _mm_cmpeq_epi8(ends, last)));
        for (; mask != 0; mask &= mask - 1) {
            size_t place = at + (size_t)__builtin_ctz(mask);
            if (memcmp(text.at + place, needle.at, needle.len) == 0) {
                return (ptrdiff_t)place;
            }
        }
    }
    *done = at;
    return -1;
}
#endif

ptrdiff_t chute_str_find(struct chute_str text, struct chute_str needle) {
    if (needle.len == 0) {
        return 0;
    }
    if (text.len < needle.len) {
        return -1;
    }
    size_t done = 0;
#ifdef __SSE2__
    if (needle.len <= 64) { /* beyond, a text made for it could take long */
        ptrdiff_t place = find_in_blocks(text, needle, &done);
        if (place >= 0) {
            return place;
        }
    }
#endif
    const char *found = memmem(text.at + done, text.len - done, needle.at, needle.len);
    return found == NULL ? -1 : found - text.at;
}

struct chute_str chute_str_trim(struct chute_str text) {
    while (text.len > 0 && chute_is_space(text.at[0])) {
        text.at++;
        text.len--;
    }
    while (text.len > 0 && chute_is_space(text.at[text.len - 1])) {
        text.len--;
    }
    return text;
}

struct chute_str chute_str_cut(struct chute_str *rest, char separator) {
    const char *end = rest->len == 0 ? NULL : memchr(rest->at, separator, rest->len);
    struct chute_str first = { rest->at, end == NULL ? rest->len : (size_t)(end - rest->at) };
    size_t used = first.len + (end != NULL);
    rest->at += used;
    rest->len -= used;
    return first;
}
