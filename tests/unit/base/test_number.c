#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>

#include "pipeline/base/number.h"

static const struct {
    double value;
    const char *java, *ruby;
} doubles[] = {
    { 0.0, "0.0", "0.0" },
    { -0.0, "-0.0", "-0.0" },
    { 1.0, "1.0", "1.0" },
    { 100.0, "100.0", "100.0" },
    { 0.1, "0.1", "0.1" },
    { 12.34, "12.34", "12.34" },
    { 0.001, "0.001", "0.001" },
    { 0.00099, "9.9E-4", "0.00099" },
    { 1e-5, "1.0E-5", "1.0e-05" },
    { 123.4501953125, "123.4501953125", "123.4501953125" },
    { 9999999.0, "9999999.0", "9999999.0" },
    { 1e7, "1.0E7", "10000000.0" },
    { 2147483648.0, "2.147483648E9", "2147483648.0" },
    { 1e15, "1.0E15", "1000000000000000.0" },
    { 1e16, "1.0E16", "1.0e+16" },
    { 9007199254740993.0, "9.007199254740992E15", "9007199254740992.0" },
    { 1e300, "1.0E300", "1.0e+300" },
    { -1.5e-300, "-1.5E-300", "-1.5e-300" },
    { 1.7976931348623157e308, "1.7976931348623157E308", "1.7976931348623157e+308" },
    { 4.9e-324, "4.9E-324", "4.9e-324" },
    { 2e-323, "2.0E-323", "2.0e-323" },
    { 2e23, "2.0E23", "2.0e+23" },
    { 0.30000000000000004, "0.30000000000000004", "0.30000000000000004" },
    { 5.684341886080801e-14, "5.684341886080801E-14", "5.684341886080801e-14" },
    { 9.5367431640625e-7, "9.5367431640625E-7", "9.5367431640625e-07" },
    { INFINITY, "Infinity", "Infinity" },
    { -INFINITY, "-Infinity", "-Infinity" },
    { NAN, "NaN", "NaN" },
};

Test(base_number, prints_doubles_as_java_and_ruby_do) {
    for (size_t i = 0; i < sizeof(doubles) / sizeof(doubles[0]); i++) {
        char text[CHUTE_NUMBER_MAX];
        size_t len = chute_number_print_double(doubles[i].value, text);
        cr_expect(chute_str_eq((struct chute_str){ text, len }, chute_str_of(doubles[i].java)),
            "%s: got %.*s", doubles[i].java, (int)len, text);
        len = chute_number_print_ruby(doubles[i].value, text);
        cr_expect(chute_str_eq((struct chute_str){ text, len }, chute_str_of(doubles[i].ruby)),
            "%s: got %.*s", doubles[i].ruby, (int)len, text);
    }
}

Test(base_number, what_is_printed_reads_back_as_the_same_double) {
    uint64_t bits = 88172645463325252u; /* xorshift */
    size_t wrong = 0;
    for (int i = 0; i < 20000; i++) {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        double value, back;
        memcpy(&value, &bits, 8);
        if (i % 2 == 0) {
            value = (double)(bits % 100000000) / 1000.0;
        }
        if (!isfinite(value)) {
            continue;
        }
        char text[CHUTE_NUMBER_MAX];
        struct chute_str printed = { text, chute_number_print_double(value, text) };
        wrong += !chute_number_parse_double(printed, &back) || back != value;
    }
    cr_expect_eq(wrong, 0);
}

Test(base_number, a_locale_with_a_decimal_comma_changes_nothing) {
    static const char *const locales[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8" };
    for (size_t i = 0; i < 3 && setlocale(LC_NUMERIC, locales[i]) == NULL; i++) {
    }
    char text[CHUTE_NUMBER_MAX];
    size_t len = chute_number_print_double(1.0 / 3.0, text);
    cr_expect(chute_str_eq((struct chute_str){ text, len }, CHUTE_STR("0.3333333333333333")));
    double value = 0;
    cr_expect(chute_number_parse_double(CHUTE_STR("1234.5678"), &value));
    cr_expect_eq(value, 1234.5678);
    cr_expect(chute_number_parse_hex(CHUTE_STR("0x1.8p+1"), &value));
    cr_expect_eq(value, 3.0);
}

static const struct {
    const char *text;
    bool is_int, is_canonical, is_decimal;
    int64_t value;
} ints[] = {
    { "0", true, true, true, 0 },
    { "-0", true, false, true, 0 },
    { "+1", true, false, false, 1 },
    { "01", true, false, false, 1 },
    { "-12", true, true, true, -12 },
    { "9223372036854775807", true, true, true, INT64_MAX },
    { "9223372036854775808", false, false, true, 0 },
    { "-9223372036854775808", true, true, true, INT64_MIN },
    { "-9223372036854775809", false, false, true, 0 },
    { "99999999999999999999", false, false, true, 0 },
    { "1000000000000000000", true, true, true, 1000000000000000000 },
    { "1.0", false, false, true, 0 },
    { "1e2", false, false, true, 0 },
    { "-1.50E+3", false, false, true, 0 },
    { "", false, false, false, 0 },
    { "-", false, false, false, 0 },
    { "+", false, false, false, 0 },
    { "1a", false, false, false, 0 },
    { " 1", false, false, false, 0 },
    { "1_0", false, false, false, 0 },
    { ".5", false, false, false, 0 },
    { "1.", false, false, false, 0 },
    { "1e", false, false, false, 0 },
    { "00.5", false, false, false, 0 },
    { "0.5", false, false, true, 0 },
};

Test(base_number, integers) {
    for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++) {
        struct chute_str text = chute_str_of(ints[i].text);
        int64_t value = 0;
        cr_expect_eq(chute_number_parse_int(text, &value), ints[i].is_int, "int %s", text.at);
        cr_expect_eq(value, ints[i].value, "%s: got %lld", text.at, (long long)value);
        value = 0;
        cr_expect_eq(chute_number_is_canonical_int(text, &value), ints[i].is_canonical,
            "canonical %s", text.at);
        cr_expect_eq(chute_number_is_decimal(text), ints[i].is_decimal, "decimal %s", text.at);
        char out[CHUTE_NUMBER_MAX];
        if (ints[i].is_canonical) {
            cr_expect_eq(value, ints[i].value, "%s", text.at);
            size_t len = chute_number_print_int(value, out);
            cr_expect(chute_str_eq((struct chute_str){ out, len }, text), "%s", text.at);
        }
    }
}

