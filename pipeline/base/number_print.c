#include "pipeline/base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

size_t chute_number_print_int(int64_t value, char *out) {
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536"
        "37383940414243444546474849505152535455565758596061626364656667686970717273"
        "7475767778798081828384858687888990919293949596979899";
    char digits[20];
    size_t at = sizeof(digits);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    for (; rest >= 100; rest /= 100) {
        at -= 2;
        memcpy(digits + at, pairs + rest % 100 * 2, 2);
    }
    if (rest >= 10) {
        at -= 2;
        memcpy(digits + at, pairs + rest * 2, 2);
    } else {
        digits[--at] = (char)('0' + rest);
    }
    size_t len = sizeof(digits) - at;
    bool is_negative = value < 0;
    out[0] = '-';
    memcpy(out + is_negative, digits + at, len);
    return len + is_negative;
}

/* d₁d₂…dₙ × 10^(exponent - n + 1): the value is d₁.d₂…dₙ × 10^exponent. */
struct shortest {
    char digits[20];
    int count;
    int exponent;
};

/* Whether the digits read back as `value`. They go to strtod as an integer: no decimal point, no
 * locale. */
static bool reads_back(const struct shortest *number, double value) {
    char text[40];
    snprintf(text, sizeof(text), "%.*se%d", number->count, number->digits,
        number->exponent - number->count + 1);
    return strtod(text, NULL) == value;
}

/* `value`, positive and finite, correctly rounded to `count` digits. */
static void round_to(double value, int count, struct shortest *out) {
    char text[40];
    snprintf(text, sizeof(text), "%.*e", count - 1, value);
    const char *at = text;
    out->count = 0;
    for (; *at != 'e'; at++) {
        if (*at >= '0' && *at <= '9') { /* skips the point, whatever the locale makes of it */
            out->digits[out->count++] = *at;
        }
    }
    out->exponent = atoi(at + 1);
}

/* A power of two has a gap below it that is half the gap above: there a text of 16 digits may read
 * back that is not the nearest one. Tries the neighbour above. */
static bool try_above(double value, struct shortest *out) {
    for (int i = out->count - 1; i >= 0; i--) {
        if (out->digits[i] != '9') {
            out->digits[i]++;
            return reads_back(out, value);
        }
        out->digits[i] = '0';
    }
    return false;
}

/* Most numbers of a log have few digits: 12.34 is 1234 / 100, and a quotient of two exact integers
 * is rounded as reading the text is. False if `value` is not of that kind. */
static bool find_short(double value, struct shortest *out) {
    static const double powers[] = { 1, 10, 100, 1000, 10000, 100000, 1000000 };
    if (value < 1e-3 || value >= 1e9) {
        return false;
    }
    for (int places = 0; places < 7; places++) {
        int64_t integer = llrint(value * powers[places]);
        if (integer > 0 && (double)integer / powers[places] == value) {
            out->count = (int)chute_number_print_int(integer, out->digits);
            out->exponent = out->count - 1 - places;
            return out->count <= 15;
        }
    }
    return false;
}

static void find_shortest(double value, struct shortest *out) {
    if (find_short(value, out)) {
        goto strip;
    }
    int power;
    bool is_power_of_two = frexp(value, &power) == 0.5;
    bool is_subnormal = value < 2.2250738585072014e-308;
    /* Up to 15 digits always survive a double, so 15, stripped of zeros, is the shortest if it
     * reads back at all. That does not hold below the normal range. Java never stops at one digit
     * there: 4.9E-324. */
    for (int count = is_subnormal ? 2 : 15; count <= 17; count++) {
        round_to(value, count, out);
        if (reads_back(out, value) || (is_power_of_two && count == 16 && try_above(value, out))) {
            break;
        }
    }
strip:
    while (out->count > 1 && out->digits[out->count - 1] == '0') {
        out->count--;
    }
}

/* NaN, infinities, the sign and zero; true if that was all. */
static bool print_special(double *value, char *out, size_t *len) {
    *len = 0;
    if (isnan(*value)) {
        memcpy(out, "NaN", 3);
        *len = 3;
        return true;
    }
    if (signbit(*value)) {
        out[(*len)++] = '-';
        *value = -*value;
    }
    if (isinf(*value)) {
        memcpy(out + *len, "Infinity", 8);
        *len += 8;
        return true;
    }
    if (*value == 0) {
        memcpy(out + *len, "0.0", 3);
        *len += 3;
        return true;
    }
    return false;
}

static size_t put_plain(const struct shortest *number, char *out) {
    size_t len = 0;
    int at = 0;
    if (number->exponent < 0) {
        out[len++] = '0';
        out[len++] = '.';
        for (int i = -1; i > number->exponent; i--) {
            out[len++] = '0';
        }
    } else {
        for (; at <= number->exponent; at++) {
            out[len++] = at < number->count ? number->digits[at] : '0';
        }
        out[len++] = '.';
        if (at >= number->count) {
            out[len++] = '0';
        }
    }
    for (; at < number->count; at++) {
        out[len++] = number->digits[at];
    }
    return len;
}

static size_t put_scientific(const struct shortest *number, const char *format, char *out) {
    size_t len = 0;
    out[len++] = number->digits[0];
    out[len++] = '.';
    if (number->count == 1) {
        out[len++] = '0';
    }
    memcpy(out + len, number->digits + 1, (size_t)number->count - 1);
    len += (size_t)number->count - 1;
    char exponent[8];
    int bytes = snprintf(exponent, sizeof(exponent), format, number->exponent);
    memcpy(out + len, exponent, (size_t)bytes);
    return len + (size_t)bytes;
}

size_t chute_number_print_double(double value, char *out) {
    size_t len;
    if (print_special(&value, out, &len)) {
        return len;
    }
    struct shortest number;
    find_shortest(value, &number);
    if (number.exponent >= -3 && number.exponent < 7) {
        return len + put_plain(&number, out + len);
    }
    return len + put_scientific(&number, "E%d", out + len);
}

size_t chute_number_print_ruby(double value, char *out) {
    size_t len;
    if (print_special(&value, out, &len)) {
        return len;
    }
    struct shortest number;
    find_shortest(value, &number);
    if (number.exponent >= -4 && number.exponent < 16) {
        return len + put_plain(&number, out + len);
    }
    return len + put_scientific(&number, "e%+03d", out + len);
}
