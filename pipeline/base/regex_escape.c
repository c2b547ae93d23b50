/* Escapes that stand for one character. */
#include "pipeline/base/ascii.h"
#include "pipeline/base/regex_translate.h"
#include "pipeline/base/utf8.h"

/* Reads up to `most` hex digits; returns how many. */
static size_t read_hex(struct chute_regex_translation *self, size_t most, uint32_t *value) {
    size_t count = 0;
    *value = 0;
    while (count < most && self->at < self->in.len && chute_hex_value(self->in.at[self->at]) >= 0) {
        *value = *value * 16 + (uint32_t)chute_hex_value(self->in.at[self->at]);
        self->at++;
        count++;
    }
    return count;
}

/* {1F600} behind \u or \x. */
static int read_braced(struct chute_regex_translation *self, uint32_t *point) {
    self->at++;
    size_t digits = read_hex(self, 8, point);
    if (digits == 0 || !chute_regex_is_next(self, "}") || *point > 0x10FFFF) {
        chute_regex_fail(self, self->at, "no character of that code");
        return -1;
    }
    self->at++;
    return 1;
}

/* \xE5\xAE\x89: bytes of UTF-8 that make one character. */
static int read_hex_byte(struct chute_regex_translation *self, uint32_t *point) {
    if (chute_regex_is_next(self, "{")) {
        return read_braced(self, point);
    }
    if (read_hex(self, 2, point) == 0) {
        chute_regex_fail(self, self->at, "no hex digit behind \\x");
        return -1;
    }
    if (*point < 0x80) {
        return 1;
    }
    size_t start = self->at;
    char bytes[4] = { (char)*point };
    for (size_t len = 1; len < 4 && chute_regex_is_next(self, "\\x"); len++) {
        uint32_t next;
        self->at += 2;
        if (read_hex(self, 2, &next) != 2) {
            break;
        }
        bytes[len] = (char)next;
        if (chute_utf8_decode((struct chute_str){ bytes, len + 1 }, point) == len + 1) {
            return 1;
        }
    }
    self->at = start; /* as Latin-1, which Ruby refuses */
    return 1;
}

int chute_regex_read_octal(struct chute_regex_translation *self, uint32_t *point) {
    *point = 0;
    for (int i = 0; i < 3 && self->at < self->in.len; i++) {
        char byte = self->in.at[self->at];
        if (byte < '0' || byte > '7') {
            break;
        }
        *point = *point * 8 + (uint32_t)(byte - '0');
        self->at++;
    }
    *point &= 0xFF;
    return 1;
}

int chute_regex_read_escape(struct chute_regex_translation *self, bool is_in_set, uint32_t *point) {
    static const char from[] = "tnrfaev", to[] = "\t\n\r\f\a\x1B\v";
    char letter = self->in.at[self->at];
    const char *known = letter == '\0' ? NULL : strchr(from, letter);
    if (known != NULL) {
        *point = (uint32_t)to[known - from];
        self->at++;
        return 1;
    }
    if (letter == 'x' || letter == 'u') {
        self->at++;
        if (letter == 'x') {
            return read_hex_byte(self, point);
        }
        if (chute_regex_is_next(self, "{")) {
            return read_braced(self, point);
        }
        if (read_hex(self, 4, point) == 4) {
            return 1;
        }
        chute_regex_fail(self, self->at, "four hex digits belong behind \\u");
        return -1;
    }
    if (letter == '0' || (is_in_set && letter >= '1' && letter <= '7')) {
        return chute_regex_read_octal(self, point);
    }
    if (letter == 'c' && self->in.len - self->at >= 2) {
        *point = (uint32_t)(unsigned char)self->in.at[self->at + 1] & 0x1F;
        self->at += 2;
        return 1;
    }
    if (is_in_set && letter == 'b') {
        *point = '\b';
        self->at++;
        return 1;
    }
    if (!is_in_set && letter != '\0' && strchr("dDwWsSbBAzZGKRXhHpPkg123456789", letter) != NULL) {
        return 0;
    }
    self->at +=
        chute_utf8_decode(chute_regex_rest(self), point); /* a letter without a meaning is itself */
    return 1;
}

void chute_regex_put_point(struct chute_buf *out, uint32_t point) {
    char bytes[4];
    if (point < 0x20 || point == 0x7F || (point >= 0xD800 && point <= 0xDFFF)) {
        chute_buf_printf(out, "\\x{%X}", (unsigned)point);
        return;
    }
    if (point < 0x80 && strchr("\\^$.[]|()?*+{}-", (int)point) != NULL) {
        chute_buf_add_char(out, '\\');
    }
    chute_buf_add(out, bytes, chute_utf8_encode(point, bytes));
}
