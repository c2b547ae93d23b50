#include "pipeline/base/utf8.h"

#include <stdio.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

size_t chute_utf8_ascii_prefix(struct chute_str text) {
    size_t at = 0;
#ifdef __SSE2__
    for (; text.len - at >= 16; at += 16) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)(text.at + at));
        int high = _mm_movemask_epi8(block);
        if (high != 0) {
            return at + (size_t)__builtin_ctz((unsigned)high);
        }
    }
    if (at > 0) { /* the last block once more, shifted to end with the text */
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)(text.at + text.len - 16));
        if (_mm_movemask_epi8(block) == 0) {
            return text.len;
        }
    }
#endif
    for (; text.len - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, text.at + at, 8);
        if ((word & 0x8080808080808080u) != 0) {
            break;
        }
    }
    while (at < text.len && (unsigned char)text.at[at] < 0x80) {
        at++;
    }
    return at;
}

/* Bytes of the character that starts with the non-ASCII byte at `at`; 0 if it is not valid. */
static size_t long_character(const unsigned char *at, size_t left) {
    unsigned char lead = at[0];
    if (lead < 0xC2 || lead > 0xF4 || left < 2) {
        return 0;
    }
    unsigned char low = 0x80, high = 0xBF; /* the bounds of the second byte */
    if (lead < 0xE0) {
        return at[1] >= low && at[1] <= high ? 2 : 0;
    }
    if (lead == 0xE0) {
        low = 0xA0;
    } else if (lead == 0xED) {
        high = 0x9F;
    } else if (lead == 0xF0) {
        low = 0x90;
    } else if (lead == 0xF4) {
        high = 0x8F;
    }
    if (at[1] < low || at[1] > high || left < 3 || (at[2] & 0xC0) != 0x80) {
        return 0;
    }
    if (lead < 0xF0) {
        return 3;
    }
    return left >= 4 && (at[3] & 0xC0) == 0x80 ? 4 : 0;
}

size_t chute_utf8_valid_prefix(struct chute_str text) {
    size_t at = 0;
    if (text.len == 0) {
        return 0;
    }
    for (;;) {
        at += chute_utf8_ascii_prefix((struct chute_str){ text.at + at, text.len - at });
        /* Text in another script is one long run: no return to the block scan after each character.
         */
        while (at < text.len && (unsigned char)text.at[at] >= 0x80) {
            size_t len = long_character((const unsigned char *)text.at + at, text.len - at);
            if (len == 0) {
                return at;
            }
            at += len;
        }
        if (at == text.len) {
            return at;
        }
    }
}

size_t chute_utf8_floor(struct chute_str text, size_t limit) {
    if (limit >= text.len) {
        return text.len;
    }
    while (limit > 0 && ((unsigned char)text.at[limit] & 0xC0) == 0x80) {
        limit--;
    }
    return limit;
}

size_t chute_utf8_count(struct chute_str text) {
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += ((unsigned char)text.at[i] & 0xC0) != 0x80;
    }
    return count;
}

size_t chute_utf8_decode(struct chute_str text, uint32_t *point) {
    if (text.len == 0) {
        return 0;
    }
    const unsigned char *at = (const unsigned char *)text.at;
    if (at[0] < 0x80) {
        *point = at[0];
        return 1;
    }
    size_t len = long_character(at, text.len);
    if (len == 2) {
        *point = (at[0] & 0x1Fu) << 6 | (at[1] & 0x3Fu);
    } else if (len == 3) {
        *point = (at[0] & 0x0Fu) << 12 | (at[1] & 0x3Fu) << 6 | (at[2] & 0x3Fu);
    } else if (len == 4) {
        *point =
            (at[0] & 0x07u) << 18 | (at[1] & 0x3Fu) << 12 | (at[2] & 0x3Fu) << 6 | (at[3] & 0x3Fu);
    }
    return len;
}

size_t chute_utf8_encode(uint32_t point, char out[4]) {
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xC0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3F));
        return 2;
    }
    if (point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) {
        point = CHUTE_UTF8_REPLACEMENT;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xE0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (point & 0x3F));
    return 4;
}

