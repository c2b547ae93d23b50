/* pipeline/base/json_text.h - what reading and writing JSON text have in common. Inside base only.
 *
 * Ownership: none; texts are borrowed.
 * Threads: any. */
#ifndef CHUTE_BASE_JSON_TEXT_H
#define CHUTE_BASE_JSON_TEXT_H

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The first quote, backslash or control character from `at` on, of what a string has to escape; `end` if there is none. */
static inline const char *chute_json_find_special(const char *at, const char *end) {
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'),
                  control = _mm_set1_epi8(0x1F);
    for (; end - at >= 16; at += 16) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i found = _mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, slash));
        /* the unsigned minimum with 0x1F is the byte itself: it is a control character */
        found = _mm_or_si128(found, _mm_cmpeq_epi8(_mm_min_epu8(block, control), block));
        int mask = _mm_movemask_epi8(found);
        if (mask != 0) {
            return at + __builtin_ctz((unsigned)mask);
        }
    }
#endif
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20) {
        at++;
    }
    return at;
}

/* Behind the white space from `at` on, as JSON defines it. */
static inline const char *chute_json_skip_blanks(const char *at, const char *end) {
    while (at < end && (unsigned char)*at <= ' ' &&
           (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) {
        at++;
    }
    return at;
}

#endif
