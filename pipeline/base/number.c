#include "pipeline/base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/base/ascii.h"

#define EXPONENT_MAX                                                                               \
    1000000000         /* saturates: far outside what any double or any text in memory reaches */
#define DIGITS_MAX 800 /* 767 decide the rounding of every double; one more stands for the rest */
#define INT_DIGITS_MAX 4096
#define HEX_DIGITS_MAX 256

/* A number taken apart; the digit runs may hold Ruby's underscores. */
struct decimal {
    bool is_negative;
    bool has_underscore;
    struct chute_str whole;
    struct chute_str fraction;
    int64_t exponent;
    size_t bytes; /* consumed, blanks before it included; 0 if there is no number */
};

static bool is_blank(char byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* The run of digits at `at`, single underscores between two of them allowed. */
static struct chute_str digit_run(struct chute_str text, size_t at, bool *has_underscore) {
    size_t end = at;
    while (end < text.len) {
        if (chute_is_digit(text.at[end])) {
            end++;
        } else if (text.at[end] == '_' && end > at && text.at[end - 1] != '_' &&
                   end + 1 < text.len && chute_is_digit(text.at[end + 1])) {
            *has_underscore = true;
            end++;
        } else {
            break;
        }
    }
    return (struct chute_str){ text.at + at, end - at };
}

/* Reads e+12 at `at`, if it is there. */
static void scan_exponent(struct chute_str text, size_t at, struct decimal *out) {
    if (at >= text.len || (text.at[at] | 0x20) != 'e') {
        return;
    }
    at++;
    bool is_negative = false;
    if (at < text.len && (text.at[at] == '+' || text.at[at] == '-')) {
        is_negative = text.at[at] == '-';
        at++;
    }
    struct chute_str digits = digit_run(text, at, &out->has_underscore);
    if (digits.len == 0) {
        return;
    }
    int64_t exponent = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (chute_is_digit(digits.at[i]) && exponent < EXPONENT_MAX) {
            exponent = exponent * 10 + (digits.at[i] - '0');
        }
    }
    if (exponent > EXPONENT_MAX) {
        exponent = EXPONENT_MAX;
    }
    out->exponent = is_negative ? -exponent : exponent;
    out->bytes = at + digits.len;
}

/* Reads the number that `text` starts with, as leniently as Ruby's to_f does. */
static void scan(struct chute_str text, struct decimal *out) {
    *out = (struct decimal){ 0 };
    if (text.len == 0) {
        return;
    }
    size_t at = 0;
    while (at < text.len && is_blank(text.at[at])) {
        at++;
    }
    if (at < text.len && (text.at[at] == '-' || text.at[at] == '+')) {
        out->is_negative = text.at[at] == '-';
        at++;
    }
    out->whole = digit_run(text, at, &out->has_underscore);
    at += out->whole.len;
    if (at + 1 < text.len && text.at[at] == '.' && chute_is_digit(text.at[at + 1])) {
        out->fraction = digit_run(text, at + 1, &out->has_underscore);
        at += 1 + out->fraction.len;
    }
    if (out->whole.len + out->fraction.len == 0) {
        return;
    }
    out->bytes = at;
    scan_exponent(text, at, out);
}

/* Walks the digits of whole and fraction as one run, without underscores. */
struct walk {
    const struct decimal *number;
    size_t at;
};

/* The next digit, or -1. */
static int next_digit(struct walk *walk) {
    const struct decimal *number = walk->number;
    while (walk->at < number->whole.len + number->fraction.len) {
        size_t at = walk->at++;
        char byte = at < number->whole.len ? number->whole.at[at]
                                           : number->fraction.at[at - number->whole.len];
        if (byte != '_') {
            return byte - '0';
        }
    }
    return -1;
}

static int64_t count_digits(struct chute_str run) {
    int64_t count = 0;
    for (size_t i = 0; i < run.len; i++) {
        count += run.at[i] != '_';
    }
    return count;
}

/* Steps over leading zeros. Returns the first digit that is not 0 (-1: the value is zero), and its
 * power of ten. */
static int first_digit(struct walk *walk, int64_t *power) {
    *power = count_digits(walk->number->whole) - 1 + walk->number->exponent;
    int digit = next_digit(walk);
    while (digit == 0) {
        digit = next_digit(walk);
        (*power)--;
    }
    return digit;
}

/* The nearest double. strtod gets an integer and an exponent: no decimal point, no locale. */
static double to_double(const struct decimal *number) {
    struct walk walk = { number, 0 };
    int64_t power;
    int digit = first_digit(&walk, &power);
    if (digit < 0) {
        return number->is_negative ? -0.0 : 0.0;
    }
    char text[DIGITS_MAX + 32];
    size_t len = 0;
    for (; digit >= 0 && len < DIGITS_MAX; digit = next_digit(&walk)) {
        text[len++] = (char)('0' + digit);
    }
    for (; digit >= 0; digit = next_digit(&walk)) {
        if (digit != 0) {
            text[len - 1] |= 1; /* beyond what decides, but not nothing */
        }
    }
    int64_t exponent = power - (int64_t)len + 1;
    snprintf(text + len, sizeof(text) - len, "e%lld", (long long)exponent);
    double value = strtod(text, NULL);
    return number->is_negative ? -value : value;
}

