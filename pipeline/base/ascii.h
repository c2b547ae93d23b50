/* pipeline/base/ascii.h - classes of ASCII bytes, in no locale.
 *
 * Ownership: none.
 * Threads: any. */
#ifndef CHUTE_BASE_ASCII_H
#define CHUTE_BASE_ASCII_H

#include <stdbool.h>

static inline bool chute_is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}
static inline bool chute_is_lower(char byte) {
    return byte >= 'a' && byte <= 'z';
}
static inline bool chute_is_upper(char byte) {
    return byte >= 'A' && byte <= 'Z';
}
static inline bool chute_is_alpha(char byte) {
    return chute_is_lower((char)(byte | 0x20));
}
static inline bool chute_is_alnum(char byte) {
    return chute_is_alpha(byte) || chute_is_digit(byte);
}
static inline bool chute_is_hex(char byte) {
    char lower = (char)(byte | 0x20);
    return chute_is_digit(byte) || (lower >= 'a' && lower <= 'f');
}
/* The value of a hexadecimal digit; -1 for another byte. */
static inline int chute_hex_value(char byte) {
    return chute_is_digit(byte) ? byte - '0' : chute_is_hex(byte) ? (byte | 0x20) - 'a' + 10 : -1;
}
static inline char chute_to_lower(char byte) {
    return chute_is_upper(byte) ? (char)(byte | 0x20) : byte;
}
static inline bool chute_is_blank(char byte) {
    return byte == ' ' || byte == '\t';
}
static inline bool chute_is_space(char byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

#endif