static size_t put_hex_byte(char *out, unsigned char byte) {
    static const char digits[] = "0123456789ABCDEF";
    out[0] = '\\';
    out[1] = 'x';
    out[2] = digits[byte >> 4];
    out[3] = digits[byte & 15];
    return 4;
}

static size_t put_replacement(char *out, unsigned char byte) {
    (void)byte;
    memcpy(out, "\xEF\xBF\xBD", 3);
    return 3;
}

/* Copies what is valid, and has `put` write at most 4 bytes for each byte that is not. */
static struct chute_str repair(struct chute_arena *arena, struct chute_str text,
    size_t (*put)(char *out, unsigned char byte)) {
    size_t good = chute_utf8_valid_prefix(text);
    if (good == text.len) {
        return text;
    }
    size_t size = good + (text.len - good) * 4;
    char *out = chute_arena_get(arena, size);
    size_t len = 0;
    for (size_t at = 0; at < text.len;) {
        good = chute_utf8_valid_prefix((struct chute_str){ text.at + at, text.len - at });
        memcpy(out + len, text.at + at, good);
        len += good;
        at += good;
        if (at < text.len) {
            len += put(out + len, (unsigned char)text.at[at]);
            at++;
        }
    }
    chute_arena_trim(arena, out, size, len);
    return (struct chute_str){ out, len };
}

struct chute_str chute_utf8_replace(struct chute_arena *arena, struct chute_str text) {
    return repair(arena, text, put_replacement);
}

struct chute_str chute_utf8_escape(struct chute_arena *arena, struct chute_str text) {
    return repair(arena, text, put_hex_byte);
}

/* The letter after the backslash with which Ruby writes an ASCII control character; 0 if it has
 * none. */
static char inspect_letter(uint32_t point) {
    static const char letters[] = "abtnvfr"; /* U+0007 … U+000D */
    if (point >= 7 && point <= 13) {
        return letters[point - 7];
    }
    return point == 0x1B ? 'e' : 0;
}

static bool is_printable(uint32_t point) {
    return point >= 0x20 && !(point >= 0x7F && point < 0xA0) && point != 0x2028 &&
           point != 0x2029 && (point & 0xFFFE) != 0xFFFE;
}

/* Writes one valid character as inspect does: at most 10 bytes. */
static size_t put_inspected(char *out, uint32_t point, char next) {
    char letter = inspect_letter(point);
    bool is_interpolation = point == '#' && (next == '{' || next == '$' || next == '@');
    if (point == '"' || point == '\\' || is_interpolation) {
        letter = (char)point;
    }
    if (letter != 0) {
        out[0] = '\\';
        out[1] = letter;
        return 2;
    }
    if (is_printable(point)) {
        return chute_utf8_encode(point, out);
    }
    if (point == 0x7F) {
        return put_hex_byte(out, 0x7F);
    }
    char format[16];
    int len =
        snprintf(format, sizeof(format), point < 0x10000 ? "\\u%04X" : "\\u{%X}", (unsigned)point);
    memcpy(out, format, (size_t)len);
    return (size_t)len;
}

struct chute_str chute_utf8_inspect(struct chute_arena *arena, struct chute_str text) {
    size_t size = text.len * 6; /* U+0001 is the worst: six for one byte */
    char *out = chute_arena_get(arena, size);
    size_t len = 0;
    for (size_t at = 0; at < text.len;) {
        uint32_t point;
        struct chute_str rest = { text.at + at, text.len - at };
        size_t bytes = chute_utf8_decode(rest, &point);
        if (bytes == 0) {
            len += put_hex_byte(out + len, (unsigned char)text.at[at]);
            at++;
        } else {
            len += put_inspected(out + len, point, bytes < rest.len ? rest.at[bytes] : '\0');
            at += bytes;
        }
    }
    chute_arena_trim(arena, out, size, len);
    return (struct chute_str){ out, len };
}