static const struct {
    const char *less, *more; /* equal if `is_equal` */
    bool is_equal;
} pairs[] = {
    { "1", "2" },
    { "-2", "-1" },
    { "-1", "0" },
    { "-0.0", "0", true },
    { "0", "0.000000000000000000000000000001" },
    { "1.0", "1", true },
    { "100", "1e2", true },
    { "0.01e4", "100", true },
    { "99999999999999999998", "99999999999999999999" },
    { "9007199254740992", "9007199254740993" },
    { "9007199254740992.5", "9007199254740993" },
    { "1e400", "1e401" },
    { "-1e401", "-1e400" },
    { "1e-401", "1e-400" },
    { "999", "1000" },
    { "1.10", "1.1", true },
    { "1.09", "1.1" },
    { "0e5", "-0", true },
    { "1e999999999", "1e9999999999999", false },
};

Test(base_number, comparison_is_exact) {
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct chute_str less = chute_str_of(pairs[i].less), more = chute_str_of(pairs[i].more);
        int order = chute_number_compare(less, more), back = chute_number_compare(more, less);
        if (pairs[i].is_equal) {
            cr_expect(order == 0 && back == 0, "%s = %s", less.at, more.at);
        } else {
            cr_expect(order < 0 && back > 0, "%s < %s: %d %d", less.at, more.at, order, back);
        }
    }
}

static const struct {
    const char *text;
    const char *to_i; /* as text */
    double to_f;
    bool is_float; /* Float(text) takes it; as to_f, or `hex` */
    double hex;
} ruby[] = {
    { "12", "12", 12.0, true, 0 },
    { " -12abc", "-12", -12.0, false, 0 },
    { "0.001\t-x", "0", 0.001, false, 0 },
    { "12.99", "12", 12.99, true, 0 },
    { " 12.5\n", "12", 12.5, true, 0 },
    { "1_000.2_5", "1000", 1000.25, true, 0 },
    { "1__0", "1", 1.0, false, 0 },
    { "_1", "0", 0.0, false, 0 },
    { "1e3", "1", 1000.0, true, 0 },
    { "1e", "1", 1.0, false, 0 },
    { "1.e3", "1", 1.0, false, 0 },
    { ".5", "0", 0.5, true, 0 },
    { "-.5e1", "0", -5.0, true, 0 },
    { "abc", "0", 0.0, false, 0 },
    { "", "0", 0.0, false, 0 },
    { "-", "0", 0.0, false, 0 },
    { "+7", "7", 7.0, true, 0 },
    { "007", "7", 7.0, true, 0 },
    { "1,5", "1", 1.0, false, 0 },
    { "1e400", "1", INFINITY, true, 0 },
    { "0x1A", "0", 0.0, true, 26.0 },
    { "-0x1A", "0", -0.0, true, -26.0 },
    { "0x1.edcdp6", "0", 0.0, true, 123.4501953125 },
    { "-0x1.2p+2", "0", -0.0, true, -4.5 },
    { "0x", "0", 0.0, false, 0 },
    { "0xg", "0", 0.0, false, 0 },
    { "0x1p", "0", 0.0, false, 0 },
    { "9223372036854775808", "9223372036854775808", 9223372036854775808.0, true, 0 },
    { "-9223372036854775808", "-9223372036854775808", -9223372036854775808.0, true, 0 },
    { "000680564693277057720000000000000000000000", "680564693277057720000000000000000000000",
        680564693277057720000000000000000000000.0, true, 0 },
    { "9007199254740993.0", "9007199254740993", 9007199254740992.0, true, 0 },
    { "NaN", "0", 0.0, false, 0 },
    { "Infinity", "0", 0.0, false, 0 },
};