bool chute_number_parse_int(struct chute_str text, int64_t *value) {
    size_t at = 0;
    bool is_negative = text.len > 0 && text.at[0] == '-';
    if (text.len > 0 && (text.at[0] == '-' || text.at[0] == '+')) {
        at = 1;
    }
    if (at == text.len) {
        return false;
    }
    int64_t result = 0; /* counts downwards: the most negative number has no positive twin */
    for (; at < text.len; at++) {
        if (!chute_is_digit(text.at[at]) || __builtin_mul_overflow(result, 10, &result) ||
            __builtin_sub_overflow(result, text.at[at] - '0', &result)) {
            return false;
        }
    }
    if (!is_negative && result == INT64_MIN) {
        return false;
    }
    *value = is_negative ? result : -result;
    return true;
}

bool chute_number_is_canonical_int(struct chute_str text, int64_t *value) {
    bool is_negative = text.len > 0 && text.at[0] == '-';
    size_t digits = text.len - is_negative;
    if (digits == 0 || digits > 19 || text.at[0] == '+' ||
        (text.at[is_negative] == '0' && (digits > 1 || is_negative))) {
        return false;
    }
    if (digits < 19) { /* cannot overflow */
        int64_t result = 0;
        for (size_t i = is_negative; i < text.len; i++) {
            if (!chute_is_digit(text.at[i])) {
                return false;
            }
            result = result * 10 + (text.at[i] - '0');
        }
        *value = is_negative ? -result : result;
        return true;
    }
    return chute_number_parse_int(text, value);
}

bool chute_number_is_decimal(struct chute_str text) {
    struct decimal number;
    scan(text, &number);
    if (number.bytes != text.len || text.len == 0 || number.has_underscore ||
        number.whole.len == 0 || is_blank(text.at[0]) || text.at[0] == '+') {
        return false;
    }
    return number.whole.len == 1 || number.whole.at[0] != '0';
}

bool chute_number_parse_double(struct chute_str text, double *value) {
    struct decimal number;
    scan(text, &number);
    if (number.bytes != text.len || text.len == 0 || number.has_underscore ||
        is_blank(text.at[0])) {
        return false;
    }
    *value = to_double(&number);
    return true;
}

int chute_number_compare(struct chute_str a, struct chute_str b) {
    struct decimal left, right;
    scan(a, &left);
    scan(b, &right);
    struct walk left_walk = { &left, 0 }, right_walk = { &right, 0 };
    int64_t left_power, right_power;
    int left_digit = first_digit(&left_walk, &left_power);
    int right_digit = first_digit(&right_walk, &right_power);
    int left_sign = left_digit < 0 ? 0 : left.is_negative ? -1 : 1;
    int right_sign = right_digit < 0 ? 0 : right.is_negative ? -1 : 1;
    if (left_sign != right_sign || left_sign == 0) {
        return left_sign - right_sign;
    }
    if (left_power != right_power) {
        return left_power > right_power ? left_sign : -left_sign;
    }
    while (left_digit >= 0 || right_digit >= 0) {
        int l = left_digit < 0 ? 0 : left_digit;
        int r = right_digit < 0 ? 0 : right_digit;
        if (l != r) {
            return l > r ? left_sign : -left_sign;
        }
        left_digit = next_digit(&left_walk);
        right_digit = next_digit(&right_walk);
    }
    return 0;
}

/* The integer part of `number`, whose digits end at or before 10^0 once cut. */
static struct chute_number_int cut(struct chute_arena *arena, const struct decimal *number) {
    struct walk walk = { number, 0 };
    int64_t power;
    int digit = first_digit(&walk, &power);
    if (digit < 0 || power < 0) {
        return (struct chute_number_int){ .fits = true };
    }
    size_t size = (size_t)power + 2;
    char *text = chute_arena_get(arena, size);
    size_t len = 0;
    if (number->is_negative) {
        text[len++] = '-';
    }
    for (; power >= 0; power--) {
        text[len++] = (char)('0' + (digit < 0 ? 0 : digit));
        digit = next_digit(&walk);
    }
    struct chute_number_int result = { .text = { text, len } };
    result.fits = chute_number_parse_int(result.text, &result.value);
    return result;
}

struct chute_number_int chute_number_to_i(struct chute_arena *arena, struct chute_str text) {
    struct decimal number;
    scan(text, &number);
    number.fraction.len = 0;
    number.exponent = 0;
    return cut(arena, &number);
}

bool chute_number_decimal_to_i(
    struct chute_arena *arena, struct chute_str text, struct chute_number_int *out) {
    text = chute_str_trim(text);
    struct decimal number;
    scan(text, &number);
    int64_t reach = (int64_t)number.whole.len + number.exponent;
    if (number.bytes != text.len || text.len == 0 || reach > INT_DIGITS_MAX) {
        return false;
    }
    *out = cut(arena, &number);
    return true;
}

bool chute_number_double_to_i(
    struct chute_arena *arena, double value, struct chute_number_int *out) {
    if (!isfinite(value)) {
        return false;
    }
    *out = (struct chute_number_int){ 0 };
    if (value >= -9223372036854775808.0 && value < 9223372036854775808.0) {
        out->fits = true;
        out->value = (int64_t)value;
        return true;
    }
    out->text = chute_arena_printf(arena, "%.0f", value);
    return true;
}

double chute_number_to_f(struct chute_str text) {
    struct decimal number;
    scan(text, &number);
    return number.bytes == 0 ? 0.0 : to_double(&number);
}

bool chute_number_ruby_float(struct chute_str text, double *value) {
    while (text.len > 0 && is_blank(text.at[0])) {
        text.at++;
        text.len--;
    }
    while (text.len > 0 && is_blank(text.at[text.len - 1])) {
        text.len--;
    }
    struct decimal number;
    scan(text, &number);
    if (text.len > 0 && number.bytes == text.len) {
        *value = to_double(&number);
        return true;
    }
    return chute_number_parse_hex(text, value);
}

/* Hex digits with an optional point; returns where they end, 0 if there are none. `shift`: the
 * power of two of the last digit taken. */
static size_t hex_digits(struct chute_str text, size_t at, double *mantissa, int *shift) {
    size_t start = at;
    bool is_fraction = false;
    size_t digits = 0;
    *mantissa = 0;
    *shift = 0;
    for (; at < text.len; at++) {
        if (text.at[at] == '.' && !is_fraction && digits > 0 && at + 1 < text.len &&
            chute_hex_value(text.at[at + 1]) >= 0) {
            is_fraction = true;
            continue;
        }
        int digit = chute_hex_value(text.at[at]);
        if (digit < 0) {
            break;
        }
        digits++;
        *mantissa = *mantissa * 16 + digit;
        *shift -= is_fraction ? 4 : 0;
    }
    return digits == 0 || at - start > 256 ? 0 : at;
}

bool chute_number_parse_hex(struct chute_str text, double *value) {
    size_t at = 0;
    bool is_negative = text.len > 0 && text.at[0] == '-';
    if (text.len > 0 && (text.at[0] == '-' || text.at[0] == '+')) {
        at = 1;
    }
    if (text.len < at + 3 || text.at[at] != '0' || (text.at[at + 1] | 0x20) != 'x') {
        return false;
    }
    double mantissa;
    int shift;
    at = hex_digits(text, at + 2, &mantissa, &shift);
    if (at == 0) {
        return false;
    }
    if (at < text.len) {
        int64_t exponent;
        if ((text.at[at] | 0x20) != 'p' ||
            !chute_number_parse_int(
                (struct chute_str){ text.at + at + 1, text.len - at - 1 }, &exponent)) {
            return false;
        }
        exponent = exponent > 100000 ? 100000 : exponent < -100000 ? -100000 : exponent;
        shift += (int)exponent;
    }
    mantissa = ldexp(mantissa, shift);
    *value = is_negative ? -mantissa : mantissa;
    return true;
}

/* Multiplies the number in `limbs` (base 10^9, lowest first) by 16 and adds `digit`. Returns the limbs in use. */
static size_t shift_in(uint32_t *limbs, size_t count, uint32_t digit) {
    uint64_t carry = digit;
    for (size_t i = 0; i < count; i++) {
        carry += (uint64_t)limbs[i] * 16;
        limbs[i] = (uint32_t)(carry % 1000000000);
        carry /= 1000000000;
    }
    if (carry > 0) {
        limbs[count++] = (uint32_t)carry;
    }
    return count;
}

bool chute_number_hex_to_i(
    struct chute_arena *arena, struct chute_str text, struct chute_number_int *out) {
    bool is_negative = text.len > 0 && text.at[0] == '-';
    size_t at = text.len > 0 && (text.at[0] == '-' || text.at[0] == '+');
    if (text.len < at + 3 || text.len > at + 2 + HEX_DIGITS_MAX || text.at[at] != '0' ||
        (text.at[at + 1] | 0x20) != 'x') {
        return false;
    }
    uint32_t limbs[HEX_DIGITS_MAX / 7 + 1];
    size_t count = 0;
    for (at += 2; at < text.len; at++) {
        int digit = chute_hex_value(text.at[at]);
        if (digit < 0) {
            return false;
        }
        count = shift_in(limbs, count, (uint32_t)digit);
    }
    *out = (struct chute_number_int){ .fits = true };
    if (count == 0) {
        return true;
    }
    size_t size = count * 9 + 2;
    char *decimal = chute_arena_get(arena, size);
    int len = snprintf(decimal, size, "%s%u", is_negative ? "-" : "", (unsigned)limbs[count - 1]);
    for (size_t i = count - 1; i > 0; i--) {
        len += snprintf(decimal + len, size - (size_t)len, "%09u", (unsigned)limbs[i - 1]);
    }
    out->text = (struct chute_str){ decimal, (size_t)len };
    out->fits = chute_number_parse_int(out->text, &out->value);
    return true;
}