static void expect_int(const char *says, struct chute_number_int got, const char *want) {
    char out[CHUTE_NUMBER_MAX];
    struct chute_str text = got.text;
    if (got.fits) {
        text = (struct chute_str){ out, chute_number_print_int(got.value, out) };
    }
    cr_expect(chute_str_eq(text, chute_str_of(want)), "%s: got %.*s", says, CHUTE_STR_ARGS(text));
}

Test(base_number, ruby_conversions) {
    struct chute_arena arena = { 0 };
    for (size_t i = 0; i < sizeof(ruby) / sizeof(ruby[0]); i++) {
        struct chute_str text = chute_str_of(ruby[i].text);
        expect_int(ruby[i].text, chute_number_to_i(&arena, text), ruby[i].to_i);
        double value = chute_number_to_f(text);
        cr_expect(value == ruby[i].to_f, "%s to_f: got %g", text.at, value);
        cr_expect_eq(chute_number_ruby_float(text, &value), ruby[i].is_float, "Float %s", text.at);
        if (ruby[i].hex != 0) {
            cr_expect(value == ruby[i].hex, "%s: got %g", text.at, value);
        }
    }
    chute_arena_finish(&arena);
}

Test(base_number, decimals_are_cut_exactly) {
    static const struct {
        const char *text, *want; /* NULL: refused */
    } rows[] = {
        { "1.234500e+02", "123" },
        { "-1.234500e+02", "-123" },
        { "0.9e0", "0" },
        { "-9e-1", "0" },
        { "1e20", "100000000000000000000" },
        { "12345678901234567890.9e1", "123456789012345678909" },
        { "1e5000", NULL },
        { "1e2x", NULL },
        { "", NULL },
    };
    struct chute_arena arena = { 0 };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_number_int got;
        bool is_good = chute_number_decimal_to_i(&arena, chute_str_of(rows[i].text), &got);
        cr_expect_eq(is_good, rows[i].want != NULL, "%s", rows[i].text);
        if (is_good && rows[i].want != NULL) {
            expect_int(rows[i].text, got, rows[i].want);
        }
    }
    struct chute_number_int got;
    cr_expect(chute_number_double_to_i(&arena, -123.9, &got));
    expect_int("-123.9", got, "-123");
    cr_expect(chute_number_double_to_i(&arena, 9223372036854775808.0, &got));
    expect_int("2^63", got, "9223372036854775808");
    cr_expect(chute_number_double_to_i(&arena, -9223372036854775808.0, &got));
    expect_int("-2^63", got, "-9223372036854775808");
    cr_expect(chute_number_double_to_i(&arena, 1e22, &got));
    expect_int("1e22", got, "10000000000000000000000");
    cr_expect_not(chute_number_double_to_i(&arena, NAN, &got));
    chute_arena_finish(&arena);
}

Test(base_number, hex_integers_are_exact) {
    static const struct {
        const char *text, *want; /* NULL: refused */
    } rows[] = {
        { "0x1A", "26" },
        { "-0x1a", "-26" },
        { "+0X0", "0" },
        { "0x0000", "0" },
        { "0x7FFFFFFFFFFFFFFF", "9223372036854775807" },
        { "-0x8000000000000000", "-9223372036854775808" },
        { "0x8000000000000000", "9223372036854775808" },
        { "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "340282366920938463463374607431768211455" },
        { "0x20000000000001", "9007199254740993" },
        { "0x3B9ACA00", "1000000000" },
        { "0x", NULL },
        { "0xG", NULL },
        { "0x1.8", NULL },
        { "1A", NULL },
        { "", NULL },
    };
    struct chute_arena arena = { 0 };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chute_number_int got;
        bool is_good = chute_number_hex_to_i(&arena, chute_str_of(rows[i].text), &got);
        cr_expect_eq(is_good, rows[i].want != NULL, "%s", rows[i].text);
        if (is_good && rows[i].want != NULL) {
            expect_int(rows[i].text, got, rows[i].want);
        }
    }
    char most[300] = "0x";
    memset(most + 2, 'F', 257);
    struct chute_number_int got;
    cr_expect(chute_number_hex_to_i(&arena, (struct chute_str){ most, 258 }, &got));
    cr_expect(got.text.len == 309 && memcmp(got.text.at, "17976931348623159", 17) == 0);
    cr_expect_not(chute_number_hex_to_i(&arena, (struct chute_str){ most, 259 }, &got));
    chute_arena_finish(&arena);
}

Test(base_number, long_texts_are_rounded_once) {
    /* Half way between 1 and the next double, and then a digit far behind. */
    char text[1200];
    int len = snprintf(
        text, sizeof(text), "1.00000000000000011102230246251565404236316680908203125%01000d1", 0);
    double value;
    cr_expect(chute_number_parse_double((struct chute_str){ text, (size_t)len }, &value));
    cr_expect(value == 1.0000000000000002);
    cr_expect(chute_number_parse_double((struct chute_str){ text, (size_t)len - 1 }, &value));
    cr_expect(value == 1.0);
}
